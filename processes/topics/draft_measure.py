"""Draft a seizure or a field order: the bundle, the third party, what it will cost, the one sum that is released."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, money, parameters
from processes.casefile import measures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the draft's id, business key, sum and day; `vorheriger_entwurf` given: that draft is written anew."""
    variables = job.variables
    previous = given.uuid(variables, "vorheriger_entwurf") if given.optional_text(variables, "vorheriger_entwurf") else None
    plan = measures.Plan(
        kind=given.text(variables, "massnahme"),
        claims=given.uuids(variables, "buendel"),
        fee_cent=given.cent(variables, "gebuehr"),
        travel_cent=given.optional_cent(variables, "wegegeld_betrag") or 0,
        outlay_cent=given.optional_cent(variables, "zustellauslagen") or 0,
        seizure_kind=given.optional_text(variables, "massnahme_art"),
        third_party=_third_party(variables),
        debtor_is_natural=given.optional_text(variables, "natuerliche_person") != "nein",
        protected_account=given.optional_text(variables, "p_konto"),
        distance_km=given.number(variables, "entfernung_km") if variables.get("entfernung_km") is not None else None,
        safety_note=given.optional_text(variables, "sicherheitshinweis"),
        reason=given.optional_text(variables, "begruendung"),
    )
    case_number = given.text(variables, "fallnummer")
    made = measures.draft(tx, tenant_id=job.tenant_id, case_number=case_number, plan=plan, previous=previous, now=now)
    return {
        "massnahme_kennung": str(made.uuid),
        "massnahme_schluessel": made.business_key,
        "massnahme_betrag": money.euro(made.total_cent),
        "massnahme_stand_am": made.prepared_on,
    }


def _third_party(variables: Mapping[str, object]) -> measures.ThirdParty | None:
    if given.optional_text(variables, "drittschuldner_name") is None:
        return None
    return measures.ThirdParty(
        name=given.text(variables, "drittschuldner_name"),
        address=given.text(variables, "drittschuldner_anschrift"),
        land=given.optional_text(variables, "drittschuldner_land"),
        account=given.optional_text(variables, "drittschuldner_merkmal"),
    )


TOPIC = jobs.Topic(
    name="draft_measure",
    label="Maßnahme entwerfen",
    purpose="Legt Pfändung oder Auftrag des Außendienstes an: Bündel, Drittschuldner, Kosten und die eine Summe, die freigegeben wird.",
    inputs=(
        parameters.FALLNUMMER,
        jobs.Parameter(
            "massnahme",
            "Maßnahme",
            "Welche Art von Maßnahme entsteht.",
            choices={"pfaendung": "Pfändung", "aussendienst": "Außendienst"},
            proposed="pfaendung",
        ),
        jobs.Parameter("buendel", "Bündel", "Liste der Kennungen der Forderungen in der Maßnahme."),
        jobs.Parameter("gebuehr", "Gebühr", "Gebühr der Maßnahme in Euro, aus der Gebührentabelle."),
        jobs.Parameter(
            "vorheriger_entwurf",
            "Vorheriger Entwurf",
            "Kennung des Entwurfs, der neu geschrieben wird; null: ein neuer.",
            proposed="=massnahme_kennung",
        ),
        jobs.Parameter(
            "massnahme_art", "Art der Pfändung", "konto, lohn, miete, steuererstattung, versicherung oder sonstige.", is_optional=True
        ),
        jobs.Parameter("drittschuldner_name", "Drittschuldner", "Name des Drittschuldners; leer: es gibt keinen.", is_optional=True),
        jobs.Parameter("drittschuldner_anschrift", "Anschrift des Drittschuldners", "Nötig, wo ein Name steht.", is_optional=True),
        jobs.Parameter("drittschuldner_land", "Land des Drittschuldners", "Kürzel des Bundeslandes, z. B. NW.", is_optional=True),
        jobs.Parameter(
            "drittschuldner_merkmal", "Merkmal", "Woran der Drittschuldner den Schuldner erkennt, z. B. die IBAN.", is_optional=True
        ),
        jobs.Parameter("zustellauslagen", "Zustellauslagen", "Auslagen der Zustellung in Euro; leer: keine.", is_optional=True),
        jobs.Parameter("natuerliche_person", "Natürliche Person", "ja oder nein: ob die Monatssperre der Bank gilt.", is_optional=True),
        jobs.Parameter("p_konto", "P-Konto", "ja, nein oder unbekannt.", is_optional=True),
        jobs.Parameter("wegegeld_betrag", "Wegegeld", "Wegegeld des Außendienstes in Euro; leer: keines.", is_optional=True),
        jobs.Parameter("entfernung_km", "Entfernung", "Entfernung in Kilometern, ganze Zahl.", is_optional=True),
        jobs.Parameter("sicherheitshinweis", "Hinweis zur Sicherheit", "Was der Außendienst wissen muss.", is_optional=True),
        jobs.Parameter("begruendung", "Begründung", "Weshalb diese Maßnahme.", is_optional=True),
    ),
    outputs=(
        jobs.Parameter("massnahme_kennung", "Maßnahme", "Kennung der Maßnahme, für alle weiteren Schritte."),
        jobs.Parameter("massnahme_schluessel", "Geschäftsschlüssel", "Unter ihm erreichen Nachrichten den Vorgang der Maßnahme."),
        jobs.Parameter("massnahme_betrag", "Summe", "Was freizugeben ist, in Euro."),
        parameters.STAND_AM,
    ),
    record=record,
)
