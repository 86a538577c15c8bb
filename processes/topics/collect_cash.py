"""Write the receipt for cash that the officer took."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given
from processes.casefile import field, measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the number of the receipt and the day of the cash."""
    measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
    visit = field.visits_of(tx, measure)[-1]
    made = field.collect_cash(
        tx, measure, visit, given.cent(job.variables, "bar_betrag"), officer=given.text(job.variables, "bearbeiter"), now=now
    )
    return {"quittung_nr": made.label, "bar_am": made.received_on}


TOPIC = jobs.Topic(
    name="collect_cash",
    inputs=("massnahme_kennung", "bar_betrag", "bearbeiter"),
    outputs=("quittung_nr", "bar_am"),
    record=record,
)
