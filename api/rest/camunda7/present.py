"""Rows of the engine as the JSON objects of Camunda 7."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from api import app
from api.rest import lists, variables
from engine import activities, brought, deployments, values

STATES = {"running": "ACTIVE", "completed": "COMPLETED", "terminated": "INTERNALLY_TERMINATED", "cancelled": "EXTERNALLY_TERMINATED"}
# A job of the program's own worker failed as one of Camunda's job executor does; a message and a step have no counterpart there.
ACTIVITY_TYPES = {
    "catch_event": "intermediateCatchEvent", "throw_event": "intermediateThrowEvent", "boundary_event": "boundaryEvent",
    "event_gateway": "eventBasedGateway", "subprocess": "subProcess", "event_subprocess": "subProcess", "end_event": "noneEndEvent",
}  # fmt: skip
INCIDENT_TYPES = {"job": "failedJob", "timer": "failedJob", "start": "failedJob", "message": "failedMessage", "step": "failedStep"}


def definition_id(key: str, version: int, uuid: UUID) -> str:
    """Return the id of a process version as clients put it into addresses."""
    return f"{key}:{version}:{uuid}"


def deployment(row: Any) -> dict[str, object]:
    """Return a deployment; it belongs to all tenants of the world and is shown as the asking tenant's."""
    return {
        "links": [], "id": row.uuid, "name": row.name, "source": row.source or None, "deploymentTime": variables.instant(row.deployed_at),
        "tenantId": app.session().tenant_slug,
    }  # fmt: skip


def process_definition(row: Any) -> dict[str, object]:
    """Return a version of a process."""
    return {
        "id": definition_id(row.key, row.version, row.uuid), "key": row.key, "category": None, "description": None, "name": row.name or None,
        "version": row.version, "versionTag": row.meta.get("version_tag"), "resource": row.file, "deploymentId": row.deployment_uuid,
        "diagram": None, "suspended": False, "tenantId": app.session().tenant_slug, "historyTimeToLive": row.meta.get("history_days"),
        "startableInTasklist": True,
    }  # fmt: skip


def deployed(made: deployments.Deployment, order: Sequence[brought.Deployed]) -> dict[str, dict[str, object] | None]:
    """Return what a deployment holds, new or found unchanged, in the given order; the Modeler takes the first process."""
    tenant = app.session().tenant_slug
    processes: dict[str, object] = {}
    decisions: dict[str, object] = {}
    for one in order:
        shown: dict[str, object] = {
            "id": definition_id(one.key, one.version, one.uuid), "key": one.key, "category": None, "name": one.name or None,
            "version": one.version, "versionTag": None, "resource": one.file, "deploymentId": made.uuid, "tenantId": tenant,
        }  # fmt: skip
        if one.kind == "bpmn":
            processes[str(shown["id"])] = shown | {"description": None, "diagram": None, "suspended": False, "startableInTasklist": True}
        elif one.kind == "dmn":
            decisions[str(shown["id"])] = shown | {"decisionRequirementsDefinitionId": None, "decisionRequirementsDefinitionKey": None}
    return {
        "deployedProcessDefinitions": processes or None, "deployedDecisionDefinitions": decisions or None,
        "deployedDecisionRequirementsDefinitions": None, "deployedCaseDefinitions": None,
    }  # fmt: skip


def instance(row: Any) -> dict[str, object]:
    """Return a process instance of a row of engine.listings.instances."""
    return {
        "links": [], "id": row.uuid, "definitionId": definition_id(row.process_key, row.definition_version, row.definition_uuid),
        "definitionKey": row.process_key, "businessKey": row.business_key or None, "caseInstanceId": None, "ended": row.status != "running",
        "suspended": False, "tenantId": app.session().tenant_slug,
    }  # fmt: skip


def historic_instance(row: Any) -> dict[str, object]:
    """Return a process instance that runs or has run."""
    return _of_definition(row) | {
        "id": row.uuid, "processDefinitionName": row.definition_name, "processDefinitionVersion": row.definition_version,
        "businessKey": row.business_key or None, "startTime": variables.instant(row.started_at), "endTime": variables.instant(row.ended_at),
        "removalTime": None, "durationInMillis": _millis(row.started_at, row.ended_at), "startUserId": row.started_by, "startActivityId": None,
        "deleteReason": row.reason, "rootProcessInstanceId": row.uuid, "superProcessInstanceId": None, "superCaseInstanceId": None,
        "caseInstanceId": None, "restartedProcessInstanceId": None, "state": STATES[row.status],
    }  # fmt: skip


def historic_task(row: Any) -> dict[str, object]:
    """Return a user task, open or ended."""
    return _of_definition(row) | {
        "id": row.id, "processInstanceId": row.instance_uuid, "executionId": row.instance_uuid, "rootProcessInstanceId": row.instance_uuid,
        "activityInstanceId": row.id, "name": row.label, "description": None, "taskDefinitionKey": row.element_id, "owner": None,
        "assignee": row.assignee, "startTime": variables.instant(row.created_at), "endTime": variables.instant(row.ended_at),
        "duration": _millis(row.created_at, row.ended_at), "deleteReason": row.outcome, "priority": row.priority,
        "due": variables.instant(row.due_at), "followUp": variables.instant(row.follow_up_at), "parentTaskId": None, "removalTime": None,
        "taskState": "Created" if row.ended_at is None else "Completed" if row.outcome == "completed" else "Deleted",
        "caseDefinitionKey": None, "caseDefinitionId": None, "caseInstanceId": None, "caseExecutionId": None,
    }  # fmt: skip


def activity(row: Any, one: activities.Activity) -> dict[str, object]:
    """Return a passage through an element, of an instance of a row of engine.listings.instances."""
    return _of_definition(row) | {
        "id": one.id, "parentActivityInstanceId": row.uuid, "activityId": one.element_id, "activityName": one.label or None,
        "activityType": activity_type(one), "processInstanceId": row.uuid, "executionId": row.uuid, "taskId": None, "assignee": None,
        "calledProcessInstanceId": None, "calledCaseInstanceId": None, "startTime": variables.instant(one.started_at),
        "endTime": variables.instant(one.ended_at), "durationInMillis": _millis(one.started_at, one.ended_at), "canceled": one.is_cancelled,
        "completeScope": False, "removalTime": None, "rootProcessInstanceId": row.uuid,
    }  # fmt: skip


def activity_type(one: activities.Activity) -> str:
    """Return Camunda's word for the kind of an element."""
    return ACTIVITY_TYPES.get(one.kind) or lists.camel(one.kind)


def variable(row: Any) -> dict[str, object]:
    """Return a variable of a running instance."""
    return variables.typed(values.from_jsonable(row.value)) | {
        "id": variable_id(row.instance_uuid, row.name), "name": row.name, "processInstanceId": row.instance_uuid,
        "processDefinitionId": definition_id(row.process_key, row.definition_version, row.definition_uuid), "executionId": row.instance_uuid,
        "caseInstanceId": None, "caseExecutionId": None, "taskId": None, "batchId": None, "activityInstanceId": row.instance_uuid,
        "tenantId": app.session().tenant_slug, "errorMessage": None,
    }  # fmt: skip


def historic_variable(row: Any) -> dict[str, object]:
    """Return a variable with the value it has, or had at the end."""
    return variable(row) | _of_definition(row) | {
        "state": "CREATED", "createTime": variables.instant(row.started_at), "removalTime": None, "rootProcessInstanceId": row.instance_uuid,
    }  # fmt: skip


def variable_id(instance_uuid: UUID, name: str) -> UUID:
    """Return the id of an instance's variable."""
    return uuid5(instance_uuid, f"variable {name}")


def job(row: Any) -> dict[str, object]:
    """Return a timer, or a job of the program's own worker."""
    return {
        "id": row.id, "jobDefinitionId": None, "dueDate": variables.instant(row.due_at), "processInstanceId": row.instance_uuid,
        "executionId": row.instance_uuid, "processDefinitionId": definition_id(row.process_key, row.definition_version, row.definition_uuid),
        "processDefinitionKey": row.process_key, "retries": row.retries, "exceptionMessage": row.error,
        "failedActivityId": row.element_id if row.error else None, "suspended": False, "priority": row.priority,
        "tenantId": app.session().tenant_slug, "createTime": variables.instant(row.created_at), "batchId": None,
    }  # fmt: skip


def incident(row: Any) -> dict[str, object]:
    """Return an open incident."""
    own = None if row.process_key is None else definition_id(row.process_key, row.definition_version, row.definition_uuid)
    kind = "failedExternalTask" if row.topic is not None and row.topic not in app.database().runtime.topics else INCIDENT_TYPES[row.kind]
    return {
        "id": row.uuid, "processDefinitionId": own, "processInstanceId": row.instance_uuid, "executionId": row.instance_uuid,
        "incidentTimestamp": variables.instant(row.opened_at), "incidentType": kind, "activityId": row.element_id or None,
        "failedActivityId": row.element_id or None, "causeIncidentId": row.uuid, "rootCauseIncidentId": row.uuid,
        "configuration": row.wait_id, "incidentMessage": row.message, "tenantId": app.session().tenant_slug, "jobDefinitionId": None,
        "annotation": None,
    }  # fmt: skip


def historic_incident(row: Any) -> dict[str, object]:
    """Return an incident, open or resolved; annotation: who resolved it and why."""
    resolved = row.resolved_at is not None
    shown = incident(row)
    del shown["incidentTimestamp"]
    return shown | {
        "processDefinitionKey": row.process_key, "rootProcessInstanceId": row.instance_uuid, "createTime": variables.instant(row.opened_at),
        "endTime": variables.instant(row.resolved_at), "removalTime": None, "historyConfiguration": None, "open": not resolved,
        "resolved": resolved, "deleted": False, "annotation": f"{row.resolved_by}: {row.resolution}" if resolved else None,
    }  # fmt: skip


def _of_definition(row: Any) -> dict[str, object]:
    return {
        "processDefinitionId": definition_id(row.process_key, row.definition_version, row.definition_uuid),
        "processDefinitionKey": row.process_key, "tenantId": app.session().tenant_slug,
    }  # fmt: skip


def _millis(start: datetime, end: datetime | None) -> int | None:
    return None if end is None else int((end - start).total_seconds() * 1000)
