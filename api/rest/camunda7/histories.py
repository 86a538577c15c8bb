"""What was: instances, tasks, variables and activities, running or ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint

from api import app
from api.rest import lists
from api.rest.camunda7 import present
from api.rest.camunda7 import waits as waits7
from api.rest.operations import Field, operation
from engine import activities, errors, instances
from engine.listings import instances as listed
from engine.listings import listing, variables, waits

bp = Blueprint("rest_histories", __name__)

lists.add(bp, "/history/process-instance", "Vorgänge, auch beendete", listed.HISTORIC, present.historic_instance, answer="[{id, state, …}]")
lists.add(bp, "/history/task", "Aufgaben, auch erledigte", waits.USER_TASKS, present.historic_task, answer="[{id, name, assignee, …}]")
lists.add(
    bp, "/history/variable-instance", "Variablen, auch beendeter Vorgänge", variables.HISTORIC, present.historic_variable,
    answer="[{id, name, value, type, processInstanceId}]",
)  # fmt: skip
lists.add(
    bp, "/history/incident", "Störungen, auch behobene", waits.HISTORIC_INCIDENTS, present.historic_incident, accept=waits7.by_type,
    more={"incidentType": waits7.INCIDENT_TYPE}, posts=False, answer="[{id, incidentType, createTime, endTime, …}]",
)  # fmt: skip
lists.add(
    bp, "/variable-instance", "Variablen laufender Vorgänge", variables.RUNNING, present.variable,
    answer="[{id, name, value, type, processInstanceId}]",
)  # fmt: skip


@bp.get("/history/process-instance/<instance_id>")
@operation("Ein Vorgang, auch ein beendeter", answer="{id, state, startTime, endTime, …}")
def get_instance(instance_id: str) -> object:
    wanted = {"process_instance_id": lists.path_id("Den Vorgang", instance_id)}
    missing = errors.NotFound(f"Den Vorgang „{instance_id[:80]}“ gibt es nicht.")
    return lists.one_of(listed.HISTORIC, wanted, present.historic_instance, missing)


ACTIVITY_FILTERS = {
    "processInstanceId": Field("text", "der Vorgang, dessen Schritte gefragt sind", required=True),
    "activityId": Field("text", "Kennung des Elements"),
    "activityType": Field("text", "Art des Elements, zum Beispiel userTask"),
    "finished": Field("flag", "nur verlassene"),
    "unfinished": Field("flag", "nur die, an denen er steht"),
    "canceled": Field("flag", "nur abgebrochene"),
}


# A time is compared as it is written: all of one answer are on one clock but for the hour that is twice a year.
ACTIVITY_ORDERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "startTime": lambda one: one["startTime"], "endTime": lambda one: one["endTime"], "duration": lambda one: one["durationInMillis"],
    "activityId": lambda one: one["activityId"], "activityName": lambda one: one["activityName"], "activityType": lambda one: one["activityType"],
}  # fmt: skip


@bp.get("/history/activity-instance")
@operation(
    "Durchlaufene Elemente eines Vorgangs", query=ACTIVITY_FILTERS | lists.PAGING | lists.SORTING | lists.TENANTS,
    answer="[{activityId, startTime, …}]",
)  # fmt: skip
def get_activities(query: dict[str, Any]) -> object:
    return lists.cut(_activities(query), query, ACTIVITY_ORDERS)


@bp.post("/history/activity-instance")
@operation(
    "Durchlaufene Elemente eines Vorgangs, Filter im Inhalt", query=lists.PAGING | lists.SORTING, body=ACTIVITY_FILTERS | lists.TENANTS,
    answer="[{activityId, …}]",
)  # fmt: skip
def post_activities(query: dict[str, Any], body: dict[str, Any]) -> object:
    return lists.cut(_activities(body), query, ACTIVITY_ORDERS)


@bp.get("/history/activity-instance/count")
@operation("Durchlaufene Elemente eines Vorgangs: Anzahl", query=ACTIVITY_FILTERS | lists.TENANTS, answer="{count}")
def count_activities(query: dict[str, Any]) -> object:
    return {"count": len(_activities(query))}


def _activities(given: dict[str, Any]) -> list[dict[str, Any]]:
    session = app.session()
    wanted = lists.id_of("processInstanceId", given["processInstanceId"])
    if given["withoutTenantId"]:
        return []
    with app.database().begin(session.tenant_id) as tx:
        rows = listing.rows(tx, listed.HISTORIC, session.tenant_id, {"process_instance_id": wanted})
        if not rows:
            return []
        found = activities.of_instance(tx, instances.get(tx, session.tenant_id, wanted))
    return [present.activity(rows[0], one) for one in found if _wanted(one, given)]


def _wanted(one: activities.Activity, given: dict[str, Any]) -> bool:
    return (
        given["activityId"] in (None, one.element_id)
        and given["activityType"] in (None, present.activity_type(one))
        and not (given["finished"] and one.ended_at is None)
        and not (given["unfinished"] and one.ended_at is not None)
        and not (given["canceled"] and not one.is_cancelled)
    )
