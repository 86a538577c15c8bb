"""Moving running instances to another version: where each step goes on, what would become of each instance, and the migration itself."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from api import app
from api.pages import versions_page
from engine import clock, errors, migration, versions

bp = Blueprint("migration_page", __name__)

MAX_SHOWN = 200
NOWHERE = ""


@bp.get("/prozesse/umstellen")
def show() -> ResponseReturnValue:
    return _page()


@bp.post("/prozesse/umstellen")
def migrate() -> ResponseReturnValue:
    """Try the mapping on the running instances, or, when a reason is given and asked for, move them."""
    app.require("designer")
    session, database = app.session(), app.database()
    key, one, other = request.values.get("kennung", ""), versions_page.number("von"), versions_page.number("auf")
    is_real = request.form.get("tun") == "umstellen"
    try:
        reason = migration.checked_reason(request.form.get("grund", "")) if is_real else ""
        with database.begin(session.tenant_id) as tx:
            now = clock.now(tx, session.tenant_id)
            proposal = migration.propose(tx, key, one, other, tenant_id=session.tenant_id)
            made = migration.plan(tx, key, one, other, _drawn(proposal), tenant_id=session.tenant_id)
    except errors.InvalidInput as fault:
        return _page(fault), 422
    if is_real:
        verdicts = list(
            migration.migrate_all(
                lambda: database.begin(session.tenant_id),
                made,
                reason=reason,
                by=session.login,
            )
        )
    else:
        with database.snapshot(session.tenant_id) as tx:
            verdicts = list(migration.dry_run(tx, made, now=now))
    return _page(verdicts=verdicts, is_real=is_real)


def _drawn(proposal: migration.Proposal) -> dict[str, str | None]:
    """Return what the person chose, where it is not what goes without saying."""
    drawn: dict[str, str | None] = {}
    for pair in proposal.pairs:
        chosen = request.form.get(f"ziel:{pair.source}")
        if chosen is not None and chosen != (pair.target if pair.certain else NOWHERE):
            drawn[pair.source] = chosen or None
    return drawn


def _page(fault: errors.InvalidInput | None = None, *, verdicts: Sequence[migration.Verdict] | None = None, is_real: bool = False) -> str:
    session = app.session()
    key, one, other = request.values.get("kennung", ""), versions_page.number("von"), versions_page.number("auf")
    with app.database().begin(session.tenant_id) as tx:
        proposal = migration.propose(tx, key, one, other, tenant_id=session.tenant_id)
        listed = versions.all_of(tx, session.tenant_id, kind="bpmn", key=key)
    chosen = {pair.source: request.form.get(f"ziel:{pair.source}", pair.target or NOWHERE) for pair in proposal.pairs}
    told = sorted(verdicts or (), key=lambda verdict: not verdict.reasons)
    return render_template(
        "umstellen.html",
        kennung=key,
        von=one,
        auf=other,
        fassungen=listed,
        vorschlag=proposal,
        gewaehlt=chosen,
        moeglich={name: [t for t in proposal.targets.values() if t.what == place.what] for name, place in proposal.sources.items()},
        fehler=fault,
        urteile=None if verdicts is None else told[:MAX_SHOWN],
        anzahl=len(told),
        gehen=sum(not verdict.reasons for verdict in told),
        wirklich=is_real,
        grund=request.form.get("grund", ""),
        darf=session.may("designer", "admin"),
    )
