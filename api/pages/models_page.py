"""Processes: what is deployed, each diagram with its legal basis, and a check of files with every finding on the diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from api import app, checked_files, deploying, diagram_rows, drawn_files, model_files
from api.pages import rejections_page
from engine import clock, deployments, errors
from engine.listings import definitions, listing
from engine.protocol import Finding
from engine.spiff import reader

bp = Blueprint("models_page", __name__)


@bp.get("/prozesse")
def show() -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        listed = deployments.processes(tx, session.tenant_id)
        deployment = request.args.get("bereitstellung")
        if deployment:
            brought = _of_deployment(tx, session.tenant_id, deployment)
            listed = [process for process in listed if process.uuid in brought]
    return render_template("prozesse.html", prozesse=listed, bereitstellung=deployment)


def _of_deployment(tx: Connection, tenant_id: int, deployment: str) -> set[UUID]:
    """Return the process versions that a deployment brought."""
    try:
        wanted = {"deployment_id": UUID(deployment)}
    except ValueError:
        raise errors.NotFound("Die Bereitstellung gibt es nicht. Bitte die Adresse prüfen.") from None
    return {row.uuid for row in listing.rows(tx, definitions.PROCESS_DEFINITIONS, tenant_id, wanted)}


@bp.get("/prozesse/<uuid:definition_uuid>")
def process(definition_uuid: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        key, version, file, content = deployments.content_of(tx, definition_uuid, tenant_id=session.tenant_id)
    found = reader.process_of(content, file, key)
    rows = diagram_rows.of(found) if found else []
    return render_template("prozess.html", schluessel=key, fassung=version, xml=drawn_files.text_of(content), prozess=found, zeilen=rows)


@bp.route("/prozesse/pruefen", methods=["GET", "POST"])
def check() -> ResponseReturnValue:
    if request.method == "GET":
        return render_template("pruefen.html", geprueft=None, abgelehnt=None)
    files = uploaded()
    if not files:
        raise errors.InvalidInput("Bitte mindestens eine Datei auswählen (.bpmn, .dmn, .form, .typ).")
    if request.form.get("bereitstellen"):
        return _deploy(files)
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        beside = deployments.beside(tx, session.world_id)
    findings = deploying.check(files, beside=beside)
    return findings_page(findings, files), 422 if any(finding.severity == "error" for finding in findings) else 200


def _deploy(files: Mapping[str, bytes]) -> ResponseReturnValue:
    """Deploy, or keep what was refused and lead to its page: the address there can be handed on."""
    app.require("designer")
    session = app.session()
    name = request.form.get("name", "").strip()[:200] or "Bereitstellung im Browser"
    try:
        with app.database().begin(session.tenant_id) as tx:
            made = deploying.deploy(
                tx, files, name=name, source="Browser", tenant_id=session.tenant_id, by=session.login, now=clock.now(tx, session.tenant_id)
            )
    except deployments.Refused as refused:
        kept = deploying.keep(
            app.database(), files, refused.findings, name=name, source="Browser", tenant_id=session.tenant_id, by=session.login
        )
        return redirect(url_for("rejections_page.show", rejection_uuid=kept), 303)
    fresh = [f"{one.key} Fassung {one.version}" for one in made.definitions if one.is_new]
    flash("Bereitgestellt: " + (", ".join(fresh) if fresh else "nichts Neues, der Inhalt ist unverändert."), "gut")
    return redirect(url_for("models_page.show"))


def uploaded() -> dict[str, bytes]:
    """Return the model files (`dateien`) of a request by name, over those of a rejected deployment that it takes up again.

    Raises errors.InvalidInput where they are too many, too large, or named alike.
    """
    found = model_files.received(request.files.getlist("dateien"))
    kept = {name: content for name, content in rejections_page.chosen().items() if name not in found}
    return {**found, **kept}


def findings_page(findings: Sequence[Finding], files: Mapping[str, bytes]) -> str:
    """Show all findings of files, on what can be drawn of them."""
    return render_template("pruefen.html", geprueft=checked_files.of(files, findings), abgelehnt=None)
