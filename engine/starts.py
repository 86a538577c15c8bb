"""Starts by the clock: take a due one, start the newest version of its process, plan the next. Claimed with SKIP LOCKED."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine import clock, incidents, instances, start_schedule

BY = "zeitplan"
LOCK = "select * from scheduled_start where tenant_id = :t and id = :id and not parked and due_at <= :now for update"


def fire(tx: Connection, tenant_id: int, start_id: UUID, *, now: datetime, wait: bool = False) -> instances.Instance | None:
    """Start a process whose planned time has come; None when it is gone, not due yet, or another worker has it (unless `wait`).

    Planned times that have passed meanwhile (a standstill) are not made up for: one late start, then the rhythm goes on.
    """
    row = _lock(tx, tenant_id, start_id, now, wait=wait)
    if row is None:
        return None
    _go_on(tx, row, now)
    # Of its own for every planned time, so that no message for one instance reaches another.
    business_key = f"{row.process_key}/{row.due_at.astimezone(clock.BERLIN):%Y-%m-%dT%H:%M}"
    return instances.start(tx, row.process_key, business_key, {}, tenant_id=tenant_id, now=now, by=BY, start_event=row.element_id)


def miss(tx: Connection, tenant_id: int, start_id: UUID, *, now: datetime) -> incidents.PutAside | None:
    """Put a failed start aside and let the schedule go on; return what was put aside, or None when it is gone.

    It starts once, when its incident is retried.
    """
    row = _lock(tx, tenant_id, start_id, now, wait=True)
    if row is None:
        return None
    put_aside: UUID = row.id
    if row.cycle is None:
        tx.execute(text("update scheduled_start set parked = true where tenant_id = :t and id = :id"), {"t": tenant_id, "id": row.id})
    else:
        query = text(
            "insert into scheduled_start (tenant_id, process_key, element_id, begun_at, number, due_at, parked)"
            " select tenant_id, process_key, element_id, begun_at, number, due_at, true from scheduled_start"
            " where tenant_id = :t and id = :id returning id"
        )
        put_aside = tx.execute(query, {"t": tenant_id, "id": row.id}).scalar_one()
        _go_on(tx, row, now)
    what_failed = f"Der geplante Start von „{row.process_key}“ ist nicht gelungen: "
    return incidents.PutAside(put_aside, element_id=row.element_id, what_failed=what_failed)


def _lock(tx: Connection, tenant_id: int, start_id: UUID, now: datetime, *, wait: bool) -> Any:
    query = text(LOCK if wait else f"{LOCK} skip locked")
    return tx.execute(query, {"t": tenant_id, "id": start_id, "now": now}).first()


def _go_on(tx: Connection, row: Any, now: datetime) -> None:
    """Plan the next time of a cycle; forget a start that has no other."""
    next_one = None if row.cycle is None else start_schedule.following(row.cycle, row.begun_at, row.number, now)
    if next_one is None:
        tx.execute(text("delete from scheduled_start where tenant_id = :t and id = :id"), {"t": row.tenant_id, "id": row.id})
    else:
        number, due_at = next_one
        tx.execute(
            text("update scheduled_start set number = :n, due_at = :d where tenant_id = :t and id = :id"),
            {"n": number, "d": due_at, "t": row.tenant_id, "id": row.id},
        )
