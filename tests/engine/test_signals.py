"""Signals: everything of the tenant that waits when one is thrown receives it once, whatever happens to the others."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine import history, incidents, instances, replay, signals, user_tasks, worker
from engine.db import Database
from tests.conftest import START, World
from tests.engine.spiff.bpmn import boundary, chain, event_subprocess, flow, io, node, user
from tests.engine.test_durable import complete, deploy, start, waiting

SIGNAL = '<bpmn:signalEventDefinition signalRef="sig_a"/>'
RECEIVER = node("startEvent", "rs") + node("intermediateCatchEvent", "warten", SIGNAL) + user("danach") + node("endEvent", "re") + chain(
    "rs", "warten", "danach", "re"
)  # fmt: skip
CALLER = node("startEvent", "cs") + node("intermediateThrowEvent", "rufen", SIGNAL) + user("weiter") + node("endEvent", "ce") + chain(
    "cs", "rufen", "weiter", "ce"
)  # fmt: skip


def received(database: Database, tenant_id: int) -> list[str]:
    """Business keys of the instances that received a signal, once per signal."""
    with database.begin(tenant_id) as tx:
        query = text(
            "select p.business_key from history h join process_instance p on p.id = h.instance_id where h.kind = 'signal_received' order by 1"
        )
        return list(tx.execute(query).scalars())


@pytest.mark.parametrize("end", ["intermediateThrowEvent", "endEvent"])
def test_a_thrown_signal_reaches_every_waiting_instance_of_the_tenant_only(database: Database, world: World, end: str) -> None:
    caller = (
        CALLER if end == "intermediateThrowEvent" else node("startEvent", "cs") + node("endEvent", "rufen", SIGNAL) + chain("cs", "rufen")
    )
    deploy(database, world, ("empfaenger", RECEIVER), ("rufer", caller))
    for number in range(3):
        start(database, world, "empfaenger", f"E{number}")
    with database.begin(world.oerlinghausen) as tx:
        instances.start(tx, "empfaenger", "fremd", {}, tenant_id=world.oerlinghausen, now=START, by="test")

    start(database, world, "rufer", "R")
    worker.settle(database, world.id)

    assert received(database, world.detmold) == ["E0", "E1", "E2"]
    assert received(database, world.oerlinghausen) == []
    assert waiting(database, world, "E1") == ["danach"]


def test_a_signal_starts_every_process_that_begins_with_it(database: Database, world: World) -> None:
    first, second = (
        node("startEvent", f"s{n}", SIGNAL) + user(f"u{n}") + node("endEvent", f"e{n}") + chain(f"s{n}", f"u{n}", f"e{n}") for n in (1, 2)
    )
    deploy(database, world, ("eins", first), ("zwei", second), ("rufer", CALLER))

    start(database, world, "rufer", "R")
    worker.settle(database, world.id)

    with database.begin(world.detmold) as tx:
        rows = tx.execute(text("select id, process_key, business_key from process_instance where process_key <> 'rufer' order by 2")).all()
        assert [row.process_key for row in rows] == ["eins", "zwei"]
        assert len({row.business_key for row in rows}) == 2
        assert all(replay.replay(tx, world.detmold, row.id).identical for row in rows)


def test_a_signal_carries_its_inputs_and_one_from_outside_its_variables(database: Database, world: World) -> None:
    caller = node("startEvent", "cs") + node("endEvent", "rufen", io({"grund": '="Sturm"'}) + SIGNAL) + chain("cs", "rufen")
    deploy(database, world, ("empfaenger", RECEIVER), ("rufer", caller))
    inside, outside = start(database, world, "empfaenger", "E1"), start(database, world, "empfaenger", "E2")
    start(database, world, "rufer", "R")
    worker.settle(database, world.id)
    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, inside.id) == {"grund": "Sturm"}
    third = start(database, world, "empfaenger", "E3")

    with database.begin(world.detmold) as tx:
        assert signals.send(tx, "signal_a", {"grund": "Flut"}, tenant_id=world.detmold) == 1
    worker.settle(database, world.id)

    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, third.id) == {"grund": "Flut"}
        assert instances.variables_of(tx, world.detmold, outside.id) == {"grund": "Sturm"}


def test_who_begins_to_wait_after_a_signal_does_not_receive_it_not_even_its_thrower(database: Database, world: World) -> None:
    heartbeat = (
        node("startEvent", "s") + node("exclusiveGateway", "m") + node("intermediateThrowEvent", "rufen", SIGNAL)
        + node("intermediateCatchEvent", "hoeren", SIGNAL) + node("endEvent", "e") + chain("s", "m", "rufen", "hoeren", "e")
    )  # fmt: skip
    deploy(database, world, ("p", heartbeat), ("empfaenger", RECEIVER))

    start(database, world, "p", "H")
    start(database, world, "empfaenger", "spaet")
    worker.settle(database, world.id)

    assert received(database, world.detmold) == []
    start(database, world, "p", "H2")
    worker.settle(database, world.id)
    assert received(database, world.detmold) == ["H", "spaet"]


def test_a_branch_that_waits_already_receives_what_its_own_instance_throws(database: Database, world: World) -> None:
    body = (
        node("startEvent", "s") + node("parallelGateway", "g") + node("intermediateCatchEvent", "hoeren", SIGNAL) + user("u")
        + node("intermediateThrowEvent", "rufen", SIGNAL) + node("endEvent", "e") + node("endEvent", "e2")
        + chain("s", "g", "hoeren", "e") + chain("g", "rufen", "u", "e2")
    )  # fmt: skip
    deploy(database, world, ("p", body), ("empfaenger", RECEIVER))
    start(database, world, "empfaenger", "E1")

    instance = start(database, world)

    with database.begin(world.detmold) as tx:
        assert "hoeren" in [
            event[1] for event in history.read(tx, world.detmold, instance.id)[0].content["events"] if event[0] == "element_completed"
        ]
    worker.settle(database, world.id)
    assert received(database, world.detmold) == ["E1"]


def test_a_signal_at_the_end_reaches_its_own_event_subprocess_once_and_everybody_else_too(database: Database, world: World) -> None:
    handler = node("startEvent", "hs", SIGNAL, isInterrupting="false") + user("hu") + node("endEvent", "he") + chain("hs", "hu", "he")
    body = node("startEvent", "s") + user("u") + node("endEvent", "e", SIGNAL) + chain("s", "u", "e") + event_subprocess("h", handler)
    deploy(database, world, ("p", body), ("empfaenger", RECEIVER))
    start(database, world, "empfaenger", "E1")
    instance = start(database, world)

    complete(database, world, "u")
    worker.settle(database, world.id)

    assert received(database, world.detmold) == ["E1"]
    assert waiting(database, world) == ["hu"]
    complete(database, world, "hu")
    with database.begin(world.detmold) as tx:
        assert instances.get(tx, world.detmold, instance.uuid).status == "completed"
        assert replay.replay(tx, world.detmold, instance.id).identical


def test_a_receiver_that_fails_is_an_incident_of_its_own_and_keeps_nobody_else_from_the_signal(database: Database, world: World) -> None:
    picky = (
        node("startEvent", "ps") + node("intermediateCatchEvent", "pw", SIGNAL) + node("exclusiveGateway", "pg") + user("ja") + user("nein")
        + node("endEvent", "pe") + chain("ps", "pw", "pg") + flow("pg", "ja", "x = 1") + flow("pg", "nein", "x = 2") + chain("ja", "pe") + chain("nein", "pe")
    )  # fmt: skip
    deploy(database, world, ("empfaenger", RECEIVER), ("heikel", picky), ("rufer", CALLER))
    broken = start(database, world, "heikel", "A")
    start(database, world, "empfaenger", "B")
    start(database, world, "rufer", "R")

    report = worker.settle(database, world.id)

    assert len(report.incidents) == 1
    assert received(database, world.detmold) == ["B"]
    with database.begin(world.detmold) as tx:
        (incident,) = incidents.open_ones(tx, world.detmold)
        assert (incident.instance_id, incident.element_id) == (broken.id, "pg")
        instances.set_variables(tx, world.detmold, broken.id, {"x": 1}, reason="fehlte", by="anna", now=START)
        incidents.retry(tx, world.detmold, incident.uuid, by="anna", reason="x ergänzt", now=START)
    worker.settle(database, world.id)
    assert received(database, world.detmold) == ["A", "B"]


def test_a_signal_that_comes_too_late_for_its_receiver_is_no_fault(database: Database, world: World) -> None:
    body = (
        node("startEvent", "s")
        + user("u")
        + boundary("b", "u", SIGNAL)
        + user("v")
        + node("endEvent", "e")
        + chain("s", "u", "e")
        + chain("b", "v", "e")
    )
    deploy(database, world, ("p", body), ("rufer", CALLER))
    start(database, world)
    start(database, world, "rufer", "R")

    complete(database, world, "u")
    report = worker.settle(database, world.id)

    assert report.incidents == []
    assert received(database, world.detmold) == []


def test_an_event_subprocess_and_a_boundary_of_one_instance_each_receive_the_signal(database: Database, world: World) -> None:
    inner = node("startEvent", "es", SIGNAL, isInterrupting="false") + user("eu") + node("endEvent", "ee") + chain("es", "eu", "ee")
    body = (
        node("startEvent", "s") + user("u") + boundary("b", "u", SIGNAL, interrupting=False) + user("v") + node("endEvent", "e")
        + chain("s", "u", "e") + chain("b", "v", "e") + event_subprocess("sub", inner)
    )  # fmt: skip
    deploy(database, world, ("p", body), ("rufer", CALLER))
    start(database, world)

    start(database, world, "rufer", "R")
    worker.settle(database, world.id)

    assert received(database, world.detmold) == ["K1", "K1"]
    with database.begin(world.detmold) as tx:
        assert sorted(task.element_id for task in user_tasks.of_key(tx, world.detmold, "K1")) == ["eu", "u", "v"]
