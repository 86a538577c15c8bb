"""Enforcement cases: one open case per debtor and authority, the claims that join and leave it, its end.

A debtor is whoever is confirmed to be the same person, also across cities; the authority's case bundles the claims of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engine import errors
from processes.casefile import claims, debtors, tables, tenants, timeline, words

BERLIN = ZoneInfo("Europe/Berlin")
VOWELS = "aeiou"
PAID, RETURNED, WRITTEN_OFF, WITHDRAWN = "bezahlt", "zurueckgegeben", "niederschlagung_vorgeschlagen", "zurueckgenommen"


@dataclass(frozen=True, slots=True)
class Case:
    """A case of the enforcing authority; `number` is its business key."""

    tenant_id: int
    id: int
    uuid: UUID
    number: str
    debtor_tenant_id: int
    debtor_id: int
    opened_at: datetime
    closed_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Joined:
    """What joining led to; `is_new`: the case was opened for this claim. `was_inside`: the claim was in it already."""

    case: Case
    is_new: bool
    was_inside: bool


_TABLE = tables.enforcement_case
_COLUMNS = [_TABLE.c[name] for name in Case.__dataclass_fields__]


def join(tx: Connection, tenant_id: int, claim: claims.Claim, debtor: debtors.Debtor, *, by: str, now: datetime) -> Joined:
    """Put a claim into the open case of its debtor, or open one. Raises errors.NotAllowed for another authority's claim."""
    if claim.enforcing_tenant_id != tenant_id:
        raise errors.NotAllowed(f"Die Forderung {claim.text_key} wird von einer anderen Behörde vollstreckt.")
    # One opener at a time per authority: the unique index would refuse the second, the lock lets it join.
    tx.execute(text("select pg_advisory_xact_lock(hashtext('enforcement_case'), :tenant)"), {"tenant": tenant_id})
    found = open_case_of(tx, tenant_id, debtor)
    case = found or _open(tx, tenant_id, debtor, now=now)
    was_inside = claim.key in {inside.key for inside in claims.of_case(tx, tenant_id, case.number)}
    if not was_inside:
        key = {"tenant_id": claim.tenant_id, "claim_id": claim.id, "debtor_id": debtor.id, "case_number": case.number}
        fresh = {"joined_at": now, "left_at": None, "result": None}
        placed = upsert(tables.case_claim).values(**key, enforcing_tenant_id=tenant_id, **fresh)
        tx.execute(placed.on_conflict_do_update(index_elements=list(key), set_=fresh))
        day = now.astimezone(BERLIN).date()
        timeline.add(
            tx, claim=claim, kind="in_vollstreckung", summary=f"In Vollstreckung, Fall {case.number}", effective_on=day, by=by, now=now
        )
    return Joined(case, found is None, was_inside)


def open_case_of(tx: Connection, tenant_id: int, debtor: debtors.Debtor) -> Case | None:
    """Return the authority's open case of the debtor or of anyone confirmed to be the same person."""
    c = _TABLE.c
    keys = debtors.linked_keys(tx, debtor.key)
    statement = select(*_COLUMNS).where(c.tenant_id == tenant_id, tuple_(c.debtor_tenant_id, c.debtor_id).in_(keys), c.closed_at.is_(None))
    row = tx.execute(statement.order_by(c.id)).mappings().first()
    return _case(row) if row else None


def find(tx: Connection, tenant_id: int, number: str) -> Case:
    """Return the case. Raises errors.NotFound."""
    statement = select(*_COLUMNS).where(_TABLE.c.tenant_id == tenant_id, _TABLE.c.number == number)
    row = tx.execute(statement).mappings().one_or_none()
    if row is None:
        raise errors.NotFound(f"Den Fall {number} gibt es nicht oder er gehört einer anderen Behörde.")
    return _case(row)


def release_claim(tx: Connection, case: Case, claim: claims.Claim, result: str, *, by: str, now: datetime) -> None:
    """Take a claim out of the case with its result; a claim that has left stays as it is."""
    c = tables.case_claim.c
    statement = update(tables.case_claim).where(
        c.tenant_id == claim.tenant_id, c.claim_id == claim.id, c.enforcing_tenant_id == case.tenant_id, c.case_number == case.number,
        c.left_at.is_(None),
    )  # fmt: skip
    if tx.execute(statement.values(left_at=now, result=result)).rowcount:
        summary = f"Aus dem Fall {case.number}: {words.spelled(result)}"
        timeline.add(
            tx, claim=claim, kind="vollstreckung_beendet", summary=summary, effective_on=now.astimezone(BERLIN).date(), by=by, now=now
        )


def close(tx: Connection, case: Case, result: str, *, by: str, now: datetime) -> Case:
    """Close the case; the claims still inside leave with the same result. Again: nothing changes. The creditors see their own claims."""
    if case.closed_at is not None:
        return case
    for claim in claims.of_case(tx, case.tenant_id, case.number):
        release_claim(tx, case, claim, result, by=by, now=now)
    timeline.add(tx, kind="fall_abgeschlossen", summary=f"Fall abgeschlossen: {words.spelled(result)}", by=by, now=now,
                 effective_on=now.astimezone(BERLIN).date(), case=(case.tenant_id, case.number))  # fmt: skip
    statement = update(_TABLE).where(_TABLE.c.tenant_id == case.tenant_id, _TABLE.c.id == case.id).values(closed_at=now, result=result)
    return _case(tx.execute(statement.returning(*_COLUMNS)).mappings().one())


def prefix(slug: str) -> str:
    """Return the two letters before a case number: the first letter and the next consonant (detmold: DT)."""
    letters = [letter for letter in slug.lower() if letter.isalpha()]
    second = next((letter for letter in letters[1:] if letter not in VOWELS), letters[-1])
    return f"{letters[0]}{second}".upper()


def _open(tx: Connection, tenant_id: int, debtor: debtors.Debtor, *, now: datetime) -> Case:
    start = f"{prefix(tenants.find(tx, tenant_id).slug)}-{now.astimezone(BERLIN).year}-"
    c = _TABLE.c
    last = select(c.number).where(c.tenant_id == tenant_id, c.number.startswith(start, autoescape=True)).order_by(c.number.desc()).limit(1)
    highest = tx.execute(last).scalar_one_or_none()
    number = int(highest.removeprefix(start)) + 1 if highest else 1
    values = {"tenant_id": tenant_id, "number": f"{start}{number:06d}", "debtor_tenant_id": debtor.tenant_id, "debtor_id": debtor.id}
    return _case(tx.execute(insert(_TABLE).values(**values, opened_at=now).returning(*_COLUMNS)).mappings().one())


def _case(row: RowMapping) -> Case:
    return Case(**row)
