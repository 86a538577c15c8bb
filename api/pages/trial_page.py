"""Try models before they are deployed: begin a trial, see what waits, move on, keep the walk as a scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, text

from api import app, trial_acts, trials, typed, waiting, wording
from api import errors as faults
from api.pages import clock_page, models_page, uploads
from engine import clock, deployments, errors, external_tasks, feel, instances, jobs, messages, signals, values, worker
from processes import scenarios, walks
from processes.casefile import letters

bp = Blueprint("trial_page", __name__)

STARTS_ON = "2026-08-17"


# ---------------------------------------------------------------- beginning and ending
@bp.get("/probelauf")
def show() -> ResponseReturnValue:
    return _page() if app.session().in_trial else render_template("probelauf_beginnen.html", beginn=STARTS_ON)


def _page(message: str = "", typed_in: Mapping[str, str] | None = None) -> str:
    """Return the page of the trial; typed_in: what was typed and refused, shown again beside the message."""
    session, database = app.session(), app.database()
    with database.look() as tx:
        trial = trials.find(tx, session)
        walk = trials.walk_of(tx, trial)
    waits: list[waiting.Wait] = []
    running: list[dict[str, Any]] = []
    written: list[letters.Letter] = []
    for slug, tenant_id in trial.tenants.items():
        with database.begin(tenant_id) as tx:
            now = clock.now(tx, tenant_id)
            waits += waiting.of_tenant(tx, slug, tenant_id)
            running += _instances(tx, slug, tenant_id)
            if tenant_id == session.tenant_id:
                written = letters.since(tx, tenant_id, trial.starts_at)
    with database.begin(session.tenant_id) as tx:
        startable = sorted({process.key: process.name for process in deployments.processes(tx, session.tenant_id)}.items())
    served = set(database.runtime.topics)
    return render_template(
        "probelauf.html", probelauf=trial, jetzt=now, wartet=waits, vorgaenge=running, schreiben=written, prozesse=startable,
        getan=[walks.text_of(done.act) for done in walk.done], eigene=served, zweite=session.login.endswith(trials.SECOND),
        meldung=message, getippt=typed_in or {},
    )  # fmt: skip


@bp.errorhandler(errors.Rejected)
def refuse(refused: errors.Rejected) -> ResponseReturnValue:
    """Tell a refusal on the page of the trial, with what was typed; outside of one as everywhere."""
    session = g.get("session")
    if request.method != "POST" or session is None or not session.in_trial:
        return faults.rejected(refused)
    return _page(str(refused), request.form), faults.status_of(refused)


@bp.post("/probelauf")
def begin() -> ResponseReturnValue:
    session = app.session()
    files = models_page.uploaded()
    claims = request.files.get("forderungen")
    brought = {"detmold": claims.read()} if claims is not None and claims.filename else None
    if request.form.get("ohne_forderungen"):
        brought = {}
    try:
        title = request.form.get("titel", "").strip()[:200] or ", ".join(sorted(files)) or "Probelauf"
        trials.begin(app.database(), session, files, title=title, starts_at=_starts_at(), claims=brought)
    except deployments.Refused as refused:
        return models_page.findings_page(refused.findings, files), 422
    flash("Der Probelauf hat begonnen. Alle Seiten zeigen jetzt seine Welt; zurück geht es mit „Probelauf beenden“.", "gut")
    return redirect(url_for("trial_page.show"))


@bp.post("/probelauf/beenden")
def end() -> ResponseReturnValue:
    trials.end(app.database(), app.session())
    flash("Der Probelauf ist beendet.", "gut")
    return redirect(url_for("models_page.show"))


# ---------------------------------------------------------------- acting
@bp.post("/probelauf/starten")
def start() -> ResponseReturnValue:
    process, key = _text("prozess", "Prozess"), request.form.get("schluessel", "").strip()[:200]
    given = _context("variablen")

    def act(tx: Connection, now: datetime) -> str:
        session = app.session()
        instances.start(tx, process, key, given, tenant_id=session.tenant_id, now=now, by=session.login)
        what: dict[str, object] = {"mandant": session.tenant_slug, "prozess": process, "schluessel": key}
        trials.note(tx, session.world_id, {"starten": what | ({"variablen": given} if given else {})}, now)
        return f"„{process}“ ist gestartet."

    return _do(act)


@bp.post("/probelauf/nachricht")
def send_message() -> ResponseReturnValue:
    name, key, given = _text("name", "Nachricht"), _text("schluessel", "Schlüssel"), _context("daten")

    def act(tx: Connection, now: datetime) -> str:
        session = app.session()
        messages.send(tx, name, key, given, tenant_id=session.tenant_id, now=now)
        what = {"mandant": session.tenant_slug, "name": name, "schluessel": key, "daten": walks.readable(tx, given)}
        trials.note(tx, session.world_id, {"nachricht": what}, now)
        return f"Die Nachricht „{name}“ ist gesendet."

    return _do(act)


@bp.post("/probelauf/signal")
def send_signal() -> ResponseReturnValue:
    name, given = _text("name", "Signal"), _context("daten")

    def act(tx: Connection, now: datetime) -> str:
        session = app.session()
        reached = signals.send(tx, name, given, tenant_id=session.tenant_id)
        trials.note(tx, session.world_id, {"signal": {"mandant": session.tenant_slug, "name": name, "daten": given}}, now)
        return f"Das Signal „{name}“ ist gesendet; gewartet haben darauf {wording.count(reached, 'Vorgang', 'Vorgänge')}."

    return _do(act)


@bp.post("/probelauf/auftrag/<uuid:job_id>")
def end_job(job_id: UUID) -> ResponseReturnValue:
    code, given = request.form.get("fehlercode", "").strip()[:200], _context("ergebnis")

    def act(tx: Connection, now: datetime) -> str:
        session = app.session()
        job = jobs.get(tx, session.tenant_id, job_id)
        external_tasks.lock(tx, session.tenant_id, job_id, worker=session.login, lease=jobs.LEASE)
        what: dict[str, object] = {"topic": job.topic} | ({"ergebnis": walks.readable(tx, given)} if given else {})
        if code:
            jobs.bpmn_error(tx, session.tenant_id, job_id, code, "", given, worker=session.login, now=now)
            what["fehlercode"] = code
        else:
            jobs.complete(tx, session.tenant_id, job_id, given, worker=session.login, now=now)
        trials.note(tx, session.world_id, {"auftrag": what, "fuer": job.business_key}, now)
        return f"Der Auftrag „{job.topic}“ ist {'als Fehler gemeldet' if code else 'erledigt'}."

    return _do(act)


@bp.post("/probelauf/uhr")
def move() -> ResponseReturnValue:
    session = app.session()
    _inside()
    with app.database().look() as tx:
        due = tx.execute(text("select next_timer(:w)"), {"w": session.world_id}).scalar() if request.form.get("naechstes") else None
    if request.form.get("naechstes") and due is None:
        raise errors.InvalidInput("Auf eine Zeit wartet hier nichts. Bitte eine Aufgabe erledigen oder ein Datum nennen.")
    clock_page.tell(worker.run_until(app.database(), session.world_id, due or clock_page.forward(scenarios.OFFICE_OPENS)))
    return redirect(url_for("trial_page.show"))


@bp.post("/probelauf/person")
def change_person() -> ResponseReturnValue:
    _inside()
    with app.database().look() as tx:
        trials.wear(tx, app.session(), second=bool(request.form.get("zweite")))
    return redirect(url_for("trial_page.show"))


@bp.get("/probelauf/szenario.yaml")
def scenario() -> ResponseReturnValue:
    _inside()
    response = Response(trials.scenario(app.database(), app.session()), mimetype="application/yaml")
    response.headers["Content-Disposition"] = 'attachment; filename="szenario.yaml"'
    return response


def note_act(response: Response) -> Response:
    """Keep what a page recorded inside a trial; the clock and the trial's own pages keep theirs themselves."""
    session = g.get("session")
    if request.method == "POST" and session is not None and session.in_trial and uploads.went_on(response):
        with app.database().begin(session.tenant_id) as tx:
            act = trial_acts.translate(tx, session)
            if act is not None:
                trials.note(tx, session.world_id, act, clock.now(tx, session.tenant_id))
    return response


# ---------------------------------------------------------------- inside
def _do(act: Callable[[Connection, datetime], str]) -> ResponseReturnValue:
    session = app.session()
    _inside()
    try:
        with app.database().begin(session.tenant_id) as tx:
            told = act(tx, clock.now(tx, session.tenant_id))
    except errors.Incident as stopped:
        raise errors.InvalidState(str(stopped)) from stopped
    worker.settle(app.database(), session.world_id)
    flash(told, "gut")
    return redirect(url_for("trial_page.show"))


def _inside() -> None:
    if not app.session().in_trial:
        raise errors.NotAllowed("Das geht nur in einem Probelauf. Bitte unter „Prozesse“ einen beginnen.")


def _instances(tx: Connection, slug: str, tenant_id: int) -> list[dict[str, Any]]:
    query = text(
        "select uuid, process_key, business_key, status, variables from process_instance where tenant_id = :t order by id desc limit 100"
    )
    found = []
    for row in tx.execute(query, {"t": tenant_id}):
        shown = {name: feel.text_of(feel.enter(value)) for name, value in values.from_jsonable(row.variables).items()}
        found.append(
            {"uuid": row.uuid, "prozess": row.process_key, "key": row.business_key, "status": row.status, "werte": shown, "stadt": slug}
        )
    return found


def _text(name: str, label: str) -> str:
    value = request.form.get(name, "").strip()
    if not value or len(value) > 200:
        raise errors.InvalidInput(f"„{label}“: Bitte ausfüllen (höchstens 200 Zeichen).")
    return value


def _context(name: str) -> dict[str, object]:
    return typed.context(request.form.get(name, ""))


def _starts_at() -> datetime:
    return datetime.combine(typed.day(request.form.get("beginn", "").strip() or STARTS_ON), scenarios.OFFICE_OPENS, app.BERLIN)
