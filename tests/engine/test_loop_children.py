"""Children of a multi-instance activity as rows: one is read and written per step, all of their waits close with the activity."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from engine import bulk, clock, errors, history, instances, messages, migration, replay, user_tasks, worker
from engine.db import Database
from engine.protocol import Migration, Stimulus
from tests.conftest import START, World
from tests.engine.spiff.bpmn import boundary, chain, io, message, node, timer, user
from tests.engine.spiff.test_children import PAR, around, sub
from tests.engine.spiff.test_loops import loop
from tests.engine.test_durable import complete, deploy, start, waiting

MULTI = loop("liste", sequential=False)
TASKS = "".join(around(user("m", io({"wer": "=eintrag"}, {"letzter": "=wer"}) + MULTI)))
GUARDED = "".join(
    around(
        sub(PAR),
        boundary("b", "m", message()), user("bu"), chain("b", "bu", "e"),
        boundary("n", "m", timer("timeCycle", "R2/P3D"), interrupting=False), user("nu"), chain("n", "nu", "e"),
    )
)  # fmt: skip


@pytest.fixture(params=[True, False], ids=["cached", "reloaded"])
def few(database: Database, request: pytest.FixtureRequest) -> Database:
    """A database whose engine keeps children apart above three."""
    database.runtime.split_above = 3
    database.runtime.keep_live = request.param
    return database


def rows(tx: Connection, table: str) -> int:
    return int(tx.execute(text(f"select count(*) from {table}")).scalar_one())


def open_tasks(database: Database, world: World) -> list[user_tasks.UserTask]:
    with database.begin(world.detmold) as tx:
        return user_tasks.of_key(tx, world.detmold, "K1")


def child_task(database: Database, world: World, scope: str) -> user_tasks.UserTask:
    return next(task for task in open_tasks(database, world) if task.scope == scope)


def finish(database: Database, world: World, task: user_tasks.UserTask) -> user_tasks.Completion:
    with database.begin(world.detmold) as tx:
        return user_tasks.complete(tx, world.detmold, task.id, {}, by="anna", now=clock.now(tx, world.detmold))


def check(database: Database, world: World, instance: instances.Instance) -> None:
    """Nothing is left behind, and the instance replays, also when nothing is kept apart."""
    with database.begin(world.detmold) as tx:
        assert replay.replay(tx, world.detmold, instance.id).identical
        assert history.verify(tx, world.detmold, instance.id) is None
        for table in ("loop_child", "timer", "job", "subscription"):
            assert rows(tx, table) == 0, table


def test_each_child_has_a_row_that_ends_with_it_and_the_instance_replays(few: Database, world: World) -> None:
    deploy(few, world, ("p", TASKS))
    instance = start(few, world, liste=[Decimal(n) for n in range(5)])

    for left in (5, 4, 3, 2, 1):
        with few.begin(world.detmold) as tx:
            assert rows(tx, "loop_child") == left
        done = finish(few, world, random.Random(left).choice(open_tasks(few, world)))

    assert [task.element_id for task in done.next_tasks] == ["danach"]
    complete(few, world, "danach")
    check(few, world, instance)


def test_a_completion_leads_to_what_it_opened_and_does_not_read_the_tasks_of_all_other_children(few: Database, world: World) -> None:
    inner = node("startEvent", "is") + user("ia") + user("ib") + node("endEvent", "ie") + chain("is", "ia", "ib", "ie")
    deploy(few, world, ("p", "".join(around(sub(inner)))))
    start(few, world, liste=[Decimal(n) for n in range(5)])

    first = finish(few, world, child_task(few, world, "m#3/m"))

    assert [(task.element_id, task.scope) for task in first.next_tasks] == [("ib", "m#3/m")]
    assert finish(few, world, first.next_tasks[0]).next_tasks == ()


@pytest.mark.parametrize("seed", range(4))
def test_random_schedules_through_the_database_leave_nothing_behind(few: Database, world: World, seed: int) -> None:
    chosen = random.Random(seed)
    print(f"seed {seed}")
    deploy(few, world, ("p", GUARDED))
    instance = start(few, world, liste=[Decimal(n) for n in range(5)])
    message_at = chosen.randint(5, 40)
    for number in range(80):
        with few.begin(world.detmold) as tx:
            if instances.get(tx, world.detmold, instance.uuid).status != "running":
                break
            if number == message_at:
                messages.send(tx, "nachricht_a", "K1", {}, tenant_id=world.detmold, now=START, optional=True)
            jobs = tx.execute(text("select id from job order by element_id, id")).scalars().all()
        tasks = open_tasks(few, world)
        if jobs and (chosen.random() < 0.4 or not tasks):
            with few.begin(world.detmold) as tx:
                stimulus = Stimulus("job_completed", wait_id=chosen.choice(jobs), by="worker")
                instances.advance(tx, world.detmold, instance.id, stimulus, clock.now(tx, world.detmold))
        elif tasks:
            finish(few, world, chosen.choice(tasks))
        if chosen.random() < 0.1:
            with few.begin(world.detmold) as tx:
                now = clock.now(tx, world.detmold)
            worker.run_until(few, world.id, now + timedelta(hours=15))
        worker.settle(few, world.id)

    with few.begin(world.detmold) as tx:
        assert instances.get(tx, world.detmold, instance.uuid).status == "completed"
    check(few, world, instance)


def test_a_message_that_interrupts_the_activity_closes_the_waits_of_all_children(few: Database, world: World) -> None:
    deploy(few, world, ("p", GUARDED))
    instance = start(few, world, liste=[Decimal(n) for n in range(5)])
    finish(few, world, open_tasks(few, world)[0])

    with few.begin(world.detmold) as tx:
        messages.send(tx, "nachricht_a", "K1", {}, tenant_id=world.detmold, now=START)
    worker.settle(few, world.id)

    assert waiting(few, world) == ["bu"]
    complete(few, world, "bu")
    check(few, world, instance)


def test_a_cancelled_instance_takes_its_children_with_it(few: Database, world: World) -> None:
    deploy(few, world, ("p", GUARDED))
    instance = start(few, world, liste=[Decimal(n) for n in range(5)])

    with few.begin(world.detmold) as tx:
        instances.cancel(tx, world.detmold, instance.id, reason="Irrtum", by="anna", now=START)

    assert waiting(few, world) == []
    check(few, world, instance)


def complete_and_fail(database: Database, world: World, task: user_tasks.UserTask) -> None:
    with database.begin(world.detmold) as tx:
        user_tasks.complete(tx, world.detmold, task.id, {}, by="anna", now=START)
        raise ZeroDivisionError


def test_a_refused_step_leaves_children_and_instance_as_they_were(few: Database, world: World) -> None:
    deploy(few, world, ("p", TASKS))
    instance = start(few, world, liste=[Decimal(n) for n in range(5)])
    task = open_tasks(few, world)[0]

    with pytest.raises(errors.InvalidInput), few.begin(world.detmold) as tx:
        user_tasks.complete(tx, world.detmold, task.id, {"currentUser": "x"}, by="anna", now=START)
    with pytest.raises(ZeroDivisionError):
        complete_and_fail(few, world, task)
    for one in open_tasks(few, world):
        finish(few, world, one)
    complete(few, world, "danach")
    check(few, world, instance)


def test_who_asks_for_the_variables_of_a_childs_task_sees_its_own(few: Database, world: World) -> None:
    deploy(few, world, ("p", TASKS))
    instance = start(few, world, liste=[Decimal(n) for n in range(5)])
    third = child_task(few, world, "m#3")

    with few.begin(world.detmold) as tx:
        own, seen = instances.visible(tx, world.detmold, instance.id, [third.id])[third.id]

    assert own["wer"] == Decimal(2)
    assert seen["liste"] == [Decimal(n) for n in range(5)]


def test_a_bulk_command_reaches_children_of_several_instances(few: Database, world: World) -> None:
    deploy(few, world, ("p", TASKS))
    several = [start(few, world, business_key="K1", liste=[Decimal(n) for n in range(5)]) for _ in range(3)]
    chosen = {task.instance_id: task for task in open_tasks(few, world)}

    with few.begin(world.detmold) as tx:
        commands = {key: Stimulus("user_task_completed", wait_id=task.id, by="anna") for key, task in chosen.items()}
        done = bulk.advance(tx, world.detmold, commands, START)

    assert not done.failed
    assert len(open_tasks(few, world)) == 3 * 4
    with few.begin(world.detmold) as tx:
        assert all(replay.replay(tx, world.detmold, one.id).identical for one in several)


@pytest.mark.parametrize("condition", [False, True], ids=["apart", "together"])
def test_an_instance_with_children_moves_to_another_version_with_all_of_them(few: Database, world: World, condition: bool) -> None:
    looks = boundary(
        "ic", "ia", "<bpmn:conditionalEventDefinition><bpmn:condition>=genug = true</bpmn:condition></bpmn:conditionalEventDefinition>"
    )
    inner = node("startEvent", "is") + user("ia") + node("endEvent", "ie") + chain("is", "ia", "ie")
    deploy(few, world, ("p", "".join(around(sub(inner)))))
    moved = start(few, world, liste=[Decimal(n) for n in range(5)])
    finish(few, world, child_task(few, world, "m#2/m"))
    inner_too = inner.replace('"ia"', '"ia_neu"').replace('"is_ia"', '"is_ia_neu"').replace('"ia_ie"', '"ia_neu_ie"')
    newer = inner_too + looks.replace('"ia"', '"ia_neu"') + chain("ic", "ie") if condition else inner_too
    deploy(few, world, ("p", "".join(around(sub(newer)))))
    beside = start(few, world, business_key="K2", liste=[])

    with few.snapshot(world.detmold) as tx:
        plan = migration.plan(tx, "p", 1, 2, {"m/ia": "m/ia_neu"}, tenant_id=world.detmold)
        assert [verdict.reasons for verdict in migration.dry_run(tx, plan, now=START)] == [()]
    with few.begin(world.detmold) as tx:
        drawn = Migration(moved.bundle_id, beside.bundle_id, {"m/ia": "m/ia_neu"})
        instances.advance(tx, world.detmold, moved.id, Stimulus("migrated", name="Neue Fassung", by="dora", migration=drawn), START)

    assert sorted((task.element_id, task.scope) for task in open_tasks(few, world)) == [("ia_neu", f"m#{n}/m") for n in (1, 3, 4, 5)]
    with few.begin(world.detmold) as tx:
        assert rows(tx, "loop_child") == (0 if condition else 4)
    finish(few, world, child_task(few, world, "m#4/m"))
    if condition:
        with few.begin(world.detmold) as tx:
            instances.set_variables(tx, world.detmold, moved.id, {"genug": True}, reason="genug", by="anna", now=START)
    while left := open_tasks(few, world):
        finish(few, world, left[0])
    with few.begin(world.detmold) as tx:
        instances.cancel(tx, world.detmold, beside.id, reason="Probe", by="anna", now=START)
    check(few, world, moved)
