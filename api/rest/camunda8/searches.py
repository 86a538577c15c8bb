"""Searches for instances and their variables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint

from api import app, strict_json
from api.rest import variables
from api.rest.camunda7 import present
from api.rest.camunda8 import process_instances, searching
from api.rest.camunda8.searching import FOUND, SEARCH
from api.rest.operations import Field, operation
from engine import keys, values
from engine.listings import instances as listed
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
STATES = {"ACTIVE": ["running"], "COMPLETED": ["completed"], "TERMINATED": ["terminated", "cancelled"]}


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


def _shown_variable(row: Any) -> dict[str, object]:
    return variable(row.instance_uuid, row.instance_id, row.name, values.from_jsonable(row.value))


def variable(instance_uuid: UUID, instance_number: int, name: str, value: object, *, scope: int | None = None) -> dict[str, object]:
    """Return a variable of an instance; its value is a text of JSON. scope: the key of the element it belongs to, if not the instance."""
    return {
        "variableKey": str(keys.of(present.variable_id(instance_uuid, name))), "name": name, "value": strict_json.dumps(variables.plain(value)),
        "isTruncated": False, "scopeKey": str(instance_number if scope is None else scope), "processInstanceKey": str(instance_number),
        "rootProcessInstanceKey": str(instance_number), "tenantId": app.session().tenant_slug,
    }  # fmt: skip
