"""The worker: fires timers, delivers messages, does jobs. Any number of them on any number of machines.

Everything it needs to know stands in the database; LISTEN/NOTIFY only wakes it. `run_until` moves a sandbox's clock with the
same verbs, so that a scenario and a production night run the same code.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import text

from engine import clock, errors, incidents, jobs, messages, runtime, timers
from engine.db import Database

log = structlog.get_logger(__name__)

BATCH = 100
POLL_SECONDS = 1.0
RETRY_AFTER = timedelta(seconds=10)
MAX_ROUNDS = 100_000


@dataclass
class Report:
    """What a run did; `incidents` are German messages."""

    timers: int = 0
    jobs: int = 0
    messages: int = 0
    incidents: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.timers + self.jobs + self.messages


def work(database: Database, *, name: str, stop: threading.Event, extra: Callable[[], int] | None = None) -> None:
    """Work until `stop` is set; `extra` does the rooms' own background work and returns how much it did."""
    waker = _Waker(database)
    runtime.calm_garbage_collection()
    try:
        while not stop.is_set():
            try:
                done = run_once(database, name=name).total + (extra() if extra is not None else 0)
            except psycopg.OperationalError:
                log.warning("database not reachable, trying again")
                done = 0
            except Exception as fault:
                if not _is_connection_fault(fault):
                    raise
                log.warning("database not reachable, trying again")
                done = 0
            if not done:
                waker.wait(POLL_SECONDS, stop)
    finally:
        waker.close()


def run_once(database: Database, *, name: str = "worker", worlds: list[int] | None = None) -> Report:
    """Do what is due now, one batch of each kind."""
    report = Report()
    with database.look() as tx:
        due = tx.execute(text("select tenant_id, id from due_timers_by_clock(:n)"), {"n": BATCH}).all() if worlds is None else []
    for tenant_id, timer_id in due:
        _fire(database, tenant_id, timer_id, report)
    _messages(database, worlds, report)
    _jobs(database, worlds, name, report)
    return report


def run_until(database: Database, world_id: int, until: datetime, *, progress: Callable[[datetime], None] | None = None) -> Report:
    """Move a sandbox world's clock to `until`: fires every timer on the way at its time, and lets jobs and messages settle.

    Completes no human task. Deterministic: timers in the order of their due times, everything else settled between them.
    """
    report = Report()
    settle(database, world_id, report)
    for _ in range(MAX_ROUNDS):
        with database.look() as tx:
            due = tx.execute(text("select next_timer(:w)"), {"w": world_id}).scalar()
            if due is None or due > until:
                break
            current = tx.execute(text("select virtual_now from world where id = :w"), {"w": world_id}).scalar_one()
            moment = max(due, current)
            clock.set_virtual(tx, world_id, moment)
            rows = tx.execute(text("select tenant_id, id from due_timers(:m, :w, :n)"), {"m": moment, "w": [world_id], "n": BATCH}).all()
        if progress is not None:
            progress(moment)
        for tenant_id, timer_id in rows:
            _fire(database, tenant_id, timer_id, report, wait=True)
        settle(database, world_id, report)
    with database.look() as tx:
        current = tx.execute(text("select virtual_now from world where id = :w"), {"w": world_id}).scalar_one()
        clock.set_virtual(tx, world_id, max(until, current))
    settle(database, world_id, report)
    return report


def settle(database: Database, world_id: int, report: Report | None = None) -> Report:
    """Deliver messages and do jobs of a world until none is left."""
    report = report or Report()
    for _ in range(MAX_ROUNDS):
        before = report.total
        _messages(database, [world_id], report)
        _jobs(database, [world_id], "settle", report)
        if report.total == before:
            return report
    raise errors.InvalidState("Die Vorgänge schicken einander ohne Ende Nachrichten. Bitte die Diagramme prüfen.")


# ---------------------------------------------------------------- one of each
def _fire(database: Database, tenant_id: int, timer_id: UUID, report: Report, *, wait: bool = False) -> None:
    try:
        with database.begin(tenant_id) as tx:
            fired = timers.fire(tx, tenant_id, timer_id, now=clock.now(tx, tenant_id), wait=wait)
        report.timers += fired is not None
    except Exception as fault:
        if _is_connection_fault(fault):
            raise
        _log_fault("timer failed", fault, timer=str(timer_id))
        with database.begin(tenant_id) as tx:
            parked = timers.park(tx, tenant_id, timer_id)
            if parked is not None:
                instance_id, element_id = parked
                element_id = getattr(fault, "element_id", "") or element_id
                incidents.open_incident(
                    tx, tenant_id, kind="timer", message=told(fault), now=clock.now(tx, tenant_id), instance_id=instance_id,
                    element_id=element_id, wait_id=timer_id,
                )  # fmt: skip
                report.incidents.append(told(fault))


def _messages(database: Database, worlds: list[int] | None, report: Report) -> None:
    with database.look() as tx:
        rows = tx.execute(text("select tenant_id, id from waiting_messages(:w, :n)"), {"w": worlds, "n": BATCH}).all()
    for tenant_id, outbox_id in rows:
        try:
            with database.begin(tenant_id) as tx:
                report.messages += messages.deliver(tx, tenant_id, outbox_id, now=clock.now(tx, tenant_id))
        except Exception as fault:
            if _is_connection_fault(fault):
                raise
            _log_fault("message failed", fault, outbox=outbox_id)
            with database.begin(tenant_id) as tx:
                message_id = messages.park(tx, tenant_id, outbox_id)
                if message_id is not None:
                    incidents.open_incident(
                        tx, tenant_id, kind="message", message=told(fault), now=clock.now(tx, tenant_id), wait_id=message_id,
                        element_id=getattr(fault, "element_id", ""),
                    )  # fmt: skip
                    report.incidents.append(told(fault))


def _jobs(database: Database, worlds: list[int] | None, name: str, report: Report) -> None:
    topics = list(database.runtime.topics)
    with database.look() as tx:
        rows = tx.execute(text("select tenant_id, id from open_jobs(:topics, :w, :n)"), {"topics": topics, "w": worlds, "n": BATCH}).all()
    for tenant_id, job_id in rows:
        do_job(database, tenant_id, job_id, worker=name, report=report)


def do_job(database: Database, tenant_id: int, job_id: UUID, *, worker: str, report: Report) -> None:
    """Take one job, work on it and record it; a failure costs a try, the last one opens an incident."""
    job: jobs.Job | None = None
    try:
        gathered: object = None
        with database.begin(tenant_id) as tx:
            job = jobs.take(tx, tenant_id, job_id, worker=worker)
            if job is None:
                return
            topic = database.runtime.topics[job.topic]
            if topic.gather is not None:
                gathered = topic.gather(tx, job, clock.now(tx, tenant_id))
        result = topic.work(gathered) if topic.work is not None else gathered
        with database.begin(tenant_id) as tx:
            jobs.record(tx, job, topic, result, worker=worker, now=clock.now(tx, tenant_id))
        report.jobs += 1
    except (errors.NotFound, errors.Conflict):
        log.info("job no longer wanted", job=str(job_id))
    except Exception as fault:
        if _is_connection_fault(fault):
            raise
        _log_fault("job failed", fault, job=str(job_id))
        _job_failed(database, tenant_id, job_id, job, fault, report)


def _job_failed(database: Database, tenant_id: int, job_id: UUID, job: jobs.Job | None, fault: Exception, report: Report) -> None:
    with database.begin(tenant_id) as tx:
        # What the caller or the data got wrong stays wrong: no second try, a person first.
        final = isinstance(fault, errors.Incident | errors.Rejected)
        left = jobs.fail(tx, tenant_id, job_id, told(fault), retries=0 if final else None, retry_after=RETRY_AFTER)
        if left == 0:
            incidents.open_incident(
                tx, tenant_id, kind="job", message=told(fault), now=clock.now(tx, tenant_id), wait_id=job_id,
                instance_id=job.instance_id if job else None, element_id=job.element_id if job else "",
            )  # fmt: skip
            report.incidents.append(told(fault))


def told(fault: Exception) -> str:
    """Return what to tell about a fault: our own messages as they are, a bug by its name."""
    if isinstance(fault, errors.Incident | errors.Rejected | errors.BpmnError):
        return str(fault)
    return f"Unerwarteter Fehler ({type(fault).__name__}): {fault}"


def _log_fault(event: str, fault: Exception, **ids: object) -> None:
    """Log a fault: what a person must mend as a line, a bug with its traceback. Ids only, never a variable."""
    if isinstance(fault, errors.Incident | errors.Rejected):
        log.warning(event, kind=type(fault).__name__, **ids)
    else:
        log.error(event, exc_info=fault, **ids)


def _is_connection_fault(fault: BaseException) -> bool:
    original = getattr(fault, "orig", fault)
    return isinstance(original, psycopg.OperationalError | psycopg.InterfaceError)


class _Waker:
    """Listens for new work on a connection of its own; without one it sleeps until the next poll."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection: psycopg.Connection[tuple[object, ...]] | None = None

    def wait(self, seconds: float, stop: threading.Event) -> None:
        try:
            if self.connection is None:
                url = self.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
                self.connection = psycopg.connect(url, autocommit=True)
                self.connection.execute("listen vollstreckung_work")
            for _ in self.connection.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error:
            self.close()
            stop.wait(seconds)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
