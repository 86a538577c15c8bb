"""The border between cents (tables, events, Python) and euros (diagrams, forms, people)."""

from __future__ import annotations

import re
from decimal import Decimal

from engine import errors

# 1234,56 or 1.234,56 or 1234: at most two decimals, dots only between groups of three.
GERMAN_AMOUNT = re.compile(r"-?(?:\d{1,3}(?:\.\d{3})+|\d{1,12})(?:,\d{2})?", re.ASCII)


def euro(cent: int) -> Decimal:
    """Return the amount in euros with two decimals."""
    return Decimal(cent).scaleb(-2)


def cent(euro_amount: object) -> int:
    """Return the amount in cents. Raises errors.InvalidInput for what is no number or finer than a cent."""
    if isinstance(euro_amount, bool) or not isinstance(euro_amount, Decimal | int):
        raise errors.InvalidInput(f"Erwartet wird ein Betrag in Euro, gefunden „{euro_amount}“.")
    exact = Decimal(euro_amount) * 100
    if not exact.is_finite() or exact != exact.to_integral_value():
        raise errors.InvalidInput(f"Erwartet wird ein Betrag mit höchstens zwei Nachkommastellen, gefunden „{euro_amount}“.")
    return int(exact)


def parse_german(text: str) -> int | None:
    """Return the cents of a German amount (`1.405,70`, `1405,70`, `1405`), None for anything else."""
    if not GERMAN_AMOUNT.fullmatch(text):
        return None
    whole, _, decimals = text.replace(".", "").partition(",")
    cents = abs(int(whole)) * 100 + int(decimals or 0)
    return -cents if text.startswith("-") else cents


def german(cents: int) -> str:
    """Return the amount as people write it: `1.405,70 €`."""
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", ".")
    return f"{'-' if cents < 0 else ''}{grouped},{rest:02d} €"
