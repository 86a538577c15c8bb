"""Topic `prepare_handover`: a claim is enforceable; mark it so against each debtor it may be enforced against."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import claims, debtors, holds, tenants

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Mark the claim enforceable from today against every debtor who is not held. Law: § 6 VwVG NRW."""
    claim = claims.find(tx, given.uuid(job.variables, "forderung_id"))
    today = now.astimezone(BERLIN).date()
    free = [link.debtor_id for link in claims.debtors_of(tx, claim) if holds.is_held(tx, claim, link.debtor_id, today) is None]
    claims.set_enforceable(tx, claim, free, from_on=today)
    people = [debtors.by_id(tx, claim.tenant_id, debtor_id) for debtor_id in free]
    return {
        "schuldner_ids": [str(person.uuid) for person in people],
        "vollstreckungsbehoerde": tenants.find(tx, claim.enforcing_tenant_id).slug,
    }


TOPIC = jobs.Topic(
    name="prepare_handover",
    label="Abgabe vorbereiten",
    purpose="Kennzeichnet die Forderung als vollstreckbar, gegen jeden Schuldner ohne Sperre.",
    inputs=(parameters.FORDERUNG,),
    outputs=(parameters.SCHULDNER_IDS, parameters.BEHOERDE),
    record=record,
)
