"""Put a claim into the open case of its debtor, or open one; running measures hear of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs, messages
from engine.protocol import Variables
from processes import given
from processes.casefile import announcements, cases, claims, debtors


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the case's number, whether it is new, and the debtor it stands for."""
    claim = claims.find(tx, given.uuid(job.variables, "forderung_id"))
    debtor = debtors.find(tx, given.uuid(job.variables, "schuldner_id"))
    joined = cases.join(tx, job.tenant_id, claim, debtor, by=job.topic, now=now)
    number = joined.case.number
    if not joined.is_new and not joined.was_inside:
        for measure in announcements.running_measures(tx, job.tenant_id, number):
            messages.send(
                tx,
                "forderung_hinzugekommen",
                measure.business_key,
                {"forderung_id": str(claim.uuid)},
                tenant_id=job.tenant_id,
                now=now,
                optional=True,
            )
    main = debtors.by_id(tx, joined.case.debtor_tenant_id, joined.case.debtor_id)
    return {"fallnummer": number, "fall_neu": joined.is_new, "fall_schuldner_id": str(main.uuid)}


TOPIC = jobs.Topic(
    name="join_case",
    inputs=("forderung_id", "schuldner_id"),
    outputs=("fallnummer", "fall_neu", "fall_schuldner_id"),
    record=record,
)
