"""Worlds: all tenants of one cooperation. A sandbox world has a clock of its own, a production world never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from engine import errors
from engine import tables as engine_tables

PRODUCTION, SANDBOX = "production", "sandbox"


@dataclass(frozen=True, slots=True)
class World:
    """`virtual_now` is the sandbox's clock (aware), None in production."""

    id: int
    name: str
    kind: str
    virtual_now: datetime | None


_COLUMNS = [engine_tables.world.c[name] for name in World.__dataclass_fields__]


def create(tx: Connection, name: str, *, kind: str, virtual_now: datetime | None = None) -> World:
    """Insert a world. Raises errors.InvalidInput for a production world with a clock, errors.Conflict for a taken name."""
    if kind not in (PRODUCTION, SANDBOX) or (kind == PRODUCTION and virtual_now is not None):
        raise errors.InvalidInput("Eine Welt ist „production“ (ohne eigene Uhr) oder „sandbox“.")
    if by_name(tx, name):
        raise errors.Conflict(f"Die Welt „{name}“ gibt es schon.")
    statement = insert(engine_tables.world).values(name=name, kind=kind, virtual_now=virtual_now).returning(*_COLUMNS)
    return World(**tx.execute(statement).mappings().one())


def by_name(tx: Connection, name: str) -> World | None:
    """Return the world of that name, if it exists."""
    row = tx.execute(select(*_COLUMNS).where(engine_tables.world.c.name == name)).mappings().one_or_none()
    return World(**row) if row else None
