"""Deployments: what the Modeler's button sends, and what was deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from api import app, deploying
from api.rest import entrance, faults, lists, uploads
from api.rest.camunda7 import present
from api.rest.operations import Field, operation
from engine import clock, deployments, errors, withdrawals
from engine.listings import definitions, listing
from engine.protocol import Finding

bp = Blueprint("rest_deployments", __name__)

lists.add(bp, "/deployment", "Bereitstellungen", definitions.DEPLOYMENTS, present.deployment, posts=False, answer="[{id, name, …}]")


@bp.post("/deployment/create")
@operation(
    "Dateien prüfen und bereitstellen (multipart wie vom Camunda Modeler); bei einem Fehler wird nichts gespeichert",
    roles=("designer",),
    body=None,
    answer="{id, name, deployedProcessDefinitions: {…}}; 400: {type: ParseException, message, details}",
)
def create() -> object:
    entrance.work_for(uploads.text("tenant-id"))
    app.require("designer")
    files = uploads.files()
    session = app.session()
    try:
        with app.database().begin(session.tenant_id) as tx:
            made = deploying.deploy(
                tx, files, name=uploads.text("deployment-name", next(iter(files))), source=uploads.text("deployment-source", "REST"),
                tenant_id=session.tenant_id, by=session.login, now=clock.now(tx, session.tenant_id),
            )  # fmt: skip
            (row,) = listing.rows(tx, definitions.DEPLOYMENTS, session.tenant_id, {"id": made.uuid})
    except deployments.Refused as refused:
        told = f"{refused}\nDieselben Dateien, mit den Befunden am Diagramm: {entrance.base_url()}/prozesse/pruefen"
        raise faults.Fault(400, told, type="ParseException", more={"details": problems(files, refused.findings)}) from refused
    return present.deployment(row) | present.deployed(made, made.definitions)


@bp.get("/deployment/<deployment_id>")
@operation("Eine Bereitstellung", answer="{id, name, source, deploymentTime}")
def get(deployment_id: str) -> object:
    wanted = {"id": lists.id_of("deploymentId", deployment_id)}
    missing = errors.NotFound(f"Die Bereitstellung „{deployment_id[:80]}“ gibt es nicht.")
    return lists.one_of(definitions.DEPLOYMENTS, wanted, present.deployment, missing)


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


def problems(files: Mapping[str, bytes], findings: Sequence[Finding]) -> dict[str, dict[str, list[object]]]:
    """Return the findings as Camunda's `details`: file -> errors and warnings with line and element."""
    found: dict[str, dict[str, list[object]]] = {file: {"errors": [], "warnings": []} for file in files}
    for finding in findings:
        found[finding.file][f"{finding.severity}s"].append(_problem(finding))
    return found


def _problem(finding: Finding) -> dict[str, object]:
    element = finding.element_id or None
    return {
        "message": f"{finding.message} {finding.remedy}".strip(), "line": finding.line, "column": 0, "mainElementId": element,
        "elementIds": [element] if element else [],
    }  # fmt: skip
