"""What a browser sent, as the value of its field: exact numbers, dates, texts; or a message where it is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine import feel
from forms.model import Component

BERLIN = ZoneInfo("Europe/Berlin")
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
MAX_NUMBER = 40
MAX_DECIMALS = 10
OPTION = (str, bool, int, Decimal, Mapping)
MAX_TEXT = 20_000
MAX_ROWS = 500
MAX_ALL_ROWS = 1000  # with those of lists within lists
MAX_DIGITS = 15
YEARS = range(1900, 2200)
NOTE = re.compile(r"notiz:[0-9a-fA-F-]{36}")


def read(component: Component, raw: object) -> tuple[object, str | None]:
    """Return (value in its Python type, message where it is none). An empty field is None, [] or False."""
    kind, label = component.type, component.label
    if kind == "checkbox":
        return (raw, None) if isinstance(raw, bool) else (False, None if raw in (None, "") else f"„{label}“: Erwartet wird ja oder nein.")
    if kind in ("checklist", "taglist"):
        if raw is None or raw == "":
            return [], None
        if not isinstance(raw, list) or len(raw) > MAX_ROWS or not all(isinstance(item, OPTION) for item in raw):
            return [], f"„{label}“: Die Auswahl ist nicht lesbar."
        return [item for number, item in enumerate(raw) if item not in raw[:number]], None
    if raw is None or raw == "":
        return None, None
    if kind == "number":
        found = number(raw)
        return found, None if found is not None else f"„{label}“: Erwartet wird eine Zahl, z. B. 120 oder 84,50."
    if kind == "datetime":
        return _moment(component, raw)
    if kind in ("radio", "select"):
        return (raw, None) if isinstance(raw, OPTION) else (None, f"„{label}“: Die Auswahl ist nicht lesbar.")
    return _text(component, raw)


def _text(component: Component, raw: object) -> tuple[object, str | None]:
    label = component.label
    if not isinstance(raw, str):
        return None, f"„{label}“: Erwartet wird ein Text."
    if len(raw) > MAX_TEXT:
        return None, f"„{label}“: Der Text ist länger als {MAX_TEXT} Zeichen."
    if "\x00" in raw or any("\ud800" <= character <= "\udfff" for character in raw):
        return None, f"„{label}“: Der Text enthält Zeichen, die nicht gespeichert werden können."
    if component.note and is_note(raw):  # a reference is the server's to give
        return None, f"„{label}“: Bitte einen Text eingeben."
    return raw.replace("\r\n", "\n"), None


def is_note(value: object) -> bool:
    """Return whether a value refers to a note of the case file; what somebody typed may well begin like one."""
    return isinstance(value, str) and NOTE.fullmatch(value.strip()) is not None


def number(raw: object) -> Decimal | None:
    """Return the number that was entered, exactly; None where it is none, or longer than 15 digits before and 10 after the point.

    Written as in the browser: a comma is a point, "5." and ".5" are numbers, and so is "1e3".
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal | float):
        return None
    # A JSON number was read from its decimal text; a float can only come from Python callers and is written out.
    text = raw.strip().replace(",", ".") if isinstance(raw, str) else str(raw)
    if len(text) > MAX_NUMBER or not NUMBER.fullmatch(text):
        return None
    found = Decimal(text)
    if found.adjusted() >= MAX_DIGITS or (found and -found.normalize().as_tuple().exponent > MAX_DECIMALS):  # type: ignore[operator]  # a finite number
        return None
    return found.quantize(Decimal(1)) if found == found.to_integral_value() and "e" in text.lower() else found + 0  # no minus before zero


def text_of(value: object) -> str:
    """Return a value of the data as the viewer puts it into a text field."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return feel.number_text(Decimal(value)) if isinstance(value, int | Decimal) else str(value)


def _moment(component: Component, raw: object) -> tuple[object, str | None]:
    problem = (
        f"„{component.label}“: Erwartet wird ein Datum."
        if component.subtype == "date"
        else f"„{component.label}“: Erwartet wird ein Zeitpunkt."
    )
    try:
        value = _read_moment(component.subtype, raw) if isinstance(raw, str) else raw
    except ValueError:
        return None, problem
    if isinstance(value, date) and value.year not in YEARS:
        return None, f"„{component.label}“: Das Jahr muss zwischen {YEARS.start} und {YEARS.stop - 1} liegen."
    return (value, None) if isinstance(value, date | time) else (None, problem)


def _read_moment(subtype: str, text: str) -> date | time:
    """Return the value of a date, time or instant as form-js serialises it. Raises ValueError."""
    if len(text) > 40:
        raise ValueError(text[:40])
    if subtype == "date":
        return date.fromisoformat(text)
    if subtype == "time":
        return time.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)
