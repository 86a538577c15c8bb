"""History: read what happened, and prove that nothing was changed. It is written by `store_step` only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from engine import values

GENESIS = b"\x00" * 32
BATCH = 5000


@dataclass(frozen=True, slots=True)
class Command:
    """One recorded command. effective_at: the clock that counted (virtual in a sandbox); recorded_at: the database's."""

    seq: int
    kind: str
    actor: str
    effective_at: datetime
    recorded_at: datetime
    payload: str
    hash: bytes

    @property
    def content(self) -> dict[str, Any]:
        """The payload as values: seq, at, stimulus, decisions, events."""
        content: dict[str, Any] = values.from_json(self.payload)
        return content


@dataclass(frozen=True, slots=True)
class Breach:
    """Where a chain does not hold."""

    tenant_id: int
    instance_id: int
    seq: int
    message: str


def read(tx: Connection, tenant_id: int, instance_id: int) -> list[Command]:
    """Return the recorded commands of an instance in order."""
    query = text(
        "select seq, kind, actor, effective_at, recorded_at, payload, hash from history where tenant_id = :t and instance_id = :i order by seq"
    )
    return [_command(row) for row in tx.execute(query, {"t": tenant_id, "i": instance_id})]


def verify(tx: Connection, tenant_id: int, instance_id: int) -> Breach | None:
    """Return the first place where the chain of an instance does not hold, or None."""
    head = tx.execute(
        text("select chain_head, rev from process_instance where tenant_id = :t and id = :i"), {"t": tenant_id, "i": instance_id}
    ).one()
    return _verify(tenant_id, instance_id, read(tx, tenant_id, instance_id), bytes(head.chain_head), head.rev)


def _verify(tenant_id: int, instance_id: int, commands: list[Command], head: bytes, rev: int) -> Breach | None:
    previous = GENESIS
    for expected, command in enumerate(commands):
        if command.seq != expected:
            return Breach(tenant_id, instance_id, expected, f"Der Eintrag {expected} fehlt.")
        if hashlib.sha256(previous + command.payload.encode()).digest() != command.hash:
            return Breach(tenant_id, instance_id, command.seq, f"Der Eintrag {command.seq} wurde verändert.")
        previous = command.hash
    if len(commands) != rev or previous != head:
        return Breach(
            tenant_id, instance_id, len(commands), "Am Ende der Historie fehlen Einträge, oder der Kopf der Kette wurde verändert."
        )
    return None


def verify_all(tx: Connection, tenant_id: int) -> Iterator[tuple[int, Breach | None]]:
    """Yield (instance id, breach or None) for every instance of the tenant, in batches of rows."""
    heads = tx.execute(text("select id, chain_head, rev from process_instance where tenant_id = :t order by id"), {"t": tenant_id}).all()
    query = text(
        "select instance_id, seq, kind, actor, effective_at, recorded_at, payload, hash from history"
        " where tenant_id = :t and instance_id = any (:ids) order by instance_id, seq"
    )
    for start in range(0, len(heads), BATCH):
        batch = heads[start : start + BATCH]
        commands: dict[int, list[Command]] = {row.id: [] for row in batch}
        for row in tx.execute(query, {"t": tenant_id, "ids": list(commands)}):
            commands[row.instance_id].append(_command(row))
        for row in batch:
            yield row.id, _verify(tenant_id, row.id, commands[row.id], bytes(row.chain_head), row.rev)


def _command(row: Any) -> Command:
    return Command(row.seq, row.kind, row.actor, row.effective_at, row.recorded_at, row.payload, bytes(row.hash))
