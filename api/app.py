"""The web application: thin Flask over the rooms. Sessions, tokens, headers and limits here; pages in api.pages."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from itsdangerous import URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException

from api import errors as web_errors
from api import wording
from api.auth import sessions
from api.pages import (
    api_page,
    case_files,
    claims_import,
    clock_page,
    element_templates_page,
    file_page,
    incident_list,
    law_tables,
    login,
    mahnlauf,
    migration_page,
    modeler_links,
    models_page,
    rejections_page,
    replay_page,
    start_page,
    task_list,
    task_page,
    trial_page,
    versions_page,
)
from api.rest import entrance, faults, routes
from engine import errors, files, polls
from engine.db import Database

BERLIN = ZoneInfo("Europe/Berlin")
MAX_FORM_MEMORY = 4 * 1024 * 1024
FORMS_IN_MEMORY = 4  # with all their files, each up to what a form may bring
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; frame-ancestors 'none';"
    " base-uri 'none'; form-action 'self'"
)
# A task may show files of its case (documentPreview): its script makes them an object of the page, typed as PDF or image.
PREVIEW_CSP = CSP.replace("img-src 'self' data:", "img-src 'self' data: blob:").replace(
    "object-src 'none'", "object-src blob:; frame-src blob:"
)
PREVIEWS = frozenset({"task_page.show", "task_page.complete"})
OPEN_ENDPOINTS = frozenset({"login.show", "login.enter", "static", "health", "api_page.show", "api_page.openapi"})
PAGES = (
    api_page,
    modeler_links,
    login,
    task_list,
    task_page,
    case_files,
    file_page,
    replay_page,
    models_page,
    rejections_page,
    law_tables,
    versions_page,
    element_templates_page,
    migration_page,
    start_page,
    claims_import,
    mahnlauf,
    incident_list,
    clock_page,
    trial_page,
)


class Notices(SecureCookieSessionInterface):
    """Carries the notice of the last action to the next page, signed with the key of the person's session.

    The login itself stands in the database (api.auth.sessions). No key of the application is to be kept or shared between machines, and a
    notice ends with the session it belongs to.
    """

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the signer of this request; None without a session."""
        key = request.cookies.get(cookie_name())
        return URLSafeTimedSerializer(f"notice:{key}", salt=self.salt, serializer=self.serializer) if key else None


def create_app(database: Database, *, secure_cookie: bool = False) -> Flask:
    """Return the application on an open database. `secure_cookie`: behind HTTPS (__Host- cookie)."""
    app = Flask(__name__, static_folder=str(Path(__file__).parent / "static"))
    app.config.update(
        DATABASE=database, SECURE_COOKIE=secure_cookie, MAX_CONTENT_LENGTH=entrance.MAX_UPLOAD, MAX_FORM_MEMORY_SIZE=MAX_FORM_MEMORY
    )
    app.config.update(SESSION_COOKIE_NAME="hinweis", SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=secure_cookie)
    app.config.update(POLLS=polls.Polls(database), ROOM_FOR_FILES=threading.BoundedSemaphore(FORMS_IN_MEMORY))
    app.session_interface = Notices()
    app.jinja_env.filters.update(
        euro=euro, cent=cent_text, tag=day_text, zeitpunkt=moment_text, posten=entry_name, rechtsform=legal_form_name, groesse=size_text
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.before_request(_enter)
    app.after_request(_secure)
    app.after_request(trial_page.note_act)
    app.context_processor(_common)
    wording.register(app)
    web_errors.register(app)
    for page in PAGES:
        app.register_blueprint(page.bp)
    routes.register(app)
    app.add_url_rule("/health", "health", _health)
    app.add_url_rule("/", "start", _start)
    return app


def database() -> Database:
    """Return the database of the running application."""
    return cast(Database, current_app.config["DATABASE"])


def room_for_files() -> threading.BoundedSemaphore:
    """Return the room that forms share which hold their files in memory."""
    return cast(threading.BoundedSemaphore, current_app.config["ROOM_FOR_FILES"])


def session() -> sessions.Session:
    """Return the session of the request."""
    return cast(sessions.Session, g.session)


def require(*roles: str) -> None:
    """Refuse a person who holds none of the roles."""
    if not session().may(*roles, "admin"):
        raise errors.NotAllowed("Dafür fehlt Ihnen die Rolle. Bitte wenden Sie sich an die Administration.")


def own_page(address: str | None) -> str | None:
    """Return the address if it is a page of ours; anything else would send people elsewhere."""
    if address and address.startswith("/") and not address.startswith(("//", "/\\")) and not any(sign in address for sign in "\r\n\t"):
        return address
    return None


def route_of(address: str) -> tuple[str, dict[str, Any]]:
    """Return endpoint and arguments of a page of ours, or an empty endpoint."""
    try:
        endpoint, arguments = current_app.url_map.bind("").match(address.partition("?")[0], method="GET")
    except HTTPException:
        return "", {}
    return str(endpoint), dict(arguments)


def cookie_name() -> str:
    """Return the session cookie's name."""
    return "__Host-vollstreckung" if current_app.config["SECURE_COOKIE"] else "vollstreckung"


def _enter() -> ResponseReturnValue | None:
    if faults.serves(request.path):
        return entrance.enter()
    g.session = None
    if "\0" in request.path:
        raise errors.NotFound("Die Seite gibt es nicht. Bitte die Adresse prüfen.")
    _refuse_nul(request.args)
    if request.endpoint in ("static", "health") or request.endpoint is None:
        return None
    key = request.cookies.get(cookie_name())
    if key:
        with database().look() as tx:
            g.session = sessions.find(tx, key)
    if g.session is None and request.endpoint not in OPEN_ENDPOINTS:
        return redirect(url_for("login.show", weiter=request.full_path if request.method == "GET" else None))
    # Only now the body may be read, and by whom it came decides how much of it: files come as multipart, and only from people we know.
    if g.session is None:
        request.max_content_length = entrance.MAX_STRANGER
    elif request.mimetype != "multipart/form-data":
        request.max_content_length = entrance.MAX_BODY
    _refuse_nul(request.form)
    if request.method not in ("GET", "HEAD", "OPTIONS") and g.session is not None:
        given = request.form.get("token") or request.headers.get("X-CSRF-Token") or ""
        if not sessions.same_token(given, g.session):
            raise errors.NotAllowed(
                "Die Anfrage trägt nicht das Zeichen Ihrer Sitzung. Bitte die Seite neu laden und noch einmal versuchen."
            )
    return None


def _refuse_nul(given: Mapping[str, str]) -> None:
    if any("\0" in value for value in given.values()):
        raise errors.InvalidInput("Die Eingabe enthält ein NUL-Zeichen, das niemand tippt. Bitte den Text neu eingeben.")


def _secure(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PREVIEW_CSP if request.endpoint in PREVIEWS else CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return entrance.allow_origin(response) if faults.serves(request.path) else response


def _common() -> dict[str, object]:
    return {"sitzung": g.get("session"), "adresse": request.full_path, "eingabe": g.get("typed", {})}


def _start() -> ResponseReturnValue:
    return redirect(url_for("task_list.show"))


def _health() -> ResponseReturnValue:
    with database().look() as tx:
        tx.exec_driver_sql("select 1")
    return {"status": "ok"}


# ---------------------------------------------------------------- how values are shown
def euro(amount: Decimal | None) -> str:
    """Return euros as German text with two decimals."""
    if amount is None:
        return "–"
    text = f"{amount:,.2f}"
    return text.replace(",", "\0").replace(".", ",").replace("\0", ".") + " €"


def cent_text(cent: int | None) -> str:
    """Return cents as German text in euros."""
    return euro(None if cent is None else Decimal(cent) / 100)


def day_text(day: date | None) -> str:
    """Return a date as German text."""
    if isinstance(day, datetime):
        day = day.astimezone(BERLIN).date()
    return "–" if day is None else f"{day:%d.%m.%Y}"


def moment_text(moment: datetime | None) -> str:
    """Return an instant as German text on Berlin's clock."""
    return "–" if moment is None else f"{moment.astimezone(BERLIN):%d.%m.%Y, %H:%M} Uhr"


def size_text(size: int) -> str:
    """Return a number of bytes as German text; a megabyte is that of the limits (1024 times 1024)."""
    if size < 1024:
        return f"{size} Byte"
    return f"{size / 1024:.0f} KB" if size < files.MEGABYTE else f"{size / files.MEGABYTE:.1f} MB".replace(".", ",")


ENTRY_NAMES = {
    "mahngebuehr": "Mahngebühr",
    "saeumniszuschlag": "Säumniszuschlag",
    "pfaendungsgebuehr": "Pfändungsgebühr",
}
LEGAL_FORM_NAMES = {"nat": "natürliche Person", "gmbh": "GmbH", "personenges": "Personengesellschaft"}


def entry_name(kind: str) -> str:
    """Return the German name of a booking's kind or component."""
    return ENTRY_NAMES.get(kind, kind.capitalize())


def legal_form_name(code: str) -> str:
    """Return the German name of a debtor's legal form."""
    return LEGAL_FORM_NAMES.get(code, code)
