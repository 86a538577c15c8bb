"""Claims files as text: encoding, header, lines. What the columns mean stands in claim_lines.

A file is refused as a whole (errors.InvalidInput, nothing is kept) when no line of it can be trusted: too large, binary,
not decodable, wrong separator, no header, unknown, missing or repeated columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine import errors

MAX_BYTES = 200 * 1024 * 1024
MAX_LINE_CHARACTERS = 8192
SEPARATOR = ";"
BOM = "\ufeff"

CLAIM_COLUMNS = (
    "mandant", "kassenzeichen", "op_nr", "forderungsart", "zeitraum_von", "zeitraum_bis", "bescheid_vom", "bekanntgabe_am",
    "faellig_am", "betrag", "kosten", "rechtskraft_am", "mahnung_am", "mahnfrist_bis", "mahngebuehr", "mahnsperre_grund",
    "mahnsperre_bis", "schuldner_nr", "rechtsform", "nachname", "vorname", "firma", "geburtsdatum", "vertreter", "strasse",
    "hausnummer", "plz", "ort", "land", "email",
)  # fmt: skip
CLAIM_MANDATORY = (
    "mandant", "kassenzeichen", "op_nr", "forderungsart", "bescheid_vom", "faellig_am", "betrag", "schuldner_nr", "rechtsform",
    "strasse", "plz", "ort",
)  # fmt: skip
JOINT_COLUMNS = ("mandant", "kassenzeichen", "op_nr", "schuldner_nr", "rolle")
JOINT_MANDATORY = JOINT_COLUMNS[:4]

_LINE_END = re.compile(r"\r\n|\n|\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_KNOWN_FORMATS = ((b"PK\x03\x04", "eine Excel- oder ZIP-Datei"), (b"%PDF", "ein PDF"), (b"\xd0\xcf\x11\xe0", "eine alte Excel-Datei"))
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class TextLine:
    """One data line: its number in the file (header = 1), its text, its cells by column, or why it cannot be split."""

    number: int
    raw: str
    cells: dict[str, str]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class TextFile:
    """A readable file. `columns` as in its header."""

    encoding: str
    columns: tuple[str, ...]
    lines: tuple[TextLine, ...]


def read(content: bytes, *, columns: Sequence[str], mandatory: Sequence[str], one_of: Sequence[str] = ()) -> TextFile:
    """Return the lines of a file whose header may list `columns` in any order and must list `mandatory` and one of `one_of`.

    Raises errors.InvalidInput for a file that is refused as a whole.
    """
    encoding, text = _decode(content)
    numbered = [(number, line) for number, line in enumerate(_LINE_END.split(text), start=1) if line.strip()]
    if not numbered:
        raise errors.InvalidInput("Die Datei ist leer. Erwartet werden eine Kopfzeile und Datenzeilen.")
    header = _header(numbered[0][1], columns, mandatory, one_of)
    return TextFile(encoding, header, tuple(_lines(numbered[1:], header)))


def neutral(cell: str) -> str:
    """Return the cell so that a spreadsheet shows it as text instead of computing it."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def write(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a claims-style file: UTF-8 with BOM, semicolon, CRLF; cells that look like formulas neutralised."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=SEPARATOR, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return (BOM + out.getvalue()).encode("utf-8")


def split(line: str) -> list[str]:
    """Return the stripped cells of one line. Raises csv.Error for quotes that do not match."""
    return [cell.strip() for cell in next(csv.reader([line], delimiter=SEPARATOR, strict=True), [])]


def _decode(content: bytes) -> tuple[str, str]:
    if len(content) > MAX_BYTES:
        raise errors.InvalidInput(f"Die Datei ist größer als {MAX_BYTES // 1024 // 1024} MB. Bitte in mehrere Dateien teilen.")
    for start, kind in _KNOWN_FORMATS:
        if content.startswith(start):
            raise errors.InvalidInput(f"Das ist {kind}. Erwartet wird eine Textdatei (CSV) mit Semikolon.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise errors.InvalidInput("Die Datei ist UTF-16-kodiert. Erwartet wird UTF-8 oder Windows-1252.")
    encoding, text = _decoded(content)
    control = _CONTROL.search(text)
    if control:
        line = len(_LINE_END.findall(text, 0, control.start())) + 1
        name = "ein NUL-Zeichen" if control.group() == "\0" else f"das Steuerzeichen U+{ord(control.group()):04X}"
        raise errors.InvalidInput(f"Zeile {line} enthält {name}; das ist keine Textdatei. Erwartet wird eine CSV-Datei mit Semikolon.")
    return encoding, text


def _decoded(content: bytes) -> tuple[str, str]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return ("utf-8-sig", text[1:]) if text.startswith(BOM) else ("utf-8", text)
    try:
        return "cp1252", content.decode("cp1252")
    except UnicodeDecodeError as fault:
        raise errors.InvalidInput(
            f"Die Datei ist weder UTF-8 noch Windows-1252 (Byte {fault.start + 1} ist keinem Zeichen zugeordnet)."
        ) from fault


def _header(line: str, columns: Sequence[str], mandatory: Sequence[str], one_of: Sequence[str]) -> tuple[str, ...]:
    try:
        names = [cell.lower() for cell in split(line)]
    except csv.Error as fault:
        raise errors.InvalidInput("Die Kopfzeile enthält nicht geschlossene Anführungszeichen.") from fault
    if len(names) < 2 and any(column in line.lower() for column in mandatory):
        raise errors.InvalidInput("Falsches Trennzeichen: Erwartet wird das Semikolon zwischen den Spalten.")
    if not set(names) & set(mandatory):
        raise errors.InvalidInput(f"Die Kopfzeile fehlt. Erwartet wird in der ersten Zeile: {SEPARATOR.join(columns)}.")
    faults = []
    if unknown := [name for name in names if name not in columns]:
        shown = ", ".join(f"„{name[:40]}“" for name in unknown[:10])
        faults.append(f"Unbekannte Spalten: {shown}. Erlaubt sind: {', '.join(columns)}.")
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        faults.append(f"Spalten mehrfach vorhanden: {', '.join(name[:40] for name in repeated[:10])}.")
    if missing := [name for name in mandatory if name not in names]:
        faults.append(f"Pflichtspalten fehlen: {', '.join(missing)}.")
    if one_of and not set(one_of) & set(names):
        faults.append(f"Mindestens eine dieser Spalten fehlt: {', '.join(one_of)}.")
    if faults:
        raise errors.InvalidInput(" ".join(faults))
    return tuple(names)


def _lines(numbered: Iterable[tuple[int, str]], header: tuple[str, ...]) -> Iterator[TextLine]:
    for number, line in numbered:
        if len(line) > MAX_LINE_CHARACTERS:
            yield TextLine(number, line[:MAX_LINE_CHARACTERS], {}, f"Die Zeile ist länger als {MAX_LINE_CHARACTERS} Zeichen.")
            continue
        try:
            cells = split(line)
        except csv.Error:
            yield TextLine(number, line, {}, "Die Anführungszeichen der Zeile passen nicht zusammen.")
            continue
        if len(cells) != len(header):
            fault = f"Die Zeile hat {len(cells)} Spalten, erwartet werden {len(header)} wie in der Kopfzeile."
            yield TextLine(number, line, dict(zip(header, cells, strict=False)), fault)
        else:
            yield TextLine(number, line, dict(zip(header, cells, strict=True)))
