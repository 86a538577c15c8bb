"""Rejected deployments: what `check` refused in the last days, with every finding on the diagram, for whoever follows the link of a refusal."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, render_template, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from api import app, checked_files
from api.auth import sessions
from engine import clock, errors, rejections

bp = Blueprint("rejections_page", __name__)


@bp.get("/prozesse/abgelehnt")
def listing() -> ResponseReturnValue:
    app.require("designer")
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        listed = rejections.listed(tx, session.tenant_id, now=clock.database_now(tx))
    return render_template("abgelehnte.html", abgelehnte=listed, tage=rejections.KEPT_DAYS)


@bp.get("/prozesse/abgelehnt/<uuid:rejection_uuid>")
def show(rejection_uuid: UUID) -> ResponseReturnValue:
    session = app.session()
    try:
        with app.database().begin(session.tenant_id) as tx:
            found = _find(tx, rejection_uuid, session.tenant_id)
    except errors.NotFound:
        elsewhere = _elsewhere(rejection_uuid)
        if elsewhere is None:
            raise
        return render_template("abgelehnt_anderswo.html", mandant=elsewhere), 404
    checked = checked_files.of(found.files, found.findings)
    return render_template("pruefen.html", abgelehnt=found.listed, geprueft=checked)


@bp.get("/prozesse/abgelehnt/<uuid:rejection_uuid>/<int:number>")
def file(rejection_uuid: UUID, number: int) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        name, content = rejections.file(tx, rejection_uuid, number, tenant_id=session.tenant_id, now=clock.database_now(tx))
    return send_file(BytesIO(content), mimetype="application/octet-stream", as_attachment=True, download_name=name)


def chosen() -> dict[str, bytes]:
    """Return the files of the rejection that a form names (`abgelehnt`) to be checked again with new ones; none where it names none."""
    if not request.form.get("abgelehnt") or not request.form.get("uebrige"):
        return {}
    session = app.session()
    try:
        wanted = UUID(request.form["abgelehnt"])
    except ValueError:
        raise errors.NotFound("Die abgelehnte Bereitstellung gibt es nicht. Bitte die Seite neu laden.") from None
    with app.database().begin(session.tenant_id) as tx:
        return dict(_find(tx, wanted, session.tenant_id).files)


def _find(tx: Connection, uuid: UUID, tenant_id: int) -> rejections.Rejection:
    return rejections.find(tx, uuid, tenant_id=tenant_id, now=clock.database_now(tx))


def _elsewhere(uuid: UUID) -> tuple[int, str] | None:
    """Return (id, name) of the other tenant of this person where the rejection is kept: the Modeler deploys for any of them."""
    session = app.session()
    with app.database().look() as tx:
        others = [(tenant_id, name) for tenant_id, name in sessions.tenants_of(tx, session.user_id) if tenant_id != session.tenant_id]
    for tenant_id, name in others:
        with app.database().begin(tenant_id) as tx:
            if rejections.is_kept(tx, uuid, tenant_id=tenant_id, now=clock.database_now(tx)):
                return tenant_id, name
    return None
