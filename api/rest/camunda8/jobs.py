"""Jobs for workers outside under /v2/jobs: the external tasks of /engine-rest/external-task once more, as Camunda 8's workers speak.

A worker says who it is only when it asks for jobs. Whoever ends or prolongs a job acts for the one that holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint
from sqlalchemy import Connection

from api import app
from api.rest import endings, faults, parking, variables
from api.rest.camunda8 import searching
from api.rest.operations import Field, Fields, checked, operation
from engine import clock, errors, external_tasks, jobs, keys, values
from engine.external_tasks import ExternalTask, Wanted
from engine.listings.external_tasks import EXTERNAL_TASKS

bp = Blueprint("rest8_jobs", __name__)

ROLES = ("worker",)
USUAL_WAIT = 10.0  # seconds; Camunda's answer to `requestTimeout: 0`
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
ACTIVATION: Fields = {
    "type": Field("text", "Job type im Diagramm", required=True),
    "worker": Field("text", "Name des Workers; ohne Angabe das Konto"),
    "timeout": Field("whole", "so viele Millisekunden gehört der Auftrag dem Worker", required=True),
    "maxJobsToActivate": Field("whole", f"höchstens so viele Aufträge, bis {external_tasks.MAX_FETCH}", required=True),
    "fetchVariable": Field("texts", "nur diese Variablen; ohne Angabe alle"),
    "requestTimeout": Field(
        "whole", f"Millisekunden, die auf einen Auftrag gewartet wird; 0 oder ohne Angabe {int(USUAL_WAIT * 1000)}, unter 0 gar nicht"
    ),
    "tenantIds": Field("texts", "Kürzel eines Mandanten; ohne: der erste des Kontos"),
    "tenantFilter": Field("text", "nur PROVIDED"),
}
VARIABLES = Field("object", "Variablen als JSON")
COMPLETION: Fields = {"variables": VARIABLES}
FAILURE: Fields = {
    "retries": Field("whole", "Versuche, die noch bleiben; 0 oder keine Angabe: Störung"),
    "errorMessage": Field("text", "was nicht ging"),
    "retryBackOff": Field("whole", "Millisekunden bis zum nächsten Versuch"),
    "variables": Field("object", "Variablen, die nur das Element sieht, als JSON"),
}
ERROR: Fields = {
    "errorCode": Field("text", "Code des Fehlerereignisses im Diagramm", required=True),
    "errorMessage": Field("text", "Meldung"),
    "variables": VARIABLES,
}
CHANGES: Fields = {
    "retries": Field("whole", "so viele Versuche bleiben; behebt die Störung"),
    "timeout": Field("whole", "so viele Millisekunden, von jetzt an, gehört der Auftrag noch dem Worker"),
}
FILTERS = {
    "processInstanceKey": "number", "processDefinitionKey": "definition_number", "processDefinitionId": "process_definition_key",
    "jobKey": "key", "type": "topic_name", "worker": "worker_id", "elementId": "activity_id",
}  # fmt: skip
ORDERS = {
    "jobKey": "id", "deadline": "lock_expiration_time", "priority": "task_priority", "processInstanceKey": "number",
    "processDefinitionId": "process_definition_key", "type": "topic_name", "retries": "retries", "elementId": "activity_id",
}  # fmt: skip


# ---------------------------------------------------------------- taking
@bp.post("/v2/jobs/activation")
@operation("Aufträge holen und sperren", roles=ROLES, body=ACTIVATION, answer="{jobs: [{jobKey, type, variables, customHeaders, …}]}")
def activate(body: dict[str, Any]) -> object:
    if not 0 < body["timeout"] <= endings.MAX_MILLISECONDS or body["maxJobsToActivate"] < 1 or not body["type"]:
        raise errors.InvalidInput("„type“ ist nicht leer, „timeout“ und „maxJobsToActivate“ sind größer als 0.")
    if body["tenantFilter"] not in (None, "PROVIDED"):
        raise errors.InvalidInput("„tenantFilter“ ist hier nur PROVIDED: Eine Anfrage holt für einen Mandanten, den „tenantIds“ nennt.")
    wanted = Wanted(topic=body["type"], lease=timedelta(milliseconds=body["timeout"]))

    def fetch() -> list[object]:
        session = app.session()
        with app.database().begin(session.tenant_id) as tx:
            found = external_tasks.fetch(
                tx, session.tenant_id, [wanted], worker=body["worker"] or session.login, limit=body["maxJobsToActivate"]
            )
            seen = external_tasks.visible(tx, session.tenant_id, found)
        return [_activated(task, seen[task.id][1], body["fetchVariable"]) for task in found]

    given = body["requestTimeout"] or 0
    return parking.answer([wanted.topic], USUAL_WAIT if given == 0 else given / 1000, fetch, lambda found: {"jobs": found})


def _activated(task: ExternalTask, seen: Mapping[str, object], wanted: list[str] | None) -> dict[str, object]:
    chosen = {name: variables.plain(value) for name, value in seen.items() if not wanted or name in wanted}
    deadline = 0 if task.locked_until is None else (task.locked_until - EPOCH) // timedelta(milliseconds=1)
    return _common(task) | {
        "processDefinitionVersion": task.definition_version, "worker": task.worker, "deadline": deadline, "variables": chosen,
        "userTask": None, "tags": [], "physicalTenantId": "default", "businessId": task.business_key or None, "jobLeaseToken": None,
    }  # fmt: skip


def _common(task: ExternalTask) -> dict[str, object]:
    return {
        "jobKey": str(keys.of(task.id)), "type": task.topic, "processDefinitionId": task.process_key,
        "processDefinitionKey": str(task.definition_id), "processInstanceKey": str(task.instance_id),
        "rootProcessInstanceKey": str(task.instance_id), "elementId": task.element_id, "elementInstanceKey": str(keys.of(task.id)),
        "customHeaders": dict(task.properties), "retries": task.retries, "priority": task.priority, "kind": "BPMN_ELEMENT",
        "listenerEventType": "UNSPECIFIED", "tenantId": app.session().tenant_slug,
    }  # fmt: skip


# ---------------------------------------------------------------- ending
@bp.post("/v2/jobs/<job_key>/completion")
@operation("Auftrag erledigen", roles=ROLES, body=COMPLETION, status=204)
def complete(job_key: str, body: dict[str, Any]) -> None:
    stuck = endings.complete(_holding(job_key), values.check(body["variables"] or {}), {})
    if stuck is not None:
        raise faults.Fault(409, f"Der Prozess kann so nicht weitergehen; dazu gibt es jetzt eine Störung. {stuck}")


@bp.post("/v2/jobs/<job_key>/error")
@operation("Fehler melden, den das Diagramm vorsieht", roles=ROLES, body=ERROR, status=204)
def error(job_key: str, body: dict[str, Any]) -> None:
    endings.bpmn_error(_holding(job_key), body["errorCode"], body["errorMessage"] or "", values.check(body["variables"] or {}))


@bp.post("/v2/jobs/<job_key>/failure")
@operation("Fehlschlag melden", roles=ROLES, body=FAILURE, status=204)
def failure(job_key: str, body: dict[str, Any]) -> None:
    endings.fail(
        _holding(job_key), body["errorMessage"] or "", retries=body["retries"] or 0, pause=body["retryBackOff"] or 0, details=None,
        variables={}, local=values.check(body["variables"] or {}),
    )  # fmt: skip


@bp.patch("/v2/jobs/<job_key>")
@operation(
    "Sperre verlängern, Versuche setzen", roles=("worker", "team_lead"), status=204,
    body={
        "changeset": Field("object", "{retries, timeout}", required=True), "operationReference": Field("any", "ohne Wirkung"),
    },
)  # fmt: skip
def update(job_key: str, body: dict[str, Any]) -> None:
    changes, session = checked(body["changeset"], CHANGES), app.session()
    retries, timeout = changes["retries"], changes["timeout"]
    if retries is None and timeout is None:
        raise errors.InvalidInput("„changeset“ ändert nichts. Möglich sind „retries“ und „timeout“.")
    if retries is not None and retries < 1:
        raise errors.InvalidInput("„retries“ ist mindestens 1.")
    if timeout is not None and not 0 < timeout <= endings.MAX_MILLISECONDS:
        raise errors.InvalidInput("„timeout“ ist eine Zahl von Millisekunden über 0.")
    with app.database().begin(session.tenant_id) as tx:
        job_id = _id(tx, job_key)
        if timeout is not None:
            worker = external_tasks.holder(tx, session.tenant_id, job_id)
            jobs.extend(tx, session.tenant_id, job_id, worker=worker, lease=timedelta(milliseconds=timeout))
        if retries is not None:
            now = clock.now(tx, session.tenant_id)
            external_tasks.set_retries(tx, session.tenant_id, job_id, retries, by=session.login, now=now)


def _holding(job_key: str) -> endings.Holding:
    def holding(tx: Connection) -> tuple[UUID, str]:
        job_id = _id(tx, job_key)
        return job_id, external_tasks.holder(tx, app.session().tenant_id, job_id)

    return holding


def _id(tx: Connection, job_key: str) -> UUID:
    """Return the job that a key names. Raises errors.NotFound."""
    found = keys.find(tx, app.session().tenant_id, "job", int(job_key)) if searching.is_key(job_key) else None
    if found is None:
        raise jobs.gone()
    return found


# ---------------------------------------------------------------- looking
@bp.post("/v2/jobs/search")
@operation(f"Offene Aufträge suchen (Filter: {', '.join(FILTERS)})", body=searching.SEARCH, answer=searching.FOUND)
def search(body: dict[str, Any]) -> object:
    return searching.found(body, EXTERNAL_TASKS, FILTERS, ORDERS, lambda row: _shown(external_tasks.of_row(row)))


def _shown(task: ExternalTask) -> dict[str, object]:
    failed = task.error is not None
    return _common(task) | {
        "worker": task.worker or (task.last_worker if failed else None) or "", "deadline": searching.instant(task.locked_until) if task.worker else None,
        "state": "FAILED" if failed else "CREATED", "errorMessage": task.error, "errorCode": None,
        "hasFailedWithRetriesLeft": failed and task.retries > 0, "creationTime": searching.instant(task.created_at), "lastUpdateTime": None, "endTime": None,
        "isDenied": None, "deniedReason": None, "businessId": task.business_key or None, "tags": [],
    }  # fmt: skip
