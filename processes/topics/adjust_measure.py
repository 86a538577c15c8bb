"""Adjust a running measure to a hold on one of its claims, or to its end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, money, parameters
from processes.casefile import claims, measures, seizures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the new maximum where the measure was limited by the held claim, else None. Law: § 257 AO, § 6a VwVG NRW.

    `anpassung`: beschraenken, weiter, aufheben, fortsetzen (the hold is over).
    """
    variables = job.variables
    measure = measures.find(tx, job.tenant_id, given.uuid(variables, "massnahme_kennung"))
    claim = claims.find(tx, given.uuid(variables, "forderung_id"))
    decision = given.text(variables, "anpassung")
    on = None if decision == "fortsetzen" else now.astimezone(measures.BERLIN).date()
    measures.hold_claim(tx, measure, claim, decision, on=on)
    if decision not in ("beschraenken", "fortsetzen"):
        return {"hoechstbetrag": None}
    held_cent = sum(row.total_cent for row in measures.claims_of(tx, measure) if row.hold_decision == "beschraenken")
    limited = seizures.limit(tx, measure, max(measure.total_cent - held_cent, 1))
    return {"hoechstbetrag": money.euro(limited.demanded_cent)}


TOPIC = jobs.Topic(
    name="adjust_measure",
    label="Maßnahme anpassen",
    purpose="Stellt eine laufende Maßnahme auf die Sperre einer ihrer Forderungen ein, oder auf deren Ende.",
    inputs=(
        parameters.MASSNAHME,
        parameters.FORDERUNG,
        jobs.Parameter("anpassung", "Anpassung", "beschraenken, weiter oder aufheben; fortsetzen, wenn die Sperre vorbei ist."),
    ),
    outputs=(jobs.Parameter("hoechstbetrag", "Höchstbetrag", "Neuer Höchstbetrag in Euro, wo die Maßnahme beschränkt wurde; sonst null."),),
    record=record,
)
