"""Measures: seizures and field orders from the draft to the end, with the bundle of claims frozen at the release.

A measure demands one sum: what was open of its claims on the day it was frozen, its fee, travel fee and outlays. Its fee arises
once, from the sum of the principals, when it is issued (§ 10 Abs. 2, § 11 VO VwVG NRW). Payments on a measure are forced: costs
first, then the frozen principals pro rata.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from engine import errors
from processes.casefile import claims, ledger, measure_tables, notes, payments, tables, timeline

BERLIN = ZoneInfo("Europe/Berlin")
PFAENDUNG, AUSSENDIENST = "pfaendung", "aussendienst"
ENTWURF, EINGEFROREN, AUSGEFERTIGT, ZUGESTELLT, ERKLAERT, BEENDET = (
    "entwurf", "eingefroren", "ausgefertigt", "zugestellt", "erklaert", "beendet",
)  # fmt: skip
LABELS: Mapping[str, str] = {PFAENDUNG: "Pfändung", AUSSENDIENST: "Auftrag an den Außendienst"}
FEE_LAW = "§ 11, § 10 Abs. 2 VO VwVG NRW"
OUTLAY_LAW = "§ 20 VO VwVG NRW"
NOTE_PREFIX = "notiz:"


@dataclass(frozen=True, slots=True)
class Measure:
    """One seizure or field order. Amounts in cents; `total_cent` is the one sum that it demands."""

    tenant_id: int
    id: int
    uuid: UUID
    case_number: str
    number: int
    kind: str
    seizure_kind: str | None
    state: str
    third_party_id: int | None
    debtor_is_natural: bool
    protected_account: str | None
    prepared_on: date
    frozen_on: date | None
    fee_cent: int
    travel_cent: int
    outlay_cent: int
    total_cent: int
    distance_km: int | None
    safety_note: str | None
    reason: str | None
    issued_on: date | None
    served_on: date | None
    declaration_due_on: date | None
    payable_from_on: date | None
    limited_to_cent: int | None
    result: str | None
    finished_on: date | None

    @property
    def business_key(self) -> str:
        return f"{self.case_number}/M{self.number}"

    @property
    def ledger_id(self) -> str:
        """Return the id under which ledger and payments know the measure."""
        return str(self.uuid)

    @property
    def demanded_cent(self) -> int:
        """Return what the third party or the officer is to collect: the sum, or less if the measure was limited."""
        return self.total_cent if self.limited_to_cent is None else min(self.total_cent, self.limited_to_cent)


@dataclass(frozen=True, slots=True)
class FrozenClaim:
    """A claim as the measure holds it."""

    creditor_tenant_id: int
    claim_id: int
    claim_uuid: UUID
    reference: str
    item_number: str
    kind: str
    as_of: date
    principal_cent: int
    surcharge_cent: int
    dunning_fee_cent: int
    costs_cent: int
    held_since: date | None
    hold_decision: str | None

    @property
    def total_cent(self) -> int:
        return self.principal_cent + self.surcharge_cent + self.dunning_fee_cent + self.costs_cent


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """A Drittschuldner; personal data, never into the history."""

    name: str
    address: str
    land: str | None
    account: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a draft is made of. `claims`: uuids of the bundle; free texts are `notiz:<uuid>` or the words themselves."""

    kind: str
    claims: Sequence[UUID]
    fee_cent: int
    travel_cent: int = 0
    outlay_cent: int = 0
    seizure_kind: str | None = None
    third_party: ThirdParty | None = None
    debtor_is_natural: bool = True
    protected_account: str | None = None
    distance_km: int | None = None
    safety_note: str | None = None
    reason: str | None = None


_TABLE = measure_tables.measure
_COLUMNS = [_TABLE.c[name] for name in Measure.__dataclass_fields__]


def draft(tx: Connection, *, tenant_id: int, case_number: str, plan: Plan, previous: UUID | None = None, now: datetime) -> Measure:
    """Store a draft and return it; `previous`: the draft that this one replaces (after a changed sum or a return).

    Raises errors.InvalidInput for an empty bundle, errors.InvalidState if the previous one is no draft any more.
    """
    today = now.astimezone(BERLIN).date()
    bundled = _bundle(tx, tenant_id, case_number, plan.claims)
    values = {
        "kind": plan.kind, "seizure_kind": plan.seizure_kind, "debtor_is_natural": plan.debtor_is_natural,
        "protected_account": plan.protected_account, "prepared_on": today, "fee_cent": plan.fee_cent, "travel_cent": plan.travel_cent,
        "outlay_cent": plan.outlay_cent, "total_cent": 0, "distance_km": plan.distance_km, "safety_note": plan.safety_note,
        "reason": plan.reason, "third_party_id": _keep_third_party(tx, tenant_id, plan.third_party, now=now),
    }  # fmt: skip
    if previous is None:
        number = select(func.coalesce(func.max(_TABLE.c.number), 0) + 1).where(
            _TABLE.c.tenant_id == tenant_id, _TABLE.c.case_number == case_number
        )
        statement = insert(_TABLE).values(
            tenant_id=tenant_id, case_number=case_number, number=number.scalar_subquery(), state=ENTWURF, **values
        )
        measure = _measure(tx.execute(statement.returning(*_COLUMNS)).mappings().one())
    else:
        measure = change(tx, expect(find(tx, tenant_id, previous), ENTWURF), values)
    _write_bundle(tx, measure, bundled, today)
    return change(tx, measure, {"total_cent": demand_cent(tx, measure, today)})


def freeze(tx: Connection, measure: Measure, *, now: datetime) -> Measure:
    """Freeze the bundle with today's amounts and return the measure.

    Raises errors.InvalidState if it is no draft, errors.Conflict if the sum is no longer the released one.
    """
    expect(measure, ENTWURF)
    today = now.astimezone(BERLIN).date()
    bundled = [claims.find(tx, row.claim_uuid) for row in claims_of(tx, measure)]
    claims.lock(tx, bundled)
    total_cent = demand_cent(tx, measure, today)
    if total_cent != measure.total_cent:
        raise errors.Conflict("Die Summe hat sich seit der Freigabe geändert. Bitte neu freigeben.")
    _write_bundle(tx, measure, bundled, today)
    return change(tx, measure, {"state": EINGEFROREN, "frozen_on": today})


def issue(tx: Connection, measure: Measure, *, by: str, now: datetime) -> Measure:
    """Issue the order: book the surcharge up to today, the fee once, the outlays; return the measure. Again: nothing is booked twice.

    The travel fee arises when the officer sets out (`field.begin_visit`). Law: § 11, § 20 VO VwVG NRW.
    """
    expect(measure, EINGEFROREN, AUSGEFERTIGT)
    today = now.astimezone(BERLIN).date()
    for row in claims_of(tx, measure):
        ledger.accrue(tx, claims.find(tx, row.claim_uuid), today, source=f"massnahme:{measure.uuid}/{row.claim_id}", by=by, now=now)
    charge(tx, measure, "pfaendungsgebuehr", measure.fee_cent, law=FEE_LAW, by=by, now=now)
    charge(tx, measure, "auslagen", measure.outlay_cent, law=OUTLAY_LAW, by=by, now=now)
    note(
        tx,
        measure,
        "massnahme_ausgefertigt",
        f"{LABELS[measure.kind]} {measure.business_key} ausgefertigt",
        measure.total_cent,
        by=by,
        now=now,
    )
    return change(tx, measure, {"state": AUSGEFERTIGT, "issued_on": measure.issued_on or today})


def charge(tx: Connection, measure: Measure, kind: str, amount_cent: int, *, law: str, by: str, now: datetime) -> None:
    """Book a fee or outlay of the measure on its case, once."""
    if amount_cent:
        ledger.post(
            tx, ledger.of_case(measure.tenant_id, measure.case_number), kind, amount_cent, value_on=now.astimezone(BERLIN).date(),
            source=f"massnahme:{measure.uuid}/{kind}", law=law, by=by, now=now, measure_id=measure.ledger_id,
        )  # fmt: skip


def hold_claim(tx: Connection, measure: Measure, claim: claims.Claim, decision: str, *, on: date | None) -> None:
    """Record what was decided about a claim of the measure that is held now (`on` None: the hold is over)."""
    c = measure_tables.measure_claim.c
    tx.execute(
        update(measure_tables.measure_claim)
        .where(
            c.tenant_id == measure.tenant_id, c.measure_id == measure.id,
            c.creditor_tenant_id == claim.tenant_id, c.claim_id == claim.id,
        )
        .values(held_since=on, hold_decision=decision)
    )  # fmt: skip


def keep_outside(tx: Connection, measure: Measure, claim: claims.Claim, decision: str, *, now: datetime) -> None:
    """Record what happens with a claim that joined the case after the bundle was frozen; a later decision replaces it."""
    table = measure_tables.outside_claim
    key = {"tenant_id": measure.tenant_id, "measure_id": measure.id, "creditor_tenant_id": claim.tenant_id, "claim_id": claim.id}
    values = {"decision": decision, "decided_on": now.astimezone(BERLIN).date()}
    changed = tx.execute(update(table).where(*[table.c[name] == value for name, value in key.items()]).values(**values))
    if changed.rowcount == 0:
        tx.execute(insert(table).values(**key, **values))


def finish(tx: Connection, measure: Measure, result: str, *, by: str, now: datetime) -> Measure:
    """End the measure with its result; a measure that has ended stays as it is."""
    if measure.state == BEENDET:
        return measure
    note(tx, measure, "massnahme_beendet", f"{LABELS[measure.kind]} {measure.business_key}: {result}", None, by=by, now=now)
    return change(tx, measure, {"state": BEENDET, "result": result, "finished_on": now.astimezone(BERLIN).date()})


def finish_open(tx: Connection, *, tenant_id: int, case_number: str, result: str, by: str, now: datetime) -> list[Measure]:
    """End the drafts and field orders of a case that is over; a served seizure ends by its own process."""
    served = (ZUGESTELLT, ERKLAERT)
    return [
        finish(tx, measure, result, by=by, now=now)
        for measure in of_case(tx, tenant_id, case_number)
        if measure.state != BEENDET and measure.state not in served
    ]


def book_payment(
    tx: Connection,
    *,
    tenant_id: int,
    measure_id: UUID,
    amount_cent: int,
    value_on: date,
    method: str,
    by: str,
    now: datetime,
    receipt: str | None = None,
) -> payments.Payment:
    """Book what a third party or the officer collected on the measure: forced, over the claims and principals it froze."""
    measure = find(tx, tenant_id, measure_id)
    return payments.book(
        tx, tenant_id=tenant_id, reference=measure.case_number, amount_cent=amount_cent, value_on=value_on, method=method, by=by, now=now,
        receipt=receipt, measure_id=measure.uuid,
    )  # fmt: skip


def paid_cent(tx: Connection, measure: Measure) -> int:
    """Return what came in on the measure, reversals deducted."""
    c = tables.payment.c
    paid = select(func.coalesce(func.sum(c.amount_cent), 0)).where(c.tenant_id == measure.tenant_id, c.measure_id == measure.ledger_id)
    return int(tx.execute(paid).scalar_one())


def demand_cent(tx: Connection, measure: Measure, on: date) -> int:
    """Return what is to be paid on `on`: the claims of the measure, the open fees of earlier measures, its own booked and planned ones."""
    bundled = [claims.find(tx, row.claim_uuid) for row in claims_of(tx, measure)]
    open_cent = sum(balance.total_cent for balance in ledger.balances(tx, bundled, on).values())
    until = {other.ledger_id for other in of_case(tx, measure.tenant_id, measure.case_number) if other.number <= measure.number}
    fees = [row for row in ledger.bookings(tx, [ledger.of_case(measure.tenant_id, measure.case_number)]) if row.measure_id in until]
    booked = {row.kind for row in fees if row.measure_id == measure.ledger_id}
    planned = {"pfaendungsgebuehr": measure.fee_cent, "wegegeld": measure.travel_cent, "auslagen": measure.outlay_cent}
    return open_cent + sum(row.amount_cent for row in fees) + sum(cent for kind, cent in planned.items() if kind not in booked)


def find(tx: Connection, tenant_id: int, measure_id: UUID) -> Measure:
    """Return the measure. Raises errors.NotFound."""
    statement = select(*_COLUMNS).where(_TABLE.c.tenant_id == tenant_id, _TABLE.c.uuid == measure_id)
    row = tx.execute(statement).mappings().one_or_none()
    if row is None:
        raise errors.NotFound(f"Die Maßnahme {measure_id} gibt es nicht oder sie gehört einem anderen Mandanten.")
    return _measure(row)


def of_case(tx: Connection, tenant_id: int, case_number: str) -> list[Measure]:
    """Return the measures of a case in the order of their numbers."""
    statement = select(*_COLUMNS).where(_TABLE.c.tenant_id == tenant_id, _TABLE.c.case_number == case_number).order_by(_TABLE.c.number)
    return [_measure(row) for row in tx.execute(statement).mappings()]


def of_number(tx: Connection, tenant_id: int, case_number: str, number: int) -> Measure:
    """Return measure `number` of a case. Raises errors.NotFound."""
    found = next((measure for measure in of_case(tx, tenant_id, case_number) if measure.number == number), None)
    if found is None:
        raise errors.NotFound(f"Im Fall {case_number} gibt es keine Maßnahme {number}.")
    return found


def claims_of(tx: Connection, measure: Measure) -> list[FrozenClaim]:
    """Return the claims of the measure, oldest due date first."""
    held, claim = measure_tables.measure_claim.c, tables.claim.c
    own = [held[name] for name in FrozenClaim.__dataclass_fields__ if name in held]
    statement = (
        select(*own, claim.uuid.label("claim_uuid"), claim.reference, claim.item_number, claim.kind)
        .join_from(measure_tables.measure_claim, tables.claim, (claim.tenant_id == held.creditor_tenant_id) & (claim.id == held.claim_id))
        .where(held.tenant_id == measure.tenant_id, held.measure_id == measure.id)
        .order_by(claim.payable_on, claim.tenant_id, claim.id)
    )
    return [FrozenClaim(**row) for row in tx.execute(statement).mappings()]


def note(
    tx: Connection, measure: Measure, kind: str, summary: str, amount_cent: int | None, *, by: str, now: datetime, on: date | None = None
) -> None:
    """Add a line about the measure to the case's timeline."""
    day = on or now.astimezone(BERLIN).date()
    timeline.add(tx, kind=kind, summary=summary, effective_on=day, by=by, now=now, case=(measure.tenant_id, measure.case_number),
                 amount_cent=amount_cent, source=measure.ledger_id)  # fmt: skip


def words_of(tx: Connection, tenant_id: int, value: str) -> str:
    """Return the text behind `notiz:<uuid>`, or the value itself."""
    if not value.startswith(NOTE_PREFIX):
        return value
    return notes.find(tx, tenant_id, UUID(value.removeprefix(NOTE_PREFIX))).body


def _bundle(tx: Connection, tenant_id: int, case_number: str, wanted: Sequence[UUID]) -> list[claims.Claim]:
    inside = {claim.uuid: claim for claim in claims.of_case(tx, tenant_id, case_number)}
    missing = [str(uuid) for uuid in wanted if uuid not in inside]
    if not wanted or missing:
        raise errors.InvalidInput(f"Das Bündel ist leer oder nennt Forderungen außerhalb des Falls {case_number}: {', '.join(missing)}.")
    return [claim for uuid, claim in inside.items() if uuid in set(wanted)]


def _write_bundle(tx: Connection, measure: Measure, bundled: Sequence[claims.Claim], as_of: date) -> None:
    table = measure_tables.measure_claim
    tx.execute(table.delete().where(table.c.tenant_id == measure.tenant_id, table.c.measure_id == measure.id))
    open_cent = ledger.balances(tx, bundled, as_of)
    rows = [
        {
            "tenant_id": measure.tenant_id, "measure_id": measure.id, "creditor_tenant_id": claim.tenant_id, "claim_id": claim.id,
            "as_of": as_of, "principal_cent": balance.principal_cent, "surcharge_cent": balance.surcharge_cent,
            "dunning_fee_cent": balance.open_cent.get(ledger.MAHNGEBUEHR, 0), "costs_cent": balance.open_cent.get(ledger.KOSTEN, 0),
        }
        for claim in bundled
        for balance in [open_cent[claim.key]]
    ]  # fmt: skip
    tx.execute(insert(table), rows)


def _keep_third_party(tx: Connection, tenant_id: int, party: ThirdParty | None, *, now: datetime) -> int | None:
    if party is None:
        return None
    values = {
        "name": words_of(tx, tenant_id, party.name), "address": words_of(tx, tenant_id, party.address), "land": party.land,
        "account": words_of(tx, tenant_id, party.account) if party.account else None,
    }  # fmt: skip
    table = measure_tables.third_party
    return int(tx.execute(insert(table).values(tenant_id=tenant_id, created_at=now, **values).returning(table.c.id)).scalar_one())


def expect(measure: Measure, *allowed: str) -> Measure:
    if measure.state not in allowed:
        raise errors.InvalidState(
            f"Die Maßnahme {measure.business_key} steht auf „{measure.state}“, erwartet: {', '.join(allowed)}. Bitte den Fall neu laden."
        )
    return measure


def change(tx: Connection, measure: Measure, values: Mapping[str, object]) -> Measure:
    statement = update(_TABLE).where(_TABLE.c.tenant_id == measure.tenant_id, _TABLE.c.id == measure.id).values(**values)
    return _measure(tx.execute(statement.returning(*_COLUMNS)).mappings().one())


def _measure(row: RowMapping) -> Measure:
    return Measure(**row)
