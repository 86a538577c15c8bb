"""Refusals as the clients of each interface read them: always JSON with a message, also for 401, 404, 405, 413, 415 and bugs."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request

from api import strict_json
from engine import errors

PREFIXES = ("/engine-rest", "/v2", "/oauth", "/.well-known")
REALM = 'Basic realm="vollstreckung", charset="UTF-8"'
TYPES = {
    400: "InvalidRequestException",
    401: "AuthenticationException",
    403: "AuthorizationException",
    404: "InvalidRequestException",
}
TITLES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 409: "CONFLICT",
    413: "CONTENT_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE", 500: "INTERNAL",
}  # fmt: skip
MESSAGES = {
    400: "Die Anfrage ist nicht lesbar.",
    404: "Diese Adresse gibt es in der Schnittstelle nicht. Die Beschreibung steht unter /api.",
    405: "Diese Adresse nimmt die Methode nicht an. Die Beschreibung steht unter /api.",
    413: "Die Anfrage ist zu groß.",
    415: "Diese Art von Inhalt wird nicht angenommen; erwartet wird application/json.",
}


class Fault(errors.Rejected):
    """A refusal whose status and type a client of the interface knows. The message is German; more: further members, as Camunda has them."""

    def __init__(self, status: int, message: str, *, type: str | None = None, more: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.more = more or {}


def serves(path: str) -> bool:
    """Return whether a path belongs to an interface for programs."""
    return any(path == prefix or path.startswith(prefix + "/") for prefix in PREFIXES)


def status_of(fault: errors.Rejected, usual: int) -> int:
    """Return the status of a refusal: its own, 400 for wrong input, else `usual` (that of the pages)."""
    if isinstance(fault, Fault):
        return fault.status
    return 400 if isinstance(fault, errors.InvalidInput) else usual


def answer(status: int, message: str, fault: Exception | None = None) -> Response:
    """Return a refusal in the shape of the interface that was asked."""
    if request.path.startswith("/v2"):
        title = TITLES.get(status, "INTERNAL" if status >= 500 else "INVALID_ARGUMENT")
        body = {"type": "about:blank", "title": title, "status": status, "detail": message, "instance": request.path}
        response = _json(body, status, "application/problem+json")
    elif request.path.startswith("/oauth"):
        told = fault.type if isinstance(fault, Fault) else None
        word = told or ("invalid_client" if status in (401, 403) else "server_error" if status >= 500 else "invalid_request")
        response = _json({"error": word, "error_description": message}, status, "application/json")
    else:
        kind = (fault.type if isinstance(fault, Fault) else None) or TYPES.get(status, "RestException")
        shaped: dict[str, object] = {"type": kind, "message": message, "code": 0 if kind == "ParseException" else None}
        if isinstance(fault, Fault):
            shaped |= fault.more
        response = _json(shaped, status, "application/json")
    if status == 401:
        response.headers["WWW-Authenticate"] = REALM
    return response


def _json(body: Mapping[str, object], status: int, content_type: str) -> Response:
    return Response(strict_json.dumps(body), status, content_type=content_type)
