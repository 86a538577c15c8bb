"""Workers are killed with SIGKILL in the middle of jobs: the next one goes on, and every effect is there exactly once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from engine import clock, deployments, history, instances, replay
from engine.db import Database
from tests.conftest import START, World
from tests.engine.spiff.bpmn import chain, file, job, message, node, process, timer, user

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[2]
SENDER = node("startEvent", "s") + job("brief", "abnahme") + node("endEvent", "e") + chain("s", "brief", "e")
# One instance of this per recorded job: what the job did in the database, to be counted.
BOOKING = node("startEvent", "bs", message("m_b")) + user("gebucht") + node("endEvent", "be") + chain("bs", "gebucht", "be")


def begin(database: Database, world: World, count: int) -> list[int]:
    """Start instances that each wait for one job; return their ids."""
    with database.begin(world.detmold) as tx:
        files = {"versand.bpmn": file(process(SENDER, key="versand")), "buchung.bpmn": file(process(BOOKING, key="buchung"))}
        deployments.deploy(tx, files, world_id=world.id, name="Abnahme", by="test", now=START, readers={})
        return [
            instances.start(tx, "versand", f"F{number}", {}, tenant_id=world.detmold, now=START, by="test").id for number in range(count)
        ]


def worker_process(app_url: URL, world: World, stage: str, folder: Path) -> subprocess.Popen[str]:
    arguments = [app_url.render_as_string(hide_password=False), str(world.detmold), stage, str(folder)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.worker_process", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )  # fmt: skip


def kill(running: subprocess.Popen[str]) -> None:
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait(timeout=30) == -signal.SIGKILL
    for pipe in (running.stdin, running.stdout):
        if pipe is not None:
            pipe.close()


def kill_at(running: subprocess.Popen[str], lines: int = 1) -> str:
    """Kill the process when it has told so many lines; return the last one."""
    assert running.stdout is not None
    told = ""
    for _ in range(lines):
        told = running.stdout.readline().strip()
        assert told, "the worker ended before it could be killed"
    kill(running)
    return told


def leases_expire(database: Database, world: World) -> None:
    """The killed worker's thirty seconds pass."""
    with database.begin(world.detmold) as tx:
        tx.execute(text("update job set locked_until = clock_timestamp() - interval '1 second' where locked_until is not null"))


def drain(app_url: URL, world: World, folder: Path) -> None:
    running = worker_process(app_url, world, "drain", folder)
    try:
        assert running.wait(timeout=120) == 0
    finally:
        if running.poll() is None:
            kill(running)


def check_exactly_once(database: Database, world: World, started: list[int], folder: Path) -> Counter[str]:
    """Every instance ended by one recorded job, every job booked once; return how often each letter was printed."""
    with database.begin(world.detmold) as tx:
        recorded = []
        for instance_id in started:
            commands = history.read(tx, world.detmold, instance_id)
            assert [command.kind for command in commands] == ["started", "job_completed"]
            recorded.append(str(commands[1].content["stimulus"]["wait"]))
            assert history.verify(tx, world.detmold, instance_id) is None
            assert replay.replay(tx, world.detmold, instance_id).identical
        booked = tx.execute(text("select business_key from process_instance where process_key = 'buchung'")).scalars().all()
        left = tx.execute(text("select (select count(*) from job) + (select count(*) from outbox)")).scalar_one()
        incidents = tx.execute(text("select count(*) from incident")).scalar_one()
    assert sorted(booked) == sorted(recorded)
    assert len(set(booked)) == len(booked) == len(started)
    assert (left, incidents) == (0, 0)
    printed = Counter((folder / "gedruckt.txt").read_text(encoding="utf-8").split())
    assert set(printed) == set(recorded)
    return printed


@pytest.mark.parametrize(("stage", "copies"), [("gather", 1), ("work", 1), ("worked", 2), ("record", 2)])
def test_a_worker_killed_inside_a_job_loses_nothing_and_books_nothing_twice(
    database: Database, world: World, app_url: URL, tmp_path: Path, stage: str, copies: int
) -> None:
    started = begin(database, world, 3)

    _, job_id = kill_at(worker_process(app_url, world, stage, tmp_path)).split()
    leases_expire(database, world)
    drain(app_url, world, tmp_path)

    printed = check_exactly_once(database, world, started, tmp_path)
    assert printed.pop(job_id) == copies
    assert set(printed.values()) == {1}


def test_a_lease_keeps_a_second_worker_away_from_a_job_that_is_being_worked_on(
    database: Database, world: World, app_url: URL, tmp_path: Path
) -> None:
    started = begin(database, world, 3)
    first = worker_process(app_url, world, "worked", tmp_path)
    assert first.stdout is not None
    held = first.stdout.readline().split()[1]
    second = worker_process(app_url, world, "count", tmp_path)
    assert second.stdout is not None
    others = {second.stdout.readline().split()[1] for _ in range(2)}
    kill(second)
    kill(first)

    assert held not in others
    leases_expire(database, world)
    drain(app_url, world, tmp_path)
    check_exactly_once(database, world, started, tmp_path)


def test_workers_killed_again_and_again_at_any_moment_leave_every_effect_exactly_once(
    database: Database, world: World, app_url: URL, tmp_path: Path
) -> None:
    seed = 20261124
    chosen = random.Random(seed)
    print(f"seed {seed}")
    started = begin(database, world, 30)

    for _ in range(5):
        kill_at(worker_process(app_url, world, "count", tmp_path), chosen.randint(1, 4))
        leases_expire(database, world)
    drain(app_url, world, tmp_path)

    check_exactly_once(database, world, started, tmp_path)


def deploy(database: Database, world: World, *drawn: str) -> None:
    with database.begin(world.detmold) as tx:
        files = {"p.bpmn": file(*drawn)}
        deployments.deploy(tx, files, world_id=world.id, name="Abnahme", by="test", now=START, readers={}, tenant_id=world.detmold)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_while_it_starts_a_planned_process_starts_it_exactly_once(
    database: Database, world: World, app_url: URL, tmp_path: Path, moment: str
) -> None:
    begins = node("startEvent", "zeit", timer("timeCycle", "R3/P1D")) + user("u") + node("endEvent", "e") + chain("zeit", "u", "e")
    deploy(database, world, process(begins, key="geplant"))

    for day in (1, 2, 3):
        with database.look() as tx:
            clock.set_virtual(tx, world.id, START + timedelta(days=day))
        kill_at(worker_process(app_url, world, f"{moment}:zeitplan:1", tmp_path))
    drain(app_url, world, tmp_path)

    with database.begin(world.detmold) as tx:
        keys = tx.execute(text("select business_key from process_instance where process_key = 'geplant' order by 1")).scalars().all()
    # Killed before each commit, the first is made late and the cycle is over by then; killed after it, none is made again.
    days = (18,) if moment == "before" else (18, 19, 20)
    assert list(keys) == [f"geplant/2026-08-{day}T08:00" for day in days]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_in_the_middle_of_a_signal_reaches_every_receiver_exactly_once(
    database: Database, world: World, app_url: URL, tmp_path: Path, moment: str
) -> None:
    caught = '<bpmn:signalEventDefinition signalRef="sig_a"/>'
    waits = (
        node("startEvent", "s")
        + node("intermediateCatchEvent", "w", caught)
        + user("u")
        + node("endEvent", "e")
        + chain("s", "w", "u", "e")
    )
    begins = node("startEvent", "bs", caught) + user("bu") + node("endEvent", "be") + chain("bs", "bu", "be")
    throws = node("startEvent", "ts") + node("endEvent", "te", caught) + chain("ts", "te")
    deploy(database, world, process(waits, key="wartet"), process(begins, key="beginnt"), process(throws, key="wirft"))
    with database.begin(world.detmold) as tx:
        for number in range(6):
            instances.start(tx, "wartet", f"W{number}", {}, tenant_id=world.detmold, now=START, by="test")
        instances.start(tx, "wirft", "T", {}, tenant_id=world.detmold, now=START, by="test")

    kill_at(worker_process(app_url, world, f"{moment}:signal:2", tmp_path))
    kill_at(worker_process(app_url, world, f"{moment}:signal:3", tmp_path))
    drain(app_url, world, tmp_path)

    with database.begin(world.detmold) as tx:
        query = text(
            "select p.process_key, p.business_key, h.kind from history h join process_instance p on p.id = h.instance_id where h.actor = 'signal'"
        )
        commands = [tuple(row) for row in tx.execute(query)]
    assert sorted(key for process_key, key, kind in commands if (process_key, kind) == ("wartet", "signal_received")) == [
        f"W{n}" for n in range(6)
    ]
    assert [(process_key, kind) for process_key, _, kind in commands if process_key != "wartet"] == [("beginnt", "started")]
