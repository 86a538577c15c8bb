"""The field: visits of an officer, cash with receipts in a row without gaps, seized goods, and the settling of cash at the Kasse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, func, insert, select, text, update

from engine import errors
from processes import money
from processes.casefile import measure_tables, measures, words

BERLIN = ZoneInfo("Europe/Berlin")
TRAVEL_LAW = "§ 21 VO VwVG NRW"
NOT_MET = "nicht_angetroffen"


@dataclass(frozen=True, slots=True)
class Visit:
    """One attempt; `demand_cent` is what was to be paid on the day."""

    id: int
    uuid: UUID
    number: int
    visited_at: datetime
    time_of_day: str
    outcome: str
    demand_cent: int
    place: str | None
    persons: str | None
    signed: bool | None
    unsigned_reason: str | None
    note: str | None
    officer: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the officer documents; free texts are `notiz:<uuid>`."""

    visited_at: datetime
    time_of_day: str
    outcome: str
    demand_cent: int
    officer: str
    place: str | None = None
    persons: str | None = None
    signed: bool | None = None
    unsigned_reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class SeizedItem:
    """One line of the list of seized goods."""

    description: str
    seal_number: str
    kept_at: str
    estimate_cent: int | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A cash receipt; `label` is the number on paper."""

    id: int
    uuid: UUID
    year: int
    serial: int
    amount_cent: int
    received_on: date
    officer: str
    payment_id: int | None
    settled_on: date | None
    counted_cent: int | None
    settled_by: str | None

    @property
    def label(self) -> str:
        return f"Q{self.year}-{self.serial:06d}"


_VISIT, _RECEIPT, _ITEM = measure_tables.visit, measure_tables.cash_receipt, measure_tables.seized_item
_VISIT_COLUMNS = [_VISIT.c[name] for name in Visit.__dataclass_fields__]
_RECEIPT_COLUMNS = [_RECEIPT.c[name] for name in Receipt.__dataclass_fields__]


def begin_visit(tx: Connection, measure: measures.Measure, *, by: str, now: datetime) -> int:
    """Book the travel fee, once per order, and return what is to be paid today in cents. Law: § 21 VO VwVG NRW."""
    measures.charge(tx, measure, "wegegeld", measure.travel_cent, law=TRAVEL_LAW, by=by, now=now)
    return measures.demand_cent(tx, measure, now.astimezone(BERLIN).date())


def record_visit(tx: Connection, measure: measures.Measure, report: Report, items: Sequence[SeizedItem], *, now: datetime) -> Visit:
    """Store a visit with the goods seized in it. Raises errors.InvalidState if the order is not out, errors.InvalidInput for the future."""
    measures.expect(measure, measures.AUSGEFERTIGT)
    if report.visited_at > now:
        raise errors.InvalidInput("Der Besuch liegt in der Zukunft.", {"besuch_uhrzeit": "Bitte die Uhrzeit prüfen."})
    number = len(visits_of(tx, measure)) + 1
    values = {name: getattr(report, name) for name in Report.__dataclass_fields__}
    statement = insert(_VISIT).values(tenant_id=measure.tenant_id, measure_id=measure.id, number=number, **values)
    visit = Visit(**tx.execute(statement.returning(*_VISIT_COLUMNS)).mappings().one())
    for position, item in enumerate(items, start=1):
        tx.execute(
            insert(_ITEM).values(
                tenant_id=measure.tenant_id, visit_id=visit.id, position=position, description=item.description,
                seal_number=item.seal_number, kept_at=item.kept_at, estimate_cent=item.estimate_cent,
            )
        )  # fmt: skip
    summary = f"Besuch Nr. {number}: {words.spelled(report.outcome)}"
    measures.note(tx, measure, "besuch", summary, None, by=report.officer, now=now, on=report.visited_at.astimezone(BERLIN).date())
    return visit


def visits_of(tx: Connection, measure: measures.Measure) -> list[Visit]:
    """Return the visits of an order, first first."""
    statement = select(*_VISIT_COLUMNS).where(_VISIT.c.tenant_id == measure.tenant_id, _VISIT.c.measure_id == measure.id)
    return [Visit(**row) for row in tx.execute(statement.order_by(_VISIT.c.number)).mappings()]


def items_of(tx: Connection, tenant_id: int, visit: Visit) -> list[SeizedItem]:
    """Return the goods seized in a visit."""
    c = _ITEM.c
    statement = select(c.description, c.seal_number, c.kept_at, c.estimate_cent).where(c.tenant_id == tenant_id, c.visit_id == visit.id)
    return [SeizedItem(**row) for row in tx.execute(statement.order_by(c.position)).mappings()]


def collect_cash(tx: Connection, measure: measures.Measure, visit: Visit, amount_cent: int, *, officer: str, now: datetime) -> Receipt:
    """Write the receipt for cash taken in a visit and return it: the next number of the authority's year. Again: the same receipt.

    Law: § 35 Abs. 3 VwVG NRW, KassenVO of the authority. Raises errors.InvalidInput for nothing or more than was to be paid.
    """
    known = select(*_RECEIPT_COLUMNS).where(_RECEIPT.c.tenant_id == measure.tenant_id, _RECEIPT.c.visit_id == visit.id)
    row = tx.execute(known).mappings().one_or_none()
    if row is not None:
        return _receipt(row)
    if not 0 < amount_cent <= visit.demand_cent:
        raise errors.InvalidInput(
            f"Bar erhalten: {money.german(amount_cent)}; zu zahlen waren {money.german(visit.demand_cent)}.",
            {"bar_betrag": "Der Betrag muss größer als 0 und darf nicht höher als die Forderung sein."},
        )
    received_on = visit.visited_at.astimezone(BERLIN).date()
    # One writer at a time per authority, so that no number is missing and none comes twice.
    tx.execute(text("select pg_advisory_xact_lock(hashtext('cash_receipt'), :tenant)"), {"tenant": measure.tenant_id})
    serial = select(func.coalesce(func.max(_RECEIPT.c.serial), 0) + 1).where(
        _RECEIPT.c.tenant_id == measure.tenant_id, _RECEIPT.c.year == received_on.year
    )
    statement = insert(_RECEIPT).values(
        tenant_id=measure.tenant_id, year=received_on.year, serial=serial.scalar_subquery(), measure_id=measure.id, visit_id=visit.id,
        amount_cent=amount_cent, received_on=received_on, officer=officer,
    )  # fmt: skip
    return _receipt(tx.execute(statement.returning(*_RECEIPT_COLUMNS)).mappings().one())


def receipt_of(tx: Connection, tenant_id: int, visit: Visit) -> Receipt | None:
    """Return the receipt for cash taken in a visit, if any was."""
    c = _RECEIPT.c
    row = tx.execute(select(*_RECEIPT_COLUMNS).where(c.tenant_id == tenant_id, c.visit_id == visit.id)).mappings().one_or_none()
    return _receipt(row) if row is not None else None


def receipt(tx: Connection, tenant_id: int, label: str) -> Receipt:
    """Return the receipt with that number. Raises errors.NotFound."""
    year, _, serial = label.removeprefix("Q").partition("-")
    if year.isdigit() and serial.isdigit():
        c = _RECEIPT.c
        statement = select(*_RECEIPT_COLUMNS).where(c.tenant_id == tenant_id, c.year == int(year), c.serial == int(serial))
        row = tx.execute(statement).mappings().one_or_none()
        if row is not None:
            return _receipt(row)
    raise errors.NotFound(f"Die Quittung {label} gibt es nicht.")


def book_cash(tx: Connection, measure: measures.Measure, paid: Receipt, *, by: str, now: datetime) -> Receipt:
    """Book the cash of a receipt as a payment of the day it was taken (no Schonfrist for cash). Again: nothing is booked twice."""
    if paid.payment_id is not None:
        return paid
    payment = measures.book_payment(
        tx, tenant_id=measure.tenant_id, measure_id=measure.uuid, amount_cent=paid.amount_cent, value_on=paid.received_on, method="bar",
        by=by, now=now, receipt=paid.label,
    )  # fmt: skip
    return _change(tx, measure.tenant_id, paid, payment_id=payment.id)


def settle_cash(tx: Connection, tenant_id: int, paid: Receipt, counted_cent: int, *, by: str, now: datetime) -> Receipt:
    """Record that the Kasse counted the cash of a receipt. Raises errors.Conflict if it was settled before."""
    if paid.settled_on is not None:
        raise errors.Conflict(f"Die Quittung {paid.label} ist schon am {paid.settled_on:%d.%m.%Y} von {paid.settled_by} abgerechnet.")
    return _change(tx, tenant_id, paid, settled_on=now.astimezone(BERLIN).date(), counted_cent=counted_cent, settled_by=by)


def _change(tx: Connection, tenant_id: int, paid: Receipt, **values: object) -> Receipt:
    statement = update(_RECEIPT).where(_RECEIPT.c.tenant_id == tenant_id, _RECEIPT.c.id == paid.id).values(**values)
    return _receipt(tx.execute(statement.returning(*_RECEIPT_COLUMNS)).mappings().one())


def _receipt(row: RowMapping) -> Receipt:
    return Receipt(**row)
