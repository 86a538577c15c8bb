"""One task: its form, the legal basis beside it, the file one click away; completing keeps what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

import forms
from api import app, completion, strict_json
from engine import bundles, clock, errors, user_tasks

bp = Blueprint("task_page", __name__)

MAX_DEPTH = 12


@bp.get("/aufgaben/<uuid:task_id>")
def show(task_id: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        task = user_tasks.get(tx, session.tenant_id, task_id)
        now = clock.now(tx, session.tenant_id)
        form, data = completion.data_of(tx, task, now=now) if task.is_open else (None, {})
        return _page(tx, task, form, data, {}, None)


@bp.post("/aufgaben/<uuid:task_id>")
def complete(task_id: UUID) -> ResponseReturnValue:
    session = app.session()
    submitted = read_json(request.form.get("daten", "{}"))
    try:
        with app.database().begin(session.tenant_id) as tx:
            _may_work_on(user_tasks.get(tx, session.tenant_id, task_id))
            done = completion.complete(tx, session.tenant_id, task_id, submitted, by=session.login, now=clock.now(tx, session.tenant_id))
    except (errors.InvalidInput, errors.Conflict, errors.NotAllowed, errors.Incident, errors.InvalidState) as refused:
        return _again(task_id, submitted, refused)
    flash(f"„{done.task.label}“ ist erledigt.", "gut")
    following = next((task for task in done.next_tasks if set(task.candidate_groups) & set(session.roles)), None)
    if following is not None:
        return redirect(url_for("task_page.show", task_id=following.id))
    return redirect(url_for("task_list.show"))


def _may_work_on(task: user_tasks.UserTask) -> None:
    session = app.session()
    offered = not task.candidate_groups or set(task.candidate_groups) & set(session.roles) or session.login in task.candidate_users
    if task.is_open and not (task.assignee == session.login or (task.assignee is None and offered)):
        who = f"Sie ist {task.assignee} zugewiesen." if task.assignee else "Sie gehört einer anderen Gruppe."
        raise errors.NotAllowed(f"Die Aufgabe „{task.label}“ können Sie nicht erledigen. {who}")


def _again(task_id: UUID, submitted: Mapping[str, object], refused: errors.Rejected | errors.Incident) -> ResponseReturnValue:
    """Show the form once more with what was typed and what is wrong."""
    session = app.session()
    fields = refused.fields if isinstance(refused, errors.InvalidInput) else {}
    status = 422 if isinstance(refused, errors.InvalidInput) else 403 if isinstance(refused, errors.NotAllowed) else 409
    with app.database().begin(session.tenant_id) as tx:
        task = user_tasks.get(tx, session.tenant_id, task_id)
        form, data = completion.data_of(tx, task, now=clock.now(tx, session.tenant_id))
        shown = {**data, **{name: forms.prefill_value(value) for name, value in submitted.items()}}
        return _page(tx, task, form, shown, fields, str(refused)), status


def _page(
    tx: Connection,
    task: user_tasks.UserTask,
    form: forms.Form | None,
    data: Mapping[str, object],
    fields: Mapping[str, str],
    message: str | None,
) -> str:
    drawn = bundles.element(tx, task.bundle_id, task.element_id, tenant_id=task.tenant_id)
    basis, _, hint = (drawn.documentation if drawn else "").partition("\n")
    schema = forms.german_schema(form.schema, data) if form is not None else {"type": "default", "components": []}
    return render_template(
        "aufgabe.html", aufgabe=task, formular=form, schema=schema, daten=data, fehler=fields, meldung=message, rechtsgrundlage=basis, hinweis=hint,
    )  # fmt: skip


def read_json(text: str) -> dict[str, object]:
    """Return the JSON object a form sent: decimals exact, bounded depth, no duplicate keys, no NaN."""
    try:
        found = strict_json.loads(text, max_depth=MAX_DEPTH)
    except strict_json.Unreadable as broken:
        raise errors.InvalidInput("Die gesendeten Daten sind nicht lesbar. Bitte die Seite neu laden.") from broken
    if not isinstance(found, dict):
        raise errors.InvalidInput("Die gesendeten Daten sind nicht lesbar. Bitte die Seite neu laden.")
    return found
