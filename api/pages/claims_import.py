"""Import of claims files: upload, what became of each line, and the rejected lines as a file to send back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import app
from engine import clock, errors
from processes import imports

bp = Blueprint("claims_import", __name__)


@bp.get("/einspielen")
def show() -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        received = imports.recent(tx, session.tenant_id)
    return render_template("einspielen.html", dateien=received)


@bp.post("/einspielen")
def upload() -> ResponseReturnValue:
    app.require("claims_clerk", "treasury", "creditor_clerk", "team_lead")
    session = app.session()
    file, joint = request.files.get("datei"), request.files.get("gesamtschuldner")
    if file is None or not file.filename:
        raise errors.InvalidInput("Bitte eine Forderungsdatei auswählen.")
    with app.database().begin(session.tenant_id) as tx:
        received = imports.receive(
            tx, tenant_id=session.tenant_id, name=file.filename, content=file.read(), by=session.login, now=clock.now(tx, session.tenant_id),
            joint_name=joint.filename if joint and joint.filename else None, joint_content=joint.read() if joint and joint.filename else None,
        )  # fmt: skip
    return redirect(url_for("claims_import.report", file_uuid=received.uuid))


@bp.get("/einspielen/<uuid:file_uuid>")
def report(file_uuid: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        received = imports.find(tx, session.tenant_id, file_uuid)
        found = imports.report(tx, received)
        left = imports.waiting_lines(tx, received)
        file = imports.described(tx, received)
    return render_template("einspielbericht.html", bericht=found, offen=left, datei=file)


@bp.get("/einspielen/<uuid:file_uuid>/abgewiesen.csv")
def rejected(file_uuid: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        content = imports.rejected_csv(tx, imports.find(tx, session.tenant_id, file_uuid))
    response = Response(content, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="abgewiesen.csv"'
    return response
