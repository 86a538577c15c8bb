"""`vollstreckung work`: timers, messages and jobs, and beside them unfinished imports, unprinted letters and what expires."""

from __future__ import annotations

import os
import signal
import socket
import threading

import structlog
from sqlalchemy import text

from api import wiring
from engine import clock, rejections, worker
from engine.db import Database
from processes import imports
from processes import letters as printing
from processes.casefile import letters

log = structlog.get_logger(__name__)

LETTERS_AT_ONCE = 20


def work(*, once: bool) -> None:
    """Work until SIGINT or SIGTERM, or do what is due once."""
    database = wiring.open_database()
    name = f"{socket.gethostname()}-{os.getpid()}"
    try:
        if once:
            while worker.run_once(database, name=name).total + rooms(database):
                pass
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        worker.work(database, name=name, stop=stop, extra=lambda: rooms(database))
    finally:
        database.close()


def rooms(database: Database) -> int:
    """Do a portion of the rooms' own background work for each tenant; return how much was done."""
    with database.look() as tx:
        tenants = tx.execute(text("select id from tenant order by id")).scalars().all()
        expired = rejections.tenants_to_expire(tx)
    done = sum(_import(database, tenant_id) + _print(database, tenant_id) for tenant_id in tenants)
    return done + sum(_expire(database, tenant_id) for tenant_id in expired)


def _import(database: Database, tenant_id: int) -> int:
    with database.begin(tenant_id) as tx:
        unfinished = imports.unfinished(tx, tenant_id)
    done = 0
    for received in unfinished:
        with database.begin(tenant_id) as tx:
            done += imports.process_chunk(tx, received, by="einspielen", now=clock.now(tx, tenant_id))
    return done


def _print(database: Database, tenant_id: int) -> int:
    """Print letters: read in one transaction, print outside any, store in another. A crash between only prints again."""
    with database.begin(tenant_id) as tx:
        waiting = letters.unprinted(tx, tenant_id, limit=LETTERS_AT_ONCE)
        sheets = [(letter_uuid, letters.sheet(tx, tenant_id, letter_uuid)) for letter_uuid in waiting]
    for letter_uuid, sheet in sheets:
        content = printing.render(sheet)
        with database.begin(tenant_id) as tx:
            letters.keep(tx, tenant_id, letter_uuid, content)
    return len(sheets)


def _expire(database: Database, tenant_id: int) -> int:
    """Delete rejected deployments whose time is over, also where nobody deploys any more."""
    with database.begin(tenant_id) as tx:
        return rejections.expire(tx, tenant_id, now=clock.database_now(tx))
