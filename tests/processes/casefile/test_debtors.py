"""Debtors across cities: proposed with reasons, confirmed by a person, reversible; and what each city sees."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine import errors
from engine.db import Database
from processes.casefile import agreements, claims, debtors, view
from tests.conftest import World
from tests.processes import city

NOW = datetime(2026, 8, 17, 8, 0, tzinfo=UTC)
MARA = {"kassenzeichen": "OE1", "betrag": "100,00", "schuldner_nr": "S77", "strasse": "Lange Str."}
UWE = {"nachname": "Völkel", "vorname": "Uwe", "geburtsdatum": "09.09.1949", "strasse": "Am Markt"}


def given(database: Database, world: World) -> tuple[claims.Claim, claims.Claim]:
    city.settle_in(database, world)
    own = {"kassenzeichen": "DE1", "betrag": "100,00", "schuldner_nr": "S1"}
    (here, _) = city.take_claims(database, world.detmold, "detmold", own, {**own, **UWE, "kassenzeichen": "DE2", "schuldner_nr": "S2"})
    (there,) = city.take_claims(database, world.oerlinghausen, "oerlinghausen", MARA)
    return here, there


def test_the_same_person_in_another_city_is_proposed_with_reasons(database: Database, world: World) -> None:
    here, there = given(database, world)
    with database.begin(world.detmold) as tx:
        foreign = debtors.by_id(tx, there.tenant_id, there.debtor_id)

        (match,) = debtors.propose_matches(tx, foreign)

        assert match.debtor.key == (here.tenant_id, here.debtor_id)
        assert match.reasons == ("Name stimmt überein", "Geburtsdatum stimmt überein", "Anschrift stimmt überein")


def test_a_city_without_an_agreement_sees_no_foreign_debtor(database: Database, world: World) -> None:
    here, _ = given(database, world)
    with database.begin(world.oerlinghausen) as tx:
        with pytest.raises(errors.NotFound):
            debtors.by_id(tx, here.tenant_id, here.debtor_id)
        own = debtors.by_numbers(tx, world.oerlinghausen, ["S77"])["S77"]
        assert debtors.propose_matches(tx, own) == []
        assert [line.claim.reference for line in view.extract(tx, world.oerlinghausen, date(2026, 8, 17))] == ["OE1"]


def test_a_link_is_confirmed_by_a_person_and_can_be_taken_back(database: Database, world: World) -> None:
    here, there = given(database, world)
    with database.begin(world.detmold) as tx:
        one, other = debtors.by_id(tx, here.tenant_id, here.debtor_id), debtors.by_id(tx, there.tenant_id, there.debtor_id)
        link_id = debtors.link(tx, authority_tenant_id=world.detmold, first=other, second=one, reasons=["Ausweis"], by="anna", now=NOW)

        assert debtors.linked_keys(tx, other.key) == [one.key, other.key]
        assert debtors.propose_matches(tx, other) == [], "what is linked is not proposed again"
        with pytest.raises(errors.Conflict):
            debtors.link(tx, authority_tenant_id=world.detmold, first=one, second=other, reasons=[], by="anna", now=NOW)
        debtors.unlink(tx, authority_tenant_id=world.detmold, link_id=link_id, because="Verwechslung", by="anna", now=NOW)
        assert debtors.linked_keys(tx, other.key) == [other.key]


@pytest.mark.parametrize(
    ("one", "other"), [("Müller", "Mueller"), ("Petrović", "petrovic"), ("Søren  Groß", "Soeren Gross"), ("O'Neill", "O Neill")]
)
def test_names_are_compared_without_accents_and_spelling(one: str, other: str) -> None:
    assert debtors.folded(one) == debtors.folded(other)


def test_streets_are_compared_without_abbreviations() -> None:
    assert debtors.folded_street("Hauptstr.", "79") == debtors.folded_street("Hauptstraße", "79")
    assert debtors.folded_street("Lange Str.", "1") == debtors.folded_street("Lange Straße", "1")
    assert debtors.folded_street("Hauptstraße", "79") != debtors.folded_street("Hauptstraße", "7")


def test_an_agreement_decides_who_enforces_and_must_not_overlap(database: Database, world: World) -> None:
    city.settle_in(database, world)
    with database.begin(world.oerlinghausen) as tx:
        assert agreements.enforcing_tenant(tx, world.oerlinghausen, "Hundesteuer", date(2026, 8, 17)) == world.detmold
        assert agreements.enforcing_tenant(tx, world.oerlinghausen, "Hundesteuer", date(2017, 3, 31)) == world.oerlinghausen
        with pytest.raises(errors.Conflict, match="gilt schon"):
            agreements.conclude(
                tx, creditor_tenant_id=world.oerlinghausen, enforcing_tenant_id=world.detmold, mode="mandatierend",
                kinds=["Hundesteuer"], valid_from=date(2026, 1, 1), concluded_on=date(2025, 12, 1),
            )  # fmt: skip


@pytest.mark.parametrize("variables", [
    {"schuldner_id": "x"}, {"schuldner_id": 7}, {"forderung_id": "x"}, {"forderungen": [{"forderung_id": "x"}, 5, {}]},
    {"vorschlaege": [{"schuldner_id": "x"}, {}]},
])  # fmt: skip
def test_variables_that_only_share_our_names_show_nothing_and_break_nothing(
    database: Database, world: World, variables: dict[str, object]
) -> None:
    with database.begin(world.detmold) as tx:
        akte = view.form_context(tx, variables, date(2026, 8, 17))

    assert not any(akte.values())


def test_forms_get_names_and_sums_from_the_ids_of_an_instance(database: Database, world: World) -> None:
    here, there = given(database, world)
    with database.begin(world.detmold) as tx:
        debtor = debtors.by_id(tx, there.tenant_id, there.debtor_id)
        variables = {"schuldner_id": str(debtor.uuid), "forderungen": [{"forderung_id": str(here.uuid)}, {"forderung_id": str(there.uuid)}]}

        akte = view.form_context(tx, variables, date(2026, 8, 17))

        assert (akte["schuldner"], akte["anschrift"]) == ("Mara Muster", "Lange Str. 1, 32756 Detmold")
        assert str(akte["offener_betrag"]) == "200.00"
        assert akte["glaeubiger"] == "Stadt Detmold, Stadt Oerlinghausen"
