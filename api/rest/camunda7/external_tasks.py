"""External tasks under /engine-rest/external-task: what workers outside fetch, end and prolong. The statuses are Camunda's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal, cast
from uuid import UUID

from flask import Blueprint, Response
from sqlalchemy import Connection

from api import app
from api.rest import endings, faults, file_variables, lists, parking, variables
from api.rest.endings import MAX_MILLISECONDS
from api.rest.file_variables import Brought
from api.rest.operations import Field, Fields, checked, operation
from engine import clock, errors, external_tasks, jobs
from engine.external_tasks import ExternalTask, Wanted
from engine.listings.external_tasks import EXTERNAL_TASKS

bp = Blueprint("rest_external_tasks", __name__)

ROLES = ("worker",)
MAX_TIMEOUT = 1_800_000  # milliseconds; a longer one is refused, as Camunda does
WORKER = Field("text", "Name des Workers, unter dem er den Auftrag geholt hat", required=True)
VARIABLES = Field("object", "Prozessvariablen {Name: {value, type}}")
LOCAL = Field("object", "Variablen, die nur die Ausgabeparameter des Elements sehen")
DURATION = Field("whole", "Millisekunden", required=True)

FETCH: Fields = {
    "workerId": WORKER,
    "maxTasks": Field("whole", f"höchstens so viele Aufträge, bis {external_tasks.MAX_FETCH}", required=True),
    "usePriority": Field("flag", "die dringendsten zuerst (gilt immer, außer mit „sorting“)"),
    "asyncResponseTimeout": Field("whole", f"Millisekunden, die auf einen Auftrag gewartet wird, bis {MAX_TIMEOUT}"),
    "sorting": Field("list", "[{sortBy: createTime, sortOrder: asc oder desc}]"),
    "topics": Field("list", "Topics mit ihren Bedingungen"),
}
TOPIC: Fields = {
    "topicName": Field("text", "wie im Diagramm", required=True),
    "lockDuration": DURATION,
    "variables": Field("texts", "nur diese Variablen; ohne Angabe alle"),
    "localVariables": Field("flag", "nur die Eingabeparameter des Elements"),
    "processVariables": Field("object", "Prozessvariablen, die diese Werte haben"),
    "businessKey": Field("text", "Geschäftsschlüssel"),
    "processDefinitionId": Field("text", "Fassung des Prozesses"),
    "processDefinitionIdIn": Field("texts", "Fassungen"),
    "processDefinitionKey": Field("text", "Prozess"),
    "processDefinitionKeyIn": Field("texts", "Prozesse"),
    "processDefinitionVersionTag": Field("text", "Versionskennzeichen des Prozesses"),
    "tenantIdIn": Field("texts", "Kürzel von Mandanten; geholt wird nur für den des Kontos"),
    "withoutTenantId": Field("flag", "jeder Auftrag gehört einem Mandanten: mit true kommt keiner"),
    "includeExtensionProperties": Field("flag", "auch die Eigenschaften des Elements"),
}
SORTING: Fields = {"sortBy": Field("text", "createTime", required=True), "sortOrder": Field("text", "asc oder desc")}
COMPLETE: Fields = {"workerId": WORKER, "variables": VARIABLES, "localVariables": LOCAL}
FAILURE: Fields = {
    "workerId": WORKER,
    "errorMessage": Field("text", "was nicht ging, in einem Satz"),
    "errorDetails": Field("any", "ausführlich, zum Beispiel der Stapelabzug"),
    "retries": Field("whole", "Versuche, die noch bleiben; 0 oder keine Angabe: Störung"),
    "retryTimeout": Field("whole", "Millisekunden bis zum nächsten Versuch"),
    "variables": VARIABLES,
    "localVariables": LOCAL,
}
BPMN_ERROR: Fields = {
    "workerId": WORKER,
    "errorCode": Field("text", "Code des Fehlerereignisses im Diagramm", required=True),
    "errorMessage": Field("text", "Meldung"),
    "variables": VARIABLES,
}


# ---------------------------------------------------------------- fetching
@bp.post("/external-task/fetchAndLock")
@operation("Aufträge holen und sperren", roles=ROLES, body=FETCH, answer="[LockedExternalTask]")
def fetch_and_lock(body: dict[str, Any]) -> object:
    timeout, limit = body["asyncResponseTimeout"] or 0, body["maxTasks"]
    if not 0 <= timeout <= MAX_TIMEOUT or limit < 0:
        raise errors.InvalidInput(f"„asyncResponseTimeout“ liegt zwischen 0 und {MAX_TIMEOUT} Millisekunden, „maxTasks“ ist nicht negativ.")
    asked = {topic["topicName"]: topic for topic in (_checked_topic(one) for one in body["topics"] or [])}
    wanted = [_wanted(topic) for topic in asked.values() if _is_ours(topic)]
    by_time = _by_time(body["sorting"])

    def fetch() -> list[object]:
        session = app.session()
        with app.database().begin(session.tenant_id) as tx:
            found = external_tasks.fetch(
                tx, session.tenant_id, wanted, worker=body["workerId"], limit=limit, by_time=by_time, use_priority=bool(body["usePriority"])
            )
            seen = external_tasks.visible(tx, session.tenant_id, found)
            chosen = {str(task.id): _chosen(asked[task.topic], *seen[task.id]) for task in found}
            named = file_variables.named(tx, chosen)
        return [_locked(task, asked[task.topic], named[str(task.id)]) for task in found]

    return parking.answer([one.topic for one in wanted], timeout / 1000, fetch, lambda found: found)


def _checked_topic(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise errors.InvalidInput("„topics“ ist eine Liste von Objekten {topicName, lockDuration}.")
    topic = checked(given, TOPIC)
    if not 0 < topic["lockDuration"] <= MAX_MILLISECONDS:
        raise errors.InvalidInput(f"Topic „{topic['topicName']}“: „lockDuration“ ist eine Zahl von Millisekunden über 0.")
    return topic


def _is_ours(topic: Mapping[str, Any]) -> bool:
    return not topic["withoutTenantId"] and (topic["tenantIdIn"] is None or app.session().tenant_slug in topic["tenantIdIn"])


def _wanted(topic: Mapping[str, Any]) -> Wanted:
    keys, versions = topic["processDefinitionKeyIn"], topic["processDefinitionIdIn"]
    if topic["processDefinitionKey"] is not None:
        keys = [key for key in keys or [topic["processDefinitionKey"]] if key == topic["processDefinitionKey"]]
    if topic["processDefinitionId"] is not None:
        versions = [version for version in versions or [topic["processDefinitionId"]] if version == topic["processDefinitionId"]]
    return Wanted(
        topic=topic["topicName"], lease=timedelta(milliseconds=topic["lockDuration"]), business_key=topic["businessKey"],
        process_keys=None if keys is None else tuple(keys), version_tag=topic["processDefinitionVersionTag"],
        definitions=None if versions is None else tuple(lists.id_of("processDefinitionId", version) for version in versions),
        variables=topic["processVariables"] or {},
    )  # fmt: skip


def _by_time(sorting: list[object] | None) -> Literal["asc", "desc"] | None:
    if not sorting:
        return None
    orders = [checked(one, SORTING) if isinstance(one, Mapping) else {} for one in sorting]
    order = orders[0].get("sortOrder") or "asc"
    if any(one.get("sortBy") != "createTime" for one in orders) or order not in ("asc", "desc"):
        raise errors.InvalidInput("„sorting“ nimmt nur {sortBy: createTime, sortOrder: asc oder desc}.")
    return cast(Literal["asc", "desc"], order)


def _chosen(topic: Mapping[str, Any], local: dict[str, object], everything: dict[str, object]) -> dict[str, object]:
    """Return the variables that a topic asks for."""
    seen = local if topic["localVariables"] else everything
    return seen if topic["variables"] is None else {name: value for name, value in seen.items() if name in topic["variables"]}


def _locked(task: ExternalTask, topic: Mapping[str, Any], seen: Mapping[str, object]) -> object:
    properties = dict(task.properties) if topic["includeExtensionProperties"] else {}
    return shown(task) | {"variables": variables.typed_all(seen), "extensionProperties": properties}


def shown(task: ExternalTask) -> dict[str, object]:
    """Return a job as Camunda shows an external task: who failed is still named; retries null: nobody has set them yet."""
    return {
        "id": task.id, "topicName": task.topic, "workerId": task.worker or (task.last_worker if task.error else None),
        "activityId": task.element_id, "activityInstanceId": task.id,
        "executionId": task.instance_uuid, "processInstanceId": task.instance_uuid, "processDefinitionKey": task.process_key,
        "processDefinitionId": f"{task.process_key}:{task.definition_version}:{task.definition_uuid}",
        "processDefinitionVersionTag": task.version_tag, "lockExpirationTime": variables.instant(task.locked_until),
        "createTime": variables.instant(task.created_at), "retries": task.retries if task.retries_told else None,
        "errorMessage": task.error, "suspended": False, "priority": task.priority, "businessKey": task.business_key,
        "tenantId": app.session().tenant_slug,
    }  # fmt: skip


# ---------------------------------------------------------------- ending
@bp.post("/external-task/<task_id>/complete")
@operation("Auftrag erledigen", roles=ROLES, body=COMPLETE, status=204)
def complete(task_id: str, body: dict[str, Any]) -> None:
    given, local, brought = _brought(body)
    with _as_camunda():
        stuck = endings.complete(_holding(task_id, body), given, local, brought)
    if stuck is not None:
        raise faults.Fault(400, f"Der Prozess kann so nicht weitergehen; dazu gibt es jetzt eine Störung. {stuck}", type="RestException")


@bp.post("/external-task/<task_id>/bpmnError")
@operation("Fehler melden, den das Diagramm vorsieht", roles=ROLES, body=BPMN_ERROR, status=204)
def bpmn_error(task_id: str, body: dict[str, Any]) -> None:
    given, _, brought = _brought(body)
    with _as_camunda():
        endings.bpmn_error(_holding(task_id, body), body["errorCode"], body["errorMessage"] or "", given, brought)


@bp.post("/external-task/<task_id>/failure")
@operation("Fehlschlag melden", roles=ROLES, body=FAILURE, status=204)
def failure(task_id: str, body: dict[str, Any]) -> None:
    details = body["errorDetails"]
    if details is not None and not isinstance(details, str):
        raise errors.InvalidInput("„errorDetails“ ist ein Text.")
    given, local, brought = _brought(body)
    with _as_camunda():
        endings.fail(
            _holding(task_id, body), body["errorMessage"] or "", retries=body["retries"] or 0, pause=body["retryTimeout"] or 0,
            details=details, variables=given, local=local, brought=brought,
        )  # fmt: skip


def _brought(body: Mapping[str, Any]) -> tuple[dict[str, object], dict[str, object], Brought]:
    """Return process variables, local ones, and the files among them."""
    brought = Brought()
    return variables.untyped_all(body["variables"], brought.take), variables.untyped_all(body.get("localVariables"), brought.take), brought


def _holding(task_id: str, body: Mapping[str, Any]) -> endings.Holding:
    """Return which job an address names, and the worker that says it holds it."""
    job_id = _id(task_id)

    def holding(tx: Connection) -> tuple[UUID, str]:
        _refuse_served(tx, job_id)
        return job_id, str(body["workerId"])

    return holding


# ---------------------------------------------------------------- leases
@bp.post("/external-task/<task_id>/lock")
@operation("Auftrag sperren", roles=ROLES, body={"workerId": WORKER, "lockDuration": DURATION}, status=204)
def lock(task_id: str, body: dict[str, Any]) -> None:
    session, lease = app.session(), _lease(body["lockDuration"])
    with _as_camunda(), app.database().begin(session.tenant_id) as tx:
        external_tasks.lock(tx, session.tenant_id, _id(task_id), worker=body["workerId"], lease=lease)


@bp.post("/external-task/<task_id>/extendLock")
@operation("Sperre verlängern, von jetzt an", roles=ROLES, body={"workerId": WORKER, "newDuration": DURATION}, status=204)
def extend_lock(task_id: str, body: dict[str, Any]) -> None:
    session, lease = app.session(), _lease(body["newDuration"])
    with _as_camunda(), app.database().begin(session.tenant_id) as tx:
        _refuse_served(tx, _id(task_id))
        jobs.extend(tx, session.tenant_id, _id(task_id), worker=body["workerId"], lease=lease)


@bp.post("/external-task/<task_id>/unlock")
@operation("Sperre aufheben", roles=ROLES, status=204)
def unlock(task_id: str) -> None:
    session = app.session()
    with _as_camunda(), app.database().begin(session.tenant_id) as tx:
        _refuse_served(tx, _id(task_id))
        jobs.unlock(tx, session.tenant_id, _id(task_id))


@bp.put("/external-task/<task_id>/retries")
@operation(
    "Versuche setzen; mehr als 0 behebt die Störung", roles=("worker", "team_lead"),
    body={"retries": Field("whole", "Versuche, die bleiben", required=True)}, status=204,
)  # fmt: skip
def set_retries(task_id: str, body: dict[str, Any]) -> None:
    session = app.session()
    with _as_camunda(), app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
        external_tasks.set_retries(tx, session.tenant_id, _id(task_id), body["retries"], by=session.login, now=now)


@bp.put("/external-task/<task_id>/priority")
@operation(
    "Priorität setzen", roles=("worker", "team_lead"), body={"priority": Field("whole", "höher kommt zuerst", required=True)}, status=204
)
def set_priority(task_id: str, body: dict[str, Any]) -> None:
    session = app.session()
    with _as_camunda(), app.database().begin(session.tenant_id) as tx:
        external_tasks.set_priority(tx, session.tenant_id, _id(task_id), body["priority"])


# ---------------------------------------------------------------- reading
lists.add(bp, "/external-task", "Aufträge", EXTERNAL_TASKS, lambda row: shown(external_tasks.of_row(row)), answer="[ExternalTask]")


@bp.get("/external-task/<task_id>")
@operation("Ein Auftrag", answer="ExternalTask")
def get(task_id: str) -> object:
    session = app.session()
    with _as_camunda(), app.database().begin(session.tenant_id) as tx:
        return shown(external_tasks.get(tx, session.tenant_id, _id(task_id)))


@bp.get("/external-task/<task_id>/errorDetails")
@operation("Einzelheiten des letzten Fehlschlags; ohne solche 204", content="text/plain")
def error_details(task_id: str) -> object:
    session = app.session()
    with _as_camunda(), app.database().begin(session.tenant_id) as tx:
        found = external_tasks.error_details(tx, session.tenant_id, _id(task_id))
    return None if found is None else Response(found, content_type="text/plain; charset=utf-8")


# ---------------------------------------------------------------- shared
@contextmanager
def _as_camunda() -> Iterator[None]:
    """Answer as Camunda: 404 for a job that is no more, 400 for one that another worker holds."""
    try:
        yield
    except errors.NotFound as gone:
        raise faults.Fault(404, str(gone), type="RestException") from gone
    except (errors.Conflict, errors.InvalidState) as taken:
        raise faults.Fault(400, str(taken), type="RestException") from taken


def _id(task_id: str) -> UUID:
    try:
        return UUID(task_id)
    except ValueError:
        raise jobs.gone() from None


def _lease(milliseconds: int) -> timedelta:
    if not 0 < milliseconds <= MAX_MILLISECONDS:
        raise errors.InvalidInput("Die Dauer ist eine Zahl von Millisekunden über 0.")
    return timedelta(milliseconds=milliseconds)


def _refuse_served(tx: Connection, job_id: UUID) -> None:
    """Refuse a job that the program's own worker does. Raises errors.NotFound, errors.NotAllowed."""
    external_tasks.refuse_served(tx, [external_tasks.get(tx, app.session().tenant_id, job_id).topic])
