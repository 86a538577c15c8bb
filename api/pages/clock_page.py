"""The clock of a sandbox world: shown and moved forward; fires timers and jobs, completes no human task."""

from __future__ import annotations

from datetime import datetime, time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import app
from engine import clock, errors, worker

bp = Blueprint("clock_page", __name__)

EVENING = time(18, 0)
MAX_DAYS = 366 * 5


@bp.get("/uhr")
def show() -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
    return render_template("uhr.html", jetzt=now)


@bp.post("/uhr")
def move() -> ResponseReturnValue:
    session = app.session()
    if not session.is_sandbox:
        raise errors.NotAllowed("Die Uhr einer Produktivumgebung kann nicht gestellt werden.")
    text = request.form.get("bis", "")
    try:
        until = datetime.combine(datetime.fromisoformat(text).date(), EVENING, app.BERLIN)
    except ValueError as broken:
        raise errors.InvalidInput(
            f"„{text}“ ist kein Datum. Bitte einen Tag auswählen." if text else "Bitte einen Tag auswählen."
        ) from broken
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
    if until <= now:
        raise errors.InvalidInput(f"Die Uhr steht auf dem {now.astimezone(app.BERLIN):%d.%m.%Y} und geht nur vorwärts.")
    if (until - now).days > MAX_DAYS:
        raise errors.InvalidInput("Bitte höchstens fünf Jahre auf einmal vorstellen.")
    report = worker.run_until(app.database(), session.world_id, until)
    told = f"{report.timers} Fristen sind abgelaufen, {report.jobs} Aufträge und {report.messages} Nachrichten erledigt."
    if report.incidents:
        told += f" {len(report.incidents)} Störungen sind entstanden."
    flash(told, "gut" if not report.incidents else "fehler")
    return redirect(url_for("clock_page.show"))
