"""The addresses that Camunda Modeler links to, in the words of Camunda's cockpit, lead to our pages."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from api import strict_json

bp = Blueprint("modeler_links", __name__)


@bp.get("/modeler")
def start() -> ResponseReturnValue:
    return redirect(url_for("models_page.show"))


@bp.get("/camunda/app/cockpit/default/")
def cockpit() -> ResponseReturnValue:
    """The Modeler's guess where it got no addresses; what is wanted stands behind a `#`, which no server sees."""
    return redirect(url_for("models_page.show"))


@bp.get("/modeler/repository")
@bp.get("/modeler/repository/")
def repository() -> ResponseReturnValue:
    return redirect(url_for("models_page.show", bereitstellung=_deployment(request.args.get("deploymentsQuery", ""))))


@bp.get("/modeler/process-instance/<uuid:instance_uuid>")
def process_instance(instance_uuid: UUID) -> ResponseReturnValue:
    return redirect(url_for("replay_page.show", instance_uuid=instance_uuid))


def _deployment(query: str) -> str | None:
    """Return the deployment of `[{"type":"id","operator":"eq","value":…}]`, or None."""
    try:
        match strict_json.loads(query):
            case [{"value": str(value)}, *_]:
                return str(UUID(value))
    except ValueError:  # no JSON, or no id
        pass
    return None
