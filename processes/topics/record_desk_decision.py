"""Record what the desk decided, and keep the order of desk before field."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import errors, jobs
from engine.protocol import Variables
from processes import given
from processes.casefile import desk, timeline, words

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the reason and whether the field is open to the case; neither a desk result nor a reason: an incident."""
    variables = job.variables
    case_number, decision = given.text(variables, "fallnummer"), given.text(variables, "entscheidung")
    skipped_because = given.optional_text(variables, "aussendienst_grund")
    has_result = desk.situation(tx, job.tenant_id, case_number).has_result
    if decision == "aussendienst" and not has_result and skipped_because is None:
        raise errors.Incident("Ohne Ergebnis des Innendienstes braucht der Außendienst eine Begründung. Bitte die Entscheidung ergänzen.")
    timeline.add(
        tx, kind="innendienst_entscheidung", summary=f"Innendienst: {words.spelled(decision)}", by=given.text(variables, "bearbeiter"),
        effective_on=now.astimezone(BERLIN).date(), now=now, case=(job.tenant_id, case_number), source=str(job.id),
    )  # fmt: skip
    return {
        "innendienst_begruendung": given.optional_text(variables, "begruendung") or skipped_because,
        "innendienst_belegt": has_result or skipped_because is not None,
    }


TOPIC = jobs.Topic(
    name="record_desk_decision",
    inputs=("fallnummer", "entscheidung", "begruendung", "aussendienst_grund", "bearbeiter"),
    outputs=("innendienst_begruendung", "innendienst_belegt"),
    record=record,
)
