"""A worker of its own process that stops dead at a chosen point of a job, waiting to be killed: `url tenant stage folder`.

Stages: gather (in the taking transaction), work (outside any transaction), worked (done, not recorded), record (in the recording
transaction, before its commit), count (stops nowhere, prints each recorded job), drain (ends when nothing is left to do).
`before:ACTOR:N` and `after:ACTOR:N` stop before and after the commit of the Nth command recorded for that actor (zeitplan, signal).
"""

from __future__ import annotations

import sys
import threading
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, text

from engine import jobs, messages, worker
from engine.db import Database
from engine.protocol import Variables
from engine.runtime import Runtime

url, tenant, stage, folder = sys.argv[1:]
tenant_id, printed = int(tenant), Path(folder) / "gedruckt.txt"
stop = threading.Event()


LEFT = text("select (select count(*) from job) + (select count(*) from outbox) + (select count(*) from scheduled_start where not parked)")


def stop_dead(at: str, job_id: str) -> None:
    if at == stage:
        print(at, job_id, flush=True)
        sys.stdin.readline()  # nobody writes: the process stands here until it is killed


def gather(tx: Connection, job: jobs.Job, now: datetime) -> object:
    stop_dead("gather", str(job.id))
    return str(job.id)


def work(gathered: object) -> object:
    """Print a letter: what leaves the house happens at least once, under the id of its job."""
    stop_dead("work", str(gathered))
    with printed.open("a", encoding="utf-8") as file:
        file.write(f"{gathered}\n")
    stop_dead("worked", str(gathered))
    return gathered


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Book a fee, here a message that starts one process instance each: it must happen exactly once."""
    messages.send(tx, "nachricht_b", str(job.id), {"job": str(result)}, tenant_id=job.tenant_id, now=now)
    stop_dead("record", str(job.id))
    if stage == "count":
        print("count", job.id, flush=True)
    return {"gebucht": str(job.id)}


def nothing_left() -> int:
    if stage == "drain":
        with database.begin(tenant_id) as tx:
            left = tx.execute(text("select (select count(*) from job) + (select count(*) from outbox)")).scalar_one()
        if not left:
            stop.set()
    return 0


database = Database(
    create_engine(url, pool_size=2),
    Runtime(topics={"abnahme": jobs.Topic("abnahme", (), (jobs.Parameter("gebucht"),), record, gather, work)}),
)
OWN_COMMANDS = text(
    "select count(*) from history where actor = :actor and xmin = pg_current_xact_id()::xid"
    " and tenant_id = nullif(current_setting('app.tenant', true), '')::bigint and tenant_id = :tenant"
)
if ":" in stage:
    moment, actor, number = stage.split(":")
    recorded = 0

    @event.listens_for(database.engine, "commit")
    def before_commit(connection: Connection) -> None:
        global recorded
        recorded += connection.execute(OWN_COMMANDS, {"actor": actor, "tenant": tenant_id}).scalar_one()
        if moment == "before" and recorded == int(number):
            stop_dead(stage, actor)

    @event.listens_for(database.engine, "begin")
    def after_commit(connection: Connection) -> None:
        if moment == "after" and recorded == int(number):
            stop_dead(stage, actor)


worker.work(database, name=f"worker-{stage}", stop=stop, extra=nothing_left)
database.close()
