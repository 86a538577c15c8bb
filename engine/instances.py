"""Process instances: start, advance, cancel. The only writer of `process_instance`.

Every command locks the instance row, calls the pure step and stores what it returned with one function call.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import psycopg
from sqlalchemy import Connection, text

from engine import clock, db, deployments, errors, values
from engine.protocol import Outgoing, Step, Stimulus, Variables, Wait
from engine.spiff import step as spiff
from engine.spiff.definition import Definition

GENESIS = b"\x00" * 32
READ = (
    "select id, uuid, bundle_id, process_key, business_key, rev, state, status, chain_head from process_instance"
    " where tenant_id = %s and id = %s for update"
)
STORE = "select store_step(%s::jsonb)"
INSERT = (
    "insert into process_instance (tenant_id, uuid, bundle_id, process_key, business_key, rev, state, status, chain_head, started_by,"
    " started_at) values (%s, %s, %s, %s, %s, 0, ''::bytea, 'running', %s, %s, %s) returning id"
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
class _Row:
    instance: Instance
    state: bytes
    head: bytes


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
) -> Instance:
    """Start the latest version of a process and return its instance.

    Raises errors.NotFound for an unknown process, errors.InvalidInput for variables that cannot be stored, errors.Incident when
    the first steps cannot go on; nothing is stored then.
    """
    bundle_id, definition = deployments.bundle_for_start(tx, process_key, tenant_id=tenant_id)
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
    cursor = _cursor(tx)
    cursor.execute(INSERT, (tenant_id, uuid, bundle_id, process_key, business_key, GENESIS, by, now))
    (identity,) = cursor.fetchall()[0]
    instance = Instance(tenant_id, identity, uuid, bundle_id, process_key, business_key, 0, "running")
    _run(tx, _Row(instance, b"", GENESIS), None, Stimulus("started", name=start_event, variables=variables, by=by), now, definition)
    return instance


def advance(tx: Connection, tenant_id: int, instance_id: int, stimulus: Stimulus, now: datetime) -> Step:
    """Lock the instance, take one step and store it.

    Raises errors.NotFound, errors.InvalidState (ended, or the wait is not open), errors.InvalidInput, errors.Incident, errors.Conflict.
    """
    row = _read(tx, tenant_id, instance_id)
    if row.instance.status != "running":
        raise errors.InvalidState(f"Der Vorgang „{row.instance.business_key}“ ist schon beendet ({row.instance.status}).")
    definition = deployments.definition_of_bundle(tx, row.instance.bundle_id, tenant_id=tenant_id)
    live = db.runtime(tx).take_live(tx, tenant_id, instance_id, row.head)
    return _run(tx, row, live if live is not None else row.state, stimulus, now, definition)


def cancel(tx: Connection, tenant_id: int, instance_id: int, *, reason: str, by: str, now: datetime) -> Step:
    """End an instance from outside, with a reason that stands in its history."""
    return advance(tx, tenant_id, instance_id, Stimulus("cancelled", name=reason, by=by), now)


def _run(tx: Connection, row: _Row, before: object, stimulus: Stimulus, now: datetime, definition: Definition) -> Step:
    instance, runtime = row.instance, db.runtime(tx)
    decisions = (
        deployments.bound_decisions(tx, definition, instance.bundle_id, tenant_id=instance.tenant_id) if definition.decisions else {}
    )
    made, live = spiff.step(
        definition, before, stimulus, now, instance_id=instance.uuid, business_key=instance.business_key,  # type: ignore[arg-type]
        decisions=decisions, functions=runtime.functions,
    )  # fmt: skip
    head = store(tx, instance, row.head, stimulus, made, now)
    if live is not None:
        runtime.put_live(tx, instance.tenant_id, instance.id, head, live)
    return made


# ---------------------------------------------------------------- storing
def store(tx: Connection, instance: Instance, head: bytes, stimulus: Stimulus, made: Step, now: datetime) -> bytes:
    """Store a step with one call and return the new head of the chain. Raises errors.Conflict when another command was faster."""
    payload = payload_of(instance.rev, stimulus, made, now)
    new_head = hashlib.sha256(head + payload.encode()).digest()
    stored = _cursor(tx)
    stored.execute(STORE, (_parameter(tx, instance, stimulus, made, now, payload, new_head),))
    if not stored.fetchall()[0][0]:
        raise errors.Conflict(f"Der Vorgang „{instance.business_key}“ wurde gerade von jemand anderem geändert. Bitte neu laden.")
    return new_head


def payload_of(seq: int, stimulus: Stimulus, made: Step, now: datetime) -> str:
    """Return the canonical JSON of a command: what the chain hashes and replay folds again."""
    return values.to_json({
        "seq": seq,
        "at": now,
        "stimulus": {
            "kind": stimulus.kind,
            "wait": None if stimulus.wait_id is None else str(stimulus.wait_id),
            "name": stimulus.name,
            "variables": values.check(stimulus.variables),
            "by": stimulus.by,
        },
        "decisions": dict(made.decisions_used),
        "events": [[event.kind, event.element_id, event.scope, dict(event.detail)] for event in made.events],
    })  # fmt: skip


def _parameter(tx: Connection, instance: Instance, stimulus: Stimulus, made: Step, now: datetime, payload: str, head: bytes) -> str:
    effective = now.isoformat()
    p: dict[str, object] = {
        "tenant": instance.tenant_id,
        "instance": instance.id,
        "rev": instance.rev,
        "state": base64.b64encode(made.state).decode(),
        "status": made.outcome or "running",
        "variables": values.jsonable(made.variables),
        "head": head.hex(),
        "ended_by": stimulus.by or "",
        "history": {
            "seq": instance.rev,
            "kind": stimulus.kind,
            "actor": stimulus.by or "",
            "effective_at": effective,
            "payload": payload,
        },
    }
    if stimulus.wait_id is not None:
        p["answered"] = str(stimulus.wait_id)
    if made.closed:
        p["closed"] = [str(gone) for gone in made.closed]
    for wait in made.opened:
        list_name, row = _ROWS[wait.kind](wait, instance)
        rows = p.setdefault(list_name, [])
        if isinstance(rows, list):
            rows.append(row)
    if made.outgoing:
        p["outgoing"] = [_outgoing(tx, instance, outgoing) for outgoing in made.outgoing]
    return json.dumps(p, ensure_ascii=False)


def _base(wait: Wait) -> dict[str, object]:
    return {"id": str(wait.id), "element_id": wait.element_id, "label": wait.label, "scope": wait.scope}


def _task(wait: Wait, instance: Instance) -> tuple[str, dict[str, object]]:
    return "tasks", _base(wait) | {
        "form": wait.form, "assignee": wait.assignee, "candidate_groups": list(wait.candidate_groups), "priority": wait.priority,
        "candidate_users": list(wait.candidate_users), "due_at": _iso(wait.due_at), "follow_up_at": _iso(wait.follow_up_at),
        "variables": values.jsonable(dict(wait.variables)), "properties": dict(wait.properties),
    }  # fmt: skip


def _job(wait: Wait, instance: Instance) -> tuple[str, dict[str, object]]:
    return "jobs", _base(wait) | {
        "topic": wait.name, "variables": values.jsonable(dict(wait.variables)), "properties": dict(wait.properties),
        "priority": wait.priority, "retries": wait.retries,
    }  # fmt: skip


def _timer(wait: Wait, instance: Instance) -> tuple[str, dict[str, object]]:
    return "timers", _base(wait) | {"due_at": _iso(wait.due_at)}


def _subscription(wait: Wait, instance: Instance) -> tuple[str, dict[str, object]]:
    key = (wait.correlation or instance.business_key) if wait.kind == "message" else None
    return "subscriptions", _base(wait) | {"kind": wait.kind, "name": wait.name, "key": key, "process_key": instance.process_key}


_ROWS = {
    "user_task": _task, "job": _job, "timer": _timer, "message": _subscription, "signal": _subscription, "condition": _subscription,
}  # fmt: skip


def _outgoing(tx: Connection, instance: Instance, outgoing: Outgoing) -> dict[str, object]:
    payload = {name: value for name, value in outgoing.variables.items() if not name.startswith("@")}
    receiver, process_key = outgoing.variables.get("@to_tenant"), outgoing.variables.get("@process_key")
    tenant_id = deployments.tenant_by_slug(tx, str(receiver), beside=instance.tenant_id) if receiver else instance.tenant_id
    return {
        "tenant": tenant_id, "id": str(uuid5(outgoing.id, "outgoing")), "kind": outgoing.kind, "name": outgoing.name,
        "key": outgoing.correlation, "process_key": None if process_key is None else str(process_key),
        "variables": values.jsonable(payload),
        "optional": outgoing.kind == "signal" or str(outgoing.variables.get("@optional", "")).lower() == "true",
    }  # fmt: skip


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


# ---------------------------------------------------------------- reading
def _cursor(tx: Connection) -> psycopg.Cursor[Any]:
    """Return a raw cursor of the transaction's connection: the ORM and Core cost a multiple of the step itself here."""
    cursor: psycopg.Cursor[Any] = tx.connection.cursor()  # type: ignore[assignment]  # the driver is psycopg
    return cursor


def _read(tx: Connection, tenant_id: int, instance_id: int) -> _Row:
    cursor = _cursor(tx)
    cursor.execute(READ, (tenant_id, instance_id))
    row = cursor.fetchone()
    if row is None:
        raise errors.NotFound("Den Vorgang gibt es nicht.")
    identity, uuid, bundle_id, process_key, business_key, rev, state, status, head = row
    instance = Instance(tenant_id, identity, uuid, bundle_id, process_key, business_key, rev, status)
    return _Row(instance, bytes(state), bytes(head))


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


def _select(tx: Connection, where: str, parameters: Mapping[str, object]) -> list[Instance]:
    query = f"select tenant_id, id, uuid, bundle_id, process_key, business_key, rev, status from process_instance where {where} order by id"
    return [Instance(*row) for row in tx.execute(text(query), dict(parameters))]
