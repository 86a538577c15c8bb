"""Write the receipt for cash that the officer took."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import field, measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the number of the receipt and the day of the cash."""
    measure = measures.find(tx, job.tenant_id, given.uuid(job.variables, "massnahme_kennung"))
    visit = field.visits_of(tx, measure)[-1]
    made = field.collect_cash(
        tx, measure, visit, given.cent(job.variables, "bar_betrag"), officer=given.text(job.variables, "bearbeiter"), now=now
    )
    return {"quittung_nr": made.label, "bar_am": made.received_on}


TOPIC = jobs.Topic(
    name="collect_cash",
    label="Quittung ausstellen",
    purpose="Stellt die Quittung für das Bargeld aus, das beim letzten Besuch angenommen wurde.",
    inputs=(
        parameters.MASSNAHME,
        jobs.Parameter("bar_betrag", "Bargeld", "Angenommener Betrag in Euro."),
        replace(parameters.BEARBEITER, hint="Anmeldename der Person im Außendienst, die das Geld angenommen hat."),
    ),
    outputs=(
        jobs.Parameter("quittung_nr", "Quittung", "Fortlaufende Nummer der Quittung."),
        jobs.Parameter("bar_am", "Angenommen am", "Tag, an dem das Geld angenommen wurde."),
    ),
    record=record,
)
