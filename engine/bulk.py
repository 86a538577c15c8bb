"""Many instances in one transaction: one read, pure steps, one call that stores them all. One that fails leaves the others alone.

50 to 200 instances per transaction is the range to use: below it the round trips count, above it locks are held too long.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from engine import bundles, clock, db, errors, instances
from engine.protocol import Stimulus, Variables

CHUNK = 100
INSERT = (
    "insert into process_instance (tenant_id, uuid, bundle_id, process_key, business_key, rev, state, status, chain_head, started_by,"
    " started_at) select %s, w.uuid, %s, %s, w.key, 0, ''::bytea, 'running', %s, %s, %s"
    " from jsonb_to_recordset(%s::jsonb) as w(number int, uuid uuid, key text) order by w.number returning id, uuid, clock_timestamp()"
)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Started:
    """instances: index of the item -> its instance. failed: index of the item -> German message; nothing of it was stored."""

    instances: Mapping[int, instances.Instance]
    failed: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Advanced:
    """steps: instance id -> what its command caused, stored. failed: instance id -> German message; it stands where it stood."""

    steps: Mapping[int, instances.Taken]
    failed: Mapping[int, str]


def start(
    tx: Connection,
    process_key: str,
    items: Sequence[tuple[str, Variables]],
    *,
    tenant_id: int,
    now: datetime,
    by: str,
    start_event: str | None = None,
) -> Started:
    """Start one instance per (business key, variables). Raises errors.NotFound for an unknown process."""
    bundle_id, definition = bundles.for_start(tx, process_key, tenant_id=tenant_id)
    uuids = [clock.new_uuid() for _ in items]
    rows = [{"number": n, "uuid": str(uuids[n]), "key": key} for n, (key, _) in enumerate(items)]
    cursor = db.cursor(tx)
    cursor.execute(INSERT, (tenant_id, bundle_id, process_key, instances.GENESIS, by, now, json.dumps(rows)))
    stored = {uuid: (identity, recorded_at) for identity, uuid, recorded_at in cursor.fetchall()}
    made: dict[int, instances.Taken] = {}
    failed: dict[int, str] = {}
    for number, (key, variables) in enumerate(items):
        identity, recorded_at = stored[uuids[number]]
        instance = instances.Instance(tenant_id, identity, uuids[number], bundle_id, process_key, key, 0, "running")
        stimulus = Stimulus("started", name=start_event, variables=variables, by=by)
        locked = instances.Locked(instance, b"", instances.GENESIS, recorded_at)
        try:
            made[number] = instances.take(tx, locked, stimulus, now, definition)
        except (errors.Rejected, errors.Incident) as fault:
            failed[number] = str(fault)
    if failed:
        never = [stored[uuids[number]][0] for number in failed]
        cursor.execute("delete from process_instance where tenant_id = %s and id = any(%s)", (tenant_id, never))
    instances.store_all(tx, list(made.values()))
    return Started({number: taken.locked.instance for number, taken in made.items()}, failed)


def advance(tx: Connection, tenant_id: int, commands: Mapping[int, Stimulus], now: datetime) -> Advanced:
    """Give each instance its command (instance id -> stimulus), one command each."""
    found = instances.lock_all(tx, tenant_id, list(commands))
    made: dict[int, instances.Taken] = {}
    failed = {instance_id: "Den Vorgang gibt es nicht." for instance_id in commands if instance_id not in found}
    for instance_id, locked in found.items():
        try:
            made[instance_id] = instances.take(tx, locked, commands[instance_id], now)
        except (errors.Rejected, errors.Incident) as fault:
            failed[instance_id] = str(fault)
    instances.store_all(tx, list(made.values()))
    return Advanced(made, failed)


def each(tx: Connection, items: Iterable[Item], act: Callable[[Connection, Item], object]) -> dict[int, str]:
    """Do something that writes more than steps for every item, each under a savepoint; return index -> message of those that failed."""
    failed: dict[int, str] = {}
    for number, item in enumerate(items):
        try:
            with tx.begin_nested():
                act(tx, item)
        except (errors.Rejected, errors.Incident) as fault:
            failed[number] = str(fault)
    return failed
