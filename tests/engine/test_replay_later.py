"""An engine that counts otherwise than the one a case ran with: what it waited for is the same, only the ids are others."""

from __future__ import annotations

import hashlib
import re

import pytest
from sqlalchemy import Connection, text

from engine import clock, history, instances, messages, migration, replay, user_tasks, worker
from engine.db import Database
from engine.spiff.tokens import Scope
from engine.spiff.workflow import Instance
from tests.conftest import START, World
from tests.engine.conformance.notation import multi
from tests.engine.spiff.bpmn import boundary, chain, file, flow, message, node, process, timer, user
from tests.engine.test_durable import deploy, start, tamper

EACH = node("userTask", "je", multi(sequential=False, collection="=liste").replace('"eintrag"', '"x"'))
INNER = (
    node("startEvent", "is") + EACH + node("intermediateCatchEvent", "m", message()) + node("endEvent", "ie") + chain("is", "je", "m", "ie")
)
BODY = (
    node("startEvent", "s") + user("u") + node("subProcess", "teil", INNER) + boundary("f", "teil", timer("timeDuration", "P3D"), interrupting=False)
    + node("endEvent", "fe") + flow("f", "fe") + user("v") + node("endEvent", "e") + chain("s", "u", "teil", "v", "e")
)  # fmt: skip


def counting_otherwise(patch: pytest.MonkeyPatch) -> None:
    """Let the engine take a number more for each scope, as a later version might."""
    new_scope = Instance.new_scope

    def later(self: Instance, *arguments: object, **named: object) -> Scope:
        self.counter += 1
        return new_scope(self, *arguments, **named)  # type: ignore[arg-type]

    patch.setattr(Instance, "new_scope", later)


def complete(database: Database, world: World, element: str) -> None:
    with database.begin(world.detmold) as tx:
        task = next(task for task in user_tasks.of_key(tx, world.detmold, "K1") if task.element_id == element)
        user_tasks.complete(tx, world.detmold, task.id, {}, by="anna", now=clock.now(tx, world.detmold))


def run(database: Database, world: World) -> instances.Instance:
    """Run a case through a subprocess, children with rows of their own, a timer, a message and a migration."""
    database.runtime.split_above = 2
    deploy(database, world, ("p", BODY))
    instance = start(database, world, liste=[1, 2, 3, 4])
    complete(database, world, "u")
    complete(database, world, "je")
    deploy(database, world, ("p", BODY.replace('name="v"', 'name="zuletzt"')))
    with database.begin(world.detmold) as tx:
        plan = migration.plan(tx, "p", 1, 2, {}, tenant_id=world.detmold)
    (verdict,) = migration.migrate_all(lambda: database.begin(world.detmold), plan, reason="Test", by="dora")
    assert verdict.reasons == ()
    worker.run_until(database, world.id, START.replace(day=START.day + 4))
    for _ in range(3):
        complete(database, world, "je")
    with database.begin(world.detmold) as tx:
        assert messages.correlate(tx, "nachricht_a", "K1", {}, tenant_id=world.detmold, now=START, by="test")
    complete(database, world, "v")
    return instance


def test_a_case_replays_identically_with_an_engine_that_counts_otherwise_and_the_verdict_tells_the_ids(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = run(database, world)
    with database.begin(world.detmold) as tx:
        before = replay.replay(tx, world.detmold, instance.id)
    assert (before.identical, before.renumbered) == (True, 0)

    counting_otherwise(monkeypatch)

    with database.begin(world.detmold) as tx:
        after = replay.replay(tx, world.detmold, instance.id)
    assert after.difference is None
    assert after.renumbered == 8  # all waits: two tasks, four children, timer, message


def test_another_diagram_is_still_told_apart_by_an_engine_that_counts_otherwise(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = run(database, world)
    counting_otherwise(monkeypatch)
    changed = file(process(BODY.replace("P3D", "P2D")))

    with database.begin(world.detmold) as tx:
        difference = replay.replay(tx, world.detmold, instance.id, against={"p.bpmn": changed}).difference

    assert difference is not None
    assert difference.element_id == "f"


@pytest.mark.parametrize("later", [False, True])
def test_an_answer_that_was_put_on_another_open_wait_is_found_with_a_chain_computed_anew(
    database: Database, world: World, owner: Connection, monkeypatch: pytest.MonkeyPatch, later: bool
) -> None:
    fork = node("startEvent", "s") + node("parallelGateway", "t") + user("a") + user("b") + node("endEvent", "e")
    deploy(database, world, ("p", fork + chain("s", "t", "a", "e") + flow("t", "b") + flow("b", "e")))
    instance = start(database, world)
    complete(database, world, "a")
    if later:
        counting_otherwise(monkeypatch)
    rows = owner.execute(text("select seq, payload from history where instance_id = :i order by seq"), {"i": instance.id}).all()
    first, second = re.findall(r'"kind":"user_task",[^}]*"wait":"([^"]+)"', rows[0].payload)

    head = history.GENESIS
    for seq, payload in rows:
        forged = re.sub(rf'("wait":)"{first}"(}})', rf'\1"{second}"\2', payload) if seq == 1 else payload
        assert (forged != payload) == (seq == 1)
        head = hashlib.sha256(head + forged.encode()).digest()
        quoted = forged.replace("'", "''").replace(":", "\\:")
        change = f"payload = '{quoted}', hash = '\\x{head.hex()}'"
        tamper(owner, f"update history set {change} where instance_id = {instance.id} and seq = {seq}")
    tamper(owner, f"update process_instance set chain_head = '\\x{head.hex()}' where id = {instance.id}")

    with database.begin(world.detmold) as tx:
        assert history.verify(tx, world.detmold, instance.id) is None
        replayed = replay.replay(tx, world.detmold, instance.id)
    assert replayed.difference is not None
    assert replayed.difference.seq == 1
