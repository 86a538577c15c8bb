"""Messages: sent as rows of the sender's commit, delivered to waiting or new instances in transactions of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine import db, deployments, errors, incidents, instances, signals, values
from engine.protocol import Stimulus, Variables


def send(
    tx: Connection,
    name: str,
    business_key: str | None,
    variables: Variables,
    *,
    tenant_id: int,
    now: datetime,
    to_tenant_id: int | None = None,
    process_key: str | None = None,
    optional: bool = False,
) -> None:
    """Write a message into the outbox. `process_key`: only instances of this process, or a new one where none waits.

    `optional`: nobody waiting is no fault. Otherwise that is an incident of the receiver.
    """
    tx.execute(
        text(
            "insert into outbox (tenant_id, kind, name, key, process_key, variables, optional, sender_tenant_id)"
            " values (:to, 'message', :name, :key, :process, cast(:variables as jsonb), :optional, :sender)"
        ),
        {
            "to": to_tenant_id or tenant_id, "name": name, "key": business_key, "process": process_key, "optional": optional,
            "variables": values.to_json(values.check(variables)), "sender": tenant_id,
        },
    )  # fmt: skip
    tx.execute(text("select pg_notify('vollstreckung_work', '')"))


def deliver(tx: Connection, tenant_id: int, outbox_id: int, *, now: datetime, skip_locked: bool = True) -> bool:
    """Deliver one message of the outbox; False when another worker has it or it is gone.

    Raises errors.Incident when nobody waits for it and it is not optional.
    """
    lock = "for update skip locked" if skip_locked else "for update"
    query = text(f"select * from outbox where tenant_id = :t and id = :id and not parked {lock}")
    row = tx.execute(query, {"t": tenant_id, "id": outbox_id}).first()
    if row is None:
        return False
    variables = values.from_jsonable(row.variables)
    if row.kind == "signal":
        signals.deliver(tx, row, variables, now=now)
    else:
        received = correlate(tx, row.name, row.key, variables, tenant_id=tenant_id, now=now, by="nachricht", process_key=row.process_key)
        if not received and not row.optional:
            receiver = row.process_key or "einen Vorgang"
            raise errors.Incident(f"Die Nachricht „{row.name}“ an {receiver} mit dem Schlüssel „{row.key}“ erwartet niemand.")
    tx.execute(text("delete from outbox where tenant_id = :t and id = :id"), {"t": tenant_id, "id": outbox_id})
    return True


def correlate(
    tx: Connection,
    name: str,
    business_key: str | None,
    variables: Variables,
    *,
    tenant_id: int,
    now: datetime,
    by: str,
    process_key: str | None = None,
) -> list[int]:
    """Hand a message to the one instance of each process that waits for that name and key; where none waits, start the process it starts.

    Return the ids of the instances that received it. An instance receives it once per subscription that was open before. Raises
    errors.Incident where two instances of one process wait for it, or two processes begin with it: a message has one receiver.
    """
    query = text(
        "select id, instance_id, process_key from subscription where tenant_id = :t and kind = 'message' and name = :n and key = :k"
        + (" and process_key = :p" if process_key else "")
        + " order by instance_id, scope, element_id, id"  # not by the id alone: two cases of one diagram would differ
    )
    waiting = tx.execute(query, {"t": tenant_id, "n": name, "k": business_key, "p": process_key}).all()
    _refuse_several(name, business_key, {(row.process_key, row.instance_id) for row in waiting})
    received = [
        instance_id for wait_id, instance_id, _ in waiting if receive(tx, tenant_id, instance_id, wait_id, name, variables, now=now, by=by)
    ]
    if received:
        return received
    started = _start(tx, name, business_key, variables, tenant_id=tenant_id, now=now, by=by, process_key=process_key)
    return [] if started is None else [started]


def _refuse_several(name: str, key: str | None, waiting: Iterable[tuple[str, int]]) -> None:
    for process_key, count in Counter(process for process, _ in waiting).items():
        if count > 1:
            raise errors.Incident(
                f"Auf die Nachricht „{name}“ mit dem Schlüssel „{key}“ warten {count} Vorgänge von „{process_key}“; nur einer darf sie "
                "bekommen. Bitte einen eindeutigen Korrelationsschlüssel verwenden oder einen Vorgang abbrechen."
            )


def receive(
    tx: Connection, tenant_id: int, instance_id: int, wait_id: UUID, name: str, variables: Variables, *, now: datetime, by: str
) -> bool:
    """Hand a message to one subscription; False when it is open no longer."""
    # Lock, then look again: an earlier receiver of this very message may have closed the subscription.
    locked = instances.lock(tx, tenant_id, instance_id)
    cursor = db.cursor(tx)
    cursor.execute("select 1 from subscription where tenant_id = %s and id = %s", (tenant_id, wait_id))
    if not cursor.fetchall():
        return False
    instances.advance_locked(tx, locked, Stimulus("message_received", wait_id=wait_id, name=name, variables=variables, by=by), now)
    return True


def _start(
    tx: Connection,
    name: str,
    business_key: str | None,
    variables: Variables,
    *,
    tenant_id: int,
    now: datetime,
    by: str,
    process_key: str | None,
) -> int | None:
    found = [
        (key, start_event)
        for key, start_event in deployments.event_starts(tx, "message", name, tenant_id=tenant_id)
        if process_key is None or process_key == key
    ]
    if len({key for key, _ in found}) > 1:
        begun = ", ".join(f"„{key}“" for key, _ in found)
        raise errors.Incident(f"Mit der Nachricht „{name}“ beginnen mehrere Prozesse ({begun}). Bitte am Sender „process_key“ angeben.")
    for key, start_event in found:
        instance = instances.start(tx, key, business_key or "", variables, tenant_id=tenant_id, now=now, by=by, start_event=start_event)
        return instance.id
    return None


def park(tx: Connection, tenant_id: int, outbox_id: int) -> incidents.PutAside | None:
    """Put a message aside after a failure and return it, or None when it is gone. Only a signal is for one instance."""
    query = text(
        "update outbox set parked = true, attempts = attempts + 1 where tenant_id = :t and id = :id returning message_id, instance_id"
    )
    row = tx.execute(query, {"t": tenant_id, "id": outbox_id}).first()
    return None if row is None else incidents.PutAside(row.message_id, row.instance_id)


def waiting(tx: Connection, tenant_id: int, name: str, process_key: str) -> dict[str, int]:
    """Return business key -> instance id of the instances of a process that wait for a message now."""
    query = text(
        "select key, instance_id from subscription where tenant_id = :t and kind = 'message' and name = :n and process_key = :p order by key"
    )
    return {row.key: row.instance_id for row in tx.execute(query, {"t": tenant_id, "n": name, "p": process_key})}
