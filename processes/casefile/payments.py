"""Payments: book what came in, share it out by law, tell the processes; take back what did not stay.

A reference is a Kassenzeichen (all its items, or one as `kassenzeichen/op_nr`) or a case number. A voluntary payment on a
Kassenzeichen settles those items first (the debtor's designation, § 225 Abs. 1 AO); what is left goes to the rest of its open
case, and only then is it over-paid. Where several creditors share, they share pro rata within a rank unless their agreement
says otherwise. Forced payments settle fees and outlays first, then the principals pro rata.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from engine import errors
from processes import money
from processes.casefile import announcements, claims, debts, ledger, notes, tables, timeline, words
from processes.law import allocation

Method = Literal["ueberweisung", "bar", "drittschuldner", "lastschrift"]
METHODS = ("ueberweisung", "bar", "drittschuldner", "lastschrift")
WITH_GRACE = frozenset({"ueberweisung", "lastschrift"})  # § 240 Abs. 3 AO: not for cash
BERLIN = ZoneInfo("Europe/Berlin")
VOLUNTARY_LAW, FORCED_LAW, REVERSAL_LAW = "§ 225 Abs. 1, 2 AO", "§ 23 Abs. 2 VO VwVG NRW, § 225 Abs. 3 AO", "§ 224 Abs. 2 AO"


@dataclass(frozen=True, slots=True)
class Payment:
    """A booked payment. `rest_cent` is over-paid and waits for a person; `reverses_id` marks a reversal (negative amount)."""

    tenant_id: int
    id: int
    uuid: UUID
    reference: str
    amount_cent: int
    value_on: date
    booked_at: datetime
    method: str
    is_forced: bool
    receipt: str | None
    measure_id: str | None
    case_number: str | None
    rest_cent: int
    reverses_id: int | None
    reason: str | None
    booked_by: str


_COLUMNS = [tables.payment.c[name] for name in Payment.__dataclass_fields__]


def book(
    tx: Connection,
    *,
    tenant_id: int,
    reference: str,
    amount_cent: int,
    value_on: date,
    method: str,
    by: str,
    now: datetime,
    receipt: str | None = None,
    measure_id: UUID | int | str | None = None,
    frozen_cent: Mapping[UUID, int] | None = None,
) -> Payment:
    """Book a payment, allocate it to the cent and send `zahlung_eingegangen` to every process that it concerns.

    With `measure_id` (uuid or inner number of a measure) only the claims frozen in it and its own fees are touched, and a forced
    payment is shared by the frozen principals (`frozen_cent`: claim uuid -> cents, as stored with the measure if not given).
    An over-payment becomes `rest_cent` with a note for a person.
    Raises errors.InvalidInput, errors.NotFound (unknown reference), errors.Conflict (receipt number used before).
    """
    _check(tx, tenant_id, amount_cent, value_on, method, receipt, now)
    measure = debts.measure_uuid(tx, tenant_id, measure_id) if measure_id is not None else None
    if measure is not None and frozen_cent is None:
        frozen_cent = debts.frozen_principals(tx, tenant_id, measure)
    target = debts.target(tx, tenant_id, reference, frozen_cent)
    claims.lock(tx, target.claims)
    is_forced = method == "drittschuldner" or (method == "bar" and (measure is not None or not target.designated))
    grace = method in WITH_GRACE and not is_forced
    accounts = debts.open_accounts(tx, target, value_on, grace=grace, measure_id=measure, frozen_cent=frozen_cent)
    settled, crossed = (
        (allocation.forced(amount_cent, debts.of(accounts)), {})
        if is_forced
        else debts.settle_voluntary(tx, amount_cent, target, accounts, value_on)
    )
    values = {"reference": reference, "amount_cent": amount_cent, "value_on": value_on, "method": method, "is_forced": is_forced,
              "receipt": receipt, "measure_id": measure, "case_number": target.case_number, "rest_cent": settled.rest_cent}  # fmt: skip
    payment = _insert(tx, tenant_id, values, by=by, now=now)
    law = FORCED_LAW if is_forced else VOLUNTARY_LAW
    by_key = {account.key: account for account in accounts}
    for share in settled.shares:
        _post_share(tx, payment, by_key[share.key], share, grace=grace, law=law, now=now)
    touched = _claims(by_key[share.key] for share in settled.shares)
    for claim in touched:
        ledger.accrue(tx, claim, value_on, source=f"zahlung:{payment.uuid}/{claim.id}", by=by, now=now, grace=grace)
    _record(tx, payment, target, settled, by_key, now=now)
    concerned = [*touched, *(claim for claim in target.designated if claim not in touched)] or list(target.claims)
    announcements.announce(
        tx, "zahlung_eingegangen", _facts(payment), concerned,
        sender_tenant_id=tenant_id, case_number=target.case_number, waived_cent=crossed, now=now,
    )  # fmt: skip
    return payment


def reverse(tx: Connection, *, tenant_id: int, payment_id: UUID, reason: str, by: str, now: datetime) -> Payment:
    """Take a payment back (returned debit, wrong booking): counter-bookings at its value date, surcharge anew, `zahlung_storniert`.

    Raises errors.NotFound, errors.InvalidInput without a reason, errors.InvalidState if it was reversed before or is a reversal.
    """
    original = find(tx, tenant_id, payment_id)
    if not reason.strip():
        raise errors.InvalidInput("Ein Storno braucht einen Grund.", {"grund": "Bitte angeben, warum die Zahlung storniert wird."})
    shares = allocation_of(tx, original)
    keys = {(row.tenant_id, row.claim_id) for row in shares if row.claim_id is not None}
    touched = [claims.by_id(tx, *key) for key in sorted(keys)]
    claims.lock(tx, touched)
    if original.reverses_id is not None or _is_reversed(tx, original):
        raise errors.InvalidState(f"Die Zahlung {payment_id} ist schon storniert oder selbst ein Storno.")
    values = {"reference": original.reference, "amount_cent": -original.amount_cent, "value_on": original.value_on,
              "method": original.method, "is_forced": original.is_forced, "measure_id": original.measure_id,
              "case_number": original.case_number, "rest_cent": -original.rest_cent,
              "reverses_id": original.id, "reason": reason}  # fmt: skip
    payment = _insert(tx, tenant_id, values, by=by, now=now)
    for row in shares:
        source = f"storno:{payment.uuid}/{row.id}"
        ledger.reverse(tx, row, payment=(payment.tenant_id, payment.id), source=source, law=REVERSAL_LAW, by=by, now=now)
    today = now.astimezone(BERLIN).date()
    for claim in touched:
        ledger.accrue(tx, claim, max(today, original.value_on), source=f"storno:{payment.uuid}/{claim.id}", by=by, now=now)
        cent = sum(row.amount_cent for row in shares if (row.tenant_id, row.claim_id) == claim.key)
        timeline.add(tx, claim=claim, kind="zahlung_storniert", summary=f"Zahlung vom {original.value_on:%d.%m.%Y} storniert",
                     amount_cent=cent, effective_on=today, by=by, now=now, source=str(payment.uuid))  # fmt: skip
    announcements.announce(
        tx, "zahlung_storniert", _facts(payment), touched, sender_tenant_id=tenant_id, case_number=original.case_number, now=now
    )
    return payment


def find(tx: Connection, tenant_id: int, payment_id: UUID) -> Payment:
    """Return the payment. Raises errors.NotFound."""
    c = tables.payment.c
    row = tx.execute(select(*_COLUMNS).where(c.tenant_id == tenant_id, c.uuid == payment_id)).mappings().one_or_none()
    if row is None:
        raise errors.NotFound(f"Die Zahlung {payment_id} gibt es nicht oder sie gehört einem anderen Mandanten.")
    return Payment(**row)


def of_case(tx: Connection, tenant_id: int, case_number: str) -> list[Payment]:
    """Return the payments booked on a case, or on its claims while they were in it, oldest first."""
    c = tables.payment.c
    statement = select(*_COLUMNS).where(c.tenant_id == tenant_id, c.case_number == case_number).order_by(c.id)
    return [Payment(**row) for row in tx.execute(statement).mappings()]


def of_reference(tx: Connection, tenant_id: int, reference: str) -> list[Payment]:
    """Return the payments booked under a Kassenzeichen or case number, oldest first."""
    c = tables.payment.c
    statement = select(*_COLUMNS).where(c.tenant_id == tenant_id, c.reference == reference).order_by(c.id)
    return [Payment(**row) for row in tx.execute(statement).mappings()]


def allocation_of(tx: Connection, payment: Payment) -> list[ledger.Booking]:
    """Return the bookings that a payment (or its reversal) made: its allocation."""
    return ledger.of_payment(tx, payment.tenant_id, payment.id)


def _check(tx: Connection, tenant_id: int, amount_cent: int, value_on: date, method: str, receipt: str | None, now: datetime) -> None:
    fields = {}
    if amount_cent <= 0:
        fields["betrag"] = "Der Betrag muss größer als 0 sein."
    if value_on > now.astimezone(BERLIN).date():
        fields["wertstellung"] = "Die Wertstellung liegt in der Zukunft."
    if method not in METHODS:
        fields["art"] = f"Unbekannte Zahlungsart. Möglich sind: {', '.join(METHODS)}."
    if fields:
        raise errors.InvalidInput(" ".join(fields.values()), fields)
    used = select(tables.payment.c.uuid).where(tables.payment.c.tenant_id == tenant_id, tables.payment.c.receipt == receipt)
    if receipt is not None and tx.execute(used).first():
        raise errors.Conflict(f"Die Quittung {receipt} ist schon gebucht.")


def _insert(tx: Connection, tenant_id: int, values: Mapping[str, object], *, by: str, now: datetime) -> Payment:
    statement = insert(tables.payment).values(tenant_id=tenant_id, booked_by=by, booked_at=now, **values).returning(*_COLUMNS)
    return Payment(**tx.execute(statement).mappings().one())


def _is_reversed(tx: Connection, payment: Payment) -> bool:
    c = tables.payment.c
    return tx.execute(select(c.id).where(c.tenant_id == payment.tenant_id, c.reverses_id == payment.id)).first() is not None


def _claims(accounts: Iterable[debts.OpenAccount]) -> list[claims.Claim]:
    return list({account.claim.key: account.claim for account in accounts if account.claim}.values())


def _post_share(
    tx: Connection, payment: Payment, account: debts.OpenAccount, share: allocation.Share, *, grace: bool, law: str, now: datetime
) -> None:
    claim = account.claim
    in_grace = grace and claim is not None and claim.payable_on < payment.value_on <= claim.grace_until
    ledger.post(
        tx, account.ledger_account, ledger.ZAHLUNG, -share.cent,
        component=share.component, value_on=payment.value_on, surcharge_on=claim.payable_on if claim and in_grace else None,
        payment=(payment.tenant_id, payment.id), measure_id=account.measure_id or payment.measure_id,
        source=f"zahlung:{payment.uuid}/{share.key}/{share.component}", law=law, by=payment.booked_by, now=now,
    )  # fmt: skip


def _record(
    tx: Connection,
    payment: Payment,
    target: debts.Target,
    settled: allocation.Allocation,
    accounts: Mapping[str, debts.OpenAccount],
    *,
    now: datetime,
) -> None:
    paid: dict[tuple[int, int] | None, int] = {}
    for share in settled.shares:
        claim = accounts[share.key].claim
        key = claim.key if claim else None
        paid[key] = paid.get(key, 0) + share.cent
    about = {claim.key: claim for claim in target.claims}
    for key, cent in paid.items():
        case = (payment.tenant_id, target.case_number) if key is None and target.case_number else None
        timeline.add(tx, claim=about[key] if key else None, case=case, kind="zahlung", summary=f"Zahlung ({words.spelled(payment.method)})",
                     amount_cent=cent, effective_on=payment.value_on, by=payment.booked_by, now=now, source=str(payment.uuid))  # fmt: skip
    if payment.rest_cent:
        _note_rest(tx, payment, target.claims[:1], now=now)


def _note_rest(tx: Connection, payment: Payment, about: Sequence[claims.Claim], *, now: datetime) -> None:
    body = (
        f"Die Zahlung über {money.german(payment.amount_cent)} auf {payment.reference} vom {payment.value_on:%d.%m.%Y} übersteigt die "
        f"offenen Beträge um {money.german(payment.rest_cent)}. "
        "Bitte über Erstattung (§ 37 Abs. 2 AO) oder Aufrechnung (§ 226 AO) entscheiden."
    )
    notes.keep(tx, tenant_id=payment.tenant_id, subject="Überzahlung", body=body, by=payment.booked_by, now=now,
               case_number=payment.case_number, claim=about[0] if about else None)  # fmt: skip
    case = (payment.tenant_id, payment.case_number) if payment.case_number else None
    timeline.add(tx, claim=about[0] if about else None, case=None if about else case, kind="ueberzahlung",
                 summary="Überzahlung: Erstattung oder Aufrechnung entscheiden", amount_cent=payment.rest_cent,
                 effective_on=payment.value_on, by=payment.booked_by, now=now, source=str(payment.uuid))  # fmt: skip


def _facts(payment: Payment) -> dict[str, object]:
    return {
        "zahlung_id": str(payment.uuid), "betrag": money.euro(payment.amount_cent), "wertstellung_am": payment.value_on,
        "zahlungsart": payment.method, "massnahme_id": payment.measure_id, "ueberzahlung": money.euro(payment.rest_cent),
    }  # fmt: skip
