"""A process drawn for Camunda 8 with what our own processes use: a table, a form, a topic of ours, a message; deployed, run, replayed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from api import completion, wiring
from engine import clock, deployments, errors, instances, jobs, messages, replay, user_tasks, worker
from engine.db import Database
from processes.casefile import debtors
from tests.conftest import World
from tests.processes import city

ROOT = Path(__file__).parents[3]
FILES = {
    path.name: path.read_bytes()
    for path in (Path(__file__).parent / "anschrift_ermitteln.bpmn", ROOT / "forms/definitions/anschrift_klaeren.form",
                 ROOT / "processes/mahnung/kleinbetrag.dmn")
}  # fmt: skip


@pytest.fixture
def debtor(database: Database, world: World) -> debtors.Debtor:
    """The debtor of a claim of Detmold, whose letter came back; the diagram is deployed with its form and table."""
    database.runtime.topics |= wiring.all_topics()
    city.settle_in(database, world)
    with database.begin(world.detmold) as tx:
        made = deployments.deploy(
            tx, FILES, world_id=world.id, name="Camunda 8", by="test", now=clock.now(tx, world.detmold), readers=wiring.READERS,
            topics=wiring.topic_offers(),
        )  # fmt: skip
    assert {(one.kind, one.key) for one in made.definitions} == {
        ("bpmn", "anschrift_ermitteln"), ("form", "anschrift_klaeren"), ("form", "anschrift_ermitteln.UserTaskForm_bestaetigen"),
        ("dmn", "kleinbetrag"),
    }  # fmt: skip
    assert made.findings == ()
    (found,) = city.take_claims(database, world.detmold, "detmold", {"kassenzeichen": "DE1", "betrag": "310,00", "schuldner_nr": "S1"})
    with database.begin(world.detmold) as tx:
        return debtors.by_id(tx, world.detmold, found.debtor_id)


def start(database: Database, world: World, debtor: debtors.Debtor, amount: str = "310.00") -> instances.Instance:
    variables = {
        "mandant": "detmold", "kassenzeichen": "DE1", "op_nr": "1", "forderungsart": "Grundsteuer B", "grund": "unbekannt verzogen",
        "offener_betrag": Decimal(amount), "schuldner_id": str(debtor.uuid),
    }  # fmt: skip
    with database.begin(world.detmold) as tx:
        now = clock.now(tx, world.detmold)
        return instances.start(tx, "anschrift_ermitteln", "A-1", variables, tenant_id=world.detmold, now=now, by="test")


def task(database: Database, world: World) -> user_tasks.UserTask:
    with database.begin(world.detmold) as tx:
        (found,) = user_tasks.of_key(tx, world.detmold, "A-1")
    return found


def complete(database: Database, world: World, **values: object) -> None:
    open_task = task(database, world)
    with database.begin(world.detmold) as tx:
        completion.complete(tx, world.detmold, open_task.id, values, by="anna", now=clock.now(tx, world.detmold))


def outcome(database: Database, world: World, instance: instances.Instance) -> tuple[str, dict[str, object], bool]:
    with database.begin(world.detmold) as tx:
        found = instances.get(tx, world.detmold, instance.uuid)
        is_identical = replay.replay(tx, world.detmold, instance.id).identical
        return found.status, dict(instances.variables_of(tx, world.detmold, instance.id)), is_identical


def test_it_runs_through_table_form_job_and_embedded_form_and_replays_identically(
    database: Database, world: World, debtor: debtors.Debtor
) -> None:
    instance = start(database, world, debtor)

    opened = task(database, world)
    assert (opened.element_id, opened.form, opened.candidate_groups, opened.priority) == (
        "anschrift_klaeren", "anschrift_klaeren", ("claims_clerk",), 70,
    )  # fmt: skip
    assert opened.due_at is not None
    assert opened.due_at - opened.created_at < timedelta(days=14)
    complete(
        database,
        world,
        entscheidung="neue_anschrift",
        strasse="Neuer Weg",
        hausnummer="7",
        plz="32756",
        ort="Detmold",
        vermerk="Melderegister",
    )
    with database.begin(world.detmold) as tx:
        job = jobs.get(tx, world.detmold, tx.execute(text("select id from job where instance_id = :i"), {"i": instance.id}).scalar_one())
    assert (job.topic, job.retries, job.properties) == ("correct_address", 5, {"anlass": "rueckbrief"})
    assert set(job.variables) == {"schuldner_id", "strasse", "hausnummer", "plz", "ort"}
    worker.settle(database, world.id)
    with database.begin(world.detmold) as tx:
        person = debtors.find(tx, debtor.uuid).person
    assert (person.street, person.house_number) == ("Neuer Weg", "7")
    confirm = task(database, world)
    assert (confirm.element_id, confirm.form) == ("bestaetigen", "anschrift_ermitteln.UserTaskForm_bestaetigen")
    complete(database, world, geprueft=True)

    status, variables, is_identical = outcome(database, world, instance)
    assert (status, is_identical) == ("completed", True)
    assert variables["grenze"] == Decimal("10.00")
    assert variables["ermittlung"] == {"stand": "geprüft"}
    assert {"stichtag", "anschrift_seit", "geprueft"}.isdisjoint(variables)


def test_a_payment_under_the_correlation_key_ends_the_search(database: Database, world: World, debtor: debtors.Debtor) -> None:
    instance = start(database, world, debtor)

    with database.begin(world.detmold) as tx:
        messages.correlate(
            tx, "zahlung_eingegangen", "DE1", {"betrag": Decimal("310.00"), "zahler": "x"}, tenant_id=world.detmold,
            now=clock.now(tx, world.detmold), by="test",
        )  # fmt: skip

    status, variables, is_identical = outcome(database, world, instance)
    assert (status, is_identical) == ("completed", True)
    assert variables["gezahlt"] == Decimal("310.00")
    assert {"betrag", "zahler"}.isdisjoint(variables)


def test_a_small_amount_takes_the_default_way(database: Database, world: World, debtor: debtors.Debtor) -> None:
    instance = start(database, world, debtor, "10.00")

    assert outcome(database, world, instance)[0] == "completed"


def test_the_embedded_form_is_checked_on_the_server(database: Database, world: World, debtor: debtors.Debtor) -> None:
    start(database, world, debtor)
    complete(database, world, entscheidung="neue_anschrift", strasse="Neuer Weg", plz="32756", ort="Detmold", vermerk="Melderegister")
    worker.settle(database, world.id)

    with pytest.raises(errors.InvalidInput):
        complete(database, world, geprueft=False)
