"""Runs over many claims: the Mahnlauf takes every claim that waits for it and is not held, one letter per debtor.

`start` lists the claims once; then each debtor is one transaction, so a stopped run goes on where it stopped. Nothing here opens
a transaction: `process` asks the caller's `begin` for one per debtor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, update

from engine import clock, jobs, messages
from processes import money
from processes.casefile import claim_kinds, claims, debtors, holds, ledger, letter_tables, tenants
from processes.law import deadlines

BERLIN = ZoneInfo("Europe/Berlin")
MAHNLAUF, MAHNUNG = "mahnlauf", "mahnung"
SAMPLE = 10
Begin = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would take: claims, debtors, open cents, and a sample of claim keys. `held`: waiting but under a hold."""

    claims: int
    debtors: int
    open_cent: int
    held: int
    sample: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did."""

    run_id: UUID
    run_on: date
    claims: int
    taken: int
    left: int
    letters: int


def preview(tx: Connection, tenant_id: int, *, now: datetime) -> Preview:
    """Return what a Mahnlauf would take today; nothing is written."""
    today = now.astimezone(BERLIN).date()
    waiting = _waiting(tx, tenant_id)
    free = [claim for claim in waiting if holds.is_held(tx, claim, claim.debtor_id, today) is None]
    open_cent = sum(balance.total_cent for balance in ledger.balances(tx, free, today).values())
    keys = tuple(claim.text_key for claim in free[:SAMPLE])
    return Preview(len(free), len({claim.debtor_id for claim in free}), open_cent, len(waiting) - len(free), keys)


def start(tx: Connection, tenant_id: int, *, by: str, now: datetime) -> UUID:
    """Write down which claims the run takes, and return its id."""
    run_id, today = clock.new_uuid(), now.astimezone(BERLIN).date()
    row = {"tenant_id": tenant_id, "uuid": run_id, "kind": MAHNLAUF, "run_on": today, "started_by": by, "started_at": now}
    tx.execute(insert(letter_tables.bulk_run), row)
    waiting = [claim for claim in _waiting(tx, tenant_id) if holds.is_held(tx, claim, claim.debtor_id, today) is None]
    people = {claim.debtor_id: debtors.by_id(tx, tenant_id, claim.debtor_id).uuid for claim in waiting}
    rows = [
        {"tenant_id": tenant_id, "run_uuid": run_id, "claim_uuid": claim.uuid, "debtor_uuid": people[claim.debtor_id]} for claim in waiting
    ]
    if rows:
        tx.execute(insert(letter_tables.bulk_item), rows)
    return run_id


def process(begin: Begin, tenant_id: int, run_id: UUID, *, progress: Callable[[int, int], None] | None = None) -> RunReport:
    """Take every debtor of the run, each in a transaction of its own; a stopped run is continued by calling again."""
    with begin() as tx:
        waiting = _debtors(tx, tenant_id, run_id)
    for number, debtor_uuid in enumerate(waiting, start=1):
        with begin() as tx:
            take_debtor(tx, tenant_id, run_id, debtor_uuid, now=clock.now(tx, tenant_id))
        if progress is not None:
            progress(number, len(waiting))
    with begin() as tx:
        return finish(tx, tenant_id, run_id, now=clock.now(tx, tenant_id))


def take_debtor(tx: Connection, tenant_id: int, run_id: UUID, debtor_uuid: UUID, *, now: datetime) -> int:
    """Send `mahnlauf` to the waiting processes of one debtor's claims; return how many went on to the letter."""
    c = letter_tables.bulk_item.c
    mine = (c.tenant_id == tenant_id, c.run_uuid == run_id, c.debtor_uuid == debtor_uuid, c.state == "waiting")
    found = [
        claims.find(tx, row.claim_uuid) for row in tx.execute(select(c.claim_uuid).where(*mine).order_by(c.claim_uuid).with_for_update())
    ]
    if not found:
        return 0
    today, letter_uuid = now.astimezone(BERLIN).date(), uuid5(run_id, str(debtor_uuid))
    calendar = tenants.profile(tx, tenant_id).holiday_calendar
    deadline = max(deadlines.dunning_deadline(today, claim_kinds.kind_of(claim.kind).notification_law, calendar) for claim in found)
    open_now = ledger.balances(tx, found, today)
    common: dict[str, object] = {
        "lauf_id": str(run_id), "lauf_am": today, "schreiben_id": str(letter_uuid), "posten_anzahl": len(found), "mahnfrist_bis": deadline,
        "summe_hauptforderungen": money.euro(sum(open_now[claim.key].principal_cent for claim in found)),
    }  # fmt: skip
    taken = 0
    for claim in found:
        key = tenants.claim_key(tx, claim)
        received = messages.correlate(
            tx, MAHNLAUF, key, {**common, "erster_posten": taken == 0}, tenant_id=tenant_id, now=now, by=MAHNLAUF, process_key=MAHNUNG
        )
        goes_on = any(topic == "post_charge" for instance_id in received for _, topic in jobs.open_topics(tx, tenant_id, instance_id))
        taken += goes_on
        state = (
            {"state": "taken", "letter_uuid": letter_uuid}
            if goes_on
            else {"state": "left", "reason": "Der Prozess nahm einen anderen Weg."}
        )
        tx.execute(update(letter_tables.bulk_item).where(*mine[:2], c.claim_uuid == claim.uuid).values(state))
    return taken


def finish(tx: Connection, tenant_id: int, run_id: UUID, *, now: datetime) -> RunReport:
    """Close the run and return what it did."""
    run, c = letter_tables.bulk_run.c, letter_tables.bulk_item.c
    tx.execute(
        update(letter_tables.bulk_run)
        .where(run.tenant_id == tenant_id, run.uuid == run_id, run.finished_at.is_(None))
        .values(finished_at=now)
    )
    run_on = tx.execute(select(run.run_on).where(run.tenant_id == tenant_id, run.uuid == run_id)).scalar_one()
    mine = (c.tenant_id == tenant_id, c.run_uuid == run_id)
    counts = {row.state: row.n for row in tx.execute(select(c.state, func.count().label("n")).where(*mine).group_by(c.state))}
    letters = tx.execute(select(func.count(func.distinct(c.letter_uuid))).where(*mine)).scalar_one()
    taken = counts.get("taken", 0) + counts.get("arrived", 0)
    return RunReport(run_id, run_on, sum(counts.values()), taken, counts.get("left", 0), letters)


def arrive(tx: Connection, tenant_id: int, letter_uuid: UUID, claim_uuid: UUID) -> list[UUID] | None:
    """Note that a claim has reached its letter; return all claims of the letter when it was the last one, else None."""
    c = letter_tables.bulk_item.c
    group = (c.tenant_id == tenant_id, c.letter_uuid == letter_uuid, c.state.in_(("taken", "arrived")))
    rows = tx.execute(select(c.claim_uuid, c.state).where(*group).order_by(c.claim_uuid).with_for_update()).all()
    if not rows:
        return [claim_uuid]
    tx.execute(update(letter_tables.bulk_item).where(*group[:2], c.claim_uuid == claim_uuid).values(state="arrived"))
    if any(row.state == "taken" and row.claim_uuid != claim_uuid for row in rows):
        return None
    return [row.claim_uuid for row in rows]


def _waiting(tx: Connection, tenant_id: int) -> list[claims.Claim]:
    found = []
    for key in messages.waiting(tx, tenant_id, MAHNLAUF, MAHNUNG):
        _, reference, item_number = key.split("/")
        claim = claims.by_key(tx, tenant_id, reference, item_number)
        if claim is not None:
            found.append(claim)
    return found


def _debtors(tx: Connection, tenant_id: int, run_id: UUID) -> Sequence[UUID]:
    c = letter_tables.bulk_item.c
    statement = (
        select(c.debtor_uuid).where(c.tenant_id == tenant_id, c.run_uuid == run_id, c.state == "waiting").distinct().order_by(c.debtor_uuid)
    )
    return list(tx.execute(statement).scalars())
