"""Close a case: open measures end, the claims leave with the result."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import cases, measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Close the case; no variables. A served seizure ends by its own process."""
    number, outcome = given.text(job.variables, "fallnummer"), given.text(job.variables, "ergebnis")
    measures.finish_open(tx, tenant_id=job.tenant_id, case_number=number, result=outcome, by=job.topic, now=now)
    cases.close(tx, cases.find(tx, job.tenant_id, number), outcome, by=job.topic, now=now)
    return {}


TOPIC = jobs.Topic(
    name="close_case",
    label="Fall abschließen",
    purpose="Schließt den Fall: Offene Maßnahmen enden, die Forderungen verlassen ihn mit dem Ergebnis.",
    inputs=(
        parameters.FALLNUMMER,
        jobs.Parameter("ergebnis", "Ergebnis", "Womit der Fall endet, z. B. bezahlt, zurueckgegeben oder niedergeschlagen."),
    ),
    outputs=(),
    record=record,
)
