"""Processes that people start by hand, with their start form, and those that the clock will start."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

import forms
from api import app, starting
from api.pages import task_page, uploads
from api.rest import starters
from engine import clock, deployments, errors, start_schedule, user_tasks

bp = Blueprint("start_page", __name__)

MAX_KEY = 200


@bp.get("/starten")
def show() -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        mine = [process for process in deployments.startable(tx, session.tenant_id, unnamed=_tries_out()) if _may_start(process)]
        planned = start_schedule.of_tenant(tx, session.tenant_id)
    return render_template("starten.html", prozesse=mine, geplant=planned, probiert=_tries_out())


@bp.route("/starten/<process_key>", methods=["GET", "POST"])
def start(process_key: str) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        process = _allowed(tx, process_key)
        form = starting.form_of(tx, process.key, process.version, tenant_id=session.tenant_id)
    if request.method == "GET":
        return _page(process, form, {}, {}, None, "")
    business_key = request.form.get("schluessel", "").strip()
    submitted = task_page.read_json(request.form.get("daten", "{}"))
    try:
        if not 0 < len(business_key) <= MAX_KEY:
            raise errors.InvalidInput(f"Bitte ein Aktenzeichen oder Stichwort mit höchstens {MAX_KEY} Zeichen angeben.")
        with uploads.chosen() as chosen, app.database().begin(session.tenant_id) as tx:  # judged before the transaction begins
            now = clock.now(tx, session.tenant_id)
            made = starting.submit(
                tx,
                process.key,
                process.version,
                business_key,
                submitted,
                tenant_id=session.tenant_id,
                by=session.login,
                now=now,
                chosen=chosen,
            )
            tasks = user_tasks.of_instance(tx, session.tenant_id, made.id)
    except (errors.InvalidInput, errors.InvalidState, errors.Incident) as refused:
        fields = refused.fields if isinstance(refused, errors.InvalidInput) else {}
        return _page(process, form, submitted, fields, str(refused), business_key), 422 if isinstance(refused, errors.InvalidInput) else 409
    flash(f"„{process.name}“ ist gestartet.", "gut")
    first = next((task for task in tasks if set(task.candidate_groups) & set(session.roles)), None)
    return uploads.go_on(url_for("task_list.show") if first is None else url_for("task_page.show", task_id=first.id))


def _tries_out() -> bool:
    """Return whether the person draws processes and may start each of them here, as from the Modeler."""
    session = app.session()
    return session.is_sandbox and session.may("designer")


def _allowed(tx: Connection, process_key: str) -> deployments.Startable:
    """Return a process that the person may start. Raises errors.NotFound and errors.NotAllowed."""
    session = app.session()
    offered = deployments.startable(tx, session.tenant_id, unnamed=_tries_out())
    found = next((process for process in offered if process.key == process_key), None)
    if found is None:
        raise errors.NotFound("Diesen Prozess gibt es nicht, oder sein Diagramm nennt niemanden, der ihn von Hand starten darf.")
    starters.may_start({"starters": found.starters})
    return found


def _may_start(process: deployments.Startable) -> bool:
    try:
        starters.may_start({"starters": process.starters})
    except errors.NotAllowed:
        return False
    return True


def _page(
    process: deployments.Startable,
    form: forms.Form | None,
    data: Mapping[str, object],
    fields: Mapping[str, str],
    message: str | None,
    business_key: str,
) -> str:
    schema = forms.german_schema(form.schema, data) if form is not None else {"type": "default", "components": []}
    return render_template(
        "starten_formular.html", prozess=process, schema=forms.browser_data(schema), daten=forms.browser_data(data), fehler=fields,
        meldung=message, schluessel=business_key, **uploads.limits(),
    )  # fmt: skip
