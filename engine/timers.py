"""Timers: take a due one together with its instance, fire it. Claimed with SKIP LOCKED and advanced in the same transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine import db, errors, incidents, instances
from engine.protocol import Step, Stimulus

LOCK = (
    f"select {instances.COLUMNS} from timer m join process_instance p on p.tenant_id = m.tenant_id and p.id = m.instance_id"
    " where m.tenant_id = %s and m.id = %s for update of p"
)


def fire(tx: Connection, tenant_id: int, timer_id: UUID, *, now: datetime, wait: bool = False) -> Step | None:
    """Fire a due timer; None when it is gone, not due yet, or another worker has its instance (unless `wait`).

    The step's `now` is the clock, not the due time: a late firing is visible in history as due_at and effective_at.
    """
    cursor = db.cursor(tx)
    cursor.execute(LOCK if wait else f"{LOCK} skip locked", (tenant_id, timer_id))
    row = cursor.fetchone()
    if row is None:
        return None
    # Look again behind the lock: the instance's last command may have cancelled the timer while we waited.
    cursor.execute("select due_at from timer where tenant_id = %s and id = %s and not parked", (tenant_id, timer_id))
    still = cursor.fetchone()
    if still is None or still[0] > now:
        return None
    locked = instances.locked_row(tenant_id, row)
    return instances.advance_locked(tx, locked, Stimulus("timer_due", wait_id=timer_id, by="timer"), now)


def park(tx: Connection, tenant_id: int, timer_id: UUID) -> incidents.PutAside | None:
    """Put a timer aside after a failure and return it, or None when it is gone."""
    query = text("update timer set parked = true where tenant_id = :t and id = :id returning instance_id, element_id")
    row = tx.execute(query, {"t": tenant_id, "id": timer_id}).first()
    return None if row is None else incidents.PutAside(timer_id, row.instance_id, row.element_id)


def retry(tx: Connection, tenant_id: int, timer_id: UUID, *, by: str, now: datetime) -> None:
    """Let a timer that was put aside become due again, and resolve its incident. Raises errors.NotFound."""
    found = tx.execute(
        text("update timer set parked = false where tenant_id = :t and id = :id returning id"), {"t": tenant_id, "id": timer_id}
    ).first()
    if found is None:
        raise errors.NotFound("Die Frist gibt es nicht mehr: Sie ist abgelaufen oder wurde abgebrochen.")
    incidents.resolve_wait(tx, tenant_id, timer_id, by=by, reason="Frist erneut angesetzt.", now=now)
    tx.execute(text("select pg_notify('vollstreckung_work', '')"))


def of_instance(tx: Connection, tenant_id: int, instance_id: int) -> list[tuple[str, str, datetime]]:
    """Return (element id, label, due at) of the timers an instance waits for, soonest first."""
    query = text("select element_id, label, due_at from timer where tenant_id = :t and instance_id = :i order by due_at, id")
    return [(row.element_id, row.label, row.due_at) for row in tx.execute(query, {"t": tenant_id, "i": instance_id})]
