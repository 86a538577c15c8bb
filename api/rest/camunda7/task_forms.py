"""The form of a user task and what ends the task: every submission is checked against the form that the case keeps, as on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint
from sqlalchemy import Connection

import forms
from api import app, assignment, completion
from api.rest import faults, file_variables, form_data, variables
from api.rest.camunda7.tasks import WORKERS, task_uuid
from api.rest.file_variables import Brought
from api.rest.operations import Field, Fields, operation
from engine import bundles, clock, errors, instances, user_tasks

bp = Blueprint("rest_task_forms", __name__)

SUBMIT: Fields = {
    "variables": Field("object", "Eingaben {Name: {value, type}}"),
    "withVariablesInReturn": Field("flag", "mit den Variablen nach dem Schritt antworten statt mit 204"),
}
THROWN = Field("object", "Prozessvariablen {Name: {value, type}}")


@bp.get("/task/<task_id>/form")
@operation("Welches Formular die Aufgabe hat", answer="{key, camundaFormRef, contextPath}")
def form(task_id: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        task = _task(tx, task_id)
        if task.form is None:
            return {"key": None, "camundaFormRef": None, "contextPath": None}
        version, _ = bundles.pinned(tx, task.bundle_id, "form", task.form)
    return {"key": None, "camundaFormRef": {"key": task.form, "binding": "version", "version": version}, "contextPath": None}


@bp.get("/task/<task_id>/deployed-form")
@operation("Das Formular in der Fassung, die der Vorgang behält", answer="das Schema (form-js)")
def deployed_form(task_id: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        drawn = completion.form_of(tx, _task(tx, task_id))
    if drawn is None:
        raise faults.Fault(400, "Die Aufgabe hat kein Formular.", type="BadUserRequestException")
    return drawn.schema


@bp.get("/task/<task_id>/form-variables")
@operation(
    "Womit das Formular vorbelegt ist: was die Aufgabe sieht, und die Vorgaben der Felder",
    query={"variableNames": Field("texts", "nur diese")}, answer="{Name: {value, type, valueInfo}}",
)  # fmt: skip
def form_variables(task_id: str, query: dict[str, Any]) -> object:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        task = _task(tx, task_id)
        seen = completion.variables_of(tx, task)
        drawn, data = completion.data_of(tx, task, now=clock.now(tx, session.tenant_id))
        seen = file_variables.named(tx, seen)
    found = {name: value for name, value in data.items() if drawn is not None and name in drawn.keys} | seen
    wanted = query["variableNames"]
    return variables.typed_all({name: value for name, value in found.items() if wanted is None or name in wanted})


@bp.post("/task/<task_id>/complete", endpoint="complete")
@bp.post("/task/<task_id>/submit-form", endpoint="submit_form")
@operation(
    "Aufgabe erledigen; Eingaben werden gegen ihr Formular geprüft", roles=WORKERS, body=SUBMIT, status=200, answer="{Name: {value, type}}"
)
def complete(task_id: str, body: dict[str, Any]) -> object:
    session = app.session()
    brought = Brought()
    given = variables.untyped_all(body["variables"], brought.take)
    with app.database().begin(session.tenant_id) as tx:
        task = user_tasks.get(tx, session.tenant_id, task_uuid(task_id))
        assignment.refuse_others(task, session)
        drawn = completion.form_of(tx, task)
        if drawn is None:
            brought.keep(tx, task.business_key, task.label)
        done = completion.complete(
            tx, session.tenant_id, task.id, _submitted(tx, task, drawn, given), by=session.login, now=clock.now(tx, session.tenant_id),
            formless=given, chosen=brought.chosen,
        )  # fmt: skip
        after = instances.variables_of(tx, session.tenant_id, done.task.instance_id) if body["withVariablesInReturn"] else None
        after = None if after is None else file_variables.named(tx, after)
    return None if after is None else variables.typed_all(after)


def _submitted(tx: Connection, task: user_tasks.UserTask, drawn: forms.Form | None, given: dict[str, object]) -> dict[str, object]:
    return given if drawn is None else form_data.submitted(drawn, given, completion.variables_of(tx, task))


@bp.post("/task/<task_id>/bpmnError")
@operation(
    "Fehler melden, den das Diagramm vorsieht", roles=WORKERS, status=204,
    body={"errorCode": Field("text", "Code", required=True), "errorMessage": Field("text", "Meldung"), "variables": THROWN},
)  # fmt: skip
def bpmn_error(task_id: str, body: dict[str, Any]) -> None:
    session, given = app.session(), variables.untyped_all(body["variables"])
    with _caught(), app.database().begin(session.tenant_id) as tx:
        task = _mine(tx, task_id)
        user_tasks.report_error(
            tx, session.tenant_id, task.id, body["errorCode"], body["errorMessage"] or "", given, by=session.login,
            now=clock.now(tx, session.tenant_id),
        )  # fmt: skip


@bp.post("/task/<task_id>/bpmnEscalation")
@operation(
    "Eskalation melden, die das Diagramm vorsieht", roles=WORKERS, status=204,
    body={"escalationCode": Field("text", "Code", required=True), "variables": THROWN},
)  # fmt: skip
def bpmn_escalation(task_id: str, body: dict[str, Any]) -> None:
    session, given = app.session(), variables.untyped_all(body["variables"])
    with _caught(), app.database().begin(session.tenant_id) as tx:
        task = _mine(tx, task_id)
        now = clock.now(tx, session.tenant_id)
        user_tasks.escalate(tx, session.tenant_id, task.id, body["escalationCode"], given, by=session.login, now=now)


@contextmanager
def _caught() -> Iterator[None]:
    """Answer 400 where nothing in the diagram catches what was reported; nothing has happened then."""
    try:
        yield
    except errors.Incident as fault:
        raise faults.Fault(400, str(fault), type="BadUserRequestException") from fault


def _mine(tx: Connection, task_id: str) -> user_tasks.UserTask:
    task = user_tasks.get(tx, app.session().tenant_id, task_uuid(task_id))
    assignment.refuse_others(task, app.session())
    return task


def _task(tx: Connection, task_id: str) -> user_tasks.UserTask:
    """Return an open task. Raises errors.NotFound, also for one that has ended."""
    task = user_tasks.get(tx, app.session().tenant_id, task_uuid(task_id))
    if not task.is_open:
        raise errors.NotFound(f"Die Aufgabe „{task.label}“ ist nicht mehr offen.")
    return task
