"""The clock of a sandbox world: shown and moved forward; fires timers and jobs, completes no human task."""

from __future__ import annotations

from datetime import datetime, time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import app, typed, wording
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
    until = forward(EVENING)
    report = worker.run_until(app.database(), session.world_id, until)
    tell(report)
    return redirect(url_for("clock_page.show"))


def forward(at: time) -> datetime:
    """Return that time of the day that was chosen (`bis`). Raises errors.InvalidInput for what is no day, behind the clock or far ahead."""
    session, chosen = app.session(), request.form.get("bis", "").strip()
    if not chosen:
        raise errors.InvalidInput("Bitte einen Tag auswählen.")
    until = datetime.combine(typed.day(chosen), at, app.BERLIN)
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
    if until <= now:
        raise errors.InvalidInput(f"Die Uhr steht auf dem {app.moment_text(now)} und geht nur vorwärts.")
    if (until - now).days > MAX_DAYS:
        raise errors.InvalidInput("Bitte höchstens fünf Jahre auf einmal vorstellen.")
    return until


def tell(report: worker.Report) -> None:
    """Say on the next page what the clock set going."""
    told = (
        f"Abgelaufen: {wording.count(report.timers, 'Frist', 'Fristen')}. Erledigt: {wording.count(report.jobs, 'Auftrag', 'Aufträge')}"
        f" und {wording.count(report.messages, 'Nachricht', 'Nachrichten')}."
    )
    if report.incidents:
        told += f" Entstanden: {wording.count(len(report.incidents), 'Störung', 'Störungen')}."
    flash(told, "fehler" if report.incidents else "gut")
