"""The state a form begins with in the viewer: what it keeps of the data, its empty values, and the rows of its lists."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from forms import inputs, model, options, paths, prefilling
from forms.model import Component, Form

EMPTY: Mapping[str, object] = {"textfield": "", "textarea": "", "checkbox": False}
LINE_BREAKS = str.maketrans("\r\n\t", "   ")


def begun(form: Form, data: Mapping[str, object]) -> dict[str, object]:
    """Return the data after the viewer took them in: unfit values are emptied, missing ones have their default, lists their rows."""
    found = dict(data)
    _begin(form.components, data, found, data)
    return found


def _begin(components: tuple[Component, ...], given: Mapping[str, object], found: dict[str, object], root: Mapping[str, object]) -> None:
    for component in components:
        if component.type == "group":
            _begin(component.children, given, found, root)
        elif component.type == "dynamiclist":
            drawn = paths.value_at(given, component.path)
            rows = drawn if isinstance(drawn, list) else [{}] * component.default_rows
            paths.put(found, component.path, [_row(component, paths.mapping(row), root) for row in rows])
        elif component.type in model.KEYED and component.path:
            value = paths.value_at(given, component.path, paths.MISSING)
            if value is paths.MISSING:
                shown = component.default if component.default is not None else empty(component)
            else:
                shown = _sanitised(component, value, root)
            paths.put(found, component.path, shown)


def new_row(component: Component, root: Mapping[str, object]) -> dict[str, object]:
    """Return a row of a list as the viewer adds it."""
    return _row(component, {}, root)


def _row(component: Component, given: Mapping[str, object], root: Mapping[str, object]) -> dict[str, object]:
    row = dict(given)
    _begin(component.children, given, row, root)
    return row


def empty(component: Component) -> object:
    """Return what an input holds in which nothing was entered."""
    return [] if component.type in prefilling.SEVERAL else EMPTY.get(component.type)


def _sanitised(component: Component, value: object, root: Mapping[str, object]) -> object:
    kind = component.type
    if kind in ("textfield", "textarea"):
        if value is None or isinstance(value, list | Mapping):
            return ""
        text = value if isinstance(value, str) else inputs.text_of(value)
        return text.translate(LINE_BREAKS) if kind == "textfield" else text
    if kind == "number":
        number = inputs.number(value)
        return Decimal(number) if number is not None else None
    if kind == "checkbox":
        return value is True
    if kind == "datetime":
        return value if inputs.read(component, value)[1] is None and isinstance(value, str) else None
    if kind in options.CHOICES and component.options_expression is None:
        allowed = options.values_of(component, {}, root, None)
        if kind in prefilling.SEVERAL:
            return [item for item in value if options.is_among(item, allowed)] if isinstance(value, list) else []
        return value if options.is_among(value, allowed) else None
    return [] if kind in prefilling.SEVERAL and not isinstance(value, list) else value
