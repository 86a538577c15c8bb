"""The kinds of files that are kept, told by their bytes. What a browser or program calls a file decides nothing."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy

PDF, PNG, JPEG, TIFF = "application/pdf", "image/png", "image/jpeg", "image/tiff"
TEXT, CSV, EML, MSG = "text/plain", "text/csv", "message/rfc822", "application/vnd.ms-outlook"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT, ODS = "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet"
EXTENSIONS: Mapping[str, str] = {
    "pdf": PDF, "png": PNG, "jpg": JPEG, "jpeg": JPEG, "tif": TIFF, "tiff": TIFF, "txt": TEXT, "csv": CSV, "docx": DOCX, "xlsx": XLSX,
    "odt": ODT, "ods": ODS, "eml": EML, "msg": MSG,
}  # fmt: skip
KINDS = "PDF, PNG, JPEG, TIFF, TXT, CSV, DOCX, XLSX, ODT, ODS, EML und MSG"
MAX_DIRECTORY = 1024 * 1024  # bytes: an Office file has some dozen parts, and each entry read costs ten times its size in memory
END_OF_ZIP, LARGE_ZIP = re.compile(rb"(?=PK\x05\x06)"), b"PK\x06\x07"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MSG_STREAM = "__properties_version1.0".encode("utf-16-le")
PDF_HEAD = re.compile(rb"\A(\xef\xbb\xbf)?\s{0,64}%PDF-\d")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Told:
    """What the bytes of a file say. media_type None: nothing that is kept; `problem` says why, in German, without the name."""

    media_type: str | None
    problem: str = ""


def extension(name: str) -> str:
    """Return the extension of a file name, in small letters and without the dot; empty where there is none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem else ""


def tell(name: str, content: bytes) -> Told:
    """Return what kind of file the bytes are. A name whose extension says otherwise is refused: people open files by it."""
    if not content:
        return Told(None, "Die Datei ist leer. Bitte prüfen, ob sie vollständig gespeichert wurde.")
    suffix = extension(name)
    expected = EXTENSIONS.get(suffix)
    if expected is None:
        return Told(
            None, f"Dateien {f'der Art „.{suffix[:20]}“' if suffix else 'ohne Endung'} werden nicht angenommen. Möglich sind {KINDS}."
        )
    if not _LOOKS[expected](content):
        return Told(None, f"Die Datei ist beschädigt oder keine {suffix.upper()}-Datei. Bitte neu erzeugen; umbenennen genügt nicht.")
    return Told(expected)


def _pdf(content: bytes) -> bool:
    return PDF_HEAD.match(content) is not None and b"%%EOF" in content[-2048:]


def _text(content: bytes) -> bool:
    """Return whether it is text to read: UTF-8, UTF-16 with its mark, or the eight bits of old programs, and nothing unprintable."""
    if PDF_HEAD.match(content):
        return False
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return UNPRINTABLE.search(content.decode(encoding)) is None
        except UnicodeDecodeError:
            continue
    return False


def _mail(content: bytes) -> bool:
    head = content[:65536]
    if b"\x00" in head:
        return False
    try:
        told = message_from_bytes(head, policy=policy.compat32)
    except (ValueError, LookupError):
        return False
    return "from" in told and ("date" in told or "received" in told)


def _zipped(member: str) -> Callable[[bytes], bool]:
    """Return a test for Office files: a ZIP with that part and no macros. Only its directory is read, nothing is unpacked."""

    def looks(content: bytes) -> bool:
        names = _entries(content)
        return "[Content_Types].xml" in names and member in names and not any(name.lower().endswith("vbaproject.bin") for name in names)

    return looks


def _open_document(media_type: str) -> Callable[[bytes], bool]:
    # The first part is stored, not packed, and names the kind; so says the standard (ODF 1.3, part 2, 3.3).
    def looks(content: bytes) -> bool:
        length = int.from_bytes(content[28:30], "little")
        return content[30:38] == b"mimetype" and content[38 + length :].startswith(media_type.encode() + b"PK") and bool(_entries(content))

    return looks


def _entries(content: bytes) -> set[str]:
    """Return the names in a ZIP; none for what is no ZIP, or one whose directory is larger than any Office file's."""
    tail = content[-65557:]  # the end record with the longest comment; each place that could be one must be harmless
    ends = [found.start() for found in END_OF_ZIP.finditer(tail)]
    if LARGE_ZIP in tail or any(int.from_bytes(tail[end + 12 : end + 16], "little") > MAX_DIRECTORY for end in ends):
        return set()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return set(packed.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):  # how zipfile tells of a broken one
        return set()


_LOOKS: Mapping[str, Callable[[bytes], bool]] = {
    PDF: _pdf,
    PNG: lambda content: content.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in content[-16:],
    JPEG: lambda content: content.startswith(b"\xff\xd8\xff"),
    TIFF: lambda content: content[:4] in (b"II*\x00", b"MM\x00*"),
    TEXT: _text,
    CSV: _text,
    EML: _mail,
    MSG: lambda content: content.startswith(OLE) and MSG_STREAM in content,
    DOCX: _zipped("word/document.xml"),
    XLSX: _zipped("xl/workbook.xml"),
    ODT: _open_document(ODT),
    ODS: _open_document(ODS),
}
