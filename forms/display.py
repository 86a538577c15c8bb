"""What a form's texts say to German readers: amounts with a comma, dates with dots. The values themselves stay as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from forms import paths

_PLACEHOLDER = re.compile(r"\{\{\s*([^\W\d][\w.]*)\s*\}\}")
_AMOUNT = re.compile(r"-?\d{1,15}\.\d{2}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def german_schema(schema: Mapping[str, object], data: Mapping[str, object]) -> dict[str, object]:
    """Return the schema with `{{name}}` in its text components replaced where the name holds an amount or a date.

    data: from `prefill`, so amounts have two decimals and dates are ISO 8601. Other placeholders and expressions are left to the viewer.
    """
    shown = dict(schema)
    inner = schema.get("components")
    if isinstance(inner, list):
        shown["components"] = [german_schema(item, data) if isinstance(item, Mapping) else item for item in inner]
    text = schema.get("text")
    if schema.get("type") == "text" and isinstance(text, str):
        shown["text"] = _PLACEHOLDER.sub(lambda found: _german(found, data), text)
    return shown


def _german(found: re.Match[str], data: Mapping[str, object]) -> str:
    value = paths.value_at(data, tuple(found[1].split(".")))
    if isinstance(value, Decimal) and value.as_tuple().exponent == -2:
        value = str(value)
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        return f"{Decimal(value):,.2f}".translate(str.maketrans(",.", ".,"))
    if isinstance(value, str) and _DAY.fullmatch(value):
        return f"{date.fromisoformat(value):%d.%m.%Y}"
    return found[0]
