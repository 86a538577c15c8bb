"""Freeze the bundle of a released measure with the amounts of the day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import errors, jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the day of the amounts; BPMN error `summe_geaendert`: the sum is no longer the one that was released."""
    measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
    try:
        frozen = measures.freeze(tx, measure, now=now)
    except errors.Conflict as changed:
        raise errors.BpmnError("summe_geaendert", str(changed)) from changed
    return {"massnahme_stand_am": frozen.frozen_on}


TOPIC = jobs.Topic(
    name="freeze_measure",
    label="Bündel einfrieren",
    purpose="Friert das Bündel der freigegebenen Maßnahme ein. Hat sich die Summe seit der Freigabe geändert: BPMN-Fehler summe_geaendert.",
    inputs=(parameters.MASSNAHME,),
    outputs=(parameters.STAND_AM,),
    record=record,
)
