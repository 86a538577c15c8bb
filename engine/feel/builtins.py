"""FEEL's built-in functions on values, texts, numbers and time (DMN 1.5, 10.3.4), with Camunda's additions."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.feel import builtins_lists, builtins_ranges, builtins_texts, operators
from engine.feel.budget import Budget
from engine.feel.errors import FeelError
from engine.feel.signatures import Library
from engine.feel.temporal import (
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
    month_length,
    offset_at,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
    parse_zone,
)
from engine.feel.values import CONTEXT, enter, text_of

BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MIN_SCALE, MAX_SCALE = -6111, 6176
MAX_PARITY_DIGITS = 400


def library() -> Library:
    """Return all built-in functions."""
    functions = Library()
    _add_conversions(functions)
    _add_logic(functions)
    _add_numbers(functions)
    _add_time(functions)
    builtins_texts.add(functions)
    builtins_lists.add(functions)
    builtins_ranges.add(functions)
    return functions


# ---------------------------------------------------------------- conversion
def _date(value: Date | DateTime) -> Date:
    return value if isinstance(value, Date) else value.date


def _number(text: str, grouping: str | None = None, decimal: str | None = None) -> Decimal | None:
    if grouping not in (None, " ", ",", ".") or decimal not in (None, ",", ".") or (decimal is not None and decimal == grouping):
        return None
    plain = text.replace(grouping, "") if grouping else text
    plain = plain.replace(decimal, ".") if decimal else plain
    return CONTEXT.create_decimal(plain) if builtins_texts.NUMBER_TEXT.fullmatch(plain) else None


def _time_of_parts(hour: Decimal, minute: Decimal, second: Decimal, offset: object = None) -> Time | None:
    if offset is not None and not (isinstance(offset, DaysTime) and offset.nanoseconds % SECOND == 0):
        return None
    return Time.make(int(hour), int(minute), int(second * SECOND), offset.nanoseconds // SECOND if isinstance(offset, DaysTime) else None)


def _in_zone(value: DateTime, zone: str) -> DateTime | None:
    target = parse_zone("@" + zone)
    seconds = value.key() // SECOND
    offset = offset_at(target, *divmod(seconds, 86_400)) or 0
    return DateTime.of_local(value.key() + offset * SECOND, target)


def _months_between(start: Date | DateTime, end: Date | DateTime) -> YearsMonths:
    one, other = _date(start), _date(end)
    months = (other.year - one.year) * 12 + other.month - one.month
    if months > 0 and other.day < one.day:
        months -= 1
    elif months < 0 and other.day > one.day:
        months += 1
    return YearsMonths(months)


def _add_conversions(functions: Library) -> None:
    add = functions.add
    add("date", "from: string", parse_date)
    add("date", "from: day", _date)
    add("date", "year: number, month: number, day: number", lambda y, m, d: Date.make(int(y), int(m), int(d)))
    add("date and time", "from: string", parse_date_time)
    add("date and time", "from: day", operators.midnight)
    add("date and time", "date: day, time: time", lambda day, time: DateTime(_date(day), time))
    add("date and time", "date: datetime, timezone: string", _in_zone)
    add("time", "from: string", parse_time)
    add("time", "from: time", lambda value: value)
    add("time", "from: day", lambda value: value.time if isinstance(value, DateTime) else Time(0, 0))
    add("time", "hour: number, minute: number, second: number, offset: duration?", _time_of_parts)
    add("duration", "from: string", parse_duration)
    add("duration", "from: duration", lambda value: value)
    add("years and months duration", "from: day, to: day", _months_between)
    add("number", "from: string, grouping separator: string?, decimal separator: string?", _number)
    add("number", "from: number", lambda number: number)
    add("string", "from: any", lambda budget, value: None if value is None else text_of(value, budget), takes_budget=True)
    add("to json", "value: any", lambda budget, value: _to_json(budget, value), takes_budget=True)
    add("from json", "value: string", lambda text: enter(json.loads(text, parse_float=Decimal, parse_constant=_no_constant)))
    add("to base64", "value: string", lambda text: base64.b64encode(text.encode()).decode())
    add("from base64", "value: string", _from_base64)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} ist keine Zahl")


def _from_base64(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _to_json(budget: Budget, value: object) -> str:
    if isinstance(value, list):
        budget.charge(len(value) + 1)
        return "[" + ",".join(_to_json(budget, item) for item in value) + "]"
    if isinstance(value, dict):
        budget.charge(len(value) + 1)
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_to_json(budget, item)}" for key, item in value.items()) + "}"
    text = text_of(value, budget)
    budget.charge_text(len(text))
    return text if value is None or isinstance(value, bool | Decimal) else json.dumps(text, ensure_ascii=False)


# ---------------------------------------------------------------- logic
def _is_same(budget: Budget, one: object, other: object) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, Time) and isinstance(other, Time):
        return one.nanoseconds == other.nanoseconds and one.zone == other.zone
    if isinstance(one, DateTime) and isinstance(other, DateTime):
        return one.local == other.local and one.time.zone == other.time.zone
    return operators.equal(one, other, budget) is True


def _assert(budget: Budget, value: object, condition: object, cause: str | None = None) -> object:
    if condition is not True:
        budget.warn(cause or "assert: die Bedingung ist nicht erfüllt")
        return None
    return value


def _refuse_uuid(budget: Budget) -> object:
    raise FeelError(
        "uuid() gibt bei jedem Aufruf etwas anderes und ist deshalb in Prozessen nicht erlaubt. Bitte ein Feld des Falls verwenden."
    )


def _refuse_random(budget: Budget) -> object:
    raise FeelError("random number() gibt bei jedem Aufruf etwas anderes und ist deshalb in Prozessen nicht erlaubt.")


def _add_logic(functions: Library) -> None:
    add = functions.add
    add("not", "negand: any", lambda value: (not value) if isinstance(value, bool) else None)
    add("is", "value1: any, value2: any", _is_same, takes_budget=True)
    add("is defined", "value: any", lambda value: value is not None)
    add("get or else", "value: any, default: any", lambda value, default: default if value is None else value)
    add("assert", "value: any, condition: any, cause: string?", _assert, takes_budget=True)
    add("uuid", "", _refuse_uuid, takes_budget=True)
    add("random number", "", _refuse_random, takes_budget=True)


# ---------------------------------------------------------------- numbers
def _rounding(mode: str) -> Callable[[Decimal, Decimal], Decimal | None]:
    wide = CONTEXT.copy()
    wide.prec = 6200

    def rounded(number: Decimal, scale: Decimal) -> Decimal | None:
        places = int(scale)
        if not MIN_SCALE <= places <= MAX_SCALE:
            return None
        exponent = number.as_tuple().exponent
        if places >= 0 and isinstance(exponent, int) and -places <= exponent:
            return number
        result = number.quantize(Decimal(1).scaleb(-places), rounding=mode, context=wide)
        return result if places >= 0 else CONTEXT.create_decimal(format(result, "f"))

    return rounded


def _modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    if not divisor:
        return None
    quotient = CONTEXT.divide(dividend, divisor).to_integral_value(rounding="ROUND_FLOOR")
    return CONTEXT.subtract(dividend, CONTEXT.multiply(divisor, quotient))


def _priced(function: Callable[[Decimal], Decimal | None]) -> Callable[[Budget, Decimal], Decimal | None]:
    def priced(budget: Budget, number: Decimal) -> Decimal | None:
        budget.charge(operators.POWER_STEPS)
        return function(number)

    return priced


def _parity(number: Decimal) -> int | None:
    return abs(int(number)) % 2 if number == number.to_integral_value() and number.adjusted() < MAX_PARITY_DIGITS else None


def _absolute(value: object) -> object:
    if isinstance(value, YearsMonths):
        return YearsMonths(abs(value.months))
    return DaysTime(abs(value.nanoseconds)) if isinstance(value, DaysTime) else None


def _add_numbers(functions: Library) -> None:
    add = functions.add
    modes = {
        "decimal": "ROUND_HALF_EVEN", "round up": "ROUND_UP", "round down": "ROUND_DOWN", "round half up": "ROUND_HALF_UP",
        "round half down": "ROUND_HALF_DOWN",
    }  # fmt: skip
    for name, mode in modes.items():
        add(name, "n: number, scale: number", _rounding(mode))
    for name, mode in {"floor": "ROUND_FLOOR", "ceiling": "ROUND_CEILING", "round": "ROUND_HALF_EVEN"}.items():
        rounding = _rounding(mode)
        add(name, "n: number", lambda n, rounding=rounding: rounding(n, Decimal(0)))
        add(name, "n: number, scale: number", rounding)
    add("abs", "n: number", CONTEXT.abs)
    add("abs", "n: duration", _absolute)
    add("modulo", "dividend: number, divisor: number", _modulo)
    add("sqrt", "number: number", _priced(lambda n: CONTEXT.sqrt(n) if n >= 0 else None), takes_budget=True)
    add("log", "number: number", _priced(lambda n: CONTEXT.ln(n) if n > 0 else None), takes_budget=True)
    add("exp", "number: number", _priced(CONTEXT.exp), takes_budget=True)
    add("odd", "number: number", lambda n: None if (parity := _parity(n)) is None else parity == 1)
    add("even", "number: number", lambda n: None if (parity := _parity(n)) is None else parity == 0)


# ---------------------------------------------------------------- time
def _now(budget: Budget) -> DateTime:
    if budget.now is None:
        raise FeelError("now() und today() brauchen einen Zeitpunkt, den der Aufrufer mitgibt.")
    moment: datetime = budget.now
    if moment.tzinfo is None:
        raise FeelError("Der Zeitpunkt für now() muss eine Zeitzone haben.")
    in_utc = not moment.utcoffset() and getattr(moment.tzinfo, "key", "UTC") in ("UTC", "Etc/UTC")
    value = enter(moment.astimezone(BERLIN) if in_utc else moment)
    if not isinstance(value, DateTime):
        raise FeelError("Der Zeitpunkt für now() ist kein Zeitpunkt.")
    return value


def _week_of_year(value: Date | DateTime) -> Decimal:
    days = _date(value).days
    thursday = days - (days + 3) % 7 + 3
    first = Date.of_days(thursday)
    if first is None:
        raise ValueError("outside the calendar")
    return Decimal((thursday - Date(first.year, 1, 1).days) // 7 + 1)


def _add_time(functions: Library) -> None:
    add = functions.add
    add("now", "", _now, takes_budget=True)
    add("today", "", lambda budget: _now(budget).date, takes_budget=True)
    add("day of year", "date: day", lambda v: Decimal(_date(v).days - Date(_date(v).year, 1, 1).days + 1))
    add("day of week", "date: day", lambda v: WEEKDAYS[_date(v).weekday - 1])
    add("month of year", "date: day", lambda v: MONTHS[_date(v).month - 1])
    add("week of year", "date: day", _week_of_year)
    add("cycle", "interval: duration", lambda interval: f"R/{text_of(interval)}")  # Camunda 8, for time cycles
    add("cycle", "repetitions: number, interval: duration", lambda count, interval: f"R{int(count)}/{text_of(interval)}")
    add("last day of month", "date: day", lambda v: Date(_date(v).year, _date(v).month, month_length(_date(v).year, _date(v).month)))
