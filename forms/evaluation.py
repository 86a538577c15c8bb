"""The FEEL of a form on the server: limits and conditions. A fault in an expression is null, as in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from engine import feel
from forms.chosen import Chosen
from forms.model import Component, Rule


@dataclass
class Run:
    """One validation. base: what the form was prefilled with. errors: what was found so far, by field id.

    chosen: the files that came with the submission, by the key that stands in its values.
    """

    now: datetime
    base: Mapping[str, object]
    errors: dict[str, str] = field(default_factory=dict)
    chosen: Mapping[str, Sequence[Chosen]] = field(default_factory=dict)


def constant(run: Run, component: Component, name: str, seen: Mapping[str, object]) -> object:
    rule: Rule | None = component.validate.get(name)
    if rule is None:
        return None
    return evaluate(run, rule.expression, seen) if rule.expression is not None else rule.constant


def limit(run: Run, component: Component, name: str, seen: Mapping[str, object]) -> Decimal | None:
    return decimal(constant(run, component, name, seen))


def decimal(value: object) -> Decimal | None:
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def evaluate(run: Run, expression: feel.Expression | None, variables: Mapping[str, object]) -> object:
    if expression is None:
        return None
    try:
        return expression.evaluate(variables, now=run.now)
    except feel.FeelError:
        return None


def is_true(run: Run, expression: feel.Expression | None, variables: Mapping[str, object]) -> bool:
    return evaluate(run, expression, variables) is True
