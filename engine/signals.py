"""Signals: whoever of the tenant waits when one is thrown receives it, and processes that it starts begin, each in a transaction of its own.

A signal is addressed in the transaction that throws it: one row of the outbox per receiver. So each receives it exactly once,
what begins to wait later does not, and a receiver that fails keeps nobody else from it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from engine import db, deployments, instances, values
from engine.protocol import Stimulus, Variables

BY = "signal"


def send(tx: Connection, name: str, variables: Variables, *, tenant_id: int) -> int:
    """Throw a signal from outside; return how many it will reach."""
    payload = values.to_json(values.check(variables))
    query = text("select send_signal(:t, :n, cast(:v as jsonb), null, '{}')")
    receivers = int(tx.execute(query, {"t": tenant_id, "n": name, "v": payload}).scalar_one())
    insert = text(
        "insert into outbox (tenant_id, kind, name, process_key, start_event, variables, optional, sender_tenant_id)"
        " values (:t, 'signal', :n, :p, :e, cast(:v as jsonb), true, :t)"
    )
    begun = deployments.event_starts(tx, "signal", name, tenant_id=tenant_id)
    for process_key, start_event in begun:
        tx.execute(insert, {"t": tenant_id, "n": name, "p": process_key, "e": start_event, "v": payload})
    tx.execute(text("select pg_notify('vollstreckung_work', '')"))
    return receivers + len(begun)


def deliver(tx: Connection, row: Any, variables: Variables, *, now: datetime) -> None:
    """Hand the signal of a row of the outbox to its one receiver; a receiver that no longer waits has gone another way."""
    tenant_id = row.tenant_id
    if row.start_event is not None:
        business_key = f"{row.process_key}/{row.message_id}"
        instances.start(
            tx, row.process_key, business_key, variables, tenant_id=tenant_id, now=now, by=BY, start_event=row.start_event
        )  # fmt: skip
        return
    locked = instances.lock(tx, tenant_id, row.instance_id)
    cursor = db.cursor(tx)
    cursor.execute("select 1 from subscription where tenant_id = %s and id = %s", (tenant_id, row.wait_id))
    if cursor.fetchall():
        stimulus = Stimulus("signal_received", wait_id=row.wait_id, name=row.name, variables=variables, by=BY)
        instances.advance_locked(tx, locked, stimulus, now)
