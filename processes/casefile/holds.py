"""Holds: a claim rests against one debtor (Stundung, insolvency, objection ...); limitation keeps counting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, tuple_, update

from engine import errors, messages
from processes.casefile import announcements, claims, tables, tenants, timeline

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on claim x debtor; open while `lifted_at` is None. After `until_on` it no longer stops anything."""

    tenant_id: int
    uuid: UUID
    claim_id: int
    debtor_id: int
    reason: str
    until_on: date | None
    follow_up_on: date | None
    set_at: datetime
    set_by: str
    lifted_at: datetime | None
    lifted_by: str | None

    def stops(self, on: date) -> bool:
        return self.lifted_at is None and (self.until_on is None or on <= self.until_on)


_COLUMNS = [tables.hold.c[name] for name in Hold.__dataclass_fields__]


def set(
    tx: Connection,
    claim: claims.Claim,
    *,
    reason: str,
    until_on: date | None,
    by: str,
    now: datetime,
    sender_tenant_id: int,
    debtor_id: int | None = None,
    follow_up_on: date | None = None,
    announce: bool = True,
) -> list[Hold]:
    """Hold a claim against one debtor, or against all its debtors, and tell the processes with `sperre_gesetzt`.

    An open hold on the same claim and debtor is replaced. `announce` False: at import, before a process exists.
    Raises errors.InvalidInput for an empty reason or an end in the past, errors.NotFound for a foreign debtor.
    """
    today = now.astimezone(BERLIN).date()
    if not reason.strip():
        raise errors.InvalidInput("Eine Sperre braucht einen Grund.", {"grund": "Bitte angeben."})
    if announce and until_on is not None and until_on < today:
        raise errors.InvalidInput("Das Ende der Sperre liegt in der Vergangenheit.", {"bis": "Bitte ein späteres Datum angeben."})
    placed = []
    for debtor in _debtors(tx, claim, debtor_id):
        _lift_open(tx, claim, debtor, by=by, now=now)
        values = {
            "tenant_id": claim.tenant_id, "enforcing_tenant_id": claim.enforcing_tenant_id, "claim_id": claim.id, "debtor_id": debtor,
            "reason": reason.strip(), "until_on": until_on, "follow_up_on": follow_up_on or until_on, "set_at": now, "set_by": by,
        }  # fmt: skip
        placed.append(Hold(**tx.execute(insert(tables.hold).values(**values).returning(*_COLUMNS)).mappings().one()))
    end = f" bis {until_on:%d.%m.%Y}" if until_on else ""
    timeline.add(tx, claim=claim, kind="sperre_gesetzt", summary=f"Sperre{end}", effective_on=today, by=by, now=now)
    if announce:
        _announce(tx, claim, "sperre_gesetzt", {"grund": reason.strip(), "bis": until_on}, sender_tenant_id, now)
    return placed


def lift(tx: Connection, claim: claims.Claim, *, by: str, now: datetime, sender_tenant_id: int, debtor_id: int | None = None) -> None:
    """Lift the open holds of a claim (against one debtor) and send `sperre_aufgehoben`. Raises errors.InvalidState if there is none."""
    lifted = sum(_lift_open(tx, claim, debtor, by=by, now=now) for debtor in _debtors(tx, claim, debtor_id))
    if not lifted:
        raise errors.InvalidState(f"Auf der Forderung {claim.text_key} liegt keine Sperre.")
    today = now.astimezone(BERLIN).date()
    timeline.add(tx, claim=claim, kind="sperre_aufgehoben", summary="Sperre aufgehoben", effective_on=today, by=by, now=now)
    _announce(tx, claim, "sperre_aufgehoben", {}, sender_tenant_id, now)


def open_holds(tx: Connection, found: Sequence[claims.Claim], on: date) -> list[Hold]:
    """Return the holds that stop any of these claims on `on`."""
    c = tables.hold.c
    keys = [claim.key for claim in found]
    statement = select(*_COLUMNS).where(tuple_(c.tenant_id, c.claim_id).in_(keys), c.lifted_at.is_(None)).order_by(c.id)
    return [hold for row in tx.execute(statement).mappings() if (hold := Hold(**row)).stops(on)]


def is_held(tx: Connection, claim: claims.Claim, debtor_id: int, on: date) -> Hold | None:
    """Return the hold that stops the claim against this debtor on `on`, if any."""
    return next((hold for hold in open_holds(tx, [claim], on) if hold.debtor_id == debtor_id), None)


def all_held(tx: Connection, enforcing_tenant_id: int, case_number: str, on: date) -> bool:
    """Return whether every claim of a case is held against the debtor for whom it stands in the case."""
    link = tables.case_claim.c
    inside = select(link.tenant_id, link.claim_id, link.debtor_id).where(
        link.enforcing_tenant_id == enforcing_tenant_id, link.case_number == case_number, link.left_at.is_(None)
    )
    wanted = {tuple(row) for row in tx.execute(inside)}
    held = {
        (hold.tenant_id, hold.claim_id, hold.debtor_id) for hold in open_holds(tx, claims.of_case(tx, enforcing_tenant_id, case_number), on)
    }
    return bool(wanted) and wanted <= held


def _debtors(tx: Connection, claim: claims.Claim, debtor_id: int | None) -> list[int]:
    answering = [debtor.debtor_id for debtor in claims.debtors_of(tx, claim)]
    if debtor_id is not None and debtor_id not in answering:
        raise errors.NotFound(f"Dieser Schuldner haftet nicht für die Forderung {claim.text_key}.")
    return answering if debtor_id is None else [debtor_id]


def _lift_open(tx: Connection, claim: claims.Claim, debtor_id: int, *, by: str, now: datetime) -> int:
    c = tables.hold.c
    statement = (
        update(tables.hold)
        .where(c.tenant_id == claim.tenant_id, c.claim_id == claim.id, c.debtor_id == debtor_id, c.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=by)
    )
    return tx.execute(statement).rowcount


def _announce(tx: Connection, claim: claims.Claim, name: str, facts: dict[str, object], sender_tenant_id: int, now: datetime) -> None:
    today = now.astimezone(BERLIN).date()
    answering = {debtor.debtor_id for debtor in claims.debtors_of(tx, claim)}
    held = {hold.debtor_id for hold in open_holds(tx, [claim], today)}
    payload = {"forderung_id": str(claim.uuid), **facts}
    messages.send(
        tx, name, tenants.claim_key(tx, claim), {**payload, "alle_gesperrt": answering <= held},
        tenant_id=sender_tenant_id, to_tenant_id=claim.tenant_id, process_key=announcements.MAHNUNG, now=now, optional=True,
    )  # fmt: skip
    enforcing = claim.enforcing_tenant_id
    for number in claims.open_cases(tx, claim):
        in_case = {**payload, "alle_gesperrt": all_held(tx, enforcing, number, today) if sender_tenant_id == enforcing else None}
        messages.send(
            tx, name, number, in_case,
            tenant_id=sender_tenant_id, to_tenant_id=enforcing, process_key=announcements.BEITREIBUNG, now=now, optional=True,
        )  # fmt: skip
        for measure in announcements.running_measures(tx, enforcing, number) if sender_tenant_id == enforcing else []:
            messages.send(tx, name, measure.business_key, in_case, tenant_id=sender_tenant_id, now=now, optional=True)
