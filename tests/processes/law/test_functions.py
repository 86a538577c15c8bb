"""The law as expressions call it, and the fee formulas with the scenarios' amounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel
from processes import law
from processes.law import fees, rounding


def evaluate(expression: str, **variables: object) -> object:
    return feel.evaluate(expression, variables, functions=law.FUNCTIONS)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('faelligkeit_am(date("2026-08-15"), "NW")', date(2026, 8, 17)),
        ('schonfrist_ende(date("2026-08-17"), "NW")', date(2026, 8, 20)),
        ('bekanntgabe_am(date("2026-09-02"), "AO", "NW")', date(2026, 9, 7)),
        ('mahnfrist_ende(date("2026-09-02"), "AO", "NW")', date(2026, 9, 14)),
        ('wartewoche_ende(date("2026-01-19"), date("2026-08-17"), "NW")', date(2026, 8, 24)),
        ('frist_ende(date("2026-08-06"), duration("P1M"), "NW")', date(2026, 9, 7)),
        ('frist_ende(date("2026-09-14"), duration("P14D"), "NW")', date(2026, 9, 28)),
        ('wochenfrist(date("2026-08-06"), 2, "NW")', date(2026, 8, 20)),
        ('monatsfrist(date("2026-01-31"), 1, "NW")', date(2026, 3, 2)),
        ('leistung_ab(date("2026-08-06"))', date(2026, 9, 7)),
        ('naechster_werktag(date("2026-11-01"), "NW")', date(2026, 11, 2)),
        ('saeumniszuschlag([{am: date("2026-08-17"), offen: 248.37}], date("2026-09-25"))', Decimal("4.00")),
        ('saeumnismonate(date("2026-08-17"), date("2026-08-10"))', Decimal(0)),
        ("betrag_abrunden(248.37, 50)", Decimal(200)),
        ("betrag_aufrunden(4.608, 0.05)", None),
        ("aufteilung(203, [310, 120])", [Decimal("146.35"), Decimal("56.65")]),
        ("wertgebuehr(248.37, 50, 6, 1, 52)", Decimal(7)),
        ("wertgebuehr(12480, 50, 6, 1, 52)", Decimal(52)),
        ("wertgebuehr(12480, 50, 25, 1, null)", Decimal(149)),
        ("wertgebuehr(430, 50, 25, 1, null)", Decimal(28)),
        ("wertgebuehr_aufgerundet(412.60, 51, 2.80, 0.5, 0.05)", Decimal("4.65")),
    ],
)
def test_an_expression_calls_the_law(expression: str, expected: object) -> None:
    if expected is None:
        with pytest.raises(feel.FeelError, match="zwei Nachkommastellen"):
            evaluate(expression)
    else:
        assert evaluate(expression) == expected


def test_the_allocation_of_s04_as_an_expression() -> None:
    debts = [
        {"konto": "A", "bestandteil": "hauptforderung", "offen": Decimal(310), "faellig_am": date(2026, 8, 17)},
        {"konto": "B", "bestandteil": "hauptforderung", "offen": Decimal(120), "faellig_am": date(2026, 7, 1)},
        {"konto": "M", "bestandteil": "wegegeld", "offen": Decimal(5), "faellig_am": date(2026, 10, 20)},
    ]

    settled = evaluate('verrechnung(208, schulden, "beigetrieben")', schulden=debts)

    assert settled == {
        "anteile": [
            {"konto": "M", "bestandteil": "wegegeld", "betrag": Decimal(5)},
            {"konto": "A", "bestandteil": "hauptforderung", "betrag": Decimal("146.35")},
            {"konto": "B", "bestandteil": "hauptforderung", "betrag": Decimal("56.65")},
        ],
        "rest": Decimal(0),
    }


@pytest.mark.parametrize(
    "expression",
    [
        'faelligkeit_am("15.08.2026", "NW")',
        'faelligkeit_am(date("2026-08-15"), null)',
        'frist_ende(date("2026-08-06"), duration("PT5H"), "NW")',
        'bekanntgabe_am(date("2026-09-02"), "ZPO", "NW")',
        'verrechnung(1, [], "egal")',
        'saeumniszuschlag([1], date("2026-09-25"))',
        'wochenfrist(date("2026-08-06"), 1.5, "NW")',
    ],
)
def test_a_wrong_value_is_told_with_the_name_of_the_function(expression: str) -> None:
    with pytest.raises(feel.FeelError, match=expression.partition("(")[0]):
        evaluate(expression)


def test_every_function_names_its_paragraph() -> None:
    assert all(source for source in law.SOURCES.values())
    assert len(law.SOURCES) == len(law.FUNCTIONS)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_a_higher_value_never_costs_a_lower_fee(value: int, more: int) -> None:
    def fee(cent: int) -> int:
        return fees.wertgebuehr_cent(cent, base_up_to_cent=5000, base_fee_cent=2500, percent=Decimal(1))

    assert 2500 <= fee(value) <= fee(value + more)
    assert fee(value) % 100 == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(-10_000, 10_000_000), st.integers(1, 10_000))
def test_rounding_stays_within_one_step(amount: int, step: int) -> None:
    assert 0 <= amount - rounding.down(amount, step) < step
    assert 0 <= rounding.up(amount, step) - amount < step


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 1_000_000), st.integers(0, 1_000_000))
def test_the_fee_that_is_rounded_up_never_falls_and_stays_on_its_step(value: int, more: int) -> None:
    def fee(cent: int) -> int:
        return fees.wertgebuehr_aufgerundet_cent(cent, base_up_to_cent=5100, base_fee_cent=280, percent=Decimal("0.5"), step_cent=5)

    assert 280 <= fee(value) <= fee(value + more)
    assert fee(value) % 5 == 0
    assert fee(value) * 200 >= 280 * 200 + max(value - 5100, 0)
