"""A variable that is removed from outside is no more: in the state, in the rows, for conditions and in a replay."""

from __future__ import annotations

import pytest

from engine import instances, replay, user_tasks
from engine.db import Database
from engine.protocol import Stimulus
from tests.conftest import START, World
from tests.engine.conformance.notation import condition, multi
from tests.engine.spiff.bpmn import Case, boundary, case, chain, flow, io, node, user
from tests.engine.test_durable import complete, deploy, start

LINE = node("startEvent", "s") + user("u") + node("endEvent", "e") + chain("s", "u", "e")


def remove(running: Case, *names: str, at: str = "", local: tuple[str, ...] = (), **given: object) -> None:
    wait_id = running.wait(at).id if at else None
    running.send(Stimulus("variables_set", wait_id, "weg", given, "x", removed=names, removed_local=local))


def test_a_removed_variable_is_no_more_and_history_names_it() -> None:
    running = case(LINE).start(a=1, b=2)

    remove(running, "a", "nie_da", c=3)

    assert running.variables == {"b": 2, "c": 3}
    assert [event.detail for event in running.events if event.kind == "variables_removed"] == [{"names": ["a"]}]


def test_set_and_removed_at_once_is_removed() -> None:
    running = case(LINE).start(a=1)

    remove(running, "a", a=2)

    assert running.variables == {}


def test_the_nearest_variable_of_the_name_is_removed_and_the_one_behind_it_seen_again() -> None:
    shown = io({"a": "=a + 1"}, {"gesehen": "=a"})
    running = case(node("startEvent", "s") + user("u", shown) + node("endEvent", "e") + chain("s", "u", "e")).start(a=1)

    remove(running, "a", at="u")
    assert running.variables == {"a": 1}
    running.do("u")
    assert running.variables == {"a": 1, "gesehen": 1}


def test_only_its_own_variable_is_removed_where_that_is_asked_for() -> None:
    running = case(LINE).start(a=1)

    remove(running, at="u", local=("a",))

    assert running.variables == {"a": 1}


def test_a_condition_that_looks_at_deletions_fires() -> None:
    watch = boundary("w", "u", condition("a = null", variableName="a", variableEvents="delete")) + flow("w", "e")
    running = case(LINE + watch).start(a=1)

    remove(running, "b")
    assert running.outcome is None
    remove(running, "a")

    assert running.outcome == "completed"


@pytest.mark.parametrize("apart", [False, True])
def test_rows_and_replay_know_it_too_also_beside_children_with_rows_of_their_own(database: Database, world: World, apart: bool) -> None:
    database.runtime.split_above = 1 if apart else 30
    each = node("userTask", "je", multi(collection="liste"))
    deploy(database, world, ("p", node("startEvent", "s") + each + user("u") + node("endEvent", "e") + chain("s", "je", "u", "e")))
    instance = start(database, world, liste=[1, 2, 3], a={"tief": [1]}, b=2)

    with database.begin(world.detmold) as tx:
        instances.set_variables(tx, world.detmold, instance.id, {"c": 3}, removed=["a"], reason="weg", by="dora", now=START)

    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, instance.id) == {"liste": [1, 2, 3], "b": 2, "c": 3}
    for _ in range(3):
        with database.begin(world.detmold) as tx:
            task = user_tasks.of_key(tx, world.detmold, "K1")[0]
            user_tasks.complete(tx, world.detmold, task.id, {}, by="anna", now=START)
    complete(database, world, "u")
    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, instance.id) == {"liste": [1, 2, 3], "b": 2, "c": 3}
        assert replay.replay(tx, world.detmold, instance.id).identical


def test_a_task_that_loses_an_input_shows_it_no_more(database: Database, world: World) -> None:
    shown = user("u", io({"a": "=1", "b": "=2"}))
    deploy(database, world, ("p", node("startEvent", "s") + shown + node("endEvent", "e") + chain("s", "u", "e")))
    instance = start(database, world)
    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.of_key(tx, world.detmold, "K1")
        user_tasks.set_variables(tx, world.detmold, task.id, {}, {}, reason="weg", by="x", now=START, removed_local=["a"])

    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.of_key(tx, world.detmold, "K1")
        assert task.variables == {"b": 2}
        assert instances.visible(tx, world.detmold, instance.id, [task.id])[task.id] == ({"b": 2}, {"b": 2})
        assert replay.replay(tx, world.detmold, instance.id).identical
