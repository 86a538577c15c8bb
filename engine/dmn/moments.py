"""Dates in the columns of a table: a value is compared as what the column's cells speak of.

Camunda 7 has one type for dates with and without a time, and its Modeler writes either `date("…")` or `date and time("…")` into the
cells of either. FEEL finds a date and a moment, or a moment with and one without a zone, never equal nor in order: such a rule would
never match, in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from engine import feel
from engine.dmn import model

BERLIN = ZoneInfo("Europe/Berlin")
KINDS = ("date", "date and time")
LITERAL = re.compile(r'(?:\b(date and time|date)\(\s*|@)"([^"]*)"')
ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d|@.+)$")


def spoken_of(kind: model.Type, cells: Iterable[str]) -> model.Type:
    """Return the type of a column of dates as its cells have it: with or without a time, with or without a zone."""
    if kind.name not in KINDS:
        return kind
    found = [(name or ("date and time" if "T" in text else "date"), text) for cell in cells for name, text in LITERAL.findall(cell)]
    names = {name for name, _ in found}
    if len(names) != 1:
        return kind
    zoned = {bool(ZONE.search(text)) for _, text in found}
    name = names.pop()
    return replace(kind, name=name, zoned=zoned.pop() if name == "date and time" and len(zoned) == 1 else None)


def fitted(value: object, kind: model.Type) -> object:
    """Return a date, a moment or the text of one as the column has it; anything else as it is. Raises model.DecisionError for a bad text."""
    if isinstance(value, str):
        read = feel.evaluate("if date and time(x) != null then date and time(x) else date(x)", {"x": value})
        if read is None:
            raise model.DecisionError(f"„{value}“ ist kein Wert der Art „{kind.name}“.")
        value = read
    if not isinstance(value, date):
        return value
    if kind.name == "date":
        return (value.astimezone(BERLIN) if value.tzinfo else value).date() if isinstance(value, datetime) else value
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    if kind.zoned is True and moment.tzinfo is None:
        return moment.replace(tzinfo=BERLIN)
    if kind.zoned is False and moment.tzinfo is not None:
        return moment.astimezone(BERLIN).replace(tzinfo=None)
    return moment
