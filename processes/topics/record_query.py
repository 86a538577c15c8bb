"""Record the answer to a query of the desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given
from processes.casefile import desk


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Store the answer; no variables."""
    variables = job.variables
    desk.answer(
        tx, tenant_id=job.tenant_id, query_id=given.uuid(variables, "abfrage_id"), result=given.text(variables, "ergebnis"),
        found=given.texts(variables, "gefunden"), note=given.optional_text(variables, "ergebnis_notiz"),
        answered_on=given.optional_day(variables, "antwort_am"),
    )  # fmt: skip
    return {}


TOPIC = jobs.Topic(
    name="record_query",
    inputs=("abfrage_id", "ergebnis", "gefunden", "ergebnis_notiz", "antwort_am"),
    outputs=(),
    record=record,
)
