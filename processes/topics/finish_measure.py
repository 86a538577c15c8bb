"""End a measure with its result."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the result as `massnahme_ergebnis`; without a measure (nothing was drafted) only that."""
    outcome = given.text(job.variables, "ergebnis")
    if given.optional_text(job.variables, "massnahme_kennung") is not None:
        measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
        measures.finish(tx, measure, outcome, by=job.topic, now=now)
    return {"massnahme_ergebnis": outcome}


TOPIC = jobs.Topic(
    name="finish_measure",
    label="Maßnahme beenden",
    purpose="Beendet die Maßnahme mit ihrem Ergebnis; gab es noch keine, bleibt nur das Ergebnis.",
    inputs=(
        replace(parameters.MASSNAHME, hint="Kennung der Maßnahme; null, wenn keine entworfen wurde."),
        jobs.Parameter("ergebnis", "Ergebnis", "Womit die Maßnahme endet, z. B. bezahlt, aufgehoben, fruchtlos oder abgelehnt."),
    ),
    outputs=(jobs.Parameter("massnahme_ergebnis", "Ergebnis der Maßnahme", "Das Ergebnis, wie es angegeben war."),),
    record=record,
)
