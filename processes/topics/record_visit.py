"""Record a visit of the field officer, with persons and seized goods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import field, measures, words


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the visit's id, the number of the next visit and the times of day already tried. Law: § 17 VwVG NRW, § 291 AO."""
    variables = job.variables
    measure = measures.find(tx, job.tenant_id, given.uuid(variables, "massnahme_kennung"))
    signed = given.optional_text(variables, "unterschrieben")
    report = field.Report(
        visited_at=datetime.combine(given.day(variables, "vor_ort_stand_am"), _clock(variables), measures.BERLIN),
        time_of_day=given.text(variables, "tageszeit"),
        outcome=given.text(variables, "besuch_ergebnis"),
        demand_cent=given.cent(variables, "vor_ort_betrag"),
        officer=given.text(variables, "bearbeiter"),
        place=given.optional_text(variables, "besuch_ort"),
        persons=", ".join(
            f"{given.text(person, 'name')} ({words.spelled(given.text(person, 'rolle'))})"
            for person in given.contexts(variables, "anwesende")
        )
        or None,
        signed=None if signed is None else signed == "ja",
        unsigned_reason=given.optional_text(variables, "unterschrift_fehlt"),
        note=given.optional_text(variables, "besuch_vermerk"),
    )
    items = [
        field.SeizedItem(
            description=given.text(item, "bezeichnung"),
            seal_number=given.text(item, "siegel_nr"),
            kept_at=given.text(item, "verbleib"),
            estimate_cent=given.optional_cent(item, "schaetzwert"),
        )
        for item in given.contexts(variables, "gepfaendete_sachen")
    ]
    visit = field.record_visit(tx, measure, report, items, now=now)
    tried = [made.time_of_day for made in field.visits_of(tx, measure)]
    return {"besuch_id": str(visit.uuid), "besuch_nr": visit.number + 1, "besuchte_tageszeiten": tried}


def _clock(variables: Mapping[str, object]) -> time:
    value = variables.get("besuch_uhrzeit")
    return value if isinstance(value, time) else time.fromisoformat(given.text(variables, "besuch_uhrzeit"))


TOPIC = jobs.Topic(
    name="record_visit",
    label="Besuch festhalten",
    purpose="Hält einen Besuch des Außendienstes fest, mit Anwesenden und gepfändeten Sachen.",
    inputs=(
        parameters.MASSNAHME,
        jobs.Parameter("besuch_uhrzeit", "Uhrzeit", "Uhrzeit des Besuchs."),
        jobs.Parameter("tageszeit", "Tageszeit", "vormittags, nachmittags oder abends."),
        jobs.Parameter(
            "besuch_ergebnis", "Ergebnis", "bezahlt, teilzahlung, ratenzahlung, nicht_angetroffen, verweigert, gepfaendet oder fruchtlos."
        ),
        jobs.Parameter("vor_ort_betrag", "Betrag vor Ort", "Was „Besuch beginnen“ ausgerechnet hat, in Euro."),
        jobs.Parameter("vor_ort_stand_am", "Stand vor Ort", "Tag des Besuchs, aus „Besuch beginnen“."),
        parameters.BEARBEITER,
        jobs.Parameter("besuch_ort", "Ort", "Wo der Besuch stattfand.", is_optional=True),
        jobs.Parameter("anwesende", "Anwesende", "Liste von Kontexten mit name und rolle.", is_optional=True),
        jobs.Parameter("unterschrieben", "Unterschrieben", "ja oder nein.", is_optional=True),
        jobs.Parameter("unterschrift_fehlt", "Weshalb nicht", "Weshalb der Schuldner nicht unterschrieben hat.", is_optional=True),
        jobs.Parameter("besuch_vermerk", "Vermerk", "Notiz aus dem Formular.", is_optional=True),
        jobs.Parameter(
            "gepfaendete_sachen",
            "Gepfändete Sachen",
            "Liste von Kontexten mit bezeichnung, siegel_nr, verbleib und schaetzwert.",
            is_optional=True,
        ),
    ),
    outputs=(
        jobs.Parameter("besuch_id", "Besuch", "Kennung des Besuchs, für die Niederschrift."),
        jobs.Parameter("besuch_nr", "Nächster Besuch", "Die wievielte Fahrt die nächste wäre."),
        jobs.Parameter("besuchte_tageszeiten", "Versuchte Tageszeiten", "Liste der Tageszeiten, zu denen schon jemand da war."),
    ),
    record=record,
)
