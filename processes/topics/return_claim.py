"""Take a claim out of its case: back to the creditor, or written off by proposal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import cases, claims


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Release the claim; no variables. Law: § 6 VwVG NRW, § 261 AO."""
    case = cases.find(tx, job.tenant_id, given.text(job.variables, "fallnummer"))
    claim = claims.find(tx, given.uuid(job.variables, "forderung_id"))
    cases.release_claim(tx, case, claim, given.text(job.variables, "ergebnis"), by=job.topic, now=now)
    return {}


TOPIC = jobs.Topic(
    name="return_claim",
    label="Forderung zurückgeben",
    purpose="Nimmt eine Forderung aus ihrem Fall: zurück an den Gläubiger oder auf Vorschlag niedergeschlagen.",
    inputs=(
        parameters.FALLNUMMER,
        parameters.FORDERUNG,
        jobs.Parameter("ergebnis", "Ergebnis", "zurueckgegeben oder niedergeschlagen.", proposed="zurueckgegeben"),
    ),
    outputs=(),
    record=record,
)
