"""What a form shows before anything was typed: the case's variables for its keys, defaults, and read-only context."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

from engine import feel
from forms import inputs, model, paths
from forms.model import Component, Form

LARGEST_INTEGER = 2**53
SEVERAL = frozenset({"checklist", "taglist"})


def prefill(
    form: Form, variables: Mapping[str, object], *, now: datetime, context: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return the data of a form: variables and `context`, plus defaults for keys without a value.

    Numbers are exact; dates are texts as in JSON; a reference to a note is left out. `browser_data` makes JSON of it.
    """
    data = {name: exact(value) for name, value in {**variables, **(context or {})}.items()}
    _fit(form.components, data)
    for component in model.walk(form.components):
        if component.type not in model.KEYED or not component.path:
            continue
        value = paths.value_at(data, component.path)
        if value is None:
            value = _default(component, data, now)
        if value is not None:
            paths.put(data, component.path, str(value) if component.serialize_to_string and component.type == "number" else value)
    return data


def _default(component: Component, data: Mapping[str, object], now: datetime) -> object:
    if component.expression is not None:
        try:
            return exact(component.expression.evaluate(data, now=now))
        except feel.FeelError:
            return None
    return exact(component.default)


def _fit(components: tuple[Component, ...], data: dict[str, object]) -> None:
    """Take out of the data what must not or cannot be shown: references to notes, and what is no list where several may be chosen."""
    for component in components:
        value = paths.value_at(data, component.path, paths.MISSING) if component.path else paths.MISSING
        if component.type == "group":
            _fit(component.children, data)
        elif component.type == "dynamiclist" and isinstance(value, list):
            rows = [dict(paths.mapping(row)) for row in value]
            for row in rows:
                _fit(component.children, row)
            paths.put(data, component.path, rows)
        elif component.note and inputs.is_note(value):
            paths.put(data, component.path, None)
        elif component.type in SEVERAL and value is not paths.MISSING and not isinstance(value, list):
            paths.put(data, component.path, component.default if isinstance(component.default, list) else [])


def exact(value: object) -> object:
    """Return a value as a form's expressions see it: numbers exact, dates as text, the rest as in JSON."""
    if value is None or isinstance(value, str | bool | int | Decimal):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    return feel.text_of(feel.enter(value))


def plain(value: object) -> object:
    """Return a value as JSON data in which no digit is lost: numbers with decimals are texts."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return exact(value)


def browser_data(value: object) -> object:
    """Return a value as the viewer takes it: numbers are JSON numbers, so that its expressions compute with them.

    A number that a browser could not hold to the last digit is a text. The browser shows, the server computes.
    """
    if isinstance(value, Decimal):
        return _json_number(value)
    if isinstance(value, Mapping):
        return {str(key): browser_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [browser_data(item) for item in value]
    return exact(value)


def _json_number(number: Decimal) -> object:
    if number == number.to_integral_value():
        return int(number) if abs(number) < LARGEST_INTEGER else format(number, "f")
    shown = json.loads(format(number, "f"))
    return shown if Decimal(repr(shown)) == number else format(number, "f")
