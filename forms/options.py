"""What may be chosen: constant values, a list among the data, or what an expression gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from engine import feel
from forms.model import Component
from forms.prefilling import exact

CHOICES = frozenset({"radio", "select", "checklist", "taglist"})


def values_of(component: Component, variables: Mapping[str, object], begun: Mapping[str, object], now: datetime | None) -> list[object]:
    """Return the values that may be chosen. begun: the form's data as it was opened, where a list is named by its key.

    Of several sources the viewer takes the key, then the constant values, then the expression.
    """
    if component.options_key is not None:
        found: object = begun.get(component.options_key)
    elif component.options is not None:
        found = [{"value": option.value, "label": option.label} for option in component.options]
    elif component.options_expression is not None:
        try:
            found = component.options_expression.evaluate(variables, now=now)
        except feel.FeelError:
            found = None
    else:
        found = None
    return [value for value in map(_value, found) if value is not None] if isinstance(found, list) else []


def _value(option: object) -> object:
    """Return the value of an option, or None where the viewer leaves it out: without a value, or an object without a label."""
    if not isinstance(option, Mapping):
        return exact(option) if _is_primitive(option) else None
    value, label = option.get("value"), option.get("label")
    labelled = isinstance(label, str) and label != ""
    fits = _is_primitive(value) or (labelled and isinstance(value, Mapping | list) and len(value) > 0)
    return exact(value) if fits else None


def _is_primitive(value: object) -> bool:
    return value is not None and value != "" and not isinstance(value, Mapping | list)


def is_among(value: object, allowed: list[object]) -> bool:
    """Return whether a value is one of those, as the viewer compares them: deeply, and by type."""
    return any(_is_equal(value, option) for option in allowed)


def _is_equal(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_is_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    return one == other


def is_same(sent: object, option: object) -> bool:
    """Return whether what was sent means this option: programs and old pages send numbers as texts."""
    if _is_equal(sent, option):
        return True
    return isinstance(sent, str) and isinstance(option, int | Decimal) and not isinstance(option, bool) and str(option) == sent


def as_offered(component: Component, value: object, variables: Mapping[str, object], base: Mapping[str, object], now: datetime) -> object:
    """Return a choice as the server knows it: the number or date itself, not what JSON made of it. base: the case's own variables."""
    if component.options_key is not None:
        found: object = base.get(component.options_key)
    elif component.options is not None:
        found = [option.value for option in component.options]
    else:
        assert component.options_expression is not None  # only what was offered is asked for
        try:
            found = component.options_expression.evaluate({**variables, **base}, now=now)
        except feel.FeelError:
            found = None
    offered = (
        [item.get("value") if isinstance(item, Mapping) and "value" in item else item for item in found] if isinstance(found, list) else []
    )

    def original(item: object) -> object:
        return next((option for option in offered if is_same(item, exact(option))), item)

    return [original(item) for item in value] if isinstance(value, list) else original(value)
