"""Desk and seizure: scenario S02 to the cent and to the day; partial, full, nil, a hold, a claim that joins later."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from engine.db import Database
from processes.casefile import announcements, claims, holds
from processes.casefile import measures as casefile_measures
from tests.conftest import World
from tests.processes import slice_b_office
from tests.processes.slice_b_office import NUMBER, Office

S02 = {
    "kassenzeichen": "DE260900002", "forderungsart": "Gewerbesteuer", "betrag": "12.480,00", "bescheid_vom": "04.05.2026",
    "faellig_am": "08.06.2026", "schuldner_nr": "S90002", "mahnung_am": "22.06.2026", "mahnfrist_bis": "03.07.2026", "mahngebuehr": "52,00",
}  # fmt: skip
SECOND = {
    "kassenzeichen": "DE260900003", "betrag": "120,00", "faellig_am": "01.06.2026", "schuldner_nr": "S90002",
    "mahnung_am": "22.06.2026", "mahnfrist_bis": "03.07.2026", "mahngebuehr": "6,00",
}  # fmt: skip
BANK = {
    "massnahme_art": "konto", "drittschuldner_name": "Beispielbank", "drittschuldner_anschrift": "Domplatz 1, 50667 Köln",
    "drittschuldner_land": "NW", "drittschuldner_merkmal": "DE89370400440532013000", "p_konto": "nein", "natuerliche_person": "ja",
    "zustellauslagen": "4.10",
}  # fmt: skip
ANSWERS = {
    "erklaerung": "eingegangen", "erklaerung_am": "2026-08-18", "anerkannt": "ja", "andere_ansprueche": "nein", "vorpfaendung": "nein",
    "unpfaendbar_907": "nein", "kontoart": [],
}  # fmt: skip


@pytest.fixture
def office(database: Database, world: World) -> Office:
    return slice_b_office.open_office(database, world, ("detmold", S02), start=date(2026, 8, 4))


def seize(office: Office, **more: object) -> None:
    """Prepare and release a seizure of the bank account."""
    office.start("pfaendung", massnahme_art="konto")
    office.done("pfaendung_vorbereiten", by="anna", buendel=bundle(office), **{**BANK, **more})
    office.done("pfaendung_freigeben", by="lena", freigabe_entscheidung="freigeben")


def bundle(office: Office) -> list[object]:
    with office.database.begin(office.tenant_id) as tx:
        return [facts["forderung_id"] for facts in office.facts(tx)]


def serve_and_declare(office: Office) -> None:
    office.until(date(2026, 8, 7))
    office.serve(date(2026, 8, 6))
    office.until(date(2026, 8, 18))
    office.done("drittschuldnererklaerung_erfassen", **ANSWERS)


def test_s02_the_bank_gets_one_sum_first_and_the_debtor_the_cause_after_service(office: Office) -> None:
    office.start("pfaendung", massnahme_art="konto")
    office.done("pfaendung_vorbereiten", by="anna", buendel=bundle(office), **BANK)
    assert office.task("pfaendung_freigeben").variables["massnahme_betrag"] == Decimal("12934.10")
    office.done("pfaendung_freigeben", by="lena", freigabe_entscheidung="freigeben")

    assert (office.booked_cent("pfaendungsgebuehr"), office.booked_cent("auslagen")) == ([14900], [410])
    assert office.letter_names() == ["pfaendung_drittschuldner"]
    office.until(date(2026, 8, 7))
    office.serve(date(2026, 8, 6))
    assert office.letter_names() == ["pfaendung_drittschuldner", "pfaendung_schuldner"]
    measure = office.measure()
    assert (measure.declaration_due_on, measure.payable_from_on) == (date(2026, 8, 20), date(2026, 9, 7))
    assert office.task("drittschuldnererklaerung_erfassen").due_at is not None


def test_s02_what_the_bank_remits_pays_costs_first_and_the_seizure_goes_on(office: Office) -> None:
    seize(office)
    serve_and_declare(office)
    assert office.variables()["massnahme_ergebnis"] == "laeuft"
    assert office.running() == ["pfaendung_ueberwachung"]
    office.until(date(2026, 9, 8))
    office.pay(521044, date(2026, 9, 8), number=1)

    assert office.open_cent("DE260900002") == {"hauptforderung": 747466, "saeumniszuschlag": 37350}
    assert not any(office.fees_cent().values())
    assert office.running() == ["pfaendung_ueberwachung"]
    assert office.tasks() == []
    office.until(date(2026, 10, 12))
    assert office.tasks() == ["pfaendung_ueberwachen"]
    assert office.task("pfaendung_ueberwachen").variables["stand"]["rest"] == Decimal("7723.66")
    assert office.replays_identically()


def test_a_missing_declaration_is_reminded_of_the_day_after_it_was_due(office: Office) -> None:
    seize(office)
    office.until(date(2026, 8, 7))
    office.serve(date(2026, 8, 6))

    office.until(date(2026, 8, 20), 23)
    assert "drittschuldner_erinnerung" not in office.letter_names()
    office.until(date(2026, 8, 21))
    assert office.letter_names()[-1] == "drittschuldner_erinnerung"
    assert office.tasks() == ["drittschuldnererklaerung_erfassen"]
    office.done("drittschuldnererklaerung_erfassen", erklaerung="nicht_abgegeben")
    assert office.variables()["massnahme_ergebnis"] == "ohne_erklaerung"


def test_without_a_proof_of_service_the_order_is_sent_again_without_a_second_fee(office: Office) -> None:
    seize(office)
    office.until(date(2026, 8, 26))

    assert office.tasks() == ["zustellung_klaeren"]
    office.done("zustellung_klaeren", zustellung_entscheidung="erneut", zustellung_vermerk="Urkunde fehlt")
    assert office.letter_names() == ["pfaendung_drittschuldner", "pfaendung_drittschuldner"]
    assert office.booked_cent("pfaendungsgebuehr") == [14900]
    office.until(date(2026, 9, 17))
    office.done("zustellung_klaeren", zustellung_entscheidung="nachgewiesen", zugestellt_am="2026-08-28")
    assert office.measure().served_on == date(2026, 8, 28)


def test_the_sum_of_the_order_paid_in_full_ends_the_seizure_and_asks_about_the_rest(office: Office) -> None:
    seize(office)
    serve_and_declare(office)
    office.until(date(2026, 9, 10))
    office.pay(1293410, date(2026, 9, 10), number=1)

    assert office.tasks() == ["rest_pruefen"]  # two more months of surcharge since the order
    assert office.task("rest_pruefen").variables["stand"]["rest_fall"] == Decimal("249.00")
    office.done("rest_pruefen", rest_entscheidung="weiter")
    assert office.measure().result == "bezahlt"
    assert office.running() == []


def test_a_seizure_into_nothing_ends_as_nil(office: Office) -> None:
    seize(office)
    office.until(date(2026, 8, 7))
    office.serve(date(2026, 8, 6))
    office.done("drittschuldnererklaerung_erfassen", **{**ANSWERS, "anerkannt": "nein"})
    assert office.variables()["massnahme_ergebnis"] == "nicht_anerkannt"

    office.until(date(2026, 10, 12))
    office.done("pfaendung_ueberwachen", ueberwachung_entscheidung="fruchtlos", ueberwachung_begruendung="Konto erloschen")
    assert (office.measure().result, office.running()) == ("fruchtlos", [])


def test_a_limited_seizure_goes_on_with_the_new_maximum_and_can_be_lifted(office: Office) -> None:
    seize(office)
    serve_and_declare(office)
    office.until(date(2026, 10, 12))
    office.done(
        "pfaendung_ueberwachen", ueberwachung_entscheidung="beschraenken", hoechstbetrag="5000.00", wiedervorlage_am="2026-11-02",
        ueberwachung_begruendung="Härtefall",
    )  # fmt: skip
    assert office.letter_names()[-1] == "pfaendung_aenderung"
    office.until(date(2026, 11, 2))
    assert office.task("pfaendung_ueberwachen").variables["stand"]["rest"] == Decimal("5000.00")
    office.done("pfaendung_ueberwachen", ueberwachung_entscheidung="aufheben", ueberwachung_begruendung="Raten vereinbart")
    assert office.letter_names()[-1] == "pfaendung_aufhebung"
    assert (office.measure().result, office.running()) == ("aufgehoben", [])


def test_the_debtor_paying_everything_lifts_the_seizure_at_the_bank(office: Office) -> None:
    seize(office)
    serve_and_declare(office)
    office.until(date(2026, 8, 25))
    with office.database.begin(office.tenant_id) as tx:
        total, _ = announcements.case_total(tx, office.tenant_id, NUMBER, date(2026, 8, 25))
    office.pay(total, date(2026, 8, 25))

    assert office.letter_names()[-1] == "pfaendung_aufhebung"
    assert (office.measure().result, office.running(), office.tasks()) == ("bezahlt", [], [])


def test_a_claim_held_inside_a_running_seizure_is_adjusted_and_taken_up_again(office: Office) -> None:
    slice_b_office.join_case(office, "detmold", SECOND)
    seize(office)
    serve_and_declare(office)
    set_hold(office, "DE260900003")

    assert office.tasks() == ["massnahme_anpassen"]
    assert office.task("massnahme_anpassen").variables["kassenzeichen_betroffen"] == "DE260900003/1"
    office.done("massnahme_anpassen", anpassung="beschraenken", anpassung_begruendung="Stundung")
    assert office.letter_names()[-1] == "pfaendung_aenderung"
    limited = office.measure().limited_to_cent
    assert limited is not None
    assert limited < office.measure().total_cent
    lift_hold(office, "DE260900003")
    assert office.measure().limited_to_cent == office.measure().total_cent


def test_a_claim_that_joins_after_service_is_not_in_the_measure(office: Office) -> None:
    seize(office)
    serve_and_declare(office)
    claim = slice_b_office.join_case(office, "detmold", SECOND)
    office.tell("forderung_hinzugekommen", {"forderung_id": str(claim.uuid)}, key=f"{NUMBER}/M1", process_key="pfaendung_ueberwachung")

    assert office.tasks() == ["nicht_in_der_massnahme"]
    office.done("nicht_in_der_massnahme", zugang_entscheidung="naechste_massnahme", zugang_begruendung="Neue Forderung")
    with office.database.begin(office.tenant_id) as tx:
        assert [row.claim_uuid for row in casefile_measures.claims_of(tx, office.measure())] != [claim.uuid]
    assert office.tasks() == []


def test_the_desk_asks_with_legal_basis_and_reason_then_recommends_and_decides(office: Office) -> None:
    office.start("innendienst")
    refused = office.submit(
        "ermittlung_planen", abfragen_noetig="ja", abfragen=[{"art": "kontenabruf", "rechtsgrundlage": "§ 93 Abs. 8 AO"}]
    )
    assert refused
    office.done(
        "ermittlung_planen", abfragen_noetig="ja",
        abfragen=[{"art": "kontenabruf", "rechtsgrundlage": "§ 93 Abs. 8 AO", "begruendung": "Kein Konto bekannt"}],
    )  # fmt: skip
    assert office.task("abfrage_erfassen").variables["abfrage"]["frist_am"] == date(2026, 8, 18)
    office.done("abfrage_erfassen", ergebnis="treffer", gefunden=["konto"], ergebnis_notiz="Beispielbank", antwort_am="2026-08-04")
    assert office.task("massnahme_entscheiden").variables["empfehlung"]["massnahme"] == "pfaendung"
    office.done("massnahme_entscheiden", innendienst_entscheidung="pfaendung", massnahme_art="konto")

    assert office.variables()["innendienst_entscheidung"] == "pfaendung"
    assert office.variables()["innendienst_belegt"] is True


def test_the_field_without_a_desk_result_and_without_a_reason_is_refused_by_the_form(office: Office) -> None:
    office.start("innendienst")
    office.done("ermittlung_planen", abfragen_noetig="nein", ohne_abfrage_grund="Auskünfte von letzter Woche")

    refused = office.submit("massnahme_entscheiden", innendienst_entscheidung="aussendienst", innendienst_begruendung="Eilt")
    assert set(refused) == {"aussendienst_grund"}
    office.done(
        "massnahme_entscheiden",
        innendienst_entscheidung="aussendienst",
        innendienst_begruendung="Eilt",
        aussendienst_grund="Umzug steht bevor",
    )
    assert office.variables()["innendienst_entscheidung"] == "aussendienst"
    assert office.variables()["innendienst_belegt"] is True


def test_looking_further_waits_for_the_day_that_the_desk_chose(office: Office) -> None:
    office.start("innendienst")
    office.done("ermittlung_planen", abfragen_noetig="nein", ohne_abfrage_grund="Anfrage läuft")
    office.done("massnahme_entscheiden", innendienst_entscheidung="erneut", wiedervorlage_am="2026-08-31")

    office.until(date(2026, 8, 30))
    assert office.running() == ["beitreibung"]
    office.until(date(2026, 8, 31))
    assert office.variables()["innendienst_entscheidung"] == "erneut"


def claim_of(office: Office, tx: object, reference: str) -> claims.Claim:
    (claim,) = [claim for claim in claims.of_case(tx, office.tenant_id, NUMBER) if claim.reference == reference]  # type: ignore[arg-type]
    return claim


def set_hold(office: Office, reference: str) -> None:
    with office.database.begin(office.tenant_id) as tx:
        claim, now = claim_of(office, tx, reference), office.now(tx)
        holds.set(tx, claim, reason="Stundung", until_on=date(2026, 12, 31), by="anna", now=now, sender_tenant_id=office.tenant_id)
    office.settle()


def lift_hold(office: Office, reference: str) -> None:
    with office.database.begin(office.tenant_id) as tx:
        holds.lift(tx, claim_of(office, tx, reference), by="anna", now=office.now(tx), sender_tenant_id=office.tenant_id)
    office.settle()
