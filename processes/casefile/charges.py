"""Fees on a claim: which stands, taking one back, and changes of the principal by the creditor."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import errors
from processes import money
from processes.casefile import announcements, claims, ledger, notes, timeline
from processes.law import allocation

BERLIN = ZoneInfo("Europe/Berlin")
KINDS = (ledger.MAHNGEBUEHR, ledger.KOSTEN)
REDUCED, WITHDRAWN = "gemindert", "zurueckgenommen"


def standing(tx: Connection, claim: claims.Claim, kind: str) -> list[ledger.Booking]:
    """Return the charges of this kind that were not taken back."""
    rows = [row for row in ledger.bookings(tx, [ledger.of_claim(claim)]) if row.kind == kind]
    taken_back = {row.reverses_id for row in rows}
    return [row for row in rows if row.reverses_id is None and row.id not in taken_back]


def take_back(tx: Connection, claim: claims.Claim, kind: str, *, source: str, law: str, by: str, now: datetime) -> int:
    """Reverse the standing charges of a kind and return their sum in cents; what was paid on them settles other debts of the claim."""
    charged = standing(tx, claim, kind)
    for row in charged:
        ledger.reverse(tx, row, source=f"{source}/{row.id}", law=law, by=by, now=now)
    settle_credit(tx, claim, source=source, law=law, by=by, now=now)
    return sum(row.amount_cent for row in charged)


def settle_credit(tx: Connection, claim: claims.Claim, *, source: str, law: str, by: str, now: datetime) -> int:
    """Move what was paid too much on one component to the others (§ 225 Abs. 2 AO) and return what is left over, in cents.

    What is left over stays as a credit of the claim, with a note for a person.
    """
    today = now.astimezone(BERLIN).date()
    rows = ledger.bookings(tx, [ledger.of_claim(claim)])
    open_cent = ledger.claim_balance(claim, rows, today).open_cent
    credit = {component: -cent for component, cent in open_cent.items() if cent < 0}
    total = sum(credit.values())
    if not total:
        return 0
    rank = allocation.PRINCIPAL_RANKS[claim.rank]
    debts = [allocation.Debt("", component, cent, claim.payable_on, rank) for component, cent in open_cent.items() if cent > 0]
    settled = allocation.voluntary(total, debts)
    moves = [(share.component, -share.cent) for share in settled.shares]
    left = total - settled.rest_cent
    for component, cent in credit.items():
        taken = min(cent, left)
        left -= taken
        moves.append((component, taken))
    for component, cent in moves:
        if cent:
            ledger.post(tx, ledger.of_claim(claim), ledger.ZAHLUNG, cent, component=component, value_on=today, law=law, by=by, now=now,
                        source=f"{source}/umbuchung/{component}")  # fmt: skip
    if settled.rest_cent:
        body = f"Auf der Forderung {claim.text_key} steht ein Guthaben von {money.german(settled.rest_cent)}. Bitte über Erstattung entscheiden."
        notes.keep(tx, tenant_id=claim.tenant_id, subject="Guthaben", body=body, by=by, now=now, claim=claim)
    return settled.rest_cent


def change_claim(
    tx: Connection, claim: claims.Claim, kind: str, *, sender_tenant_id: int, by: str, now: datetime, reduce_by_cent: int | None = None
) -> None:
    """Book that the creditor reduced or withdrew its claim and tell the processes with `forderung_geaendert`.

    A reduction lowers the principal; surcharges that arose stay (§ 240 Abs. 1 Satz 4 AO). A withdrawal takes everything back that is open.
    Raises errors.InvalidInput for an unknown kind or an amount outside the open principal.
    """
    claims.lock(tx, [claim])
    today = now.astimezone(BERLIN).date()
    balance = ledger.balance(tx, claim.uuid, today)
    changes = {
        WITHDRAWN: {part: cent for part, cent in balance.open_cent.items() if cent > 0},
        REDUCED: {ledger.HAUPTFORDERUNG: reduce_by_cent or 0},
    }
    if kind not in changes or (kind == REDUCED and not 0 < (reduce_by_cent or 0) <= balance.principal_cent):
        raise errors.InvalidInput("Die Minderung muss größer als 0 sein und darf die offene Hauptforderung nicht übersteigen.")
    source = f"aenderung:{claim.uuid}:{len(ledger.bookings(tx, [ledger.of_claim(claim)]))}"
    ledger.accrue(tx, claim, today, source=source, by=by, now=now)
    for part, cent in changes[kind].items():
        ledger.post(
            tx, ledger.of_claim(claim), ledger.ABSETZUNG, -cent, component=part, value_on=today, source=f"{source}/{part}",
            law="Änderung durch den Gläubiger", by=by, now=now,
        )  # fmt: skip
    summary = "Forderung gemindert" if kind == REDUCED else "Forderung zurückgenommen"
    timeline.add(tx, claim=claim, kind=f"forderung_{kind}", summary=summary, amount_cent=-sum(changes[kind].values()), effective_on=today,
                 by=by, now=now)  # fmt: skip
    announcements.announce(tx, "forderung_geaendert", {"art": kind}, [claim], sender_tenant_id=sender_tenant_id, now=now)


def open_sums(balance: ledger.Balance) -> dict[str, object]:
    """Return what is open in euros under the names that processes use."""
    return {
        "offener_betrag": money.euro(balance.total_cent),
        "offene_hauptforderung": money.euro(balance.principal_cent),
        "saeumniszuschlag_betrag": money.euro(balance.surcharge_cent),
    }
