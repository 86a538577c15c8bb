"""Read what queries and measures of a case add up to, for the recommendation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import desk


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return `lage`: moegliche_arten, versuchte_arten, abfragen_beantwortet, laufende_pfaendung, aussendienst_fruchtlos, innendienst_ergebnis."""
    found = desk.situation(tx, job.tenant_id, given.text(job.variables, "fallnummer"))
    return {
        "lage": {
            "moegliche_arten": list(found.seizable),
            "versuchte_arten": list(found.tried),
            "abfragen_beantwortet": found.answered,
            "laufende_pfaendung": found.seizure_is_running,
            "aussendienst_fruchtlos": found.field_was_fruitless,
            "innendienst_ergebnis": found.has_result,
        }
    }


TOPIC = jobs.Topic(
    name="read_desk_state",
    label="Lage feststellen",
    purpose="Liest, was Abfragen und Maßnahmen eines Falls ergeben haben, für die Empfehlung der nächsten.",
    inputs=(parameters.FALLNUMMER,),
    outputs=(
        jobs.Parameter(
            "lage",
            "Lage",
            "Kontext mit moegliche_arten, versuchte_arten, abfragen_beantwortet, laufende_pfaendung, aussendienst_fruchtlos, innendienst_ergebnis.",
        ),
    ),
    record=record,
)
