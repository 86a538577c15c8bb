"""Searches that the Modeler asks when it shows what became of an instance. Each answers `items` and how many there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint

from api import app, strict_json
from api.rest import variables
from api.rest.camunda7 import present
from api.rest.camunda8 import process_instances
from api.rest.operations import Field, Fields, operation
from engine import activities, errors, instances, values
from engine.listings import instances as listed
from engine.listings import listing, waits
from engine.listings import variables as variable_listing
from engine.listings.listing import Listing, Page

bp = Blueprint("rest8_searches", __name__)

SEARCH: Fields = {
    "filter": Field("object", "was gesucht wird"),
    "sort": Field("list", "wird nicht ausgewertet: in der Reihenfolge der Entstehung"),
    "page": Field("object", "{from, limit}"),
}
FOUND = "{items, page: {totalItems}}"


@bp.post("/v2/process-instances/search")
@operation(
    "Vorgänge suchen (Filter: processInstanceKey, processDefinitionId, processDefinitionKey, businessId, state)", body=SEARCH, answer=FOUND
)
def search_instances(body: dict[str, Any]) -> object:
    known = {
        "processInstanceKey": "number", "processDefinitionId": "process_definition_key", "processDefinitionKey": "definition_number",
        "businessId": "business_key", "state": "status",
    }  # fmt: skip
    given = _filter(body, known)
    if "status" in given:
        given["status"] = [status for status, state in process_instances.STATES.items() if state == given["status"]]
    return _found(body, listed.HISTORIC, given, process_instances.shown)


@bp.post("/v2/variables/search")
@operation(
    "Variablen suchen (Filter: processInstanceKey, name)",
    body=SEARCH,
    query={"truncateValues": Field("flag", "ohne Wirkung")},
    answer=FOUND,
)
def search_variables(body: dict[str, Any], query: dict[str, Any]) -> object:
    given = _filter(body, {"processInstanceKey": "number", "scopeKey": "number", "name": "variable_name"})
    return _found(body, variable_listing.HISTORIC, given, _shown_variable)


@bp.post("/v2/incidents/search")
@operation("Offene Störungen suchen (Filter: processInstanceKey, elementId)", body=SEARCH, answer=FOUND)
def search_incidents(body: dict[str, Any]) -> object:
    return _found(body, waits.INCIDENTS, _filter(body, {"processInstanceKey": "number", "elementId": "activity_id"}), _shown_incident)


@bp.post("/v2/process-instances/<instance_key>/incidents/search")
@operation("Offene Störungen eines Vorgangs", body=SEARCH, answer=FOUND)
def search_incidents_of(instance_key: str, body: dict[str, Any]) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        row = process_instances.of_key(tx, instance_key)
    return _found(body, waits.INCIDENTS, {"number": row.id}, _shown_incident)


@bp.post("/v2/element-instances/search")
@operation("Durchlaufene Elemente eines Vorgangs (Filter: processInstanceKey, elementId)", body=SEARCH, answer=FOUND)
def search_elements(body: dict[str, Any]) -> object:
    given = _filter(body, {"processInstanceKey": "number", "elementId": "activity_id"})
    if "number" not in given:
        raise errors.InvalidInput("Bitte im Filter „processInstanceKey“ angeben.")
    session, page = app.session(), _page(body)
    with app.database().begin(session.tenant_id) as tx:
        rows = listing.rows(tx, listed.HISTORIC, session.tenant_id, {"number": given["number"]})
        found = activities.of_instance(tx, instances.get(tx, session.tenant_id, rows[0].uuid)) if rows else []
    wanted = [one for one in found if given.get("activity_id") in (None, one.element_id)]
    items = [_shown_element(rows[0], one) for one in wanted[page.first :][: page.limit]]
    return {"items": items, "page": {"totalItems": len(wanted)}}


def _filter(body: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Return the listing's filters of a search; a condition is a value or `{"$eq": value}`. What is not known is refused."""
    given: dict[str, Any] = {}
    for name, condition in (body["filter"] or {}).items():
        value = condition.get("$eq") if isinstance(condition, dict) and set(condition) == {"$eq"} else condition
        if name == "tenantId" and value in (None, app.session().tenant_slug, "<default>"):
            continue
        if name not in known or not isinstance(value, str | int | None) or isinstance(value, bool):
            raise errors.InvalidInput(f"Der Filter „{name[:60]}“ wird so nicht ausgewertet. Bekannt sind: {', '.join(known)}.")
        if value is not None:
            given[known[name]] = process_instances.key_of(name, value) if name.endswith("Key") else str(value)
    return given


def _found(body: Mapping[str, Any], wanted: Listing, given: Mapping[str, Any], show: Callable[[Any], object]) -> object:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        items = [show(row) for row in listing.rows(tx, wanted, session.tenant_id, given, _page(body))]
        return {"items": items, "page": {"totalItems": listing.count(tx, wanted, session.tenant_id, given)}}


def _page(body: Mapping[str, Any]) -> Page:
    given = body["page"] or {}
    first, limit = given.get("from") or 0, given.get("limit")
    if not all(isinstance(one, int) and 0 <= one < 2**31 for one in (first, 0 if limit is None else limit)):
        raise errors.InvalidInput("„page“ ist {from, limit} mit ganzen Zahlen ab 0.")
    return Page(first=first, limit=100 if limit is None else limit)


def _shown_variable(row: Any) -> dict[str, object]:
    return {
        "variableKey": str(_number(present.variable_id(row.instance_uuid, row.name))), "name": row.name,
        "value": strict_json.dumps(variables.plain(values.from_jsonable(row.value))), "isTruncated": False, "scopeKey": str(row.instance_id),
        "processInstanceKey": str(row.instance_id), "tenantId": app.session().tenant_slug,
    }  # fmt: skip


def _shown_incident(row: Any) -> dict[str, object]:
    return {
        "incidentKey": str(row.id), "processInstanceKey": None if row.instance_id is None else str(row.instance_id),
        "processDefinitionId": row.process_key, "errorType": "UNSPECIFIED", "errorMessage": row.message, "elementId": row.element_id,
        "creationTime": row.opened_at, "state": "ACTIVE", "tenantId": app.session().tenant_slug,
    }  # fmt: skip


def _shown_element(row: Any, one: activities.Activity) -> dict[str, object]:
    state = "ACTIVE" if one.ended_at is None else "TERMINATED" if one.is_cancelled else "COMPLETED"
    return {
        "elementInstanceKey": str(_number(one.id)), "processInstanceKey": str(row.id), "processDefinitionId": row.process_key, "elementId": one.element_id,
        "elementName": one.label, "type": one.kind.upper(), "state": state, "startDate": one.started_at, "endDate": one.ended_at,
        "hasIncident": False, "tenantId": app.session().tenant_slug,
    }  # fmt: skip


def _number(uuid: UUID) -> int:
    """Return a key for what has only a uuid."""
    return uuid.int >> 65
