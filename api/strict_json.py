"""JSON from strangers and for programs: decimals exact both ways; bounded in depth and digits; nothing that cannot be stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

MAX_DEPTH = 40
MAX_DIGITS = 110
MAX_EXPONENT = 110
_escaped = json.JSONEncoder(ensure_ascii=False).encode


class Unreadable(ValueError):
    """The text is no JSON that we read; the German message says why."""


def loads(content: str | bytes, *, max_depth: int = MAX_DEPTH) -> object:
    """Return the value of a JSON text; numbers are int or Decimal, never float.

    Raises Unreadable for anything but strict JSON in UTF-8: NaN, duplicate keys, deep nesting, endless numbers, NUL, half surrogates.
    """
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        found = json.loads(text, parse_float=_decimal, parse_int=_whole, parse_constant=_refuse, object_pairs_hook=_unique)
    except Unreadable:
        raise
    except UnicodeDecodeError as broken:
        raise Unreadable("Der Text ist nicht in UTF-8 geschrieben.") from broken
    except json.JSONDecodeError as broken:
        raise Unreadable(f"Kein gültiges JSON (Zeile {broken.lineno}, Spalte {broken.colno}).") from broken
    except (ValueError, RecursionError) as broken:
        raise Unreadable("Kein gültiges JSON, oder zu tief verschachtelt.") from broken
    _check(found, max_depth)
    return found


def dumps(value: object) -> str:
    """Return the JSON text of plain data; a Decimal keeps its digits, instants and dates are ISO 8601."""
    if value is None or isinstance(value, bool | int):
        return {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, str):
        return _escaped(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return _escaped(value.isoformat())
    if isinstance(value, UUID):
        return _escaped(str(value))
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_escaped(str(key))}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(dumps(item) for item in value) + "]"
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    if (
        len(text) > MAX_DIGITS + MAX_EXPONENT
        or not isinstance(exponent, int)
        or exponent < -MAX_EXPONENT
        or number.adjusted() > MAX_EXPONENT
    ):
        raise Unreadable("Eine Zahl ist zu groß oder zu genau.")
    return number


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise Unreadable("Eine Zahl ist zu groß oder zu genau.")
    return int(text)


def _refuse(name: str) -> object:
    raise Unreadable(f"„{name}“ ist kein JSON.")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise Unreadable("Ein Schlüssel kommt in einem Objekt zweimal vor.")
    return built


def _check(found: object, max_depth: int) -> None:
    todo: list[tuple[object, int]] = [(found, 1)]
    while todo:
        value, level = todo.pop()
        if level > max_depth:
            raise Unreadable(f"Die Daten sind tiefer als {max_depth} Ebenen verschachtelt.")
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, dict):
            for key in value:
                _check_text(key)
            todo += [(item, level + 1) for item in value.values()]
        elif isinstance(value, list):
            todo += [(item, level + 1) for item in value]


def _check_text(text: str) -> None:
    if "\0" in text or not storable(text):
        raise Unreadable("Ein Text enthält Zeichen, die nicht gespeichert werden können (NUL oder halbe Zeichen).")


def storable(text: str) -> bool:
    """Return whether PostgreSQL and UTF-8 can hold the text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
