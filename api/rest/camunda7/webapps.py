"""Where the Modeler finds our pages after a deployment or a start."""

from __future__ import annotations

from flask import Blueprint, url_for

from api.rest import entrance
from api.rest.operations import operation

bp = Blueprint("rest_webapps", __name__)


@bp.get("/.well-known/camunda-automation-platform/webapps")
@operation("Adressen der Seiten, zu denen der Modeler verlinkt", roles=(), answer="{cockpitUrl, tasklistUrl, adminUrl}")
def webapps() -> object:
    host = entrance.base_url()
    return {
        "cockpitUrl": host + url_for("modeler_links.start"),
        "tasklistUrl": host + url_for("task_list.show"),
        "adminUrl": host + url_for("models_page.show"),
    }
