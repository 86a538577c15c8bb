"""The one encoding of process variables: as canonical JSON for history and queries, as MessagePack for the state.

A value is None, bool, str, int, Decimal, date, time, datetime, timedelta, YearsMonths, list or dict of such. JSON marks what
JSON has no word for with a one-key object: {"@zahl": "1.50"}, {"@datum": "2026-08-17"}, {"@zeit"}, {"@zeitpunkt"}, {"@dauer"}.

A datetime without a zone is a value too: FEEL's local `date and time("2026-08-17T08:00:00")`. It is stored without a zone and
stays so; only a schedule gives it one (Berlin's clock). A number has digits between 10^100 and 10^-100 only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgpack

from engine import errors, feel

MAX_DEPTH = 32
MAX_STRING_BYTES = 64 * 1024
MAX_CELLS = 100_000
MAX_NAME = 200
MAX_EXPONENT = 100
MAX_BITS = 400  # of an integer: more than 10^100 needs
MAX_WHOLE_DIGITS = 9
_MICROSECOND = timedelta(microseconds=1)

NUMBER, DATE, TIME, INSTANT, DURATION, MONTHS = "@zahl", "@datum", "@zeit", "@zeitpunkt", "@dauer", "@monate"


# ---------------------------------------------------------------- checking
def check(variables: Mapping[str, object]) -> dict[str, object]:
    """Return the variables as plain values. Raises errors.InvalidInput naming the path of what is no value."""
    cells = [MAX_CELLS]
    checked: dict[str, object] = {}
    for name, value in variables.items():
        check_name(name)
        checked[name] = _checked(value, name, 0, cells)
    return checked


def check_name(name: object) -> None:
    """Raise errors.InvalidInput for what is no name of a variable: marks, names too long, characters that cannot be stored."""
    if not isinstance(name, str) or not name or len(name) > MAX_NAME or name.startswith(("@", "__")) or not _storable(name):
        raise errors.InvalidInput(f"{name!a} ist kein erlaubter Variablenname.")


def _storable(text: str) -> bool:
    """Return whether PostgreSQL and UTF-8 can hold the text: no NUL, no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _checked(value: object, path: str, depth: int, cells: list[int]) -> object:
    cells[0] -= 1
    if cells[0] < 0:
        raise errors.InvalidInput(f"Es werden mehr als {MAX_CELLS} Werte übergeben. Bitte weniger Daten übergeben.")
    if value is None or isinstance(value, bool | date | time | timedelta | feel.YearsMonths):
        return value
    if isinstance(value, str):
        if len(value.encode("utf-8", "surrogatepass")) > MAX_STRING_BYTES:
            raise errors.InvalidInput(f"Der Text in „{path}“ ist länger als {MAX_STRING_BYTES // 1024} KB.")
        if not _storable(value):
            raise errors.InvalidInput(f"Der Text in „{path}“ enthält Zeichen, die nicht gespeichert werden können.")
        return value
    if isinstance(value, Decimal):
        return _number(value, path)
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise errors.InvalidInput(f"Die Zahl „{path}“ ist zu groß oder zu genau, um gespeichert zu werden.")
        return _number(Decimal(value), path)
    if isinstance(value, list | tuple | Mapping):
        if depth >= MAX_DEPTH:
            raise errors.InvalidInput(f"„{path}“ ist tiefer als {MAX_DEPTH} Ebenen verschachtelt.")
        if isinstance(value, Mapping):
            return {_key(key, path): _checked(item, f"{path}.{key}", depth + 1, cells) for key, item in value.items()}
        return [_checked(item, f"{path}[{index + 1}]", depth + 1, cells) for index, item in enumerate(value)]
    if isinstance(value, float):
        raise errors.InvalidInput(f"„{path}“ ist eine Gleitkommazahl. Zahlen bitte als Decimal übergeben.")
    raise errors.InvalidInput(f"„{path}“ hat den Typ {type(value).__name__}, der nicht gespeichert werden kann.")


def _number(value: Decimal, path: str) -> Decimal:
    """Return the number as it is after storing (no positive exponent). A digit further out than 10^±100 is no amount of anything."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise errors.InvalidInput(f"„{path}“ ist keine endliche Zahl.")
    if exponent < -MAX_EXPONENT or value.adjusted() > MAX_EXPONENT:
        raise errors.InvalidInput(f"Die Zahl „{path}“ ist zu groß oder zu genau, um gespeichert zu werden.")
    return value if exponent <= 0 else Decimal(format(value, "f"))


def _key(key: object, path: str) -> str:
    if not isinstance(key, str) or len(key) > MAX_NAME or key.startswith("@") or not _storable(key):
        raise errors.InvalidInput(f"{key!a} ist kein erlaubter Schlüssel in „{path}“.")
    return key


def unshared(value: object) -> Any:
    """Return the value with lists and dicts of its own, so that no change of one is seen in the other."""
    if isinstance(value, dict):
        return {key: unshared(item) for key, item in value.items()}
    return [unshared(item) for item in value] if isinstance(value, list) else value


def whole(value: object) -> int | None:
    """Return the number from 0 to 999,999,999 that a value or its text is, or None for anything else."""
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isdecimal() and len(text) <= MAX_WHOLE_DIGITS else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if not Decimal(value).is_finite() or not 0 <= value < 10**MAX_WHOLE_DIGITS:
        return None
    return int(value) if value == int(value) else None


# ---------------------------------------------------------------- JSON
def to_json(value: object) -> str:
    """Return the canonical JSON text of a value: sorted keys, no spaces, types kept."""
    return _ENCODER.encode(value)


def from_json(text: str) -> Any:
    """Return the value of a text that `to_json` wrote."""
    return json.loads(text, object_hook=_unmark)


def jsonable(value: object) -> object:
    """Return the value with its marks as plain JSON data, for a jsonb parameter."""
    return json.loads(to_json(value))


def from_jsonable(value: object) -> Any:
    """Return the value of JSON data that `jsonable` made."""
    if isinstance(value, dict):
        return _unmark({key: from_jsonable(item) for key, item in value.items()})
    return [from_jsonable(item) for item in value] if isinstance(value, list) else value


def _mark(value: object) -> object:
    if isinstance(value, Decimal):
        return {NUMBER: format(value, "f")}
    if isinstance(value, datetime):
        return {INSTANT: feel.text_of(feel.enter(value))}
    if isinstance(value, date):
        return {DATE: value.isoformat()}
    if isinstance(value, time):
        return {TIME: feel.text_of(feel.enter(value))}
    if isinstance(value, timedelta):
        return {DURATION: value // _MICROSECOND}
    if isinstance(value, feel.YearsMonths):
        return {MONTHS: value.months}
    if isinstance(value, Mapping):
        return dict(value)
    raise errors.InvalidInput(f"Ein Wert vom Typ {type(value).__name__} kann nicht gespeichert werden.")


_ENCODER = json.JSONEncoder(default=_mark, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _unmark(data: dict[str, Any]) -> object:
    if len(data) == 1:
        ((mark, raw),) = data.items()
        if mark == NUMBER:
            return Decimal(raw)
        if mark == DATE:
            return date.fromisoformat(raw)
        if mark == DURATION:
            return timedelta(microseconds=raw)
        if mark == MONTHS:
            return feel.YearsMonths(raw)
        if mark == INSTANT:
            return feel.evaluate("date and time(x)", {"x": raw})
        if mark == TIME:
            return feel.evaluate("time(x)", {"x": raw})
    return data


# ---------------------------------------------------------------- MessagePack
def pack(value: object) -> bytes:
    """Return the value as MessagePack with extension types for what MessagePack has no word for."""
    return bytes(msgpack.packb(value, default=_extend))


def unpack(content: bytes) -> Any:
    """Return the value that `pack` packed."""
    return msgpack.unpackb(content, ext_hook=_restore, strict_map_key=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A packed value inside a packed value: it is unpacked when somebody asks."""

    content: bytes

    def open(self) -> Any:
        return unpack(self.content)


def _extend(value: object) -> object:
    if isinstance(value, Sealed):
        return msgpack.ExtType(7, value.content)
    if isinstance(value, Decimal):
        return msgpack.ExtType(1, format(value, "f").encode())
    if isinstance(value, datetime):
        return msgpack.ExtType(2, _instant_text(value).encode())
    if isinstance(value, date):
        return msgpack.ExtType(3, value.isoformat().encode())
    if isinstance(value, time):
        return msgpack.ExtType(4, feel.text_of(feel.enter(value)).encode())
    if isinstance(value, timedelta):
        return msgpack.ExtType(5, str(value // _MICROSECOND).encode())
    if isinstance(value, feel.YearsMonths):
        return msgpack.ExtType(6, str(value.months).encode())
    raise errors.InvalidInput(f"Ein Wert vom Typ {type(value).__name__} kann nicht gespeichert werden.")


def _restore(code: int, raw: bytes) -> object:
    if code == 7:
        return Sealed(raw)
    text = raw.decode()
    if code == 1:
        return Decimal(text)
    if code == 2:
        moment, _, zone = text.partition("@")
        parsed = datetime.fromisoformat(moment)
        return parsed.replace(tzinfo=ZoneInfo(zone)) if zone else parsed
    if code == 3:
        return date.fromisoformat(text)
    if code == 4:
        return feel.evaluate("time(x)", {"x": text})
    if code == 5:
        return timedelta(microseconds=int(text))
    if code == 6:
        return feel.YearsMonths(int(text))
    raise ValueError(f"unknown extension type {code}")


def _instant_text(moment: datetime) -> str:
    zone = moment.tzinfo
    if isinstance(zone, ZoneInfo):
        return f"{moment.replace(tzinfo=None).isoformat()}@{zone.key}"
    return moment.isoformat()
