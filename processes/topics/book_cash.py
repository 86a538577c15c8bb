"""Book the cash of a receipt as a forced payment of the day it was taken."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import field, measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Book the payment; no variables. Law: § 224 Abs. 2 Nr. 1 AO, § 23 Abs. 2 VO VwVG NRW."""
    measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
    field.book_cash(tx, measure, field.receipt(tx, job.tenant_id, given.text(job.variables, "quittung_nr")), by=job.topic, now=now)
    return {}


TOPIC = jobs.Topic(
    name="book_cash",
    label="Bargeld buchen",
    purpose="Bucht das Bargeld einer Quittung als erzwungene Zahlung des Tages, an dem es angenommen wurde.",
    inputs=(parameters.MASSNAHME, parameters.QUITTUNG),
    outputs=(),
    record=record,
)
