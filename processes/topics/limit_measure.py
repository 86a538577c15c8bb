"""Limit what is still to be collected on a seizure."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import measures, seizures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Store the new maximum; no variables. Law: § 40 VwVG NRW, § 257 AO."""
    measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
    seizures.limit(tx, measure, given.cent(job.variables, "hoechstbetrag"))
    return {}


TOPIC = jobs.Topic(
    name="limit_measure",
    label="Höchstbetrag festhalten",
    purpose="Begrenzt, was auf eine Pfändung noch einzuziehen ist.",
    inputs=(parameters.MASSNAHME, parameters.HOECHSTBETRAG),
    outputs=(),
    record=record,
)
