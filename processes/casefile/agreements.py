"""Cooperation agreements: which city enforces which claims of which other city, from when to when.

Law: § 23 GkG NRW (delegating or mandating); Saarland § 29 Abs. 3a SVwVG.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, insert, or_, select, update

from engine import errors
from processes.casefile import claim_kinds, tables
from processes.law import allocation

MODES = ("delegierend", "mandatierend")


@dataclass(frozen=True, slots=True)
class Agreement:
    """`tenant_id` is the creditor; no `claim_kinds`: all kinds; `distribution`: how undesignated payments are shared."""

    tenant_id: int
    uuid: UUID
    enforcing_tenant_id: int
    mode: str
    claim_kinds: Sequence[str]
    valid_from: date
    valid_to: date | None
    distribution: str
    legal_basis: str
    concluded_on: date


_COLUMNS = [tables.agreement.c[name] for name in Agreement.__dataclass_fields__]


def conclude(
    tx: Connection,
    *,
    creditor_tenant_id: int,
    enforcing_tenant_id: int,
    mode: str,
    kinds: Sequence[str],
    valid_from: date,
    valid_to: date | None = None,
    concluded_on: date,
    legal_basis: str = "§ 23 Abs. 1 GkG NRW",
    distribution: allocation.Order = "anteilig",
) -> Agreement:
    """Store an agreement. Raises errors.InvalidInput for unknown kinds or dates, errors.Conflict if it overlaps another one."""
    unknown = [kind for kind in kinds if kind not in claim_kinds.all_kinds()]
    if mode not in MODES or unknown or (valid_to is not None and valid_to < valid_from) or creditor_tenant_id == enforcing_tenant_id:
        raise errors.InvalidInput(f"Vereinbarung unvollständig oder widersprüchlich (Art {mode}, unbekannte Forderungsarten {unknown}).")
    for other in of_creditor(tx, creditor_tenant_id):
        overlap_in_time = (other.valid_to is None or other.valid_to >= valid_from) and (valid_to is None or other.valid_from <= valid_to)
        if overlap_in_time and (not kinds or not other.claim_kinds or set(kinds) & set(other.claim_kinds)):
            raise errors.Conflict(f"Für diese Forderungsarten gilt schon eine Vereinbarung ab {other.valid_from:%d.%m.%Y}.")
    values = {
        "tenant_id": creditor_tenant_id, "enforcing_tenant_id": enforcing_tenant_id, "mode": mode, "claim_kinds": list(kinds),
        "valid_from": valid_from, "valid_to": valid_to, "distribution": distribution, "legal_basis": legal_basis,
        "concluded_on": concluded_on,
    }  # fmt: skip
    return Agreement(**tx.execute(insert(tables.agreement).values(**values).returning(*_COLUMNS)).mappings().one())


def terminate(tx: Connection, creditor_tenant_id: int, agreement_id: UUID, *, last_day: date) -> None:
    """End an agreement with `last_day`. Claims taken over before stay where they are. Raises errors.NotFound."""
    c = tables.agreement.c
    statement = update(tables.agreement).where(c.tenant_id == creditor_tenant_id, c.uuid == agreement_id).values(valid_to=last_day)
    if tx.execute(statement).rowcount == 0:
        raise errors.NotFound("Diese Vereinbarung gibt es nicht.")


def of_creditor(tx: Connection, creditor_tenant_id: int) -> list[Agreement]:
    """Return the agreements by which others enforce for this creditor."""
    statement = select(*_COLUMNS).where(tables.agreement.c.tenant_id == creditor_tenant_id).order_by(tables.agreement.c.valid_from)
    return [Agreement(**row) for row in tx.execute(statement).mappings()]


def of_authority(tx: Connection, enforcing_tenant_id: int) -> list[Agreement]:
    """Return the agreements by which this authority enforces for others."""
    statement = select(*_COLUMNS).where(tables.agreement.c.enforcing_tenant_id == enforcing_tenant_id)
    return [Agreement(**row) for row in tx.execute(statement.order_by(tables.agreement.c.valid_from)).mappings()]


def enforcing_tenant(tx: Connection, creditor_tenant_id: int, kind: str, on: date) -> int:
    """Return who enforces a claim of this kind that is taken over on `on`: the partner of a valid agreement, else the creditor."""
    for agreement in of_creditor(tx, creditor_tenant_id):
        is_valid = agreement.valid_from <= on and (agreement.valid_to is None or on <= agreement.valid_to)
        if is_valid and (not agreement.claim_kinds or kind in agreement.claim_kinds):
            return agreement.enforcing_tenant_id
    return creditor_tenant_id


def distribution(tx: Connection, creditor_ids: Collection[int], enforcing_tenant_id: int, on: date) -> allocation.Order:
    """Return how a payment is shared among these creditors: by due date only if every partner's agreement says so, else pro rata."""
    c = tables.agreement.c
    statement = select(c.tenant_id, c.distribution).where(
        c.enforcing_tenant_id == enforcing_tenant_id,
        c.tenant_id.in_(list(creditor_ids)),
        c.valid_from <= on,
        or_(c.valid_to.is_(None), c.valid_to >= on),
    )
    rules = {row.distribution for row in tx.execute(statement)}
    return "faelligkeit" if rules == {"faelligkeit"} else "anteilig"
