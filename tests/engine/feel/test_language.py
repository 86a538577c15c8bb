"""FEEL by the rules of DMN 1.5 chapter 10: one line per rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from engine import feel

NOW = datetime(2026, 8, 17, 6, 0, tzinfo=UTC)
VARIABLES = {"betrag": Decimal("150.00"), "status": "offen", "Kunde Name": "Muster", "leer": None, "posten": [{"preis": 2, "menge": 3}]}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # numbers are decimal with 34 digits, half even
        ("0.1 + 0.2 = 0.3", True),
        ("1.15 * 100 = 115", True),
        ("1 / 3", Decimal("0.3333333333333333333333333333333333")),
        ("1 / 0", None),
        ("2 ** 3", Decimal(8)),
        ("-2 ** 2", Decimal(4)),
        ("10 - 3 - 2", Decimal(5)),
        ("modulo(-12, 5)", Decimal(3)),
        ("decimal(2.345, 2)", Decimal("2.34")),
        ("round half up(2.345, 2)", Decimal("2.35")),
        ("floor(-1.5)", Decimal(-2)),
        ("number(\"1.234,56\", \".\", \",\")", Decimal("1234.56")),
        # three-valued logic
        ("true and null", None),
        ("false and null", False),
        ("true or null", True),
        ('1 = "1"', None),
        ("null = null", True),
        ("if null then 1 else 2", Decimal(2)),
        # texts and names with spaces
        ('Kunde Name + "!"', "Muster!"),
        ('string length("ä😀")', Decimal(2)),
        ('substring("foobar", -2)', "ar"),
        ('upper case("aBc")', "ABC"),
        (r'"\U01F40E" = "🐎"', True),
        ('matches("foobar", "^fo*b")', True),
        ('matches("LIP-AB 12", "^[A-Z]+-[A-Z]+ [0-9]+$")', True),  # a sign between two classes is no subtraction
        ('[matches("b", "^[a-z-[aeiou]]$"), matches("e", "^[a-z-[aeiou]]$"), matches("&", "[&&a]")]', [True, False, True]),
        (r'[matches("a\\i", "a\\\\i"), matches("a-b", "\\i-\\i"), matches("ä", "\\p{IsLatin-1Supplement}")]', [True, True, True]),
        ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', "[1=ab][2=]cd"),
        ('split("John Doe", "\\s")', ["John", "Doe"]),
        ('string join(["a","b"], "_")', "a_b"),
        # dates and durations
        ('date("2026-01-31") + duration("P1M")', date(2026, 2, 28)),
        ('date("2026-03-01") - date("2026-02-01")', timedelta(days=28)),
        ('@"2026-03-29T01:30:00@Europe/Berlin" + duration("PT1H") = @"2026-03-29T03:30:00@Europe/Berlin"', True),
        ("today()", date(2026, 8, 17)),
        ("now().hour", Decimal(8)),
        ('date("2026-02-30")', None),
        ('time("14:30:00")', time(14, 30)),
        ('duration("P1Y2M").months', Decimal(2)),
        ('day of week(date("2026-08-17"))', "Monday"),
        ('[cycle(duration("PT1H")), cycle(3, duration("P1M")), cycle(null)]', ["R/PT1H", "R3/P1M", None]),
        ('date("-999999999-01-01") < date("2026-01-01")', True),
        # lists, contexts, filters, iteration
        ("sum([1.10, 2.20])", Decimal("3.30")),
        ("[1,2,3,4][item > 2]", [Decimal(3), Decimal(4)]),
        ("[1,2,3][-1]", Decimal(3)),
        ("[{a: 1}, {a: 2}][a = 2].a", [Decimal(2)]),
        ("{a: 1, b: a + 1}.b", Decimal(2)),
        ("for i in 1..3 return i * i", [Decimal(1), Decimal(4), Decimal(9)]),
        ("for i in 1..4 return if i = 1 then 1 else partial[-1] * i", [Decimal(1), Decimal(2), Decimal(6), Decimal(24)]),
        ("some x in [1,2] satisfies x > 1", True),
        ("every x in [] satisfies false", True),
        ("sum(for p in posten return p.preis * p.menge)", Decimal(6)),
        ("distinct values([1,2,1])", [Decimal(1), Decimal(2)]),
        ("sort([3,1,2], function(x, y) x < y)", [Decimal(1), Decimal(2), Decimal(3)]),
        ('context put({a: {b: 1}}, ["a", "b"], 2).a.b', Decimal(2)),
        # ranges and membership
        ("5 in [1..5)", False),
        ("5 in (1..5]", True),
        ("betrag in (> 100, < 10)", True),
        ("betrag between 100 and 200", True),
        ("before([1..5), [5..8])", True),
        ("overlaps([1..5], [5..8])", True),
        # types, functions, named arguments
        ("5 instance of number", True),
        ('[1, "a"] instance of list<number>', False),
        ("(function(a, b) a + b)(b: 1, a: 2)", Decimal(3)),
        ("substring(length: 2, start position: 2, string: \"abcd\")", "bc"),
        ("unbekannt(1)", None),
        ("get or else(leer, 7)", Decimal(7)),
        ("is blank(\"  \")", True),
    ],
)  # fmt: skip
def test_expression(expression: str, expected: object) -> None:
    assert feel.evaluate(expression, VARIABLES, now=NOW) == expected


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        ("-", None, True),
        ("< 5, > 10", 11, True),
        ("[1..5)", 5, False),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ("? > 3 and ? < 9", 5, True),
        ('[date("2026-01-01")..date("2026-12-31")]', date(2026, 8, 17), True),
        ("> 5", "text", None),
        ("betrag", Decimal(150), True),
    ],
)
def test_unary_tests(cell: str, value: object, expected: object) -> None:
    assert feel.unary_test(cell, value, VARIABLES) is expected


@pytest.mark.parametrize(
    ("expression", "part"),
    [("1 +", "unvollständig"), ("betrag >", "unvollständig"), ("if a then b", "else"), ("[1, 2", "]"), ("a b c", "gehört hier nicht hin")],
)
def test_a_syntax_error_says_where_and_what_was_expected(expression: str, part: str) -> None:
    with pytest.raises(feel.FeelSyntaxError, match="Stelle") as raised:
        feel.evaluate(expression, {})

    assert part in str(raised.value)


def test_a_float_is_refused_because_money_must_stay_exact() -> None:
    with pytest.raises(feel.FeelError, match="Gleitkommazahl"):
        feel.evaluate("betrag", {"betrag": 1.1})


def test_today_without_a_given_moment_is_an_error() -> None:
    with pytest.raises(feel.FeelError, match="Zeitpunkt"):
        feel.evaluate("today()", {})


def test_a_host_function_is_called_by_position_and_by_name_and_its_refusal_is_told() -> None:
    def later(start: date, days: Decimal) -> date:
        if days < 0:
            raise ValueError("Tage dürfen nicht negativ sein")
        return start + timedelta(days=int(days))

    function = feel.Function("später am", ("start", "tage"), later)

    assert feel.evaluate('später am(date("2026-01-01"), 5)', {}, functions=[function]) == date(2026, 1, 6)
    assert feel.evaluate('später am(tage: 5, start: date("2026-01-01"))', {}, functions=[function]) == date(2026, 1, 6)
    with pytest.raises(feel.FeelError, match="negativ"):
        feel.evaluate('später am(date("2026-01-01"), -5)', {}, functions=[function])


def test_free_names_and_calls_are_known_without_evaluating() -> None:
    expression = feel.compile("for x in posten return frist(x, betrag) + sum([y])")

    assert expression.names == {"posten", "betrag", "y"}
    assert {"frist", "sum"} <= expression.calls


def test_warnings_say_why_a_value_became_null() -> None:
    value, warnings = feel.evaluate_with_warnings('1 + "a"', {})

    assert value is None
    assert any("+" in warning for warning in warnings)
