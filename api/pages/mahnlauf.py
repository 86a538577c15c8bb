"""The Mahnlauf: what it would take, then start it; each debtor is a transaction of its own."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from api import app
from engine import clock
from processes import runs

bp = Blueprint("mahnlauf", __name__)


@bp.get("/mahnlauf")
def show() -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        preview = runs.preview(tx, session.tenant_id, now=clock.now(tx, session.tenant_id))
    return render_template("mahnlauf.html", vorschau=preview)


@bp.post("/mahnlauf")
def start() -> ResponseReturnValue:
    app.require("claims_clerk", "treasury", "team_lead")
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        run_id = runs.start(tx, session.tenant_id, by=session.login, now=clock.now(tx, session.tenant_id))
    done = runs.process(lambda: app.database().begin(session.tenant_id), session.tenant_id, run_id)
    flash(
        f"Der Mahnlauf hat {done.taken} Forderungen genommen, {done.letters} Schreiben entstehen; {done.left} Forderungen gingen einen anderen Weg.",
        "gut",
    )
    return redirect(url_for("mahnlauf.show"))
