"""Notes: what people write in their own words. The history holds only `notiz:<uuid>`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, insert, or_, select

from engine import errors
from processes.casefile import claims, tables

MAX_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Note:
    """A note of the tenant that wrote it; other tenants do not see it."""

    uuid: UUID
    business_key: str | None
    case_number: str | None
    subject: str
    body: str
    written_by: str
    written_at: datetime
    task_id: UUID | None = None


_COLUMNS = [tables.note.c[name] for name in Note.__dataclass_fields__]


def keep(
    tx: Connection,
    *,
    tenant_id: int,
    subject: str,
    body: str,
    by: str,
    now: datetime,
    business_key: str | None = None,
    case_number: str | None = None,
    claim: claims.Claim | None = None,
    task_id: UUID | None = None,
) -> UUID:
    """Store a note and return its uuid. Raises errors.InvalidInput for an empty, too long or unprintable text."""
    text = body.strip()
    if not text or len(text) > MAX_CHARACTERS or "\0" in text:
        raise errors.InvalidInput(f"Eine Notiz braucht Text, höchstens {MAX_CHARACTERS} Zeichen.")
    statement = (
        insert(tables.note)
        .values(
            tenant_id=tenant_id,
            business_key=business_key,
            case_number=case_number,
            claim_tenant_id=claim.tenant_id if claim else None,
            claim_id=claim.id if claim else None,
            task_id=task_id,
            subject=subject,
            body=text,
            written_by=by,
            written_at=now,
        )
        .returning(tables.note.c.uuid)
    )
    kept: UUID = tx.execute(statement).scalar_one()
    return kept


def find(tx: Connection, tenant_id: int, note_id: UUID) -> Note:
    """Return the note. Raises errors.NotFound, also where another tenant wrote it."""
    statement = select(*_COLUMNS).where(tables.note.c.tenant_id == tenant_id, tables.note.c.uuid == note_id)
    row = tx.execute(statement).mappings().one_or_none()
    if row is None:
        raise errors.NotFound(f"Die Notiz {note_id} gibt es nicht (mehr) oder sie gehört einem anderen Mandanten.")
    return Note(**row)


def of_task(tx: Connection, tenant_id: int, task_id: UUID) -> list[Note]:
    """Return the comments on a user task, newest first."""
    c = tables.note.c
    statement = select(*_COLUMNS).where(c.tenant_id == tenant_id, c.task_id == task_id).order_by(c.id.desc())
    return [Note(**row) for row in tx.execute(statement).mappings()]


def of_case(tx: Connection, tenant_id: int, case_number: str) -> list[Note]:
    """Return the notes on a case and its claims and measures, newest first."""
    c = tables.note.c
    link = tables.case_claim.c
    inside = select(link.claim_id).where(
        link.tenant_id == c.claim_tenant_id,
        link.claim_id == c.claim_id,
        link.enforcing_tenant_id == tenant_id,
        link.case_number == case_number,
    )
    about = or_(c.case_number == case_number, c.business_key == case_number, c.business_key.startswith(f"{case_number}/"), inside.exists())
    return [Note(**row) for row in tx.execute(select(*_COLUMNS).where(c.tenant_id == tenant_id, about).order_by(c.id.desc())).mappings()]


def of_claim(tx: Connection, tenant_id: int, claim: claims.Claim) -> list[Note]:
    """Return the tenant's notes on a claim, newest first."""
    c = tables.note.c
    about = (c.claim_tenant_id == claim.tenant_id) & (c.claim_id == claim.id)
    return [Note(**row) for row in tx.execute(select(*_COLUMNS).where(c.tenant_id == tenant_id, about).order_by(c.id.desc())).mappings()]


def erase(tx: Connection, tenant_id: int, note_id: UUID) -> None:
    """Delete a note for good; history and replay keep working because they hold only its id. Raises errors.NotFound."""
    statement = delete(tables.note).where(tables.note.c.tenant_id == tenant_id, tables.note.c.uuid == note_id)
    if tx.execute(statement).rowcount == 0:
        raise errors.NotFound(f"Die Notiz {note_id} gibt es nicht (mehr) oder sie gehört einem anderen Mandanten.")
