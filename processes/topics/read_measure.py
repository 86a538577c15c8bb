"""Read how a measure stands: what came in on it, what is left of its sum, what is open besides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, money, parameters
from processes.casefile import announcements, measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return `stand`: gezahlt, rest (of the sum as served or limited), heute (to be paid today), rest_fall (open in the whole case)."""
    measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
    today = now.astimezone(measures.BERLIN).date()
    paid_cent = measures.paid_cent(tx, measure)
    open_cent, _ = announcements.case_total(tx, job.tenant_id, measure.case_number, today)
    return {
        "stand": {
            "gezahlt": money.euro(paid_cent),
            "rest": money.euro(max(measure.demanded_cent - paid_cent, 0)),
            "heute": money.euro(measures.demand_cent(tx, measure, today)),
            "rest_fall": money.euro(max(open_cent, 0)),
            "stand_am": today,
        }
    }


TOPIC = jobs.Topic(
    name="read_measure",
    label="Stand der Maßnahme lesen",
    purpose="Liest, was auf eine Maßnahme eingegangen ist, was von ihrer Summe bleibt und was im Fall sonst offen ist.",
    inputs=(parameters.MASSNAHME,),
    outputs=(jobs.Parameter("stand", "Stand", "Kontext mit gezahlt, rest, heute, rest_fall (Euro) und stand_am."),),
    record=record,
)
