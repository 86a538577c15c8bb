"""Which characters a font file can show, and text reduced to those: a letter is printed, whatever script a name came in."""

from __future__ import annotations

import struct
import unicodedata
from pathlib import Path

REPLACEMENT = "?"
_KEPT = frozenset("\n\t")


def characters(path: Path) -> frozenset[int]:
    """Return the code points of a TrueType font's Unicode table (cmap format 4). Raises ValueError for another kind of file."""
    content = path.read_bytes()
    tables = struct.unpack_from(">H", content, 4)[0]
    directory = {content[12 + 16 * n : 16 + 16 * n]: struct.unpack_from(">II", content, 20 + 16 * n) for n in range(tables)}
    if b"cmap" not in directory:
        raise ValueError(f"{path.name} has no character table")
    start = directory[b"cmap"][0]
    for number in range(struct.unpack_from(">H", content, start + 2)[0]):
        offset = start + struct.unpack_from(">I", content, start + 8 + 8 * number)[0]
        if struct.unpack_from(">H", content, offset)[0] == 4:
            return _segments(content, offset)
    raise ValueError(f"{path.name} has no character table of format 4")


def _segments(content: bytes, offset: int) -> frozenset[int]:
    count = struct.unpack_from(">H", content, offset + 6)[0] // 2
    ends, starts, deltas, ranges = (offset + 14 + 2 * part * count + (2 if part else 0) for part in range(4))
    found = set()
    for segment in range(count):
        end, first, delta, shift = (struct.unpack_from(">H", content, base + 2 * segment)[0] for base in (ends, starts, deltas, ranges))
        for code in range(first, end + 1):
            glyph = code + delta
            if shift:
                glyph = struct.unpack_from(">H", content, ranges + 2 * segment + shift + 2 * (code - first))[0]
            if glyph % 0x10000 and code != 0xFFFF:
                found.add(code)
    return frozenset(found)


def shown(text: str, known: frozenset[int]) -> str:
    """Return the text with every character that the font lacks replaced: by its base letter, a space, or a question mark."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(char if ord(char) in known or char in _KEPT else _nearest(char, known) for char in composed)


def _nearest(char: str, known: frozenset[int]) -> str:
    category = unicodedata.category(char)
    if category in ("Mn", "Cf"):
        return ""
    if category[0] in "ZC":
        return " "
    base = "".join(part for part in unicodedata.normalize("NFKD", char) if ord(part) in known)
    return base or REPLACEMENT
