"""Files that people and programs bring: their bytes once per tenant, each with its name, its kind by content, who and when.

A process variable holds the reference (`engine.documents`) with the hash of the bytes, and so do history and chain: a changed byte shows.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text, update
from sqlalchemy.dialects.postgresql import insert

from engine import clock, db, documents, errors, media_types
from engine.file_tables import file_content, kept_file

MEGABYTE = 1024 * 1024
MAX_NAME = 150
MAX_PER_FORM = 50
FORBIDDEN = frozenset('<>:"/\\|?*')
UNNAMED = "datei"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be kept, in megabytes: of one file, with one form, and by a tenant altogether."""

    file_mb: int = 20
    form_mb: int = 50
    tenant_mb: int = 20_480


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that was brought and is not kept yet. problem: why it cannot be, in German, naming the file; empty if it can."""

    uuid: UUID
    name: str
    content: bytes
    sha256: bytes
    media_type: str
    problem: str = ""
    encoding: str = ""

    @property
    def reference(self) -> dict[str, object]:
        """The value that stands for it."""
        return documents.reference(self.uuid, self.sha256, self.media_type, len(self.content), self.encoding)


@dataclass(frozen=True, slots=True)
class File:
    """A kept file without its bytes; an erased one has no name."""

    uuid: UUID
    sha256: bytes
    size: int
    name: str
    media_type: str
    encoding: str
    business_key: str
    source: str
    field: str
    kept_by: str
    kept_at: datetime
    erased_at: datetime | None
    erased_by: str | None
    erased_reason: str | None

    @property
    def reference(self) -> dict[str, object]:
        """The value that stands for it."""
        return documents.reference(self.uuid, self.sha256, self.media_type, self.size, self.encoding)


COLUMNS = ", ".join(File.__dataclass_fields__)


def draft(name: str, content: bytes, limits: Limits, *, encoding: str = "") -> Draft:
    """Return a brought file with what its bytes say it is, or why it cannot be kept."""
    clean = clean_name(name)
    told = media_types.tell(clean, content)
    problem = told.problem
    if len(content) > limits.file_mb * MEGABYTE:
        problem = f"Die Datei ist größer als {limits.file_mb} MB. Bitte verkleinern oder aufteilen."
    return Draft(
        clock.new_uuid(), clean, content, hashlib.sha256(content).digest(), told.media_type or "", f"„{clean}“: {problem}" if problem else "",
        encoding,
    )  # fmt: skip


def clean_name(name: str) -> str:
    """Return a file name that is safe to show, store and save under: no folders, no signs that hide or forbid, with its extension."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C" and sign not in FORBIDDEN)
    kept = " ".join(kept.split()).strip(". ")
    stem, dot, suffix = kept.rpartition(".")
    if not dot:
        return kept[:MAX_NAME] or UNNAMED
    return f"{stem[: MAX_NAME - len(suffix[:20]) - 1].strip('. ') or UNNAMED}.{suffix[:20]}"


# ---------------------------------------------------------------- keeping
def keep(
    tx: Connection,
    tenant_id: int,
    drafts: Sequence[Draft],
    *,
    business_key: str,
    source: str,
    by: str,
    now: datetime,
    fields: Mapping[UUID, str] | None = None,
) -> None:
    """Keep the files. fields: draft -> label of its form field.

    Raises errors.InvalidInput for one that cannot be kept, for too much at once, and where the tenant's space is used up.
    """
    if not drafts:
        return
    limits = db.runtime(tx).file_limits
    refuse_too_much(drafts, limits)
    for one in drafts:
        if one.problem:
            raise errors.InvalidInput(one.problem)
    used = tx.execute(
        text("select coalesce(sum(size), 0) from file_content where tenant_id = :t and content is not null"), {"t": tenant_id}
    )
    if int(used.scalar_one()) + sum(len(one.content) for one in drafts) > limits.tenant_mb * MEGABYTE:
        raise errors.InvalidInput(
            f"Der Speicher für Dateien ist voll ({limits.tenant_mb} MB je Mandant). Es wurde nichts gespeichert. Bitte die Administration bitten, "
            "VOLLSTRECKUNG_FILES_MB zu erhöhen."
        )
    for one in drafts:
        row = {"tenant_id": tenant_id, "sha256": one.sha256, "size": len(one.content), "content": one.content}
        adding = insert(file_content).values(row)
        again = adding.on_conflict_do_update(
            index_elements=["tenant_id", "sha256"], set_={"content": adding.excluded.content}, where=file_content.c.content.is_(None)
        )
        tx.execute(again)
    common = {"tenant_id": tenant_id, "business_key": business_key, "source": source, "kept_by": by, "kept_at": now}
    rows = [
        {
            "uuid": one.uuid, "sha256": one.sha256, "size": len(one.content), "name": one.name, "media_type": one.media_type,
            "encoding": one.encoding, "field": (fields or {}).get(one.uuid, ""), **common,
        }
        for one in drafts
    ]  # fmt: skip
    tx.execute(insert(kept_file), rows)


def refuse_too_much(drafts: Sequence[Draft], limits: Limits) -> None:
    """Raise errors.InvalidInput for too many files at once, or too large ones together."""
    if len(drafts) > MAX_PER_FORM or sum(len(one.content) for one in drafts) > limits.form_mb * MEGABYTE:
        raise errors.InvalidInput(
            f"Zusammen dürfen höchstens {MAX_PER_FORM} Dateien und {limits.form_mb} MB auf einmal gesendet werden. Es wurde nichts gespeichert. "
            "Bitte weniger oder kleinere Dateien auswählen."
        )


def refuse_unknown(tx: Connection, tenant_id: int, *given: object) -> None:
    """Raise errors.InvalidInput for a reference that names no file of the tenant, or another hash than the file has."""
    named = {documents.id_of(one): one.get("contentHash") for value in given for one in documents.walk(value)}
    if not named:
        return
    query = text("select uuid, encode(sha256, 'hex') from kept_file where tenant_id = :t and uuid = any(:ids)")
    known = {row[0]: row[1] for row in tx.execute(query, {"t": tenant_id, "ids": list(named)})}
    for uuid, sha256 in named.items():
        if uuid not in known or known[uuid] != sha256:
            raise errors.InvalidInput(
                f"Die Datei „{documents.PREFIX}{uuid}“ gibt es nicht, oder sie gehört einem anderen Mandanten. Dateien bitte hochladen statt nennen."
            )


def erase(tx: Connection, tenant_id: int, file_id: UUID, *, by: str, reason: str, now: datetime) -> None:
    """Delete a file's name for good, and its bytes if no other file has them; chain and replay hold, and say when it was erased."""
    # Who keeps or erases the same bytes at this moment is waited for: else bytes stay that no file names, or a file loses its own.
    locked = (
        "select 1 from file_content c join kept_file k using (tenant_id, sha256) where k.tenant_id = :t and k.uuid = :u for update of c"
    )
    tx.execute(text(locked), {"t": tenant_id, "u": file_id})
    file = find(tx, tenant_id, file_id)
    if file.erased_at is not None:
        raise errors.InvalidState("Die Datei ist schon gelöscht.")
    if not reason.strip():
        raise errors.InvalidInput("Bitte angeben, warum die Datei gelöscht wird.")
    c = kept_file.c
    told = {"name": "", "erased_at": now, "erased_by": by, "erased_reason": reason.strip()}
    tx.execute(update(kept_file).where(c.tenant_id == tenant_id, c.uuid == file_id).values(told))
    still = "select 1 from kept_file k where k.tenant_id = c.tenant_id and k.sha256 = c.sha256 and k.erased_at is null"
    query = f"update file_content c set content = null where c.tenant_id = :t and c.sha256 = :s and not exists ({still})"
    tx.execute(text(query), {"t": tenant_id, "s": file.sha256})


# ---------------------------------------------------------------- reading
def find(tx: Connection, tenant_id: int, file_id: UUID) -> File:
    """Return a file. Raises errors.NotFound, also for another tenant's."""
    found = _select(tx, "tenant_id = :t and uuid = :u", {"t": tenant_id, "u": file_id})
    if not found:
        raise errors.NotFound("Die Datei gibt es nicht, oder sie gehört einem anderen Mandanten.")
    return found[0]


def content(tx: Connection, tenant_id: int, file_id: UUID) -> tuple[File, bytes]:
    """Return a file with its bytes. Raises errors.NotFound, also for an erased one, and errors.InvalidState for changed bytes."""
    file = find(tx, tenant_id, file_id)
    query = text("select content from file_content where tenant_id = :t and sha256 = :s")
    stored = tx.execute(query, {"t": tenant_id, "s": file.sha256}).scalar()
    if file.erased_at is not None:
        raise errors.NotFound(f"Die Datei wurde am {file.erased_at:%d.%m.%Y} gelöscht.")
    if stored is None or hashlib.sha256(stored).digest() != file.sha256:
        raise errors.InvalidState(
            "Die Datei wurde nach dem Speichern verändert und wird nicht ausgegeben. Bitte die Administration verständigen."
        )
    return file, bytes(stored)


def of_key(tx: Connection, tenant_id: int, business_key: str) -> list[File]:
    """Return the files of a business key and of keys below it (`FALL/M1`), newest first."""
    below = business_key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "/%"
    where = "tenant_id = :t and (business_key = :k or business_key like :below escape '\\')"
    return _select(tx, where, {"t": tenant_id, "k": business_key, "below": below})


def named(tx: Connection, tenant_id: int, value: Any) -> Any:
    """Return the value with the names of the files it refers to, for what people and programs read."""
    ids = {documents.id_of(one) for one in documents.walk(value)}
    return documents.with_names(value, names(tx, tenant_id, (uuid for uuid in ids if uuid is not None))) if ids else value


def names(tx: Connection, tenant_id: int, file_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of files; an erased one is called so."""
    query = text(
        "select uuid, case when erased_at is null then name else 'gelöschte Datei' end from kept_file where tenant_id = :t and uuid = any(:ids)"
    )
    return {row[0]: row[1] for row in tx.execute(query, {"t": tenant_id, "ids": list(file_ids)})}


def _select(tx: Connection, where: str, parameters: Mapping[str, object]) -> list[File]:
    query = text(f"select {COLUMNS} from kept_file where {where} order by kept_at desc, uuid")
    return [File(**row) for row in tx.execute(query, dict(parameters)).mappings()]
