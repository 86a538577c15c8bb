"""What JUEL's operators mean where FEEL's mean something else: null, texts that are numbers, truth, positions from 0, dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from engine import feel, values
from engine.spiff import schedule

SHIFTS = {
    f"{sign}{unit}": (unit, 1 if sign == "plus" else -1)
    for sign in ("plus", "minus")
    for unit in ("Years", "Months", "Weeks", "Days", "Hours", "Minutes", "Seconds")
}
MAX_SHIFT = 1_000_000
# Methods of Java's texts, lists and maps that change nothing -> how many arguments they take.
METHODS = {
    "equals": 1, "equalsIgnoreCase": 1, "contains": 1, "containsKey": 1, "get": 1, "startsWith": 1, "endsWith": 1, "isEmpty": 0, "length": 0,
    "toLowerCase": 0, "toUpperCase": 0, "trim": 0, "toString": 0,
}  # fmt: skip
TRUTHS = frozenset({"equals", "equalsIgnoreCase", "contains", "containsKey", "startsWith", "endsWith", "isEmpty"})


def number(value: object) -> Decimal:
    """Return the number of a value: null and the empty text are 0, a text is read. Raises ValueError."""
    if value is None or value == "":
        return Decimal(0)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        try:
            read = Decimal(value.strip())
        except InvalidOperation:
            read = Decimal("NaN")
        if read.is_finite():
            return read
    raise ValueError(f"{_shown(value)} ist keine Zahl")


def truth(value: object) -> bool:
    """Return a value as a truth: null and every text but „true“ are false. Raises ValueError for a number or a date."""
    if isinstance(value, bool):
        return value
    if value is None or isinstance(value, str):
        return (value or "").lower() == "true"
    raise ValueError(f"{_shown(value)} ist weder wahr noch falsch")


def equal(left: object, right: object) -> bool:
    """Return whether both are the same after JUEL's conversions: null only equals null, the text „5“ the number 5.

    A text that is no number equals none; Camunda would stop the case there.
    """
    if left is None or right is None:
        return left is right
    if _is_number(left) or _is_number(right):
        try:
            return number(left) == number(right)
        except ValueError:
            return False
    if isinstance(left, bool) or isinstance(right, bool):
        return truth(left) == truth(right)
    if isinstance(left, str) or isinstance(right, str):
        return text(left) == text(right)
    return bool(left == right)


def less(left: object, right: object) -> bool:
    """Return whether left is before right; nothing is before or after null. Raises ValueError for what has no order."""
    if left is None or right is None:
        return False
    if _is_number(left) or _is_number(right):
        return number(left) < number(right)
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left < right
    if isinstance(left, date) and isinstance(right, date) and type(left) is type(right):  # a day and an instant have no order
        return left < right
    raise ValueError(f"{_shown(left)} und {_shown(right)} lassen sich nicht der Größe nach vergleichen")


def at_most(left: object, right: object) -> bool:
    """Return whether left is not after right."""
    return equal(left, right) or less(left, right)


def empty(value: object) -> bool:
    """Return whether a value is null, an empty text, list or context."""
    return value is None or value == "" or (isinstance(value, list | Mapping) and not value)


def text(value: object) -> str:
    """Return a value inside a text: null is nothing, a number as written, dates in ISO."""
    if value is None:
        return ""
    return value if isinstance(value, str) else feel.text_of(feel.enter(value))


def item(around: object, place: object) -> object:
    """Return what stands at a position (from 0) of a list or under a name; null where there is nothing. Raises ValueError."""
    if around is None:
        return None
    if isinstance(around, Mapping):
        return around.get(text(place))
    if isinstance(around, list):
        index = values.whole(number(place))
        return around[index] if index is not None and index < len(around) else None
    raise ValueError(f"{_shown(around)} hat kein „{text(place)}“")


def size(value: object) -> Decimal:
    """Return how many entries a list or context has. Raises ValueError."""
    if isinstance(value, list | Mapping):
        return Decimal(len(value))
    raise ValueError(f"{_shown(value)} ist keine Liste, size() geht hier nicht")


def method(value: object, name: str, argument: object) -> object:
    """Return what a method of METHODS gives for a text, a list or a map. Nothing equals null or is in it. Raises ValueError."""
    if name == "equals":
        return value is not None and type(value) is type(argument) and value == argument
    if name == "get":
        return item(value, argument)
    if name == "toString":
        return text(value)
    if value is None and name in TRUTHS:
        return name == "isEmpty"
    if isinstance(value, list | Mapping) and name in ("isEmpty", "contains", "containsKey"):
        if name == "isEmpty" or (name == "containsKey") is isinstance(value, Mapping):
            return argument in value if name != "isEmpty" else not value
    if isinstance(value, str) and name not in ("containsKey", "get"):
        return _of_text(value, name, argument)
    raise ValueError(f"{name}() geht bei {_shown(value)} nicht")


def _of_text(value: str, name: str, argument: object) -> object:
    given = text(argument)
    match name:
        case "equalsIgnoreCase":
            return argument is not None and value.lower() == given.lower()
        case "contains":
            return given in value
        case "startsWith":
            return value.startswith(given)
        case "endsWith":
            return value.endswith(given)
        case "isEmpty":
            return not value
        case "length":
            return Decimal(len(value))
        case "toLowerCase":
            return value.lower()
        case "toUpperCase":
            return value.upper()
        case _:
            return value.strip()


def rest(left: object, right: object) -> Decimal:
    """Return what remains of a division, with the sign of the left side. Raises ValueError."""
    divisor = number(right)
    if not divisor:
        raise ValueError("durch 0 lässt sich nicht teilen")
    try:
        return number(left) % divisor
    except InvalidOperation as fault:
        raise ValueError("die Zahl ist dafür zu groß") from fault


def shift(moment: object, name: str, amount: object) -> datetime:
    """Return a moment so much later or earlier; days, weeks, months and years on Berlin's clock. Raises ValueError."""
    if not isinstance(moment, datetime):
        raise ValueError(f"{_shown(moment)} ist kein Zeitpunkt, {name}() geht hier nicht")
    given = number(amount)
    if given != given.to_integral_value() or abs(given) > MAX_SHIFT:
        raise ValueError(f"{name}({_shown(amount)}): Erwartet wird eine ganze Zahl bis {MAX_SHIFT}")
    unit, sign = SHIFTS[name]
    count = int(given) * sign
    months = {"Years": 12, "Months": 1}.get(unit, 0) * count
    days = {"Weeks": 7, "Days": 1}.get(unit, 0) * count
    seconds = {"Hours": 3600, "Minutes": 60, "Seconds": 1}.get(unit, 0) * count
    later = schedule.Duration(months, days, timedelta(seconds=seconds)).after(moment)
    return later.astimezone(schedule.BERLIN)


def _is_number(value: object) -> bool:
    return isinstance(value, Decimal | int) and not isinstance(value, bool)


def _shown(value: object) -> str:
    return "Nichts (null)" if value is None else f"„{feel.text_of(feel.enter(value))}“"


FUNCTIONS = (
    feel.Function("juel_number", ("value",), number),
    feel.Function("juel_true", ("value",), truth),
    feel.Function("juel_equal", ("left", "right"), equal),
    feel.Function("juel_less", ("left", "right"), less),
    feel.Function("juel_at_most", ("left", "right"), at_most),
    feel.Function("juel_empty", ("value",), empty),
    feel.Function("juel_text", ("value",), text),
    feel.Function("juel_item", ("around", "place"), item),
    feel.Function("juel_size", ("value",), size),
    feel.Function("juel_method", ("value", "name", "argument"), method),
    feel.Function("juel_rest", ("left", "right"), rest),
    feel.Function("juel_shift", ("moment", "name", "amount"), shift),
)
