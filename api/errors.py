"""Refusals as pages or JSON: 4xx with what was expected and what to do; a bug is logged and told without details."""

from __future__ import annotations

import structlog
from flask import Flask, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from api.auth import basic
from api.rest import faults
from engine import errors

log = structlog.get_logger(__name__)

STATUS: dict[type[errors.Rejected], int] = {
    basic.NotLoggedIn: 401,
    errors.NotFound: 404,
    errors.InvalidState: 409,
    errors.InvalidInput: 422,
    errors.NotAllowed: 403,
    errors.Conflict: 409,
}
GERMAN = {
    400: "Die Anfrage ist nicht lesbar. Bitte die Seite neu laden und noch einmal versuchen.",
    404: "Die Seite gibt es nicht. Bitte die Adresse prüfen.",
    405: "Diese Seite nimmt die Anfrage so nicht an.",
    413: "Die Datei oder Eingabe ist zu groß.",
    415: "Die Art der Eingabe wird nicht angenommen.",
}


def register(app: Flask) -> None:
    """Make the application answer refusals."""
    app.register_error_handler(errors.Rejected, rejected)
    app.register_error_handler(errors.Incident, _incident)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def status_of(fault: errors.Rejected) -> int:
    """Return the HTTP status of a refusal."""
    return next((status for kind, status in STATUS.items() if isinstance(fault, kind)), 400)


def _answer(status: int, message: str, fault: Exception | None = None) -> ResponseReturnValue:
    if faults.serves(request.path):
        return faults.answer(status, message, fault)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {"type": "RestException", "message": message, "code": None}, status
    g.setdefault("session", None)
    return render_template("fehler.html", status=status, meldung=message, zurueck=_form_page()), status


def _form_page() -> str | None:
    """Return the address of the page whose form was refused, where it is the same one."""
    if request.method != "POST" or request.url_rule is None:
        return None
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
    except HTTPException:
        return None
    return request.path


def rejected(fault: errors.Rejected) -> ResponseReturnValue:
    message = str(fault)
    if isinstance(fault, errors.InvalidInput) and fault.fields:
        message += "\n" + "\n".join(f"{name}: {told}" for name, told in fault.fields.items())
    status = status_of(fault)
    return _answer(faults.status_of(fault, status) if faults.serves(request.path) else status, message, fault)


def _incident(fault: errors.Incident) -> ResponseReturnValue:
    return _answer(409, f"Der Prozess kann so nicht weitergehen, es wurde nichts gespeichert: {fault}")


def _http(fault: HTTPException) -> ResponseReturnValue:
    status = fault.code or 500
    return _answer(
        status, (faults.MESSAGES if faults.serves(request.path) else GERMAN).get(status, "Die Anfrage kann nicht bearbeitet werden.")
    )


def _bug(fault: Exception) -> ResponseReturnValue:
    log.exception("request failed", path=request.path)
    return _answer(500, "Hier ist ein Fehler im Programm. Es wurde nichts gespeichert; das Protokoll enthält die Einzelheiten.")
