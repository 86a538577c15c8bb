"""Two connections at one job: whoever holds it waits for a step of the instance that is on its way, and then sees what that left."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from engine import errors, external_tasks, jobs, messages
from engine.db import Database
from tests.conftest import START, World
from tests.engine.spiff.bpmn import boundary, chain, flow, job, message, node
from tests.engine.test_durable import deploy, start

BODY = node("startEvent", "s") + job("j") + boundary("b", "j", message()) + node("endEvent", "e") + chain("s", "j", "e") + flow("b", "e")


def pid(tx: Connection) -> int:
    return int(tx.execute(text("select pg_backend_pid()")).scalar_one())


def wait_until_blocked(owner: Connection, by: int) -> None:
    """Return as soon as some connection waits for a lock that `by` holds."""
    for _ in range(100_000):
        if owner.execute(text("select exists (select from pg_stat_activity where :by = any (pg_blocking_pids(pid)))"), {"by": by}).scalar():
            return
    raise AssertionError("nobody waits")


def fail(tx: Connection, world: World, job_id: object) -> object:
    return jobs.fail(tx, world.detmold, job_id, "Papierstau", worker="w", now=START, retries=0)  # type: ignore[arg-type]


def extend(tx: Connection, world: World, job_id: object) -> object:
    return jobs.extend(tx, world.detmold, job_id, worker="w", lease=timedelta(minutes=5))  # type: ignore[arg-type, func-returns-value]


def unlock(tx: Connection, world: World, job_id: object) -> object:
    return jobs.unlock(tx, world.detmold, job_id, worker="w")  # type: ignore[arg-type, func-returns-value]


def complete(tx: Connection, world: World, job_id: object) -> object:
    return jobs.complete(tx, world.detmold, job_id, {}, worker="w", now=START)  # type: ignore[arg-type]


@pytest.mark.parametrize("command", [fail, extend, unlock, complete])
def test_who_holds_a_job_that_another_step_ends_meanwhile_is_told_that_it_is_gone(
    database: Database, world: World, owner: Connection, command: Callable[[Connection, World, object], object]
) -> None:
    deploy(database, world, ("p", BODY))
    start(database, world)
    with database.begin(world.detmold) as tx:
        (taken,) = external_tasks.fetch(tx, world.detmold, [external_tasks.Wanted("thema", timedelta(minutes=5))], worker="w")

    def worker() -> object:
        with database.begin(world.detmold) as tx:
            return command(tx, world, taken.id)

    with ThreadPoolExecutor(1) as pool:
        with database.begin(world.detmold) as tx:
            assert messages.correlate(tx, "nachricht_a", "K1", {}, tenant_id=world.detmold, now=START, by="test")
            rival = pool.submit(worker)
            wait_until_blocked(owner, pid(tx))
        told = rival.exception(30)

    assert isinstance(told, errors.NotFound), told
    with database.begin(world.detmold) as tx:
        assert tx.execute(text("select count(*) from incident where tenant_id = :t"), {"t": world.detmold}).scalar() == 0
