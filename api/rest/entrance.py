"""Who calls an interface for programs, and for which tenant. Basic or Bearer with every request; cookies are never looked at.

Without cookies no foreign page can act in somebody's name. So there is no form token here and no check of the Origin: Camunda
Modeler's is `file://` or `null`, and both are answered.
"""

from __future__ import annotations

from flask import Response, g, request
from flask.typing import ResponseReturnValue

from api import app
from api.auth import basic
from engine import errors

OPEN = frozenset({"/v2/topology", "/v2/status", "/oauth/token", "/.well-known/camunda-automation-platform/webapps"})
# Pages of the Modeler. Another site's scripts get no permission to read.
ORIGINS = ("file://", "null")
MAX_BODY = 4 * 1024 * 1024
MAX_UPLOAD = 64 * 1024 * 1024
MAX_STRANGER = 64 * 1024  # of who has not told who he is: a login or a token is asked for with far less
MAX_SLUG = 100


def enter() -> ResponseReturnValue | None:
    """Check the credentials of a request to an interface; what comes back is the answer of a preflight."""
    g.session = None
    request.max_content_length = MAX_STRANGER
    if request.method == "OPTIONS":
        return Response(status=204)
    if "\0" in request.path or any("\0" in value for value in (*request.args.keys(), *request.args.values())):
        raise errors.InvalidInput("Die Adresse enthält ein NUL-Zeichen.")
    if request.path not in OPEN:
        arguments = request.view_args or {}
        g.session = basic.session_of(app.database(), _header(), tenant=_slug(arguments.get("tenant") or arguments.get("engine")))
        request.max_content_length = MAX_UPLOAD if request.mimetype == "multipart/form-data" else MAX_BODY
    return None


def work_for(tenant: object) -> None:
    """Go on for the tenant that the request names (`tenantId`); None or empty: stay. Raises errors.NotAllowed without a role there."""
    slug = _slug(tenant)
    if slug is not None and slug != app.session().tenant_slug:
        g.session = basic.session_of(app.database(), _header(), tenant=slug)


def allow_origin(response: Response) -> Response:
    """Let the Modeler's pages read the answer."""
    origin = request.headers.get("Origin", "")
    response.headers.add("Vary", "Origin")
    if origin in ORIGINS:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Headers"] = "authorization, content-type, accept"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
            response.headers["Access-Control-Max-Age"] = "600"
    return response


def base_url() -> str:
    """Return the address under which the caller reaches us, without a slash; a TLS proxy in front says that it speaks https."""
    scheme = request.headers.get("X-Forwarded-Proto", "")
    return f"{scheme if scheme in ('http', 'https') else request.scheme}://{request.host}"


def _header() -> str:
    return request.headers.get("Authorization", "")


def _slug(tenant: object) -> str | None:
    """Return the slug that a client named; `<default>` is how Camunda 8 says none."""
    if tenant in (None, "", "<default>"):
        return None
    if not isinstance(tenant, str) or len(tenant) > MAX_SLUG:
        raise errors.InvalidInput("Der Mandant wird als Kürzel genannt, zum Beispiel „detmold“.")
    return tenant
