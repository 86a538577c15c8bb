"""Rejected deployments: files that `check` refused stay for a while with all findings, so that a page can show them on the diagram.

They are working papers, not records: they expire by the database's clock (as logins do; a sandbox moved on by months loses none), the
oldest give way where there are too many, and nothing that runs ever reads them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine import errors
from engine.protocol import Finding

KEPT_DAYS = 14
MAX_KEPT = 200  # of a tenant
MAX_BYTES = 128 * 1024 * 1024  # of a tenant, files and findings; the newest stays whatever its size
MAX_TEXT = 255
MAX_NUMBER = 2**31 - 1  # that a column holds


@dataclass(frozen=True, slots=True)
class Listed:
    """A kept rejection as lists show it; `errors` and `warnings` count its findings."""

    uuid: UUID
    name: str
    source: str
    rejected_by: str
    rejected_at: datetime
    errors: int
    warnings: int
    files: tuple[str, ...]

    @property
    def kept_until(self) -> datetime:
        return self.rejected_at + timedelta(days=KEPT_DAYS)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A kept rejection with all that `check` found and the files by name."""

    listed: Listed
    findings: tuple[Finding, ...]
    files: Mapping[str, bytes]


# ---------------------------------------------------------------- keeping
def keep(
    tx: Connection,
    files: Mapping[str, bytes],
    findings: Sequence[Finding],
    *,
    name: str,
    source: str,
    tenant_id: int,
    by: str,
    now: datetime,
) -> UUID:
    """Keep refused files with their findings and return the rejection's id; the same files of the same person renew theirs.

    now: the database's clock. What is older than KEPT_DAYS, and the oldest above MAX_KEPT or MAX_BYTES, is deleted.
    """
    told = json.dumps([[_storable(part) if isinstance(part, str) else part for part in astuple(finding)] for finding in findings])
    values = {
        "t": tenant_id, "name": _storable(name)[:MAX_TEXT], "source": _storable(source)[:MAX_TEXT], "by": by, "now": now,
        "digest": _digest(files), "findings": told, "errors": sum(one.severity == "error" for one in findings),
        "warnings": sum(one.severity == "warning" for one in findings), "bytes": len(told) + sum(map(len, files.values())),
    }  # fmt: skip
    # Who keeps something for the same tenant meanwhile waits: two that delete the oldest would wait for each other's rows.
    tx.execute(text("select 1 from tenant where id = :t for no key update"), {"t": tenant_id})
    row = tx.execute(text(_KEEP), values).one()
    if row.is_new:
        insert = text("insert into rejected_file (tenant_id, rejection_id, number, name, content) values (:t, :r, :n, :name, :content)")
        tx.execute(
            insert,
            [
                {"t": tenant_id, "r": row.id, "n": number, "name": _storable(file), "content": content}
                for number, (file, content) in enumerate(files.items(), start=1)
            ],
        )
    expire(tx, tenant_id, now=now)
    tx.execute(text(_TRIM), {"t": tenant_id, "most": MAX_KEPT, "bytes": MAX_BYTES})
    return UUID(str(row.uuid))


# xmax is 0 in a row that was inserted, not updated.
_KEEP = (
    "insert into rejected_deployment as kept (tenant_id, name, source, rejected_by, rejected_at, digest, findings, errors, warnings, bytes)"
    " values (:t, :name, :source, :by, :now, cast(:digest as bytea), cast(:findings as jsonb), :errors, :warnings, :bytes)"
    " on conflict (digest, rejected_by, tenant_id) do update set name = excluded.name, source = excluded.source,"
    " rejected_at = excluded.rejected_at, findings = excluded.findings, errors = excluded.errors, warnings = excluded.warnings,"
    " bytes = excluded.bytes returning kept.id, kept.uuid, xmax = 0 as is_new"
)
_TRIM = (
    "delete from rejected_deployment where tenant_id = :t and id in (select id from (select id, row_number() over newest as place,"
    " sum(bytes) over newest as total from rejected_deployment where tenant_id = :t window newest as (order by rejected_at desc, id desc))"
    " placed where place > :most or (place > 1 and total > :bytes))"
)


def expire(tx: Connection, tenant_id: int, *, now: datetime) -> int:
    """Delete what was rejected more than KEPT_DAYS ago; return how many. now: the database's clock."""
    old = text("delete from rejected_deployment where tenant_id = :t and rejected_at <= :old")
    return int(tx.execute(old, {"t": tenant_id, "old": now - timedelta(days=KEPT_DAYS)}).rowcount)


def tenants_to_expire(tx: Connection) -> list[int]:
    """Return the tenants with rejections whose time is over; no tenant's rows are read."""
    return list(tx.execute(text("select tenants_with_old_rejections(:hours)"), {"hours": KEPT_DAYS * 24}).scalars())


def _digest(files: Mapping[str, bytes]) -> bytes:
    parts = [part for file, content in files.items() for part in (file.encode("utf-8", "replace"), content)]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


def _storable(found: str) -> str:
    """Return a text as PostgreSQL can hold it; names of files on a disk need be no UTF-8."""
    return found.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


# ---------------------------------------------------------------- reading
def listed(tx: Connection, tenant_id: int, *, now: datetime) -> list[Listed]:
    """Return the tenant's kept rejections, the newest first."""
    query = text(f"select {_SHOWN} from rejected_deployment r where {_KEPT} order by r.rejected_at desc, r.id desc")
    return [_listed(row) for row in tx.execute(query, _of(tenant_id, now))]


def find(tx: Connection, uuid: UUID, *, tenant_id: int, now: datetime) -> Rejection:
    """Return a kept rejection with its findings and its files. Raises errors.NotFound."""
    query = text(f"select {_SHOWN}, r.id, r.findings from rejected_deployment r where {_KEPT} and r.uuid = :u")
    row = tx.execute(query, _of(tenant_id, now) | {"u": uuid}).first()
    if row is None:
        raise errors.NotFound(
            f"Diese abgelehnte Bereitstellung gibt es hier nicht oder nicht mehr: Sie bleibt {KEPT_DAYS} Tage. Bitte noch einmal bereitstellen."
        )
    query = text("select name, content from rejected_file where tenant_id = :t and rejection_id = :r order by number")
    files = {file.name: bytes(file.content) for file in tx.execute(query, {"t": tenant_id, "r": row.id})}
    return Rejection(_listed(row), tuple(Finding(*found) for found in row.findings), files)


def file(tx: Connection, uuid: UUID, number: int, *, tenant_id: int, now: datetime) -> tuple[str, bytes]:
    """Return (name, content) of a file of a kept rejection, counted from 1. Raises errors.NotFound."""
    query = text(
        "select f.name, f.content from rejected_deployment r join rejected_file f on f.tenant_id = r.tenant_id and f.rejection_id = r.id"
        f" where {_KEPT} and r.uuid = :u and f.number = :n"
    )
    row = tx.execute(query, _of(tenant_id, now) | {"u": uuid, "n": min(number, MAX_NUMBER)}).first()
    if row is None:
        raise errors.NotFound("Diese Datei gibt es nicht oder nicht mehr. Bitte die Seite der abgelehnten Bereitstellung neu laden.")
    return row.name, bytes(row.content)


def is_kept(tx: Connection, uuid: UUID, *, tenant_id: int, now: datetime) -> bool:
    """Return whether the tenant has that rejection."""
    query = text(f"select 1 from rejected_deployment r where {_KEPT} and r.uuid = :u")
    return tx.execute(query, _of(tenant_id, now) | {"u": uuid}).first() is not None


_SHOWN = (
    "r.uuid, r.name, r.source, r.rejected_by, r.rejected_at, r.errors, r.warnings, array(select f.name from rejected_file f"
    " where f.tenant_id = r.tenant_id and f.rejection_id = r.id order by f.number) as files"
)
_KEPT = "r.tenant_id = :t and r.rejected_at > :old"


def _listed(row: Any) -> Listed:
    return Listed(
        row.uuid, row.name, row.source, row.rejected_by, row.rejected_at, row.errors, row.warnings, tuple(row.files)
    )  # fmt: skip


def _of(tenant_id: int, now: datetime) -> dict[str, object]:
    return {"t": tenant_id, "old": now - timedelta(days=KEPT_DAYS)}
