"""The interfaces for programs, described for people; and the same as OpenAPI."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from api import strict_json
from api.auth import users
from api.rest import description, entrance
from api.rest.operations import READERS

bp = Blueprint("api_page", __name__)


@bp.get("/api")
def show() -> ResponseReturnValue:
    routes = description.routes(current_app)
    areas = [
        (area, [(topic, list(of_topic)) for topic, of_topic in groupby(of_area, key=lambda route: route.topic)])
        for area, of_area in groupby(routes, key=lambda route: route.area)
    ]
    return render_template("api.html", bereiche=areas, art=description.word, rollen=users.ROLES, alle=READERS, basis=entrance.base_url())


@bp.get("/api/openapi.json")
def openapi() -> ResponseReturnValue:
    return Response(strict_json.dumps(description.openapi(current_app)), content_type="application/json")
