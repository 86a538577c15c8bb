"""History: read what happened, and prove that nothing was changed. It is written by `store_step` only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any

from sqlalchemy import Connection

from engine import db, errors, values

GENESIS = b"\x00" * 32
BATCH = 500
COLUMNS = "h.seq, h.kind, h.actor, h.effective_at, h.recorded_at, h.payload, h.hash"
CHAINS = (
    f"select p.id, p.rev, p.chain_head, {COLUMNS} from process_instance p left join history h on h.tenant_id = p.tenant_id"
    " and h.instance_id = p.id where p.tenant_id = %s and p.id = any(%s) order by p.id, h.seq"
)


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
    cursor = db.cursor(tx)
    cursor.execute(
        f"select {COLUMNS} from history h where h.tenant_id = %s and h.instance_id = %s order by h.seq", (tenant_id, instance_id)
    )
    return [_command(row) for row in cursor.fetchall()]


def verified(tx: Connection, tenant_id: int, instance_id: int) -> tuple[list[Command], Breach | None]:
    """Return the recorded commands of an instance, and the first place where their chain does not hold. Raises errors.NotFound."""
    found = _chains(tx, tenant_id, [instance_id])
    if not found:
        raise errors.NotFound("Den Vorgang gibt es nicht.")
    _, rev, head, commands = found[0]
    return commands, _verify(tenant_id, instance_id, commands, head, rev)


def verify(tx: Connection, tenant_id: int, instance_id: int) -> Breach | None:
    """Return the first place where the chain of an instance does not hold, or None."""
    return verified(tx, tenant_id, instance_id)[1]


def verify_all(tx: Connection, tenant_id: int) -> Iterator[tuple[int, Breach | None]]:
    """Yield (instance id, breach or None) for every instance of the tenant; commands may be recorded meanwhile.

    A history row without its instance cannot exist (foreign key); an instance that was deleted with its whole history is not seen
    from inside the database.
    """
    last = 0
    while True:
        cursor = db.cursor(tx)
        cursor.execute("select id from process_instance where tenant_id = %s and id > %s order by id limit %s", (tenant_id, last, BATCH))
        batch = [row[0] for row in cursor.fetchall()]
        if not batch:
            return
        for instance_id, rev, head, commands in _chains(tx, tenant_id, batch):
            yield instance_id, _verify(tenant_id, instance_id, commands, head, rev)
        last = batch[-1]


def _chains(tx: Connection, tenant_id: int, instance_ids: list[int]) -> list[tuple[int, int, bytes, list[Command]]]:
    """Return (instance id, rev, head, commands) of instances, read by one statement: head and rows are of the same moment."""
    cursor = db.cursor(tx)
    cursor.execute(CHAINS, (tenant_id, instance_ids))
    found: list[tuple[int, int, bytes, list[Command]]] = []
    for instance_id, rev, head, *fields in cursor.fetchall():
        if not found or found[-1][0] != instance_id:
            found.append((instance_id, rev, head, []))
        if fields[0] is not None:
            found[-1][3].append(_command(fields))
    return found


def _verify(tenant_id: int, instance_id: int, commands: list[Command], head: bytes, rev: int) -> Breach | None:
    previous = GENESIS
    for expected, command in enumerate(commands):
        if command.seq != expected:
            return Breach(tenant_id, instance_id, expected, f"Schritt {expected + 1} fehlt.")
        if hashlib.sha256(previous + command.payload.encode()).digest() != command.hash or not _agrees(command):
            return Breach(tenant_id, instance_id, command.seq, f"Schritt {command.seq + 1} wurde verändert.")
        previous = command.hash
    if len(commands) != rev or previous != head:
        return Breach(
            tenant_id, instance_id, len(commands), "Am Ende der Historie fehlen Einträge, oder der Kopf der Kette wurde verändert."
        )
    return None


def _agrees(command: Command) -> bool:
    """Return whether the columns say what the chained payload says. Its keys are sorted, so their places are known."""
    at = command.effective_at.astimezone(UTC)
    shown = at.isoformat()[:-6]
    tail = (
        f'"recorded_at":"{command.recorded_at.astimezone(UTC).isoformat()}","seq":{command.seq},'
        f'"stimulus":{{"by":{encode_basestring(command.actor)},"kind":"{command.kind}",'
    )
    if not command.payload.startswith(f'{{"at":{{"{values.INSTANT}":"{shown.rstrip("0") if at.microsecond else shown}Z"}},'):
        # Not the usual spelling: ask who wrote it.
        if not command.payload.startswith(values.to_json({"at": at})[:-1] + ","):
            return False
    return tail in command.payload


def _command(fields: Sequence[Any]) -> Command:
    """Return the command of a row of COLUMNS."""
    return Command(*fields)
