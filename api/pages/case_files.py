"""The enforcement file: search, one claim, one case; and what a clerk records on it (payment, hold, objection, returned mail)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from api import app, law_values, typed
from api import errors as web_errors
from engine import clock, errors, files, instances, timers, user_tasks
from processes import actions, money
from processes.casefile import cases, claims, debtors, letters, measures, seizures, tenants, view

bp = Blueprint("case_files", __name__)

SHOWN = 50


@bp.get("/akten")
def show() -> ResponseReturnValue:
    session = app.session()
    search = request.args.get("suche", "").strip()[:100]
    with app.database().begin(session.tenant_id) as tx:
        today = _today(tx)
        found = actions.search(tx, session.tenant_id, search, limit=SHOWN) if search else []
        lines = [] if search else view.extract(tx, session.tenant_id, today, after_id=_number(request.args.get("nach")), limit=SHOWN + 1)
        found_cases = actions.open_cases(tx, session.tenant_id, limit=SHOWN)
    following = lines[SHOWN - 1].claim.id if len(lines) > SHOWN else None
    return render_template("akten.html", suche=search, treffer=found, zeilen=lines[:SHOWN], faelle=found_cases, naechste=following)


@bp.get("/akten/forderung/<uuid:claim_uuid>")
def claim_file(claim_uuid: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        claim = claims.find(tx, claim_uuid)
        seen = view.of_claim(tx, session.tenant_id, claim, _today(tx))
        key = tenants.claim_key(tx, claim)
        running = instances.of_key(tx, session.tenant_id, key) if claim.tenant_id == session.tenant_id else []
        written = letters.of_claim(tx, session.tenant_id, claim.uuid)
        tasks = user_tasks.of_key(tx, session.tenant_id, key)
        waits = [(instance, timers.of_instance(tx, session.tenant_id, instance.id)) for instance in running]
        in_cases = claims.open_cases(tx, claim)
        brought = files.of_key(tx, session.tenant_id, key)
        weak = law_values.unconfirmed(tx, session.tenant_id, [instance.id for instance in running])
    return render_template(
        "akte_forderung.html",
        akte=seen,
        vorgaenge=waits,
        schreiben=written,
        aufgaben=tasks,
        faelle=in_cases,
        offene_werte=weak,
        dateien=brought,
    )


@bp.get("/akten/fall/<path:number>")
def case_file(number: str) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        if not instances.of_key(tx, session.tenant_id, number):
            raise errors.NotFound(f"Den Fall „{number}“ gibt es nicht, oder er gehört einem anderen Mandanten.")
        seen = view.of_case(tx, session.tenant_id, number, _today(tx))
        case = cases.find(tx, session.tenant_id, number)
        debtor = debtors.by_id(tx, case.debtor_tenant_id, case.debtor_id)
        running = actions.instances_of_case(tx, session.tenant_id, number)
        written = letters.of_case(tx, session.tenant_id, number)
        brought = files.of_key(tx, session.tenant_id, number)
        taken = [(measure, seizures.third_party_of(tx, measure)) for measure in measures.of_case(tx, session.tenant_id, number)]
        tasks = user_tasks.of_key(tx, session.tenant_id, number)
        waits = [(instance, timers.of_instance(tx, session.tenant_id, instance.id)) for instance in running]
        weak = law_values.unconfirmed(tx, session.tenant_id, [instance.id for instance in running])
    return render_template(
        "akte_fall.html",
        akte=seen,
        vorgaenge=waits,
        schreiben=written,
        dateien=brought,
        massnahmen=taken,
        aufgaben=tasks,
        nummer=number,
        offene_werte=weak,
        schuldner=debtor,
        beendet=case.closed_at,
    )


@bp.get("/schreiben/<uuid:letter_uuid>.pdf")
def letter(letter_uuid: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        content = letters.pdf(tx, session.tenant_id, letter_uuid)
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{letter_uuid}.pdf"'
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; plugin-types application/pdf"
    )
    return response


# ---------------------------------------------------------------- recording
@bp.post("/akten/zahlung")
def book_payment() -> ResponseReturnValue:
    app.require("treasury", "claims_clerk", "team_lead")

    def act(tx: Connection, now: datetime) -> str:
        method = _text("art", "Zahlungsart")
        amount_cent = money.cent(typed.euros(request.form.get("betrag", "")))
        paid = actions.book_payment(
            tx, app.session().tenant_id, reference=_text("bezug", "Kassenzeichen oder Fall"), amount_cent=amount_cent, value_on=_day("wertstellung"),
            method=method, receipt=request.form.get("quittung", "").strip() or None, by=app.session().login, now=now,
            measure_id=_measure(method),
        )  # fmt: skip
        rest = f" Überzahlt sind {app.cent_text(paid.rest_cent)}; eine Notiz liegt in der Akte." if paid.rest_cent else ""
        return f"Die Zahlung über {app.cent_text(paid.amount_cent)} ist gebucht.{rest}"

    return _do(act)


@bp.post("/akten/sperre")
def set_hold() -> ResponseReturnValue:
    app.require("claims_clerk", "team_lead", "creditor_clerk")

    def act(tx: Connection, now: datetime) -> str:
        actions.set_hold(
            tx,
            app.session().tenant_id,
            _uuid("forderung"),
            reason=_text("grund", "Grund"),
            until_on=_optional_day("bis"),
            by=app.session().login,
            now=now,
        )
        return "Die Sperre ist gesetzt. Die Verjährung läuft weiter."

    return _do(act)


@bp.post("/akten/sperre-aufheben")
def lift_hold() -> ResponseReturnValue:
    app.require("claims_clerk", "team_lead", "creditor_clerk")

    def act(tx: Connection, now: datetime) -> str:
        actions.lift_hold(tx, app.session().tenant_id, _uuid("forderung"), by=app.session().login, now=now)
        return "Die Sperre ist aufgehoben."

    return _do(act)


@bp.post("/akten/einwendung")
def record_objection() -> ResponseReturnValue:
    app.require("claims_clerk", "team_lead", "creditor_clerk")

    def act(tx: Connection, now: datetime) -> str:
        actions.record_objection(
            tx, app.session().tenant_id, _uuid("forderung"), body=_text("text", "Einwendung"), by=app.session().login, now=now
        )
        return "Die Einwendung ist in der Akte. Der Prozess legt eine Aufgabe an."

    return _do(act)


@bp.post("/akten/ruecklauf")
def record_returned_mail() -> ResponseReturnValue:
    app.require("claims_clerk", "team_lead")

    def act(tx: Connection, now: datetime) -> str:
        actions.record_returned_mail(tx, app.session().tenant_id, _uuid("schreiben"), reason=_text("grund", "Grund"), now=now)
        return "Der Rücklauf ist vermerkt. Der Prozess legt eine Aufgabe an."

    return _do(act)


@bp.post("/akten/zustellung")
def record_service() -> ResponseReturnValue:
    app.require("claims_clerk", "team_lead")

    def act(tx: Connection, now: datetime) -> str:
        seizures.record_service(
            tx,
            tenant_id=app.session().tenant_id,
            measure_id=_uuid("massnahme"),
            served_on=_day("zugestellt"),
            by=app.session().login,
            now=now,
        )
        return "Die Zustellung ist erfasst; die Fristen laufen ab diesem Tag."

    return _do(act)


@bp.post("/akten/datei-loeschen")
def erase_file() -> ResponseReturnValue:
    app.require("team_lead")

    def act(tx: Connection, now: datetime) -> str:
        session = app.session()
        files.erase(tx, session.tenant_id, _uuid("datei"), by=session.login, reason=_text("grund", "Grund"), now=now)
        return "Die Datei ist gelöscht. Dass es sie gab, steht weiter in der Akte."

    return _do(act)


def _do(act: Callable[[Connection, datetime], str]) -> ResponseReturnValue:
    """Run one recording act and go back to the file; a refusal shows the file again, with what was typed and why it was refused."""
    session = app.session()
    back = app.own_page(request.form.get("zurueck")) or url_for("case_files.show")
    try:
        with app.database().begin(session.tenant_id) as tx:
            told = act(tx, clock.now(tx, session.tenant_id))
    except errors.Rejected as refused:
        g.typed = {**request.form.to_dict(), "__an": request.endpoint}
        flash(str(refused), "fehler")
        return _shown_again(back), web_errors.status_of(refused)
    flash(told, "gut")
    return redirect(back)


def _shown_again(back: str) -> str:
    """Return the page of the file that a form was sent from."""
    endpoint, arguments = app.route_of(back)
    if endpoint == "case_files.claim_file":
        return str(claim_file(**arguments))
    return str(case_file(**arguments) if endpoint == "case_files.case_file" else show())


def _measure(method: str) -> UUID | None:
    """Return the measure on which a third party paid (`massnahme:<uuid>`), None for payments of the debtor."""
    kind, _, measure = method.partition(":")
    if kind != "massnahme":
        return None
    try:
        return UUID(measure)
    except ValueError as broken:
        raise errors.InvalidInput("Die Maßnahme ist nicht lesbar. Bitte die Seite neu laden.") from broken


def _today(tx: Connection) -> date:
    return clock.now(tx, app.session().tenant_id).astimezone(app.BERLIN).date()


def _text(name: str, label: str) -> str:
    value = request.form.get(name, "").strip()
    if not value or len(value) > 4000:
        raise errors.InvalidInput(f"„{label}“: Bitte ausfüllen (höchstens 4000 Zeichen).")
    return value


def _uuid(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError as broken:
        raise errors.InvalidInput("Die Angabe ist nicht lesbar. Bitte die Seite neu laden.") from broken


def _day(name: str) -> date:
    found = _optional_day(name)
    if found is None:
        raise errors.InvalidInput("Bitte ein Datum angeben.")
    return found


def _optional_day(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    return typed.day(text) if text else None


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0
