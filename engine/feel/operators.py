"""FEEL's operators on values: three-valued equality and order, arithmetic, membership, properties, types.

None is FEEL's null; every function returns None where the standard says null (operands of kinds that do not go together).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal, DivisionByZero, InvalidOperation, Overflow

from engine.feel import syntax
from engine.feel.budget import Budget
from engine.feel.errors import FeelLimitError
from engine.feel.temporal import DAY, MAX_DURATION, SECOND, Date, DateTime, DaysTime, Time, YearsMonths
from engine.feel.values import CONTEXT, MAX_STRING, Closure, Range

Operation = Callable[[object, object], object]
POWER_STEPS = 40  # powers, roots and logarithms of 34 digits take as long as forty additions
LONG_TEXT = 1024  # characters: comparing this many costs a step


def equal(left: object, right: object, budget: Budget | None = None) -> bool | None:
    """Return whether two values are equal; None where their kinds differ."""
    if left is None or right is None:
        return left is None and right is None
    kind = type(left)
    if kind is not type(right):
        return None
    if left is right:
        return True
    if kind is Decimal:
        return left == right
    if isinstance(left, str) and isinstance(right, str):
        if budget and len(left) > LONG_TEXT:
            budget.charge(len(left) // LONG_TEXT)
        return left == right
    if isinstance(left, list) and isinstance(right, list):
        if budget:
            budget.charge(len(left) + 1)
        if len(left) != len(right):
            return False
        answer = True
        for one, other in zip(left, right, strict=True):
            same = equal(one, other, budget)
            if same is None:
                return None
            answer = answer and same
        return answer
    if isinstance(left, dict) and isinstance(right, dict):
        if budget:
            budget.charge(len(left) + 1)
        return left.keys() == right.keys() and all(equal(left[key], right[key], budget) is True for key in left)
    if isinstance(left, Range) and isinstance(right, Range):
        same_ends = equal(left.low, right.low, budget) is True and equal(left.high, right.high, budget) is True
        return same_ends and bool(left.low_closed) == bool(right.low_closed) and bool(left.high_closed) == bool(right.high_closed)
    return left == right


def order_keys(left: object, right: object) -> tuple[object, object] | None:
    """Return comparable keys of two values of one ordered kind, or None."""
    kind = type(left)
    if kind is not type(right):
        return None
    if kind is Decimal or kind is str:
        return left, right
    if isinstance(left, Date | YearsMonths | DaysTime) and isinstance(right, Date | YearsMonths | DaysTime):
        return left.key(), right.key()
    if isinstance(left, Time) and isinstance(right, Time):
        return (left.key(), right.key()) if (left.zone is None) == (right.zone is None) else None
    if isinstance(left, DateTime) and isinstance(right, DateTime):
        return (left.key(), right.key()) if (left.time.zone is None) == (right.time.zone is None) else None
    return None


def less(left: object, right: object) -> bool | None:
    keys = order_keys(left, right)
    return None if keys is None else keys[0] < keys[1]  # type: ignore[operator]  # order_keys gives comparable ones


def less_or_equal(left: object, right: object) -> bool | None:
    keys = order_keys(left, right)
    return None if keys is None else keys[0] <= keys[1]  # type: ignore[operator]  # order_keys gives comparable ones


def greater(left: object, right: object) -> bool | None:
    return less(right, left)


def greater_or_equal(left: object, right: object) -> bool | None:
    return less_or_equal(right, left)


def unequal(left: object, right: object, budget: Budget | None = None) -> bool | None:
    same = equal(left, right, budget)
    return None if same is None else not same


COMPARISONS: dict[str, Operation] = {
    "=": equal, "!=": unequal, "<": less, "<=": less_or_equal, ">": greater, ">=": greater_or_equal,
}  # fmt: skip


def midnight(value: Date | DateTime) -> DateTime:
    """Return a date as the standard compares it with a date and time: midnight UTC."""
    return DateTime(value, Time(0, 0)) if isinstance(value, Date) else value


def add(left: object, right: object) -> object:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return CONTEXT.add(left, right)
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > MAX_STRING:
            raise FeelLimitError(f"Der Text wird länger als {MAX_STRING} Zeichen.")
        return left + right
    if isinstance(left, YearsMonths) and isinstance(right, YearsMonths):
        return YearsMonths(left.months + right.months)
    if isinstance(left, DaysTime) and isinstance(right, DaysTime):
        return DaysTime(left.nanoseconds + right.nanoseconds)
    if isinstance(left, YearsMonths | DaysTime):
        left, right = right, left
    if isinstance(right, YearsMonths):
        return _plus_months(left, right.months)
    if isinstance(right, DaysTime):
        return _plus_nanoseconds(left, right.nanoseconds)
    return None


def _plus_months(value: object, months: int) -> object:
    if isinstance(value, Date):
        return value.plus_months(months)
    if isinstance(value, DateTime):
        date = value.date.plus_months(months)
        return DateTime(date, value.time) if date else None
    return None


def _plus_nanoseconds(value: object, nanoseconds: int) -> object:
    if isinstance(value, DateTime):
        return value.plus(nanoseconds)
    if isinstance(value, Date):
        return Date.of_days((value.days * DAY + nanoseconds) // DAY)
    if isinstance(value, Time):
        return Time((value.nanoseconds + nanoseconds) % DAY, value.zone)
    return None


def subtract(left: object, right: object) -> object:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return CONTEXT.subtract(left, right)
    if isinstance(right, YearsMonths):
        return add(left, YearsMonths(-right.months)) if isinstance(left, YearsMonths | Date | DateTime) else None
    if isinstance(right, DaysTime):
        return add(left, DaysTime(-right.nanoseconds)) if isinstance(left, DaysTime | Date | DateTime | Time) else None
    if isinstance(left, Time) and isinstance(right, Time):
        return DaysTime(left.key() - right.key()) if (left.zone is None) == (right.zone is None) else None
    if isinstance(left, Date | DateTime) and isinstance(right, Date | DateTime):
        one, other = midnight(left), midnight(right)
        return DaysTime(one.key() - other.key()) if (one.time.zone is None) == (other.time.zone is None) else None
    return None


def multiply(left: object, right: object) -> object:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return CONTEXT.multiply(left, right)
    if isinstance(left, Decimal):
        left, right = right, left
    if not isinstance(right, Decimal):
        return None
    if isinstance(left, YearsMonths):
        return YearsMonths(_whole(CONTEXT.multiply(Decimal(left.months), right)))
    if isinstance(left, DaysTime):
        return DaysTime(_whole(CONTEXT.multiply(Decimal(left.nanoseconds), right)))
    return None


def divide(left: object, right: object) -> object:
    if isinstance(right, Decimal):
        if not right:
            return None
        if isinstance(left, Decimal):
            return CONTEXT.divide(left, right)
        if isinstance(left, YearsMonths):
            return YearsMonths(_whole(CONTEXT.divide(Decimal(left.months), right)))
        if isinstance(left, DaysTime):
            return DaysTime(_whole(CONTEXT.divide(Decimal(left.nanoseconds), right)))
        return None
    if isinstance(left, YearsMonths) and isinstance(right, YearsMonths):
        return CONTEXT.divide(Decimal(left.months), Decimal(right.months)) if right.months else None
    if isinstance(left, DaysTime) and isinstance(right, DaysTime):
        return CONTEXT.divide(Decimal(left.nanoseconds), Decimal(right.nanoseconds)) if right.nanoseconds else None
    return None


def power(left: object, right: object) -> object:
    if not isinstance(left, Decimal) or not isinstance(right, Decimal):
        return None
    result = CONTEXT.power(left, right)
    return result if result.is_finite() else None  # 0 ** -1 is Infinity and no fault to the decimal module


def _whole(number: Decimal) -> int:
    return int(number.to_integral_value(rounding=ROUND_DOWN))


def _bounded(operation: Operation) -> Operation:
    def bounded(left: object, right: object) -> object:
        try:
            result = operation(left, right)
        except (InvalidOperation, Overflow, DivisionByZero):
            return None
        if isinstance(result, YearsMonths | DaysTime) and abs(result.key()) > MAX_DURATION:
            return None
        return result

    return bounded


ARITHMETIC: dict[str, Operation] = {
    "+": _bounded(add), "-": _bounded(subtract), "*": _bounded(multiply), "/": _bounded(divide), "**": _bounded(power),
}  # fmt: skip


def negate(value: object) -> object:
    if isinstance(value, Decimal):
        return CONTEXT.minus(value)
    if isinstance(value, YearsMonths):
        return YearsMonths(-value.months)
    if isinstance(value, DaysTime):
        return DaysTime(-value.nanoseconds)
    return None


def in_range(value: object, bounds: Range) -> bool | None:
    """Return whether the value lies in the range; None where they do not compare."""
    if (bounds.low is None and bounds.low_closed is not None) or (bounds.high is None and bounds.high_closed is not None):
        return None
    answer = True
    if bounds.low is not None:
        above = (less_or_equal if bounds.low_closed else less)(bounds.low, value)
        if above is None:
            return None
        answer = above
    if bounds.high is not None:
        below = (less_or_equal if bounds.high_closed else less)(value, bounds.high)
        if below is None:
            return None
        answer = answer and below
    return answer


def matches_test(value: object, test: object, budget: Budget) -> bool | None:
    """Return whether `value` meets an evaluated test: equal to it, in the range, or one of the list."""
    if isinstance(test, Range):
        return in_range(value, test)
    if isinstance(test, list):
        budget.charge(len(test))
        if isinstance(value, list) and equal(value, test, budget):
            return True
        return any((in_range(value, item) if isinstance(item, Range) else equal(value, item, budget)) is True for item in test)
    return equal(value, test, budget)


def property_of(value: object, name: str) -> object:
    """Return `value.name`, or None where there is none."""
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, Date):
        return _date_property(value, name)
    if isinstance(value, DateTime):
        found = _date_property(value.date, name)
        return found if found is not None else _time_property(value.time, value.offset, name)
    if isinstance(value, Time):
        return _time_property(value, value.offset, name)
    if isinstance(value, YearsMonths):
        size, sign = abs(value.months), -1 if value.months < 0 else 1
        parts = {"years": size // 12, "months": size % 12}
        return Decimal(sign * parts[name]) if name in parts else None
    if isinstance(value, DaysTime):
        seconds, sign = abs(value.nanoseconds) // SECOND, -1 if value.nanoseconds < 0 else 1
        parts = {"days": seconds // 86_400, "hours": seconds // 3600 % 24, "minutes": seconds // 60 % 60, "seconds": seconds % 60}
        return Decimal(sign * parts[name]) if name in parts else None
    if isinstance(value, Range):
        ends: dict[str, object] = {
            "start": value.low,
            "end": value.high,
            "start included": bool(value.low_closed),
            "end included": bool(value.high_closed),
        }
        return ends.get(name)
    return None


def _date_property(date: Date, name: str) -> Decimal | None:
    parts = {"year": date.year, "month": date.month, "day": date.day, "weekday": date.weekday}
    return Decimal(parts[name]) if name in parts else None


def _time_property(time: Time, offset: int | None, name: str) -> object:
    seconds = time.nanoseconds // SECOND
    parts = {"hour": seconds // 3600, "minute": seconds // 60 % 60, "second": seconds % 60}
    if name in parts:
        return Decimal(parts[name])
    if name == "time offset":
        return DaysTime(offset * SECOND) if offset is not None else None
    return time.zone if name == "timezone" and isinstance(time.zone, str) else None


# ---------------------------------------------------------------- types
SIMPLE_TYPES: dict[str, type] = {
    "number": Decimal, "string": str, "boolean": bool, "date": Date, "time": Time, "date and time": DateTime, "dateTime": DateTime,
    "date time": DateTime, "years and months duration": YearsMonths, "years and month duration": YearsMonths,
    "yearMonthDuration": YearsMonths, "days and time duration": DaysTime, "day time duration": DaysTime, "dayTimeDuration": DaysTime,
}  # fmt: skip
TypeCheck = Callable[[object], bool]


def instance_of(value: object, kind: syntax.Type, budget: Budget, named: dict[str, TypeCheck] | None = None) -> bool | None:
    """Return whether the value is of the type; None for a type nobody knows. `named`: a model's own item definitions."""
    if isinstance(value, list | dict):
        budget.charge(len(value))
    if kind.name in ("Any", "any"):
        return value is not None
    if kind.name == "Null":
        return value is None
    if value is None:
        return False
    if kind.name == "list":
        return isinstance(value, list) and (not kind.arguments or all(_member_of(item, kind.arguments[0], budget, named) for item in value))
    if kind.name == "range":
        ends = [end for end in (value.low, value.high) if end is not None] if isinstance(value, Range) else None
        return ends is not None and (not kind.arguments or all(instance_of(end, kind.arguments[0], budget, named) for end in ends))
    if kind.name == "context":
        if not isinstance(value, dict):
            return False
        return all(
            key in value and (value[key] is None or instance_of(value[key], inner, budget, named)) for key, inner in kind.fields or ()
        )
    if kind.name == "function":
        arity = len(value.parameters) if isinstance(value, Closure) and value.parameters is not None else None
        return isinstance(value, Closure) and (kind.result is None or arity == len(kind.arguments))
    simple = SIMPLE_TYPES.get(kind.name)
    if simple is not None:
        return type(value) is simple
    return named[kind.name](value) if named and kind.name in named else None


def _member_of(item: object, kind: syntax.Type, budget: Budget, named: dict[str, TypeCheck] | None) -> bool:
    return (item is None and kind.name in ("Any", "any")) or instance_of(item, kind, budget, named) is True


def coerce(value: object, kind: syntax.Type | None, budget: Budget, named: dict[str, TypeCheck] | None = None) -> tuple[bool, object]:
    """Return (fits, value) after the implicit conversions of DMN 10.3.2.9.4: singleton lists, date to date and time."""
    if kind is None or value is None or instance_of(value, kind, budget, named) is not False:
        return True, value
    if isinstance(value, list) and len(value) == 1 and kind.name != "list" and instance_of(value[0], kind, budget, named):
        return True, value[0]
    if isinstance(value, Date) and SIMPLE_TYPES.get(kind.name) is DateTime:
        return True, midnight(value)
    if kind.name == "list" and kind.arguments and not isinstance(value, list) and instance_of(value, kind.arguments[0], budget, named):
        return True, [value]
    return False, None
