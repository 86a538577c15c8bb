"""What may be chosen: constant values, a list among the data, or what an expression gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine import feel
from forms.model import Component

CHOICES = frozenset({"radio", "select", "checklist", "taglist"})


def values_of(component: Component, variables: Mapping[str, object], now: datetime) -> list[object]:
    """Return the values that may be chosen."""
    if component.options_expression is not None:
        try:
            found = component.options_expression.evaluate(variables, now=now)
        except feel.FeelError:
            return []
    elif component.options_key is not None:
        found = variables.get(component.options_key)
    else:
        return [option.value for option in component.options or ()]
    if not isinstance(found, list):
        return []
    return [item.get("value") if isinstance(item, Mapping) else item for item in found]


def as_offered(component: Component, value: object, seen: Mapping[str, object], now: datetime) -> object:
    """Return a choice as the server offers it: the number or date itself, not the text that the browser made of it."""
    if component.type not in CHOICES or value in (None, []):
        return value
    offered = values_of(component, seen, now)

    def original(item: object) -> object:
        return next(option for option in offered if is_same(item, option))

    return [original(item) for item in value] if isinstance(value, list) else original(value)


def is_same(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other or (isinstance(one, str) and other is not None and str(other) == one)
