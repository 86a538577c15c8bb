"""What a clerk records on the file, each one act: book, hold, object, returned mail; and the lists pages need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, text

from engine import errors, instances, messages
from processes.casefile import claims, debtors, holds, ledger, letters, measures, notes, payments, tables, tenants

BERLIN = ZoneInfo("Europe/Berlin")
MANUAL_METHODS = ("ueberweisung", "bar")


@dataclass(frozen=True, slots=True)
class Hit:
    """A claim found by a search, with its debtor's name, what is open, and the open cases it is in."""

    claim: claims.Claim
    name: str
    open_cent: int
    case_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An enforcement case of the authority."""

    number: str
    name: str
    opened_at: datetime
    closed_at: datetime | None


def search(tx: Connection, tenant_id: int, words: str, *, limit: int = 50) -> list[Hit]:
    """Return claims by Kassenzeichen, by the number of their case, or by the name or number of a debtor."""
    today = _today_of(tx)
    found: dict[tuple[int, int], tuple[claims.Claim, str]] = {}
    for claim in [*claims.by_reference(tx, tenant_id, words.strip()), *claims.of_case(tx, tenant_id, words.strip())]:
        found[claim.key] = (claim, debtors.by_id(tx, claim.tenant_id, claim.debtor_id).person.display_name)
    for debtor in debtors.search(tx, words, limit=limit):
        for claim in claims.of_debtor(tx, debtor.tenant_id, debtor.id):
            found.setdefault(claim.key, (claim, debtor.person.display_name))
    chosen = list(found.values())[:limit]
    open_now = ledger.balances(tx, [claim for claim, _ in chosen], today)
    return [Hit(claim, name, open_now[claim.key].total_cent, tuple(claims.open_cases(tx, claim))) for claim, name in chosen]


def open_cases(tx: Connection, tenant_id: int, *, limit: int = 50) -> list[OpenCase]:
    """Return the authority's cases, open ones first, newest first."""
    c = tables.enforcement_case.c
    statement = (
        select(c.number, c.debtor_tenant_id, c.debtor_id, c.opened_at, c.closed_at)
        .where(c.tenant_id == tenant_id)
        .order_by(c.closed_at.is_not(None), c.id.desc())
        .limit(limit)
    )
    return [
        OpenCase(row.number, debtors.by_id(tx, row.debtor_tenant_id, row.debtor_id).person.display_name, row.opened_at, row.closed_at)
        for row in tx.execute(statement).all()
    ]


def debtor_names(tx: Connection, tenant_id: int, business_keys: Iterable[str]) -> dict[str, str]:
    """Return business key -> name of the debtor, for keys of cases (`DT-2026-000001`, `.../M1`) and of claims (`slug/kassenzeichen/op_nr`)."""
    query = text(
        "with wanted as (select k, split_part(k, '/', 1) as one, split_part(k, '/', 2) as two, split_part(k, '/', 3) as three"
        "                from unnest(cast(:keys as text[])) as k),"
        " found as (select w.k, e.debtor_tenant_id as tenant_id, e.debtor_id from wanted w"
        "           join enforcement_case e on e.tenant_id = :t and e.number = w.one"
        "           union all"
        "           select w.k, c.tenant_id, d.debtor_id from wanted w join tenant m on m.slug = w.one"
        "           join claim c on c.tenant_id = m.id and c.reference = w.two and c.item_number = w.three"
        "           join claim_debtor d on d.tenant_id = c.tenant_id and d.claim_id = c.id)"
        " select f.k, string_agg(distinct coalesce(p.company, concat_ws(' ', p.first_name, p.last_name)), ', ') as name"
        " from found f join debtor_person p on p.tenant_id = f.tenant_id and p.debtor_id = f.debtor_id group by f.k"
    )
    rows = tx.execute(query, {"t": tenant_id, "keys": sorted(set(business_keys))})
    return {row.k: row.name for row in rows}


def instances_of_case(tx: Connection, tenant_id: int, case_number: str) -> list[instances.Instance]:
    """Return the instances of a case and of its measures."""
    query = text(
        "select business_key from process_instance where tenant_id = :t and (business_key = :k or starts_with(business_key, :below))"
        " group by business_key order by min(id)"
    )
    keys = tx.execute(query, {"t": tenant_id, "k": case_number, "below": f"{case_number}/"}).scalars().all()
    return [instance for key in keys for instance in instances.of_key(tx, tenant_id, key)]


def instances_of(tx: Connection, tenant_id: int, wanted: str) -> list[instances.Instance]:
    """Return all instances behind a case number or a Kassenzeichen. Raises errors.NotFound where there is none."""
    found = instances_of_case(tx, tenant_id, wanted)
    slug = tenants.find(tx, tenant_id).slug
    for claim in claims.by_reference(tx, tenant_id, wanted):
        if claim.tenant_id == tenant_id:
            found += instances_of_case(tx, tenant_id, f"{slug}/{claim.text_key}")
    if not found:
        raise errors.NotFound(f"Zu „{wanted}“ gibt es keinen Vorgang. Erwartet wird eine Fallnummer oder ein Kassenzeichen.")
    return found


def book_payment(
    tx: Connection,
    tenant_id: int,
    *,
    reference: str,
    amount_cent: int,
    value_on: date,
    method: str,
    by: str,
    now: datetime,
    receipt: str | None = None,
    measure_id: UUID | None = None,
) -> payments.Payment:
    """Book a payment by hand (transfer or cash); with `measure_id` what the third party of a seizure paid: forced, on that measure."""
    if measure_id is not None:
        return measures.book_payment(
            tx, tenant_id=tenant_id, measure_id=measure_id, amount_cent=amount_cent, value_on=value_on, method="drittschuldner", by=by, now=now,
        )  # fmt: skip
    if method not in MANUAL_METHODS:
        raise errors.InvalidInput("Von Hand werden nur Überweisungen und Barzahlungen gebucht.")
    return payments.book(
        tx,
        tenant_id=tenant_id,
        reference=reference,
        amount_cent=amount_cent,
        value_on=value_on,
        method=method,
        by=by,
        now=now,
        receipt=receipt,
    )


def set_hold(tx: Connection, tenant_id: int, claim_uuid: UUID, *, reason: str, until_on: date | None, by: str, now: datetime) -> None:
    """Hold a claim and tell its processes."""
    holds.set(tx, claims.find(tx, claim_uuid), reason=reason, until_on=until_on, by=by, now=now, sender_tenant_id=tenant_id)


def lift_hold(tx: Connection, tenant_id: int, claim_uuid: UUID, *, by: str, now: datetime) -> None:
    """Lift the holds of a claim and tell its processes."""
    holds.lift(tx, claims.find(tx, claim_uuid), by=by, now=now, sender_tenant_id=tenant_id)


def record_objection(tx: Connection, tenant_id: int, claim_uuid: UUID, *, body: str, by: str, now: datetime) -> None:
    """Keep an objection in the file and tell the processes of the claim. Law: § 256 AO, § 7 VwVG NRW."""
    claim = claims.find(tx, claim_uuid)
    note = notes.keep(tx, tenant_id=tenant_id, subject="Einwendung", body=body, by=by, now=now, claim=claim)
    payload = {"forderung_id": str(claim.uuid), "notiz": f"notiz:{note}"}
    messages.send(
        tx, "einwendung_eingegangen", tenants.claim_key(tx, claim), payload,
        tenant_id=tenant_id, to_tenant_id=claim.tenant_id, process_key="mahnung", now=now, optional=True,
    )  # fmt: skip
    for number in claims.open_cases(tx, claim):
        messages.send(
            tx, "einwendung_eingegangen", number, payload,
            tenant_id=tenant_id, to_tenant_id=claim.enforcing_tenant_id, process_key="beitreibung", now=now, optional=True,
        )  # fmt: skip


def record_returned_mail(tx: Connection, tenant_id: int, letter_uuid: UUID, *, reason: str, now: datetime) -> None:
    """Note that a letter came back and tell the processes that wrote it."""
    letter = letters.find(tx, tenant_id, letter_uuid)
    if letter.returned_on is not None:
        raise errors.Conflict(f"Der Rücklauf ist schon am {letter.returned_on:%d.%m.%Y} vermerkt ({letter.return_reason}).")
    letters.set_returned(tx, tenant_id, letter_uuid, on=now.astimezone(BERLIN).date(), reason=reason)
    payload = {"schreiben_id": str(letter_uuid), "grund": reason}
    if letter.case_number:
        messages.send(tx, "post_zurueck", letter.case_number, payload, tenant_id=tenant_id, now=now, optional=True)
    for claim_uuid in letter.claim_uuids if not letter.case_number else ():
        key = tenants.claim_key(tx, claims.find(tx, claim_uuid))
        messages.send(tx, "post_zurueck", key, payload, tenant_id=tenant_id, process_key="mahnung", now=now, optional=True)


def _today_of(tx: Connection) -> date:
    moment = tx.execute(
        text(
            "select coalesce(w.virtual_now, clock_timestamp()) from tenant t join world w on w.id = t.world_id"
            " where t.id = current_setting('app.tenant')::bigint"
        )
    ).scalar_one()
    day: date = moment.astimezone(BERLIN).date()
    return day
