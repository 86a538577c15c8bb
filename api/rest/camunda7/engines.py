"""Which engine answers: its version, and the tenants of the account as named engines."""

from __future__ import annotations

from flask import Blueprint

from api import app
from api.auth import sessions
from api.rest.operations import operation

bp = Blueprint("rest_engines", __name__)

# The Modeler reads it to tell what the engine understands.
VERSION = "7.24.0"


@bp.get("/version")
@operation("Fassung der Schnittstelle", answer="{version}")
def version() -> object:
    return {"version": VERSION}


@bp.get("/engine")
@operation("Mandanten des Kontos als benannte Engines", answer="[{name}]")
def engines() -> object:
    with app.database().look() as tx:
        return [{"name": slug} for slug in sessions.slugs_of(tx, app.session().user_id)]
