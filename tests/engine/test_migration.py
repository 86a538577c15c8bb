"""Running instances on a real PostgreSQL move to another version of their process, one by one and in bulk, and replay identically."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import Connection, text

from engine import bundles, clock, contents, deployments, errors, history, instances, jobs, migration, replay, user_tasks, versions, worker
from engine.db import Database
from engine.protocol import Migration, Stimulus
from tests.conftest import START, World
from tests.engine.spiff.bpmn import boundary, chain, file, flow, job, node, process, timer, user
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


# ---------------------------------------------------------------- many at once
def planned(database: Database, world: World, drawn: Mapping[str, str | None], *, to: int = 2) -> migration.Plan:
    with database.begin(world.detmold) as tx:
        return migration.plan(tx, "p", 1, to, drawn, tenant_id=world.detmold)


def tried(database: Database, world: World, plan: migration.Plan) -> dict[str, migration.Verdict]:
    with database.snapshot(world.detmold) as tx:
        return {verdict.business_key: verdict for verdict in migration.dry_run(tx, plan, now=START)}


def moved(database: Database, world: World, plan: migration.Plan) -> dict[str, migration.Verdict]:
    verdicts = migration.migrate_all(lambda: database.begin(world.detmold), plan, reason="Neue Fassung", by="dora")
    return {verdict.business_key: verdict for verdict in verdicts}


def rows(owner: Connection, world: World) -> list[tuple[object, ...]]:
    """Return all that a dry run must not touch."""
    tables = {
        "process_instance": "id, rev, bundle_id, chain_head", "history": "instance_id, seq", "user_task": "id, element_id", "timer": "id, due_at",
    }  # fmt: skip
    return [
        tuple(row)
        for table, columns in tables.items()
        for row in owner.execute(text(f"select {columns} from {table} where tenant_id = :t order by 1, 2"), {"t": world.detmold})
    ]


def test_a_dry_run_tells_each_instance_with_reasons_and_writes_nothing_and_the_migration_does_as_it_told(
    database: Database, world: World, owner: Connection
) -> None:
    deploy(database, world, ("p", line("a", "b", "c") + boundary("f", "a", timer("timeDuration", "P14D")) + flow("f", "e")))
    for number in range(5):
        start(database, world, business_key=f"K{number}")
    complete_of(database, world, "K3", "a")
    complete_of(database, world, "K4", "a")
    complete_of(database, world, "K4", "b")
    deploy(database, world, ("p", line("a", "c") + boundary("f", "a", timer("timeDuration", "P20D")) + flow("f", "e")))
    before = rows(owner, world)
    plan = planned(database, world, {})

    told = tried(database, world, plan)

    assert rows(owner, world) == before
    assert [bool(told[f"K{n}"].reasons) for n in range(5)] == [False, False, False, True, False]
    (reason,) = told["K3"].reasons
    assert (reason.element_id, "„b“ (Benutzeraufgabe)" in reason.message) == ("b", True)
    assert told["K0"].changes == ("Frist „f“: fällig am 06.09.2026, 08:00 Uhr statt am 31.08.2026, 08:00 Uhr",)
    done = moved(database, world, plan)
    assert {key: verdict.reasons for key, verdict in done.items()} == {key: verdict.reasons for key, verdict in told.items()}
    assert {key: verdict.changes for key, verdict in done.items()} == {key: verdict.changes for key, verdict in told.items()}
    assert waiting(database, world, "K3") == ["b"]
    with database.begin(world.detmold) as tx:
        assert [(one.version, one.running) for one in versions.all_of(tx, world.detmold)] == [(2, 4), (1, 1)]
    assert tried(database, world, plan).keys() == {"K3"}


def test_steps_that_the_new_version_puts_into_a_subprocess_are_proposed_told_moved_and_replayed(database: Database, world: World) -> None:
    inner = node("startEvent", "is") + user("a") + node("endEvent", "ie") + chain("is", "a", "ie")
    wrapped = node("startEvent", "s") + node("subProcess", "teil", inner) + user("b") + node("endEvent", "e") + chain("s", "teil", "b", "e")
    deadline = boundary("f", "teil", timer("timeDuration", "P14D")) + flow("f", "e")
    deploy(database, world, ("p", line("a", "b")))
    first, second = start(database, world, business_key="K1"), start(database, world, business_key="K2")
    deploy(database, world, ("p", wrapped + deadline))
    with database.begin(world.detmold) as tx:
        proposal = migration.propose(tx, "p", 1, 2, tenant_id=world.detmold)
    assert proposal.guesses == {"a": "teil/a"}
    plan = planned(database, world, proposal.guesses)

    told = tried(database, world, plan)
    done = moved(database, world, plan)

    words = ("Teilprozess „teil“ beginnt um die offenen Schritte", "Frist „f“ kommt hinzu, fällig am 31.08.2026, 08:00 Uhr")
    assert told["K1"].changes == done["K1"].changes == words
    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.of_key(tx, world.detmold, "K1")
        assert task.scope == "teil"
        back = migration.plan(tx, "p", 2, 1, {"teil/a": "a"}, tenant_id=world.detmold)
    assert moved(database, world, back)["K2"].changes == ("Teilprozess „teil“ wird verlassen", "Frist „f“ entfällt")
    for key in ("K1", "K2"):
        complete_of(database, world, key, "a")
        complete_of(database, world, key, "b")
    with database.begin(world.detmold) as tx:
        for instance in (first, second):
            assert instances.get(tx, world.detmold, instance.uuid).status == "completed"
            assert replay.replay(tx, world.detmold, instance.id).difference is None


def test_a_mapping_carries_the_rest_over(database: Database, world: World) -> None:
    deploy(database, world, ("p", line("a", "pruefen")))
    start(database, world)
    complete_of(database, world, "K1", "a")
    deploy(database, world, ("p", line("a", "pruefen_neu")))

    with database.begin(world.detmold) as tx:
        proposal = migration.propose(tx, "p", 1, 2, tenant_id=world.detmold)
    assert proposal.guesses == {"pruefen": "pruefen_neu"}
    done = moved(database, world, planned(database, world, proposal.guesses))

    assert done["K1"].changes == ("Aufgabe „pruefen“ geht weiter als „pruefen_neu“",)
    complete_of(database, world, "K1", "pruefen_neu")
    with database.begin(world.detmold) as tx:
        (instance,) = instances.of_key(tx, world.detmold, "K1")
        assert (instance.status, replay.replay(tx, world.detmold, instance.id).difference) == ("completed", None)


def test_a_migration_can_be_taken_back_and_replays_over_both_ways(database: Database, world: World) -> None:
    deploy(database, world, ("p", line("a", "b")))
    start(database, world)
    deploy(database, world, ("p", line("a", "neu", "b")))
    moved(database, world, planned(database, world, {}))
    complete_of(database, world, "K1", "a")

    with database.begin(world.detmold) as tx:
        back = migration.plan(tx, "p", 2, 1, {"neu": "b"}, tenant_id=world.detmold)
    assert moved(database, world, back)["K1"].reasons == ()

    assert waiting(database, world) == ["b"]
    with database.begin(world.detmold) as tx:
        (instance,) = instances.of_key(tx, world.detmold, "K1")
        assert replay.replay(tx, world.detmold, instance.id).difference is None


def test_a_replay_notices_an_instance_that_was_put_on_another_version_behind_its_history(
    database: Database, world: World, owner: Connection
) -> None:
    deploy(database, world, ("p", line("a", "b")))
    instance = start(database, world)
    deploy(database, world, ("p", line("a", "neu", "b")))
    plan = planned(database, world, {})
    moved(database, world, plan)

    owner.execute(text("update process_instance set bundle_id = :b where id = :i"), {"b": instance.bundle_id, "i": instance.id})

    with database.begin(world.detmold) as tx:
        found = replay.replay(tx, world.detmold, instance.id)
    assert found.difference is not None
    assert "andere Fassung" in found.difference.message


def test_a_job_that_somebody_works_on_is_not_redrawn_under_their_hands(database: Database, world: World) -> None:
    def drawn(topic: str) -> str:
        return node("startEvent", "s") + job("j", topic) + node("endEvent", "e") + chain("s", "j", "e")

    deploy(database, world, ("p", drawn("alt")))
    start(database, world)
    deploy(database, world, ("p", drawn("neu")))
    plan = planned(database, world, {})
    lease = text("update job set locked_by = 'w', locked_until = clock_timestamp() + interval '1 hour' where tenant_id = :t")
    with database.begin(world.detmold) as tx:
        tx.execute(lease, {"t": world.detmold})

    assert "wird gerade bearbeitet" in tried(database, world, plan)["K1"].reasons[0].message
    assert "wird gerade bearbeitet" in moved(database, world, plan)["K1"].reasons[0].message
    with database.begin(world.detmold) as tx:
        tx.execute(text("update job set locked_until = null, locked_by = null where tenant_id = :t"), {"t": world.detmold})
    assert moved(database, world, plan)["K1"].changes == ("Auftrag „j“: neues Topic neu",)

    done: list[str] = []
    database.runtime.topics["neu"] = jobs.Topic("neu", (), (), lambda tx, taken, result, now: done.append(taken.topic) or {})
    worker.settle(database, world.id)
    assert done == ["neu"]


def test_a_migration_needs_a_reason_known_versions_and_a_mapping_that_fits(database: Database, world: World) -> None:
    deploy(database, world, ("p", line("a")))
    start(database, world)
    deploy(database, world, ("p", line("b")))

    with pytest.raises(errors.InvalidInput, match="warum"):
        migration.checked_reason(" ")
    with pytest.raises(errors.NotFound, match="Fassung 9 nicht"):
        planned(database, world, {}, to=9)
    with pytest.raises(errors.InvalidInput) as refused:
        planned(database, world, {"gibt_es_nicht": "b", "a": "e"})
    assert set(refused.value.fields) == {"gibt_es_nicht", "a"}


def test_another_city_of_the_world_is_not_touched(database: Database, world: World) -> None:
    deploy(database, world, ("p", line("a")))
    start(database, world)
    with database.begin(world.oerlinghausen) as tx:
        other = instances.start(tx, "p", "O1", {}, tenant_id=world.oerlinghausen, now=START, by="test")
    deploy(database, world, ("p", line("a", "b")))

    assert moved(database, world, planned(database, world, {})).keys() == {"K1"}

    with database.begin(world.oerlinghausen) as tx:
        assert instances.get(tx, world.oerlinghausen, other.uuid).bundle_id == other.bundle_id


@pytest.mark.parametrize("where", ["a_neu", "teil/a"])
def test_children_with_rows_of_their_own_move_with_their_loop(database: Database, world: World, where: str) -> None:
    around, _, name = where.rpartition("/")
    loop = '<bpmn:multiInstanceLoopCharacteristics isSequential="false" camunda:collection="=liste" camunda:elementVariable="x"/>'

    def drawn(key: str, start: str = "s", end: str = "e") -> str:
        return node("startEvent", start) + node("userTask", key, loop) + node("endEvent", end) + chain(start, key, end)

    database.runtime.split_above = 2
    deploy(database, world, ("p", drawn("a")))
    instance = start(database, world, liste=[1, 2, 3, 4])
    inside = node("subProcess", around, drawn(name, "is", "ie")) if around else ""
    target = node("startEvent", "s") + inside + node("endEvent", "e") + chain("s", around, "e") if around else drawn(name)
    deploy(database, world, ("p", target))
    plan = planned(database, world, {"a": where})

    assert tried(database, world, plan)["K1"].reasons == ()
    assert moved(database, world, plan)["K1"].reasons == ()

    assert waiting(database, world) == [name] * 4
    with database.begin(world.detmold) as tx:
        tasks = user_tasks.of_key(tx, world.detmold, "K1")
        assert sorted(task.scope for task in tasks) == [f"{where}#{n}" for n in (1, 2, 3, 4)]
    for task in tasks:
        with database.begin(world.detmold) as tx:
            user_tasks.complete(tx, world.detmold, task.id, {}, by="anna", now=START)
    with database.begin(world.detmold) as tx:
        assert instances.get(tx, world.detmold, instance.uuid).status == "completed"
        assert replay.replay(tx, world.detmold, instance.id).difference is None


# ---------------------------------------------------------------- who keeps what
FORM = contents.Reader(keys=lambda content, name: [(name.rpartition(".")[0], name)], check=lambda content, name: ())


def store(database: Database, world: World, **contents: str) -> None:
    """Deploy a process that calls another, with a form and a letter, each with the content given."""
    outer = node("startEvent", "s") + node("callActivity", "ruf", calledElement="q") + node("endEvent", "e") + chain("s", "ruf", "e")
    files = {
        "p.bpmn": file(process(outer, key="p")),
        "q.bpmn": file(process(line(contents["task"]), key="q")),
        "f.form": contents["form"].encode(),
        "l.typ": contents["letter"].encode(),
    }
    with database.begin(world.detmold) as tx:
        deployments.deploy(tx, files, world_id=world.id, name="Test", by="test", now=START, readers={"form": FORM, "letter": FORM})


def kept(database: Database, world: World, business_key: str) -> tuple[str, bytes, bytes]:
    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.of_key(tx, world.detmold, business_key)
        pinned = [bundles.pinned(tx, task.bundle_id, kind, key)[1] for kind, key in (("form", "f"), ("letter", "l"))]
        return task.element_id, pinned[0], pinned[1]


def test_running_instances_keep_their_process_calls_forms_and_letters_until_they_are_moved(database: Database, world: World) -> None:
    store(database, world, task="alt", form="F1", letter="L1")
    start(database, world, business_key="K1")
    start(database, world, business_key="K2")

    store(database, world, task="neu", form="F2", letter="L2")
    start(database, world, business_key="K3")

    assert kept(database, world, "K1") == ("alt", b"F1", b"L1")
    assert kept(database, world, "K3") == ("neu", b"F2", b"L2")
    # The outer process has not changed: moving from its version to itself brings what it calls and needs up to date.
    with database.begin(world.detmold) as tx:
        plan = migration.plan(tx, "p", 1, 1, {"ruf/alt": "ruf/neu"}, tenant_id=world.detmold)
    assert moved(database, world, plan).keys() == {"K1", "K2"}
    assert kept(database, world, "K1") == ("neu", b"F2", b"L2")
    complete_of(database, world, "K1", "neu")
    with database.begin(world.detmold) as tx:
        (instance,) = instances.of_key(tx, world.detmold, "K1")
        assert (instance.status, replay.replay(tx, world.detmold, instance.id).difference) == ("completed", None)
