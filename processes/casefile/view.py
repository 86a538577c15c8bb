"""What people see of the case file: a claim or a case with names, sums, bookings and notes; and `akte.*` for forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from engine import errors
from processes import money
from processes.casefile import claims, debtors, holds, ledger, notes, payments, tenants, timeline


@dataclass(frozen=True, slots=True)
class DebtorView:
    """A debtor of a claim, with what was sent to it and what stops the claim against it."""

    debtor: debtors.Debtor
    link: claims.ClaimDebtor
    hold: holds.Hold | None


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim as a page shows it: creditor, debtors, balance on `as_of`, bookings, timeline, the tenant's own notes."""

    claim: claims.Claim
    creditor: tenants.Tenant
    debtors: Sequence[DebtorView]
    balance: ledger.Balance
    statement: Sequence[ledger.StatementLine]
    timeline: Sequence[timeline.Entry]
    notes: Sequence[notes.Note]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as a page shows it: every claim it ever held, the fees of its measures, payments, timeline, notes, and what is open in it now.

    left: claim key -> how and when it left the case, for those that did.
    """

    number: str
    claims: Sequence[ClaimView]
    left: Mapping[tuple[int, int], tuple[str, datetime]]
    fees: ledger.Balance
    fee_statement: Sequence[ledger.StatementLine]
    payments: Sequence[payments.Payment]
    timeline: Sequence[timeline.Entry]
    notes: Sequence[notes.Note]
    total_cent: int


@dataclass(frozen=True, slots=True)
class ExtractLine:
    """What a partner sees of one of its claims: no other city's claims, measures or notes."""

    claim: claims.Claim
    balance: ledger.Balance
    case_numbers: Sequence[str]
    is_held: bool


def of_claim(tx: Connection, tenant_id: int, claim: claims.Claim, as_of: date) -> ClaimView:
    """Return a claim as `tenant_id` may see it."""
    return ClaimView(
        claim=claim,
        creditor=tenants.find(tx, claim.tenant_id),
        debtors=[
            DebtorView(debtors.by_id(tx, link.tenant_id, link.debtor_id), link, holds.is_held(tx, claim, link.debtor_id, as_of))
            for link in claims.debtors_of(tx, claim)
        ],
        balance=ledger.balance(tx, claim.uuid, as_of),
        statement=ledger.statement(tx, ledger.of_claim(claim)),
        timeline=timeline.of_claim(tx, claim),
        notes=notes.of_claim(tx, tenant_id, claim),
    )


def of_case(tx: Connection, enforcing_tenant_id: int, case_number: str, as_of: date) -> CaseView:
    """Return a case, open or closed, as the enforcing authority sees it. Raises errors.NotFound."""
    ever = claims.ever_in_case(tx, enforcing_tenant_id, case_number)
    if not ever:
        raise errors.NotFound(f"Den Fall {case_number} gibt es nicht, oder er gehört einem anderen Mandanten.")
    bundled = [claim for claim, _, _ in ever]
    left = {claim.key: (result or "", left_at) for claim, result, left_at in ever if left_at is not None}
    shown = [of_claim(tx, enforcing_tenant_id, claim, as_of) for claim in bundled]
    fees = ledger.case_balance(tx, enforcing_tenant_id, case_number, as_of)
    return CaseView(
        number=case_number,
        claims=shown,
        left=left,
        fees=fees,
        fee_statement=ledger.statement(tx, ledger.of_case(enforcing_tenant_id, case_number)),
        payments=payments.of_case(tx, enforcing_tenant_id, case_number),
        timeline=timeline.of_case(tx, enforcing_tenant_id, case_number, bundled),
        notes=notes.of_case(tx, enforcing_tenant_id, case_number),
        total_cent=sum(view.balance.total_cent for view in shown if view.claim.key not in left) + fees.total_cent,
    )


def extract(tx: Connection, tenant_id: int, as_of: date, *, after_id: int = 0, limit: int = 500) -> list[ExtractLine]:
    """Return a page of the creditor's own claims with their balances, for a partner's list."""
    found = claims.of_tenant(tx, tenant_id, after_id=after_id, limit=limit)
    open_now = ledger.balances(tx, found, as_of)
    held = {(hold.tenant_id, hold.claim_id) for hold in holds.open_holds(tx, found, as_of)} if found else set()
    return [ExtractLine(claim, open_now[claim.key], claims.open_cases(tx, claim), claim.key in held) for claim in found]


def form_context(tx: Connection, variables: Mapping[str, object], as_of: date) -> dict[str, object]:
    """Return what forms may show under `akte.*`, from the ids among an instance's variables.

    akte: {schuldner, anschrift, geburtsdatum, geboren (text), rechtsform, email, vertreter, glaeubiger, kassenzeichen, offener_betrag,
    forderungen: [{forderung_id, glaeubiger, kassenzeichen, op_nr, forderungsart, faellig_am, offener_betrag}], vorschlaege: [{schuldner_id,
    name, geboren, anschrift, nummer, gruende}]}; what is unknown is missing.
    """
    found = _claims_of(tx, variables)
    akte: dict[str, object] = {}
    wanted = _id(variables.get("schuldner_id"))
    if wanted is not None:
        akte |= _debtor_facts(debtors.find(tx, wanted))
    proposed = variables.get("vorschlaege")
    if isinstance(proposed, list):
        akte["vorschlaege"] = [_proposal(tx, row) for row in proposed if isinstance(row, dict) and _id(row.get("schuldner_id"))]
    if found:
        open_now = ledger.balances(tx, found, as_of)
        akte["forderungen"] = [
            {
                "forderung_id": str(claim.uuid), "glaeubiger": tenants.find(tx, claim.tenant_id).name, "kassenzeichen": claim.reference,
                "op_nr": claim.item_number, "forderungsart": claim.kind, "faellig_am": claim.payable_on,
                "offener_betrag": money.euro(open_now[claim.key].total_cent),
            }
            for claim in found
        ]  # fmt: skip
        akte["offener_betrag"] = money.euro(sum(balance.total_cent for balance in open_now.values()))
        akte["kassenzeichen"] = ", ".join(claim.reference for claim in found)
        akte["glaeubiger"] = ", ".join(dict.fromkeys(tenants.find(tx, claim.tenant_id).name for claim in found))
    return akte


def _proposal(tx: Connection, row: Mapping[str, object]) -> dict[str, object]:
    """Return a proposed debtor with what a person compares; the instance keeps only its id and the reasons."""
    debtor = debtors.find(tx, UUID(str(row["schuldner_id"])))
    facts = _debtor_facts(debtor)
    words = str(row.get("beschriftung", "")).partition(": ")
    return {
        "schuldner_id": str(debtor.uuid), "name": facts["schuldner"], "geboren": facts["geboren"], "anschrift": facts["anschrift"],
        "nummer": words[0], "gruende": words[2],
    }  # fmt: skip


def _debtor_facts(debtor: debtors.Debtor) -> dict[str, object]:
    person = debtor.person
    return {
        "schuldner": person.display_name, "anschrift": f"{person.address_line}, {person.postcode} {person.town}", "schuldner_nr": debtor.number,
        "geburtsdatum": person.born_on, "geboren": f"{person.born_on:%d.%m.%Y}" if person.born_on else "unbekannt",
        "rechtsform": debtor.legal_form, "email": person.email, "vertreter": person.representative,
    }  # fmt: skip


def _claims_of(tx: Connection, variables: Mapping[str, object]) -> list[claims.Claim]:
    single, listed = variables.get("forderung_id"), variables.get("forderungen")
    rows = listed if isinstance(listed, list) else []
    ids = [single] if isinstance(single, str) else [row.get("forderung_id") for row in rows if isinstance(row, dict)]
    return [claims.find(tx, one) for one in map(_id, ids) if one is not None]


def _id(value: object) -> UUID | None:
    """Return the id a variable holds, None where it is none: a diagram of somebody else may use our name for its own."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
