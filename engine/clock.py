"""The only clock: the database's, or that of a sandbox world. Nothing else asks for the time or draws random ids."""

from __future__ import annotations

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from engine import errors

BERLIN = ZoneInfo("Europe/Berlin")


def now(tx: Connection, tenant_id: int) -> datetime:
    """Return the instant that counts for the tenant: virtual in a sandbox world, else the database's clock.

    The first question of a transaction is answered by the round trip that opened it.
    """
    opened = tx.info.pop("opened", None)
    if opened is not None and opened[0] == tenant_id and isinstance(opened[1], datetime):
        return opened[1]
    found = tx.execute(
        text("select coalesce(w.virtual_now, clock_timestamp()) from tenant t join world w on w.id = t.world_id where t.id = :tenant"),
        {"tenant": tenant_id},
    ).scalar()
    if not isinstance(found, datetime):
        raise errors.NotFound(f"Den Mandanten {tenant_id} gibt es nicht.")
    return found


def database_now(tx: Connection) -> datetime:
    """Return the database's clock, for leases, logins and sessions, which never follow a sandbox."""
    found = tx.execute(text("select clock_timestamp()")).scalar()
    if not isinstance(found, datetime):
        raise errors.InvalidState("Die Datenbank nennt keine Zeit.")
    return found


def set_virtual(tx: Connection, world_id: int, moment: datetime) -> None:
    """Move a sandbox world's clock forward. Raises errors.InvalidInput for a step back, errors.NotAllowed for a production world."""
    row = tx.execute(text("select kind, virtual_now from world where id = :id for update"), {"id": world_id}).one()
    if row.kind != "sandbox":
        raise errors.NotAllowed("Die Uhr einer Produktivumgebung kann nicht gestellt werden.")
    if moment < row.virtual_now:
        raise errors.InvalidInput(f"Die Uhr steht auf dem {shown(row.virtual_now)} und kann nicht zurückgestellt werden.")
    tx.execute(text("update world set virtual_now = :moment where id = :id"), {"moment": moment, "id": world_id})


def shown(moment: datetime) -> str:
    """Return the instant as a message names it, in Berlin's time."""
    return f"{moment.astimezone(BERLIN):%d.%m.%Y, %H:%M} Uhr"


def new_uuid() -> uuid.UUID:
    """Return a random id, for rows that the outside starts; never inside a step."""
    return uuid.uuid4()
