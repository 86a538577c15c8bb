"""The rules of a field: required, limits, steps, patterns, dates, options; each with its German message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine import feel
from forms import attachments, evaluation, options, patterns
from forms.evaluation import Run
from forms.model import Component

BERLIN = ZoneInfo("Europe/Berlin")
EMAIL = re.compile(r"[^@\s\"<>()]{1,64}@[^@\s\"<>()]{1,190}\.[A-Za-z]{2,24}")
MISSING = {"checkbox": "Bitte ankreuzen.", "filepicker": "Bitte eine Datei auswählen."}
PHONE = re.compile(r"\+?[0-9][0-9 ()/.\-]{4,24}")


def broken(run: Run, component: Component, value: object, seen: Mapping[str, object]) -> str | None:
    """Return the German message of the first rule that the value breaks, or None."""
    label = f"„{component.label}“"
    empty = value is None or value in ("", []) or value is False or (isinstance(value, str) and not value.strip())
    if evaluation.constant(run, component, "required", seen) is True and empty:
        return f"{label}: {MISSING.get(component.type, 'Bitte ausfüllen.')}"
    if empty:
        return None
    if component.type == "number" and isinstance(value, Decimal):
        return _number_rules(run, component, value, seen, label)
    if component.type in ("textfield", "textarea") and isinstance(value, str):
        return _text_rules(run, component, value, seen, label)
    if component.type == "datetime":
        return _date_rules(run, component, value, label)
    if component.type == "filepicker":
        return attachments.broken(run, component, value, seen)
    if component.type in options.CHOICES:
        return _option_rules(run, component, value, seen, label)
    return None


def _number_rules(run: Run, component: Component, value: Decimal, seen: Mapping[str, object], label: str) -> str | None:
    exponent = value.normalize().as_tuple().exponent
    digits = component.decimal_digits
    if digits is not None and isinstance(exponent, int) and -exponent > digits:
        return f"{label}: Höchstens {digits} Nachkommastellen." if digits else f"{label}: Bitte eine ganze Zahl angeben."
    low, high = evaluation.limit(run, component, "min", seen), evaluation.limit(run, component, "max", seen)
    if low is not None and value < low:
        return f"{label}: Mindestens {_german(low, digits)}."
    if high is not None and value > high:
        return f"{label}: Höchstens {_german(high, digits)}."
    step = evaluation.decimal(component.increment)
    if step and value % step:
        return f"{label}: Bitte in Schritten von {_german(step)} angeben."
    return None


def _text_rules(run: Run, component: Component, value: str, seen: Mapping[str, object], label: str) -> str | None:
    length = len(value.strip())
    shortest, longest = evaluation.limit(run, component, "minLength", seen), evaluation.limit(run, component, "maxLength", seen)
    if shortest is not None and length < shortest:
        return f"{label}: Mindestens {shortest} Zeichen."
    if longest is not None and length > longest:
        return f"{label}: Höchstens {longest} Zeichen, es sind {length}."
    pattern = evaluation.constant(run, component, "pattern", seen)
    if isinstance(pattern, str) and pattern and not patterns.matches(pattern, value):
        told = evaluation.constant(run, component, "patternErrorMessage", seen)
        return f"{label}: {told}" if isinstance(told, str) and told else f"{label}: Die Schreibweise stimmt nicht."
    kind = evaluation.constant(run, component, "validationType", seen)
    if kind == "email" and not EMAIL.fullmatch(value.strip()):
        return f"{label}: Bitte eine E-Mail-Adresse angeben, z. B. name@example.org."
    if kind == "phone" and not PHONE.fullmatch(value.strip()):
        return f"{label}: Bitte eine Telefonnummer angeben, z. B. +49 5231 9770."
    return None


def _date_rules(run: Run, component: Component, value: object, label: str) -> str | None:
    if not component.disallow_passed_dates or isinstance(value, time):
        return None
    today = run.now.astimezone(BERLIN).date()
    day = value.astimezone(BERLIN).date() if isinstance(value, datetime) else value
    return f"{label}: Das Datum darf nicht vor heute ({today:%d.%m.%Y}) liegen." if isinstance(day, date) and day < today else None


def _option_rules(run: Run, component: Component, value: object, seen: Mapping[str, object], label: str) -> str | None:
    allowed = options.values_of(component, seen, run.now)
    chosen = value if isinstance(value, list) else [value]
    for item in chosen:
        if not any(options.is_same(item, option) for option in allowed):
            return f"{label}: „{str(item)[:40]}“ steht nicht zur Auswahl."
    return None


def _german(number: Decimal, digits: int | None = None) -> str:
    """Return a number as people write it, amounts with all their decimals: 490,00."""
    text = feel.number_text(number)
    if digits and digits <= 10 and number != number.to_integral_value():
        text = format(number, f".{max(digits, -int(number.as_tuple().exponent))}f")
    return text.replace(".", ",")
