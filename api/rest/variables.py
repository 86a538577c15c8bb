"""Variables in Camunda's typed shape `{value, type, valueInfo}` and back.

Numbers stay decimal on both ways. What Camunda has no type for (dates without a time, durations) travels under the nearest type with
`valueInfo.feelType`, and comes back as it was when a client returns that. Lists and contexts are `Json`: a string of JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from api import strict_json
from engine import documents, errors, feel, media_types, values

BERLIN = ZoneInfo("Europe/Berlin")
RANGES = {"short": 2**15, "integer": 2**31, "long": 2**63}
DATE, LOCAL, TIME, DURATION = "date", "local date and time", "time", "duration"
OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")
COLON = re.compile(r"([+-]\d\d):(\d\d)$")
STANDARD_TIME = 1900
Typed = dict[str, object]
TakeFile = Callable[[str, object, Mapping[str, object]], object]


# ---------------------------------------------------------------- engine -> Camunda
def typed(value: object) -> Typed:
    """Return a value of the engine in Camunda's shape; `type` is never null. A file is named where the value carries its name."""
    if documents.id_of(value) is not None:
        return _file(cast(Mapping[str, Any], value))
    if value is None:
        return _of("Null", None)
    if isinstance(value, bool):
        return _of("Boolean", value)
    if isinstance(value, str):
        return _of("String", value)
    if isinstance(value, int | Decimal):
        return _number(Decimal(value))
    if isinstance(value, datetime):
        return _of("Date", instant(value)) if value.tzinfo else _of("Date", instant(value.replace(tzinfo=BERLIN)), LOCAL)
    if isinstance(value, date):
        zone = BERLIN if value.year >= STANDARD_TIME else UTC
        return _of("Date", instant(datetime(value.year, value.month, value.day, tzinfo=zone)), DATE)
    if isinstance(value, time):
        return _of("String", plain(value), TIME)
    if isinstance(value, timedelta | feel.YearsMonths):
        return _of("String", plain(value), DURATION)
    return _of("Json", strict_json.dumps(plain(documents.without_names(value))))


def typed_all(variables: Mapping[str, object]) -> dict[str, Typed]:
    """Return variables by name in Camunda's shape."""
    return {name: typed(value) for name, value in variables.items()}


def plain(value: object) -> object:
    """Return a value as plain JSON data: dates, times and durations as ISO 8601."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, date | time | timedelta | feel.YearsMonths):
        return feel.text_of(feel.enter(value))
    return value


def instant(moment: datetime | None) -> str | None:
    """Return an instant as Camunda writes it: `2013-01-23T14:42:45.000+0200`, on Berlin's clock.

    On UTC's before 1900, when Berlin's offset had seconds, which that spelling has not, and at the end of all years.
    """
    if moment is None:
        return None
    try:
        local = moment.astimezone(BERLIN if moment.year >= STANDARD_TIME else UTC)
    except OverflowError:
        local = moment.astimezone(UTC)
    return COLON.sub(r"\1\2", local.isoformat(timespec="milliseconds"))


def _number(value: Decimal) -> Typed:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= 0 and abs(value) < RANGES["long"]:
        return _of("Integer" if abs(value) < RANGES["integer"] else "Long", int(value))
    return _of("Double", value)


def _file(value: Mapping[str, Any]) -> Typed:
    metadata = value.get("metadata")
    told = metadata if isinstance(metadata, Mapping) else {}
    kind = str(told.get("contentType", ""))
    suffix = next((suffix for suffix, media_type in media_types.EXTENSIONS.items() if media_type == kind), "bin")
    info = {"filename": documents.name_of(value) or f"datei.{suffix}", "mimeType": kind, "encoding": told.get("encoding")}
    return {"type": "File", "value": None, "valueInfo": {key: known for key, known in info.items() if known is not None}}


def _of(name: str, value: object, feel_type: str | None = None) -> Typed:
    return {"type": name, "value": value, "valueInfo": {} if feel_type is None else {"feelType": feel_type}}


# ---------------------------------------------------------------- Camunda -> engine
def untyped_all(given: object, take_file: TakeFile | None = None) -> dict[str, object]:
    """Return the engine's values of `{name: {value, type, valueInfo}}`; None: none. Raises errors.InvalidInput naming the variable.

    take_file: returns the reference that stands for a file (name, base64, valueInfo); without it none is taken.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise errors.InvalidInput("Variablen werden als Objekt erwartet: {Name: {value, type}}.")
    return values.check({str(name): untyped(str(name), one, take_file) for name, one in given.items()})


def untyped(name: str, given: object, take_file: TakeFile | None = None) -> object:
    """Return the engine's value of one typed value; without a type it is that of the JSON value."""
    if not isinstance(given, Mapping) or not set(given) <= {"value", "type", "valueInfo", "local"}:
        raise errors.InvalidInput(f"Variable „{name}“: Erwartet wird ein Objekt mit „value“ und, wenn bekannt, „type“.")
    value, kind, info = given.get("value"), given.get("type"), given.get("valueInfo") or {}
    if not isinstance(kind, str | None) or not isinstance(info, Mapping):
        raise errors.InvalidInput(f"Variable „{name}“: „type“ ist ein Text, „valueInfo“ ein Objekt.")
    word = (kind or "").lower()
    if word == "file" and take_file is not None:
        return take_file(name, value, info)
    if word in ("file", "bytes", "xml"):
        raise errors.InvalidInput(
            f"Variable „{name}“: Der Typ {kind} wird hier nicht angenommen. Bytes bitte als Datei (File) an einer Variablen senden."
        )
    if value is None or word == "null":
        return None
    if word in ("json", "object"):
        return _parsed(name, value, info)
    if word == "date":
        return _moment(name, value, info.get("feelType"))
    if word == "string" and info.get("feelType") in (TIME, DURATION):
        return _evaluated(name, value, str(info["feelType"]))
    return _fitting(name, value, word, kind)


def _fitting(name: str, value: object, word: str, kind: str | None) -> object:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    fits = {
        "": True,
        "boolean": isinstance(value, bool),
        "string": isinstance(value, str),
        "double": is_number,
        **{whole: isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit for whole, limit in RANGES.items()},
    }.get(word)
    if fits is None:
        raise errors.InvalidInput(
            f"Variable „{name}“: Den Typ „{(kind or '')[:40]}“ gibt es nicht. Erlaubt sind Boolean, Short, Integer, Long, Double, String, "
            "Date, File, Json, Object und Null."
        )
    if not fits:
        raise errors.InvalidInput(f"Variable „{name}“: Der Wert passt nicht zum Typ {kind}.")
    return value


def _parsed(name: str, value: object, info: Mapping[str, object]) -> object:
    format_name = info.get("serializationDataFormat")
    if not isinstance(value, str):
        return value  # the value itself instead of its text; Python clients send it so
    if format_name not in (None, "application/json"):
        raise errors.InvalidInput(f"Variable „{name}“: Objekte werden nur als application/json angenommen.")
    try:
        return strict_json.loads(value)
    except strict_json.Unreadable as unreadable:
        raise errors.InvalidInput(f"Variable „{name}“: {unreadable}") from unreadable


def _moment(name: str, value: object, feel_type: object) -> object:
    wrong = errors.InvalidInput(
        f"Variable „{name}“: Ein Zeitpunkt wird wie 2013-01-23T14:42:45.000+0200 geschrieben, ein Datum wie 2013-01-23."
    )
    if not isinstance(value, str):
        raise wrong
    try:
        if len(value) == 10:
            return date.fromisoformat(value)
        found = datetime.fromisoformat(OFFSET.sub(r"\1:\2", value))
        local = found.astimezone(BERLIN) if found.tzinfo else found
    except (ValueError, OverflowError):
        raise wrong from None
    if feel_type == DATE:
        return local.date()
    return local.replace(tzinfo=None) if feel_type == LOCAL else found


def _evaluated(name: str, value: object, feel_type: str) -> object:
    found = feel.evaluate(f"{feel_type}(x)", {"x": value}) if isinstance(value, str) else None
    if found is None:
        raise errors.InvalidInput(f"Variable „{name}“: „{str(value)[:60]}“ ist kein Wert der Art {feel_type}.")
    return found
