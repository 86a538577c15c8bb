"""The timeline of a claim or case: what happened, in one line each, without names. For people; the auditor reads the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, insert, or_, select, tuple_

from engine import errors
from processes.casefile import claims, tables


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `kind` is a word of the program (`zahlung`, `sperre_gesetzt`), `summary` is German."""

    tenant_id: int
    claim_id: int | None
    case_number: str | None
    kind: str
    summary: str
    amount_cent: int | None
    effective_on: date
    recorded_at: datetime
    by: str
    source: str | None


_COLUMNS = [tables.timeline_entry.c[name] for name in Entry.__dataclass_fields__]


def add(
    tx: Connection,
    *,
    kind: str,
    summary: str,
    effective_on: date,
    by: str,
    now: datetime,
    claim: claims.Claim | None = None,
    case: tuple[int, str] | None = None,
    amount_cent: int | None = None,
    source: str | None = None,
) -> None:
    """Add a line to a claim or, with `case` = (enforcing tenant, case number), to a case. Raises errors.InvalidInput without either."""
    if claim is None and case is None:
        raise errors.InvalidInput("Ein Eintrag braucht eine Forderung oder einen Fall.")
    owner, enforcing = (claim.tenant_id, claim.enforcing_tenant_id) if claim else (case[0], case[0]) if case else (0, 0)
    tx.execute(
        insert(tables.timeline_entry).values(
            tenant_id=owner,
            enforcing_tenant_id=enforcing,
            claim_id=claim.id if claim else None,
            case_number=case[1] if case else None,
            kind=kind,
            summary=summary,
            amount_cent=amount_cent,
            effective_on=effective_on,
            recorded_at=now,
            by=by,
            source=source,
        )
    )


def add_many(tx: Connection, found: Sequence[claims.Claim], *, kind: str, summary: str, effective_on: date, by: str, now: datetime) -> None:
    """Add the same line to many claims at once."""
    common = {"kind": kind, "summary": summary, "effective_on": effective_on, "recorded_at": now, "by": by}
    rows = [{"tenant_id": c.tenant_id, "enforcing_tenant_id": c.enforcing_tenant_id, "claim_id": c.id, **common} for c in found]
    if rows:
        tx.execute(insert(tables.timeline_entry), rows)


def of_claim(tx: Connection, claim: claims.Claim) -> list[Entry]:
    """Return the lines of a claim, oldest first."""
    c = tables.timeline_entry.c
    return _entries(tx, (c.tenant_id == claim.tenant_id) & (c.claim_id == claim.id))


def of_case(tx: Connection, enforcing_tenant_id: int, case_number: str, found: Sequence[claims.Claim] = ()) -> list[Entry]:
    """Return the lines of a case and of `found`, its claims, oldest first."""
    c = tables.timeline_entry.c
    on_case = (c.enforcing_tenant_id == enforcing_tenant_id) & (c.case_number == case_number)
    return _entries(tx, or_(on_case, tuple_(c.tenant_id, c.claim_id).in_([claim.key for claim in found])))


def _entries(tx: Connection, condition: ColumnElement[bool]) -> list[Entry]:
    c = tables.timeline_entry.c
    return [Entry(**row) for row in tx.execute(select(*_COLUMNS).where(condition).order_by(c.recorded_at, c.id)).mappings()]
