"""Print letters with typst: DIN 5008 form B, GiroCode, PDF/A-3a and PDF/UA-1 in one file, our fonts only, same bytes every time.

Pure but for reading font files. User text reaches the template as JSON in `sys.inputs`, never as markup.
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

FONTS = Path(__file__).parents[1] / "api" / "static" / "dist" / "fonts"
STANDARDS = ["a-3a", "ua-1"]
INPUT_LINE = re.compile(r"^//\s*(\w+)\s*:", re.MULTILINE)
USED = re.compile(r"\bd\.([a-z_]\w*)")
MAX_QR_TEXT, MAX_QR_NAME = 140, 70


@dataclass(frozen=True, slots=True)
class Sheet:
    """A letter ready to print; `shared` are files the template imports."""

    template: bytes
    shared: Mapping[str, bytes]
    inputs: Mapping[str, object]
    posted_on: date
    sandbox: bool


def render(sheet: Sheet) -> bytes:
    """Return the PDF. Raises errors.Incident with typst's message when the template does not compile."""
    _check_fonts()
    data = {**sheet.inputs, "sandbox": sheet.sandbox}
    files: dict[str, bytes] = {"main": sheet.template, **sheet.shared}
    giro = data.get("girocode")
    files["girocode.svg"] = _qr_svg(str(giro)) if giro else b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
    moment = datetime.combine(sheet.posted_on, time(0), UTC)
    try:
        pdf = typst.compile(
            files, format="pdf", font_paths=[str(FONTS)], ignore_system_fonts=True, pdf_standards=STANDARDS,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)}, timestamp=moment,
        )  # fmt: skip
    except RuntimeError as fault:
        raise errors.Incident(f"Das Schreiben lässt sich nicht drucken: {fault}") from fault
    return bytes(pdf)


def check(content: bytes, filename: str) -> tuple[Finding, ...]:
    """Return findings about a template: it declares its inputs (`// name: meaning`) and uses no others."""
    text = content.decode("utf-8", "replace")
    declared = set(INPUT_LINE.findall(text))
    findings = []
    if filename != "layout.typ" and not declared:
        message = "Die Briefvorlage nennt ihre Eingaben nicht."
        findings.append(Finding(filename, 1, "", "", message, "Bitte am Anfang je Eingabe eine Zeile „// name: Bedeutung“ schreiben."))
    for number, line in enumerate(text.splitlines(), start=1):
        for name in USED.findall(line):
            if declared and name not in declared:
                message = f"Die Vorlage druckt „{name}“, nennt es aber nicht als Eingabe."
                findings.append(
                    Finding(filename, number, name, "", message, "Bitte am Anfang der Vorlage ergänzen oder den Namen berichtigen.")
                )
    return tuple(findings)


def keys(content: bytes, filename: str) -> Sequence[tuple[str, str]]:
    """Return the template's name, for deployments."""
    stem = filename.rpartition("/")[2].removesuffix(".typ")
    return [(stem, stem.replace("_", " ").capitalize())]


def girocode(*, holder: str, iban: str, amount_cent: int, reference: str) -> str:
    """Return the payload of a GiroCode. Source: EPC069-12 version 002; free text, amount with two decimals, no BIC needed."""
    if not 1 <= amount_cent <= 99_999_999_999:
        raise ValueError("the amount of a GiroCode lies between 0.01 and 999,999,999.99 euros")
    amount = f"EUR{amount_cent // 100}.{amount_cent % 100:02d}"
    lines = ["BCD", "002", "1", "SCT", "", holder[:MAX_QR_NAME], iban.replace(" ", ""), amount, "", "", reference[:MAX_QR_TEXT]]
    return "\n".join(lines)


def plain(value: object) -> object:
    """Return letter inputs as JSON data: amounts and dates already as German text, so that a template only places them."""
    if isinstance(value, Decimal):
        return euro(value)
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y, %H:%M} Uhr"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    return str(value)


def euro(amount: Decimal) -> str:
    """Return an amount as German text: 1.405,70."""
    text = f"{amount:,.2f}"
    return text.replace(",", "\0").replace(".", ",").replace("\0", ".")


def iban_text(iban: str) -> str:
    """Return an IBAN in groups of four."""
    compact = iban.replace(" ", "")
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))


@lru_cache(maxsize=256)
def _qr_svg(payload: str) -> bytes:
    code = segno.make(payload, error="m", micro=False, boost_error=False, encoding="utf-8")
    buffer = io.BytesIO()
    code.save(buffer, kind="svg", border=4, scale=1, xmldecl=False, svgns=True, nl=False)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _check_fonts() -> None:
    if not list(FONTS.glob("FiraSans*.ttf")):
        raise errors.Incident(f"Die Schriften fehlen ({FONTS.name}). Bitte „make setup“ ausführen.")
