"""Put a claim into the open case of its debtor, or open one; running measures hear of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs, messages
from engine.protocol import Variables
from processes import given, parameters
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
    label="In den Fall aufnehmen",
    purpose="Nimmt die Forderung in den offenen Fall ihres Schuldners auf oder eröffnet einen; laufende Maßnahmen erfahren es.",
    inputs=(parameters.FORDERUNG, parameters.SCHULDNER),
    outputs=(
        jobs.Parameter("fallnummer", "Fallnummer", "Nummer des Falls, zugleich sein Geschäftsschlüssel."),
        jobs.Parameter("fall_neu", "Fall ist neu", "true, wenn der Fall eben eröffnet wurde."),
        jobs.Parameter("fall_schuldner_id", "Schuldner des Falls", "Kennung des Schuldners, unter dem der Fall geführt wird."),
    ),
    record=record,
)
