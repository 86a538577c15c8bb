"""Record what the debtor said to the announcement of enforcement."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import timeline, words

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Add a line to the case; no variables."""
    said = words.spelled(given.text(job.variables, "rueckmeldung"))
    timeline.add(
        tx, kind="rueckmeldung", summary=f"Rückmeldung: {said}", effective_on=now.astimezone(BERLIN).date(), now=now,
        by=given.text(job.variables, "bearbeiter"), case=(job.tenant_id, given.text(job.variables, "fallnummer")), source=str(job.id),
    )  # fmt: skip
    return {}


TOPIC = jobs.Topic(
    name="record_contact",
    label="Rückmeldung festhalten",
    purpose="Hält in der Akte fest, was der Schuldner auf die Ankündigung gesagt hat.",
    inputs=(
        parameters.FALLNUMMER,
        jobs.Parameter("rueckmeldung", "Rückmeldung", "zahlt_bis, raten, einwendung, kann_nicht_zahlen oder unbekannt."),
        parameters.BEARBEITER,
    ),
    outputs=(),
    record=record,
)
