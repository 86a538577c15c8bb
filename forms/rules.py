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
from forms.settling import Place

BERLIN = ZoneInfo("Europe/Berlin")
MISSING = {"checkbox": "Bitte ankreuzen.", "filepicker": "Bitte eine Datei auswählen."}
# A browser's own rule for an e-mail field (HTML standard), and a domain with a dot: a name without one cannot be reached from here.
EMAIL = re.compile(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@(?=[^.]+\.)[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?")
EMAIL_LABEL = re.compile(r"(?!-)[a-zA-Z0-9-]{1,63}(?<!-)")
# Country codes of ITU-T E.164; what follows begins as a country code does, at least four digits come after that.
COUNTRY = (
    "1|7|20|27|21[12368]|2[236][0-9]|24[0-689]|25[0-8]|29[1789]|3[0-469]|35[0-9]|37[0-9]|38[0-35-79]|3906698|4[013-9]|42[013]|5[1-8]|"
    "50[0-9]|59[0-8]|5999|6[0-6]|67[02-9]|68[0-35-9]|69[0-2]|8[1246]|85[02356]|88[06]|9[0-58]|96[0-8]|97[0-7]|99[2-68]"
)
BEGINNING = "[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|(?:2[1-689]|3[578]|42|5[09]|6[7-9]|8[035789]|9[679])[0-9]"
PHONE = re.compile(rf"(?:\+|00)(?:{COUNTRY})(?:{BEGINNING})[0-9]{{4,20}}\Z")
# What JavaScript's trim takes away: Python's strip takes some control characters as well, and leaves the byte order mark.
SPACES = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def broken(run: Run, place: Place, seen: Mapping[str, object]) -> str | None:
    """Return the German message of the first rule that the value breaks, or None. seen: what expressions see at that place.

    What cannot be typed is held to the rules as well, as in the browser, but it need not be an option or a coming day.
    """
    component, value = place.component, place.typed
    label = f"„{component.label}“"
    empty = value is None or value in ("", []) or (value is False and component.type == "checkbox")
    required = bool(evaluation.constant(run, component, "required", seen))
    if empty:
        return f"{label}: {MISSING.get(component.type, 'Bitte ausfüllen.')}" if required else None
    if component.type == "number" and isinstance(value, Decimal):
        return _number_rules(run, component, value, seen, label)
    if component.type in ("textfield", "textarea") and isinstance(value, str):
        blank = f"{label}: Bitte ausfüllen." if required and not value.strip() else None
        return _text_rules(run, component, value, seen, label) or blank
    if component.type == "datetime" and place.is_open:
        return _date_rules(run, component, value, label)
    if component.type == "filepicker" and place.is_open:
        return attachments.broken(run, component, value, seen)
    if component.type in options.CHOICES and place.is_open:
        return _option_rules(run, component, value, seen, label)
    return None


def _number_rules(run: Run, component: Component, value: Decimal, seen: Mapping[str, object], label: str) -> str | None:
    exponent = value.normalize().as_tuple().exponent
    digits = component.decimal_digits
    if digits is not None and isinstance(exponent, int) and -exponent > digits:
        return f"{label}: Höchstens {digits} Nachkommastellen." if digits else f"{label}: Bitte eine ganze Zahl angeben."
    try:
        low, high = evaluation.limit(run, component, "min", seen), evaluation.limit(run, component, "max", seen)
    except ValueError as fault:
        return f"{label}: Die Grenze „{fault}“ ist keine Zahl. Bitte das Formular berichtigen lassen."
    if low is not None and value < low:
        return f"{label}: Mindestens {_german(low, digits)}."
    if high is not None and value > high:
        return f"{label}: Höchstens {_german(high, digits)}."
    step = evaluation.decimal(component.increment)
    if step and value % step:
        return f"{label}: Bitte in Schritten von {_german(step)} angeben."
    return None


def _text_rules(run: Run, component: Component, value: str, seen: Mapping[str, object], label: str) -> str | None:
    length = len(value.strip(SPACES).encode("utf-16-le", "surrogatepass")) // 2  # as a browser counts
    shortest, longest = (evaluation.decimal(evaluation.constant(run, component, name, seen)) for name in ("minLength", "maxLength"))
    if shortest is not None and length < shortest:
        return f"{label}: Mindestens {shortest} Zeichen."
    if longest is not None and length > longest:
        return f"{label}: Höchstens {longest} Zeichen, es sind {length}."
    pattern = evaluation.constant(run, component, "pattern", seen)
    if isinstance(pattern, str) and pattern and not patterns.matches(pattern, value):
        told = evaluation.constant(run, component, "patternErrorMessage", seen)
        return f"{label}: {told}" if isinstance(told, str) and told else f"{label}: Die Schreibweise stimmt nicht."
    kind = evaluation.constant(run, component, "validationType", seen)
    if kind == "email" and not _is_email(value):
        return f"{label}: Bitte eine E-Mail-Adresse angeben, z. B. name@example.org."
    if kind == "phone" and not PHONE.search(value):
        return f"{label}: Bitte eine Telefonnummer mit Ländervorwahl und ohne Leerzeichen angeben, z. B. +4952319770."
    return None


def _is_email(text: str) -> bool:
    return EMAIL.fullmatch(text) is not None and all(EMAIL_LABEL.fullmatch(part) for part in text.rpartition("@")[2].split("."))


def _date_rules(run: Run, component: Component, value: object, label: str) -> str | None:
    if isinstance(value, datetime | time) and value.minute % component.minutes:
        return f"{label}: Die Uhrzeit muss in Schritten von {component.minutes} Minuten liegen."
    if not component.disallow_passed_dates or isinstance(value, time):
        return None
    today = run.now.astimezone(BERLIN).date()
    day = value.astimezone(BERLIN).date() if isinstance(value, datetime) else value
    return f"{label}: Das Datum darf nicht vor heute ({today:%d.%m.%Y}) liegen." if isinstance(day, date) and day < today else None


def _option_rules(run: Run, component: Component, value: object, seen: Mapping[str, object], label: str) -> str | None:
    allowed = options.values_of(component, seen, run.begun, run.now)
    for item in value if isinstance(value, list) else [value]:
        if not any(options.is_same(item, option) for option in allowed):
            return f"{label}: „{str(item)[:40]}“ steht nicht zur Auswahl."
    return None


def _german(number: Decimal, digits: int | None = None) -> str:
    """Return a number as people write it, amounts with all their decimals: 490,00."""
    text = feel.number_text(number)
    if digits and digits <= 10 and number != number.to_integral_value():
        text = format(number, f".{max(digits, -int(number.as_tuple().exponent))}f")
    return text.replace(".", ",")
