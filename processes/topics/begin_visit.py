"""Begin a visit: the travel fee arises once per order, the sum is computed anew for the day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, money, parameters
from processes.casefile import field, measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return what is to be paid today. Law: § 21 VO VwVG NRW."""
    measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
    demand_cent = field.begin_visit(tx, measure, by=given.text(job.variables, "bearbeiter"), now=now)
    return {"vor_ort_betrag": money.euro(demand_cent), "vor_ort_stand_am": now.astimezone(measures.BERLIN).date()}


TOPIC = jobs.Topic(
    name="begin_visit",
    label="Besuch beginnen",
    purpose="Bucht das Wegegeld, einmal je Auftrag, und rechnet aus, was heute vor Ort zu zahlen ist.",
    inputs=(parameters.MASSNAHME, parameters.BEARBEITER),
    outputs=(
        jobs.Parameter("vor_ort_betrag", "Betrag vor Ort", "Was heute zu zahlen ist, in Euro."),
        jobs.Parameter("vor_ort_stand_am", "Stand vor Ort", "Tag, für den der Betrag gilt."),
    ),
    record=record,
)
