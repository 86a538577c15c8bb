"""Login, logout, and working for another city."""

from __future__ import annotations

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import app
from api.auth import sessions, users
from engine import errors

bp = Blueprint("login", __name__)

MAX_DIGITS = 18  # what a bigint holds


@bp.get("/anmelden")
def show() -> ResponseReturnValue:
    return render_template("anmelden.html", weiter=_target(request.args.get("weiter")))


@bp.post("/anmelden")
def enter() -> ResponseReturnValue:
    login, password = request.form.get("login", "").strip()[:200], request.form.get("passwort", "")[:1000]
    target = _target(request.form.get("weiter"))
    message = "Benutzername oder Passwort stimmen nicht."
    try:
        with app.database().look() as tx:
            user = users.check_password(tx, login, password)
            homes = list(users.roles_of(tx, user.id)) if user else []
            key = sessions.start(tx, user, homes[0]) if user and homes else None
    except errors.NotAllowed as throttled:
        user, key, message = None, None, str(throttled)
    if user is not None and key is None:
        message = "Für dieses Konto ist noch keine Rolle vergeben. Bitte wenden Sie sich an die Administration."
    if key is None:
        return render_template("anmelden.html", weiter=target, login=login, meldung=message), 401
    response = make_response(redirect(target))
    response.set_cookie(app.cookie_name(), key, httponly=True, samesite="Lax", path="/", secure=bool(current_app.config["SECURE_COOKIE"]))
    return response


@bp.post("/abmelden")
def leave() -> ResponseReturnValue:
    with app.database().look() as tx:
        sessions.end(tx, app.session())
    response = make_response(redirect(url_for("login.show")))
    response.delete_cookie(app.cookie_name(), path="/")
    return response


@bp.post("/mandant")
def change_tenant() -> ResponseReturnValue:
    with app.database().look() as tx:
        wanted = request.form.get("mandant", "")
        if not wanted.isascii() or not wanted.isdecimal() or len(wanted) > MAX_DIGITS:
            raise errors.InvalidInput("Bitte einen Mandanten auswählen.")
        sessions.change_tenant(tx, app.session(), int(wanted))
    return redirect(app.own_page(request.form.get("weiter")) or url_for("task_list.show"))


def _target(text: str | None) -> str:
    return app.own_page(text) or "/"
