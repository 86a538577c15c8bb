"""Record what the desk decided, and keep the order of desk before field."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import errors, jobs
from engine.protocol import Variables
from processes import given, parameters
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
    label="Entscheidung des Innendienstes festhalten",
    purpose="Hält fest, was der Innendienst entschieden hat; ohne Ergebnis und ohne Grund geht kein Fall in den Außendienst.",
    inputs=(
        parameters.FALLNUMMER,
        jobs.Parameter("entscheidung", "Entscheidung", "pfaendung, aussendienst, erneut, rueckgabe oder abschluss_vorschlagen."),
        jobs.Parameter("begruendung", "Begründung", "Begründung aus dem Formular; darf null sein."),
        jobs.Parameter("aussendienst_grund", "Grund für den Außendienst", "Nötig, wo der Innendienst noch kein Ergebnis hat; sonst null."),
        parameters.BEARBEITER,
    ),
    outputs=(
        jobs.Parameter("innendienst_begruendung", "Begründung", "Begründung oder Grund für den Außendienst."),
        jobs.Parameter("innendienst_belegt", "Außendienst offen", "true, wenn ein Ergebnis oder ein Grund vorliegt."),
    ),
    record=record,
)
