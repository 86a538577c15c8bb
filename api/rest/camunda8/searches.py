"""What became of an instance: searches for instances, variables, incidents and elements, as the Modeler and operators ask."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from api import app, strict_json
from api.rest import variables
from api.rest.camunda7 import present
from api.rest.camunda8 import process_instances, searching
from api.rest.camunda8.searching import FOUND, SEARCH
from api.rest.operations import Field, operation
from engine import activities, errors, instances, keys, values
from engine.listings import instances as listed
from engine.listings import listing, waits
from engine.listings import variables as variable_listing

bp = Blueprint("rest8_searches", __name__)

INSTANCES = {
    "processInstanceKey": "number", "processDefinitionId": "process_definition_key", "processDefinitionKey": "definition_number",
    "processDefinitionName": "process_definition_name", "processDefinitionVersion": "definition_version",
    "processDefinitionVersionTag": "version_tag", "businessId": "business_key", "state": "status", "hasIncident": "has_incident",
}  # fmt: skip
INSTANCE_ORDERS = {
    "processInstanceKey": "number", "processDefinitionId": "definition_key", "processDefinitionName": "definition_name",
    "processDefinitionVersion": "definition_version", "startDate": "start_time", "endDate": "end_time", "businessId": "business_key",
}  # fmt: skip
VARIABLES = {"processInstanceKey": "number", "scopeKey": "number", "name": "variable_name"}
VARIABLE_ORDERS = {"name": "variable_name", "processInstanceKey": "number"}
INCIDENTS = {
    "processInstanceKey": "number", "incidentKey": "incident_number", "processDefinitionId": "process_definition_key",
    "elementId": "activity_id", "errorMessage": "incident_message",
}  # fmt: skip
INCIDENT_ORDERS = {
    "creationTime": "incident_timestamp",
    "incidentKey": "incident_id",
    "elementId": "activity_id",
    "errorMessage": "incident_message",
}
STATES = {"ACTIVE": ["running"], "COMPLETED": ["completed"], "TERMINATED": ["terminated", "cancelled"]}
ELEMENT_TYPES = {
    "task": "TASK", "catch_event": "INTERMEDIATE_CATCH_EVENT", "throw_event": "INTERMEDIATE_THROW_EVENT", "event_gateway": "EVENT_BASED_GATEWAY",
    "subprocess": "SUB_PROCESS", "event_subprocess": "EVENT_SUB_PROCESS", "": "UNKNOWN",
}  # fmt: skip


@bp.post("/v2/process-instances/search")
@operation(f"Vorgänge suchen (Filter: {', '.join(INSTANCES)})", body=SEARCH, answer=FOUND)
def search_instances(body: dict[str, Any]) -> object:
    words: searching.Words = {"state": STATES, "hasIncident": {word: word for word in ("true", "false")}}
    return searching.found(body, listed.HISTORIC, INSTANCES, INSTANCE_ORDERS, process_instances.shown, words=words)


@bp.post("/v2/variables/search")
@operation(
    f"Variablen suchen (Filter: {', '.join(VARIABLES)})", body=SEARCH, query={"truncateValues": Field("flag", "ohne Wirkung")}, answer=FOUND
)
def search_variables(body: dict[str, Any], query: dict[str, Any]) -> object:
    return searching.found(body, variable_listing.HISTORIC, VARIABLES, VARIABLE_ORDERS, _shown_variable)


@bp.post("/v2/incidents/search")
@operation(f"Offene Störungen von Vorgängen suchen (Filter: {', '.join(INCIDENTS)})", body=SEARCH, answer=FOUND)
def search_incidents(body: dict[str, Any]) -> object:
    return searching.found(body, waits.INCIDENTS, INCIDENTS, INCIDENT_ORDERS, shown_incident, of_instance=True)


@bp.post("/v2/process-instances/<instance_key>/incidents/search")
@operation("Offene Störungen eines Vorgangs", body=SEARCH, answer=FOUND)
def search_incidents_of(instance_key: str, body: dict[str, Any]) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        row = process_instances.of_key(tx, instance_key)
    return searching.found(body, waits.INCIDENTS, INCIDENTS, INCIDENT_ORDERS, shown_incident, number=row.id)


@bp.post("/v2/element-instances/search")
@operation("Durchlaufene Elemente eines Vorgangs (Filter: processInstanceKey, elementId)", body=SEARCH, answer=FOUND)
def search_elements(body: dict[str, Any]) -> object:
    given = searching.conditions(body, {"processInstanceKey": "number", "elementId": "activity_id"})
    if len(given.get("processInstanceKey", ())) != 1:
        raise errors.InvalidInput("Bitte im Filter „processInstanceKey“ einen Vorgang angeben.")
    session, page = app.session(), searching.page_of(body, {})
    number = searching.key_of("processInstanceKey", given["processInstanceKey"][0])
    with app.database().begin(session.tenant_id) as tx:
        rows = listing.rows(tx, listed.HISTORIC, session.tenant_id, {"number": number})
        found = activities.of_instance(tx, instances.get(tx, session.tenant_id, rows[0].uuid)) if rows else []
    wanted = [one for one in found if "elementId" not in given or one.element_id in given["elementId"]]
    items: list[object] = [_shown_element(rows[0], one) for one in wanted[page.first :][: page.limit]]
    return searching.answer(items, page.first, len(wanted))


def _shown_variable(row: Any) -> dict[str, object]:
    return {
        "variableKey": str(keys.of(present.variable_id(row.instance_uuid, row.name))), "name": row.name,
        "value": strict_json.dumps(variables.plain(values.from_jsonable(row.value))), "isTruncated": False, "scopeKey": str(row.instance_id),
        "processInstanceKey": str(row.instance_id), "rootProcessInstanceKey": str(row.instance_id), "tenantId": app.session().tenant_slug,
    }  # fmt: skip


def shown_incident(row: Any) -> dict[str, object]:
    """Return an open incident of an instance."""
    wait_key = str(keys.of(row.uuid if row.wait_id is None else row.wait_id))
    return {
        "incidentKey": str(row.id), "processInstanceKey": str(row.instance_id), "rootProcessInstanceKey": str(row.instance_id),
        "processDefinitionId": row.process_key, "processDefinitionKey": str(row.definition_number), "elementInstanceKey": wait_key,
        "jobKey": wait_key if row.kind == "job" else None, "errorType": "JOB_NO_RETRIES" if row.kind == "job" else "UNKNOWN",
        "errorMessage": row.message, "elementId": row.element_id or row.process_key, "creationTime": row.opened_at, "state": "ACTIVE",
        "tenantId": app.session().tenant_slug,
    }  # fmt: skip


def _shown_element(row: Any, one: activities.Activity) -> dict[str, object]:
    state = "ACTIVE" if one.ended_at is None else "TERMINATED" if one.is_cancelled else "COMPLETED"
    return {
        "elementInstanceKey": str(keys.of(one.id)), "processInstanceKey": str(row.id), "rootProcessInstanceKey": str(row.id),
        "processDefinitionId": row.process_key, "processDefinitionKey": str(row.definition_number), "elementId": one.element_id,
        "elementName": one.label, "type": ELEMENT_TYPES.get(one.kind) or one.kind.upper(), "state": state, "startDate": one.started_at,
        "endDate": one.ended_at, "hasIncident": False, "incidentKey": None, "tenantId": app.session().tenant_slug,
    }  # fmt: skip
