"""Payments and the ledger: the scenarios to the cent, who hears of them, and that nothing is lost or changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from engine import errors, values
from engine.db import Database
from processes.casefile import claims, holds, ledger, notes, payments, timeline
from tests.conftest import World
from tests.processes import city

S01 = {"kassenzeichen": "DE260900001", "betrag": "248,37", "schuldner_nr": "S90001"}
FEE_LAW = "§ 9 VO VwVG NRW"


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, 0, tzinfo=UTC)


def charge(tx: Connection, claim: claims.Claim, kind: str, cent: int, on: date) -> None:
    ledger.post(
        tx, ledger.of_claim(claim), kind, cent, value_on=on, source=f"test:{claim.uuid}/{kind}", law=FEE_LAW, by="test", now=at(2026, 9, 2)
    )


def open_of(tx: Connection, claim: claims.Claim, on: date) -> Mapping[str, int]:
    return {component: cent for component, cent in ledger.balance(tx, claim.uuid, on).open_cent.items() if cent}


def book(
    tx: Connection, world: World, reference: str, cent: int, on: date, method: str = "ueberweisung", **more: object
) -> payments.Payment:
    day = at(on.year, on.month, on.day)
    return payments.book(
        tx, tenant_id=world.detmold, reference=reference, amount_cent=cent, value_on=on, method=method, by="kasse",
        now=more.pop("now", day), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def dunned_s01(database: Database, world: World) -> claims.Claim:
    city.settle_in(database, world)
    (claim,) = city.take_claims(database, world.detmold, "detmold", S01)
    with database.begin(world.detmold) as tx:
        ledger.accrue(tx, claim, date(2026, 9, 2), source="mahnung", by="test", now=at(2026, 9, 2))
        charge(tx, claim, "mahngebuehr", 700, date(2026, 9, 2))
    return claim


def test_s01_dunned_and_paid_late_leaves_two_euros_of_surcharge(database: Database, world: World) -> None:
    claim = dunned_s01(database, world)
    with database.begin(world.detmold) as tx:
        assert ledger.balance(tx, claim.uuid, date(2026, 9, 2)).total_cent == 25737

        payment = book(tx, world, "DE260900001", 25737, date(2026, 9, 25))

        assert open_of(tx, claim, date(2026, 9, 25)) == {"saeumniszuschlag": 200}
        assert open_of(tx, claim, date(2027, 9, 25)) == {"saeumniszuschlag": 200}, "paid principal costs nothing more"
        assert {row.component: row.amount_cent for row in payments.allocation_of(tx, payment)} == {
            "hauptforderung": -24837, "mahngebuehr": -700, "saeumniszuschlag": -200,
        }  # fmt: skip
        assert [line.running_cent for line in ledger.statement(tx, ledger.of_claim(claim))][-1] == 200
        ((name, key, sent),) = city.outbox(tx, world.detmold)
        assert (name, key) == ("zahlung_eingegangen", "detmold/DE260900001/1")
        assert (sent["alles_bezahlt"], sent["mahnung_gekreuzt"]) == (False, False)


@pytest.mark.parametrize(("day", "method", "left"), [(20, "ueberweisung", 0), (21, "ueberweisung", 200), (20, "bar", 200), (17, "bar", 0)])
def test_the_grace_of_three_days_is_for_transfers_only(database: Database, world: World, day: int, method: str, left: int) -> None:
    city.settle_in(database, world)
    (claim,) = city.take_claims(database, world.detmold, "detmold", S01)
    with database.begin(world.detmold) as tx:
        book(tx, world, "DE260900001", 24837, date(2026, 8, day), method)

        assert ledger.balance(tx, claim.uuid, date(2026, 12, 1)).total_cent == left
        assert city.outbox(tx, world.detmold)[0][2]["alles_bezahlt"] is (left == 0)


def test_a_payment_that_crossed_the_mahnung_does_not_pay_its_fee(database: Database, world: World) -> None:
    claim = dunned_s01(database, world)
    with database.begin(world.detmold) as tx:
        book(tx, world, "DE260900001", 25037, date(2026, 9, 1), now=at(2026, 9, 4))

        ((_, _, sent),) = city.outbox(tx, world.detmold)
        assert (sent["mahnung_gekreuzt"], sent["alles_bezahlt"]) == (True, True)
        assert open_of(tx, claim, date(2026, 9, 4)) == {"mahngebuehr": 700}, "the process takes the fee back"


def test_a_late_entry_within_the_grace_takes_the_surcharge_back(database: Database, world: World) -> None:
    claim = dunned_s01(database, world)
    with database.begin(world.detmold) as tx:
        book(tx, world, "DE260900001", 24837, date(2026, 8, 19), now=at(2026, 9, 4))

        assert open_of(tx, claim, date(2026, 9, 4)) == {"mahngebuehr": 700}


def s04(database: Database, world: World) -> tuple[claims.Claim, claims.Claim]:
    city.settle_in(database, world)
    (a,) = city.take_claims(database, world.detmold, "detmold", {"kassenzeichen": "DE26A", "betrag": "310,00", "schuldner_nr": "S1"})
    (b,) = city.take_claims(
        database, world.oerlinghausen, "oerlinghausen",
        {"kassenzeichen": "OE26B", "betrag": "120,00", "schuldner_nr": "S7", "forderungsart": "Hundesteuer", "bescheid_vom": "01.06.2026",
         "faellig_am": "01.07.2026"},
    )  # fmt: skip
    with database.begin(world.detmold) as tx:
        charge(tx, a, "mahngebuehr", 800, date(2026, 9, 2))
        charge(tx, b, "mahngebuehr", 600, date(2026, 9, 2))
        city.open_case(tx, world.detmold, "DT-2026-000001", a, b)
        account = ledger.of_case(world.detmold, "DT-2026-000001")
        for kind, cent in (("pfaendungsgebuehr", 2800), ("wegegeld", 500)):
            ledger.post(tx, account, kind, cent, value_on=date(2026, 10, 20), source=f"m1/{kind}", law="§ 11 VO VwVG NRW", by="test",
                        now=at(2026, 10, 20), measure_id="m1")  # fmt: skip
    return a, b


def test_s04_cash_on_site_pays_costs_first_and_shares_the_rest_between_two_cities(database: Database, world: World) -> None:
    a, b = s04(database, world)
    with database.begin(world.detmold) as tx:
        on = date(2026, 10, 20)
        demand = sum(ledger.balance(tx, claim.uuid, on).total_cent for claim in (a, b))
        assert demand + ledger.case_balance(tx, world.detmold, "DT-2026-000001", on).total_cent == 49000

        book(tx, world, "DT-2026-000001", 25000, on, "bar", receipt="Q-1")

        assert open_of(tx, a, on) == {"hauptforderung": 16365, "saeumniszuschlag": 900}
        assert open_of(tx, b, on) == {"hauptforderung": 6335, "saeumniszuschlag": 400}
        assert ledger.case_balance(tx, world.detmold, "DT-2026-000001", on).total_cent == 0
        beneficiaries = tx.execute(
            text("select beneficiary_tenant_id, -sum(amount_cent) from booking where kind = 'zahlung' group by 1")
        ).all()
        assert {tuple(row) for row in beneficiaries} == {(world.detmold, 25000 - 6265), (world.oerlinghausen, 6265)}
    with database.begin(world.oerlinghausen) as tx:
        assert tx.execute(text("select count(*) from claim")).scalar_one() == 1, "Oerlinghausen sees its own claim only"
        assert tx.execute(text("select count(*) from booking where tenant_id = :d"), {"d": world.detmold}).scalar_one() == 0
        assert open_of(tx, b, date(2026, 10, 20)) == {"hauptforderung": 6335, "saeumniszuschlag": 400}


def test_s07_a_transfer_on_the_case_is_shared_by_the_open_principals(database: Database, world: World) -> None:
    a, b = s04(database, world)
    with database.begin(world.detmold) as tx:
        book(tx, world, "DT-2026-000001", 25000, date(2026, 10, 20), "bar")

        book(tx, world, "DT-2026-000001", 6000, date(2026, 11, 2))

        assert open_of(tx, a, date(2026, 12, 16)) == {"hauptforderung": 12039, "saeumniszuschlag": 1000}
        assert open_of(tx, b, date(2026, 12, 16)) == {"hauptforderung": 4661, "saeumniszuschlag": 450}
        cases = [values.from_jsonable(sent) for _, key, sent in city.outbox(tx, world.detmold) if key == "DT-2026-000001"]
        assert [(sent["offener_betrag"], sent["offene_hauptforderung"]) for sent in cases] == [
            (Decimal("240.00"), Decimal("227.00")), (Decimal("180.50"), Decimal("167.00")),
        ]  # fmt: skip


def test_a_transfer_on_a_kassenzeichen_settles_that_claim_first_and_then_the_case(database: Database, world: World) -> None:
    a, b = s04(database, world)
    with database.begin(world.detmold) as tx:
        on = date(2026, 10, 20)

        payment = book(tx, world, "DE26A", 33000, on)

        assert open_of(tx, a, on) == {}
        assert payment.rest_cent == 0
        assert open_of(tx, b, on)["hauptforderung"] == 12000 - (33000 - 31000 - 800 - 900)


def test_an_over_payment_waits_for_a_person(database: Database, world: World) -> None:
    claim = dunned_s01(database, world)
    with database.begin(world.detmold) as tx:
        payment = book(tx, world, "DE260900001", 30000, date(2026, 9, 25))

        assert payment.rest_cent == 30000 - 24837 - 700 - 400
        assert "40,63 €" in notes.of_claim(tx, world.detmold, claim)[0].body
        assert "ueberzahlung" in [entry.kind for entry in timeline.of_claim(tx, claim)]
        assert city.outbox(tx, world.detmold)[0][2]["alles_bezahlt"] is True


def test_a_reversal_restores_what_was_open_as_if_it_had_never_been_paid(database: Database, world: World) -> None:
    claim = dunned_s01(database, world)
    with database.begin(world.detmold) as tx:
        payment = book(tx, world, "DE260900001", 25737, date(2026, 9, 25))
        payments.reverse(tx, tenant_id=world.detmold, payment_id=payment.uuid, reason="Rückgabe", by="kasse", now=at(2026, 10, 20))

        assert open_of(tx, claim, date(2026, 10, 20)) == {"hauptforderung": 24837, "mahngebuehr": 700, "saeumniszuschlag": 600}
        assert city.outbox(tx, world.detmold)[-1][0] == "zahlung_storniert"
        with pytest.raises(errors.InvalidState, match="schon storniert"):
            payments.reverse(tx, tenant_id=world.detmold, payment_id=payment.uuid, reason="x", by="kasse", now=at(2026, 10, 21))


def test_wrong_payments_are_refused_and_change_nothing(database: Database, world: World) -> None:
    dunned_s01(database, world)
    with database.begin(world.detmold) as tx:
        with pytest.raises(errors.NotFound, match="weder eine Forderung noch einen Fall"):
            book(tx, world, "DE999", 100, date(2026, 9, 25))
        for cent, method, day in ((0, "bar", 25), (-5, "bar", 25), (100, "scheck", 25), (100, "bar", 26)):
            with pytest.raises(errors.InvalidInput):
                book(tx, world, "DE260900001", cent, date(2026, 9, day), method, now=at(2026, 9, 25))
        book(tx, world, "DE260900001", 100, date(2026, 9, 25), "bar", receipt="Q-7")
        with pytest.raises(errors.Conflict, match="Q-7"):
            book(tx, world, "DE260900001", 100, date(2026, 9, 25), "bar", receipt="Q-7")
        assert tx.execute(text("select count(*) from payment")).scalar_one() == 1


def test_the_ledger_cannot_be_changed_or_thinned(database: Database, world: World) -> None:
    dunned_s01(database, world)
    for change in ("update booking set amount_cent = 1", "delete from booking", "truncate booking", "delete from payment"):
        with pytest.raises(DBAPIError), database.begin(world.detmold) as tx:
            tx.execute(text(change))


def test_the_same_source_books_once_and_another_amount_is_a_conflict(database: Database, world: World) -> None:
    claim = dunned_s01(database, world)
    with database.begin(world.detmold) as tx:
        charge(tx, claim, "mahngebuehr", 700, date(2026, 9, 2))
        assert open_of(tx, claim, date(2026, 9, 2))["mahngebuehr"] == 700
        with pytest.raises(errors.Conflict):
            charge(tx, claim, "mahngebuehr", 800, date(2026, 9, 2))


def test_a_hold_counts_for_one_debtor_and_is_told_to_the_process(database: Database, world: World) -> None:
    claim = dunned_s01(database, world)
    now = at(2026, 9, 3)
    with database.begin(world.detmold) as tx:
        holds.set(tx, claim, reason="Stundung", until_on=date(2026, 12, 31), by="anna", now=now, sender_tenant_id=world.detmold)

        assert holds.is_held(tx, claim, claim.debtor_id, date(2026, 12, 31)) is not None
        assert holds.is_held(tx, claim, claim.debtor_id, date(2027, 1, 1)) is None
        holds.lift(tx, claim, by="anna", now=now, sender_tenant_id=world.detmold)
        assert [(name, sent["alle_gesperrt"]) for name, _, sent in city.outbox(tx, world.detmold)] == [
            ("sperre_gesetzt", True), ("sperre_aufgehoben", False),
        ]  # fmt: skip
        with pytest.raises(errors.InvalidState, match="keine Sperre"):
            holds.lift(tx, claim, by="anna", now=now, sender_tenant_id=world.detmold)


STEPS = st.lists(
    st.tuples(st.integers(0, 120), st.integers(1, 20_000), st.sampled_from(["ueberweisung", "bar"]), st.booleans()), min_size=1, max_size=5
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_paid_and_taken_back_the_bookings_add_up(
    database: Database, world: World, steps: list[tuple[int, int, str, bool]]
) -> None:
    if not _settled(database, world):
        city.settle_in(database, world)
    with database.begin(world.detmold) as tx:
        key = f"DE{tx.execute(text('select count(*) from claim')).scalar_one()}"
    (claim,) = city.take_claims(database, world.detmold, "detmold", {"kassenzeichen": key, "betrag": "248,37", "schuldner_nr": "S1"})
    paid, as_of = 0, date(2027, 3, 1)
    with database.begin(world.detmold) as tx:
        for days, cent, method, take_back in steps:
            on = date.fromordinal(date(2026, 8, 10).toordinal() + days)
            payment = book(tx, world, key, cent, on, method, now=at(2027, 1, 15))
            paid += payment.amount_cent - payment.rest_cent
            if take_back:
                payments.reverse(tx, tenant_id=world.detmold, payment_id=payment.uuid, reason="Storno", by="kasse", now=at(2027, 1, 15))
                paid -= payment.amount_cent - payment.rest_cent
        rows = ledger.bookings(tx, [ledger.of_claim(claim)])
        balance = ledger.balance(tx, claim.uuid, as_of)

        assert -sum(row.amount_cent for row in rows if row.kind == "zahlung") == paid
        assert balance.booked_cent == sum(row.amount_cent for row in rows) == ledger.statement(tx, ledger.of_claim(claim))[-1].running_cent
        assert balance.principal_cent == 24837 + sum(
            row.amount_cent for row in rows if row.component == "hauptforderung" and row.kind == "zahlung"
        )
        assert balance.principal_cent >= 0


def _settled(database: Database, world: World) -> bool:
    with database.begin(world.detmold) as tx:
        return tx.execute(text("select count(*) from tenant_profile")).scalar_one() > 0
