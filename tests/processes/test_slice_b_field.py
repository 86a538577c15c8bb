"""The field: scenario S04 to the cent, two eyes more, visits, recall, seized goods."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from engine import errors
from engine.db import Database
from tests.conftest import World
from tests.processes import slice_b_office
from tests.processes.slice_b_office import Office

A = {
    "kassenzeichen": "DE260900004", "forderungsart": "Grundsteuer B", "betrag": "310,00", "faellig_am": "17.08.2026", "schuldner_nr": "S90004",
    "mahnung_am": "02.09.2026", "mahnfrist_bis": "14.09.2026", "mahngebuehr": "8,00",
}  # fmt: skip
B = {
    "kassenzeichen": "OE260900004", "forderungsart": "Hundesteuer", "betrag": "120,00", "faellig_am": "01.07.2026", "schuldner_nr": "S17",
    "mahnung_am": "20.07.2026", "mahnfrist_bis": "31.07.2026", "mahngebuehr": "6,00",
}  # fmt: skip


@pytest.fixture
def office(database: Database, world: World) -> Office:
    made = slice_b_office.open_office(database, world, ("detmold", A), ("oerlinghausen", B))
    made.until(date(2026, 10, 12))
    return made


def prepare(office: Office) -> None:
    office.start("aussendienst", innendienst_belegt=True)
    office.done("auftrag_vorbereiten", by="anna", buendel=bundle(office), entfernung_km="18", auftrag_begruendung="Konto ohne Guthaben")


def bundle(office: Office) -> list[object]:
    with office.database.begin(office.tenant_id) as tx:
        return [facts["forderung_id"] for facts in office.facts(tx)]


def release(office: Office) -> None:
    office.done("auftrag_freigeben", by="lena", freigabe_entscheidung="freigeben")


def visit(office: Office, outcome: str, time_of_day: str = "vormittags", **more: object) -> None:
    office.done("besuch_beginnen", by="otto", vor_ort=True)
    met = {} if outcome == "nicht_angetroffen" else {"unterschrieben": "ja", "anwesende": [{"name": "Mara Muster", "rolle": "schuldner"}]}
    office.done(
        "besuch_dokumentieren", by="otto", besuch_uhrzeit="07:45", tageszeit=time_of_day, besuch_ort="Lange Straße 1",
        besuch_ergebnis=outcome, **met, **more,
    )  # fmt: skip


def test_s04_one_order_for_two_cities_is_paid_in_part_and_shared_to_the_cent(office: Office) -> None:
    prepare(office)
    assert office.task("auftrag_freigeben").variables["massnahme_betrag"] == Decimal("487.00")
    release(office)
    assert (office.measure().fee_cent, office.booked_cent("pfaendungsgebuehr")) == (2800, [2800])

    office.until(date(2026, 10, 20))
    office.done("besuch_beginnen", by="otto", vor_ort=True)
    assert office.task("besuch_dokumentieren").variables["vor_ort_betrag"] == Decimal("490.00")
    office.done(
        "besuch_dokumentieren", by="otto", besuch_uhrzeit="07:45", tageszeit="vormittags", besuch_ort="Lange Straße 1",
        besuch_ergebnis="teilzahlung", bar_betrag="250.00", unterschrieben="ja", anwesende=[{"name": "Mara Muster", "rolle": "schuldner"}],
    )  # fmt: skip

    assert office.booked_cent("wegegeld") == [500]
    assert office.open_cent("DE260900004") == {"hauptforderung": 16365, "saeumniszuschlag": 900}
    assert office.open_cent("OE260900004") == {"hauptforderung": 6335, "saeumniszuschlag": 400}
    assert not any(office.fees_cent().values())
    assert office.letter_names() == ["aussendienst_auftrag", "quittung", "niederschrift"]
    assert office.tasks() == ["barbestand_abrechnen"]
    assert office.variables()["massnahme_ergebnis"] == "teilzahlung"
    office.done("barbestand_abrechnen", by="kasse", gezaehlt="250.00")
    assert office.running() == []
    assert office.replays_identically()


def test_the_person_who_prepared_an_order_cannot_release_it(office: Office) -> None:
    prepare(office)

    with pytest.raises(errors.NotAllowed, match="zweite Person"):
        office.submit("auftrag_freigeben", by="anna", freigabe_entscheidung="freigeben")
    assert office.tasks() == ["auftrag_freigeben"]


def test_a_sum_that_changed_after_the_preparation_needs_a_new_release(office: Office) -> None:
    prepare(office)
    office.until(date(2026, 10, 19))  # a third month of surcharge has begun on A

    release(office)

    assert office.tasks() == ["auftrag_freigeben"]
    assert office.task("auftrag_freigeben").variables["massnahme_betrag"] == Decimal("490.00")
    assert office.booked_cent("pfaendungsgebuehr") == []
    release(office)
    assert office.tasks() == ["besuch_beginnen"]


def test_without_a_desk_result_and_without_a_reason_no_order_is_prepared(office: Office) -> None:
    office.start("aussendienst", innendienst_belegt=False)

    assert office.tasks() == []
    assert office.variables()["massnahme_ergebnis"] == "innendienst_fehlt"


def test_nobody_met_twice_is_for_the_lead_to_decide_and_the_second_try_is_at_another_time_of_day(office: Office) -> None:
    prepare(office)
    release(office)
    office.until(date(2026, 10, 20))
    visit(office, "nicht_angetroffen")
    office.until(date(2026, 10, 22))
    office.done("besuch_beginnen", by="otto", vor_ort=True)
    refused = office.submit(
        "besuch_dokumentieren", by="otto", besuch_uhrzeit="07:50", tageszeit="vormittags", besuch_ort="Lange Straße 1",
        besuch_ergebnis="nicht_angetroffen",
    )  # fmt: skip
    assert "tageszeit" in refused
    office.done(
        "besuch_dokumentieren", by="otto", besuch_uhrzeit="07:50", tageszeit="abends", besuch_ort="Lange Straße 1",
        besuch_ergebnis="nicht_angetroffen",
    )  # fmt: skip
    assert office.tasks() == ["nach_besuchen_entscheiden"]
    office.done("nach_besuchen_entscheiden", by="lena", besuche_entscheidung="innendienst", besuche_begruendung="Verzogen?")

    assert office.variables()["massnahme_ergebnis"] == "nicht_angetroffen"
    assert office.booked_cent("wegegeld") == [500]  # once per order, not per visit
    assert office.letter_names()[-1] == "niederschrift"


def test_a_payment_while_the_order_is_out_recalls_the_officer(office: Office) -> None:
    prepare(office)
    release(office)
    office.until(date(2026, 10, 15))
    office.pay(10000, date(2026, 10, 15))

    assert office.tasks() == ["rueckruf_bestaetigen"]
    office.done("rueckruf_bestaetigen", by="otto", aufgebrochen="nein")
    assert office.measure().result == "zurueckgerufen"
    assert office.booked_cent("wegegeld") == []


def test_seized_goods_are_listed_with_their_seals_and_the_sale_is_noted(office: Office) -> None:
    prepare(office)
    release(office)
    office.until(date(2026, 10, 20))
    visit(
        office,
        "gepfaendet",
        gepfaendete_sachen=[{"bezeichnung": "Fernseher", "siegel_nr": "4711", "verbleib": "belassen", "schaetzwert": "300.00"}],
    )

    office.done("verwertung_vormerken", vorgehen="veranlasst", vorgehen_am="2026-10-20", vorgehen_vermerk="Az. 12/26")
    assert office.measure().result == "verwertung_vorgemerkt"


def test_a_hold_on_one_claim_of_the_order_raises_the_adjustment_and_the_order_goes_on(office: Office) -> None:
    prepare(office)
    release(office)
    hold(office, "OE260900004")

    assert office.tasks() == ["besuch_beginnen", "massnahme_anpassen"]
    office.done("massnahme_anpassen", anpassung="beschraenken", anpassung_begruendung="Stundung bewilligt")
    office.until(date(2026, 10, 20))
    office.done("besuch_beginnen", by="otto", vor_ort=True)
    assert office.tasks() == ["besuch_dokumentieren"]


def hold(office: Office, reference: str) -> None:
    from processes.casefile import claims, holds

    with office.database.begin(office.tenant_id) as tx:
        (claim,) = [claim for claim in claims.of_case(tx, office.tenant_id, slice_b_office.NUMBER) if claim.reference == reference]
        holds.set(
            tx, claim, reason="Stundung", until_on=date(2026, 12, 31), by="anna", now=office.now(tx), sender_tenant_id=office.tenant_id
        )
    office.settle()
