"""Topic `set_hold`: hold a claim because a process says so (objection given to the creditor's department)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import claims, holds

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Set the hold and tell the processes. Law: § 26 VwVG NRW."""
    claim = claims.find(tx, given.uuid(job.variables, "forderung_id"))
    holds.set(
        tx, claim, reason=given.text(job.variables, "grund"), until_on=given.optional_day(job.variables, "bis"), by=job.element_id, now=now,
        sender_tenant_id=job.tenant_id,
    )  # fmt: skip
    return {"sperre_am": now.astimezone(BERLIN).date()}


TOPIC = jobs.Topic(
    name="set_hold",
    label="Sperre setzen",
    purpose="Lässt eine Forderung ruhen, z. B. während der Gläubiger über eine Einwendung entscheidet, und sagt es ihren Vorgängen.",
    inputs=(
        parameters.FORDERUNG,
        jobs.Parameter("grund", "Grund", "Weshalb sie ruht, z. B. Einwendung oder Stundung."),
        jobs.Parameter("bis", "Bis", "Letzter Tag der Sperre; leer: ohne Ende.", is_optional=True),
    ),
    outputs=(jobs.Parameter("sperre_am", "Gesperrt am", "Tag, an dem die Sperre begann."),),
    record=record,
)
