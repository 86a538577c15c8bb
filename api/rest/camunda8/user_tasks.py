"""User tasks under /v2/user-tasks: searching, one task with its form and variables, who has it, completing. The verbs are those of the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint
from sqlalchemy import Connection

from api import app, assignment, completion
from api.rest import form_data, lists
from api.rest.camunda7.tasks import WORKERS
from api.rest.camunda8 import searches, searching
from api.rest.operations import Field, Fields, checked, operation
from engine import bundles, clock, errors, instances, keys, user_tasks, values
from engine.listings import listing
from engine.listings.user_tasks import ALL_TASKS

bp = Blueprint("rest8_user_tasks", __name__)

ACTION = Field("text", "ohne Wirkung")
ASSIGNMENT: Fields = {
    "assignee": Field("text", "Benutzername", required=True),
    "allowOverride": Field("flag", "false: nur, wenn niemand sie hat"),
    "action": ACTION,
}
CHANGES: Fields = {
    "dueDate": Field("text", "fällig am; ein leerer Text: ohne Frist"),
    "followUpDate": Field("text", "Wiedervorlage; ein leerer Text: keine"),
    "priority": Field("whole", "höher ist dringender"),
}
FILTERS = {
    "userTaskKey": "key", "state": "state", "assignee": "assignee", "candidateUser": "candidate_user", "candidateGroup": "candidate_group",
    "elementId": "task_definition_key", "name": "name", "priority": "priority", "processInstanceKey": "number",
    "processDefinitionKey": "definition_number", "processDefinitionId": "process_definition_key", "elementInstanceKey": "key",
    "businessId": "process_instance_business_key",
}  # fmt: skip
ORDERS = {
    "creationDate": "created", "completionDate": "end_time", "dueDate": "due_date", "followUpDate": "follow_up_date", "priority": "priority",
    "name": "name", "businessId": "business_key",
}  # fmt: skip
STATES = {"state": {word: word for word in ("CREATED", "COMPLETED", "CANCELED")}}


# ---------------------------------------------------------------- looking
@bp.post("/v2/user-tasks/search")
@operation(f"Aufgaben suchen (Filter: {', '.join(FILTERS)})", body=searching.SEARCH, answer=searching.FOUND)
def search(body: dict[str, Any]) -> object:
    return searching.found(body, ALL_TASKS, FILTERS, ORDERS, _shown, words=STATES)


@bp.get("/v2/user-tasks/<user_task_key>")
@operation("Eine Aufgabe, auch eine beendete", answer="{userTaskKey, name, state, assignee, …}")
def get(user_task_key: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        return _shown(_row(tx, user_task_key))


@bp.get("/v2/user-tasks/<user_task_key>/form")
@operation("Das Formular in der Fassung, die der Vorgang behält; ohne Formular 204", answer="{formId, version, schema, formKey}")
def form(user_task_key: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        row = _row(tx, user_task_key)
        if row.form is None:
            return None
        task = user_tasks.get(tx, app.session().tenant_id, row.id)
        version, content = bundles.pinned(tx, task.bundle_id, "form", row.form)
    return {
        "formId": row.form, "formKey": str(row.form_number), "version": version, "schema": content.decode("utf-8-sig"),
        "tenantId": app.session().tenant_slug,
    }  # fmt: skip


@bp.post("/v2/user-tasks/<user_task_key>/effective-variables/search", endpoint="effective_variables")
@bp.post("/v2/user-tasks/<user_task_key>/variables/search", endpoint="variables")
@operation(
    "Variablen, die eine offene Aufgabe sieht, die innersten (Filter: name)", body=searching.SEARCH, answer=searching.FOUND,
    query={"truncateValues": Field("flag", "ohne Wirkung")},
)  # fmt: skip
def search_variables(user_task_key: str, query: dict[str, Any], body: dict[str, Any]) -> object:
    wanted, page = searching.conditions(body, {"name": "name"}).get("name"), searching.page_of(body, {"name": "name"})
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        row = _row(tx, user_task_key)
        seen = instances.visible(tx, session.tenant_id, row.instance_id, [row.id]).get(row.id)
    own, everything = seen or ({}, {})
    names = [name for name in sorted(everything) if wanted is None or name in wanted]
    if page.orders and page.orders[0].descending:
        names.reverse()
    items = [
        searches.variable(row.instance_uuid, row.instance_id, name, everything[name], scope=keys.of(row.id) if name in own else None)
        for name in names[page.first :][: page.limit]
    ]
    return searching.answer(items, page.first, len(names))


# ---------------------------------------------------------------- who has it
@bp.post("/v2/user-tasks/<user_task_key>/assignment")
@operation("Aufgabe übernehmen; anderen zuweisen nur mit Leitungsrolle", roles=WORKERS, body=ASSIGNMENT, status=204)
def assign(user_task_key: str, body: dict[str, Any]) -> None:
    session, person = app.session(), body["assignee"]
    with app.database().begin(session.tenant_id) as tx:
        task = _open(tx, user_task_key)
        if task.assignee not in (None, person) and body["allowOverride"] is False:
            raise errors.Conflict(f"Die Aufgabe „{task.label}“ hat schon {task.assignee} übernommen.")
        if person == session.login and task.assignee in (None, person):
            assignment.refuse_others(task, session)
            user_tasks.claim(tx, session.tenant_id, task.id, by=person)
            return
        app.require(*assignment.GIVERS)
        assignment.refuse_unknown(tx, session.tenant_id, person)
        user_tasks.assign(tx, session.tenant_id, task.id, person)


@bp.delete("/v2/user-tasks/<user_task_key>/assignee")
@operation("Aufgabe zurückgeben", roles=WORKERS, status=204)
def unassign(user_task_key: str) -> None:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        task = _open(tx, user_task_key)
        assignment.give_back(tx, task, session)


@bp.patch("/v2/user-tasks/<user_task_key>")
@operation(
    "Frist, Wiedervorlage und Priorität setzen", roles=assignment.GIVERS, status=204,
    body={"changeset": Field("object", f"{{{', '.join(CHANGES)}}}", required=True), "action": ACTION},
)  # fmt: skip
def update(user_task_key: str, body: dict[str, Any]) -> None:
    changes, session = checked(body["changeset"], CHANGES), app.session()
    planned: dict[user_tasks.Planned, object] = {}
    if changes["priority"] is not None:
        planned["priority"] = changes["priority"]
    if changes["dueDate"] is not None:
        planned["due_at"] = lists.moment("dueDate", changes["dueDate"]) if changes["dueDate"] else None
    if changes["followUpDate"] is not None:
        planned["follow_up_at"] = lists.moment("followUpDate", changes["followUpDate"]) if changes["followUpDate"] else None
    with app.database().begin(session.tenant_id) as tx:
        user_tasks.plan(tx, session.tenant_id, _open(tx, user_task_key).id, planned)


# ---------------------------------------------------------------- ending
@bp.post("/v2/user-tasks/<user_task_key>/completion")
@operation(
    "Aufgabe erledigen; Eingaben werden gegen ihr Formular geprüft", roles=WORKERS, status=204,
    body={"variables": Field("object", "Eingaben als JSON"), "action": ACTION},
)  # fmt: skip
def complete(user_task_key: str, body: dict[str, Any]) -> None:
    session, given = app.session(), values.check(body["variables"] or {})
    with app.database().begin(session.tenant_id) as tx:
        task = _open(tx, user_task_key)
        assignment.refuse_others(task, session)
        drawn = completion.form_of(tx, task)
        submitted = given if drawn is None else form_data.submitted(drawn, given, completion.variables_of(tx, task))
        now = clock.now(tx, session.tenant_id)
        completion.complete(tx, session.tenant_id, task.id, submitted, by=session.login, now=now, formless=given)


# ---------------------------------------------------------------- shared
def find(tx: Connection, user_task_key: str) -> UUID | None:
    """Return the id of the task that a key names, or None."""
    return keys.find(tx, app.session().tenant_id, "user_task", int(user_task_key)) if searching.is_key(user_task_key) else None


def _id(tx: Connection, user_task_key: str) -> UUID:
    found = find(tx, user_task_key)
    if found is None:
        raise errors.NotFound(f"Die Aufgabe „{user_task_key[:40]}“ gibt es nicht.")
    return found


def _row(tx: Connection, user_task_key: str) -> Any:
    (row,) = listing.rows(tx, ALL_TASKS, app.session().tenant_id, {"task_id": _id(tx, user_task_key)})
    return row


def _open(tx: Connection, user_task_key: str) -> user_tasks.UserTask:
    """Return an open task. Raises errors.NotFound, errors.Conflict for one that has ended."""
    task = user_tasks.get(tx, app.session().tenant_id, _id(tx, user_task_key))
    if not task.is_open:
        raise errors.Conflict(f"Die Aufgabe „{task.label}“ ist nicht mehr offen.")
    return task


def _shown(row: Any) -> dict[str, object]:
    state = "CREATED" if row.ended_at is None else "COMPLETED" if row.outcome == "completed" else "CANCELED"
    return {
        "userTaskKey": str(keys.of(row.id)), "name": row.label, "state": state, "assignee": row.assignee, "elementId": row.element_id,
        "elementInstanceKey": str(keys.of(row.id)), "candidateGroups": list(row.candidate_groups), "candidateUsers": list(row.candidate_users),
        "creationDate": searching.instant(row.created_at), "completionDate": searching.instant(row.ended_at),
        "dueDate": searching.instant(row.due_at), "followUpDate": searching.instant(row.follow_up_at),
        "priority": row.priority, "formKey": None if row.form_number is None else str(row.form_number), "externalFormReference": None,
        "customHeaders": dict(row.properties), "processDefinitionId": row.process_key, "processDefinitionKey": str(row.definition_number),
        "processDefinitionVersion": row.definition_version, "processName": row.definition_name or None,
        "processInstanceKey": str(row.instance_id), "rootProcessInstanceKey": str(row.instance_id), "businessId": row.business_key or None,
        "tags": [], "tenantId": app.session().tenant_slug,
    }  # fmt: skip
