"""Record what happens with a claim that joined after the bundle was frozen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import claims, measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Store the decision; no variables."""
    measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
    claim = claims.find(tx, given.uuid(job.variables, "forderung_id"))
    measures.keep_outside(tx, measure, claim, given.text(job.variables, "entscheidung"), now=now)
    return {}


TOPIC = jobs.Topic(
    name="record_outside_claim",
    label="Forderung außerhalb der Maßnahme",
    purpose="Hält fest, was mit einer Forderung geschieht, die nach dem Einfrieren hinzukam.",
    inputs=(
        parameters.MASSNAHME,
        parameters.FORDERUNG,
        jobs.Parameter("entscheidung", "Entscheidung", "ergaenzen, naechste_massnahme oder abwarten."),
    ),
    outputs=(),
    record=record,
)
