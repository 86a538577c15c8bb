"""Claims files: received whole with a verdict per line, then taken over in chunks that can stop and go on anywhere.

`receive` stores the file and every line in one transaction: accepted, duplicate, or rejected with line, column, value and reason.
`process_chunk` takes accepted lines over, each chunk in one transaction with the `mahnung` instances it starts, so a crash
leaves only whole chunks and the next call goes on. The same file again changes nothing. Functions here open no transaction;
`process` asks the caller's `begin` for one per chunk.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, func, insert, select, text, update

from engine import errors
from processes import claim_files, claim_lines, line_verdicts
from processes.casefile import claims, debtors, intake, tables, tenants
from processes.line_verdicts import ACCEPTED, DUPLICATE, REJECTED, Verdict

BERLIN = ZoneInfo("Europe/Berlin")
CLAIMS, JOINT_DEBTORS = "forderungen", "gesamtschuldner"
CHUNK_LINES = 100
_INSERT_ROWS = 1000

Begin = Callable[[], AbstractContextManager[Connection]]
Clock = Callable[[Connection], datetime]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Received:
    """A stored claims file. `is_repeat`: it had been taken over completely before; nothing is left to do."""

    tenant_id: int
    file_id: int
    uuid: UUID
    lines: int
    is_repeat: bool
    joint: Received | None = None


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that goes back: its number in the file (header = 1) and, per fault, column, value and reason."""

    number: int
    raw: str
    faults: tuple[claim_lines.Fault, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file: lines = accepted + rejected + duplicate. `joint`: the same of the joint debtors file."""

    file_id: UUID
    lines: int
    accepted: int
    rejected: int
    duplicate: int
    rejected_lines: tuple[RejectedLine, ...]
    joint: Report | None = None


def receive(
    tx: Connection,
    *,
    tenant_id: int,
    name: str,
    content: bytes,
    by: str,
    now: datetime,
    joint_name: str | None = None,
    joint_content: bytes | None = None,
) -> Received:
    """Store a claims file with the verdict on each line, and the joint debtors file that came with it.

    The same bytes again store nothing and go on where the first import stopped.
    Raises errors.InvalidInput for a file that is refused as a whole; nothing is stored then.
    """
    tx.execute(text("select pg_advisory_xact_lock(hashtext('claims_file'), :tenant)"), {"tenant": tenant_id % 2**31})
    slug, today = tenants.find(tx, tenant_id).slug, now.astimezone(BERLIN).date()
    stored = _known(tx, tenant_id, CLAIMS, content)
    if stored is None:
        file = claim_files.read(
            content, columns=claim_files.CLAIM_COLUMNS, mandatory=claim_files.CLAIM_MANDATORY, one_of=("nachname", "firma")
        )
        verdicts = line_verdicts.of_claims(tx, tenant_id, file.lines, slug=slug, today=today)
        stored = _store(tx, tenant_id, CLAIMS, name, content, file, verdicts, by=by, now=now)
    if joint_content is None:
        return stored
    joint = _known(tx, tenant_id, JOINT_DEBTORS, joint_content)
    if joint is None:
        file = claim_files.read(joint_content, columns=claim_files.JOINT_COLUMNS, mandatory=claim_files.JOINT_MANDATORY)
        verdicts = line_verdicts.of_joint_debtors(tx, tenant_id, file.lines, slug=slug, today=today)
        joint_file_name = joint_name or f"{name} (Gesamtschuldner)"
        joint = _store(tx, tenant_id, JOINT_DEBTORS, joint_file_name, joint_content, file, verdicts, by=by, now=now, beside=stored.file_id)
    return Received(stored.tenant_id, stored.file_id, stored.uuid, stored.lines, stored.is_repeat, joint)


def process_chunk(tx: Connection, received: Received, *, by: str, now: datetime, size: int = CHUNK_LINES) -> int:
    """Take over the next accepted lines of a claims file (or its joint debtors) and return how many; 0: the file is finished.

    Another worker on the same file waits; lines are marked in the same transaction, so none is taken over twice.
    """
    tx.execute(select(tables.claims_file.c.id).where(*_file(received)).with_for_update())
    c = tables.claims_line.c
    waiting = select(c.number, c.parsed).where(
        c.tenant_id == received.tenant_id, c.file_id == received.file_id, c.verdict == ACCEPTED, c.processed_at.is_(None)
    )
    rows = tx.execute(waiting.order_by(c.number).limit(size)).all()
    if not rows:
        finish = update(tables.claims_file).where(*_file(received), tables.claims_file.c.finished_at.is_(None)).values(finished_at=now)
        tx.execute(finish)
        return process_chunk(tx, received.joint, by=by, now=now, size=size) if received.joint else 0
    if tx.execute(select(tables.claims_file.c.kind).where(*_file(received))).scalar_one() == CLAIMS:
        lines = {row.number: claim_lines.from_stored(row.parsed) for row in rows}
        intake.take_over(tx, received.tenant_id, lines, file_id=received.file_id, by=by, now=now)
    else:
        for row in rows:
            _join(tx, received.tenant_id, row.parsed, now=now)
    done = [row.number for row in rows]
    tx.execute(
        update(tables.claims_line)
        .where(c.tenant_id == received.tenant_id, c.file_id == received.file_id, c.number.in_(done))
        .values(processed_at=now)
    )
    return len(done)


def process(begin: Begin, received: Received, *, clock: Clock, by: str, progress: Progress | None = None, size: int = CHUNK_LINES) -> int:
    """Take over everything that is left of a file, one transaction of `begin` per chunk; return how many lines were taken over.

    `progress` is called after each commit with (lines taken over by this call, lines of the file).
    """
    total = 0
    while True:
        with begin() as tx:
            done = process_chunk(tx, received, by=by, now=clock(tx), size=size)
        if not done:
            return total
        total += done
        if progress:
            progress(total, received.lines + (received.joint.lines if received.joint else 0))


def report(tx: Connection, received: Received) -> Report:
    """Return what became of the file; of a repeat every line is a duplicate."""
    joint = report(tx, received.joint) if received.joint else None
    if received.is_repeat:
        return Report(received.uuid, received.lines, 0, 0, received.lines, (), joint)
    c = tables.claims_line.c
    of_file = (c.tenant_id == received.tenant_id, c.file_id == received.file_id)
    counts = {row[0]: row[1] for row in tx.execute(select(c.verdict, func.count()).where(*of_file).group_by(c.verdict))}
    rejected = tx.execute(select(c.number, c.raw, c.faults).where(*of_file, c.verdict == REJECTED).order_by(c.number))
    lines = tuple(RejectedLine(row.number, row.raw, tuple(claim_lines.Fault(*fault) for fault in row.faults)) for row in rejected)
    return Report(received.uuid, received.lines, counts.get(ACCEPTED, 0), counts.get(REJECTED, 0), counts.get(DUPLICATE, 0), lines, joint)


def rejected_csv(tx: Connection, received: Received) -> bytes:
    """Return the rejected lines as a file to send back: line, column, value, reason, then the line's own cells.

    Cells that a spreadsheet would compute are neutralised.
    """
    columns = tx.execute(select(tables.claims_file.c.columns).where(*_file(received))).scalar_one()
    rows = []
    for line in report(tx, received).rejected_lines:
        first = line.faults[0]
        reasons = " ".join(f"{fault.column}: {fault.reason}" if fault.column else fault.reason for fault in line.faults)
        rows.append([str(line.number), first.column, first.value if first.column else "", reasons, *_cells(line.raw)])
    width = max([len(row) for row in rows], default=4) - 4
    extra = [f"spalte_{number}" for number in range(len(columns) + 1, width + 1)]
    return claim_files.write(["zeile", "spalte", "wert", "grund", *columns, *extra], rows)


def find(tx: Connection, tenant_id: int, file_uuid: UUID) -> Received:
    """Return a stored claims file with the joint debtors file that came with it, to go on with. Raises errors.NotFound."""
    c = tables.claims_file.c
    row = tx.execute(select(c.id, c.uuid, c.lines).where(c.tenant_id == tenant_id, c.uuid == file_uuid)).one_or_none()
    if row is None:
        raise errors.NotFound("Diese Forderungsdatei gibt es nicht.")
    beside = tx.execute(select(c.id, c.uuid, c.lines).where(c.tenant_id == tenant_id, c.claims_file_id == row.id).order_by(c.id)).first()
    joint = Received(tenant_id, beside.id, beside.uuid, beside.lines, False) if beside else None
    return Received(tenant_id, row.id, row.uuid, row.lines, False, joint)


def unfinished(tx: Connection, tenant_id: int) -> list[Received]:
    """Return the files that were received and not completely taken over, oldest first: what a restarted worker goes on with."""
    c = tables.claims_file.c
    waiting = select(c.id, c.uuid, c.lines).where(c.tenant_id == tenant_id, c.finished_at.is_(None)).order_by(c.id)
    return [Received(tenant_id, row.id, row.uuid, row.lines, False) for row in tx.execute(waiting)]


def _known(tx: Connection, tenant_id: int, kind: str, content: bytes) -> Received | None:
    c = tables.claims_file.c
    wanted = (c.tenant_id == tenant_id, c.kind == kind, c.sha256 == hashlib.sha256(content).digest())
    row = tx.execute(select(c.id, c.uuid, c.lines, c.finished_at).where(*wanted)).one_or_none()
    return None if row is None else Received(tenant_id, row.id, row.uuid, row.lines, row.finished_at is not None)


def _store(
    tx: Connection,
    tenant_id: int,
    kind: str,
    name: str,
    content: bytes,
    file: claim_files.TextFile,
    verdicts: Iterable[Verdict],
    *,
    by: str,
    now: datetime,
    beside: int | None = None,
) -> Received:
    values = {
        "tenant_id": tenant_id, "kind": kind, "name": name[:200], "sha256": hashlib.sha256(content).digest(), "content": content,
        "encoding": file.encoding, "columns": list(file.columns), "claims_file_id": beside, "lines": len(file.lines),
        "received_by": by, "received_at": now,
    }  # fmt: skip
    c = tables.claims_file.c
    stored = tx.execute(insert(tables.claims_file).values(**values).returning(c.id, c.uuid)).one()
    rows = [
        {
            "tenant_id": tenant_id, "file_id": stored.id, "number": verdict.line.number, "verdict": verdict.verdict, "kind": kind,
            "line_key": verdict.key, "parsed": verdict.parsed, "raw": verdict.line.raw if verdict.verdict == REJECTED else None,
            "faults": [[fault.column, fault.value, fault.reason] for fault in verdict.faults],
        }
        for verdict in verdicts
    ]  # fmt: skip
    for start in range(0, len(rows), _INSERT_ROWS):
        tx.execute(insert(tables.claims_line), rows[start : start + _INSERT_ROWS])
    return Received(tenant_id, stored.id, stored.uuid, len(file.lines), False)


def _join(tx: Connection, tenant_id: int, parsed: Mapping[str, str], *, now: datetime) -> None:
    claim = claims.by_key(tx, tenant_id, parsed["kassenzeichen"], parsed["op_nr"])
    debtor = debtors.by_numbers(tx, tenant_id, [parsed["schuldner_nr"]]).get(parsed["schuldner_nr"])
    if claim is None or debtor is None:
        raise errors.InvalidState(f"Forderung oder Schuldner der Zeile {parsed} fehlt noch; bitte zuerst die Forderungsdatei einspielen.")
    claims.add_debtor(tx, claim, debtor.id, role=parsed["rolle"], now=now)
    if claim.enforcing_tenant_id != debtor.enforcing_tenant_id:
        debtors.show_to(tx, debtor, claim.enforcing_tenant_id)


def _file(received: Received) -> tuple[ColumnElement[bool], ...]:
    return tables.claims_file.c.tenant_id == received.tenant_id, tables.claims_file.c.id == received.file_id


def _cells(raw: str) -> list[str]:
    try:
        return claim_files.split(raw)
    except csv.Error:
        return [raw]


@dataclass(frozen=True, slots=True)
class Listed:
    """A received file for a list."""

    uuid: UUID
    name: str
    kind: str
    lines: int
    received_by: str
    received_at: datetime
    is_finished: bool


def recent(tx: Connection, tenant_id: int, *, limit: int = 50) -> list[Listed]:
    """Return the latest files of the tenant."""
    c = tables.claims_file.c
    statement = select(c.uuid, c.name, c.kind, c.lines, c.received_by, c.received_at, c.finished_at.is_not(None)).where(
        c.tenant_id == tenant_id
    )
    return [Listed(*row) for row in tx.execute(statement.order_by(c.id.desc()).limit(limit))]


def described(tx: Connection, received: Received) -> Listed:
    """Return a file as the list of files shows it."""
    c = tables.claims_file.c
    statement = select(c.uuid, c.name, c.kind, c.lines, c.received_by, c.received_at, c.finished_at.is_not(None)).where(*_file(received))
    return Listed(*tx.execute(statement).one())


def waiting_lines(tx: Connection, received: Received) -> int:
    """Return how many accepted lines are not taken over yet."""
    c = tables.claims_line.c
    statement = select(func.count()).where(
        c.tenant_id == received.tenant_id, c.file_id == received.file_id, c.verdict == ACCEPTED, c.processed_at.is_(None)
    )
    return int(tx.execute(statement).scalar_one())
