"""Open incidents of instances: searching, one, and trying again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from sqlalchemy import Connection

from api import app
from api.rest.camunda7.waits import OPERATORS
from api.rest.camunda8 import process_instances, searching
from api.rest.camunda8.searching import FOUND, SEARCH
from api.rest.operations import Field, operation
from engine import clock, errors, incidents, keys
from engine.listings import listing, waits

bp = Blueprint("rest8_incidents", __name__)

FILTERS = {
    "processInstanceKey": "number", "incidentKey": "incident_number", "processDefinitionId": "process_definition_key",
    "elementId": "activity_id", "errorMessage": "incident_message", "state": "state",
}  # fmt: skip
ORDERS = {
    "creationTime": "incident_timestamp", "incidentKey": "incident_id", "elementId": "activity_id", "errorMessage": "incident_message",
}  # fmt: skip
WORDS: searching.Words = {"state": {"ACTIVE": "ACTIVE", "RESOLVED": "RESOLVED"}}


@bp.post("/v2/incidents/search")
@operation(f"Offene Störungen von Vorgängen suchen (Filter: {', '.join(FILTERS)})", body=SEARCH, answer=FOUND)
def search(body: dict[str, Any]) -> object:
    return searching.found(body, waits.INCIDENTS, FILTERS, ORDERS, _shown, words=WORDS, of_instance=True)


@bp.post("/v2/process-instances/<instance_key>/incidents/search")
@operation("Offene Störungen eines Vorgangs", body=SEARCH, answer=FOUND)
def search_of_instance(instance_key: str, body: dict[str, Any]) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        row = process_instances.of_key(tx, instance_key)
    return searching.found(body, waits.INCIDENTS, FILTERS, ORDERS, _shown, words=WORDS, number=row.id)


@bp.get("/v2/incidents/<incident_key>")
@operation("Eine offene Störung", answer="{incidentKey, errorMessage, …}")
def get(incident_key: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        wanted = {"incident_number": _number(incident_key), "of_instance": True}
        rows = listing.rows(tx, waits.INCIDENTS, app.session().tenant_id, wanted)
    if not rows:
        raise _missing(incident_key)
    return _shown(rows[0])


@bp.post("/v2/incidents/<incident_key>/resolution")
@operation(
    "Störung beheben: was fehlschlug, wird noch einmal versucht. Eine behobene bleibt behoben: Neue Versuche eines Auftrags beheben sie schon",
    roles=OPERATORS, body={"operationReference": Field("any", "ohne Wirkung")}, status=204,
)  # fmt: skip
def resolve(incident_key: str, body: dict[str, Any]) -> None:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        found = _of_instance(tx, incident_key)
        if found.resolved_at is None:
            now = clock.now(tx, session.tenant_id)
            incidents.retry(tx, session.tenant_id, found.uuid, by=session.login, reason="Über die Schnittstelle behoben.", now=now)


def _of_instance(tx: Connection, incident_key: str) -> incidents.Incident:
    found = incidents.of_number(tx, app.session().tenant_id, _number(incident_key))
    if found.instance_id is None:
        raise _missing(incident_key)
    return found


def _number(incident_key: str) -> int:
    if not searching.is_key(incident_key):
        raise _missing(incident_key)
    return int(incident_key)


def _missing(incident_key: str) -> errors.NotFound:
    return errors.NotFound(f"Die Störung „{incident_key[:40]}“ gibt es bei keinem Vorgang.")


def _shown(row: Any) -> dict[str, object]:
    wait_key = str(keys.of(row.uuid if row.wait_id is None else row.wait_id))
    return {
        "incidentKey": str(row.id), "processInstanceKey": str(row.instance_id), "rootProcessInstanceKey": str(row.instance_id),
        "processDefinitionId": row.process_key, "processDefinitionKey": str(row.definition_number), "elementInstanceKey": wait_key,
        "jobKey": wait_key if row.kind == "job" else None, "errorType": "JOB_NO_RETRIES" if row.kind == "job" else "UNKNOWN",
        "errorMessage": row.message, "elementId": row.element_id or row.process_key, "creationTime": searching.instant(row.opened_at), "state": "ACTIVE",
        "tenantId": app.session().tenant_slug,
    }  # fmt: skip
