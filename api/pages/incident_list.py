"""Incidents: what cannot go on and why, and trying again with a reason that stays."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import app
from engine import clock, incidents

bp = Blueprint("incident_list", __name__)


@bp.get("/stoerungen")
def show() -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        found = incidents.open_ones(tx, session.tenant_id)
    return render_template("stoerungen.html", stoerungen=found)


@bp.post("/stoerungen/<uuid:incident_uuid>")
def retry(incident_uuid: UUID) -> ResponseReturnValue:
    app.require("team_lead", "designer")
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        reason = request.form.get("grund", "")[:2000]
        incidents.retry(tx, session.tenant_id, incident_uuid, by=session.login, reason=reason, now=clock.now(tx, session.tenant_id))
    flash("Der Schritt wird noch einmal versucht.", "gut")
    return redirect(url_for("incident_list.show"))
