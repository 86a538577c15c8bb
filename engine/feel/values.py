"""FEEL's values and their border with Python: what may come in, what goes out, how they compare and print.

Inside: None, bool, str, Decimal (34 digits, half even), list, dict, Date, Time, DateTime, YearsMonths, DaysTime, Range, Callable.
"""

from __future__ import annotations

import datetime as python_datetime
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TYPE_CHECKING

from engine.feel.errors import FeelError, FeelLimitError
from engine.feel.temporal import SECOND, Date, DateTime, DaysTime, Time, YearsMonths

if TYPE_CHECKING:
    from engine.feel.budget import Budget

CONTEXT = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[InvalidOperation, Overflow, DivisionByZero])
MAX_STRING = 1_000_000
MAX_LIST = 100_000
MAX_DEPTH = 64
MAX_RESULT_CELLS = 200_000
SIMPLE_KEY = re.compile(r"[^\W\d][\w ]*")


@dataclass(frozen=True, slots=True)
class Range:
    """`[1..5)`; `low_closed`/`high_closed` None means that this end came from a unary test such as `< 5` and does not exist."""

    low: object
    high: object
    low_closed: bool | None
    high_closed: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function that an expression can call: user-defined, host or built-in.

    `parameters` None: any (built-ins check their own). `call(arguments, budget)` takes positional arguments.
    `call_named(names, arguments, budget)` where names are given and the order is not the parameters'.
    """

    name: str
    parameters: tuple[str, ...] | None
    call: Callable[[list[object], Budget], object]
    call_named: Callable[[Sequence[str], list[object], Budget], object] | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the host offered to expressions under `name` (may hold spaces). Deterministic; takes and returns Python values.

    A ValueError that `call` raises becomes a FeelError with its message. `source` is the paragraph it computes. For designers, in
    German: `label`, `purpose`, and `result`, the variable that usually keeps what it returns.
    """

    name: str
    parameters: tuple[str, ...]
    call: Callable[..., object]
    source: str = ""
    label: str = ""
    purpose: str = ""
    result: str = ""


def enter(value: object, depth: int = 0) -> object:
    """Return the FEEL value of a Python value. Raises FeelError for a float or a foreign type."""
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return value
    if isinstance(value, Decimal):
        return _number(value)
    if kind is int:
        return _number(value)  # type: ignore[arg-type]  # narrowed by type()
    if isinstance(value, _INSIDE):
        return value
    if depth > MAX_DEPTH:
        raise FeelLimitError(f"Der Wert ist tiefer als {MAX_DEPTH} Ebenen verschachtelt.")
    if isinstance(value, Mapping):
        return {str(key): enter(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [enter(item, depth + 1) for item in value]
    if isinstance(value, python_datetime.datetime):
        clock = ((value.hour * 60 + value.minute) * 60 + value.second) * SECOND + value.microsecond * 1000
        return DateTime(Date(value.year, value.month, value.day), Time(clock, _zone_of(value)))
    if isinstance(value, python_datetime.date):
        return Date(value.year, value.month, value.day)
    if isinstance(value, python_datetime.time):
        return Time(((value.hour * 60 + value.minute) * 60 + value.second) * SECOND + value.microsecond * 1000, _zone_of(value))
    if isinstance(value, python_datetime.timedelta):
        return DaysTime((value.days * 86_400 + value.seconds) * SECOND + value.microseconds * 1000)
    if isinstance(value, Function):
        return host_closure(value)
    if isinstance(value, float):
        raise FeelError(f"Der Wert {value!r} ist eine Gleitkommazahl. Zahlen bitte als Decimal oder ganze Zahl übergeben.")
    if isinstance(value, int):
        return _number(int(value))
    if isinstance(value, str):
        return str(value)
    raise FeelError(f"Ein Wert vom Typ {kind.__name__} ist kein FEEL-Wert.")


def _number(value: Decimal | int) -> Decimal:
    try:
        number = CONTEXT.create_decimal(value)
    except (InvalidOperation, Overflow) as fault:
        raise FeelError("Eine Zahl ist größer, als FEEL rechnen kann.") from fault
    if not number.is_finite():
        raise FeelError(f"Der Wert {value} ist keine Zahl.")
    return number


def _zone_of(value: python_datetime.datetime | python_datetime.time) -> int | str | None:
    zone = value.tzinfo
    if zone is None:
        return None
    if isinstance(zone, zoneinfo.ZoneInfo) and zone.key:
        return zone.key
    offset = value.utcoffset()
    return 0 if offset is None else offset.days * 86_400 + offset.seconds


def leave(value: object) -> object:
    """Return the Python value of a FEEL value; own types stay where Python has none (year 12026, nanoseconds).

    Raises FeelLimitError when the result has too many cells: shared references inside would explode in JSON.
    """
    return _leave(value, [MAX_RESULT_CELLS], 0)


def _leave(value: object, cells: list[int], depth: int) -> object:
    kind = type(value)
    if kind is list or kind is dict:
        cells[0] -= 1 + len(value)  # type: ignore[arg-type]  # narrowed by type()
        if cells[0] < 0 or depth > MAX_DEPTH:
            raise FeelLimitError(f"Das Ergebnis ist zu groß (mehr als {MAX_RESULT_CELLS} Werte oder {MAX_DEPTH} Ebenen).")
        if isinstance(value, list):
            return [_leave(item, cells, depth + 1) for item in value]
        if isinstance(value, dict):
            return {key: _leave(item, cells, depth + 1) for key, item in value.items()}
    if kind is str:
        cells[0] -= len(value) // 64  # type: ignore[arg-type]  # narrowed by type()
        if cells[0] < 0:
            raise FeelLimitError("Das Ergebnis enthält zu viel Text.")
        return value
    if kind is Date or kind is Time or kind is DateTime or kind is DaysTime:
        return _python_temporal(value)
    return value


def _python_temporal(value: object) -> object:
    try:
        if isinstance(value, Date):
            return python_datetime.date(value.year, value.month, value.day)
        if isinstance(value, DaysTime):
            microseconds, rest = divmod(value.nanoseconds, 1000)
            return value if rest else python_datetime.timedelta(microseconds=microseconds)
        if isinstance(value, Time):
            return value if value.nanoseconds % 1000 else _python_time(value)
        if isinstance(value, DateTime) and not value.time.nanoseconds % 1000:
            day = python_datetime.date(value.date.year, value.date.month, value.date.day)
            return python_datetime.datetime.combine(day, _python_time(value.time))
    except (ValueError, OverflowError):
        return value
    return value


def _python_time(value: Time) -> python_datetime.time:
    seconds, nanoseconds = divmod(value.nanoseconds, SECOND)
    zone: python_datetime.tzinfo | None = None
    if isinstance(value.zone, int):
        zone = python_datetime.timezone(python_datetime.timedelta(seconds=value.zone)) if value.zone else python_datetime.UTC
    elif isinstance(value.zone, str):
        zone = python_datetime.UTC if value.zone in ("Z", "UTC") else zoneinfo.ZoneInfo(value.zone)
    return python_datetime.time(seconds // 3600, seconds // 60 % 60, seconds % 60, nanoseconds // 1000, tzinfo=zone)


def host_closure(function: Function) -> Closure:
    """Return `function` as a value that expressions can call, positionally or by name."""

    def call(arguments: list[object], budget: Budget) -> object:
        budget.charge(20)
        if len(arguments) != len(function.parameters):
            expected = ", ".join(function.parameters)
            raise FeelError(f"{function.name}({expected}) braucht {len(function.parameters)} Angaben, übergeben wurden {len(arguments)}.")
        try:
            return enter(function.call(*(leave(argument) for argument in arguments)))
        except ValueError as fault:
            raise FeelError(f"{function.name}: {fault}") from fault

    return Closure(function.name, function.parameters, call)


def number_text(number: Decimal) -> str:
    """Return the number as FEEL writes it: no exponent, no trailing zeros."""
    return format(number.normalize(CONTEXT), "f") if number else "0"


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def text_of(value: object, budget: Budget | None = None, *, nested: bool = False) -> str:
    """Return `string(value)`; nested strings are quoted. `budget` pays for every text in it, shared or not."""
    if isinstance(value, str):
        if budget and nested:
            budget.charge_text(len(value))
        return quoted(value) if nested else value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = number_text(value)
        if budget:
            budget.charge_text(len(text))
        return text
    if isinstance(value, list):
        if budget:
            budget.charge(len(value))
        return "[" + ", ".join(text_of(item, budget, nested=True) for item in value) + "]"
    if isinstance(value, dict):
        if budget:
            budget.charge(len(value))
        keys = (key if SIMPLE_KEY.fullmatch(key) else quoted(key) for key in value)
        return "{" + ", ".join(f"{key}: {text_of(item, budget, nested=True)}" for key, item in zip(keys, value.values(), strict=True)) + "}"
    if isinstance(value, Range):
        if value.low is None and value.high is None:
            return "(null..null)"
        low, high = text_of(value.low, budget, nested=True), text_of(value.high, budget, nested=True)
        return f"{'[' if value.low_closed else '('}{low}..{high}{']' if value.high_closed else ')'}"
    if isinstance(value, Closure):
        return f"function {value.name}"
    return str(value)


_INSIDE = (Date, Time, DateTime, YearsMonths, DaysTime, Range, Closure)
