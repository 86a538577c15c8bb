"""Process instances: start, advance, cancel. The only writer of `process_instance`.

Every command locks the instance row, calls the pure step and stores what it returned with one function call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine import bundles, clock, db, decisions, documents, errors, files, loop_children, payloads, store_calls, values
from engine.protocol import Step, Stimulus, Variables
from engine.spiff import children
from engine.spiff import migration as spiff_migration
from engine.spiff import step as spiff
from engine.spiff import visible as spiff_visible
from engine.spiff.definition import Definition

GENESIS = b"\x00" * 32
COLUMNS = (
    "p.id, p.uuid, p.bundle_id, p.process_key, p.business_key, p.rev, p.status, p.state, p.chain_head, clock_timestamp() as recorded_at"
)
READ = f"select {COLUMNS} from process_instance p where p.tenant_id = %s and p.id = %s for update"
STORE = "select store_step(%s::jsonb)"
INSERT = (
    "insert into process_instance (tenant_id, uuid, bundle_id, process_key, business_key, rev, state, status, chain_head, started_by,"
    " started_at) values (%s, %s, %s, %s, %s, 0, ''::bytea, 'running', %s, %s, %s) returning id, clock_timestamp()"
)


@dataclass(frozen=True, slots=True)
class Instance:
    """A process instance as rows know it; `uuid` is what URLs and clients use."""

    tenant_id: int
    id: int
    uuid: UUID
    bundle_id: int
    process_key: str
    business_key: str
    rev: int
    status: str


@dataclass(frozen=True, slots=True)
class Locked:
    """An instance whose row this transaction has locked, with its state, the head of its chain and the database's clock."""

    instance: Instance
    state: bytes
    head: bytes
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was computed and is not stored yet: what it made, the call that stores it, and the head it leads to."""

    locked: Locked
    step: Step
    call: str
    head: bytes
    live: spiff.Live | None


def start(
    tx: Connection,
    process_key: str,
    business_key: str,
    variables: Variables,
    *,
    tenant_id: int,
    now: datetime,
    by: str,
    start_event: str | None = None,
    version: int | None = None,
) -> Instance:
    """Start the latest (or a given) version of a process and return its instance.

    Raises errors.NotFound for an unknown process, errors.InvalidInput for variables that cannot be stored, errors.Incident when
    the first steps cannot go on; nothing is stored then.
    """
    bundle_id, definition = bundles.for_start(tx, process_key, tenant_id=tenant_id, version=version)
    return start_bundle(
        tx, bundle_id, definition, process_key, business_key, variables, tenant_id=tenant_id, now=now, by=by, start_event=start_event
    )


def start_bundle(
    tx: Connection,
    bundle_id: int,
    definition: Definition,
    process_key: str,
    business_key: str,
    variables: Variables,
    *,
    tenant_id: int,
    now: datetime,
    by: str,
    start_event: str | None = None,
) -> Instance:
    """Start an instance of an already resolved bundle; for bulk starts."""
    uuid = clock.new_uuid()
    cursor = db.cursor(tx)
    cursor.execute(INSERT, (tenant_id, uuid, bundle_id, process_key, business_key, GENESIS, by, now))
    ((identity, recorded_at),) = cursor.fetchall()
    instance = Instance(tenant_id, identity, uuid, bundle_id, process_key, business_key, 0, "running")
    stimulus = Stimulus("started", name=start_event, variables=variables, by=by)
    store(tx, take(tx, Locked(instance, b"", GENESIS, recorded_at), stimulus, now, definition))
    return instance


def advance(tx: Connection, tenant_id: int, instance_id: int, stimulus: Stimulus, now: datetime) -> Step:
    """Lock the instance, take one step and store it.

    Raises errors.NotFound, errors.InvalidState (ended, or the wait is not open), errors.InvalidInput, errors.Incident, errors.Conflict.
    """
    return advance_locked(tx, lock(tx, tenant_id, instance_id), stimulus, now)


def advance_locked(tx: Connection, locked: Locked, stimulus: Stimulus, now: datetime) -> Step:
    """Take one step of an instance that is locked already, and store it."""
    taken = take(tx, locked, stimulus, now)
    store(tx, taken)
    return taken.step


def cancel(tx: Connection, tenant_id: int, instance_id: int, *, reason: str, by: str, now: datetime) -> Step:
    """End an instance from outside, with a reason that stands in its history."""
    return advance(tx, tenant_id, instance_id, Stimulus("cancelled", name=reason, by=by), now)


def set_variables(
    tx: Connection,
    tenant_id: int,
    instance_id: int,
    variables: Variables,
    *,
    reason: str,
    by: str,
    now: datetime,
    removed: Sequence[str] = (),
) -> Step:
    """Set and remove process variables from outside; conditions are looked at again. Values and reason stand in history."""
    if not reason.strip():
        raise errors.InvalidInput("Bitte angeben, warum die Werte geändert werden.", {"reason": "Bitte ausfüllen."})
    return advance(
        tx, tenant_id, instance_id, Stimulus("variables_set", name=reason.strip(), variables=variables, by=by, removed=tuple(removed)), now
    )


def take(tx: Connection, locked: Locked, stimulus: Stimulus, now: datetime, definition: Definition | None = None) -> Taken:
    """Compute one step of a locked instance; nothing is written. Raises like `advance`."""
    instance, runtime, now = locked.instance, db.runtime(tx), now.astimezone(UTC)
    if instance.status != "running":
        raise errors.InvalidState(f"Der Vorgang „{instance.business_key}“ ist schon beendet ({instance.status}).")
    definition = definition or bundles.definition(tx, instance.bundle_id)
    before: bytes | spiff.Live | None = locked.state or None
    if before is not None:
        before = runtime.take_live(tx, instance.tenant_id, instance.id, locked.head) or before

    def compute(state: bytes | spiff.Live | None, given: Mapping[int, bytes]) -> tuple[Step, spiff.Live | None]:
        if stimulus.migration is not None and state is not None:
            return _migrate(tx, instance, definition, state, stimulus, now, given)
        bound = decisions.bound(tx, definition, instance.bundle_id, tenant_id=instance.tenant_id) if definition.decisions else {}
        return spiff.step(
            definition, state, stimulus, now, instance_id=instance.uuid, business_key=instance.business_key, decisions=bound,
            functions=runtime.functions, given=given, split_above=runtime.split_above,
        )  # fmt: skip

    if before is not None and spiff.has_children_apart(locked.state):
        some = loop_children.of_wait(tx, instance.tenant_id, instance.id, stimulus.wait_id)
        made, live = children.with_what_it_needs(
            compute, before, locked.state, some, lambda: loop_children.all_of(tx, instance.tenant_id, instance.id)
        )  # fmt: skip
    else:
        made, live = compute(before, {})
    payload = payloads.of(instance.rev, stimulus, made, now, locked.recorded_at)
    if documents.PREFIX in payload:
        files.refuse_unknown(tx, instance.tenant_id, stimulus.variables, stimulus.local)
    head = hashlib.sha256(locked.head + payload.encode()).digest()
    return Taken(locked, made, store_calls.of(tx, locked, stimulus, made, now, payload, head), head, live)


def _migrate(
    tx: Connection,
    instance: Instance,
    definition: Definition,
    before: bytes | spiff.Live,
    stimulus: Stimulus,
    now: datetime,
    given: Mapping[int, bytes],
) -> tuple[Step, spiff.Live | None]:
    """Compute the step that moves an instance to another bundle."""
    told = stimulus.migration
    if told is None or told.from_bundle != instance.bundle_id:
        raise errors.Conflict(f"Der Vorgang „{instance.business_key}“ läuft inzwischen mit einer anderen Fassung. Bitte neu laden.")
    target = bundles.definition(tx, told.to_bundle)
    bound = decisions.bound(tx, target, told.to_bundle, tenant_id=instance.tenant_id) if target.decisions else {}
    return spiff_migration.migrate(
        definition, target, before, stimulus, now, instance_id=instance.uuid, business_key=instance.business_key,
        decisions=bound, functions=db.runtime(tx).functions, given=given,
    )  # fmt: skip


# ---------------------------------------------------------------- storing
def store(tx: Connection, taken: Taken) -> None:
    """Store a step with one call. Raises errors.Conflict when another command was faster."""
    cursor = db.cursor(tx)
    cursor.execute(STORE, (taken.call,))
    if not cursor.fetchall()[0][0]:
        raise _faster(taken.locked.instance)
    _keep(tx, taken)


def store_all(tx: Connection, steps: Sequence[Taken]) -> None:
    """Store the steps of many instances with one call: all or none. Raises errors.Conflict."""
    if not steps:
        return
    cursor = db.cursor(tx)
    cursor.execute("select store_steps(%s::jsonb)", (f"[{','.join(taken.call for taken in steps)}]",))
    missed = cursor.fetchall()[0][0]
    if missed is not None:
        raise _faster(steps[missed].locked.instance)
    for taken in steps:
        _keep(tx, taken)


def _faster(instance: Instance) -> errors.Conflict:
    return errors.Conflict(f"Der Vorgang „{instance.business_key}“ wurde gerade von jemand anderem geändert. Bitte neu laden.")


def _keep(tx: Connection, taken: Taken) -> None:
    if taken.live is not None:
        instance = taken.locked.instance
        db.runtime(tx).put_live(tx, instance.tenant_id, instance.id, taken.head, taken.live)


# ---------------------------------------------------------------- reading
def lock(tx: Connection, tenant_id: int, instance_id: int) -> Locked:
    """Lock the instance's row until the end of the transaction and return it. Raises errors.NotFound."""
    cursor = db.cursor(tx)
    cursor.execute(READ, (tenant_id, instance_id))
    row = cursor.fetchone()
    if row is None:
        raise errors.NotFound("Den Vorgang gibt es nicht.")
    return locked_row(tenant_id, row)


def hold(tx: Connection, tenant_id: int, instance_id: int) -> None:
    """Lock the instance's row for a command that takes no step: it comes first, whatever else is locked then."""
    tx.execute(text("select 1 from process_instance where tenant_id = :t and id = :i for update"), {"t": tenant_id, "i": instance_id})


def lock_all(tx: Connection, tenant_id: int, instance_ids: Sequence[int]) -> dict[int, Locked]:
    """Lock many instances in the order of their ids, so that two callers cannot wait for each other; return id -> instance."""
    cursor = db.cursor(tx)
    cursor.execute(
        f"select {COLUMNS} from process_instance p where p.tenant_id = %s and p.id = any(%s) order by p.id for update",
        (tenant_id, list(instance_ids)),
    )
    return {row[0]: locked_row(tenant_id, row) for row in cursor.fetchall()}


def look_all(tx: Connection, tenant_id: int, instance_ids: Sequence[int]) -> list[Locked]:
    """Return instances as they are at this moment, without a lock: for trying something out, never for a command."""
    cursor = db.cursor(tx)
    query = f"select {COLUMNS} from process_instance p where p.tenant_id = %s and p.id = any(%s) order by p.id"
    cursor.execute(query, (tenant_id, list(instance_ids)))
    return [locked_row(tenant_id, row) for row in cursor.fetchall()]


def locked_row(tenant_id: int, row: Sequence[Any]) -> Locked:
    """Return the instance of a row of COLUMNS."""
    identity, uuid, bundle_id, process_key, business_key, rev, status, state, head, recorded_at = row
    instance = Instance(tenant_id, identity, uuid, bundle_id, process_key, business_key, rev, status)
    return Locked(instance, bytes(state), bytes(head), recorded_at)


def get(tx: Connection, tenant_id: int, uuid: UUID) -> Instance:
    """Return an instance by its uuid. Raises errors.NotFound."""
    found = _select(tx, "tenant_id = :tenant and uuid = :uuid", {"tenant": tenant_id, "uuid": uuid})
    if not found:
        raise errors.NotFound("Den Vorgang gibt es nicht, oder er gehört einem anderen Mandanten.")
    return found[0]


def of_key(tx: Connection, tenant_id: int, business_key: str, process_key: str | None = None) -> list[Instance]:
    """Return the instances with a business key, oldest first."""
    where = "tenant_id = :tenant and business_key = :key" + (" and process_key = :process" if process_key else "")
    return _select(tx, where, {"tenant": tenant_id, "key": business_key, "process": process_key})


def variables_of(tx: Connection, tenant_id: int, instance_id: int) -> dict[str, object]:
    """Return the variables of the top scope after the last step."""
    found = tx.execute(
        text("select variables from process_instance where tenant_id = :tenant and id = :id"), {"tenant": tenant_id, "id": instance_id}
    ).scalar()
    restored: dict[str, object] = values.from_jsonable(found or {})
    return restored


def visible(
    tx: Connection, tenant_id: int, instance_id: int, wait_ids: Sequence[UUID]
) -> dict[UUID, tuple[dict[str, object], dict[str, object]]]:
    """Return wait -> (its own variables, all it sees), read from the state of a running instance."""
    query = text(
        "select uuid, bundle_id, business_key, state from process_instance where tenant_id = :t and id = :i and status = 'running'"
    )
    row = tx.execute(query, {"t": tenant_id, "i": instance_id}).first()
    if row is None:
        return {}
    definition = bundles.definition(tx, row.bundle_id)
    state = bytes(row.state)
    given = loop_children.of_waits(tx, tenant_id, instance_id, wait_ids) if spiff.has_children_apart(state) else {}
    return spiff_visible.variables(state, definition, wait_ids, instance_id=row.uuid, business_key=row.business_key, given=given)


def _select(tx: Connection, where: str, parameters: Mapping[str, object]) -> list[Instance]:
    query = f"select tenant_id, id, uuid, bundle_id, process_key, business_key, rev, status from process_instance where {where} order by id"
    return [Instance(*row) for row in tx.execute(text(query), dict(parameters))]
