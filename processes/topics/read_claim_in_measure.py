"""Read whether a claim is in a measure, and how people call it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given
from processes.casefile import claims, measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return `in_der_massnahme` and `kassenzeichen_betroffen` (Kassenzeichen/Nummer); before there is a measure nothing is in it."""
    claim = claims.find(tx, given.uuid(job.variables, "forderung_id"))
    inside = False
    if given.optional_text(job.variables, "massnahme_kennung") is not None:
        measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
        frozen = measure.state not in (measures.ENTWURF, measures.BEENDET)
        inside = frozen and any(row.claim_uuid == claim.uuid for row in measures.claims_of(tx, measure))
    return {"in_der_massnahme": inside, "kassenzeichen_betroffen": claim.text_key}


TOPIC = jobs.Topic(
    name="read_claim_in_measure",
    inputs=("massnahme_kennung", "forderung_id"),
    outputs=("in_der_massnahme", "kassenzeichen_betroffen"),
    record=record,
)
