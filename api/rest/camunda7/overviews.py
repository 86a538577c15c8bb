"""What an operator's client shows at a glance: where instances stand, how many, and who did what."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from flask import Blueprint
from sqlalchemy import Connection

from api import app
from api.auth import users
from api.rest import lists, variables
from api.rest.camunda7 import present, process_definitions, process_instances
from api.rest.operations import Field, Fields, operation
from engine import activities, errors, history, instances, payloads, statistics
from engine.listings import definitions, listing, waits
from engine.listings import instances as listed

bp = Blueprint("rest_overviews", __name__)

BODY = "multiInstanceBody"
COUNTED: Fields = {
    "failedJobs": Field("flag", "auch, wie viele Aufträge und Fristen keinen Versuch mehr haben"),
    "incidents": Field("flag", "auch die offenen Störungen"),
    "incidentsForType": Field("text", "nur die Störungen dieser Art"),
    "rootIncidents": Field("flag", "wie incidents: jeder Vorgang ist hier eigenständig"),
}
# kind of a command in the history -> Camunda's words for what was done to what
OPERATIONS = {
    "started": ("Create", "ProcessInstance"), "cancelled": ("Delete", "ProcessInstance"), "migrated": ("Migrate", "ProcessInstance"),
    "variables_set": ("SetVariable", "Variable"), "user_task_completed": ("Complete", "Task"),
}  # fmt: skip
REASONED = frozenset({"cancelled", "migrated", "variables_set"})  # what they are named after is why
WHO: Fields = {
    "processInstanceId": Field("text", "der Vorgang", required=True),
    "userId": Field("text", "Benutzername"),
    "operationType": Field("text", "Create, Delete, Migrate, SetVariable oder Complete"),
    "entityType": Field("text", "ProcessInstance, Variable oder Task"),
    "afterTimestamp": Field("text", "nach diesem Zeitpunkt"),
    "beforeTimestamp": Field("text", "vor diesem Zeitpunkt"),
}


# ---------------------------------------------------------------- where an instance stands
@bp.get("/process-instance/<instance_id>/activity-instances")
@operation("Wo ein laufender Vorgang steht, als Baum", answer="{id, activityId, childActivityInstances: […], …}")
def activity_instances(instance_id: str) -> object:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        instance = process_instances.running(tx, instance_id)
        (row,) = listing.rows(tx, listed.HISTORIC, session.tenant_id, {"process_instance_id": instance.uuid})
        stuck = listing.rows(tx, waits.INCIDENTS, session.tenant_id, {"process_instance_id": instance.uuid})
        standing = [one for one in activities.of_instance(tx, instance) if one.ended_at is None]
    return _tree(row, standing, stuck)


def _tree(row: Any, standing: list[activities.Activity], stuck: Any) -> dict[str, object]:
    """Return the instance with the activities where it stands below those that they are inside of."""
    root = _node(row, row.uuid, row.process_key, row.definition_name, "processDefinition", [])
    nodes = [
        (
            one,
            _node(row, one.id, one.element_id, one.label, present.activity_type(one), [i for i in stuck if i.element_id == one.element_id]),
        )
        for one in standing
    ]
    places = {(one.scope, one.element_id): node for one, node in nodes}
    for one, node in nodes:
        around = places.get(statistics.parent_of(one.scope)) if one.scope else None
        if around is not None and one.scope.rpartition("/")[2].partition("#")[::2] == (one.element_id, one.scope.rpartition("#")[2]):
            around |= {"activityId": f"{one.element_id}#{BODY}", "activityType": BODY}
        parent = root if around is None else around
        node["parentActivityInstanceId"] = parent["id"]
        parent["childActivityInstances"].append(node)
    return root


def _node(row: Any, own_id: UUID, element_id: str, label: str, kind: str, stuck: list[Any]) -> dict[str, Any]:
    return {
        "id": own_id, "parentActivityInstanceId": None, "activityId": element_id, "activityName": label or None, "name": label or None,
        "activityType": kind, "processInstanceId": row.uuid, "executionIds": [row.uuid], "childActivityInstances": [],
        "processDefinitionId": present.definition_id(row.process_key, row.definition_version, row.definition_uuid),
        "childTransitionInstances": [], "incidentIds": [one.uuid for one in stuck],
        "incidents": [{"id": one.uuid, "activityId": one.element_id} for one in stuck],
    }  # fmt: skip


# ---------------------------------------------------------------- how many
@process_definitions.addressed(
    bp, "statistics", "/statistics", "GET", summary="Wie viele laufende Vorgänge an welchem Element stehen", query=COUNTED,
    answer="[{id, instances, failedJobs, incidents}]",
)  # fmt: skip
def by_element(tx: Connection, definition: Any, query: dict[str, Any]) -> object:
    found = statistics.by_element(tx, app.session().tenant_id, definition.key, definition.version, definition.uuid)
    return [{"@class": _class("Activity"), "id": element_id} | _counted(count, query) for element_id, count in found.items()]


@bp.get("/process-definition/statistics")
@operation("Wie viele Vorgänge je Fassung laufen", query=COUNTED, answer="[{id, definition, instances, failedJobs, incidents}]")
def by_version(query: dict[str, Any]) -> object:
    tenant_id = app.session().tenant_id
    with app.database().begin(tenant_id) as tx:
        found = statistics.by_version(tx, tenant_id)
        rows = listing.rows(tx, definitions.PROCESS_DEFINITIONS, tenant_id, {})
    shown = []
    for row in rows:
        definition = present.process_definition(row)
        counted = _counted(found.get(row.uuid, statistics.Count()), query)
        shown.append({"@class": _class("ProcessDefinition"), "id": definition["id"], "definition": definition} | counted)
    return shown


def _class(what: str) -> str:
    """Return the name by which the clients of Camunda tell two kinds of statistics apart."""
    return f"org.camunda.bpm.engine.rest.dto.repository.{what}StatisticsResultDto"


def _counted(count: statistics.Count, query: dict[str, Any]) -> dict[str, object]:
    wanted, types = query["incidentsForType"], Counter[str]()
    for kind, number in count.incidents.items():
        types[present.INCIDENT_TYPES.get(kind, kind)] += number
    asked = query["incidents"] or query["rootIncidents"] or wanted is not None
    return {
        "instances": count.instances, "failedJobs": count.failed if query["failedJobs"] else 0,
        "incidents": [
            {"incidentType": name, "incidentCount": number} for name, number in sorted(types.items()) if asked and wanted in (None, name)
        ],
    }  # fmt: skip


# ---------------------------------------------------------------- who did what
@bp.get("/history/user-operation")
@operation(
    "Was Menschen und Programme mit Konto an einem Vorgang taten, das Neueste zuerst", query=WHO | lists.PAGING | lists.SORTING | lists.TENANTS,
    answer="[{userId, timestamp, operationType, entityType, annotation, …}]",
)  # fmt: skip
def user_operations(query: dict[str, Any]) -> object:
    found = [] if query["withoutTenantId"] else _operations(query)
    # Sorted by the number in the chain: many share a moment, in a sandbox even all.
    return lists.cut(found, query, {"timestamp": lambda one: int(one["id"].rpartition(":")[2])})


@bp.get("/history/user-operation/count")
@operation("Wie viele Handlungen an einem Vorgang", query=WHO | lists.TENANTS, answer="{count}")
def count_user_operations(query: dict[str, Any]) -> object:
    return {"count": 0 if query["withoutTenantId"] else len(_operations(query))}


def _operations(query: dict[str, Any]) -> list[dict[str, object]]:
    session, wanted = app.session(), lists.id_of("processInstanceId", query["processInstanceId"])
    after, before = (None if query[name] is None else lists.moment(name, query[name]) for name in ("afterTimestamp", "beforeTimestamp"))
    with app.database().begin(session.tenant_id) as tx:
        rows = listing.rows(tx, listed.HISTORIC, session.tenant_id, {"process_instance_id": wanted})
        if not rows:
            return []
        commands = history.read(tx, session.tenant_id, instances.get(tx, session.tenant_id, wanted).id)
        people = users.names(tx)
    return [
        _operation(rows[0], command)
        for command in reversed(commands)
        if command.kind in OPERATIONS
        and command.actor in people
        and query["userId"] in (None, command.actor)
        and query["operationType"] in (None, OPERATIONS[command.kind][0])
        and query["entityType"] in (None, OPERATIONS[command.kind][1])
        and (after is None or command.effective_at > after)
        and (before is None or command.effective_at < before)
    ]


def _operation(row: Any, command: history.Command) -> dict[str, object]:
    done, to_what = OPERATIONS[command.kind]
    stimulus = payloads.stimulus_of(command.content["stimulus"])
    return {
        "id": f"{row.uuid}:{command.seq}", "operationId": f"{row.uuid}:{command.seq}", "userId": command.actor,
        "timestamp": variables.instant(command.effective_at), "operationType": done, "entityType": to_what, "category": "Operator",
        "annotation": stimulus.name or None if command.kind in REASONED else None, "property": None, "orgValue": None, "newValue": None, "deploymentId": None,
        "processDefinitionId": present.definition_id(row.process_key, row.definition_version, row.definition_uuid),
        "processDefinitionKey": row.process_key, "processInstanceId": row.uuid, "executionId": row.uuid, "rootProcessInstanceId": row.uuid,
        "taskId": stimulus.wait_id if to_what == "Task" else None, "jobId": None, "jobDefinitionId": None, "batchId": None, "externalTaskId": None,
        "caseDefinitionId": None,
        "caseInstanceId": None, "caseExecutionId": None, "removalTime": None, "tenantId": app.session().tenant_slug,
    }  # fmt: skip


# ---------------------------------------------------------------- what there is not
def _refuse_suspending(body: dict[str, Any], **_: str) -> None:
    if body["suspended"]:
        raise errors.InvalidInput(
            "Vorgänge, Prozesse und Aufträge werden hier nicht angehalten. Was nicht weitergehen soll, wird abgebrochen oder gesperrt."
        )


def _refuse_modification(**_: str) -> None:
    raise errors.InvalidInput(
        "Ein Vorgang wird nicht an eine andere Stelle gesetzt. Bitte das Diagramm ändern und umstellen, oder den Vorgang abbrechen und neu beginnen."
    )


TO_NAME = str.maketrans({"/": "_", "-": "_", "<": None, ">": None})  # an address as the name of its route
SUSPENSION: Fields = {
    "suspended": Field("flag", "nur false: angehalten wird hier nichts", required=True),
    **{
        name: Field("any", "ohne Wirkung")
        for name in (
            "includeProcessInstances", "executionDate", "processDefinitionId", "processDefinitionKey", "processInstanceIds", "processInstanceQuery",
            "historicProcessInstanceQuery", "processDefinitionTenantId", "processDefinitionWithoutTenantId", "jobDefinitionId", "processInstanceId",
        )
    },
}  # fmt: skip
for _path in (
    "/process-definition/suspended", "/process-definition/<definition_id>/suspended", "/process-definition/key/<key>/suspended",
    "/process-definition/key/<key>/tenant-id/<tenant>/suspended", "/process-instance/suspended", "/process-instance/<instance_id>/suspended",
    "/job/suspended", "/job/<job_id>/suspended",
):  # fmt: skip
    _declared = operation("Anhalten (wird abgelehnt)", roles=process_instances.CHANGERS, body=SUSPENSION, status=204)
    bp.add_url_rule(_path, f"refuse_{_path.translate(TO_NAME)}", _declared(_refuse_suspending), methods=["PUT"])
for _path in (
    "/process-instance/<instance_id>/modification", "/process-instance/<instance_id>/modification-async", "/modification/execute",
):  # fmt: skip
    _declared = operation("Versetzen (wird abgelehnt)", roles=process_instances.CHANGERS)
    bp.add_url_rule(_path, f"refuse_{_path.translate(TO_NAME)}", _declared(_refuse_modification), methods=["POST"])
