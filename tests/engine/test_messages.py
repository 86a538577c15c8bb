"""Messages between processes: by name and key to one receiver, in its own transaction; nobody and several are told."""

from __future__ import annotations

from sqlalchemy import text

from engine import incidents, instances, replay, worker
from engine.db import Database
from tests.conftest import START, World
from tests.engine.spiff.bpmn import chain, file, io, message, node, process, user
from tests.engine.test_durable import deploy, start, waiting

KEY = '<bpmn:extensionElements><camunda:properties><camunda:property name="correlation_key" value="=antrag"/></camunda:properties></bpmn:extensionElements>'
BY_KEY = node("startEvent", "rs") + node("intermediateCatchEvent", "rw", KEY + message("m_a")) + user("danach") + node("endEvent", "re") + chain(
    "rs", "rw", "danach", "re"
)  # fmt: skip
SENDER = node("startEvent", "ss") + node("endEvent", "senden", KEY + message("m_a")) + chain("ss", "senden")


def received(database: Database, world: World) -> list[str]:
    with database.begin(world.detmold) as tx:
        query = text(
            "select p.business_key from history h join process_instance p on p.id = h.instance_id where h.kind = 'message_received' order by 1"
        )
        return list(tx.execute(query).scalars())


def test_two_pools_of_one_file_talk_by_the_key_both_know(database: Database, world: World) -> None:
    one_file = file(process(SENDER, key="buerger"), process(BY_KEY, key="amt"))
    deploy(database, world, extra={"pools.bpmn": one_file})
    for number in range(3):
        start(database, world, "amt", f"A{number}", antrag=f"Z-{number}")

    sender = start(database, world, "buerger", "B", antrag="Z-1")
    worker.settle(database, world.id)

    assert received(database, world) == ["A1"]
    assert waiting(database, world, "A1") == ["danach"]
    with database.begin(world.detmold) as tx:
        assert replay.replay(tx, world.detmold, sender.id).identical


def test_a_message_that_two_instances_of_a_process_wait_for_is_an_incident_until_one_is_left(database: Database, world: World) -> None:
    deploy(database, world, ("amt", BY_KEY), ("buerger", SENDER))
    first, _ = (start(database, world, "amt", f"A{number}", antrag="Z") for number in (1, 2))
    start(database, world, "buerger", "B", antrag="Z")

    report = worker.settle(database, world.id)

    assert ["2 Vorgänge von „amt“" in one for one in report.incidents] == [True]
    assert received(database, world) == []
    with database.begin(world.detmold) as tx:
        instances.cancel(tx, world.detmold, first.id, reason="doppelt", by="anna", now=START)
        (incident,) = incidents.open_ones(tx, world.detmold)
        incidents.retry(tx, world.detmold, incident.uuid, by="anna", reason="einer abgebrochen", now=START)
    worker.settle(database, world.id)
    assert received(database, world) == ["A2"]


def test_instances_of_different_processes_each_receive_a_message_under_one_key(database: Database, world: World) -> None:
    other = BY_KEY.replace('"r', '"o').replace("danach", "auch")
    deploy(database, world, ("amt", BY_KEY), ("kasse", other), ("buerger", SENDER))
    start(database, world, "amt", "A", antrag="Z")
    start(database, world, "kasse", "K", antrag="Z")

    start(database, world, "buerger", "B", antrag="Z")
    worker.settle(database, world.id)

    assert received(database, world) == ["A", "K"]


def test_a_message_nobody_waits_for_is_kept_as_an_incident_and_not_until_somebody_waits(database: Database, world: World) -> None:
    deploy(database, world, ("amt", BY_KEY), ("buerger", SENDER))
    start(database, world, "buerger", "B", antrag="Z")
    report = worker.settle(database, world.id)
    start(database, world, "amt", "A", antrag="Z")
    worker.settle(database, world.id)

    assert len(report.incidents) == 1
    assert received(database, world) == []
    with database.begin(world.detmold) as tx:
        (incident,) = incidents.open_ones(tx, world.detmold)
        incidents.retry(tx, world.detmold, incident.uuid, by="anna", reason="jetzt wartet er", now=START)
    worker.settle(database, world.id)
    assert received(database, world) == ["A"]


def test_a_message_that_begins_two_processes_needs_to_name_one(database: Database, world: World) -> None:
    first, second = (
        node("startEvent", f"s{n}", message()) + user(f"u{n}") + node("endEvent", f"e{n}") + chain(f"s{n}", f"u{n}", f"e{n}")
        for n in (1, 2)
    )
    sender = node("startEvent", "ss") + node("endEvent", "senden", io() + message("m_a")) + chain("ss", "senden")
    deploy(database, world, ("eins", first), ("zwei", second), ("buerger", sender))

    start(database, world, "buerger", "B")
    report = worker.settle(database, world.id)

    assert ["mehrere Prozesse („eins“, „zwei“)" in one for one in report.incidents] == [True]
