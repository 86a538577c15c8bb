"""Who answers, who asks, and what the Modeler's button sends for Camunda 8."""

from __future__ import annotations

from flask import Blueprint

from api import app, deploying
from api.rest import entrance, faults, refusals, uploads
from api.rest.operations import operation
from engine import clock, deployments

bp = Blueprint("rest8_gateway", __name__)

VERSION = "8.9.0"


@bp.get("/v2/topology")
@operation("Wer hier antwortet; der Modeler erkennt daran die Plattform", roles=(), answer="{gatewayVersion, brokers, …}")
def topology() -> object:
    return {
        "gatewayVersion": VERSION, "brokers": [], "clusterSize": 1, "partitionsCount": 1, "replicationFactor": 1, "clusterId": "vollstreckung",
        "lastCompletedChangeId": "-1",
    }  # fmt: skip


@bp.get("/v2/status")
@operation("Ob hier jemand antwortet", roles=(), status=204)
def status() -> None:
    return None


@bp.get("/v2/authentication/me")
@operation("Das Konto der Anfrage", answer="{username, displayName, roles, tenants}")
def me() -> object:
    session = app.session()
    return {
        "username": session.login, "displayName": session.name, "email": None, "authorizedComponents": ["*"], "roles": list(session.roles),
        "tenants": [{"tenantId": session.tenant_slug, "name": session.tenant_name, "description": None}], "groups": [], "salesPlanType": None, "c8Links": {},
        "canLogout": False,
    }  # fmt: skip


# ---------------------------------------------------------------- deploying
@bp.post("/v2/deployments")
@operation(
    "Dateien prüfen und bereitstellen (multipart: resources, tenantId); bei einem Fehler wird nichts bereitgestellt", roles=("designer",),
    answer="{deploymentKey, tenantId, deployments: […]}; 400: die Befunde in detail, höchstens 100",
)  # fmt: skip
def deploy() -> object:
    entrance.work_for(uploads.text("tenantId"))
    app.require("designer")
    files = uploads.files()
    session = app.session()
    name, source = next(iter(files)), "REST v2"
    try:
        with app.database().begin(session.tenant_id) as tx:
            made = deploying.deploy(
                tx, files, name=name, source=source, tenant_id=session.tenant_id, by=session.login, now=clock.now(tx, session.tenant_id)
            )
    except deployments.Refused as refused:
        raise faults.Fault(400, str(refusals.keep(refused, files, name=name, source=source))) from refused
    return {"deploymentKey": str(made.id), "tenantId": session.tenant_slug, "deployments": _deployed(made)}


def _deployed(made: deployments.Deployment) -> list[dict[str, object]]:
    """Return each definition in Camunda's shape; `resourceName` is the file's name, by which the Modeler finds what to start."""
    tenant = app.session().tenant_slug
    shown: list[dict[str, object]] = []
    tables: set[str] = set()
    for one in made.definitions:
        common = {"resourceName": one.file, "tenantId": tenant}
        if one.kind == "bpmn":
            shown.append({
                "processDefinition": common | {
                    "processDefinitionId": one.key, "processDefinitionVersion": one.version, "processDefinitionKey": str(one.id),
                }
            })  # fmt: skip
        elif one.kind == "dmn":
            requirements = {"decisionRequirementsId": one.file.rpartition(".")[0], "decisionRequirementsKey": f"{made.id}"}
            shown.append({
                "decisionDefinition": requirements | {
                    "decisionDefinitionId": one.key, "version": one.version, "name": one.name, "decisionDefinitionKey": str(one.id),
                    "tenantId": tenant,
                }
            })  # fmt: skip
            if one.file not in tables:
                tables.add(one.file)
                named = {"decisionRequirementsName": one.file.rpartition(".")[0], "version": one.version}
                shown.append({"decisionRequirements": common | requirements | named})
        elif one.kind == "form":
            shown.append({"form": common | {"formId": one.key, "version": one.version, "formKey": str(one.id)}})
    return shown
