"""Letters of the case file: ordered exactly once in the transaction of a step, printed from frozen inputs, always the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, select, text, update
from sqlalchemy.dialects.postgresql import insert

from engine import bundles, errors
from processes import letters as printing
from processes.casefile import letter_tables

BERLIN = ZoneInfo("Europe/Berlin")
TABLE = letter_tables.letter
SHARED = printing.SHARED


@dataclass(frozen=True, slots=True)
class Letter:
    """An ordered letter; `inputs` is what the template prints."""

    tenant_id: int
    uuid: UUID
    template: str
    bundle_id: int
    subject: str
    case_number: str | None
    claim_uuids: tuple[UUID, ...]
    measure_uuid: UUID | None
    inputs: Mapping[str, object]
    sandbox: bool
    posted_on: date
    ordered_at: datetime
    sha256: bytes | None
    returned_on: date | None
    return_reason: str | None


_COLUMNS = [TABLE.c[name] for name in Letter.__dataclass_fields__]


def order(
    tx: Connection,
    tenant_id: int,
    letter_uuid: UUID,
    *,
    template: str,
    bundle_id: int,
    subject: str,
    inputs: Mapping[str, object],
    now: datetime,
    claim_uuids: Sequence[UUID] = (),
    case_number: str | None = None,
    measure_uuid: UUID | None = None,
) -> bool:
    """Order a letter posted today; False when it was ordered before (the same id is the same letter)."""
    query = text("select w.kind = 'sandbox' from tenant t join world w on w.id = t.world_id where t.id = :t")
    row = {
        "tenant_id": tenant_id, "uuid": letter_uuid, "template": template, "bundle_id": bundle_id, "subject": subject,
        "case_number": case_number, "claim_uuids": list(claim_uuids), "measure_uuid": measure_uuid, "inputs": printing.plain(inputs),
        "sandbox": tx.execute(query, {"t": tenant_id}).scalar_one(), "posted_on": now.astimezone(BERLIN).date(), "ordered_at": now,
    }  # fmt: skip
    return tx.execute(insert(TABLE).values(row).on_conflict_do_nothing().returning(TABLE.c.uuid)).first() is not None


def find(tx: Connection, tenant_id: int, letter_uuid: UUID) -> Letter:
    """Return a letter. Raises errors.NotFound."""
    row = tx.execute(select(*_COLUMNS).where(TABLE.c.tenant_id == tenant_id, TABLE.c.uuid == letter_uuid)).mappings().first()
    if row is None:
        raise errors.NotFound("Das Schreiben gibt es nicht, oder es gehört einem anderen Mandanten.")
    return _letter(row)


def of_case(tx: Connection, tenant_id: int, case_number: str) -> list[Letter]:
    """Return the letters of a case, oldest first."""
    return _select(tx, (TABLE.c.tenant_id == tenant_id) & (TABLE.c.case_number == case_number))


def of_claim(tx: Connection, tenant_id: int, claim_uuid: UUID) -> list[Letter]:
    """Return the letters that name a claim, oldest first."""
    return _select(tx, (TABLE.c.tenant_id == tenant_id) & TABLE.c.claim_uuids.contains([claim_uuid]))


def since(tx: Connection, tenant_id: int, moment: datetime) -> list[Letter]:
    """Return the letters ordered at or after a moment, oldest first."""
    return _select(tx, (TABLE.c.tenant_id == tenant_id) & (TABLE.c.ordered_at >= moment))


def unprinted(tx: Connection, tenant_id: int, *, limit: int = 100) -> list[UUID]:
    """Return letters that have no PDF yet."""
    statement = select(TABLE.c.uuid).where(TABLE.c.tenant_id == tenant_id, TABLE.c.pdf.is_(None)).order_by(TABLE.c.ordered_at).limit(limit)
    return list(tx.execute(statement).scalars())


def sheet(tx: Connection, tenant_id: int, letter_uuid: UUID) -> printing.Sheet:
    """Return everything that printing a letter needs, so that it can be printed outside the transaction."""
    letter = find(tx, tenant_id, letter_uuid)
    _, template = bundles.pinned(tx, letter.bundle_id, "letter", letter.template)
    _, shared = bundles.pinned(tx, letter.bundle_id, "letter", SHARED)
    return printing.Sheet(template, {f"{SHARED}.typ": shared}, letter.inputs, letter.posted_on, letter.sandbox)


def pdf(tx: Connection, tenant_id: int, letter_uuid: UUID) -> bytes:
    """Return the PDF of a letter, printing it now if that has not happened yet."""
    stored = tx.execute(select(TABLE.c.pdf).where(TABLE.c.tenant_id == tenant_id, TABLE.c.uuid == letter_uuid)).scalar()
    if stored is not None:
        return bytes(stored)
    content = printing.render(sheet(tx, tenant_id, letter_uuid))
    keep(tx, tenant_id, letter_uuid, content)
    return content


def keep(tx: Connection, tenant_id: int, letter_uuid: UUID, content: bytes) -> None:
    """Store the printed PDF with its hash; the first print stays."""
    tx.execute(
        update(TABLE)
        .where(TABLE.c.tenant_id == tenant_id, TABLE.c.uuid == letter_uuid, TABLE.c.pdf.is_(None))
        .values(pdf=content, sha256=hashlib.sha256(content).digest())
    )


def set_returned(tx: Connection, tenant_id: int, letter_uuid: UUID, *, on: date, reason: str) -> None:
    """Note that a letter came back."""
    tx.execute(
        update(TABLE).where(TABLE.c.tenant_id == tenant_id, TABLE.c.uuid == letter_uuid).values(returned_on=on, return_reason=reason)
    )


def _select(tx: Connection, condition: object) -> list[Letter]:
    statement = select(*_COLUMNS).where(condition).order_by(TABLE.c.ordered_at, TABLE.c.uuid)  # type: ignore[arg-type]  # a SQL condition
    return [_letter(row) for row in tx.execute(statement).mappings()]


def _letter(row: RowMapping) -> Letter:
    fields = dict(row)
    fields["claim_uuids"] = tuple(fields["claim_uuids"])
    return Letter(**fields)
