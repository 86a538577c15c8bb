"""Messages and signals from outside."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint
from sqlalchemy import Connection

from api import app
from api.rest import faults, lists, starters, variables
from api.rest.camunda7 import process_definitions
from api.rest.file_variables import Brought
from api.rest.operations import TENANT, Field, Fields, operation
from engine import clock, deployments, errors, instances, messages, signals
from engine.listings import instances as listed
from engine.listings import listing, subscriptions
from engine.listings.listing import Comparison

bp = Blueprint("rest_messages", __name__)

SENDERS = ("worker", "claims_clerk", "team_lead", "treasury")
MESSAGE: Fields = TENANT | {
    "messageName": Field("text", "Name der Nachricht im Diagramm", required=True),
    "businessKey": Field("text", "Geschäftsschlüssel des Empfängers, oder des neuen Vorgangs"),
    "correlationKeys": Field("object", "Variablen, die der Empfänger haben muss: {Name: {value, type}}"),
    "processInstanceId": Field("text", "nur dieser Vorgang; ohne Treffer beginnt keiner"),
    "processDefinitionId": Field("text", "nur Vorgänge dieser Fassung"),
    "processVariables": Field("object", "was die Nachricht mitbringt: {Name: {value, type}}"),
    "all": Field("flag", "alle, die warten, statt genau einem"),
    "resultEnabled": Field("flag", "mit Empfängern antworten (200) statt leer (204)"),
    "withoutTenantId": Field("flag", "ohne Wirkung: ohne tenantId gilt der erste Mandant des Kontos"),
    "localCorrelationKeys": Field("object", "nur leer: Nachrichten warten am Vorgang"),
    "processVariablesLocal": Field("object", "nur leer: Variablen gehören dem Vorgang"),
}
SIGNAL: Fields = TENANT | {
    "name": Field("text", "Name des Signals im Diagramm", required=True),
    "variables": Field("object", "was das Signal mitbringt: {Name: {value, type}}"),
    "withoutTenantId": Field("flag", "ohne Wirkung: ohne tenantId gilt der erste Mandant des Kontos"),
}
MISMATCH = "MismatchingMessageCorrelationException"


@bp.post("/message")
@operation(
    "Nachricht zustellen: an den einen Vorgang, der auf sie wartet, oder an den Prozess, den sie beginnt", roles=SENDERS, body=MESSAGE,
    answer="[{resultType, execution, processInstance}] mit resultEnabled, sonst leer (204); 400, wenn nicht genau einer passt",
)  # fmt: skip
def message(body: dict[str, Any]) -> object:
    _refuse_local(body, "localCorrelationKeys", "processVariablesLocal")
    session, attached = app.session(), Brought()
    brought = variables.untyped_all(body["processVariables"], attached.take)
    with app.database().begin(session.tenant_id) as tx:
        attached.keep(tx, body["businessKey"] or "", f"Nachricht „{body['messageName']}“")
        waiting = listing.rows(tx, subscriptions.MESSAGES, session.tenant_id, _wanted(body))
        if len(waiting) > 1 and not body["all"]:
            raise _mismatch(body, f"{len(waiting)} Vorgänge warten auf sie")
        results = [_received(tx, row, body["messageName"], brought) for row in waiting]
        if not waiting or body["all"]:
            results += _begun(tx, body, brought)
        if not results:
            raise _mismatch(body, "kein Vorgang wartet auf sie, und kein Prozess beginnt mit ihr")
    return results if body["resultEnabled"] else None


@bp.post("/signal")
@operation("Signal an alle, die darauf warten; der Worker stellt es zu", roles=SENDERS, body=SIGNAL, status=204)
def signal(body: dict[str, Any]) -> None:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        signals.send(tx, body["name"], variables.untyped_all(body["variables"]), tenant_id=session.tenant_id)


def _wanted(body: dict[str, Any]) -> dict[str, object]:
    """Return the conditions on whoever receives the message."""
    conditions = [
        Comparison(name, "eq", (_comparable(name, value),)) for name, value in variables.untyped_all(body["correlationKeys"]).items()
    ]
    return {
        "message_name": body["messageName"],
        "business_key": body["businessKey"],
        "variables": conditions or None,
        **{
            name: None if body[key] is None else lists.id_of(key, body[key])
            for name, key in (("process_instance_id", "processInstanceId"), ("process_definition_id", "processDefinitionId"))
        },
    }


def _comparable(name: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | Decimal | str):
        return value
    shown = variables.plain(value)
    if not isinstance(shown, str):
        raise errors.InvalidInput(f"Mit „{name}“ kann nicht zugeordnet werden: Erwartet wird ein einfacher Wert.")
    return shown


def _received(tx: Connection, row: Any, name: str, brought: dict[str, object]) -> dict[str, object]:
    session = app.session()
    now = clock.now(tx, session.tenant_id)
    if not messages.receive(tx, session.tenant_id, row.instance_id, row.wait_id, name, brought, now=now, by=session.login):
        raise errors.Conflict(f"Der Vorgang wartet nicht mehr auf die Nachricht „{name}“. Bitte noch einmal senden.")
    (instance,) = listing.rows(tx, listed.HISTORIC, session.tenant_id, {"process_instance_id": row.instance_uuid})
    execution = {
        "id": row.instance_uuid, "processInstanceId": row.instance_uuid, "ended": instance.status != "running",
        "tenantId": session.tenant_slug,
    }  # fmt: skip
    return {"resultType": "Execution", "execution": execution, "processInstance": None, "variables": None}


def _begun(tx: Connection, body: dict[str, Any], brought: dict[str, object]) -> list[dict[str, object]]:
    """Start what the message starts: one process, or with `all` each."""
    session = app.session()
    if body["processInstanceId"] is not None or body["processDefinitionId"] is not None:
        return []
    starts = deployments.event_starts(tx, "message", body["messageName"], tenant_id=session.tenant_id)
    if len(starts) > 1 and not body["all"]:
        raise _mismatch(body, f"{len(starts)} Prozesse beginnen mit ihr")
    results: list[dict[str, object]] = []
    for key, start_event in starts:
        made = instances.start(
            tx, key, starters.business_key_of(body["businessKey"]), brought, tenant_id=session.tenant_id,
            now=clock.now(tx, session.tenant_id), by=session.login, start_event=start_event,
        )  # fmt: skip
        shown = process_definitions.started(tx, made)
        results.append({"resultType": "ProcessDefinition", "execution": None, "processInstance": shown, "variables": None})
    return results


def _mismatch(body: dict[str, Any], why: str) -> faults.Fault:
    return faults.Fault(400, f"Die Nachricht „{body['messageName'][:80]}“ kann nicht zugestellt werden: {why}.", type=MISMATCH)


def _refuse_local(body: dict[str, Any], *names: str) -> None:
    for name in names:
        if body[name]:
            raise errors.InvalidInput(f"„{name}“ wird hier nicht ausgewertet.")
