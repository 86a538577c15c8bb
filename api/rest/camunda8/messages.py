"""Messages and signals from outside, and who waits for a message."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from flask import Blueprint

from api import app
from api.rest.camunda7.messages import SENDERS
from api.rest.camunda8 import searching
from api.rest.operations import TENANT, Field, Fields, operation
from engine import clock, errors, keys, messages, signals, values
from engine.listings import subscriptions

bp = Blueprint("rest8_messages", __name__)

VARIABLES = Field("object", "was sie mitbringt, als JSON")
CORRELATION: Fields = TENANT | {
    "name": Field("text", "Name der Nachricht im Diagramm", required=True),
    "correlationKey": Field("text", "Korrelationsschlüssel des Empfängers; ohne: nur ein Prozess, der mit ihr beginnt"),
    "variables": VARIABLES,
}
PUBLICATION: Fields = CORRELATION | {
    "timeToLive": Field(
        "whole",
        "Aufgehoben wird hier keine Nachricht. 0 oder ohne Angabe: wartet niemand, entfällt sie; über 0: wartet niemand, ist das eine Störung",
    ),
}
SIGNAL: Fields = TENANT | {"signalName": Field("text", "Name des Signals im Diagramm", required=True), "variables": VARIABLES}
FILTERS = {
    "processInstanceKey": "number", "processDefinitionKey": "definition_number", "processDefinitionId": "process_definition_key",
    "messageName": "message_name", "correlationKey": "correlation_key", "elementId": "element_id",
}  # fmt: skip
ORDERS = {"messageName": "message_name", "processInstanceKey": "number", "elementId": "element_id", "correlationKey": "correlation_key"}


@bp.post("/v2/messages/correlation")
@operation(
    "Nachricht sofort zustellen, an den einen Vorgang, der wartet, oder an den Prozess, den sie beginnt; 404, wenn niemand sie erwartet",
    roles=SENDERS, body=CORRELATION, answer="{messageKey, processInstanceKey, tenantId}",
)  # fmt: skip
def correlate(body: dict[str, Any]) -> object:
    session, given = app.session(), values.check(body["variables"] or {})
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
        received = messages.correlate(
            tx, body["name"], body["correlationKey"] or None, given, tenant_id=session.tenant_id, now=now, by=session.login
        )
        if not received:
            raise errors.NotFound(
                f"Die Nachricht „{body['name'][:80]}“ mit dem Schlüssel „{(body['correlationKey'] or '')[:80]}“ erwartet niemand."
            )
    return {"messageKey": _key(body["name"], now), "processInstanceKey": str(received[0]), "tenantId": session.tenant_slug}


@bp.post("/v2/messages/publication")
@operation("Nachricht aufgeben; der Worker stellt sie zu", roles=SENDERS, body=PUBLICATION, answer="{messageKey, tenantId}")
def publish(body: dict[str, Any]) -> object:
    session, given = app.session(), values.check(body["variables"] or {})
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
        messages.send(
            tx,
            body["name"],
            body["correlationKey"] or None,
            given,
            tenant_id=session.tenant_id,
            now=now,
            optional=(body["timeToLive"] or 0) <= 0,
        )
    return {"messageKey": _key(body["name"], now), "tenantId": session.tenant_slug}


@bp.post("/v2/signals/broadcast")
@operation("Signal an alle, die darauf warten; der Worker stellt es zu", roles=SENDERS, body=SIGNAL, answer="{signalKey, tenantId}")
def broadcast(body: dict[str, Any]) -> object:
    session, given = app.session(), values.check(body["variables"] or {})
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
        signals.send(tx, body["signalName"], given, tenant_id=session.tenant_id)
    return {"signalKey": _key(body["signalName"], now), "tenantId": session.tenant_slug}


@bp.post("/v2/message-subscriptions/search")
@operation(f"Wer auf welche Nachricht wartet (Filter: {', '.join(FILTERS)})", body=searching.SEARCH, answer=searching.FOUND)
def search(body: dict[str, Any]) -> object:
    return searching.found(body, subscriptions.MESSAGES, FILTERS, ORDERS, _shown)


def _shown(row: Any) -> dict[str, object]:
    return {
        "messageSubscriptionKey": str(keys.of(row.wait_id)), "processDefinitionId": row.process_key,
        "processDefinitionKey": str(row.definition_number), "processDefinitionName": row.definition_name or None,
        "processDefinitionVersion": row.definition_version, "processInstanceKey": str(row.instance_id),
        "rootProcessInstanceKey": str(row.instance_id), "elementId": row.element_id, "elementInstanceKey": str(keys.of(row.wait_id)),
        "messageSubscriptionState": "CREATED", "messageSubscriptionType": "PROCESS_EVENT", "lastUpdatedDate": searching.instant(row.started_at),
        "messageName": row.name, "correlationKey": row.key, "businessId": row.instance_key or None, "toolName": None, "toolProperties": {},
        "inboundConnectorType": None, "tenantId": app.session().tenant_slug,
    }  # fmt: skip


def _key(name: str, now: datetime) -> str:
    """Return a key for what leaves no row of its own; it names nothing."""
    session = app.session()
    return str(keys.of(uuid5(NAMESPACE_OID, f"{session.tenant_id} {session.login} {name} {now.isoformat()}")))
