"""What `store_step` takes: one JSON object with everything a step caused, its waits as rows of their tables."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid5

from sqlalchemy import Connection

from engine import deployments, values
from engine.protocol import Outgoing, Step, Stimulus, Wait
from engine.spiff import step as spiff

if TYPE_CHECKING:
    from engine import instances


def of(tx: Connection, locked: instances.Locked, stimulus: Stimulus, made: Step, now: datetime, payload: str, head: bytes) -> str:
    """Return the one parameter of `store_step`."""
    instance = locked.instance
    p: dict[str, object] = {
        "tenant": instance.tenant_id,
        "instance": instance.id,
        "rev": instance.rev,
        "state": base64.b64encode(made.state).decode(),
        "status": made.outcome or "running",
        "head": head.hex(),
        "history": {
            "kind": stimulus.kind,
            "actor": stimulus.by or "",
            "effective_at": now.isoformat(),
            "recorded_at": locked.recorded_at.isoformat(),
            "payload": payload,
        },
    }
    if made.variables_changed is None or not made.variables_changed <= made.variables.keys():  # one of them was removed
        p["variables"] = dict(made.variables.items())
    elif made.variables_changed:
        p["variables_set"] = {name: made.variables[name] for name in made.variables_changed}
    if made.children:
        p["children"] = [{"number": child, "state": base64.b64encode(state).decode()} for child, state in made.children.items()]
    if made.children_ended:
        p["children_ended"] = list(made.children_ended)
    if made.outcome is not None and spiff.has_children_apart(locked.state):
        p["children_over"] = True
    if stimulus.wait_id is not None:
        p["answered"] = str(stimulus.wait_id)
    if stimulus.migration is not None:
        p["bundle"] = stimulus.migration.to_bundle
        p["changed"] = [{"id": str(change.id), "kind": change.kind, "fields": _columns(change.fields)} for change in made.changed]
    if made.closed:
        p["closed"] = [str(gone) for gone in made.closed]
    for wait in made.opened:
        list_name, row = _ROWS[wait.kind](wait, instance)
        rows = p.setdefault(list_name, [])
        if isinstance(rows, list):
            rows.append(row)
    outgoing = [_message(tx, instance, thrown) for thrown in made.outgoing if thrown.kind == "message"]
    signals = [thrown for thrown in made.outgoing if thrown.kind == "signal"]
    if signals:
        p["signals"] = [_signal(made, thrown) for thrown in signals]
        outgoing += [row for thrown in signals for row in _signal_starts(tx, instance, thrown)]
    if outgoing:
        p["outgoing"] = outgoing
    return values.to_json(p)


def _base(wait: Wait) -> dict[str, object]:
    base: dict[str, object] = {"id": str(wait.id), "element_id": wait.element_id, "label": wait.label, "scope": wait.scope}
    return base if wait.child is None else base | {"child": wait.child}


def _task(wait: Wait, instance: instances.Instance) -> tuple[str, dict[str, object]]:
    return "tasks", _base(wait) | {
        "form": wait.form, "assignee": wait.assignee, "candidate_groups": wait.candidate_groups, "priority": wait.priority,
        "candidate_users": wait.candidate_users, "due_at": _iso(wait.due_at), "follow_up_at": _iso(wait.follow_up_at),
        "variables": wait.variables, "properties": wait.properties,
    }  # fmt: skip


def _job(wait: Wait, instance: instances.Instance) -> tuple[str, dict[str, object]]:
    return "jobs", _base(wait) | {
        "topic": wait.name, "variables": wait.variables, "properties": wait.properties, "priority": wait.priority, "retries": wait.retries,
    }  # fmt: skip


def _timer(wait: Wait, instance: instances.Instance) -> tuple[str, dict[str, object]]:
    return "timers", _base(wait) | {"due_at": _iso(wait.due_at)}


def _subscription(wait: Wait, instance: instances.Instance) -> tuple[str, dict[str, object]]:
    key = (wait.correlation or instance.business_key) if wait.kind == "message" else None
    return "subscriptions", _base(wait) | {"kind": wait.kind, "name": wait.name, "key": key, "process_key": instance.process_key}


_ROWS = {
    "user_task": _task, "job": _job, "timer": _timer, "message": _subscription, "signal": _subscription, "condition": _subscription,
}  # fmt: skip


def _message(tx: Connection, instance: instances.Instance, thrown: Outgoing) -> dict[str, object]:
    payload = {name: value for name, value in thrown.variables.items() if not name.startswith("@")}
    receiver, process_key = thrown.variables.get("@to_tenant"), thrown.variables.get("@process_key")
    tenant_id = deployments.tenant_by_slug(tx, str(receiver), beside=instance.tenant_id) if receiver else instance.tenant_id
    return {
        "tenant": tenant_id, "id": str(uuid5(thrown.id, "outgoing")), "kind": "message", "name": thrown.name,
        "key": thrown.correlation, "process_key": None if process_key is None else str(process_key), "variables": payload,
        "optional": str(thrown.variables.get("@optional", "")).lower() == "true",
    }  # fmt: skip


def _signal(made: Step, thrown: Outgoing) -> dict[str, object]:
    later = [str(wait.id) for wait in made.opened if wait.kind == "signal" and wait.id not in thrown.opened_before]
    return {"name": thrown.name, "variables": thrown.variables, "later": later}


def _signal_starts(tx: Connection, instance: instances.Instance, thrown: Outgoing) -> list[dict[str, object]]:
    """Return one row of the outbox per process that a signal starts."""
    return [
        {
            "tenant": instance.tenant_id, "id": str(uuid5(thrown.id, f"{key}/{element}")), "kind": "signal", "name": thrown.name,
            "process_key": key, "start_event": element, "variables": thrown.variables, "optional": True,
        }
        for key, element in deployments.event_starts(tx, "signal", thrown.name, tenant_id=instance.tenant_id)
    ]  # fmt: skip


def _columns(fields: Mapping[str, object]) -> dict[str, object]:
    """Return what a wait says anew as a row takes it."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
