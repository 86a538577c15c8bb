"""The worker: fires timers, starts what is planned, delivers messages, does jobs. Any number of them on any number of machines.

Everything it needs to know stands in the database; LISTEN/NOTIFY only wakes it. `run_until` moves a sandbox's clock with the
same verbs, so that a scenario and a production night run the same code.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import Connection, text

from engine import clock, errors, incidents, jobs, messages, runtime, starts, timers
from engine.db import Database

log = structlog.get_logger(__name__)

BATCH = 100
POLL_SECONDS = 1.0
BUSY_SECONDS = 0.02
RETRY_AFTER = timedelta(seconds=10)
RETRY_FACTOR = 6
MAX_ROUNDS = 100_000


@dataclass
class Report:
    """What a run did; `incidents` are German messages."""

    timers: int = 0
    starts: int = 0
    jobs: int = 0
    messages: int = 0
    incidents: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.timers + self.starts + self.jobs + self.messages


def work(database: Database, *, name: str, stop: threading.Event, extra: Callable[[], int] | None = None) -> None:
    """Work until `stop` is set; `extra` does the rooms' own background work and returns how much it did."""
    waker = _Waker(database)
    runtime.calm_garbage_collection()
    try:
        while not stop.is_set():
            try:
                done = run_once(database, name=name).total + (extra() if extra is not None else 0)
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
        begin = tx.execute(text("select tenant_id, id from due_starts_by_clock(:n)"), {"n": BATCH}).all() if worlds is None else []
    for tenant_id, timer_id in due:
        _fire(database, tenant_id, timer_id, report)
    for tenant_id, start_id in begin:
        _start(database, tenant_id, start_id, report)
    _messages(database, worlds, report)
    _jobs(database, worlds, name, report)
    return report


def run_until(database: Database, world_id: int, until: datetime, *, progress: Callable[[datetime], None] | None = None) -> Report:
    """Move a sandbox world's clock to `until`: fires every timer and scheduled start on the way at its time, and lets jobs and messages settle.

    Completes no human task. Deterministic: timers in the order of their due times, everything else settled between them, also
    what a worker beside us has begun. Who moves the same clock meanwhile waits. Raises errors.InvalidState where something is due at
    more than MAX_ROUNDS instants on the way; what was done until then stays done.
    """
    report = Report()
    with database.alone(f"clock of world {world_id}"):
        settle(database, world_id, report)
        for _ in range(MAX_ROUNDS):
            with database.look() as tx:
                due = tx.execute(text("select next_timer(:w)"), {"w": world_id}).scalar()
                if due is None or due > until:
                    break
                moment = _move(tx, world_id, due)
                rows = tx.execute(
                    text("select tenant_id, id from due_timers(:m, :w, :n)"), {"m": moment, "w": [world_id], "n": BATCH}
                ).all()
                begin = tx.execute(
                    text("select tenant_id, id from due_starts(:m, :w, :n)"), {"m": moment, "w": [world_id], "n": BATCH}
                ).all()
            if progress is not None:
                progress(moment)
            for tenant_id, timer_id in rows:
                _fire(database, tenant_id, timer_id, report, wait=True)
            for tenant_id, start_id in begin:
                _start(database, tenant_id, start_id, report, wait=True)
            settle(database, world_id, report)
        else:
            raise errors.InvalidState(
                f"Bis zum {clock.shown(until)} ist an mehr als {MAX_ROUNDS} Zeitpunkten etwas fällig. Die Uhr steht jetzt auf dem {clock.shown(moment)}."
                " Bitte sie in kleineren Schritten vorstellen oder in den Diagrammen die Zyklen der Fristen und Zeitstarts prüfen."
            )
        with database.look() as tx:
            _move(tx, world_id, until)
        settle(database, world_id, report)
    return report


def _move(tx: Connection, world_id: int, moment: datetime) -> datetime:
    """Set a sandbox world's clock to `moment`, never back; return where it stands now."""
    current = tx.execute(text("select virtual_now from world where id = :w for update"), {"w": world_id}).scalar_one()
    reached = moment if current is None else max(moment, current)  # production: set_virtual says why not
    clock.set_virtual(tx, world_id, reached)
    return reached


def settle(database: Database, world_id: int, report: Report | None = None) -> Report:
    """Deliver messages and do jobs of a world until none is left, also none that another worker has begun."""
    report = report or Report()
    for _ in range(MAX_ROUNDS):
        if _messages(database, [world_id], report) + _jobs(database, [world_id], "settle", report):
            continue
        with database.look() as tx:
            busy = tx.execute(text("select busy_jobs(:topics, :w)"), {"topics": list(database.runtime.topics), "w": world_id}).scalar()
        if not busy:
            return report
        time.sleep(BUSY_SECONDS)
    raise errors.InvalidState("Die Vorgänge schicken einander ohne Ende Nachrichten. Bitte die Diagramme prüfen.")


# ---------------------------------------------------------------- one of each
def _fire(database: Database, tenant_id: int, timer_id: UUID, report: Report, *, wait: bool = False) -> None:
    report.timers += _attempt(
        database, tenant_id, report, "timer", timer_id,
        lambda tx, now: timers.fire(tx, tenant_id, timer_id, now=now, wait=wait) is not None,
        lambda tx, now: timers.park(tx, tenant_id, timer_id),
    )  # fmt: skip


def _start(database: Database, tenant_id: int, start_id: UUID, report: Report, *, wait: bool = False) -> None:
    report.starts += _attempt(
        database, tenant_id, report, "start", start_id,
        lambda tx, now: starts.fire(tx, tenant_id, start_id, now=now, wait=wait) is not None,
        lambda tx, now: starts.miss(tx, tenant_id, start_id, now=now),
    )  # fmt: skip


def _deliver(database: Database, tenant_id: int, outbox_id: int, report: Report, *, wait: bool) -> None:
    report.messages += _attempt(
        database, tenant_id, report, "message", outbox_id,
        lambda tx, now: messages.deliver(tx, tenant_id, outbox_id, now=now, skip_locked=not wait),
        lambda tx, now: messages.park(tx, tenant_id, outbox_id),
    )  # fmt: skip


def _attempt(
    database: Database,
    tenant_id: int,
    report: Report,
    kind: str,
    identity: object,
    act: Callable[[Connection, datetime], bool],
    put_aside: Callable[[Connection, datetime], incidents.PutAside | None],
) -> bool:
    """Do something in a transaction of its own and return whether it was done; where it fails, put it aside in another, with an incident."""
    try:
        with database.begin(tenant_id) as tx:
            return act(tx, clock.now(tx, tenant_id))
    except Exception as fault:
        if _is_connection_fault(fault):
            raise
        _log_fault(f"{kind} failed", fault, **{kind: str(identity)})
        with database.begin(tenant_id) as tx:
            now = clock.now(tx, tenant_id)
            aside = put_aside(tx, now)
            if aside is not None:
                message = aside.what_failed + told(fault)
                incidents.open_incident(
                    tx, tenant_id, kind=kind, message=message, now=now, instance_id=aside.instance_id, wait_id=aside.wait_id,
                    element_id=getattr(fault, "element_id", "") or aside.element_id,
                )  # fmt: skip
                report.incidents.append(message)
    return False


def _messages(database: Database, worlds: list[int] | None, report: Report) -> int:
    """Deliver a batch of waiting messages; return how many waited."""
    with database.look() as tx:
        rows = tx.execute(text("select tenant_id, id from waiting_messages(:w, :n)"), {"w": worlds, "n": BATCH}).all()
    for tenant_id, outbox_id in rows:
        _deliver(database, tenant_id, outbox_id, report, wait=worlds is not None)
    return len(rows)


def _jobs(database: Database, worlds: list[int] | None, name: str, report: Report) -> int:
    """Do a batch of open jobs; return how many were open."""
    topics = list(database.runtime.topics)
    with database.look() as tx:
        rows = tx.execute(text("select tenant_id, id from open_jobs(:topics, :w, :n)"), {"topics": topics, "w": worlds, "n": BATCH}).all()
    for tenant_id, job_id in rows:
        do_job(database, tenant_id, job_id, worker=name, report=report, impatient=worlds is not None)
    return len(rows)


def do_job(database: Database, tenant_id: int, job_id: UUID, *, worker: str, report: Report, impatient: bool = False) -> None:
    """Take one job, work on it and record it; a failure costs a try, the last one opens an incident."""
    with database.begin(tenant_id) as tx:
        now = clock.now(tx, tenant_id)
        job = jobs.take(tx, tenant_id, job_id, worker=worker, impatient=impatient)
        if job is None:
            return
        topic, gathered = database.runtime.topics[job.topic], None
        if topic.gather is not None:
            try:
                with tx.begin_nested():  # a failure must not undo the lease, which counts the try
                    gathered = topic.gather(tx, job, now)
            except Exception as fault:
                if _is_connection_fault(fault):
                    raise
                _job_failed(tx, job, fault, worker, now, report)
                return
    try:
        result = topic.work(gathered) if topic.work is not None else gathered
        with database.begin(tenant_id) as tx:
            jobs.record(tx, job, topic, result, worker=worker, now=clock.now(tx, tenant_id))
        report.jobs += 1
    except Exception as fault:
        if _is_connection_fault(fault):
            raise
        with database.begin(tenant_id) as tx:
            _job_failed(tx, job, fault, worker, clock.now(tx, tenant_id), report)


def _job_failed(tx: Connection, job: jobs.Job, fault: Exception, worker: str, now: datetime, report: Report) -> None:
    """Note a failed try. What the caller or the data got wrong stays wrong: no second try, a person first."""
    final = isinstance(fault, errors.Incident | errors.Rejected)
    try:
        left = jobs.fail(
            tx, job.tenant_id, job.id, told(fault), worker=worker, now=now, retries=0 if final else None,
            retry_after=RETRY_AFTER * RETRY_FACTOR ** (job.attempts - 1),
        )  # fmt: skip
    except (errors.NotFound, errors.Conflict):
        log.info("job no longer wanted", job=str(job.id))
        return
    log.error("job failed", job=str(job.id), topic=job.topic, tries_left=left, exc_info=fault)
    if left == 0:
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
                self.connection = self.database.listener()
            for _ in self.connection.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error:
            self.close()
            stop.wait(seconds)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
