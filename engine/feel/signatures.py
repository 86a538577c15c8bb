"""How built-in functions declare what they take: kinds, optional and repeated parameters, overloads, named arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow

from engine.feel import operators
from engine.feel.budget import Budget
from engine.feel.errors import FeelLimitError
from engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from engine.feel.values import MAX_LIST, MAX_STRING, Closure, Range

KINDS: dict[str, tuple[type, ...] | None] = {
    "any": None, "number": (Decimal,), "string": (str,), "boolean": (bool,), "list": (list,), "context": (dict,), "date": (Date,),
    "time": (Time,), "datetime": (DateTime,), "day": (Date, DateTime), "duration": (YearsMonths, DaysTime), "range": (Range,),
    "function": (Closure,),
}  # fmt: skip
HANDLED = 256  # cells or characters that a built-in looks through in a step
MISSING = object()
MISFIT = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function; `repeated`: the last parameter takes any number of arguments."""

    parameters: tuple[Parameter, ...]
    repeated: bool
    body: Callable[..., object]
    takes_budget: bool


class Library:
    """The built-in functions by name."""

    def __init__(self) -> None:
        self.overloads: dict[str, list[Overload]] = {}

    def add(self, name: str, signature: str, body: Callable[..., object], *, takes_budget: bool = False) -> None:
        """Declare an overload. `signature`: `string: string, length: number?, item: any*`."""
        parameters, repeated = [], False
        for part in (piece.strip() for piece in signature.split(",") if piece.strip()):
            label, _, kind = (piece.strip() for piece in part.rpartition(":"))
            repeated = repeated or kind.endswith("*")
            parameters.append(Parameter(label, kind.rstrip("?*"), kind.endswith("?")))
        self.overloads.setdefault(name, []).append(Overload(tuple(parameters), repeated, body, takes_budget))

    def closures(self) -> dict[str, Closure]:
        """Return every function as a value."""
        return {name: _closure(name, tuple(overloads)) for name, overloads in self.overloads.items()}

    def arities(self) -> dict[str, tuple[int, int | None]]:
        """Return the least and the most arguments that any overload of each function takes; None: any number."""
        found: dict[str, tuple[int, int | None]] = {}
        for name, overloads in self.overloads.items():
            least = min(sum(not p.optional for p in one.parameters) - one.repeated for one in overloads)
            unbounded = any(one.repeated for one in overloads)
            found[name] = (least, None if unbounded else max(len(one.parameters) for one in overloads))
        return found


def _closure(name: str, overloads: tuple[Overload, ...]) -> Closure:
    def call(arguments: list[object], budget: Budget) -> object:
        for overload in overloads:
            fitted = _fit(overload, arguments)
            if fitted is not None:
                return _run(overload, fitted, budget)
        return None

    def call_named(names: Sequence[str], arguments: list[object], budget: Budget) -> object:
        for overload in overloads:
            positions = {parameter.name: index for index, parameter in enumerate(overload.parameters)}
            if any(given not in positions for given in names):
                continue
            ordered: list[object] = [MISSING] * len(positions)
            for given, argument in zip(names, arguments, strict=True):
                ordered[positions[given]] = argument
            while ordered and ordered[-1] is MISSING:
                ordered.pop()
            if overload.repeated and ordered and isinstance(ordered[-1], list):
                ordered = [*ordered[:-1], *ordered[-1]]
            fitted = _fit(overload, ordered)
            if fitted is not None:
                return _run(overload, fitted, budget)
        return None

    fixed = overloads[0].parameters if len(overloads) == 1 and not overloads[0].repeated else None
    names = tuple(p.name for p in fixed) if fixed is not None and not any(p.optional for p in fixed) else None
    return Closure(name, names, call, call_named)


def _run(overload: Overload, arguments: list[object], budget: Budget) -> object:
    for argument in arguments:
        if isinstance(argument, list | str | dict):
            budget.charge(len(argument) // HANDLED)
    try:
        result = overload.body(budget, *arguments) if overload.takes_budget else overload.body(*arguments)
    except (InvalidOperation, Overflow, DivisionByZero, ValueError, OverflowError):
        return None
    if isinstance(result, str):
        budget.charge_text(len(result))
        if len(result) > MAX_STRING:
            raise FeelLimitError(f"Der Text wird länger als {MAX_STRING} Zeichen.")
    elif isinstance(result, dict):
        budget.charge(len(result) // 2)
    elif isinstance(result, list):
        budget.charge(len(result) // 8)
        if len(result) > MAX_LIST:
            raise FeelLimitError(f"Die Liste wird länger als {MAX_LIST} Einträge.")
    return result


def _fit(overload: Overload, arguments: list[object]) -> list[object] | None:
    """Return the arguments converted to the overload's kinds, or None where they do not fit."""
    parameters = overload.parameters
    if len(arguments) > len(parameters) and not overload.repeated:
        return None
    fitted: list[object] = []
    for index in range(max(len(arguments), len(parameters))):
        parameter = parameters[min(index, len(parameters) - 1)]
        repeats = overload.repeated and index >= len(parameters) - 1
        if index >= len(arguments):
            if parameter.optional or repeats:
                continue
            return None
        value = _fit_one(parameter, arguments[index])
        if value is MISFIT:
            return None
        fitted.append(value)
    return fitted


def _fit_one(parameter: Parameter, value: object) -> object:
    if value is MISSING:
        return None if parameter.optional else MISFIT
    kinds = KINDS[parameter.kind]
    if kinds is None:
        return value
    if value is None:
        return None if parameter.optional else MISFIT
    if type(value) in kinds:
        return value
    if parameter.kind == "list":
        return [value]
    if isinstance(value, list) and len(value) == 1 and type(value[0]) in kinds:
        return value[0]
    return operators.midnight(value) if parameter.kind == "datetime" and isinstance(value, Date) else MISFIT
