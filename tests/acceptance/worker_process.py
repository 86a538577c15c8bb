"""A worker of its own process that stops dead at a chosen point of a job, waiting to be killed: `url tenant stage folder`.

Stages: gather (in the taking transaction), work (outside any transaction), worked (done, not recorded), record (in the recording
transaction, before its commit), count (stops nowhere, prints each recorded job), drain (ends when nothing is left to do).
"""

from __future__ import annotations

import sys
import threading
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from engine import jobs, messages, worker
from engine.db import Database
from engine.protocol import Variables
from engine.runtime import Runtime

url, tenant, stage, folder = sys.argv[1:]
tenant_id, printed = int(tenant), Path(folder) / "gedruckt.txt"
stop = threading.Event()


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
    create_engine(url, pool_size=2), Runtime(topics={"abnahme": jobs.Topic("abnahme", (), ("gebucht",), record, gather, work)})
)
worker.work(database, name=f"worker-{stage}", stop=stop, extra=nothing_left)
database.close()
