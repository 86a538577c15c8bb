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
    label="Ergebnis einer Abfrage festhalten",
    purpose="Hält die Antwort auf eine Abfrage des Innendienstes fest.",
    inputs=(
        jobs.Parameter(
            "abfrage_id",
            "Abfrage",
            "Kennung der Abfrage aus abfragen_geplant; in einer Mehrfachausführung darüber z. B. „=abfrage.abfrage_id“.",
        ),
        jobs.Parameter("ergebnis", "Ergebnis", "treffer, kein_treffer oder keine_antwort."),
        jobs.Parameter("gefunden", "Gefunden", "Liste dessen, was gefunden wurde, z. B. konto oder lohn; leer: nichts."),
        jobs.Parameter("ergebnis_notiz", "Notiz", "Notiz aus dem Formular; darf null sein."),
        jobs.Parameter("antwort_am", "Antwort vom", "Tag der Antwort; darf null sein."),
    ),
    outputs=(),
    record=record,
)
