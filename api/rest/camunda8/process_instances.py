"""Process instances: starting, cancelling, looking at one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from sqlalchemy import Connection

from api import app
from api.rest import starters
from api.rest.camunda7 import migrations, present
from api.rest.camunda8 import process_definitions, searching
from api.rest.operations import TENANT, Field, Fields, checked, operation
from engine import clock, errors, instances, values
from engine.listings import definitions, listing
from engine.listings import instances as listed
from engine.listings.listing import Page

bp = Blueprint("rest8_process_instances", __name__)

STATES = {"running": "ACTIVE", "completed": "COMPLETED", "terminated": "TERMINATED", "cancelled": "TERMINATED"}
START: Fields = TENANT | {
    "processDefinitionId": Field("text", "Kennung des Prozesses im Diagramm"),
    "processDefinitionKey": Field("text", "Schlüssel einer Fassung"),
    "processDefinitionVersion": Field("whole", "Fassung; ohne Angabe oder -1 die neueste"),
    "variables": Field("object", "Variablen als JSON"),
    "businessId": Field("text", "Geschäftsschlüssel"),
    "startInstructions": Field("list", "nur leer"),
    "runtimeInstructions": Field("list", "nur leer"),
    "awaitCompletion": Field("flag", "nur false"),
    "requestTimeout": Field("whole", "ohne Wirkung"),
    "fetchVariables": Field("texts", "ohne Wirkung"),
    "operationReference": Field("any", "ohne Wirkung"),
    "tags": Field("texts", "ohne Wirkung"),
}

MAPPING: Fields = {
    "sourceElementId": Field("text", "Element der alten Fassung", required=True),
    "targetElementId": Field("text", "Element der neuen Fassung", required=True),
}


@bp.post("/v2/process-instances")
@operation("Vorgang starten", roles=starters.ROLES, body=START, answer="{processInstanceKey, processDefinitionKey, …}")
def start(body: dict[str, Any]) -> object:
    if body["startInstructions"] or body["runtimeInstructions"] or body["awaitCompletion"]:
        raise errors.InvalidInput("Ein Vorgang beginnt hier immer am Startereignis und läuft im Hintergrund weiter.")
    session = app.session()
    given = values.check(body["variables"] or {})
    with app.database().begin(session.tenant_id) as tx:
        found = listing.rows(tx, definitions.PROCESS_DEFINITIONS, session.tenant_id, _definition(body), Page(limit=1))
        if not found:
            raise errors.NotFound("Den Prozess gibt es nicht. Bitte zuerst bereitstellen.")
        starters.may_start(found[0].meta)
        made = instances.start(
            tx, found[0].key, starters.business_key_of(body["businessId"]), given, tenant_id=session.tenant_id,
            now=clock.now(tx, session.tenant_id), by=session.login, version=found[0].version,
        )  # fmt: skip
    return {
        "processInstanceKey": str(made.id), "processDefinitionKey": str(found[0].id), "processDefinitionId": found[0].key,
        "processDefinitionVersion": found[0].version, "tenantId": session.tenant_slug, "variables": {}, "tags": [],
        "businessId": made.business_key or None,
    }  # fmt: skip


def _definition(body: Mapping[str, Any]) -> dict[str, object]:
    """Return the filters for the version that a body names."""
    if body["processDefinitionKey"] is not None:
        return {"number": searching.key_of("processDefinitionKey", body["processDefinitionKey"])}
    if body["processDefinitionId"] is None:
        raise errors.InvalidInput("Bitte processDefinitionId oder processDefinitionKey angeben.")
    version = body["processDefinitionVersion"]
    if version is None or version < 0:
        return {"key": body["processDefinitionId"], "latest_version": True}
    return {"key": body["processDefinitionId"], "version": version}


@bp.post("/v2/process-instances/<instance_key>/cancellation")
@operation("Vorgang abbrechen", roles=("team_lead", "worker"), body={"operationReference": Field("any", "ohne Wirkung")}, status=204)
def cancel(instance_key: str, body: dict[str, Any]) -> None:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        row = of_key(tx, instance_key)
        now = clock.now(tx, session.tenant_id)
        instances.cancel(tx, session.tenant_id, row.id, reason="Über die Schnittstelle abgebrochen.", by=session.login, now=now)


@bp.post("/v2/process-instances/<instance_key>/migration")
@operation(
    "Vorgang auf eine andere Fassung umstellen; wer an einem Element steht, das nicht genannt ist, kann nicht folgen", roles=migrations.ROLES,
    status=204, body={
        "targetProcessDefinitionKey": Field("text", "Schlüssel der Fassung", required=True),
        "mappingInstructions": Field("list", "[{sourceElementId, targetElementId}]", required=True),
        "operationReference": Field("any", "ohne Wirkung"),
    },
)  # fmt: skip
def migrate(instance_key: str, body: dict[str, Any]) -> None:
    pairs = [checked(one, MAPPING) if isinstance(one, Mapping) else None for one in body["mappingInstructions"]]
    if any(one is None for one in pairs):
        raise errors.InvalidInput("„mappingInstructions“ ist eine Liste von Objekten {sourceElementId, targetElementId}.")
    with app.database().begin(app.session().tenant_id) as tx:
        row = of_key(tx, instance_key)
        target = process_definitions.of_key(tx, body["targetProcessDefinitionKey"])
        plan = {
            "sourceProcessDefinitionId": present.definition_id(row.process_key, row.definition_version, row.definition_uuid),
            "targetProcessDefinitionId": present.definition_id(target.key, target.version, target.uuid),
            "instructions": [
                {"sourceActivityIds": [one["sourceElementId"]], "targetActivityIds": [one["targetElementId"]], "updateEventTrigger": True}
                for one in pairs
                if one is not None
            ],
        }
        migrations.move(tx, plan, [row.id], migrations.REASON)


@bp.get("/v2/process-instances/<instance_key>")
@operation("Ein Vorgang", answer="{processInstanceKey, state, …}")
def get_instance(instance_key: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        return shown(of_key(tx, instance_key))


def of_key(tx: Connection, instance_key: str) -> Any:
    """Return an instance's row. Raises errors.NotFound."""
    wanted = {"number": int(instance_key)} if searching.is_key(instance_key) else None
    rows = listing.rows(tx, listed.HISTORIC, app.session().tenant_id, wanted) if wanted else ()
    if not rows:
        raise errors.NotFound(f"Den Vorgang „{instance_key[:40]}“ gibt es nicht.")
    return rows[0]


def shown(row: Any) -> dict[str, object]:
    return {
        "processInstanceKey": str(row.id), "processDefinitionId": row.process_key, "processDefinitionName": row.definition_name,
        "processDefinitionVersion": row.definition_version, "processDefinitionKey": str(row.definition_number), "businessId": row.business_key or None,
        "state": STATES[row.status],
        "startDate": searching.instant(row.started_at), "endDate": searching.instant(row.ended_at), "tenantId": app.session().tenant_slug,
        "hasIncident": row.has_incident, "parentProcessInstanceKey": None, "parentElementInstanceKey": None, "tags": [],
        "processDefinitionVersionTag": row.version_tag, "rootProcessInstanceKey": str(row.id), "suspendedDate": None,
    }  # fmt: skip
