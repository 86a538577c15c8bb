"""Complete a user task: check the submission against the pinned form, keep free text in the case file, take the step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

import forms
from engine import bundles, errors, instances, user_tasks
from processes.casefile import notes, view

BERLIN = ZoneInfo("Europe/Berlin")


def form_of(tx: Connection, task: user_tasks.UserTask) -> forms.Form | None:
    """Return the form that the task's instance keeps, or None where none is drawn."""
    if task.form is None:
        return None
    _, content = bundles.pinned(tx, task.bundle_id, "form", task.form)
    return forms.read(content)


def variables_of(tx: Connection, task: user_tasks.UserTask) -> dict[str, object]:
    """Return what the task's form may show: the instance's variables and the task's own inputs."""
    return {**instances.variables_of(tx, task.tenant_id, task.instance_id), **task.variables}


def data_of(tx: Connection, task: user_tasks.UserTask, *, now: datetime) -> tuple[forms.Form | None, dict[str, object]]:
    """Return the form and the data it is prefilled with."""
    form = form_of(tx, task)
    if form is None:
        return None, {}
    variables = variables_of(tx, task)
    return form, forms.prefill(form, variables, now=now, context={"akte": _file_facts(tx, variables, now)})


def complete(
    tx: Connection, tenant_id: int, task_id: UUID, submitted: Mapping[str, object], *, by: str, now: datetime
) -> user_tasks.Completion:
    """Complete a task with what the browser sent. Raises errors.InvalidInput with one message per field; nothing is stored then."""
    task = user_tasks.open_task(tx, tenant_id, task_id)
    form = form_of(tx, task)
    checked: dict[str, object] = {}
    if form is not None:
        variables = variables_of(tx, task)
        result = forms.validate(form, submitted, variables, now=now, context={"akte": _file_facts(tx, variables, now)})
        if not result.is_valid:
            raise errors.InvalidInput("Bitte die markierten Felder berichtigen. Es wurde nichts gespeichert.", result.errors)
        checked = _with_notes(tx, task, form, result.values, by=by, now=now)
    return user_tasks.complete(tx, tenant_id, task_id, checked, by=by, now=now)


def _with_notes(
    tx: Connection, task: user_tasks.UserTask, form: forms.Form, checked: dict[str, object], *, by: str, now: datetime
) -> dict[str, object]:
    """Keep free text in the case file; the process gets a reference, so that history holds no names and erasure stays possible."""
    return _kept(tx, task, form.components, checked, by=by, now=now)


def _kept(
    tx: Connection,
    task: user_tasks.UserTask,
    components: tuple[forms.Component, ...],
    values: Mapping[str, object],
    *,
    by: str,
    now: datetime,
) -> dict[str, object]:
    """Return the values of one level with its free texts replaced; rows of dynamic lists likewise."""
    kept = dict(values)
    for component in components:
        name = component.path[0] if component.path else ""
        value = kept.get(name)
        if component.type == "dynamiclist" and isinstance(value, list):
            kept[name] = [_kept(tx, task, component.children, row, by=by, now=now) if isinstance(row, Mapping) else row for row in value]
        elif component.type == "group" and not component.path:
            kept = _kept(tx, task, component.children, kept, by=by, now=now)
        elif component.note and isinstance(value, str) and value.strip() and not value.startswith("notiz:"):
            note = notes.keep(
                tx,
                tenant_id=task.tenant_id,
                subject=f"{task.label}: {component.label}",
                body=value,
                by=by,
                now=now,
                business_key=task.business_key,
            )
            kept[name] = f"notiz:{note}"
    return kept


def _file_facts(tx: Connection, variables: Mapping[str, object], now: datetime) -> dict[str, object]:
    return view.form_context(tx, variables, now.astimezone(BERLIN).date())
