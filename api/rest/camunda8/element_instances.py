"""Elements that an instance went through, and setting variables as they are seen there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from api import app
from api.rest.camunda7.process_instances import CHANGERS, REASON
from api.rest.camunda8 import process_instances, searching, user_tasks
from api.rest.camunda8.searching import FOUND, SEARCH
from api.rest.operations import Field, operation
from engine import activities, clock, errors, instances, keys, values
from engine import user_tasks as tasks
from engine.listings import instances as listed
from engine.listings import listing

bp = Blueprint("rest8_element_instances", __name__)

ELEMENT_TYPES = {
    "task": "TASK", "catch_event": "INTERMEDIATE_CATCH_EVENT", "throw_event": "INTERMEDIATE_THROW_EVENT", "event_gateway": "EVENT_BASED_GATEWAY",
    "subprocess": "SUB_PROCESS", "event_subprocess": "EVENT_SUB_PROCESS", "": "UNKNOWN",
}  # fmt: skip


@bp.post("/v2/element-instances/search")
@operation("Durchlaufene Elemente eines Vorgangs (Filter: processInstanceKey, elementId)", body=SEARCH, answer=FOUND)
def search(body: dict[str, Any]) -> object:
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


@bp.put("/v2/element-instances/<element_instance_key>/variables")
@operation(
    "Variablen setzen: an einem Vorgang (mit seinem Schlüssel) oder wie eine offene Aufgabe sie sieht", roles=CHANGERS, status=204,
    body={
        "variables": Field("object", "Variablen als JSON", required=True), "operationReference": Field("any", "ohne Wirkung"),
        "local": Field("flag", "nur die Aufgabe selbst"),
    },
)  # fmt: skip
def set_variables(element_instance_key: str, body: dict[str, Any]) -> None:
    session, given = app.session(), values.check(body["variables"])
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
        task_id = user_tasks.find(tx, element_instance_key)
        if task_id is not None:
            around, own = ({}, given) if body["local"] else (given, {})
            tasks.set_variables(tx, session.tenant_id, task_id, around, own, reason=REASON, by=session.login, now=now)
            return
        row = process_instances.of_key(tx, element_instance_key)
        if row.status != "running":
            raise errors.Conflict("Der Vorgang ist beendet; seine Variablen bleiben, wie sie sind.")
        instances.set_variables(tx, session.tenant_id, row.id, given, reason=REASON, by=session.login, now=now)


def _shown_element(row: Any, one: activities.Activity) -> dict[str, object]:
    state = "ACTIVE" if one.ended_at is None else "TERMINATED" if one.is_cancelled else "COMPLETED"
    return {
        "elementInstanceKey": str(keys.of(one.id)), "processInstanceKey": str(row.id), "rootProcessInstanceKey": str(row.id),
        "processDefinitionId": row.process_key, "processDefinitionKey": str(row.definition_number), "elementId": one.element_id,
        "elementName": one.label, "type": ELEMENT_TYPES.get(one.kind) or one.kind.upper(), "state": state, "startDate": searching.instant(one.started_at),
        "endDate": searching.instant(one.ended_at), "hasIncident": False, "incidentKey": None, "tenantId": app.session().tenant_slug,
    }  # fmt: skip
