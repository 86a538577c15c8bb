"""Prove that kept files are what was brought: bytes against their hash, and the hash against the chained history that names it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from engine import db, documents, values

BATCH = 200
MARK = f'%"{documents.PREFIX}%'


@dataclass(frozen=True, slots=True)
class FileBreach:
    """A file that is not what was brought, or is gone. `message` is German."""

    tenant_id: int
    file_id: UUID
    message: str


def verify_all(tx: Connection, tenant_id: int) -> Iterator[tuple[UUID, FileBreach | None]]:
    """Yield (file, breach or None) for every file of the tenant, kept or erased, and for every one that history names and nobody has."""
    told = _recorded(tx, tenant_id)
    last = UUID(int=0)
    query = (
        "select k.uuid, encode(k.sha256, 'hex'), k.erased_at, c.content is null, sha256(c.content) = k.sha256 from kept_file k"
        " left join file_content c on c.tenant_id = k.tenant_id and c.sha256 = k.sha256"
        " where k.tenant_id = %s and k.uuid > %s order by k.uuid limit %s"
    )
    while True:
        cursor = db.cursor(tx)
        cursor.execute(query, (tenant_id, last, BATCH))
        rows = cursor.fetchall()
        if not rows:
            break
        for uuid, sha256, erased_at, is_gone, is_same in rows:
            yield uuid, _breach(tenant_id, uuid, sha256, told.pop(uuid, None), erased=erased_at is not None, gone=is_gone, same=is_same)
        last = rows[-1][0]
    for uuid, (_, key, seq) in told.items():
        yield uuid, FileBreach(tenant_id, uuid, f"Die Datei {uuid}, die „{key}“ in Schritt {seq + 1} nennt, fehlt.")


def _breach(
    tenant_id: int, uuid: UUID, sha256: str, told: tuple[frozenset[str], str, int] | None, *, erased: bool, gone: bool, same: bool | None
) -> FileBreach | None:
    if told is not None and told[0] != {sha256}:
        return FileBreach(tenant_id, uuid, f"Die Datei {uuid} ist nicht die, die „{told[1]}“ in Schritt {told[2] + 1} nennt.")
    if erased:
        return None
    if gone:
        return FileBreach(tenant_id, uuid, f"Der Inhalt der Datei {uuid} fehlt.")
    return None if same else FileBreach(tenant_id, uuid, f"Der Inhalt der Datei {uuid} wurde verändert.")


def _recorded(tx: Connection, tenant_id: int) -> dict[UUID, tuple[frozenset[str], str, int]]:
    """Return file -> (the hashes under which commands brought it, business key and number of the first such command)."""
    query = text(
        "select p.business_key, h.seq, h.payload from history h join process_instance p on p.tenant_id = h.tenant_id and p.id = h.instance_id"
        " where h.tenant_id = :t and h.payload like :mark order by h.instance_id, h.seq"
    )
    found: dict[UUID, tuple[frozenset[str], str, int]] = {}
    for row in tx.execute(query, {"t": tenant_id, "mark": MARK}):
        stimulus = values.from_json(row.payload)["stimulus"]
        for one in documents.walk([stimulus["variables"], stimulus.get("local")]):
            uuid = documents.id_of(one)
            if uuid is not None:
                hashes, key, seq = found.get(uuid, (frozenset(), row.business_key, row.seq))
                found[uuid] = (hashes | {str(one.get("contentHash"))}, key, seq)
    return found
