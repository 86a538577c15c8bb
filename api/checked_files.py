"""Checked files as a page shows them: each with its findings, what can be drawn of it, and the lines around what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from api import drawn_files
from engine import contents
from engine.protocol import Finding

MAX_SHOWN = 1000  # findings on one page
MAX_DRAWN_BYTES = 8 * 1024 * 1024  # of the files that one page draws
MAX_LINE = 200
CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding with its number on the page; `mark`: the drawn thing that shows it, empty where nothing does."""

    number: int
    finding: Finding
    mark: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file and the numbers of the findings on it."""

    number: int
    text: str
    findings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file of the check. `drawn` is None where no picture is possible; `undrawn` says why then, in German.

    marks: drawn thing -> numbers of its findings. excerpts: the places with findings, each with a few lines around.
    """

    number: int
    name: str
    kind: str | None
    findings: tuple[Shown, ...]
    errors: int
    warnings: int
    drawn: drawn_files.Drawn | None
    undrawn: str
    marks: Mapping[str, Sequence[int]]
    excerpts: tuple[tuple[Line, ...], ...]

    @property
    def everything_is_drawn(self) -> bool:
        return all(one.mark for one in self.findings)


@dataclass(frozen=True, slots=True)
class Checked:
    """All files of a check; `left_out`: findings beyond those that a page shows."""

    files: tuple[File, ...]
    errors: int
    warnings: int
    left_out: int


def of(files: Mapping[str, bytes], findings: Sequence[Finding]) -> Checked:
    """Return what a page shows of checked files; above MAX_SHOWN findings the errors come first."""
    kept = sorted(findings, key=lambda one: one.severity != "error")[:MAX_SHOWN]
    shown: list[File] = []
    budget = MAX_DRAWN_BYTES
    for place, name in enumerate(dict.fromkeys([*files, *(one.file for one in findings)]), start=1):
        content, kind = files.get(name), contents.kind_of(name)
        drawn, undrawn = _drawn(content, kind, budget)
        budget -= len(content or b"") if drawn is not None else 0
        first = sum(len(file.findings) for file in shown) + 1
        own = sorted((one for one in kept if one.file == name), key=lambda one: (one.severity != "error", one.line, one.element_id))
        numbered = tuple(Shown(k, one, drawn.mark_of(one.element_id) if drawn else "") for k, one in enumerate(own, start=first))
        everything = [one.severity for one in findings if one.file == name]
        excerpts = tuple(_excerpts(lines_of(content, kind), numbered)) if content is not None and numbered else ()
        shown.append(
            File(
                place,
                name,
                kind,
                numbered,
                everything.count("error"),
                everything.count("warning"),
                drawn,
                undrawn,
                _marks(numbered),
                excerpts,
            )
        )
    errors = sum(file.errors for file in shown)
    return Checked(tuple(shown), errors, len(findings) - errors, len(findings) - len(kept))


def _marks(findings: Iterable[Shown]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in findings:
        if one.mark:
            found.setdefault(one.mark, []).append(one.number)
    return found


def _drawn(content: bytes | None, kind: str | None, budget: int) -> tuple[drawn_files.Drawn | None, str]:
    if content is None:
        return None, "Diese Datei gehört zu den bereitgestellten Modellen und wurde nicht hochgeladen."
    if len(content) > budget:
        return None, "Für ein Bild auf dieser Seite sind es zu viele oder zu große Dateien. Bitte die Datei einzeln prüfen."
    try:
        return drawn_files.of(content, kind), ""
    except drawn_files.NotDrawable as fault:
        return None, str(fault)


# ---------------------------------------------------------------- lines
def lines_of(content: bytes, kind: str | None) -> list[str]:
    """Return the lines as the checks count them."""
    text = drawn_files.text_of(content)
    return text.splitlines() if kind == "letter" else text.split("\n")


def _excerpts(lines: Sequence[str], findings: Iterable[Shown]) -> Iterable[tuple[Line, ...]]:
    """Return the lines around each finding; what overlaps or touches is one excerpt."""
    at: dict[int, list[Shown]] = {}
    for one in findings:
        at.setdefault(min(max(one.finding.line, 1), max(len(lines), 1)), []).append(one)
    wanted = sorted({k for line in at for k in range(line - CONTEXT, line + CONTEXT + 1) if 1 <= k <= len(lines)})
    excerpt: list[Line] = []
    for k in wanted:
        if excerpt and k != excerpt[-1].number + 1:
            yield tuple(excerpt)
            excerpt = []
        here = at.get(k, [])
        excerpt.append(Line(k, _cut(lines[k - 1], [one.finding.element_id for one in here]), tuple(one.number for one in here)))
    if excerpt:
        yield tuple(excerpt)


def _cut(line: str, wanted: Sequence[str]) -> str:
    """Return a line as it can be shown: a long one the part with the first wanted word in it, signs that print nothing as a dot."""
    line = line.rstrip("\r")
    if len(line) > MAX_LINE:
        found = next((place for word in wanted if word and (place := line.find(word)) >= 0), 0)
        start = max(0, min(found - MAX_LINE // 2, len(line) - MAX_LINE))
        end = start + MAX_LINE
        line = ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
    return "".join(sign if sign.isprintable() or sign == "\t" else "·" for sign in line)
