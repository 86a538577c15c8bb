"""Numbers by which Camunda 8 names what has only a uuid here: its upper 63 bits. Finding the row is a range of the primary key."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from engine import errors

BITS = 63  # Camunda's keys are positive numbers of 64 bits
SHIFT = 128 - BITS
MAX = 2**BITS - 1


def of(uuid: UUID) -> int:
    """Return the number of a uuid."""
    return uuid.int >> SHIFT


def sql(column: str) -> str:
    """Return SQL of the number of a uuid column, for filters; to find one row, `find` asks the index."""
    return f"(('x' || left(replace({column}::text, '-', ''), 16))::bit(64) >> 1)::bigint"


def find(tx: Connection, tenant_id: int, table: Literal["job", "user_task"], key: int) -> UUID | None:
    """Return the id of the row with that number, or None. Raises errors.Conflict where two have it: neither may be taken for the other."""
    if not 0 <= key <= MAX:
        return None
    query = text(f"select id from {table} where tenant_id = :t and id between :low and :high limit 2")
    low = key << SHIFT
    found = tx.execute(query, {"t": tenant_id, "low": UUID(int=low), "high": UUID(int=low | (1 << SHIFT) - 1)}).scalars().all()
    if len(found) > 1:
        raise errors.Conflict(f"Der Schlüssel {key} ist nicht eindeutig. Bitte die Kennung über die Schnittstelle von Camunda 7 verwenden.")
    return found[0] if found else None
