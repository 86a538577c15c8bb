"""Print letters with typst: DIN 5008 form B, GiroCode, PDF/A-3a and PDF/UA-1 in one file, our fonts only, same bytes every time.

Pure but for reading font files. What people wrote reaches the template as JSON in `sys.inputs`, never as markup. Conformance to
the PDF standards is what typst asserts; a validator has to be run once per template before anybody claims it.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import segno
import typst

from engine import errors
from engine.protocol import Finding
from processes import typeface

HOUSE = Path(__file__).parents[1]
FONT_DIRS = (
    HOUSE / "api" / "static" / "dist" / "fonts",
    HOUSE / "api" / "frontend" / "node_modules" / "@expo-google-fonts" / "fira-sans",
)
FONT_FILES = ("FiraSans_400Regular.ttf", "FiraSans_700Bold.ttf")
SHARED = "din5008"  # the layout every letter imports; deployed like a letter, and kept by running instances
STANDARDS = ["a-3a", "ua-1"]
MAX_TEMPLATE_BYTES = 64 * 1024
MAX_LINES_SQUARED = 40_000_000  # typst prints a line again with each fault in it: ten faults in a line of a megabyte are ten megabytes

# The header of a template names its inputs, one comment line each.
_INPUT = re.compile(r"^//\s*([a-z][a-z0-9_]*)\s*:\s*\S", re.MULTILINE)
_FORMULA = re.compile(r"(?<!\\)\$")
_FAULT = re.compile(r"^error: (?P<what>.*)\n *┌─ main\.typ:(?P<line>\d+):", re.MULTILINE)
_GERMAN = {
    "unclosed delimiter": "Eine Klammer, ein * oder ein _ bleibt offen",
    "unclosed string": "Ein Text in Anführungszeichen endet nicht",
    "unclosed label": "Eine spitze Klammer bleibt offen",
    "unexpected closing bracket": "Hier schließt eine eckige Klammer, die nicht offen ist",
    "unexpected closing paren": "Hier schließt eine runde Klammer, die nicht offen ist",
    "unexpected closing brace": "Hier schließt eine geschweifte Klammer, die nicht offen ist",
    "expected expression": "Hinter # fehlt der Ausdruck",
    "expected comma": "Hier fehlt ein Komma",
}
_MAX_FAULTS = 5  # what follows the first is most often its consequence
_USED = re.compile(r"\bb\.([a-z][a-z0-9_]*)")
_LOADS = re.compile(r"\b(import|include)\b\s*(.{0,40})")
_REFUSED = re.compile(r"(?<![\w-])(eval|read|plugin|csv|yaml|toml|xml|cbor|bibliography)\s*\(")
GIVEN = frozenset({"muster", "girocode_svg"})  # put in by `render`

# EPC069-12: at most 70 characters of name and 140 of text.
_MAX_NAME, _MAX_TEXT, _MAX_CENT = 70, 140, 99_999_999_999


@dataclass(frozen=True, slots=True)
class Sheet:
    """A letter ready to print: template, files it imports by name, inputs as JSON data, the day it is posted."""

    template: bytes
    shared: Mapping[str, bytes]
    inputs: Mapping[str, object]
    posted_on: date
    sandbox: bool


def render(sheet: Sheet) -> bytes:
    """Return the PDF: the same bytes for the same sheet. Raises errors.Incident when the template does not compile or fonts are missing."""
    inputs = {**_shown(sheet.inputs), "muster": sheet.sandbox}
    payload = sheet.inputs.get("girocode")
    if payload:
        inputs["girocode_svg"] = qr_svg(str(payload))
    try:
        pdf = typst.compile(  # type: ignore[call-overload]  # takes files by name, which its stubs do not know
            {"main.typ": sheet.template, **sheet.shared},
            format="pdf",
            font_paths=fonts(),
            sys_inputs={"brief": json.dumps(inputs, ensure_ascii=False, sort_keys=True)},
            pdf_standards=STANDARDS,
            timestamp=datetime.combine(sheet.posted_on, time(0), UTC),
        )
    except typst.TypstError as fault:
        hints = " ".join(fault.hints)
        raise errors.Incident(f"Das Schreiben lässt sich nicht drucken: {fault.message} {hints}".strip()) from fault
    return bytes(pdf)


@lru_cache(maxsize=1)
def fonts() -> typst.Fonts:
    """Return our fonts, and no others. Raises errors.Incident when they are not installed: typst would silently take another."""
    folders = sorted({str(path.parent) for path in _font_files()})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def _font_files() -> list[Path]:
    for folder in FONT_DIRS:
        found = [path for name in FONT_FILES for path in folder.rglob(name)]
        if len(found) == len(FONT_FILES):
            return found
    raise errors.Incident("Die Schrift der Schreiben (Fira Sans) fehlt. Bitte „make setup“ ausführen und das Schreiben neu drucken.")


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    return frozenset.intersection(*(typeface.characters(path) for path in _font_files()))


def _shown(inputs: Mapping[str, object]) -> dict[str, object]:
    """Return the inputs in characters that the font has: typst refuses a page with any other."""
    known = _characters()

    def reduced(value: object) -> object:
        if isinstance(value, str):
            return value if value.isascii() and value.isprintable() else typeface.shown(value, known)
        if isinstance(value, Mapping):
            return {key: reduced(item) for key, item in value.items()}
        return [reduced(item) for item in value] if isinstance(value, list | tuple) else value

    return {key: reduced(value) for key, value in inputs.items()}


def own_shared() -> dict[str, bytes]:
    """Return the layout that the program ships, by file name."""
    return {f"{SHARED}.typ": (Path(__file__).with_name("letters") / f"{SHARED}.typ").read_bytes()}


# ---------------------------------------------------------------- GiroCode
def girocode(*, holder: str, iban: str, amount_cent: int, reference: str) -> str:
    """Return the payload of a GiroCode: a SEPA transfer with free text, without BIC.

    Source: EPC069-12 version 002. Raises ValueError for an amount that no transfer can have.
    """
    if not 1 <= amount_cent <= _MAX_CENT:
        raise ValueError(f"a transfer carries 0.01 to 999,999,999.99 euros, not {amount_cent} cents")
    amount = f"EUR{amount_cent // 100}.{amount_cent % 100:02d}"
    lines = ["BCD", "002", "1", "SCT", "", holder[:_MAX_NAME], iban.replace(" ", ""), amount, "", "", reference[:_MAX_TEXT]]
    return "\n".join(lines)


@lru_cache(maxsize=64)
def qr_svg(payload: str) -> str:
    """Return the payload as a QR code, error correction M, with its quiet zone."""
    code = segno.make(payload, error="m", micro=False, boost_error=False, encoding="utf-8")
    buffer = io.BytesIO()
    code.save(buffer, kind="svg", border=4, xmldecl=False, nl=False)
    return buffer.getvalue().decode("ascii")


# ---------------------------------------------------------------- inputs
def plain(value: object) -> object:
    """Return letter inputs as JSON data: amounts as "257.37", days as "2026-09-14"; the template writes them in German."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | bool | int) else str(value)


# ---------------------------------------------------------------- what a deployment asks
def keys(content: bytes, filename: str) -> Sequence[tuple[str, str]]:
    """Return (key, name) of the template: its file stem."""
    stem = filename.rpartition("/")[2].removesuffix(".typ")
    return [(stem, stem.replace("_", " ").capitalize())]


def check(content: bytes, filename: str) -> tuple[Finding, ...]:
    """Return findings: a template can be read, names its inputs at its head, uses no others, gets them, and loads only the shared layout."""
    source = _source(content)
    if source is None:
        message = "Die Briefvorlage ist kein UTF-8-Text oder zu groß."
        return (Finding(filename, 1, "", "", message, f"Erlaubt sind {MAX_TEMPLATE_BYTES // 1024} KB Text."),)
    lines = [(number, line) for number, line in enumerate(source.splitlines(), start=1) if not _is_comment(line)]
    findings = _loads(lines, filename)
    key = keys(content, filename)[0][0]
    if key != SHARED:
        findings += _inputs(source, lines, key, filename)
    return tuple(findings + (_syntax(source, filename) if not findings else []))


def _source(content: bytes) -> str | None:
    try:
        return content.decode("utf-8") if len(content) <= MAX_TEMPLATE_BYTES else None
    except UnicodeDecodeError:
        return None


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("//") and "*/" not in line  # which ends a comment of several lines, and text follows


def _loads(lines: Sequence[tuple[int, str]], filename: str) -> list[Finding]:
    findings = []
    for number, line in lines:
        for word, what in _LOADS.findall(line):
            if not what.startswith(f'"{SHARED}.typ"'):
                message = f"„{word}“ lädt etwas anderes als das gemeinsame Layout."
                findings.append(Finding(filename, number, "", "", message, f'Erlaubt ist nur: #import "{SHARED}.typ": *'))
        for word in _REFUSED.findall(line):
            message = f"„{word}()“ ist in Briefvorlagen nicht erlaubt."
            findings.append(Finding(filename, number, "", "", message, "Bitte nur die Eingaben benutzen."))
        if _FORMULA.search(line):
            message = "Formeln ($…$) sind in Briefvorlagen nicht erlaubt."
            findings.append(Finding(filename, number, "", "", message, "Ein Dollarzeichen im Text bitte als \\$ schreiben."))
    if sum(len(line) ** 2 for _, line in lines) > MAX_LINES_SQUARED:
        number = max(lines, key=lambda one: len(one[1]))[0]
        findings.append(Finding(filename, number, "", "", "Die Zeilen der Briefvorlage sind zu lang.", "Bitte umbrechen."))
    return findings


def _inputs(source: str, lines: Sequence[tuple[int, str]], key: str, filename: str) -> list[Finding]:
    """Return what is wrong with the inputs: not named at the head, used but not named, named but never given."""
    if not _INPUT.search(source):
        remedy = "Bitte am Anfang je Eingabe eine Zeile „// name: Bedeutung“ schreiben."
        return [Finding(filename, 1, "", "", "Die Briefvorlage nennt ihre Eingaben nicht.", remedy)]
    findings = []
    declared = set(_INPUT.findall(source)) | GIVEN
    for number, line in lines:
        for name in _USED.findall(line):
            if name not in declared:
                message = f"Die Vorlage druckt „{name}“, nennt es aber nicht als Eingabe."
                remedy = "Bitte im Kopf der Vorlage ergänzen oder den Namen berichtigen."
                findings.append(Finding(filename, number, name, "", message, remedy))
    written = _written()
    if key not in written:
        message = f"Ein Schreiben „{key}“ versendet kein Topic: Es gibt keine Angaben dafür."
        remedy = f"Vorhanden sind: {', '.join(sorted(written))}. Bitte eine davon unter ihrem Namen ändern."
        return [*findings, Finding(filename, 1, key, "", message, remedy, "warning")]
    for number, name in _head(source):
        if name not in written[key] | GIVEN:
            message = f"Die Eingabe „{name}“ bekommt das Schreiben „{key}“ nicht."
            findings.append(Finding(filename, number, name, "", message, f"Es bekommt: {', '.join(sorted(written[key]))}."))
    return findings


def _head(source: str) -> list[tuple[int, str]]:
    """Return (line, name) of the inputs that a template names in the comment lines at its beginning."""
    found = []
    for number, line in enumerate(source.splitlines(), start=1):
        if not line.startswith("//"):
            break
        found += [(number, name) for name in _INPUT.findall(line)]
    return found


@lru_cache(maxsize=1)
def _written() -> Mapping[str, frozenset[str]]:
    """Return letter -> inputs that its writer gives: those that the template we ship with it names."""
    shipped = (HOUSE / "processes").glob("*/letters/*.typ")
    return {path.stem: frozenset(name for _, name in _head(path.read_text(encoding="utf-8"))) for path in shipped}


def _syntax(source: str, filename: str) -> list[Finding]:
    """Return where typst cannot read the template. Nothing of it runs: it ends at a line before it, once all has been read."""
    try:
        typst.compile({"main.typ": f'#panic("gelesen")\n{source}'.encode()})  # type: ignore[call-overload]  # as above
    except typst.TypstError as fault:
        faults = [(int(found["line"]) - 1, found["what"]) for found in _FAULT.finditer(str(fault.diagnostic))]
        return [
            Finding(
                filename,
                line,
                "",
                "",
                f"Die Vorlage ist hier nicht lesbar: {_GERMAN.get(what, f'typst sagt „{what}“')}.",
                "Bitte Klammern und Zeichen prüfen.",
            )
            for line, what in faults[:_MAX_FAULTS]
            if line
        ]
    return []
