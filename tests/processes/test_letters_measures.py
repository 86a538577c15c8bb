"""The letters of case and measure, gathered from the case file: right sums, nothing told to whom it does not concern."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from api.auth import users
from engine import clock, jobs
from engine.db import Database
from processes import letters as printing
from processes.casefile import claim_letters, claims, field, letter_parts, letters, measure_letters, measures, notes, seizures
from processes.topics import dispatch_letter
from tests.conftest import World
from tests.processes import city, letter_samples

NUMBER = "DT-2026-000001"
DUNNED = {"mahnung_am": "01.09.2026", "mahnfrist_bis": "12.09.2026", "schuldner_nr": "S1"}
LANDLORD = measures.ThirdParty("Beispielbank Detmold", "Bankplatz 1\n32756 Detmold", "NW", "DE02120300000000202051")


@pytest.fixture
def case(database: Database, world: World) -> list[claims.Claim]:
    """A case on 20.10.2026 with Grundsteuer of Detmold and Hundesteuer of Oerlinghausen (scenario S04)."""
    city.settle_in(database, world)
    with database.look() as tx:
        moment = datetime(2026, 10, 20, 9, tzinfo=measures.BERLIN)
        tx.execute(text("update world set virtual_now = :m where id = :w"), {"m": moment, "w": world.id})
    own = {"kassenzeichen": "DE1", "betrag": "310,00", "mahngebuehr": "8,00", **DUNNED}
    foreign = {
        "kassenzeichen": "OE1",
        "betrag": "120,00",
        "forderungsart": "Hundesteuer",
        "faellig_am": "01.07.2026",
        "mahngebuehr": "6,00",
        **DUNNED,
    }
    found = city.take_claims(database, world.detmold, "detmold", own)
    found += city.take_claims(database, world.oerlinghausen, "oerlinghausen", foreign)
    with database.begin(world.detmold) as tx:
        city.open_case(tx, world.detmold, NUMBER, *found)
    return found


def made(database: Database, world: World, case: list[claims.Claim], kind: str, **more: object) -> measures.Measure:
    """Return an issued measure on the whole case with a fee of 28.00."""
    with database.begin(world.detmold) as tx:
        now = clock.now(tx, world.detmold)
        plan = measures.Plan(kind=kind, claims=[claim.uuid for claim in case], fee_cent=2800, **more)  # type: ignore[arg-type]
        draft = measures.draft(tx, tenant_id=world.detmold, case_number=NUMBER, plan=plan, now=now)
        return measures.issue(tx, measures.freeze(tx, draft, now=now), by="test", now=now)


def seizure(database: Database, world: World, case: list[claims.Claim]) -> measures.Measure:
    return made(database, world, case, "pfaendung", seizure_kind="konto", third_party=LANDLORD, outlay_cent=410)


def printed(content: letter_parts.Content, template: str) -> str:
    inputs = printing.plain(dict(content.inputs))
    assert isinstance(inputs, dict)
    assert printing.check(letter_samples.TEMPLATES[template].read_bytes(), f"{template}.typ") == ()
    sheet = printing.Sheet(letter_samples.TEMPLATES[template].read_bytes(), printing.own_shared(), inputs, date(2026, 10, 20), False)
    return letter_samples.words(printing.render(sheet))


def today(tx: Connection, world: World) -> date:
    return clock.now(tx, world.detmold).astimezone(measures.BERLIN).date()


def test_the_bank_learns_one_sum_and_the_debtor_its_parts(database: Database, world: World, case: list[claims.Claim]) -> None:
    measure = seizure(database, world, case)

    with database.begin(world.detmold) as tx:
        to_bank = measure_letters.order_to_third_party(tx, world.detmold, measure.uuid, today(tx, world))
        to_debtor = measure_letters.order_to_debtor(tx, world.detmold, measure.uuid, today(tx, world), date(2026, 10, 20))

    # 310 + 9 + 8, 120 + 4 + 6, fee 28, outlays 4.10
    bank, debtor = printed(to_bank, "pfaendung_drittschuldner"), printed(to_debtor, "pfaendung_schuldner")
    assert "489,10 €" in bank
    for secret in ("Grundsteuer", "Hundesteuer", "Oerlinghausen", "310,00", "DE1", "OE1"):
        assert secret not in bank
    assert "Beispielbank Detmold" in bank
    assert "Verwendungszweck DT-2026-000001/M1" in bank
    for part in ("489,10", "310,00", "9,00", "120,00", "28,00", "4,10", "Grundsteuer B", "Stadt Oerlinghausen", "20.10.2026", "Minden"):
        assert part in debtor


def test_change_reminder_and_release_name_service_and_amounts(database: Database, world: World, case: list[claims.Claim]) -> None:
    measure = seizure(database, world, case)

    with database.begin(world.detmold) as tx:
        now = clock.now(tx, world.detmold)
        seizures.record_service(tx, tenant_id=world.detmold, measure_id=measure.uuid, served_on=date(2026, 10, 20), by="post", now=now)
        limited = measure_letters.limit_to_third_party(tx, world.detmold, measure.uuid, today(tx, world), 20000)
        reminder = measure_letters.reminder_to_third_party(tx, world.detmold, measure.uuid, today(tx, world), date(2026, 11, 3))
        release = measure_letters.release_to_third_party(tx, world.detmold, measure.uuid, today(tx, world))

    assert "Neuer Höchstbetrag: 200,00 €" in printed(limited, "pfaendung_aenderung")
    assert "zugestellt am 20.10.2026" in printed(limited, "pfaendung_aenderung")
    assert "03.11.2026" in printed(reminder, "drittschuldner_erinnerung")
    assert "wieder leisten" in printed(release, "pfaendung_aufhebung")


def test_order_record_and_receipt_of_a_visit(
    database: Database, world: World, case: list[claims.Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.runtime, "name_of", users.name_of)  # as the program hands it in
    measure = made(database, world, case, "aussendienst", travel_cent=500, distance_km=18)
    with database.look() as tx:
        users.create(tx, "o.beispiel", "Otto Beispiel", "ein-langes-passwort", {world.detmold: ("field_officer",)})
    with database.begin(world.detmold) as tx:
        now = clock.now(tx, world.detmold)
        demand_cent = field.begin_visit(tx, measure, by="test", now=now)
        name = notes.keep(tx, tenant_id=world.detmold, subject="Name", body="Mara Muster", by="test", now=now)
        report = field.Report(
            visited_at=now, time_of_day="vormittags", outcome="teilzahlung", demand_cent=demand_cent, officer="o.beispiel",
            place="Lange Straße 1", persons=f"Schuldner: notiz:{name}", signed=False, unsigned_reason="verweigert",
        )  # fmt: skip
        visit = field.record_visit(tx, measure, report, [field.SeizedItem("Fernseher", "S-1", "mitgenommen", 25000)], now=now)
        receipt = field.collect_cash(tx, measure, visit, 25000, officer="o.beispiel", now=now)
        order = measure_letters.field_order(tx, world.detmold, measure.uuid, today(tx, world))
        record = measure_letters.record_of_visit(tx, world.detmold, measure.uuid, visit.uuid, today(tx, world))
        paper = measure_letters.receipt(tx, world.detmold, measure.uuid, receipt.label, today(tx, world))

    assert "490,00" in printed(order, "aussendienst_auftrag")
    assert "Wegegeld" in printed(order, "aussendienst_auftrag")
    text_of_record = printed(record, "niederschrift")
    for part in (
        "490,00 €",
        "250,00 €",
        receipt.label,
        "Schuldner: Mara Muster",
        "Die Unterschrift wurde verweigert.",
        "Fernseher",
        "Otto Beispiel",
    ):
        assert part in text_of_record
    assert "Otto Beispiel" in printed(paper, "quittung")
    assert f"Quittung {receipt.label}" in printed(paper, "quittung")
    assert record.inputs["werte"] != order.inputs["werte"]


def test_the_officer_is_warned_on_a_sheet_that_is_not_shown(database: Database, world: World, case: list[claims.Claim]) -> None:
    measure = made(database, world, case, "aussendienst", safety_note="Hund im Hof.")
    with database.begin(world.detmold) as tx:
        order = measure_letters.field_order(tx, world.detmold, measure.uuid, today(tx, world))

    words = printed(order, "aussendienst_auftrag")

    assert words.index("Freigegeben") < words.index("nicht vorzeigen") < words.index("Hund im Hof.")


def test_the_announcement_demands_all_claims_of_the_case_without_a_fee(database: Database, world: World, case: list[claims.Claim]) -> None:
    with database.begin(world.detmold) as tx:
        content = claim_letters.ankuendigung(tx, world.detmold, NUMBER, [], deadline_on=date(2026, 11, 9), today=today(tx, world))
        single = claim_letters.ankuendigung(
            tx, world.detmold, NUMBER, [case[1].uuid], deadline_on=date(2026, 11, 9), today=today(tx, world)
        )

    letter = printed(content, "vollstreckungsankuendigung")
    assert "Bitte zahlen Sie 457,00 € bis 9. November 2026." in letter
    for hint in ("§ 93 Abs. 9 AO", "Vermögensauskunft", "Raten", "Datenschutz", "Stadt Oerlinghausen"):
        assert hint in letter
    assert "130,00" in printed(single, "vollstreckungsankuendigung")


def test_a_creditor_gets_back_its_own_claims_and_hears_of_no_others(database: Database, world: World, case: list[claims.Claim]) -> None:
    with database.begin(world.detmold) as tx:
        content = claim_letters.rueckgabe(tx, world.detmold, NUMBER, "oerlinghausen", [], reason="Fruchtlos.", today=today(tx, world))

    letter = printed(content, "rueckgabe_glaeubiger")
    assert "Hundesteuer" in letter
    assert "130,00" in letter
    assert "Grundsteuer" not in letter
    assert "Stadt Oerlinghausen" in letter


def test_every_template_is_ordered_through_the_topic(database: Database, world: World, case: list[claims.Claim]) -> None:
    measure = seizure(database, world, case)
    given: dict[str, dict[str, object]] = {
        "pfaendung_drittschuldner": {}, "pfaendung_schuldner": {"zugestellt_am": date(2026, 10, 20)}, "pfaendung_aufhebung": {},
        "drittschuldner_erinnerung": {"erklaerung_bis": date(2026, 11, 3)}, "pfaendung_aenderung": {"hoechstbetrag": None},
        "vollstreckungsankuendigung": {"ankuendigung_frist_bis": date(2026, 11, 9)}, "rueckgabe_glaeubiger": {"glaeubiger": "oerlinghausen", "grund": "x"},
    }  # fmt: skip
    with database.begin(world.detmold) as tx:
        for number, (template, more) in enumerate(given.items(), start=1):
            variables = {"vorlage": template, "fallnummer": NUMBER, "massnahme_id": str(measure.uuid), **more}
            job = jobs.Job(UUID(int=number), world.detmold, 1, UUID(int=9), 1, "p", NUMBER, "e", "dispatch_letter", variables, {}, 1, 3)
            outcome = dispatch_letter.record(tx, job, None, clock.now(tx, world.detmold))
            assert outcome == {"schreiben_id": str(job.id), "versandt_am": date(2026, 10, 20)}

    with database.begin(world.detmold) as tx:
        assert sorted(letter.template for letter in letters.of_case(tx, world.detmold, NUMBER)) == sorted(given)
