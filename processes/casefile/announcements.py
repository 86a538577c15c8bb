"""Who hears of a change in money: the open item's `mahnung`, the case's `beitreibung`, the measures that run in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from engine import messages
from processes import money
from processes.casefile import claims, ledger, measure_tables, tables, tenants

BERLIN = ZoneInfo("Europe/Berlin")
MAHNUNG, BEITREIBUNG = "mahnung", "beitreibung"


def announce(
    tx: Connection,
    name: str,
    facts: Mapping[str, object],
    touched: Sequence[claims.Claim],
    *,
    sender_tenant_id: int,
    case_number: str | None = None,
    waived_cent: Mapping[tuple[int, int], int] | None = None,
    now: datetime,
) -> None:
    """Send message `name` with `facts` and what is open now to every process that the touched claims concern.

    Each receiver gets `forderung_ids`, `offener_betrag`, `offene_hauptforderung` (of the claim or of the whole case) and
    `alles_bezahlt`. `waived_cent`: by claim key a Mahngebühr that its process is about to take back; it no longer counts as open and
    the message says `mahnung_gekreuzt`. A sender that does not see the whole case sends null for its sums.
    """
    as_of, waived = now.astimezone(BERLIN).date(), waived_cent or {}
    common = {**facts, "forderung_ids": [str(claim.uuid) for claim in touched]}
    open_now = ledger.balances(tx, touched, as_of)
    for claim in touched:
        fee_cent = waived.get(claim.key, 0)
        balance = open_now[claim.key]
        payload = {
            **common, "forderung_id": str(claim.uuid), "mahnung_gekreuzt": fee_cent > 0,
            **_sums(balance.total_cent - fee_cent, balance.principal_cent),
        }  # fmt: skip
        messages.send(
            tx, name, tenants.claim_key(tx, claim), payload,
            tenant_id=sender_tenant_id, to_tenant_id=claim.tenant_id, process_key=MAHNUNG, now=now, optional=True,
        )  # fmt: skip
    for enforcing_tenant_id, number in _cases(tx, touched, sender_tenant_id, case_number):
        payload = {**common, "mahnung_gekreuzt": False, **_case_sums(tx, sender_tenant_id, enforcing_tenant_id, number, waived, as_of)}
        messages.send(
            tx, name, number, payload,
            tenant_id=sender_tenant_id, to_tenant_id=enforcing_tenant_id, process_key=BEITREIBUNG, now=now, optional=True,
        )  # fmt: skip
        if sender_tenant_id == enforcing_tenant_id:
            for measure in running_measures(tx, enforcing_tenant_id, number):
                sums = measure_sums(tx, measure, as_of)
                messages.send(tx, name, measure.business_key, {**payload, **sums}, tenant_id=sender_tenant_id, now=now, optional=True)


@dataclass(frozen=True, slots=True)
class RunningMeasure:
    """A measure that runs as an instance of its own."""

    tenant_id: int
    id: int
    uuid: UUID
    case_number: str
    number: int
    total_cent: int

    @property
    def business_key(self) -> str:
        return f"{self.case_number}/M{self.number}"


def running_measures(tx: Connection, enforcing_tenant_id: int, case_number: str) -> list[RunningMeasure]:
    """Return the released, unfinished measures of a case."""
    c = measure_tables.measure.c
    statement = select(*(c[name] for name in RunningMeasure.__dataclass_fields__)).where(
        c.tenant_id == enforcing_tenant_id, c.case_number == case_number, c.finished_on.is_(None), c.state != "entwurf"
    )
    return [RunningMeasure(**row) for row in tx.execute(statement.order_by(c.number)).mappings()]


def measure_sums(tx: Connection, measure: RunningMeasure, as_of: date) -> dict[str, object]:
    """Return what is open of a measure's frozen claims and its own fees, and what is left of the sum that was demanded."""
    paid_on, bundle, measure_uuid = tables.payment.c, measure_tables.measure_claim.c, str(measure.uuid)
    inside = tx.execute(
        select(bundle.creditor_tenant_id, bundle.claim_id).where(bundle.tenant_id == measure.tenant_id, bundle.measure_id == measure.id)
    )
    found = ledger.balances(tx, [claims.by_id(tx, row.creditor_tenant_id, row.claim_id) for row in inside], as_of).values()
    account = ledger.of_case(measure.tenant_id, measure.case_number)
    fees_cent = sum(row.amount_cent for row in ledger.bookings(tx, [account]) if row.measure_id == measure_uuid)
    paid = select(func.coalesce(func.sum(paid_on.amount_cent), 0)).where(
        paid_on.tenant_id == measure.tenant_id, paid_on.measure_id == measure_uuid
    )
    return {
        **_sums(sum(balance.total_cent for balance in found) + fees_cent, sum(balance.principal_cent for balance in found)),
        "rest_der_verfuegung": money.euro(measure.total_cent - int(tx.execute(paid).scalar_one())),
    }


def case_total(tx: Connection, enforcing_tenant_id: int, case_number: str, as_of: date) -> tuple[int, int]:
    """Return (everything open, principals open) of a case in cents: its claims and the fees of its measures."""
    found = ledger.balances(tx, claims.of_case(tx, enforcing_tenant_id, case_number), as_of).values()
    fees = ledger.case_balance(tx, enforcing_tenant_id, case_number, as_of)
    return sum(balance.total_cent for balance in found) + fees.total_cent, sum(balance.principal_cent for balance in found)


def _cases(tx: Connection, touched: Sequence[claims.Claim], sender_tenant_id: int, case_number: str | None) -> list[tuple[int, str]]:
    found = {(claim.enforcing_tenant_id, number) for claim in touched for number in claims.open_cases(tx, claim)}
    if case_number:
        found.add((sender_tenant_id, case_number))
    return sorted(found)


def _case_sums(
    tx: Connection, sender: int, enforcing: int, number: str, waived: Mapping[tuple[int, int], int], as_of: date
) -> dict[str, object]:
    if sender != enforcing:
        return {"offener_betrag": None, "offene_hauptforderung": None, "alles_bezahlt": False}
    total_cent, principal_cent = case_total(tx, enforcing, number, as_of)
    inside = {claim.key for claim in claims.of_case(tx, enforcing, number)}
    return _sums(total_cent - sum(cent for key, cent in waived.items() if key in inside), principal_cent)


def _sums(total_cent: int, principal_cent: int) -> dict[str, object]:
    return {
        "offener_betrag": money.euro(total_cent),
        "offene_hauptforderung": money.euro(principal_cent),
        "alles_bezahlt": total_cent <= 0,
    }
