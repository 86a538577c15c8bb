"""The FEEL of a form on the server: limits and conditions. A fault in an expression is null, as in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from engine import feel
from forms import reading
from forms.chosen import Chosen
from forms.model import Component, Condition, Rule

AROUND = frozenset({"parent", "_parent_"})


@dataclass
class Run:
    """One validation. base: the case's variables. begun: the form's data as it was opened. errors: what was found, by field id.

    chosen: the files that came with the submission, by the key that stands in its values. rows: those of all lists, as far as read.
    """

    now: datetime
    base: Mapping[str, object]
    begun: Mapping[str, object]
    errors: dict[str, str] = field(default_factory=dict)
    chosen: Mapping[str, Sequence[Chosen]] = field(default_factory=dict)
    rows: int = 0


def constant(run: Run, component: Component, name: str, seen: Mapping[str, object]) -> object:
    """Return what a rule says: its constant, or the value of its expression."""
    rule: Rule | None = component.validate.get(name)
    if rule is None:
        return None
    return evaluate(run, rule.expression, seen) if rule.expression is not None else rule.constant


def limit(run: Run, component: Component, name: str, seen: Mapping[str, object]) -> Decimal | None:
    """Return a limit. Raises ValueError where the rule gives something that is no number."""
    value = constant(run, component, name, seen)
    if value is None:
        return None
    number = decimal(value)
    if number is None:
        raise ValueError(name)
    return number


def decimal(value: object) -> Decimal | None:
    """Return the number, or None where it is none."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def evaluate(run: Run, expression: feel.Expression | None, variables: Mapping[str, object]) -> object:
    """Return the value of an expression, None where there is none or it fails."""
    if expression is None:
        return None
    try:
        return expression.evaluate(_needed(expression, variables), now=run.now)
    except feel.FeelError:
        return None


def _needed(expression: feel.Expression, variables: Mapping[str, object]) -> Mapping[str, object]:
    """Return the variables with no more of `parent` than is looked at: it holds the whole form, and every row would convert it anew."""
    if not AROUND & expression.names:
        return variables
    needed = dict(variables)
    for name in AROUND & expression.names:
        needed[name] = _part(variables.get(name), reading.taken_from(expression.text, name))
    return needed


def _part(value: object, paths: frozenset[tuple[str, ...]]) -> object:
    """Return of a context what the paths lead to; further `parent`s on the way are cut likewise."""
    if () in paths or not isinstance(value, Mapping):
        return value
    names = {path[0] for path in paths if path[0] in value}
    return {
        name: _part(value[name], frozenset(path[1:] for path in paths if path[0] == name)) if name in AROUND else value[name]
        for name in names
    }


def holds(condition: Condition, variables: Mapping[str, object], now: datetime) -> bool | None:
    """Return whether a condition holds; None where it gives null.

    The viewer reads a condition as a unary test of null: null passes it, and so does a list that holds null.
    """
    if condition.expression is None:
        return condition.constant
    try:
        value = condition.expression.evaluate(_needed(condition.expression, variables), now=now)
    except feel.FeelError:
        return False  # the viewer tells nobody and goes on
    return None if value is None or (isinstance(value, list) and None in value) else value is True
