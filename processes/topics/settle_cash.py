"""Record that the Kasse counted the cash of a receipt."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import field


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Store the counted amount; no variables. Law: § 31 KomHVO NRW."""
    receipt = field.receipt(tx, job.tenant_id, given.text(job.variables, "quittung_nr"))
    field.settle_cash(
        tx, job.tenant_id, receipt, given.cent(job.variables, "gezaehlt"), by=given.text(job.variables, "bearbeiter"), now=now
    )
    return {}


TOPIC = jobs.Topic(
    name="settle_cash",
    label="Abrechnung festhalten",
    purpose="Hält fest, dass die Kasse das Bargeld einer Quittung gezählt hat.",
    inputs=(
        parameters.QUITTUNG,
        jobs.Parameter("gezaehlt", "Gezählt", "Gezählter Betrag in Euro."),
        parameters.BEARBEITER,
    ),
    outputs=(),
    record=record,
)
