"""The claims of a case as the diagrams see them: amounts of the day and the facts that enforceability depends on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, select

from engine import tables as engine_tables
from processes import money
from processes.casefile import claim_kinds, claims, holds, ledger, tables
from processes.law import deadlines


def facts(
    tx: Connection, *, tenant_id: int, case_number: str, calendar: str, on: date, only: Collection[UUID] | None = None
) -> list[dict[str, object]]:
    """Return one context per claim x debtor of the case, oldest due date first; `only`: just these claims.

    Keys: forderung_id, glaeubiger (slug), kassenzeichen, op_nr, forderungsart, gruppe, hauptforderung, offene_hauptforderung,
    saeumniszuschlag, mahngebuehr, kosten, offener_betrag (euros), faellig_am, bekanntgegeben_am, wartewoche_bis, mahnung_noetig,
    mahnung_am, mahnfrist_bis, rechtskraft_noetig, rechtskraft_am, gesperrt, sperre_grund. Dates may be null.
    """
    found = [claim for claim in claims.of_case(tx, tenant_id, case_number) if only is None or claim.uuid in only]
    balances = ledger.balances(tx, found, on)
    debtor_of = _debtors(tx, tenant_id, case_number)
    slugs = _slugs(tx, {claim.tenant_id for claim in found})
    return [_facts(tx, claim, balances[claim.key], debtor_of[claim.key], slugs[claim.tenant_id], calendar, on) for claim in found]


def _facts(
    tx: Connection, claim: claims.Claim, balance: ledger.Balance, debtor_id: int, creditor: str, calendar: str, on: date
) -> dict[str, object]:
    kind = claim_kinds.kind_of(claim.kind)
    debtor = next((link for link in claims.debtors_of(tx, claim) if link.debtor_id == debtor_id), None)
    notified_on = debtor.notified_on if debtor else claim.notified_on
    hold = holds.is_held(tx, claim, debtor_id, on)
    return {
        "forderung_id": str(claim.uuid),
        "glaeubiger": creditor,
        "kassenzeichen": claim.reference,
        "op_nr": claim.item_number,
        "forderungsart": claim.kind,
        "hauptforderung": money.euro(claim.principal_cent),
        "offene_hauptforderung": money.euro(balance.principal_cent),
        "saeumniszuschlag": money.euro(balance.surcharge_cent),
        "mahngebuehr": money.euro(balance.open_cent.get(ledger.MAHNGEBUEHR, 0)),
        "kosten": money.euro(balance.open_cent.get(ledger.KOSTEN, 0)),
        "offener_betrag": money.euro(balance.total_cent),
        "faellig_am": claim.payable_on,
        "bekanntgegeben_am": notified_on,
        "wartewoche_bis": deadlines.waiting_week_end(notified_on, claim.payable_on, calendar) if notified_on else None,
        "mahnung_noetig": kind.is_dunned,
        "mahnung_am": debtor.dunned_on if debtor else claim.dunned_on,
        "mahnfrist_bis": debtor.dunning_deadline_on if debtor else claim.dunning_deadline_on,
        "rechtskraft_noetig": kind.is_fine,
        "rechtskraft_am": claim.final_on,
        "gesperrt": hold is not None,
        "sperre_grund": hold.reason if hold else None,
    }


def _debtors(tx: Connection, tenant_id: int, case_number: str) -> dict[tuple[int, int], int]:
    link = tables.case_claim.c
    statement = select(link.tenant_id, link.claim_id, link.debtor_id).where(
        link.enforcing_tenant_id == tenant_id, link.case_number == case_number, link.left_at.is_(None)
    )
    return {(row.tenant_id, row.claim_id): row.debtor_id for row in tx.execute(statement)}


def _slugs(tx: Connection, tenant_ids: Collection[int]) -> dict[int, str]:
    c = engine_tables.tenant.c
    return {row.id: row.slug for row in tx.execute(select(c.id, c.slug).where(c.id.in_(tenant_ids)))}
