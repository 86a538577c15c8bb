"""Deadlines: the worked dates of the scenarios, the statutes' examples, and properties."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processes.law import deadlines

DAYS = st.dates(min_value=date(2015, 1, 1), max_value=date(2035, 12, 31))
CALENDARS = st.sampled_from(["NW", "SL", "BY", "BY/katholisch", "BY/Augsburg", "SN"])


def test_a_due_date_on_a_saturday_moves_to_monday_as_in_s01() -> None:
    assert deadlines.due_on(date(2026, 8, 15), "NW") == date(2026, 8, 17)


def test_the_grace_ends_three_days_after_the_moved_due_date_as_in_s01() -> None:
    assert deadlines.grace_end(date(2026, 8, 17), "NW") == date(2026, 8, 20)


def test_a_tax_letter_notified_on_a_sunday_counts_from_monday_as_in_s01() -> None:
    assert deadlines.notified_on(date(2026, 9, 2), "AO", "NW") == date(2026, 9, 7)
    assert deadlines.dunning_deadline(date(2026, 9, 2), "AO", "NW") == date(2026, 9, 14)


def test_a_general_administrative_letter_keeps_the_sunday() -> None:
    assert deadlines.notified_on(date(2026, 9, 2), "VwVfG", "NW") == date(2026, 9, 6)


def test_the_dates_of_s02() -> None:
    notified = deadlines.notified_on(date(2026, 5, 4), "AO", "NW")

    assert notified == date(2026, 5, 8)
    assert deadlines.months_end(notified, 1, "NW") == date(2026, 6, 8)
    assert deadlines.dunning_deadline(date(2026, 6, 22), "AO", "NW") == date(2026, 7, 3)
    assert deadlines.weeks_end(date(2026, 8, 6), 2, "NW") == date(2026, 8, 20)
    assert deadlines.months_end(date(2026, 8, 6), 1, "NW") == date(2026, 9, 7)


def test_the_instalments_of_s07_move_over_all_saints_and_new_year() -> None:
    first = date(2026, 11, 1)

    dates = [deadlines.next_working_day(deadlines.add_months(first, n), "NW") for n in range(4)]

    assert dates == [date(2026, 11, 2), date(2026, 12, 1), date(2027, 1, 4), date(2027, 2, 1)]


def test_saarland_keeps_assumption_day_and_north_rhine_does_not() -> None:
    assert not deadlines.is_working_day(date(2025, 8, 15), "SL")
    assert deadlines.is_working_day(date(2025, 8, 15), "NW")
    assert not deadlines.is_working_day(date(2025, 8, 15), "BY/katholisch")
    assert not deadlines.is_working_day(date(2025, 8, 8), "BY/Augsburg")


def test_the_two_weeks_and_the_month_before_asset_disclosure_of_s10() -> None:
    assert deadlines.weeks_end(date(2026, 10, 5), 2, "NW") == date(2026, 10, 19)
    assert deadlines.months_end(date(2026, 10, 5), 1, "NW") == date(2026, 11, 5)


@pytest.mark.parametrize(
    ("event", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2026, 2, 28), 1, date(2026, 3, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 1, 31), -2, date(2025, 11, 30)),
    ],
)
def test_a_missing_day_is_the_last_of_the_month(event: date, months: int, end: date) -> None:
    assert deadlines.add_months(event, months) == end


def test_letters_posted_before_2025_count_as_notified_on_the_third_day() -> None:
    assert deadlines.notified_on(date(2024, 12, 30), "VwVfG", "NW") == date(2025, 1, 2)
    assert deadlines.notified_on(date(2024, 12, 31), "AO", "NW") == date(2025, 1, 3)
    assert deadlines.notified_on(date(2025, 1, 1), "VwVfG", "NW") == date(2025, 1, 5)


def test_christmas_eve_and_new_years_eve_are_working_days() -> None:
    assert deadlines.next_working_day(date(2026, 12, 24), "NW") == date(2026, 12, 24)
    assert deadlines.next_working_day(date(2026, 12, 31), "NW") == date(2026, 12, 31)
    assert deadlines.next_working_day(date(2026, 12, 25), "NW") == date(2026, 12, 28)


def test_the_waiting_week_runs_from_the_later_of_notice_and_due_date() -> None:
    assert deadlines.waiting_week_end(date(2026, 1, 19), date(2026, 8, 17), "NW") == date(2026, 8, 24)
    assert deadlines.waiting_week_end(date(2026, 8, 20), date(2026, 8, 17), "NW") == date(2026, 8, 27)


@pytest.mark.parametrize("calendar", ["XX", "NW/Detmold", "", "Augsburg"])
def test_an_unknown_calendar_is_refused(calendar: str) -> None:
    with pytest.raises(ValueError, match="Feiertagskalender"):
        deadlines.next_working_day(date(2026, 8, 17), calendar)


def test_an_unknown_law_and_a_negative_deadline_are_refused() -> None:
    with pytest.raises(ValueError, match="Verfahrensrecht"):
        deadlines.notified_on(date(2026, 8, 17), "ZPO", "NW")
    with pytest.raises(ValueError, match="negativ"):
        deadlines.weeks_end(date(2026, 8, 17), -1, "NW")


@settings(max_examples=60, deadline=None)
@given(DAYS, DAYS, CALENDARS)
def test_moving_to_a_working_day_never_goes_back_and_keeps_the_order(one: date, other: date, calendar: str) -> None:
    moved = deadlines.next_working_day(one, calendar)

    assert one <= moved <= one + timedelta(days=6)
    assert deadlines.is_working_day(moved, calendar)
    assert deadlines.next_working_day(moved, calendar) == moved
    if one <= other:
        assert moved <= deadlines.next_working_day(other, calendar)


@settings(max_examples=60, deadline=None)
@given(DAYS, st.integers(0, 60), st.integers(0, 60))
def test_more_months_never_end_earlier(day: date, fewer: int, more: int) -> None:
    assert deadlines.add_months(day, fewer) <= deadlines.add_months(day, fewer + more)
    assert deadlines.add_months(day, fewer).day <= day.day


def test_the_holidays_of_north_rhine_westphalia_in_2026() -> None:
    days = (date(2026, 1, 1) + timedelta(days=n) for n in range(365))
    holidays = [day for day in days if day.weekday() < 5 and not deadlines.is_working_day(day, "NW")]

    assert holidays == [
        date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14), date(2026, 5, 25), date(2026, 6, 4),
        date(2026, 12, 25),
    ]  # fmt: skip
    assert not deadlines.is_working_day(date(2027, 11, 1), "NW")


def test_a_bank_pays_after_the_month_from_service_as_in_s02() -> None:
    assert deadlines.third_party_may_pay_from(date(2026, 8, 6)) == date(2026, 9, 7)
    assert deadlines.third_party_may_pay_from(date(2026, 1, 31)) == date(2026, 3, 1)
    assert deadlines.third_party_may_pay_from(date(2024, 1, 31)) == date(2024, 3, 1)


@pytest.mark.parametrize("night", [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)])
def test_a_week_over_the_change_of_the_clock_has_seven_days(night: date) -> None:
    friday = night - timedelta(days=2)

    assert deadlines.weeks_end(friday, 1, "SN") == deadlines.next_working_day(friday + timedelta(days=7), "SN")
    assert deadlines.days_end(friday, 2, "NW") == deadlines.next_working_day(night + timedelta(days=1), "NW")


@settings(max_examples=60, deadline=None)
@given(DAYS, DAYS, st.sampled_from(["AO", "KAG", "VwVfG", "OWiG"]), CALENDARS)
def test_a_letter_posted_later_is_never_notified_or_due_earlier(one: date, other: date, law: str, calendar: str) -> None:
    early, late = sorted((one, other))

    assert deadlines.notified_on(early, law, calendar) <= deadlines.notified_on(late, law, calendar)
    assert deadlines.dunning_deadline(early, law, calendar) <= deadlines.dunning_deadline(late, law, calendar)
    assert deadlines.dunning_deadline(early, law, calendar) >= deadlines.notified_on(early, law, calendar) + timedelta(days=7)
    assert deadlines.is_working_day(deadlines.dunning_deadline(early, law, calendar), calendar)


@settings(max_examples=60, deadline=None)
@given(DAYS, DAYS, CALENDARS)
def test_the_waiting_week_and_the_grace_end_on_working_days_and_never_too_early(notified: date, due: date, calendar: str) -> None:
    week, grace = deadlines.waiting_week_end(notified, due, calendar), deadlines.grace_end(due, calendar)

    assert week >= max(notified, due) + timedelta(days=7)
    assert due + timedelta(days=3) <= grace <= due + timedelta(days=9)
    assert deadlines.is_working_day(week, calendar)
    assert deadlines.is_working_day(grace, calendar)


@settings(max_examples=60, deadline=None)
@given(DAYS)
def test_the_month_before_payment_is_a_month_and_a_day(served: date) -> None:
    assert timedelta(days=29) <= deadlines.third_party_may_pay_from(served) - served <= timedelta(days=32)
