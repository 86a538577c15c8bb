"""Draft a seizure or a field order: the bundle, the third party, what it will cost, the one sum that is released."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, money
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
    inputs=("fallnummer", "massnahme", "buendel", "gebuehr", "vorheriger_entwurf"),
    outputs=("massnahme_kennung", "massnahme_schluessel", "massnahme_betrag", "massnahme_stand_am"),
    record=record,
)
