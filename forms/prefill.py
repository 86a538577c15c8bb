"""What a form shows before anything was typed: the case's variables for its keys, defaults, and read-only context."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

from engine import feel
from forms import model, paths
from forms.model import Component, Form


def prefill(
    form: Form, variables: Mapping[str, object], *, now: datetime, context: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return JSON-able data for the viewer: variables and `context` as they are, plus defaults for keys without a value.

    Decimals become texts where the field serialises to text, else JSON numbers are given as texts too: the browser shows, the
    server computes.
    """
    data: dict[str, object] = {name: plain(value) for name, value in variables.items()}
    data |= {name: plain(value) for name, value in (context or {}).items()}
    for component in model.walk(form.components):
        if component.type not in model.KEYED or not component.path:
            continue
        value = paths.value_at(data, component.path)
        if value is None:
            value = _default(component, {**variables, **(context or {})}, now)
        shown = _shown(component, value)
        if shown is not None:
            paths.put(data, component.path, shown)
    return data


def _default(component: Component, variables: Mapping[str, object], now: datetime) -> object:
    if component.expression is not None:
        try:
            return plain(component.expression.evaluate(variables, now=now))
        except feel.FeelError:
            return None
    return plain(component.default)


def _shown(component: Component, value: object) -> object:
    """Return the value as the viewer's field wants it; a note reference is not shown as text."""
    if value is None or (component.note and isinstance(value, str) and value.startswith("notiz:")):
        return None
    if component.type == "number":
        return str(value) if component.serialize_to_string else _number(value)
    if component.type in ("select", "radio") and not isinstance(value, str | bool | int):
        return str(value)
    return value


def _number(value: object) -> object:
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return int(number) if number == number.to_integral_value() else str(number)


def plain(value: object) -> object:
    """Return a value as JSON data: decimals and dates as text, the rest as it is."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    return feel.text_of(feel.enter(value))


def prefill_value(value: object) -> object:
    """Return a submitted value as the viewer takes it back, so that nothing typed is lost."""
    return plain(value)
