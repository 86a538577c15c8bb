"""Complete a user task: check the submission against the pinned form, keep free text in the case file, take the step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

import forms
from api import chosen_files
from engine import bundles, documents, errors, files, instances, user_tasks
from forms import paths
from processes.casefile import notes, view

BERLIN = ZoneInfo("Europe/Berlin")


def form_of(tx: Connection, task: user_tasks.UserTask) -> forms.Form | None:
    """Return the form that the task's instance keeps, or None where none is drawn."""
    if task.form is None:
        return None
    _, content = bundles.pinned(tx, task.bundle_id, "form", task.form)
    return forms.read(content)


def variables_of(tx: Connection, task: user_tasks.UserTask) -> dict[str, object]:
    """Return what the task's form may show: all that the task sees, its own inputs first.

    At the top of the process that stands on the row; inside a subprocess, a call or a loop the state is asked.
    """
    if task.scope:
        found = instances.visible(tx, task.tenant_id, task.instance_id, [task.id])
        if task.id in found:
            return {**found[task.id][1], **task.variables}
    return {**instances.variables_of(tx, task.tenant_id, task.instance_id), **task.variables}


def data_of(tx: Connection, task: user_tasks.UserTask, *, now: datetime) -> tuple[forms.Form | None, dict[str, object]]:
    """Return the form and the data it is prefilled with."""
    form = form_of(tx, task)
    if form is None:
        return None, {}
    variables = files.named(tx, task.tenant_id, variables_of(tx, task))
    return form, forms.prefill(form, variables, now=now, context={"akte": _file_facts(tx, variables, now)})


def complete(
    tx: Connection,
    tenant_id: int,
    task_id: UUID,
    submitted: Mapping[str, object],
    *,
    by: str,
    now: datetime,
    formless: Mapping[str, object] | None = None,
    chosen: chosen_files.Chosen | None = None,
) -> user_tasks.Completion:
    """Complete a task with what was typed into its form. Raises errors.InvalidInput with one message per field; nothing is stored then.

    formless: the variables that a task sets for which no form is drawn; a page has none, a program may send some.
    chosen: the files that came with it, by the key that stands for them in what was typed.
    """
    task = user_tasks.open_task(tx, tenant_id, task_id)
    form = form_of(tx, task)
    checked = dict(formless or {})
    if form is not None:
        variables = files.named(tx, tenant_id, variables_of(tx, task))
        context = {"akte": _file_facts(tx, variables, now)}
        result = forms.validate(form, submitted, variables, now=now, context=context, chosen=chosen_files.shown(chosen))
        if not result.is_valid:
            raise errors.InvalidInput("Bitte die markierten Felder berichtigen. Es wurde nichts gespeichert.", result.errors)
        checked = kept(
            tx, form, result.values, chosen, tenant_id=tenant_id, label=task.label, business_key=task.business_key, by=by, now=now
        )
    return user_tasks.complete(tx, tenant_id, task_id, checked, by=by, now=now)


def kept(
    tx: Connection,
    form: forms.Form,
    values: Mapping[str, object],
    chosen: chosen_files.Chosen | None = None,
    *,
    tenant_id: int,
    label: str,
    business_key: str,
    by: str,
    now: datetime,
) -> dict[str, object]:
    """Keep free text in the case file and chosen files beside it; the process gets references, so that history holds no names and
    erasure stays possible.

    label: the task or process the text was written for.
    """

    def keep(component: forms.Component, text: str) -> str:
        subject = f"{label}: {component.label}"
        note = notes.keep(tx, tenant_id=tenant_id, subject=subject, body=text, by=by, now=now, business_key=business_key)
        return f"notiz:{note}"

    chosen_files.keep(tx, form, values, chosen, tenant_id=tenant_id, source=label, business_key=business_key, by=by, now=now)
    return {name: documents.without_names(value) for name, value in _kept(form.components, values, keep).items()}


def _kept(
    components: tuple[forms.Component, ...], values: Mapping[str, object], keep: Callable[[forms.Component, str], str]
) -> dict[str, object]:
    """Return the values of one level with its free texts replaced, those in contexts and in rows of dynamic lists as well."""
    kept = dict(values)
    for component in forms.walk(components):
        value = paths.value_at(kept, component.path) if component.path else None
        if component.type == "dynamiclist" and isinstance(value, list):
            rows = [_kept(component.children, row, keep) if isinstance(row, Mapping) else row for row in value]
            paths.put(kept, component.path, rows)
        elif component.note and isinstance(value, str) and value.strip() and not forms.is_note(value):
            paths.put(kept, component.path, keep(component, value))
    return kept


def _file_facts(tx: Connection, variables: Mapping[str, object], now: datetime) -> dict[str, object]:
    return view.form_context(tx, variables, now.astimezone(BERLIN).date())
