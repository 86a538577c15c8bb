"""Two pools of one file as Camunda Modeler saves it: both are deployed, and what is only drawn does nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from engine import clock, deployments, history, instances, replay, user_tasks, worker
from engine.db import Database
from engine.spiff import check, reader
from engine.spiff.checks import gathered
from tests.conftest import START, World

DIAGRAM = Path(__file__).parent / "diagrams" / "antrag_und_amt.bpmn"


def test_the_file_is_without_a_finding_and_lanes_are_known() -> None:
    content = DIAGRAM.read_bytes()
    found = check.check({"antrag_und_amt.bpmn": content}, gathered.Known(processes=frozenset({"antrag", "amt"})))
    parsed = reader.Reader(content, "antrag_und_amt.bpmn").read()

    assert [finding for finding in found if finding.severity == "error"] == []
    assert parsed is not None
    assert [process.id for process in parsed.processes if process.executable] == ["antrag", "amt"]
    amt = parsed.process("amt")
    assert amt is not None
    assert {element.id: element.lane for element in amt.elements} == {
        "antrag_eingegangen": "Sachbearbeitung", "antrag_pruefen": "Sachbearbeitung", "bescheid_senden": "Leitung",
    }  # fmt: skip


def test_a_message_flow_starts_the_other_pool_and_brings_the_answer_back(database: Database, world: World) -> None:
    with database.begin(world.detmold) as tx:
        files = {"antrag_und_amt.bpmn": DIAGRAM.read_bytes()}
        deployments.deploy(tx, files, world_id=world.id, name="Pools", by="test", now=START, readers={})
    with database.begin(world.detmold) as tx:
        now = clock.now(tx, world.detmold)
        asked = instances.start(tx, "antrag", "A-1", {"betrag": Decimal(80)}, tenant_id=world.detmold, now=now, by="test")
    worker.settle(database, world.id)

    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.open_tasks(tx, world.detmold)
        assert task.element_id == "antrag_pruefen"
        user_tasks.complete(tx, world.detmold, task.id, {}, by="anna", now=clock.now(tx, world.detmold))
    worker.settle(database, world.id)

    with database.begin(world.detmold) as tx:
        found = instances.of_key(tx, world.detmold, "A-1")
        assert {one.status for one in found} == {"completed"}
        assert len(found) == 2
        assert instances.variables_of(tx, world.detmold, asked.id) == {"betrag": Decimal(80), "bewilligt": True}
        for one in found:
            assert replay.replay(tx, world.detmold, one.id).identical
            assert history.verify(tx, world.detmold, one.id) is None
