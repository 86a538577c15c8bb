"""Record the service of an order on the third party and the days that are counted from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import seizures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Store service and deadlines; no variables. Law: § 309 Abs. 2, § 316 Abs. 1 AO, § 835 Abs. 3 ZPO."""
    variables = job.variables
    measure = seizures.record_service(
        tx, tenant_id=job.tenant_id, measure_id=given.uuid(variables, "massnahme_kennung"), served_on=given.day(variables, "zugestellt_am"),
        by=job.topic, now=now, announce=False,
    )  # fmt: skip
    seizures.set_deadlines(
        tx, measure, declaration_due_on=given.day(variables, "erklaerung_bis"), payable_from_on=given.optional_day(variables, "zahlung_ab")
    )
    return {}


TOPIC = jobs.Topic(
    name="record_service",
    label="Zustellung festhalten",
    purpose="Hält fest, wann die Verfügung dem Drittschuldner zugestellt wurde und welche Tage daraus folgen.",
    inputs=(
        parameters.MASSNAHME,
        jobs.Parameter("zugestellt_am", "Zugestellt am", "Tag der Zustellung an den Drittschuldner."),
        jobs.Parameter("erklaerung_bis", "Erklärung bis", "Tag, bis zu dem die Erklärung abzugeben ist."),
        jobs.Parameter("zahlung_ab", "Zahlung ab", "Tag, ab dem das Kreditinstitut zahlt; null: keine Sperre."),
    ),
    outputs=(),
    record=record,
)
