"""The main line: claims of two cities come into enforcement, meet in one case by a person's word, and go through the measures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from engine.db import Database
from processes.casefile import cases, claims, view
from tests.conftest import World
from tests.processes import slice_b_office
from tests.processes.slice_b_office import NUMBER, Office
from tests.processes.test_slice_b_field import A, B


@pytest.fixture
def office(database: Database, world: World) -> Office:
    return slice_b_office.open_main_line(database, world, ("detmold", A), ("oerlinghausen", B), start=date(2026, 9, 28))


def take_over(office: Office) -> None:
    """Both claims are enforceable; the second one meets the first in one case."""
    office.hand_over("DE260900004")
    office.hand_over("OE260900004")
    proposal = office.task("schuldner_zuordnen").variables["vorschlaege"]
    assert isinstance(proposal, list)
    office.done(
        "schuldner_zuordnen", zuordnung_entscheidung="zuordnen", zuordnung=proposal[0]["schuldner_id"], zuordnung_begruendung="Name, Geburtstag",
    )  # fmt: skip


def to_the_field(office: Office) -> None:
    take_over(office)
    office.until(date(2026, 10, 13))
    office.done("ermittlung_planen", abfragen_noetig="nein", ohne_abfrage_grund="Auskünfte von letzter Woche")
    office.done(
        "massnahme_entscheiden",
        innendienst_entscheidung="aussendienst",
        innendienst_begruendung="Konto erloschen",
        aussendienst_grund="Eilt",
    )


def test_claims_of_two_cities_meet_in_one_case_only_by_a_persons_word(office: Office) -> None:
    office.hand_over("DE260900004")
    assert office.case_numbers() == [NUMBER]
    office.hand_over("OE260900004")

    assert office.tasks() == ["schuldner_zuordnen"]
    assert office.claims_inside(NUMBER) == ["DE260900004"]
    proposal = office.task("schuldner_zuordnen").variables["vorschlaege"]
    assert isinstance(proposal, list)
    assert "Muster" not in str(proposal)  # the history holds no names
    office.done(
        "schuldner_zuordnen", zuordnung_entscheidung="zuordnen", zuordnung=proposal[0]["schuldner_id"], zuordnung_begruendung="Geburtstag",
    )  # fmt: skip
    assert office.claims_inside(NUMBER) == ["DE260900004", "OE260900004"]


def test_without_that_word_each_city_has_a_case_of_its_own(office: Office) -> None:
    office.hand_over("DE260900004")
    office.hand_over("OE260900004")
    office.done("schuldner_zuordnen", zuordnung_entscheidung="getrennt")

    assert office.case_numbers() == [NUMBER, "DT-2026-000002"]


def test_s04_the_whole_line_from_the_hand_over_to_the_rest_of_240_euros(office: Office) -> None:
    take_over(office)
    assert office.letter_names() == ["vollstreckungsankuendigung"]
    assert not office.booked_cent("pfaendungsgebuehr")  # the announcement costs nothing
    office.until(date(2026, 10, 12))
    assert office.tasks() == []
    office.until(date(2026, 10, 13))
    office.done("ermittlung_planen", abfragen_noetig="nein", ohne_abfrage_grund="Auskünfte von letzter Woche")
    office.done(
        "massnahme_entscheiden",
        innendienst_entscheidung="aussendienst",
        innendienst_begruendung="Konto erloschen",
        aussendienst_grund="Eilt",
    )
    office.done("auftrag_vorbereiten", by="anna", buendel=office.bundle(), entfernung_km="18", auftrag_begruendung="Konto erloschen")
    office.done("auftrag_freigeben", by="lena", freigabe_entscheidung="freigeben")
    office.until(date(2026, 10, 20))
    office.done("besuch_beginnen", by="otto", vor_ort=True)
    office.done(
        "besuch_dokumentieren", by="otto", besuch_uhrzeit="07:45", tageszeit="vormittags", besuch_ort="Lange Straße 1",
        besuch_ergebnis="teilzahlung", bar_betrag="250.00", unterschrieben="ja", anwesende=[{"name": "Mara Muster", "rolle": "schuldner"}],
    )  # fmt: skip

    assert office.tasks() == ["barbestand_abrechnen", "ermittlung_planen"]  # back at the desk
    assert office.task("ermittlung_planen").variables["offener_betrag"] == Decimal("240.00")
    assert office.replays_identically()


def test_everything_paid_ends_the_case_and_recalls_the_order(office: Office) -> None:
    to_the_field(office)
    office.done("auftrag_vorbereiten", by="anna", buendel=office.bundle(), entfernung_km="18", auftrag_begruendung="Konto erloschen")
    office.done("auftrag_freigeben", by="lena", freigabe_entscheidung="freigeben")
    office.pay(48200, date(2026, 10, 13))

    assert office.running() == []
    assert office.tasks() == []
    with office.database.begin(office.tenant_id) as tx:
        case = cases.find(tx, office.tenant_id, NUMBER)
        assert (case.result, claims.of_case(tx, office.tenant_id, NUMBER)) == ("bezahlt", [])
        seen = view.of_case(tx, office.tenant_id, NUMBER, date(2026, 10, 14))  # the file of a closed case stays open to readers
        assert {how for how, _ in seen.left.values()} == {"bezahlt"}
        assert len(seen.claims) == len(seen.left)
        assert seen.total_cent == 0
    assert office.measure().result == "bezahlt"


def test_a_promise_to_pay_is_waited_for(office: Office) -> None:
    office.hand_over("DE260900004")
    office.until(date(2026, 10, 1))
    office.tell("kontakt_aufgenommen", {}, key=NUMBER)
    office.done("rueckmeldung_bearbeiten", rueckmeldung="zahlt_bis", zahlt_bis="2026-10-30")

    office.until(date(2026, 10, 30), 23)
    assert office.tasks() == []
    office.until(date(2026, 10, 31))
    assert office.tasks() == ["ermittlung_planen"]


def test_a_case_whose_claims_are_all_held_rests_until_the_hold_is_over(office: Office) -> None:
    office.set_hold("DE260900004")
    office.hand_over("DE260900004")
    assert office.tasks() == []
    assert office.letter_names() == []
    office.lift_hold("DE260900004")
    assert office.letter_names() == ["vollstreckungsankuendigung"]


def test_a_claim_that_is_not_enforceable_goes_back_to_the_creditor_with_the_paragraph(database: Database, world: World) -> None:
    early = {**A, "mahnung_am": "25.09.2026", "mahnfrist_bis": "06.10.2026"}
    office = slice_b_office.open_main_line(database, world, ("detmold", early), start=date(2026, 9, 28))
    office.hand_over("DE260900004")

    pruefung = office.task("rueckgabe_an_glaeubiger").variables["pruefung"]
    assert isinstance(pruefung, dict)
    assert (pruefung["grund"], pruefung["paragraf"]) == ("Die Mahnfrist läuft noch.", "§ 19 VwVG NRW")
    office.done("rueckgabe_an_glaeubiger", rueckgabe_entscheidung="zurueckgeben", rueckgabe_begruendung="Zu früh abgegeben")
    assert office.running() == []
    with office.database.begin(office.tenant_id) as tx:
        assert cases.find(tx, office.tenant_id, NUMBER).result == "zurueckgegeben"


def test_the_creditor_decides_on_the_write_off(office: Office) -> None:
    office.hand_over("DE260900004")
    office.until(date(2026, 10, 13))
    office.done("ermittlung_planen", abfragen_noetig="nein", ohne_abfrage_grund="Ohne Aussicht")
    office.done("massnahme_entscheiden", innendienst_entscheidung="abschluss_vorschlagen", innendienst_begruendung="Unpfändbar")
    assert office.task("niederschlagung_entscheiden").candidate_groups == ("creditor_clerk",)
    office.done(
        "niederschlagung_entscheiden", by="carla", niederschlagung_entscheidung="niedergeschlagen", niederschlagung_begruendung="§ 261 AO"
    )
    with office.database.begin(office.tenant_id) as tx:
        assert cases.find(tx, office.tenant_id, NUMBER).result == "niedergeschlagen"


def test_an_objection_rests_the_claim_it_is_raised_against(office: Office) -> None:
    office.hand_over("DE260900004")
    with office.database.begin(office.tenant_id) as tx:
        claim = claims.by_key(tx, office.tenant_id, "DE260900004", "1")
    assert claim is not None
    office.tell("einwendung_eingegangen", {"forderung_id": str(claim.uuid), "notiz": None}, key=NUMBER)
    office.done("einwendung_im_fall", einwendung_sperre="ja", einwendung_bis="2026-11-30", einwendung_stellungnahme="Bitte prüfen")
    office.until(date(2026, 10, 13))
    with office.database.begin(office.tenant_id) as tx:
        assert [facts["gesperrt"] for facts in office.facts(tx)] == [True]
