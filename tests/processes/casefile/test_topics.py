"""The topics that diagrams use on a claim, driven by a real process and a real worker."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from engine import clock, instances, jobs, worker
from engine.db import Database
from processes.casefile import charges, claims, holds, ledger, payments, view
from processes.topics import post_charge, prepare_handover, read_claim, reopen_claim, reverse_charge, set_hold
from tests.conftest import World
from tests.engine.spiff import bpmn
from tests.processes import city

PROCESS = (
    bpmn.node("startEvent", "beginn")
    + bpmn.job("gebuehr_buchen", "post_charge", bpmn.io({
        "forderung_id": "=forderung_id", "art": "mahngebuehr", "betrag": "=7", "rechtsgrundlage": "§ 9 VO VwVG NRW",
    }))
    + bpmn.job("nochmals_buchen", "post_charge", bpmn.io({
        "forderung_id": "=forderung_id", "art": "mahngebuehr", "betrag": "=7", "rechtsgrundlage": "§ 9 VO VwVG NRW",
    }, {"zweite_gebuehr": "=gebuehr_betrag"}))
    + bpmn.job("stand_lesen", "read_claim", bpmn.io({"forderung_id": "=forderung_id"}))
    + bpmn.user("warten")
    + bpmn.job("gebuehr_stornieren", "reverse_charge", bpmn.io({"forderung_id": "=forderung_id", "art": "mahngebuehr", "grund": "gekreuzt"}))
    + bpmn.user("fertig") + bpmn.node("endEvent", "ende")
    + bpmn.chain("beginn", "gebuehr_buchen", "nochmals_buchen", "stand_lesen", "warten", "gebuehr_stornieren", "fertig", "ende")
)  # fmt: skip


def variables(database: Database, world: World, claim: claims.Claim) -> dict[str, object]:
    with database.begin(world.detmold) as tx:
        (instance,) = instances.of_key(tx, world.detmold, f"detmold/{claim.text_key}")
        return instances.variables_of(tx, world.detmold, instance.id)


def test_a_fee_is_booked_once_read_and_taken_back(database: Database, world: World) -> None:
    for topic in (post_charge.TOPIC, reverse_charge.TOPIC, read_claim.TOPIC):
        database.runtime.topics[topic.name] = topic
    city.settle_in(database, world, process=PROCESS)
    (claim,) = city.take_claims(database, world.detmold, "detmold", {"kassenzeichen": "DE1", "betrag": "248,37", "schuldner_nr": "S1"})
    worker.run_until(database, world.id, datetime(2026, 9, 2, 6, 0, tzinfo=UTC))

    seen = variables(database, world, claim)
    assert seen["zweite_gebuehr"] == 0, "a Mahngebühr arises once per claim"
    assert (seen["offener_betrag"], seen["bezahlt"], seen["gesperrt"]) == (Decimal("255.37"), False, False)
    with database.begin(world.detmold) as tx:
        assert seen["schuldner_ids"] == [str(claims.debtors_of(tx, claim)[0].debtor_uuid)]
        assert seen["vollstreckungsbehoerde"] == "detmold"
        kinds = tx.execute(text("select kind, law from booking where claim_id = :c order by id"), {"c": claim.id}).all()
        assert [tuple(row) for row in kinds][1:] == [("mahngebuehr", "§ 9 VO VwVG NRW")]


def test_a_hold_set_by_the_process_stops_the_claim_and_is_told(database: Database, world: World) -> None:
    database.runtime.topics["set_hold"] = set_hold.TOPIC
    process = (
        bpmn.node("startEvent", "beginn")
        + bpmn.job("sperren", "set_hold", bpmn.io({"forderung_id": "=forderung_id", "grund": "Einwendung", "bis": '=date("2026-12-31")'}))
        + bpmn.user("warten") + bpmn.node("endEvent", "ende") + bpmn.chain("beginn", "sperren", "warten", "ende")
    )  # fmt: skip
    city.settle_in(database, world, process=process)
    (claim,) = city.take_claims(database, world.detmold, "detmold", {"kassenzeichen": "DE1", "betrag": "100", "schuldner_nr": "S1"})

    worker.settle(database, world.id)

    assert variables(database, world, claim)["sperre_am"] == date(2026, 8, 17)
    with database.begin(world.detmold) as tx:
        hold = holds.is_held(tx, claim, claim.debtor_id, date(2026, 12, 31))
        assert hold is not None
        assert (hold.reason, hold.set_by) == ("Einwendung", "sperren")


@pytest.mark.parametrize(
    ("topic", "inputs", "told"),
    [
        (set_hold.TOPIC, {"grund": "Einwendung", "bis": "31.12.2026"}, "Die Eingabe „bis“ ist kein Datum: „31.12.2026“"),
        (set_hold.TOPIC, {"grund": ""}, "Die Eingabe „grund“ fehlt"),
        (set_hold.TOPIC, {"forderung_id": "DE1", "grund": "x"}, "Die Eingabe „forderung_id“ ist keine Kennung: „DE1“"),
        (post_charge.TOPIC, {"betrag": "sieben"}, "Die Eingabe „betrag“ ist kein Betrag: „sieben“"),
        (post_charge.TOPIC, {"betrag": "=7", "wertstellung_am": "gestern"}, "Die Eingabe „wertstellung_am“ ist kein Datum: „gestern“"),
        (post_charge.TOPIC, {"betrag": "=7", "mahnfrist_bis": '=date and time("2026-12-31T08:00:00")'}, "Die Eingabe „mahnfrist_bis“ ist kein Datum"),
        (read_claim.TOPIC, {"schuldner_id": "S1"}, "Die Eingabe „schuldner_id“ ist keine Kennung: „S1“"),
        (reverse_charge.TOPIC, {"forderung_id": "DE1", "grund": "x"}, "Die Eingabe „forderung_id“ ist keine Kennung: „DE1“"),
        (reopen_claim.TOPIC, {"forderung_id": "DE1"}, "Die Eingabe „forderung_id“ ist keine Kennung: „DE1“"),
        (prepare_handover.TOPIC, {"forderung_id": "DE1"}, "Die Eingabe „forderung_id“ ist keine Kennung: „DE1“"),
    ],
)  # fmt: skip
def test_an_input_that_cannot_be_read_is_an_incident_that_names_it_and_nothing_is_done(
    database: Database, world: World, topic: jobs.Topic, inputs: dict[str, str], told: str
) -> None:
    database.runtime.topics[topic.name] = topic
    given = {"forderung_id": "=forderung_id", "art": "mahngebuehr", "rechtsgrundlage": "§ 9 VO VwVG NRW"}
    process = (
        bpmn.node("startEvent", "beginn") + bpmn.job("arbeiten", topic.name, bpmn.io(given | inputs)) + bpmn.node("endEvent", "ende")
        + bpmn.chain("beginn", "arbeiten", "ende")
    )  # fmt: skip
    city.settle_in(database, world, process=process)
    (claim,) = city.take_claims(database, world.detmold, "detmold", {"kassenzeichen": "DE1", "betrag": "100", "schuldner_nr": "S1"})

    report = worker.settle(database, world.id)

    assert [one[: len(told)] for one in report.incidents] == [told]
    with database.begin(world.detmold) as tx:
        assert holds.is_held(tx, claim, claim.debtor_id, date(2026, 9, 1)) is None
        assert (
            tx.execute(text("select count(*) from booking where claim_id = :c and kind <> 'hauptforderung'"), {"c": claim.id}).scalar() == 0
        )


def test_a_date_typed_as_text_ends_a_hold(database: Database, world: World) -> None:
    database.runtime.topics["set_hold"] = set_hold.TOPIC
    process = (
        bpmn.node("startEvent", "beginn")
        + bpmn.job("sperren", "set_hold", bpmn.io({"forderung_id": "=forderung_id", "grund": "Einwendung", "bis": "2026-12-31"}))
        + bpmn.node("endEvent", "ende") + bpmn.chain("beginn", "sperren", "ende")
    )  # fmt: skip
    city.settle_in(database, world, process=process)
    (claim,) = city.take_claims(database, world.detmold, "detmold", {"kassenzeichen": "DE1", "betrag": "100", "schuldner_nr": "S1"})

    worker.settle(database, world.id)

    with database.begin(world.detmold) as tx:
        held = [holds.is_held(tx, claim, claim.debtor_id, day) is not None for day in (date(2026, 12, 31), date(2027, 1, 1))]
    assert held == [True, False]


def test_taking_back_a_paid_fee_settles_what_is_still_open(database: Database, world: World) -> None:
    city.settle_in(database, world)
    (claim,) = city.take_claims(database, world.detmold, "detmold", {"kassenzeichen": "DE1", "betrag": "248,37", "schuldner_nr": "S1"})
    now = datetime(2026, 9, 25, 8, 0, tzinfo=UTC)
    with database.begin(world.detmold) as tx:
        ledger.post(tx, ledger.of_claim(claim), "mahngebuehr", 700, value_on=date(2026, 9, 2), source="m", law="§ 9", by="t", now=now)
        payments.book(tx, tenant_id=world.detmold, reference="DE1", amount_cent=25537, value_on=date(2026, 9, 25), method="ueberweisung",
                      by="kasse", now=now)  # fmt: skip
        assert ledger.balance(tx, claim.uuid, date(2026, 9, 25)).total_cent == 400

        assert charges.take_back(tx, claim, "mahngebuehr", source="job:1", law="gekreuzt", by="t", now=now) == 700

        balance = ledger.balance(tx, claim.uuid, date(2026, 9, 25))
        assert balance.open_cent["saeumniszuschlag"] == 0
        assert balance.total_cent == -300, "three euros too much stay as a credit"
        assert "3,00 €" in view.of_claim(tx, world.detmold, claim, date(2026, 9, 25)).notes[0].body


def test_a_reduced_claim_keeps_its_old_surcharges_and_a_withdrawn_one_owes_nothing(database: Database, world: World) -> None:
    city.settle_in(database, world)
    (claim,) = city.take_claims(database, world.detmold, "detmold", {"kassenzeichen": "DE1", "betrag": "248,37", "schuldner_nr": "S1"})
    with database.begin(world.detmold) as tx:
        now = datetime(2026, 9, 25, 8, 0, tzinfo=UTC)
        charges.change_claim(tx, claim, "gemindert", sender_tenant_id=world.detmold, by="a", now=now, reduce_by_cent=14837)
        reduced = ledger.balance(tx, claim.uuid, date(2026, 10, 18))

        assert (reduced.principal_cent, reduced.surcharge_cent) == (10000, 200 + 200 + 100)
        charges.change_claim(
            tx, claim, "zurueckgenommen", sender_tenant_id=world.detmold, by="a", now=datetime(2026, 10, 18, 8, tzinfo=UTC)
        )
        assert ledger.balance(tx, claim.uuid, date(2027, 1, 1)).total_cent == 0
        assert city.outbox(tx, world.detmold)[-1][2]["alles_bezahlt"] is True
        assert clock.now(tx, world.detmold) < now
