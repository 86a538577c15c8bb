"""Versions of processes: searching, one with its diagram and start form."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from sqlalchemy import Connection

from api import app, starting
from api.rest.camunda8 import searching
from api.rest.operations import operation
from engine import deployments, errors
from engine.listings import definitions, listing

bp = Blueprint("rest8_process_definitions", __name__)

FILTERS = {
    "processDefinitionKey": "number", "processDefinitionId": "key", "name": "name", "version": "version", "versionTag": "version_tag",
    "resourceName": "resource_name", "isLatestVersion": "is_latest",
}  # fmt: skip
ORDERS = {
    "processDefinitionKey": "number", "processDefinitionId": "key", "name": "name", "version": "version", "versionTag": "version_tag",
    "resourceName": "resource_name",
}  # fmt: skip
WORDS = {"isLatestVersion": {word: word for word in ("true", "false")}}


@bp.post("/v2/process-definitions/search")
@operation(f"Prozesse suchen (Filter: {', '.join(FILTERS)})", body=searching.SEARCH, answer=searching.FOUND)
def search(body: dict[str, Any]) -> object:
    return searching.found(body, definitions.PROCESS_DEFINITIONS, FILTERS, ORDERS, _shown, words=WORDS)


@bp.get("/v2/process-definitions/<definition_key>")
@operation("Eine Fassung eines Prozesses", answer="{processDefinitionKey, processDefinitionId, version, …}")
def get(definition_key: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        return _shown(of_key(tx, definition_key))


@bp.get("/v2/process-definitions/<definition_key>/xml")
@operation("Das Diagramm", answer="BPMN", content="text/xml")
def xml(definition_key: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        row = of_key(tx, definition_key)
        _, _, _, content = deployments.content_of(tx, row.uuid, tenant_id=app.session().tenant_id)
    return Response(content, content_type="text/xml; charset=utf-8")


@bp.get("/v2/process-definitions/<definition_key>/form")
@operation("Das Startformular; ohne solches 204", answer="{formId, version, schema, formKey}")
def form(definition_key: str) -> object:
    tenant_id = app.session().tenant_id
    with app.database().begin(tenant_id) as tx:
        row = of_key(tx, definition_key)
        found = starting.form_of(tx, row.key, row.version, tenant_id=tenant_id)
        if found is None:
            return None
        (drawn,) = listing.rows(tx, definitions.FORMS, tenant_id, {"key": found.id, "latest_version": True})
        _, content = deployments.content(tx, "form", found.id, tenant_id=tenant_id)
    return {
        "formId": drawn.key, "formKey": str(drawn.id), "version": drawn.version, "schema": content.decode("utf-8-sig"),
        "tenantId": app.session().tenant_slug,
    }  # fmt: skip


def of_key(tx: Connection, definition_key: str) -> Any:
    """Return a version's row. Raises errors.NotFound."""
    wanted = {"number": int(definition_key)} if searching.is_key(definition_key) else None
    rows = listing.rows(tx, definitions.PROCESS_DEFINITIONS, app.session().tenant_id, wanted) if wanted else ()
    if not rows:
        raise errors.NotFound(f"Den Prozess „{definition_key[:40]}“ gibt es nicht. Bitte zuerst bereitstellen.")
    return rows[0]


def _shown(row: Any) -> dict[str, object]:
    return {
        "processDefinitionKey": str(row.id), "processDefinitionId": row.key, "name": row.name or None, "version": row.version,
        "versionTag": row.meta.get("version_tag"), "resourceName": row.file, "hasStartForm": row.meta.get("start_form") is not None,
        "state": "ACTIVE", "tenantId": app.session().tenant_slug,
    }  # fmt: skip
