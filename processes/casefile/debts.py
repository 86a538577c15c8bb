"""What a payment can settle: the accounts behind a reference, what is open on each, and how a voluntary payment chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, Text, cast, select

from engine import errors
from processes.casefile import agreements, claims, ledger, measure_tables, tables
from processes.law import allocation


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference means: the designated claims, the case whose other debts follow, and those other claims."""

    tenant_id: int
    designated: tuple[claims.Claim, ...]
    case_number: str | None
    others: tuple[claims.Claim, ...]

    @property
    def claims(self) -> tuple[claims.Claim, ...]:
        return self.designated + self.others


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """What is open of a claim, or of one measure's fees on the case (`claim` None); by component, never below 0."""

    key: str
    ledger_account: ledger.Account
    claim: claims.Claim | None
    measure_id: str | None
    due_on: date
    open_cent: Mapping[str, int]
    weight_cent: int | None
    late_fee_cent: int  # Mahngebühr that was booked with a later value date than the payment's


def target(tx: Connection, tenant_id: int, reference: str, frozen_cent: Mapping[UUID, int] | None) -> Target:
    """Return what `reference` means for `tenant_id`. Raises errors.NotFound if it is neither a case nor a Kassenzeichen."""
    c = tables.enforcement_case.c
    if tx.execute(select(c.id).where(c.tenant_id == tenant_id, c.number == reference)).first():
        bundled = claims.of_case(tx, tenant_id, reference)
        return Target(tenant_id, (), reference, tuple(claim for claim in bundled if frozen_cent is None or claim.uuid in frozen_cent))
    designated = [claim for claim in claims.by_reference(tx, tenant_id, reference) if frozen_cent is None or claim.uuid in frozen_cent]
    if not designated:
        raise errors.NotFound(f"Zu „{reference}“ gibt es weder eine Forderung noch einen Fall. Bitte Kassenzeichen oder Fallnummer prüfen.")
    numbers = sorted({number for claim in designated for number in claims.open_cases(tx, claim)})
    is_enforcing = all(claim.enforcing_tenant_id == tenant_id for claim in designated)
    if len(numbers) != 1 or not is_enforcing:
        return Target(tenant_id, tuple(designated), None, ())
    own = {claim.key for claim in designated}
    bundled = claims.of_case(tx, tenant_id, numbers[0])
    others = tuple(claim for claim in bundled if claim.key not in own and (frozen_cent is None or claim.uuid in frozen_cent))
    return Target(tenant_id, tuple(designated), numbers[0], others)


def measure_uuid(tx: Connection, tenant_id: int, measure_id: UUID | int | str) -> str:
    """Return the uuid of a measure as text, given as uuid, text or inner number. Raises errors.NotFound."""
    c = measure_tables.measure.c
    named = c.id == measure_id if isinstance(measure_id, int) else cast(c.uuid, Text) == str(measure_id)
    found = tx.execute(select(c.uuid).where(c.tenant_id == tenant_id, named)).scalar_one_or_none()
    if found is None:
        raise errors.NotFound(f"Die Maßnahme {measure_id} gibt es nicht.")
    return str(found)


def frozen_principals(tx: Connection, tenant_id: int, measure_id: str) -> dict[UUID, int]:
    """Return claim uuid -> principal in cents as frozen in the measure (its uuid as text)."""
    measure, bundle, claim = measure_tables.measure.c, measure_tables.measure_claim.c, tables.claim.c
    statement = (
        select(claim.uuid, bundle.principal_cent)
        .select_from(measure_tables.measure_claim)
        .join(measure_tables.measure, (measure.tenant_id == bundle.tenant_id) & (measure.id == bundle.measure_id))
        .join(tables.claim, (claim.tenant_id == bundle.creditor_tenant_id) & (claim.id == bundle.claim_id))
        .where(measure.tenant_id == tenant_id, cast(measure.uuid, Text) == measure_id)
    )
    return {row.uuid: row.principal_cent for row in tx.execute(statement)}


def open_accounts(
    tx: Connection, to: Target, value_on: date, *, grace: bool, measure_id: str | None, frozen_cent: Mapping[UUID, int] | None
) -> list[OpenAccount]:
    """Return the accounts with what is open at the value date of a payment.

    `grace`: a transfer within the Schonfrist owes no surcharge. `measure_id`: leave the fees of later measures out; those of
    earlier ones are part of what this measure demands.
    """
    rows = ledger.by_claim(tx, to.claims)
    found = [_claim_account(claim, rows[claim.key], value_on, grace, frozen_cent) for claim in to.claims]
    return found + (_case_accounts(tx, to, measure_id) if to.case_number else [])


def of(accounts: Sequence[OpenAccount], waived: Mapping[tuple[int, int], int] | None = None) -> list[allocation.Debt]:
    """Return the accounts as debts; `waived`: by claim key a Mahngebühr that is not to be paid."""
    debts = []
    for account in accounts:
        rank = allocation.PRINCIPAL_RANKS[account.claim.rank if account.claim else "uebrige"]
        for component, cent in account.open_cent.items():
            less = waived.get(account.claim.key, 0) if waived and account.claim and component == ledger.MAHNGEBUEHR else 0
            weight = account.weight_cent if component == ledger.HAUPTFORDERUNG else None
            debts.append(allocation.Debt(account.key, component, max(cent - less, 0), account.due_on, rank, weight))
    return debts


def settle_voluntary(
    tx: Connection, amount_cent: int, to: Target, accounts: Sequence[OpenAccount], value_on: date
) -> tuple[allocation.Allocation, dict[tuple[int, int], int]]:
    """Return the allocation of a voluntary payment, and by claim key the Mahngebühr of each Mahnung that it crossed.

    A payment crossed the Mahnung if its value date is earlier than the fee's and it leaves no principal open: then the fee was
    not owed (§ 19 VwVG NRW), is not paid from it, and the process takes it back.
    """
    late = {account.claim.key: account.late_fee_cent for account in accounts if account.claim and account.late_fee_cent}
    settled = _by_designation(tx, amount_cent, to, accounts, late, value_on)
    paid = {share.key: share.cent for share in settled.shares if share.component == ledger.HAUPTFORDERUNG}
    crossed = {
        account.claim.key: account.late_fee_cent
        for account in accounts
        if account.claim and account.late_fee_cent and paid.get(account.key, 0) == account.open_cent.get(ledger.HAUPTFORDERUNG, 0)
    }
    return (settled if crossed == late else _by_designation(tx, amount_cent, to, accounts, crossed, value_on)), crossed


def _by_designation(
    tx: Connection, amount_cent: int, to: Target, accounts: Sequence[OpenAccount], waived: Mapping[tuple[int, int], int], value_on: date
) -> allocation.Allocation:
    designated = {claim.key for claim in to.designated}
    first = [account for account in accounts if account.claim and account.claim.key in designated]
    rest = [account for account in accounts if account not in first]
    shares: tuple[allocation.Share, ...] = ()
    for group in (first, rest):
        creditors = {account.claim.tenant_id for account in group if account.claim}
        within = agreements.distribution(tx, creditors, to.tenant_id, value_on) if len(creditors) > 1 else "faelligkeit"
        part = allocation.voluntary(amount_cent, of(group, waived), within=within)
        shares, amount_cent = shares + part.shares, part.rest_cent
    return allocation.Allocation(shares, amount_cent)


def _claim_account(
    claim: claims.Claim, rows: Sequence[ledger.Booking], value_on: date, grace: bool, frozen_cent: Mapping[UUID, int] | None
) -> OpenAccount:
    open_cent = ledger.sums(rows)
    charged = sum(row.amount_cent for row in rows if row.kind == ledger.SAEUMNISZUSCHLAG)
    owed = ledger.surcharge_owed_cent(claim, rows, value_on, grace=grace)
    open_cent[ledger.SAEUMNISZUSCHLAG] = 0 if owed is None else open_cent.get(ledger.SAEUMNISZUSCHLAG, 0) - charged + owed
    late = [row for row in rows if row.kind == ledger.MAHNGEBUEHR and row.value_on > value_on]
    return OpenAccount(
        key=f"{claim.tenant_id}:{claim.id}",
        ledger_account=ledger.of_claim(claim),
        claim=claim,
        measure_id=None,
        due_on=claim.payable_on,
        open_cent={component: max(cent, 0) for component, cent in open_cent.items()},
        weight_cent=frozen_cent.get(claim.uuid) if frozen_cent is not None else None,
        late_fee_cent=min(sum(row.amount_cent for row in late), max(open_cent.get(ledger.MAHNGEBUEHR, 0), 0)),
    )


def _case_accounts(tx: Connection, to: Target, measure_id: str | None) -> list[OpenAccount]:
    account = ledger.of_case(to.tenant_id, to.case_number or "")
    counted = None if measure_id is None else _measures_until(tx, to.tenant_id, measure_id)
    by_measure: dict[str | None, list[ledger.Booking]] = {}
    for row in ledger.bookings(tx, [account]):
        if counted is None or row.measure_id in counted:
            by_measure.setdefault(row.measure_id, []).append(row)
    return [
        OpenAccount(
            key=f"{to.case_number}:{measure or ''}",
            ledger_account=account,
            claim=None,
            measure_id=measure,
            due_on=min(row.value_on for row in rows),
            open_cent={component: max(cent, 0) for component, cent in ledger.sums(rows).items()},
            weight_cent=None,
            late_fee_cent=0,
        )
        for measure, rows in by_measure.items()
    ]


def _measures_until(tx: Connection, tenant_id: int, measure_id: str) -> set[str]:
    """Return the uuids of the measure and of the earlier ones of its case."""
    c, earlier = measure_tables.measure.c, measure_tables.measure.alias("earlier").c
    statement = select(earlier.uuid).where(
        c.tenant_id == tenant_id, cast(c.uuid, Text) == measure_id, earlier.tenant_id == tenant_id,
        earlier.case_number == c.case_number, earlier.number <= c.number,
    )  # fmt: skip
    return {str(uuid) for uuid in tx.execute(statement).scalars()}
