"""The ledger: append-only bookings on the account of a claim, or of a case for the fees of its measures.

Positive cents are owed, negative ones settled or taken back; a correction is a booking of its own. The Säumniszuschlag is
booked when something happens (a letter, a payment, a measure) and computed for any other day; what is open of it on a day is
what the law makes of it up to that day less what was paid on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select, tuple_

from engine import errors
from processes.casefile import claims, tables
from processes.law import surcharges

HAUPTFORDERUNG, KOSTEN, MAHNGEBUEHR, SAEUMNISZUSCHLAG, ZAHLUNG = "hauptforderung", "kosten", "mahngebuehr", "saeumniszuschlag", "zahlung"
ABSETZUNG = "absetzung"  # the creditor gives up part of a claim: reduced, withdrawn, remitted
CLAIM_COMPONENTS = (HAUPTFORDERUNG, KOSTEN, MAHNGEBUEHR, SAEUMNISZUSCHLAG)
CASE_COMPONENTS = ("pfaendungsgebuehr", "wegegeld", "auslagen")
SURCHARGE_LAW = "§ 240 Abs. 1 AO"


@dataclass(frozen=True, slots=True)
class Account:
    """Where a booking stands: on a claim (`claim_id`) or on a case (`case_number`) of `tenant_id`."""

    tenant_id: int
    enforcing_tenant_id: int
    claim_id: int | None = None
    case_number: str | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """One row of the ledger."""

    tenant_id: int
    id: int
    uuid: UUID
    enforcing_tenant_id: int
    claim_id: int | None
    case_number: str | None
    beneficiary_tenant_id: int
    kind: str
    component: str
    amount_cent: int
    value_on: date
    surcharge_on: date
    booked_at: datetime
    payment_tenant_id: int | None
    payment_id: int | None
    measure_id: str | None
    reverses_id: int | None
    source: str
    law: str
    booked_by: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What is open on `as_of`, in cents by component; `booked_cent` is the plain sum of the bookings up to that day."""

    as_of: date
    open_cent: Mapping[str, int]
    booked_cent: int

    @property
    def total_cent(self) -> int:
        return sum(self.open_cent.values())

    @property
    def principal_cent(self) -> int:
        return self.open_cent.get(HAUPTFORDERUNG, 0)

    @property
    def surcharge_cent(self) -> int:
        return self.open_cent.get(SAEUMNISZUSCHLAG, 0)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A booking with the balance after it."""

    booking: Booking
    running_cent: int


_COLUMNS = [tables.booking.c[name] for name in Booking.__dataclass_fields__]


def of_claim(claim: claims.Claim) -> Account:
    return Account(claim.tenant_id, claim.enforcing_tenant_id, claim_id=claim.id)


def of_case(enforcing_tenant_id: int, case_number: str) -> Account:
    """Return the account of a case: fees and outlays of its measures belong to the enforcing authority."""
    return Account(enforcing_tenant_id, enforcing_tenant_id, case_number=case_number)


def post(
    tx: Connection,
    account: Account,
    kind: str,
    amount_cent: int,
    *,
    value_on: date,
    source: str,
    law: str,
    by: str,
    now: datetime,
    component: str | None = None,
    surcharge_on: date | None = None,
    payment: tuple[int, int] | None = None,
    measure_id: str | None = None,
    reverses_id: int | None = None,
) -> Booking:
    """Append a booking and return it; the same `source` again returns the booking that it made.

    `component`: what a payment settles. `measure_id`: uuid of the measure that a fee, outlay or payment belongs to.
    Raises errors.InvalidInput for nothing to book or a component that does not belong to the account, errors.Conflict if
    `source` already booked something else.
    """
    what = component or kind
    allowed = CLAIM_COMPONENTS if account.claim_id is not None else CASE_COMPONENTS
    if amount_cent == 0 or what not in allowed:
        raise errors.InvalidInput(f"„{what}“ über {amount_cent} Cent lässt sich hier nicht buchen; möglich: {', '.join(allowed)}.")
    known = by_source(tx, account.tenant_id, source)
    if known:
        if (known.kind, known.component, known.amount_cent) != (kind, what, amount_cent):
            raise errors.Conflict(f"Unter „{source}“ ist schon „{known.kind}“ über {known.amount_cent} Cent gebucht.")
        return known
    values = {
        "tenant_id": account.tenant_id, "enforcing_tenant_id": account.enforcing_tenant_id, "claim_id": account.claim_id,
        "case_number": account.case_number, "beneficiary_tenant_id": account.tenant_id,
        "kind": kind, "component": what, "amount_cent": amount_cent, "value_on": value_on, "surcharge_on": surcharge_on or value_on,
        "booked_at": now, "payment_tenant_id": payment[0] if payment else None, "payment_id": payment[1] if payment else None,
        "measure_id": measure_id, "reverses_id": reverses_id, "source": source, "law": law, "booked_by": by,
    }  # fmt: skip
    return _booking(tx.execute(insert(tables.booking).values(**values).returning(*_COLUMNS)).mappings().one())


def reverse(
    tx: Connection, booking: Booking, *, source: str, law: str, by: str, now: datetime, payment: tuple[int, int] | None = None
) -> Booking:
    """Append the counter-booking of `booking` at its own value date; `payment`: the reversal it belongs to.

    Raises errors.InvalidState if it was reversed before.
    """
    again = select(tables.booking.c.id).where(
        tables.booking.c.tenant_id == booking.tenant_id, tables.booking.c.reverses_id == booking.id, tables.booking.c.source != source
    )
    if tx.execute(again).first():
        raise errors.InvalidState(f"Die Buchung {booking.uuid} ist schon storniert.")
    return post(
        tx,
        Account(booking.tenant_id, booking.enforcing_tenant_id, booking.claim_id, booking.case_number),
        booking.kind,
        -booking.amount_cent,
        value_on=booking.value_on,
        surcharge_on=booking.surcharge_on,
        component=booking.component,
        payment=payment,
        measure_id=booking.measure_id,
        reverses_id=booking.id,
        source=source,
        law=law,
        by=by,
        now=now,
    )


def by_source(tx: Connection, tenant_id: int, source: str) -> Booking | None:
    """Return the booking that `source` made, if any."""
    c = tables.booking.c
    row = tx.execute(select(*_COLUMNS).where(c.tenant_id == tenant_id, c.source == source)).mappings().one_or_none()
    return _booking(row) if row else None


def bookings(tx: Connection, accounts: Sequence[Account]) -> list[Booking]:
    """Return the bookings of the accounts in the order they were made."""
    c = tables.booking.c
    claim_keys = [(account.tenant_id, account.claim_id) for account in accounts if account.claim_id is not None]
    case_keys = [(account.tenant_id, account.case_number) for account in accounts if account.case_number is not None]
    found: list[Booking] = []
    for columns, keys in ((tuple_(c.tenant_id, c.claim_id), claim_keys), (tuple_(c.tenant_id, c.case_number), case_keys)):
        if keys:
            found += [_booking(row) for row in tx.execute(select(*_COLUMNS).where(columns.in_(keys)).order_by(c.id)).mappings()]
    return sorted(found, key=lambda booking: booking.id)


def by_claim(tx: Connection, found: Sequence[claims.Claim]) -> dict[tuple[int, int], list[Booking]]:
    """Return the bookings of each claim by its key, in the order they were made."""
    sorted_out: dict[tuple[int, int], list[Booking]] = {claim.key: [] for claim in found}
    for booking in bookings(tx, [of_claim(claim) for claim in found]):
        sorted_out[booking.tenant_id, booking.claim_id or 0].append(booking)
    return sorted_out


def of_payment(tx: Connection, payment_tenant_id: int, payment_id: int) -> list[Booking]:
    """Return the bookings that a payment made."""
    c = tables.booking.c
    wanted = select(*_COLUMNS).where(c.payment_tenant_id == payment_tenant_id, c.payment_id == payment_id)
    return [_booking(row) for row in tx.execute(wanted.order_by(c.id)).mappings()]


def statement(tx: Connection, account: Account) -> list[StatementLine]:
    """Return the account's bookings with the balance after each, as booked (no surcharge that was not booked)."""
    running, lines = 0, []
    for booking in bookings(tx, [account]):
        running += booking.amount_cent
        lines.append(StatementLine(booking, running))
    return lines


def balance(tx: Connection, claim_id: UUID, as_of: date) -> Balance:
    """Return what is open of a claim on `as_of`, with the Säumniszuschlag of that day. Raises errors.NotFound."""
    claim = claims.find(tx, claim_id)
    return balances(tx, [claim], as_of)[claim.key]


def balances(tx: Connection, found: Sequence[claims.Claim], as_of: date) -> dict[tuple[int, int], Balance]:
    """Return the balance of each claim by its key, in one query."""
    rows = by_claim(tx, found)
    return {claim.key: claim_balance(claim, rows[claim.key], as_of) for claim in found}


def case_balance(tx: Connection, enforcing_tenant_id: int, case_number: str, as_of: date) -> Balance:
    """Return what is open of the measures' fees and outlays of a case."""
    rows = _until(bookings(tx, [of_case(enforcing_tenant_id, case_number)]), as_of)
    return Balance(as_of, sums(rows), sum(row.amount_cent for row in rows))


def claim_balance(claim: claims.Claim, rows: Sequence[Booking], as_of: date, *, grace: bool = True) -> Balance:
    """Return the balance of a claim from its bookings. `grace`: within the Schonfrist nothing is owed yet."""
    valued = _until(rows, as_of)
    open_cent = sums(valued)
    booked = sum(row.amount_cent for row in valued if row.kind == SAEUMNISZUSCHLAG)
    owed = surcharge_owed_cent(claim, valued, as_of, grace=grace)
    surcharge = open_cent.get(SAEUMNISZUSCHLAG, 0) + (0 if owed is None else owed - booked)
    if surcharge or SAEUMNISZUSCHLAG in open_cent:
        open_cent[SAEUMNISZUSCHLAG] = surcharge
    return Balance(as_of, open_cent, sum(row.amount_cent for row in valued))


def surcharge_owed_cent(claim: claims.Claim, rows: Iterable[Booking], as_of: date, *, grace: bool = True) -> int | None:
    """Return the whole Säumniszuschlag owed for a claim up to `as_of`, paid or not; None within the Schonfrist: as booked.

    Law: § 240 AO; the grace of Abs. 3 only if `grace` (not for cash).
    """
    if not claim.bears_surcharge or as_of <= claim.payable_on:
        return 0
    if grace and as_of <= claim.grace_until:
        return None
    return surcharges.saeumniszuschlag_verlauf_cent(course(claim, rows), as_of)


def course(claim: claims.Claim, rows: Iterable[Booking]) -> list[surcharges.OpenPrincipal]:
    """Return the dated open principal, beginning on the due date."""
    changes: dict[date, int] = {claim.payable_on: 0}
    for row in rows:
        if row.component == HAUPTFORDERUNG:
            day = max(row.surcharge_on, claim.payable_on)
            changes[day] = changes.get(day, 0) + row.amount_cent
    entries, open_cent = [], 0
    for day in sorted(changes):
        open_cent += changes[day]
        entries.append(surcharges.OpenPrincipal(day, open_cent))
    return entries


def accrue(tx: Connection, claim: claims.Claim, as_of: date, *, source: str, by: str, now: datetime, grace: bool = True) -> Booking | None:
    """Book the Säumniszuschlag up to `as_of` (never up to less than was booked before); None if there is nothing to add.

    After a payment or correction with an earlier value date the booking may be negative.
    """
    rows = bookings(tx, [of_claim(claim)])
    charged = [row for row in rows if row.kind == SAEUMNISZUSCHLAG]
    until = max([as_of, *(row.value_on for row in charged)])
    owed = surcharge_owed_cent(claim, _until(rows, until), until, grace=grace)
    missing = 0 if owed is None else owed - sum(row.amount_cent for row in charged)
    if missing == 0:
        return None
    return post(tx, of_claim(claim), SAEUMNISZUSCHLAG, missing, value_on=until, source=f"{source}/sz", law=SURCHARGE_LAW, by=by, now=now)


def _until(rows: Iterable[Booking], as_of: date) -> list[Booking]:
    return [row for row in rows if row.value_on <= as_of]


def sums(rows: Iterable[Booking]) -> dict[str, int]:
    """Return the plain sums of the bookings by component."""
    by_component: dict[str, int] = {}
    for row in rows:
        by_component[row.component] = by_component.get(row.component, 0) + row.amount_cent
    return by_component


def _booking(row: RowMapping) -> Booking:
    return Booking(**row)
