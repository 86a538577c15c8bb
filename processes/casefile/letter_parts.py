"""What every letter is made of: who writes, to whom, and where the money goes. Names and addresses; never into the history."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from sqlalchemy import Connection, select

from engine import errors
from processes import letters as printing
from processes.casefile import debtors, measures, tables, tenants

_NOTE = re.compile(r"notiz:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Content:
    """A letter to one recipient: `key` tells the letters of one job apart, `inputs` is what the template prints.

    `inputs["werte"]` holds the facts without names (amounts, days), by which scenarios and pages know a letter.
    """

    key: str
    subject: str
    inputs: Mapping[str, object]
    claim_uuids: Sequence[UUID] = ()
    case_number: str | None = None
    measure_uuid: UUID | None = None
    is_first: bool = field(default=False)

    def letter_uuid(self, base: UUID) -> UUID:
        """Return the letter's id: the first one of a job has the job's letter id itself."""
        return base if self.is_first else uuid5(base, self.key)


def sender(tx: Connection, tenant_id: int) -> dict[str, object]:
    """Return letterhead and account of a tenant. Raises errors.NotFound if its profile is missing."""
    own = tenants.profile(tx, tenant_id)
    return {
        "name": own.official_name, "stelle": own.office, "strasse": own.street, "plz": own.postcode, "ort": own.town, "telefon": own.phone,
        "email": own.email, "web": own.website, "kontoinhaber": own.account_holder, "iban": own.iban.replace(" ", ""), "bic": own.bic,
        "bank": own.bank, "land": own.land,
    }  # fmt: skip


def recipient(debtor: debtors.Debtor) -> dict[str, object]:
    """Return address lines and salutation of a debtor."""
    person = debtor.person
    lines = [person.display_name]
    if person.representative:
        lines.append(person.representative)
    lines += [person.address_line, f"{person.postcode} {person.town}"]
    if person.country not in ("DE", ""):
        lines.append(person.country)
    greeting = f"Guten Tag {person.display_name}," if debtor.is_natural else "Sehr geehrte Damen und Herren,"
    return {"name": person.display_name, "zeilen": lines, "anrede": greeting}


def payable(head: Mapping[str, object], amount_cent: int, reference: str) -> dict[str, object]:
    """Return the GiroCode of a sum, nothing for a sum that nobody has to pay."""
    if amount_cent <= 0:
        return {}
    payload = printing.girocode(
        holder=str(head["kontoinhaber"]), iban=str(head["iban"]), amount_cent=amount_cent, reference=reference
    )  # fmt: skip
    return {"girocode": payload}


def case_debtor(tx: Connection, tenant_id: int, case_number: str) -> debtors.Debtor:
    """Return the debtor of a case. Raises errors.NotFound."""
    c = tables.enforcement_case.c
    row = tx.execute(select(c.debtor_tenant_id, c.debtor_id).where(c.tenant_id == tenant_id, c.number == case_number)).first()
    if row is None:
        raise errors.NotFound(f"Den Fall {case_number} gibt es nicht.")
    return debtors.by_id(tx, row.debtor_tenant_id, row.debtor_id)


def words(tx: Connection, tenant_id: int, value: str | None) -> str | None:
    """Return the text with each `notiz:<uuid>` replaced by what the note says."""
    return None if value is None else _NOTE.sub(lambda found: measures.words_of(tx, tenant_id, found[0]), value)
