"""Running instances on a real PostgreSQL move to another version of their process, one by one and in bulk, and replay identically."""

from __future__ import annotations

from sqlalchemy import text

from engine import clock, history, instances, replay, user_tasks
from engine.db import Database
from engine.protocol import Migration, Stimulus
from tests.conftest import World
from tests.engine.spiff.bpmn import boundary, chain, flow, node, timer, user
from tests.engine.test_durable import deploy, start, waiting


def line(*keys: str) -> str:
    return node("startEvent", "s") + "".join(user(key) for key in keys) + node("endEvent", "e") + chain("s", *keys, "e")


def test_a_moved_instance_keeps_its_task_ends_in_the_new_version_and_replays_identically(database: Database, world: World) -> None:
    deploy(database, world, ("p", line("a", "b") + boundary("f", "a", timer("timeDuration", "P14D")) + flow("f", "e")))
    moved = start(database, world, business_key="K1")
    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.of_key(tx, world.detmold, "K1")
        user_tasks.claim(tx, world.detmold, task.id, by="anna")
    deploy(database, world, ("p", line("a_neu", "b") + boundary("f2", "a_neu", timer("timeDuration", "P20D")) + flow("f2", "e")))
    beside = start(database, world, business_key="K2")

    with database.begin(world.detmold) as tx:
        now = clock.now(tx, world.detmold)
        drawn = Migration(moved.bundle_id, beside.bundle_id, {"a": "a_neu"})
        instances.advance(tx, world.detmold, moved.id, Stimulus("migrated", name="Neue Fassung", by="dora", migration=drawn), now)

    with database.begin(world.detmold) as tx:
        (kept,) = user_tasks.of_key(tx, world.detmold, "K1")
        assert (kept.id, kept.element_id, kept.label, kept.assignee) == (task.id, "a_neu", "a_neu", "anna")
        timers = text("select element_id, due_at from timer where tenant_id = :t and instance_id = :i")
        assert [row.element_id for row in tx.execute(timers, {"t": world.detmold, "i": moved.id})] == ["f2"]
        assert instances.get(tx, world.detmold, moved.uuid).bundle_id == beside.bundle_id
    complete_of(database, world, "K1", "a_neu")
    complete_of(database, world, "K1", "b")
    with database.begin(world.detmold) as tx:
        assert instances.get(tx, world.detmold, moved.uuid).status == "completed"
        assert replay.replay(tx, world.detmold, moved.id).difference is None
        assert history.verify(tx, world.detmold, moved.id) is None
        entry = history.read(tx, world.detmold, moved.id)[1]
        assert (entry.kind, entry.actor, entry.content["stimulus"]["name"]) == ("migrated", "dora", "Neue Fassung")
    assert waiting(database, world, "K2") == ["a_neu"]


def complete_of(database: Database, world: World, business_key: str, element: str) -> None:
    """Complete the open task of a business key."""
    with database.begin(world.detmold) as tx:
        (task,) = [task for task in user_tasks.of_key(tx, world.detmold, business_key) if task.element_id == element]
        user_tasks.complete(tx, world.detmold, task.id, {}, by="anna", now=clock.now(tx, world.detmold))
