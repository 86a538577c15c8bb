"""What people type into plain fields: read as they write it, refused in German that names what was expected."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from api import typed
from engine import errors


def test_values_are_a_feel_context_and_nothing_typed_are_no_values() -> None:
    assert typed.context('{betrag: 84.50, am: date("2026-09-01")}') == {"betrag": Decimal("84.50"), "am": date(2026, 9, 1)}
    assert typed.context('{"art": "konto"}') == {"art": "konto"}
    assert typed.context("  ") == {}


@pytest.mark.parametrize(("text", "said"), [("{a: ", "nicht lesbar"), ("5", "Werte mit Namen"), ("{a: b(}", "nicht lesbar")])
def test_values_that_cannot_be_read_are_refused_with_an_example(text: str, said: str) -> None:
    with pytest.raises(errors.InvalidInput, match=said) as refused:
        typed.context(text)

    assert typed.EXAMPLE in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"), [("morgen", "kein Datum"), ("", "kein Datum"), ("2026-02-30", "kein Datum"), ("0001-01-01", "Jahr 1 ")]
)
def test_what_is_no_day_of_our_calendar_is_refused(text: str, said: str) -> None:
    with pytest.raises(errors.InvalidInput, match=said):
        typed.day(text)


@pytest.mark.parametrize(("text", "amount"), [("257,37", "257.37"), ("1.257,3 €", "1257.3"), ("12", "12")])
def test_an_amount_is_read_as_germans_write_it(text: str, amount: str) -> None:
    assert typed.euros(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["257.37", "-5", "1e5", "", "1.00,00", "viel"])
def test_an_amount_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(errors.InvalidInput, match="mit Komma"):
        typed.euros(text)
