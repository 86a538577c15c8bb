"""Read whether a claim is in a measure, and how people call it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
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
    label="Forderung in der Maßnahme?",
    purpose="Liest, ob eine Forderung in einer Maßnahme steckt; solange es keine gibt, steckt nichts darin.",
    inputs=(replace(parameters.MASSNAHME, hint="Kennung der Maßnahme; null, wenn noch keine entworfen wurde."), parameters.FORDERUNG),
    outputs=(
        jobs.Parameter("in_der_massnahme", "In der Maßnahme", "true, wenn die Forderung eingefroren darin steht."),
        jobs.Parameter("kassenzeichen_betroffen", "Kassenzeichen", "Kassenzeichen und Nummer der Forderung, für Menschen."),
    ),
    record=record,
)
