"""One task: its form, the legal basis beside it, the file one click away; completing keeps what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

import forms
from api import app, assignment, completion, outlook, strict_json
from api.pages import uploads
from engine import bundles, clock, documents, errors, user_tasks

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
        with uploads.chosen() as chosen, app.database().begin(session.tenant_id) as tx:  # judged before the transaction begins
            assignment.refuse_others(user_tasks.get(tx, session.tenant_id, task_id), session)
            now = clock.now(tx, session.tenant_id)
            done = completion.complete(tx, session.tenant_id, task_id, submitted, by=session.login, now=now, chosen=chosen)
    except (errors.InvalidInput, errors.Conflict, errors.NotAllowed, errors.Incident, errors.InvalidState) as refused:
        return _again(task_id, submitted, refused)
    flash(f"„{done.task.label}“ ist erledigt.", "gut")
    following = next((task for task in done.next_tasks if set(task.candidate_groups) & set(session.roles)), None)
    if following is not None:
        return uploads.go_on(url_for("task_page.show", task_id=following.id))
    return uploads.go_on(url_for("task_list.show"))


def _again(task_id: UUID, submitted: Mapping[str, object], refused: errors.Rejected | errors.Incident) -> ResponseReturnValue:
    """Show the form once more with what was typed and what is wrong."""
    session = app.session()
    fields = refused.fields if isinstance(refused, errors.InvalidInput) else {}
    status = 422 if isinstance(refused, errors.InvalidInput) else 403 if isinstance(refused, errors.NotAllowed) else 409
    with app.database().begin(session.tenant_id) as tx:
        task = user_tasks.get(tx, session.tenant_id, task_id)
        if not task.is_open:
            return _too_late(task, completion.form_of(tx, task), submitted, str(refused)), status
        form, data = completion.data_of(tx, task, now=clock.now(tx, session.tenant_id))
        return _page(tx, task, form, {**data, **submitted}, fields, str(refused)), status


def _too_late(task: user_tasks.UserTask, form: forms.Form | None, submitted: Mapping[str, object], message: str) -> str:
    """Show what was typed into a task that somebody else ended meanwhile, to be copied from; nothing of it is stored."""
    fields = {component.key: component for component in forms.walk(form.components) if component.path} if form is not None else {}
    typed = [(fields[name].label if name in fields else name, _as_typed(fields.get(name), value)) for name, value in submitted.items()]
    return render_template("aufgabe.html", aufgabe=task, meldung=message, getippt=[row for row in typed if row[1]], fehler={})


def _as_typed(component: forms.Component | None, value: object) -> str:
    labels = {str(option.value): option.label for option in component.options or ()} if component is not None else {}
    if isinstance(value, list):
        return ", ".join(_as_typed(component, item) for item in value)
    if isinstance(value, Mapping):
        if documents.is_one(value):
            return documents.name_of(value)
        return ", ".join(f"{name}: {_as_typed(None, item)}" for name, item in value.items())
    if value is None or isinstance(value, bool):
        return {None: "", True: "ja", False: "nein"}[value]
    return labels.get(str(value), str(value))


def _page(
    tx: Connection,
    task: user_tasks.UserTask,
    form: forms.Form | None,
    data: Mapping[str, object],
    fields: Mapping[str, str],
    message: str | None,
) -> str:
    definition = bundles.definition(tx, task.bundle_id)
    drawn = next((node.element for node in definition.nodes() if node.element.id == task.element_id), None)
    basis, _, hint = (drawn.documentation if drawn else "").partition("\n")
    schema = forms.german_schema(form.schema, data) if form is not None else {"type": "default", "components": []}
    return render_template(
        "aufgabe.html", aufgabe=task, formular=form, schema=forms.browser_data(schema), daten=forms.browser_data(data),
        fehler=fields, meldung=message, rechtsgrundlage=basis, hinweis=hint,
        darf=assignment.may_work_on(task, app.session()), ausblick=outlook.of(definition, task.element_id), vorbereitet_von=user_tasks.prepared_by(tx, task),
        **uploads.limits(),
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
