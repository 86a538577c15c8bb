"""Tokens for programs: OAuth 2, client credentials. The client is a user account, the secret its password."""

from __future__ import annotations

import base64

from flask import Blueprint, g, request

from api import app, strict_json
from api.auth import basic, tokens
from api.rest import faults
from api.rest.operations import operation

bp = Blueprint("rest_oauth", __name__)


@bp.post("/oauth/token")
@operation(
    "Zugangstoken (OAuth 2, client_credentials): client_id und client_secret sind Benutzername und Passwort eines Kontos", roles=(),
    answer="{access_token, token_type, expires_in}",
)  # fmt: skip
def token() -> object:
    given = {name: request.form.get(name, "") for name in ("grant_type", "client_id", "client_secret")}
    if not all(strict_json.storable(value) for value in given.values()):
        raise faults.Fault(400, "Die Angaben enthalten Zeichen, die niemand tippt.")
    if given["grant_type"] != "client_credentials":
        raise faults.Fault(400, "Erwartet wird grant_type=client_credentials.", type="unsupported_grant_type")
    header = request.headers.get("Authorization", "")
    if given["client_id"]:
        header = "Basic " + base64.b64encode(f"{given['client_id']}:{given['client_secret']}".encode()).decode()
    if not header.lower().startswith("basic"):
        raise faults.Fault(401, "Erwartet werden client_id und client_secret.")
    g.session = basic.session_of(app.database(), header)
    with app.database().look() as tx:
        issued = tokens.issue(tx, g.session.user_id, g.session.tenant_id)
    return {"access_token": issued, "token_type": "Bearer", "expires_in": tokens.LIFE_SECONDS}
