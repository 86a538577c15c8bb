"""Small files of every kind that is kept, for scenarios and trials: they say which file is chosen, not what is in it.

`datei:bescheid.pdf` in a scenario's form stands for such a file under that name.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from api import completion
from engine import db, documents, files, media_types, user_tasks

NAMED = re.compile(r"datei:([^/\\]{1,150})")

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", (1).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00")
    + _chunk(b"IDAT", zlib.compress(b"\x00\x1e\x50\xa0"))
    + _chunk(b"IEND", b"")
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
TIFF = b"II*\x00\x08\x00\x00\x00\x00\x00\x00\x00"
TEXT = "Zählerstand: 17 m³\r\nÄpfel\tBirnen\n".encode()
CSV = "kassenzeichen;betrag\r\nDE1;248,37\r\n".encode("cp1252")
EML = b"From: amt@example.org\r\nDate: Mon, 17 Aug 2026 08:00:00 +0200\r\nSubject: Anfrage\r\n\r\nGuten Tag\r\n"
MSG = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64) + "__properties_version1.0".encode("utf-16-le")


def packed(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    """Return a ZIP with empty parts of these names; `first` comes before them, not packed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        if first is not None:
            target.writestr(zipfile.ZipInfo(first[0]), first[1])
        for name in names:
            target.writestr(zipfile.ZipInfo(name), b"")  # without the time of day: a file is the same whenever it is made
    return made.getvalue()


DOCX = packed("[Content_Types].xml", "word/document.xml")
XLSX = packed("[Content_Types].xml", "xl/workbook.xml")
ODT = packed("content.xml", first=("mimetype", b"application/vnd.oasis.opendocument.text"))
ODS = packed("content.xml", first=("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"))
BY_EXTENSION: Mapping[str, bytes] = {
    "pdf": PDF, "png": PNG, "jpg": JPEG, "jpeg": JPEG, "tif": TIFF, "tiff": TIFF, "txt": TEXT, "csv": CSV, "docx": DOCX, "xlsx": XLSX,
    "odt": ODT, "ods": ODS, "eml": EML, "msg": MSG,
}  # fmt: skip


def complete(
    tx: Connection, tenant_id: int, task_id: UUID, submitted: Mapping[str, object], *, by: str, now: datetime
) -> user_tasks.Completion:
    """Complete a task as `completion.complete` does, with a small file for each `datei:NAME` among the values."""
    chosen: dict[str, list[files.Draft]] = {}

    def brought(value: object) -> object:
        if isinstance(value, list):
            return [brought(item) for item in value]
        if isinstance(value, Mapping):
            return {str(name): brought(item) for name, item in value.items()}
        named = NAMED.fullmatch(value) if isinstance(value, str) else None
        if named is None:
            return value
        content = BY_EXTENSION.get(media_types.extension(named[1]), b"?")
        key = f"{documents.PREFIX}{len(chosen)}"
        chosen[key] = [files.draft(named[1], content, db.runtime(tx).file_limits)]
        return key

    values = {name: brought(value) for name, value in submitted.items()}
    return completion.complete(tx, tenant_id, task_id, values, by=by, now=now, chosen=chosen)
