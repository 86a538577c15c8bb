"""What the letters about claims say: Mahnung, announcement of enforcement, return to the creditor; from the case file of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from engine import deployments, errors
from processes import money
from processes.casefile import claims, debtors, holds, ledger, letter_parts, tenants

MAX_REFERENCE = 140  # of a transfer's text


def mahnung(
    tx: Connection, tenant_id: int, claim_uuids: Sequence[UUID], *, deadline_on: date, today: date, again: bool
) -> tuple[list[letter_parts.Content], dict[UUID, list[int]]]:
    """Return one letter per debtor with what it owes of the claims, and claim uuid -> ids of the debtors it is dunned against.

    A debtor under a hold gets none. Contents (domain: § 19 VwVG NRW): claim, cause, amount with accrued surcharge, fee, deadline,
    consequence, account. Raises errors.Incident if nothing is owed any more.
    """
    found = [claims.find(tx, uuid) for uuid in claim_uuids]
    if any(claim.tenant_id != tenant_id for claim in found):
        raise errors.Incident("Eine Mahnung schreibt nur der Gläubiger der Forderung.")
    open_now = ledger.balances(tx, found, today)
    owed = [claim for claim in found if open_now[claim.key].total_cent > 0]
    by_debtor: dict[int, list[claims.Claim]] = {}
    dunned: dict[UUID, list[int]] = {}
    for claim in sorted(owed, key=lambda claim: (claim.payable_on, claim.reference, claim.item_number)):
        for link in claims.debtors_of(tx, claim):
            if holds.is_held(tx, claim, link.debtor_id, today) is None:
                by_debtor.setdefault(link.debtor_id, []).append(claim)
                dunned.setdefault(claim.uuid, []).append(link.debtor_id)
    if not by_debtor:
        raise errors.Incident("Zu mahnen ist nichts mehr: Die Forderung ist bezahlt oder gegen alle Schuldner gesperrt.")
    head = letter_parts.sender(tx, tenant_id)
    main = owed[0].debtor_id if owed[0].debtor_id in by_debtor else next(iter(by_debtor))
    contents = []
    for debtor_id, own in by_debtor.items():
        debtor = debtors.by_id(tx, tenant_id, debtor_id)
        joint = any(len(claims.debtors_of(tx, claim)) > 1 for claim in own)
        inputs = _mahnung_inputs(head, debtor, own, open_now, deadline_on, today) | {"gesamtschuldner": joint, "wiederholung": again}
        contents.append(
            letter_parts.Content(
                key=str(debtor.uuid),
                subject="Mahnung",
                inputs=inputs,
                claim_uuids=[claim.uuid for claim in own],
                is_first=debtor_id == main,
            )
        )
    return contents, dunned


def ankuendigung(
    tx: Connection, tenant_id: int, case_number: str, claim_uuids: Sequence[UUID], *, deadline_on: date, today: date
) -> letter_parts.Content:
    """Return the Vollstreckungsankündigung to the debtor of a case: no fee, all claims by kind, the total as of today.

    `claim_uuids` empty: every claim of the case that is not held. Raises errors.Incident if nothing is owed.
    """
    debtor = letter_parts.case_debtor(tx, tenant_id, case_number)
    wanted = set(claim_uuids)
    bundled = [claim for claim in claims.of_case(tx, tenant_id, case_number) if not wanted or claim.uuid in wanted]
    free = [claim for claim in bundled if wanted or holds.is_held(tx, claim, debtor.id, today) is None]
    open_now = ledger.balances(tx, free, today)
    owed = [claim for claim in free if open_now[claim.key].total_cent > 0]
    fees = ledger.case_balance(tx, tenant_id, case_number, today)
    total_cent = sum(open_now[claim.key].total_cent for claim in owed) + fees.total_cent
    if total_cent <= 0:
        raise errors.Incident("Anzukündigen ist nichts mehr: Die Forderungen sind bezahlt oder gesperrt.")
    head = letter_parts.sender(tx, tenant_id)
    items = [item(claim, open_now[claim.key]) | {"glaeubiger": tenants.find(tx, claim.tenant_id).name} for claim in owed]
    inputs = {
        "absender": head,
        "empfaenger": letter_parts.recipient(debtor),
        "datum": today,
        "zeichen": case_number,
        "posten": items,
        "kosten_massnahmen": money.euro(fees.total_cent),
        "werte": {"gesamtbetrag": money.euro(total_cent), "ankuendigung_frist_bis": deadline_on, "gebuehr": money.euro(0), **sums(items)},
        **letter_parts.payable(head, total_cent, case_number),
    }
    return letter_parts.Content(
        key=str(debtor.uuid), subject="Vollstreckungsankündigung", inputs=inputs, claim_uuids=[claim.uuid for claim in owed],
        case_number=case_number, is_first=True,
    )  # fmt: skip


def rueckgabe(
    tx: Connection, tenant_id: int, case_number: str, creditor: str, claim_uuids: Sequence[UUID], *, reason: str, today: date
) -> letter_parts.Content:
    """Return the letter that gives a creditor's claims back to it, with what is open of each. It learns nothing of other creditors."""
    debtor = letter_parts.case_debtor(tx, tenant_id, case_number)
    receiver = tenants.find(tx, deployments.tenant_by_slug(tx, creditor, beside=tenant_id))
    wanted = set(claim_uuids)
    own = [
        claim
        for claim in claims.of_case(tx, tenant_id, case_number)
        if claim.tenant_id == receiver.id and (not wanted or claim.uuid in wanted)
    ]
    if not own:
        raise errors.Incident(f"Im Fall {case_number} gibt es keine Forderungen von {receiver.name} zurückzugeben.")
    items = [item(claim, ledger.balance(tx, claim.uuid, today)) for claim in own]
    inputs = {
        "absender": letter_parts.sender(tx, tenant_id),
        "empfaenger": {"name": receiver.name, "zeilen": [receiver.name, "Stadtkasse"], "anrede": "Sehr geehrte Damen und Herren,"},
        "datum": today,
        "zeichen": case_number,
        "schuldner": {"name": debtor.person.display_name, "nummer": debtor.number if debtor.tenant_id == receiver.id else None},
        "posten": items,
        "grund": letter_parts.words(tx, tenant_id, reason),
        "werte": {"gesamtbetrag": sum((_amount(row["gesamt"]) for row in items), Decimal("0.00")), "anzahl": len(items), **sums(items)},
    }
    return letter_parts.Content(
        key=f"rueckgabe:{creditor}", subject="Rückgabe von Forderungen", inputs=inputs, claim_uuids=[claim.uuid for claim in own],
        case_number=case_number, is_first=True,
    )  # fmt: skip


def _mahnung_inputs(
    head: Mapping[str, object],
    debtor: debtors.Debtor,
    own: Sequence[claims.Claim],
    open_now: Mapping[tuple[int, int], ledger.Balance],
    deadline_on: date,
    today: date,
) -> dict[str, object]:
    items = [item(claim, open_now[claim.key]) for claim in own]
    total_cent = sum(open_now[claim.key].total_cent for claim in own)
    reference = references(own)
    return {
        "absender": head,
        "empfaenger": letter_parts.recipient(debtor),
        "datum": today,
        "zeichen": reference,
        "posten": items,
        "werte": {"gesamtbetrag": money.euro(total_cent), "mahnfrist_bis": deadline_on, **sums(items)},
        **letter_parts.payable(head, total_cent, reference),
    }


def item(claim: claims.Claim, balance: ledger.Balance) -> dict[str, object]:
    """Return a claim as a row of a letter's table, amounts in euros as of the balance's day."""
    period = f"{claim.period_from:%d.%m.%Y}–{claim.period_to:%d.%m.%Y}" if claim.period_from and claim.period_to else None
    open_cent = balance.open_cent
    return {
        "kassenzeichen": claim.reference, "op_nr": claim.item_number, "forderungsart": claim.kind, "zeitraum": period,
        "bescheid_vom": claim.notice_on, "faellig_am": claim.payable_on,
        "hauptforderung": money.euro(balance.principal_cent), "saeumniszuschlag": money.euro(balance.surcharge_cent),
        "mahngebuehr": money.euro(open_cent.get(ledger.MAHNGEBUEHR, 0)), "kosten": money.euro(open_cent.get(ledger.KOSTEN, 0)),
        "gesamt": money.euro(balance.total_cent),
    }  # fmt: skip


def sums(items: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return the column sums of the rows in euros."""
    columns = ("hauptforderung", "saeumniszuschlag", "mahngebuehr", "kosten")
    return {column: sum((_amount(row[column]) for row in items), Decimal("0.00")) for column in columns}


def references(own: Sequence[claims.Claim]) -> str:
    """Return the Kassenzeichen of the claims as text of a transfer, as many as fit."""
    text = ""
    for reference in dict.fromkeys(claim.reference for claim in own):
        longer = f"{text} {reference}".strip()
        if len(longer) > MAX_REFERENCE:
            break
        text = longer
    return text


def _amount(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
