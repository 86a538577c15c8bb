"""Issue a frozen measure: the fee arises once, the surcharge is booked up to the day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the day of issue. Law: § 11, § 10 Abs. 2, § 20 VO VwVG NRW."""
    measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
    return {"ausgefertigt_am": measures.issue(tx, measure, by=job.topic, now=now).issued_on}


TOPIC = jobs.Topic(
    name="issue_measure",
    label="Maßnahme ausfertigen",
    purpose="Fertigt die eingefrorene Maßnahme aus: Die Gebühr entsteht einmal, der Säumniszuschlag wird bis heute gebucht.",
    inputs=(parameters.MASSNAHME,),
    outputs=(jobs.Parameter("ausgefertigt_am", "Ausgefertigt am", "Tag der Ausfertigung."),),
    record=record,
)
