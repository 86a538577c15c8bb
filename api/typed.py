"""What people type into plain fields, on a page or at a terminal: values with names, days, amounts in euros."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from engine import errors, feel, values

AMOUNT = re.compile(r"(\d{1,3}(\.\d{3}){0,3}|\d{1,12})(,\d{1,2})?", re.ASCII)
EXAMPLE = '{betrag: 84.50, am: date("2026-09-01")}'
FIRST_YEAR, LAST_YEAR = 1990, 2100


def context(typed: str) -> dict[str, object]:
    """Return the values of a FEEL context, which JSON is one of; where nothing is typed, none. Raises errors.InvalidInput."""
    try:
        found = feel.evaluate(typed.strip() or "{}", {})
    except (feel.FeelError, feel.FeelSyntaxError) as broken:
        raise errors.InvalidInput(f"Die Werte sind nicht lesbar: {broken} Erwartet wird z. B. {EXAMPLE}.") from broken
    if not isinstance(found, dict):
        raise errors.InvalidInput(f"Erwartet werden Werte mit Namen, z. B. {EXAMPLE}.")
    return values.check(found)


def day(typed: str) -> date:
    """Return a day of our calendar. Raises errors.InvalidInput."""
    try:
        found = date.fromisoformat(typed.strip())
    except ValueError as broken:
        raise errors.InvalidInput(f"„{typed[:100]}“ ist kein Datum. Erwartet wird JJJJ-MM-TT, z. B. 2026-08-17.") from broken
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise errors.InvalidInput(f"Das Jahr {found.year} kann nicht stimmen. Bitte das Datum prüfen.")
    return found


def euros(typed: str) -> Decimal:
    """Return an amount. Nothing but German spelling: who types 257.37 would otherwise book a hundred times as much.

    Raises errors.InvalidInput.
    """
    plain = typed.strip().removesuffix("€").strip()
    if not AMOUNT.fullmatch(plain):
        raise errors.InvalidInput("„Betrag“: Erwartet wird ein Betrag in Euro mit Komma, z. B. 257,37 oder 1.257,37.")
    return Decimal(plain.replace(".", "").replace(",", "."))
