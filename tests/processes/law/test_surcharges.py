"""Säumniszuschläge: the scenarios' cents, the rule at month ends, and properties."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processes.law import surcharges

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 12, 31))
CENTS = st.integers(0, 5_000_000)


def course(*entries: tuple[date, int]) -> list[surcharges.OpenPrincipal]:
    return [surcharges.OpenPrincipal(on, cent) for on, cent in entries]


@pytest.mark.parametrize(
    ("cent", "due_on", "as_of", "expected"),
    [
        (24837, date(2026, 8, 17), date(2026, 8, 17), 0),
        (24837, date(2026, 8, 17), date(2026, 8, 21), 200),
        (24837, date(2026, 8, 17), date(2026, 9, 2), 200),
        (24837, date(2026, 8, 17), date(2026, 9, 17), 200),
        (24837, date(2026, 8, 17), date(2026, 9, 18), 400),
        (24837, date(2026, 8, 17), date(2026, 9, 25), 400),
        (1_248_000, date(2026, 6, 8), date(2026, 6, 22), 12450),
        (1_248_000, date(2026, 6, 8), date(2026, 7, 10), 24900),
        (1_248_000, date(2026, 6, 8), date(2026, 9, 8), 37350),
        (1_248_000, date(2026, 6, 8), date(2026, 9, 9), 49800),
        (31000, date(2026, 8, 17), date(2026, 10, 12), 600),
        (31000, date(2026, 8, 17), date(2026, 10, 20), 900),
        (12000, date(2026, 7, 1), date(2026, 10, 12), 400),
        (12000, date(2026, 7, 1), date(2026, 10, 20), 400),
        (4999, date(2026, 7, 1), date(2027, 7, 1), 0),
        (5000, date(2026, 7, 1), date(2026, 7, 2), 50),
    ],
)
def test_the_surcharges_of_s01_s02_and_s04(cent: int, due_on: date, as_of: date, expected: int) -> None:
    assert surcharges.saeumniszuschlag_cent(cent, due_on, as_of) == expected
    assert surcharges.saeumniszuschlag_verlauf_cent(course((due_on, cent)), as_of) == expected


def test_a_month_after_the_thirty_first_ends_on_the_last_day() -> None:
    due_on = date(2026, 1, 31)

    assert [surcharges.month_start(due_on, n) for n in (1, 2, 3)] == [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]
    assert surcharges.months_begun(due_on, date(2026, 2, 28)) == 1
    assert surcharges.months_begun(due_on, date(2026, 3, 1)) == 2


def test_a_payment_on_the_first_day_of_a_month_comes_too_late_for_it_as_in_s07() -> None:
    claim_a = course((date(2026, 8, 17), 31000), (date(2026, 10, 20), 16365), (date(2026, 11, 2), 12039))
    claim_b = course((date(2026, 7, 1), 12000), (date(2026, 10, 20), 6335), (date(2026, 11, 2), 4661))

    assert surcharges.saeumniszuschlag_verlauf_cent(claim_a, date(2026, 12, 16)) == 1000
    assert surcharges.saeumniszuschlag_verlauf_cent(claim_b, date(2026, 12, 16)) == 450


def test_months_begun_before_the_payment_stay_owed() -> None:
    paid = course((date(2026, 8, 17), 24837), (date(2026, 9, 25), 0))

    assert surcharges.saeumniszuschlag_verlauf_cent(paid, date(2027, 9, 25)) == 400


def test_an_empty_course_owes_nothing() -> None:
    assert surcharges.saeumniszuschlag_verlauf_cent([], date(2026, 9, 25)) == 0


def test_a_key_date_before_the_due_date_is_refused() -> None:
    with pytest.raises(ValueError, match="vor der Fälligkeit"):
        surcharges.months_begun(date(2026, 8, 17), date(2026, 8, 16))


@settings(max_examples=80, deadline=None)
@given(CENTS, DAYS, st.integers(0, 900), st.integers(0, 900))
def test_waiting_longer_never_costs_less_and_a_higher_claim_never_less(cent: int, due_on: date, days: int, more: int) -> None:
    early, late = due_on + timedelta(days=days), due_on + timedelta(days=days + more)

    assert surcharges.saeumniszuschlag_cent(cent, due_on, early) <= surcharges.saeumniszuschlag_cent(cent, due_on, late)
    assert surcharges.saeumniszuschlag_cent(cent, due_on, late) <= surcharges.saeumniszuschlag_cent(cent + 1, due_on, late)


@settings(max_examples=80, deadline=None)
@given(DAYS, CENTS, st.lists(st.tuples(st.integers(0, 700), st.integers(0, 100)), max_size=5), st.integers(0, 900))
def test_paying_parts_never_costs_more_than_paying_nothing(due_on: date, cent: int, payments: list[tuple[int, int]], days: int) -> None:
    left, entries = cent, [(due_on, cent)]
    for after, percent in sorted(payments):
        left -= left * percent // 100
        entries.append((due_on + timedelta(days=after), left))
    as_of = due_on + timedelta(days=days)

    with_parts = surcharges.saeumniszuschlag_verlauf_cent(course(*entries), as_of)

    assert 0 <= with_parts <= surcharges.saeumniszuschlag_cent(cent, due_on, as_of)
    assert with_parts == surcharges.saeumniszuschlag_verlauf_cent(course(*reversed(entries)), as_of) or len({d for d, _ in entries}) < len(
        entries
    )
