"""User tasks under /engine-rest/task: lists, one task, who has it, comments. The verbs are those of the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint
from sqlalchemy import Connection

from api import app, assignment
from api.rest import faults, lists, variables
from api.rest.camunda7 import present
from api.rest.operations import Field, Fields, operation
from engine import clock, errors, user_tasks
from engine.listings import listing
from engine.listings.user_tasks import OFFERED, OPEN_TASKS
from processes.casefile import notes

bp = Blueprint("rest_tasks", __name__)

WORKERS = (
    "claims_clerk", "field_officer", "team_lead", "authority_head", "treasury", "creditor_clerk", "designer", "worker",
)  # fmt: skip
USER: Fields = {"userId": Field("text", "Benutzername; ohne Angabe das eigene Konto")}
# What the task of a client's list holds. Who sends a task back changes only these: assignee, due, followUp, priority.
TASK: Fields = {
    name: Field("any", "wie gelesen")
    for name in (
        "id", "name", "created", "lastUpdated", "owner", "delegationState", "description", "executionId", "parentTaskId",
        "processDefinitionId", "processInstanceId", "taskDefinitionKey", "suspended", "formKey", "camundaFormRef", "tenantId",
        "caseExecutionId", "caseDefinitionId", "caseInstanceId", "taskState", "attachment", "comment",
    )
} | {
    "assignee": Field("text", "wer sie hat; null: niemand"),
    "due": Field("text", "fällig am; null: ohne Frist"),
    "followUp": Field("text", "Wiedervorlage; null: keine"),
    "priority": Field("whole", "höher ist dringender; null: wie bisher"),
}  # fmt: skip


DRAWN = (
    "name",
    "description",
    "owner",
    "delegationState",
    "parentTaskId",
    "caseInstanceId",
)  # drawn here, although Camunda would let them be changed


def shown(row: Any) -> dict[str, object]:
    """Return an open task of a row of OPEN_TASKS."""
    reference = None if row.form is None else {"key": row.form, "binding": "version", "version": row.form_version}
    return {
        "id": row.id, "name": row.label, "assignee": row.assignee, "owner": None, "created": variables.instant(row.created_at),
        "lastUpdated": None, "due": variables.instant(row.due_at), "followUp": variables.instant(row.follow_up_at), "delegationState": None,
        "description": None, "executionId": row.instance_uuid, "parentTaskId": None, "priority": row.priority,
        "processDefinitionId": present.definition_id(row.process_key, row.definition_version, row.definition_uuid),
        "processInstanceId": row.instance_uuid, "taskDefinitionKey": row.element_id, "suspended": False, "formKey": None,
        "camundaFormRef": reference, "tenantId": app.session().tenant_slug, "taskState": "Created", "caseExecutionId": None,
        "caseDefinitionId": None, "caseInstanceId": None,
    }  # fmt: skip


def _accept(given: dict[str, Any]) -> dict[str, Any]:
    """Translate `includeAssignedTasks` into the filters that also find what somebody has taken."""
    if not given.get("includeAssignedTasks"):
        return given
    named = {lists.camel(name) for name in OFFERED}
    return {f"{name}OrTaken" if name in named else name: value for name, value in given.items() if value is not None}


lists.add(
    bp, "/task", "Aufgaben", OPEN_TASKS, shown, accept=_accept, answer="[{id, name, assignee, due, …}]",
    more={"includeAssignedTasks": Field("flag", "mit candidate…: auch, was schon jemand übernommen hat")},
)  # fmt: skip


@bp.get("/task/<task_id>")
@operation("Eine offene Aufgabe", query={"withCommentAttachmentInfo": Field("flag", "ohne Wirkung")}, answer="{id, name, …}")
def get(task_id: str, query: dict[str, Any]) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        return shown(_open(tx, task_id))


@bp.put("/task/<task_id>")
@operation("Bearbeiter, Frist, Wiedervorlage und Priorität setzen", roles=assignment.GIVERS, body=TASK, status=204)
def put(task_id: str, body: dict[str, Any]) -> None:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        before = shown(_open(tx, task_id))
        for name in DRAWN:
            if body[name] is not None and str(body[name]) != str(before.get(name)):
                raise errors.InvalidInput(f"„{name}“ einer Aufgabe steht im Diagramm fest und kann nicht geändert werden.")
        if body["assignee"] is not None and body["assignee"] != before["assignee"]:
            assignment.refuse_unknown(tx, session.tenant_id, body["assignee"])
        changes: dict[user_tasks.Planned, object] = {
            "assignee": body["assignee"], "due_at": None if body["due"] is None else lists.moment("due", body["due"]),
            "follow_up_at": None if body["followUp"] is None else lists.moment("followUp", body["followUp"]),
        }  # fmt: skip
        if body["priority"] is not None:
            changes["priority"] = body["priority"]
        user_tasks.plan(tx, session.tenant_id, task_uuid(task_id), changes)


# ---------------------------------------------------------------- who has it
@bp.post("/task/<task_id>/claim")
@operation("Aufgabe übernehmen; für andere nur mit Leitungsrolle", roles=WORKERS, body=USER, status=204)
def claim(task_id: str, body: dict[str, Any]) -> None:
    session = app.session()
    person = body["userId"] or session.login
    with app.database().begin(session.tenant_id) as tx:
        task = user_tasks.get(tx, session.tenant_id, task_uuid(task_id))
        if person != session.login:
            app.require(*assignment.GIVERS)
            assignment.refuse_unknown(tx, session.tenant_id, person)
        elif task.assignee is None:
            assignment.refuse_others(task, session)
        try:
            user_tasks.claim(tx, session.tenant_id, task.id, by=person)
        except errors.Conflict as taken:
            raise faults.Fault(409, str(taken), type="TaskAlreadyClaimedException") from taken


@bp.post("/task/<task_id>/unclaim")
@operation("Aufgabe zurückgeben", roles=WORKERS, status=204)
def unclaim(task_id: str) -> None:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        task = user_tasks.get(tx, session.tenant_id, task_uuid(task_id))
        assignment.give_back(tx, task, session)


@bp.post("/task/<task_id>/assignee")
@operation("Aufgabe zuweisen; userId null: niemandem", roles=assignment.GIVERS, body=USER, status=204)
def set_assignee(task_id: str, body: dict[str, Any]) -> None:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        task = user_tasks.get(tx, session.tenant_id, task_uuid(task_id))
        if body["userId"] is not None:
            assignment.refuse_unknown(tx, session.tenant_id, body["userId"])
        user_tasks.assign(tx, session.tenant_id, task.id, body["userId"])


def _refuse_delegation(task_id: str) -> None:
    raise errors.InvalidInput(
        "Eine Delegation mit Rückgabe gibt es hier nicht: Wer eine Aufgabe erledigt, verantwortet sie. Bitte die Aufgabe mit „assignee“ zuweisen."
    )


def _refuse_candidates(task_id: str) -> None:
    raise errors.InvalidInput("Wem eine Aufgabe angeboten wird, steht im Diagramm. Bitte die Aufgabe mit „assignee“ zuweisen.")


for _path, _summary, _view in (
    ("delegate", "Delegieren (wird abgelehnt)", _refuse_delegation),
    ("resolve", "Delegation zurückgeben (wird abgelehnt)", _refuse_delegation),
    ("identity-links", "Anbieten (wird abgelehnt)", _refuse_candidates),
    ("identity-links/delete", "Angebot zurücknehmen (wird abgelehnt)", _refuse_candidates),
):
    bp.add_url_rule(
        f"/task/<task_id>/{_path}", f"refuse_{_path.replace('/', '_').replace('-', '_')}", operation(_summary)(_view), methods=["POST"]
    )


@bp.get("/task/<task_id>/identity-links")
@operation(
    "Wer die Aufgabe hat und wem sie angeboten ist", query={"type": Field("text", "assignee oder candidate")},
    answer="[{userId, groupId, type}]",
)  # fmt: skip
def identity_links(task_id: str, query: dict[str, Any]) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        row = _open(tx, task_id)
    links = [] if row.assignee is None else [_link("assignee", user=row.assignee)]
    links += [_link("candidate", user=user) for user in row.candidate_users]
    links += [_link("candidate", group=group) for group in row.candidate_groups]
    return [link for link in links if query["type"] in (None, link["type"])]


def _link(kind: str, *, user: str | None = None, group: str | None = None) -> dict[str, object]:
    return {"userId": user, "groupId": group, "type": kind}


# ---------------------------------------------------------------- comments
@bp.get("/task/<task_id>/comment")
@operation("Kommentare, der neueste zuerst", answer="[{id, userId, time, message}]")
def comments(task_id: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        task = user_tasks.get(tx, app.session().tenant_id, task_uuid(task_id))
        return [_comment(task, note) for note in notes.of_task(tx, task.tenant_id, task.id)]


@bp.get("/task/<task_id>/comment/<comment_id>")
@operation("Ein Kommentar", answer="{id, userId, time, message}")
def comment(task_id: str, comment_id: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        task = user_tasks.get(tx, app.session().tenant_id, task_uuid(task_id))
        note = notes.find(tx, task.tenant_id, lists.path_id("Den Kommentar", comment_id))
    if note.task_id != task.id:
        raise errors.NotFound("Den Kommentar gibt es bei dieser Aufgabe nicht.")
    return _comment(task, note)


@bp.post("/task/<task_id>/comment/create")
@operation(
    "Kommentar schreiben; er steht auch in der Akte", roles=WORKERS, answer="{id, userId, time, message}",
    body={"message": Field("text", "der Kommentar", required=True), "processInstanceId": Field("text", "ohne Wirkung")},
)  # fmt: skip
def create_comment(task_id: str, body: dict[str, Any]) -> object:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        task = user_tasks.get(tx, session.tenant_id, task_uuid(task_id))
        kept = notes.keep(
            tx, tenant_id=session.tenant_id, subject=f"{task.label}: Kommentar", body=body["message"], by=session.login,
            now=clock.now(tx, session.tenant_id), business_key=task.business_key, task_id=task.id,
        )  # fmt: skip
        return _comment(task, notes.find(tx, session.tenant_id, kept))


def _comment(task: user_tasks.UserTask, note: notes.Note) -> dict[str, object]:
    return {
        "links": [], "id": note.uuid, "userId": note.written_by, "time": variables.instant(note.written_at), "taskId": task.id,
        "processInstanceId": task.instance_uuid, "rootProcessInstanceId": task.instance_uuid, "message": note.body, "removalTime": None,
    }  # fmt: skip


# ---------------------------------------------------------------- shared
def task_uuid(task_id: str) -> UUID:
    """Return the id of a task in an address. Raises errors.NotFound."""
    return lists.path_id("Die Aufgabe", task_id)


def _open(tx: Connection, task_id: str) -> Any:
    """Return the row of an open task. Raises errors.NotFound, also for one that has ended: to Camunda it is gone."""
    found = listing.rows(tx, OPEN_TASKS, app.session().tenant_id, {"task_id": task_uuid(task_id)})
    if not found:
        raise errors.NotFound("Die offene Aufgabe gibt es nicht, oder sie gehört einem anderen Mandanten.")
    return found[0]
