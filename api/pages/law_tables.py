"""The tables of the law: every row with its source, its time and who confirmed it."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from api import app, law_values

bp = Blueprint("law_tables", __name__)


@bp.get("/rechtswerte")
def show() -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        found = law_values.tables(tx, session.tenant_id)
    return render_template("rechtswerte.html", tabellen=found)
