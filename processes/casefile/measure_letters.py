"""What the letters about measures say: seizure orders and their changes, field orders, records of visits, receipts.

The third party learns one sum without its cause (§ 40 Abs. 1 VwVG NRW); the debtor's copy states the cause.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import yaml
from sqlalchemy import Connection

from engine import db, errors
from processes import money
from processes.casefile import claims, debtors, field, letter_parts, measures, seizures, tenants

COURTS = Path(__file__).with_name("data") / "gerichte.yaml"
SEIZED: Mapping[str, str] = {
    "konto": "Konten und Guthaben", "lohn": "Arbeitseinkommen", "miete": "Miete oder Pacht", "steuererstattung": "Steuererstattung",
    "versicherung": "Ansprüche aus Versicherungen", "sonstige": "Forderung",
}  # fmt: skip
OUTCOMES: Mapping[str, str] = {
    "bezahlt": "Die Schuld wurde bar in voller Höhe bezahlt.",
    "teilzahlung": "Es wurde ein Teil bar bezahlt.",
    "ratenzahlung": "Eine Ratenzahlung wurde vereinbart.",
    "nicht_angetroffen": "Es wurde niemand angetroffen.",
    "verweigert": "Der Zutritt wurde verweigert.",
    "gepfaendet": "Es wurden Sachen gepfändet.",
    "fruchtlos": "Die Vollstreckung blieb fruchtlos.",
}
UNSIGNED: Mapping[str, str] = {
    "verweigert": "Die Unterschrift wurde verweigert.",
    "nicht_anwesend": "Die Person war bei Abschluss nicht anwesend.",
    "nicht_in_der_lage": "Die Person war zur Unterschrift nicht in der Lage.",
}
KEPT: Mapping[str, str] = {"belassen": "beim Schuldner belassen", "mitgenommen": "mitgenommen"}


# ---------------------------------------------------------------- seizures
def order_to_third_party(tx: Connection, tenant_id: int, measure_id: UUID, today: date) -> letter_parts.Content:
    """Return the Pfändungs- und Einziehungsverfügung to the third party: one sum, no cause. Law: § 309 AO, § 40 VwVG NRW."""
    measure = measures.find(tx, tenant_id, measure_id)
    facts = {"werte": {"gesamtbetrag": money.euro(measure.demanded_cent)}}
    return _to_third_party(tx, measure, "Pfändungs- und Einziehungsverfügung", today, facts)


def reminder_to_third_party(tx: Connection, tenant_id: int, measure_id: UUID, today: date, due_on: date | None) -> letter_parts.Content:
    """Return the reminder that the declaration is overdue. Law: § 316 AO."""
    measure = measures.find(tx, tenant_id, measure_id)
    due = due_on or measure.declaration_due_on
    facts = {"zugestellt_am": measure.served_on, "werte": {"gesamtbetrag": money.euro(measure.demanded_cent), "erklaerung_bis": due}}
    return _to_third_party(tx, measure, "Erinnerung: Erklärung als Drittschuldner", today, facts)


def limit_to_third_party(tx: Connection, tenant_id: int, measure_id: UUID, today: date, limit_cent: int | None) -> letter_parts.Content:
    """Return the notice that the seizure is limited to an amount."""
    measure = measures.find(tx, tenant_id, measure_id)
    cent = limit_cent if limit_cent is not None else measure.demanded_cent
    facts = {"zugestellt_am": measure.served_on, "werte": {"hoechstbetrag": money.euro(cent), "bisher": money.euro(measure.total_cent)}}
    return _to_third_party(tx, measure, "Beschränkung der Pfändung", today, facts)


def release_to_third_party(tx: Connection, tenant_id: int, measure_id: UUID, today: date) -> letter_parts.Content:
    """Return the notice that the seizure is lifted."""
    measure = measures.find(tx, tenant_id, measure_id)
    facts = {"zugestellt_am": measure.served_on, "werte": {"gesamtbetrag": money.euro(0)}}
    return _to_third_party(tx, measure, "Aufhebung der Pfändung", today, facts)


def order_to_debtor(tx: Connection, tenant_id: int, measure_id: UUID, today: date, served_on: date | None) -> letter_parts.Content:
    """Return the copy for the debtor: command, cause, claims, service, remedy. Law: § 309 Abs. 2 AO, §§ 13, 40 VwVG NRW."""
    measure = measures.find(tx, tenant_id, measure_id)
    party = _third_party(tx, measure)
    head = letter_parts.sender(tx, tenant_id)
    facts = {
        "drittschuldner": {"name": party.name, "anschrift": ", ".join(_lines(party.address))},
        "gegenstand": SEIZED.get(measure.seizure_kind or "", "Forderung"),
        "konto": measure.seizure_kind == "konto",
        "natuerlich": measure.debtor_is_natural,
        "zugestellt_am": served_on or measure.served_on,
        "gericht": court(str(head["ort"])),
        **_demand(tx, measure),
    }
    return _to_debtor(tx, measure, "Pfändungs- und Einziehungsverfügung – Mitteilung an Sie", today, facts)


# ---------------------------------------------------------------- the field
def field_order(tx: Connection, tenant_id: int, measure_id: UUID, today: date) -> letter_parts.Content:
    """Return the written order to the Vollziehungsbeamten: debtor, claims with cause, sum with costs. Law: § 285 AO, § 17 VwVG NRW."""
    measure = measures.find(tx, tenant_id, measure_id)
    debtor = debtor_of(tx, measure)
    safety = measures.words_of(tx, tenant_id, measure.safety_note) if measure.safety_note else None
    facts = {
        "schuldner": _person(debtor),
        "entfernung_km": measure.distance_km,
        "sicherheit": safety,
        **_demand(tx, measure),
    }
    content = _to_debtor(tx, measure, "Vollstreckungsauftrag", today, facts)
    head = letter_parts.sender(tx, tenant_id)
    internal = {"name": head["name"], "zeilen": [head["name"], "Vollstreckungsaußendienst", "– im Hause –"], "anrede": ""}
    return replace(content, inputs={**content.inputs, "empfaenger": internal})


def record_of_visit(tx: Connection, tenant_id: int, measure_id: UUID, visit_id: UUID, today: date) -> letter_parts.Content:
    """Return the Niederschrift: place, time, object, persons, sum, cash, signature or why not. Law: § 291 AO, § 17 VwVG NRW."""
    measure = measures.find(tx, tenant_id, measure_id)
    visit = next((made for made in field.visits_of(tx, measure) if made.uuid == visit_id), None)
    if visit is None:
        raise errors.NotFound(f"Den Besuch {visit_id} gibt es in der Maßnahme {measure.business_key} nicht.")
    paid = field.receipt_of(tx, tenant_id, visit)
    facts = {
        "schuldner": _person(debtor_of(tx, measure)),
        "besuch": {
            "nummer": visit.number,
            "zeit": visit.visited_at.astimezone(measures.BERLIN),
            "ort": letter_parts.words(tx, tenant_id, visit.place),
            "anwesende": letter_parts.words(tx, tenant_id, visit.persons),
            "ergebnis": OUTCOMES.get(visit.outcome, visit.outcome),
            "unterschrieben": visit.signed,
            "unterschrift_fehlt": UNSIGNED.get(visit.unsigned_reason or "", visit.unsigned_reason),
            "vermerk": letter_parts.words(tx, tenant_id, visit.note),
            "beamter": db.runtime(tx).name_of(tx, visit.officer),
        },
        "sachen": [
            {
                "bezeichnung": letter_parts.words(tx, tenant_id, item.description) or "",
                "siegel_nr": item.seal_number,
                "verbleib": KEPT.get(item.kept_at, item.kept_at),
                "schaetzwert": None if item.estimate_cent is None else money.euro(item.estimate_cent),
            }
            for item in field.items_of(tx, tenant_id, visit)
        ],
        **_demand(tx, measure),
    }
    werte = {
        "gefordert": money.euro(visit.demand_cent),
        "bar": money.euro(paid.amount_cent if paid else 0),
        "quittung_nr": paid.label if paid else None,
    }
    return _to_debtor(tx, measure, "Niederschrift über die Vollstreckungshandlung", today, facts | {"werte": werte})


def receipt(tx: Connection, tenant_id: int, measure_id: UUID, label: str, today: date) -> letter_parts.Content:
    """Return the cash receipt with its serial number."""
    measure = measures.find(tx, tenant_id, measure_id)
    paid = field.receipt(tx, tenant_id, label)
    facts = {
        "schuldner": _person(debtor_of(tx, measure)),
        "beamter": db.runtime(tx).name_of(tx, paid.officer),
        "werte": {"quittung_nr": paid.label, "bar": money.euro(paid.amount_cent), "erhalten_am": paid.received_on},
    }
    return _to_debtor(tx, measure, "Quittung", today, facts)


# ---------------------------------------------------------------- parts
def debtor_of(tx: Connection, measure: measures.Measure) -> debtors.Debtor:
    """Return the debtor of the measure's case. Raises errors.NotFound."""
    return letter_parts.case_debtor(tx, measure.tenant_id, measure.case_number)


@lru_cache(maxsize=1)
def _courts() -> Mapping[str, Mapping[str, str]]:
    return {row["ort"]: row for row in yaml.safe_load(COURTS.read_bytes())["gerichte"]}


def court(town: str) -> dict[str, str] | None:
    """Return the Verwaltungsgericht of a town's authority (name, anschrift), None where none is recorded."""
    found = _courts().get(town)
    return None if found is None else {"name": found["name"], "anschrift": found["anschrift"]}


def _to_third_party(
    tx: Connection, measure: measures.Measure, subject: str, today: date, facts: Mapping[str, object]
) -> letter_parts.Content:
    party = _third_party(tx, measure)
    inputs = {
        "absender": letter_parts.sender(tx, measure.tenant_id),
        "empfaenger": {"name": party.name, "zeilen": [party.name, *_lines(party.address)], "anrede": "Sehr geehrte Damen und Herren,"},
        "datum": today,
        "zeichen": measure.business_key,
        "schuldner": _person(debtor_of(tx, measure)),
        "merkmal": party.account,
        "gegenstand": SEIZED.get(measure.seizure_kind or "", "Forderung"),
        "pfaendungsart": measure.seizure_kind or "sonstige",
        "natuerlich": measure.debtor_is_natural,
        **facts,
    }
    return letter_parts.Content(
        key=f"drittschuldner:{measure.uuid}", subject=subject, inputs=inputs, case_number=measure.case_number, measure_uuid=measure.uuid,
        is_first=True,
    )  # fmt: skip


def _to_debtor(tx: Connection, measure: measures.Measure, subject: str, today: date, facts: Mapping[str, object]) -> letter_parts.Content:
    inputs = {
        "absender": letter_parts.sender(tx, measure.tenant_id),
        "empfaenger": letter_parts.recipient(debtor_of(tx, measure)),
        "datum": today,
        "zeichen": measure.business_key,
        **facts,
    }
    return letter_parts.Content(
        key=f"schuldner:{measure.uuid}", subject=subject, inputs=inputs, case_number=measure.case_number, measure_uuid=measure.uuid,
        claim_uuids=[row.claim_uuid for row in measures.claims_of(tx, measure)], is_first=True,
    )  # fmt: skip


def _demand(tx: Connection, measure: measures.Measure) -> dict[str, object]:
    """Return `posten`, `kosten_zeilen` and `werte`: the frozen claims, the costs, and the one sum that the order demands."""
    rows = measures.claims_of(tx, measure)
    items = [_frozen(tx, row) for row in rows]
    costs = [
        ("Pfändungsgebühr (§ 11 VO VwVG NRW)", measure.fee_cent),
        ("Wegegeld (§ 21 VO VwVG NRW)", measure.travel_cent),
        ("Auslagen (§ 20 VO VwVG NRW)", measure.outlay_cent),
        ("Kosten früherer Maßnahmen", _earlier_cent(tx, measure, sum(row.total_cent for row in rows))),
    ]
    return {
        "posten": items,
        "kosten_zeilen": [{"name": name, "betrag": money.euro(cent)} for name, cent in costs if cent],
        "werte": {
            "gesamtbetrag": money.euro(measure.total_cent),
            "summe_forderungen": money.euro(sum(row.total_cent for row in rows)),
            "pfaendungsgebuehr": money.euro(measure.fee_cent),
            "wegegeld": money.euro(measure.travel_cent),
            "auslagen": money.euro(measure.outlay_cent),
        },
    }


def _earlier_cent(tx: Connection, measure: measures.Measure, claims_cent: int) -> int:
    return measure.total_cent - claims_cent - measure.fee_cent - measure.travel_cent - measure.outlay_cent


def _frozen(tx: Connection, row: measures.FrozenClaim) -> dict[str, object]:
    claim = claims.find(tx, row.claim_uuid)
    return {
        "glaeubiger": tenants.find(tx, claim.tenant_id).name, "kassenzeichen": claim.reference, "forderungsart": claim.kind,
        "bescheid_vom": claim.notice_on, "faellig_am": claim.payable_on, "hauptforderung": money.euro(row.principal_cent),
        "saeumniszuschlag": money.euro(row.surcharge_cent), "mahngebuehr": money.euro(row.dunning_fee_cent),
        "kosten": money.euro(row.costs_cent), "gesamt": money.euro(row.total_cent),
    }  # fmt: skip


def _person(debtor: debtors.Debtor) -> dict[str, object]:
    person = debtor.person
    return {
        "name": person.display_name, "anschrift": f"{person.address_line}, {person.postcode} {person.town}", "geboren_am": person.born_on,
    }  # fmt: skip


def _third_party(tx: Connection, measure: measures.Measure) -> measures.ThirdParty:
    party = seizures.third_party_of(tx, measure)
    if party is None:
        raise errors.Incident(f"Die Maßnahme {measure.business_key} hat keinen Drittschuldner.")
    return party


def _lines(address: str) -> Sequence[str]:
    return [part.strip() for part in re.split(r"[\n,;]+", address) if part.strip()]
