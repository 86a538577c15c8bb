"""Claims: open items of a creditor, and the debtors who answer for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, insert, select, tuple_, update

from engine import errors
from processes.casefile import tables

SCHULDNER, GESAMTSCHULDNER = "schuldner", "gesamtschuldner"


@dataclass(frozen=True, slots=True)
class Claim:
    """One open item. `payable_on` is the due date moved to a working day, `grace_until` the end of the Schonfrist."""

    tenant_id: int
    id: int
    uuid: UUID
    enforcing_tenant_id: int
    reference: str
    item_number: str
    kind: str
    rank: str
    bears_surcharge: bool
    principal_cent: int
    costs_cent: int
    period_from: date | None
    period_to: date | None
    notice_on: date
    notified_on: date | None
    due_on: date
    payable_on: date
    grace_until: date
    final_on: date | None
    dunned_on: date | None
    dunning_deadline_on: date | None
    dunning_fee_cent: int | None
    debtor_id: int

    @property
    def key(self) -> tuple[int, int]:
        return self.tenant_id, self.id

    @property
    def text_key(self) -> str:
        """Return the key people know: Kassenzeichen/Nummer des offenen Postens."""
        return f"{self.reference}/{self.item_number}"


@dataclass(frozen=True, slots=True)
class ClaimDebtor:
    """A debtor of a claim, with its own notice, Mahnung and deadline."""

    tenant_id: int
    claim_id: int
    debtor_id: int
    debtor_uuid: UUID
    role: str
    notified_on: date | None
    dunned_on: date | None
    dunning_deadline_on: date | None
    enforceable_from: date | None


_COLUMNS = [tables.claim.c[name] for name in Claim.__dataclass_fields__]


def create_many(tx: Connection, rows: Sequence[Mapping[str, object]], *, now: datetime) -> list[Claim]:
    """Insert claims with their main debtors and return them in the order given. `rows`: columns of the table without id and uuid."""
    if not rows:
        return []
    statement = insert(tables.claim).returning(*_COLUMNS, sort_by_parameter_order=True)
    created = [_claim(row) for row in tx.execute(statement, list(rows)).mappings()]
    tx.execute(insert(tables.claim_debtor), [_debtor_row(claim, claim.debtor_id, SCHULDNER, now) for claim in created])
    return created


def add_debtor(tx: Connection, claim: Claim, debtor_id: int, *, role: str, now: datetime) -> None:
    """Make the debtor answer for the claim too; notice and imported Mahnung count for each debtor."""
    tx.execute(insert(tables.claim_debtor).values(**_debtor_row(claim, debtor_id, role, now)))


def find(tx: Connection, claim_uuid: UUID) -> Claim:
    """Return the claim. Raises errors.NotFound, also where another tenant owns it."""
    row = tx.execute(select(*_COLUMNS).where(tables.claim.c.uuid == claim_uuid)).mappings().one_or_none()
    if row is None:
        raise errors.NotFound(f"Die Forderung {claim_uuid} gibt es nicht oder sie gehört einem anderen Mandanten.")
    return _claim(row)


def by_id(tx: Connection, tenant_id: int, claim_id: int) -> Claim:
    """Return the claim by its number inside. Raises errors.NotFound."""
    c = tables.claim.c
    row = tx.execute(select(*_COLUMNS).where(c.tenant_id == tenant_id, c.id == claim_id)).mappings().one_or_none()
    if row is None:
        raise errors.NotFound("Die Forderung gibt es nicht oder sie gehört einem anderen Mandanten.")
    return _claim(row)


def by_key(tx: Connection, tenant_id: int, reference: str, item_number: str) -> Claim | None:
    """Return the claim of the creditor `tenant_id` with this Kassenzeichen and item number, if it exists."""
    c = tables.claim.c
    statement = select(*_COLUMNS).where(c.tenant_id == tenant_id, c.reference == reference, c.item_number == item_number)
    row = tx.execute(statement).mappings().one_or_none()
    return _claim(row) if row else None


def by_reference(tx: Connection, tenant_id: int, reference: str) -> list[Claim]:
    """Return the items under a Kassenzeichen that `tenant_id` owns, or else enforces for one other creditor, oldest first.

    `reference` may name one item as `kassenzeichen/op_nr`. Raises errors.InvalidInput if two creditors use the Kassenzeichen.
    """
    c = tables.claim.c
    number, _, item = reference.partition("/")
    statement = select(*_COLUMNS).where(c.reference == number, (c.tenant_id == tenant_id) | (c.enforcing_tenant_id == tenant_id))
    if item:
        statement = statement.where(c.item_number == item)
    found = [_claim(row) for row in tx.execute(statement.order_by(c.payable_on, c.item_number)).mappings()]
    own = [claim for claim in found if claim.tenant_id == tenant_id]
    if not own and len({claim.tenant_id for claim in found}) > 1:
        raise errors.InvalidInput(f"Das Kassenzeichen {number} verwenden mehrere Gläubiger. Bitte über die Fallnummer buchen.")
    return own or found


def of_case(tx: Connection, enforcing_tenant_id: int, case_number: str) -> list[Claim]:
    """Return the claims that are bundled in the case now, oldest due date first."""
    link = tables.case_claim.c
    inside = (
        select(link.tenant_id, link.claim_id)
        .where(link.enforcing_tenant_id == enforcing_tenant_id, link.case_number == case_number, link.left_at.is_(None))
        .distinct()
    )
    c = tables.claim.c
    statement = select(*_COLUMNS).where(tuple_(c.tenant_id, c.id).in_(inside)).order_by(c.payable_on, c.tenant_id, c.id)
    return [_claim(row) for row in tx.execute(statement).mappings()]


def ever_in_case(tx: Connection, enforcing_tenant_id: int, case_number: str) -> list[tuple[Claim, str | None, datetime | None]]:
    """Return every claim that was bundled in the case, with the result and the moment of its leaving (None while it is inside)."""
    link = tables.case_claim.c
    inside = func.bool_or(link.left_at.is_(None))
    statement = (
        select(
            link.tenant_id,
            link.claim_id,
            inside.label("inside"),
            func.max(link.result).label("result"),
            func.max(link.left_at).label("left_at"),
        )
        .where(link.enforcing_tenant_id == enforcing_tenant_id, link.case_number == case_number)
        .group_by(link.tenant_id, link.claim_id)
    )
    found = [
        (by_id(tx, row.tenant_id, row.claim_id), None if row.inside else row.result, None if row.inside else row.left_at)
        for row in tx.execute(statement).all()
    ]
    return sorted(found, key=lambda one: (one[0].payable_on, one[0].key))


def of_debtor(tx: Connection, tenant_id: int, debtor_id: int) -> list[Claim]:
    """Return every claim that the debtor answers for, oldest due date first."""
    link = tables.claim_debtor.c
    inside = select(link.tenant_id, link.claim_id).where(link.tenant_id == tenant_id, link.debtor_id == debtor_id)
    c = tables.claim.c
    statement = select(*_COLUMNS).where(tuple_(c.tenant_id, c.id).in_(inside)).order_by(c.payable_on, c.id)
    return [_claim(row) for row in tx.execute(statement).mappings()]


def of_tenant(tx: Connection, tenant_id: int, *, after_id: int = 0, limit: int = 500) -> list[Claim]:
    """Return the creditor's own claims in pages, by id: what a partner may see of its claims and nothing else."""
    c = tables.claim.c
    statement = select(*_COLUMNS).where(c.tenant_id == tenant_id, c.id > after_id).order_by(c.id).limit(limit)
    return [_claim(row) for row in tx.execute(statement).mappings()]


def lock(tx: Connection, found: Sequence[Claim]) -> None:
    """Lock the claims' rows in one fixed order, so that two bookings on a claim follow each other."""
    c = tables.claim.c
    keys = [claim.key for claim in found]
    tx.execute(select(c.id).where(tuple_(c.tenant_id, c.id).in_(keys)).order_by(c.tenant_id, c.id).with_for_update())


def debtors_of(tx: Connection, claim: Claim) -> list[ClaimDebtor]:
    """Return who answers for the claim, the main debtor first."""
    link, debtor = tables.claim_debtor, tables.debtor
    statement = (
        select(
            link.c.tenant_id, link.c.claim_id, link.c.debtor_id, debtor.c.uuid.label("debtor_uuid"), link.c.role,
            link.c.notified_on, link.c.dunned_on, link.c.dunning_deadline_on, link.c.enforceable_from,
        )
        .join(debtor, (debtor.c.tenant_id == link.c.tenant_id) & (debtor.c.id == link.c.debtor_id))
        .where(link.c.tenant_id == claim.tenant_id, link.c.claim_id == claim.id)
        .order_by(link.c.debtor_id != claim.debtor_id, link.c.debtor_id)
    )  # fmt: skip
    return [ClaimDebtor(**row) for row in tx.execute(statement).mappings()]


def set_dunned(tx: Connection, claim: Claim, debtor_ids: Sequence[int], *, posted_on: date, deadline_on: date) -> None:
    """Record that these debtors were dunned. Law: § 19 VwVG NRW."""
    _update_debtors(tx, claim, debtor_ids, {"dunned_on": posted_on, "dunning_deadline_on": deadline_on})


def set_enforceable(tx: Connection, claim: Claim, debtor_ids: Sequence[int], *, from_on: date) -> None:
    """Record from when the claim may be enforced against these debtors. Law: § 6 Abs. 1 VwVG NRW."""
    _update_debtors(tx, claim, debtor_ids, {"enforceable_from": from_on})


def open_cases(tx: Connection, claim: Claim) -> list[str]:
    """Return the numbers of the open cases that bundle the claim (more than one only with joint debtors)."""
    link = tables.case_claim.c
    statement = (
        select(link.case_number)
        .where(link.tenant_id == claim.tenant_id, link.claim_id == claim.id, link.left_at.is_(None))
        .distinct()
        .order_by(link.case_number)
    )
    return list(tx.execute(statement).scalars())


def _update_debtors(tx: Connection, claim: Claim, debtor_ids: Sequence[int], values: Mapping[str, object]) -> None:
    c = tables.claim_debtor.c
    tx.execute(
        update(tables.claim_debtor)
        .where(c.tenant_id == claim.tenant_id, c.claim_id == claim.id, c.debtor_id.in_(debtor_ids))
        .values(**values)
    )


def _debtor_row(claim: Claim, debtor_id: int, role: str, now: datetime) -> dict[str, object]:
    return {
        "tenant_id": claim.tenant_id, "claim_id": claim.id, "debtor_id": debtor_id, "enforcing_tenant_id": claim.enforcing_tenant_id,
        "role": role, "notified_on": claim.notified_on, "dunned_on": claim.dunned_on,
        "dunning_deadline_on": claim.dunning_deadline_on, "joined_at": now,
    }  # fmt: skip


def _claim(row: RowMapping) -> Claim:
    return Claim(**row)
