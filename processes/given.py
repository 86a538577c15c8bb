"""What a job was given: its input parameters as Python values, euros as cents, with a message for a person where one is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from engine import errors
from processes import money


def text(given: Mapping[str, object], name: str) -> str:
    """Return a text that must be there. Raises errors.Incident."""
    found = optional_text(given, name)
    if found is None:
        raise errors.Incident(f"Die Eingabe „{name}“ fehlt. Bitte das Diagramm oder die Daten des Falls prüfen.")
    return found


def optional_text(given: Mapping[str, object], name: str) -> str | None:
    """Return a text, None where it is missing or empty."""
    value = given.get(name)
    return None if value is None or str(value).strip() == "" else str(value)


def uuid(given: Mapping[str, object], name: str) -> UUID:
    """Return a uuid that must be there. Raises errors.Incident."""
    value = text(given, name)
    try:
        return UUID(value)
    except ValueError as fault:
        raise errors.Incident(f"Die Eingabe „{name}“ ist keine Kennung: „{value}“.") from fault


def uuids(given: Mapping[str, object], name: str) -> list[UUID]:
    """Return a list of uuids. Raises errors.Incident."""
    return [uuid({name: value}, name) for value in items(given, name)]


def items(given: Mapping[str, object], name: str) -> Sequence[object]:
    """Return a list; missing is empty. Raises errors.Incident for anything else."""
    value = given.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise errors.Incident(f"Die Eingabe „{name}“ muss eine Liste sein.")
    return value


def texts(given: Mapping[str, object], name: str) -> list[str]:
    """Return a list of texts."""
    return [str(value) for value in items(given, name)]


def contexts(given: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """Return a list of contexts. Raises errors.Incident."""
    found: list[Mapping[str, object]] = [value for value in items(given, name) if isinstance(value, dict)]
    if len(found) != len(items(given, name)):
        raise errors.Incident(f"Die Eingabe „{name}“ muss eine Liste von Kontexten sein.")
    return found


def day(given: Mapping[str, object], name: str) -> date:
    """Return a date that must be there. Raises errors.Incident."""
    found = optional_day(given, name)
    if found is None:
        raise errors.Incident(f"Das Datum „{name}“ fehlt. Bitte das Diagramm oder die Daten des Falls prüfen.")
    return found


def optional_day(given: Mapping[str, object], name: str) -> date | None:
    """Return a date, None where it is missing. Raises errors.Incident for what is no date."""
    value = given.get(name)
    if value is None or value == "":
        return None
    try:
        return value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(str(value))
    except ValueError as fault:
        raise errors.Incident(
            f"Die Eingabe „{name}“ ist kein Datum: „{value}“. Erwartet wird ein Datum, als Text in der Form 2026-12-31."
        ) from fault


def cent(given: Mapping[str, object], name: str) -> int:
    """Return an amount of euros in cents. Raises errors.Incident where it is missing, finer than a cent or no number."""
    found = optional_cent(given, name)
    if found is None:
        raise errors.Incident(f"Der Betrag „{name}“ fehlt. Trifft in der Entscheidungstabelle keine Regel zu, ist sie zu ergänzen.")
    return found


def optional_cent(given: Mapping[str, object], name: str) -> int | None:
    """Return an amount of euros in cents, None where it is missing."""
    value = given.get(name)
    if value is None or value == "":
        return None
    try:
        return money.cent(Decimal(value) if isinstance(value, str) else value)
    except (errors.InvalidInput, ArithmeticError) as fault:
        raise errors.Incident(f"Die Eingabe „{name}“ ist kein Betrag: „{value}“.") from fault


def number(given: Mapping[str, object], name: str) -> int:
    """Return a whole number that must be there. Raises errors.Incident."""
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != int(value):
        raise errors.Incident(f"Die Eingabe „{name}“ muss eine ganze Zahl sein, gefunden „{value}“.")
    return int(value)
