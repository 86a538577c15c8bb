"""Deployments: what the Modeler's button sends, and what was deployed."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response

from api import app, deploying
from api.rest import entrance, faults, lists, refusals, uploads
from api.rest.camunda7 import present
from api.rest.operations import Field, operation
from engine import clock, deployments, errors, withdrawals
from engine.listings import definitions, listing

bp = Blueprint("rest_deployments", __name__)

lists.add(bp, "/deployment", "Bereitstellungen", definitions.DEPLOYMENTS, present.deployment, posts=False, answer="[{id, name, …}]")


@bp.post("/deployment/create")
@operation(
    "Dateien prüfen und bereitstellen (multipart wie vom Camunda Modeler); bei einem Fehler wird nichts bereitgestellt",
    roles=("designer",),
    body=None,
    answer="{id, name, deployedProcessDefinitions: {…}}; 400: {type: ParseException, message, details}",
)
def create() -> object:
    entrance.work_for(uploads.text("tenant-id"))
    app.require("designer")
    files = uploads.files()
    session = app.session()
    name, source = uploads.text("deployment-name", next(iter(files))), uploads.text("deployment-source", "REST")
    try:
        with app.database().begin(session.tenant_id) as tx:
            made = deploying.deploy(
                tx, files, name=name, source=source, tenant_id=session.tenant_id, by=session.login, now=clock.now(tx, session.tenant_id)
            )
            (row,) = listing.rows(tx, definitions.DEPLOYMENTS, session.tenant_id, {"id": made.uuid})
    except deployments.Refused as refused:
        told = refusals.keep(refused, files, name=name, source=source)
        details = refusals.problems(files, refused.findings)
        raise faults.Fault(400, str(told), type="ParseException", more={"details": details}) from refused
    return present.deployment(row) | present.deployed(made, made.definitions)


@bp.get("/deployment/<deployment_id>")
@operation("Eine Bereitstellung", answer="{id, name, source, deploymentTime}")
def get(deployment_id: str) -> object:
    return _deployment(deployment_id)


def _deployment(deployment_id: str) -> object:
    wanted = {"id": lists.id_of("deploymentId", deployment_id)}
    missing = errors.NotFound(f"Die Bereitstellung „{deployment_id[:80]}“ gibt es nicht.")
    return lists.one_of(definitions.DEPLOYMENTS, wanted, present.deployment, missing)


@bp.get("/deployment/<deployment_id>/resources")
@operation("Dateien, die mit einer Bereitstellung neu waren", answer="[{id, name, deploymentId}]")
def resources(deployment_id: str) -> object:
    _deployment(deployment_id)
    wanted = {"deployment_id": lists.id_of("deploymentId", deployment_id)}
    return lists.page_of(definitions.RESOURCES, wanted, listing.FIRST_PAGE, _resource)


@bp.get("/deployment/<deployment_id>/resources/<resource_id>")
@operation("Eine Datei einer Bereitstellung", answer="{id, name, deploymentId}")
def resource(deployment_id: str, resource_id: str) -> object:
    return _one(deployment_id, resource_id)


@bp.get("/deployment/<deployment_id>/resources/<resource_id>/data")
@operation("Der Inhalt einer Datei", answer="die Datei", content="application/octet-stream")
def resource_data(deployment_id: str, resource_id: str) -> object:
    uuid = lists.path_id("Die Datei", str(_one(deployment_id, resource_id)["id"]))
    with app.database().begin(app.session().tenant_id) as tx:
        _, _, _, content = deployments.content_of(tx, uuid, tenant_id=app.session().tenant_id)
    return Response(content, content_type="application/octet-stream")


def _one(deployment_id: str, resource_id: str) -> dict[str, object]:
    wanted = {"deployment_id": lists.path_id("Die Bereitstellung", deployment_id), "id": lists.path_id("Die Datei", resource_id)}
    missing = errors.NotFound(f"Die Datei „{resource_id[:80]}“ gibt es in dieser Bereitstellung nicht.")
    return cast(dict[str, object], lists.one_of(definitions.RESOURCES, wanted, _resource, missing))


def _resource(row: Any) -> dict[str, object]:
    return {"id": row.uuid, "name": row.file, "deploymentId": row.deployment_uuid}


@bp.delete("/deployment/<deployment_id>")
@operation(
    "Bereitstellung zurücknehmen, die niemand benutzt; ihre Zeile und ihre Nummern bleiben", roles=("designer",), status=204,
    query={
        "cascade": Field("flag", "nur false: Vorgänge werden nie gelöscht"),
        "skipCustomListeners": Field("flag", "ohne Wirkung"),
        "skipIoMappings": Field("flag", "ohne Wirkung"),
    },
)  # fmt: skip
def delete(deployment_id: str, query: dict[str, Any]) -> None:
    if query["cascade"]:
        raise errors.InvalidInput("„cascade“ würde Vorgänge und ihre Historie löschen; das tut diese Plattform nie.")
    session, uuid = app.session(), lists.path_id("Die Bereitstellung", deployment_id)
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
        withdrawals.undo(tx, uuid, reason="Über die Schnittstelle zurückgenommen.", tenant_id=session.tenant_id, by=session.login, now=now)
