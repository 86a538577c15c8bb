"""When a timer is due: ISO 8601, FEEL values and cron, on Berlin's clock, in both nights in which the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel
from engine.spiff import schedule

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(year: int, month: int, day: int, hour: int = 0, minute: int = 0, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN, fold=fold).astimezone(UTC)


# In 2026 the clocks go forward on 29.03. (02:00 -> 03:00) and back on 25.10. (03:00 -> 02:00).
@pytest.mark.parametrize(
    ("begin", "duration", "due"),
    [
        (berlin(2026, 3, 28, 12), "P1D", berlin(2026, 3, 29, 12)),
        (berlin(2026, 3, 28, 12), "PT24H", berlin(2026, 3, 29, 13)),
        (berlin(2026, 10, 24, 12), "P1D", berlin(2026, 10, 25, 12)),
        (berlin(2026, 10, 24, 12), "PT24H", berlin(2026, 10, 25, 11)),
        (berlin(2026, 10, 24, 12), "P1DT1H", berlin(2026, 10, 25, 13)),
        (berlin(2026, 10, 24, 12), "PT1440M", berlin(2026, 10, 25, 11)),
        (berlin(2026, 10, 20, 8), "P14D", berlin(2026, 11, 3, 8)),
        (berlin(2026, 10, 20, 8), "P2W", berlin(2026, 11, 3, 8)),
        (berlin(2026, 3, 28, 2, 30), "P1D", berlin(2026, 3, 29, 3, 30)),  # 02:30 does not exist that night
        (berlin(2026, 10, 25, 2, 30, fold=1), "PT1H", berlin(2026, 10, 25, 3, 30)),
        (berlin(2026, 10, 25, 2, 30), "PT1H", berlin(2026, 10, 25, 2, 30, fold=1)),
        (berlin(2026, 1, 31, 8), "P1M", berlin(2026, 2, 28, 8)),
        (berlin(2028, 1, 31, 8), "P1M", berlin(2028, 2, 29, 8)),
        (berlin(2024, 2, 29, 8), "P1Y", berlin(2025, 2, 28, 8)),
        (berlin(2026, 1, 31, 8), "P1M1D", berlin(2026, 3, 1, 8)),
        (berlin(2026, 8, 17, 8), "PT30M", berlin(2026, 8, 17, 8, 30)),
    ],
)
def test_days_and_months_count_on_berlins_clock_and_hours_as_they_pass(begin: datetime, duration: str, due: datetime) -> None:
    assert schedule.duration_of(duration).after(begin) == due


def test_whole_days_of_a_feel_duration_are_days_because_feel_does_not_tell_them_from_hours() -> None:
    for text in ('duration("P1D")', 'duration("PT24H")'):
        assert schedule.duration_of(feel.evaluate(text, {})).after(berlin(2026, 10, 24, 12)) == berlin(2026, 10, 25, 12)
    assert schedule.duration_of(feel.evaluate('"PT24H"', {})).after(berlin(2026, 10, 24, 12)) == berlin(2026, 10, 25, 11)
    assert schedule.duration_of(feel.evaluate('duration("P1Y2M")', {})).after(berlin(2026, 1, 31)) == berlin(2027, 3, 31)


@settings(max_examples=200, deadline=None)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)), st.integers(0, 24), st.integers(0, 400), st.integers(0, 10**6))  # noqa: DTZ001
def test_a_longer_duration_is_never_due_earlier(begin: datetime, months: int, days: int, seconds: int) -> None:
    moment = begin.replace(tzinfo=UTC)
    due = schedule.Duration(months, days, timedelta(seconds=seconds)).after(moment)

    assert due >= moment
    assert due <= schedule.Duration(months, days + 1, timedelta(seconds=seconds)).after(moment)
    assert due < schedule.Duration(months, days, timedelta(seconds=seconds + 1)).after(moment)


@pytest.mark.parametrize(
    ("value", "due"),
    [
        (date(2026, 12, 1), berlin(2026, 12, 1)),
        (date(2026, 3, 29), berlin(2026, 3, 29)),
        (date(2026, 10, 25), berlin(2026, 10, 25)),
        ("2026-07-01", berlin(2026, 7, 1)),
        ("2026-12-01T08:00:00", berlin(2026, 12, 1, 8)),
        ("2026-12-01T08:00:00Z", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        (datetime(2026, 3, 29, 2, 30), berlin(2026, 3, 29, 3, 30)),  # noqa: DTZ001  # does not exist: as far after 02:00
        (datetime(2026, 10, 25, 2, 30), berlin(2026, 10, 25, 2, 30)),  # noqa: DTZ001  # exists twice: the first
    ],
)
def test_a_point_in_time_is_read_on_berlins_clock(value: object, due: datetime) -> None:
    assert schedule.instant_of(value) == due
    assert schedule.instant_of(value).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "P", "PT", "P1", "1D", "P-1D", "-P1D", "P1.5D", "PT1", "P1D2", "P1H", "PT1D", "PT1S1M", 5, None, [1]])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(schedule.BadSchedule, match="keine Dauer"):
        schedule.duration_of(text)


@pytest.mark.parametrize(
    "value", ["P101Y", "P9999M", "P99999W", "P999999D", "PT9999999H", "PT999999999S", timedelta(days=99999), feel.YearsMonths(5000)]
)
def test_a_duration_of_more_than_a_hundred_years_is_refused(value: object) -> None:
    if value == "PT999999999S":  # 31 years
        assert schedule.duration_of(value)
        return
    with pytest.raises(schedule.BadSchedule, match="länger als 100 Jahre"):
        schedule.duration_of(value)


@pytest.mark.parametrize("value", [timedelta(seconds=-1), feel.YearsMonths(-1)])
def test_a_negative_duration_is_refused(value: object) -> None:
    with pytest.raises(schedule.BadSchedule, match="negative"):
        schedule.duration_of(value)


@pytest.mark.parametrize("value", [date.min, datetime.min, "0001-01-01"])  # noqa: DTZ901
def test_an_instant_before_the_calendar_is_refused(value: object) -> None:
    with pytest.raises(schedule.BadSchedule, match="außerhalb des Kalenders"):
        schedule.instant_of(value)


def test_a_due_time_after_the_calendar_is_refused() -> None:
    with pytest.raises(schedule.BadSchedule, match="außerhalb des Kalenders"):
        schedule.duration_of("P100Y").after(datetime(9950, 1, 1, tzinfo=UTC))
    with pytest.raises(schedule.BadSchedule, match="außerhalb des Kalenders"):
        schedule.duration_of("PT100H").after(datetime(9999, 12, 31, tzinfo=UTC))
    with pytest.raises(schedule.BadSchedule, match="außerhalb des Kalenders"):
        schedule.cron_of("0 8 1 1 *").after(datetime(9999, 12, 31, 12, tzinfo=UTC))
    assert schedule.instant_of(datetime.max)  # noqa: DTZ901


@pytest.mark.parametrize("value", ["übermorgen", "2026-13-01", "2026-02-30", None, 5, True, timedelta(1)])
def test_what_is_no_point_in_time_is_refused(value: object) -> None:
    with pytest.raises(schedule.BadSchedule, match=r"kein Zeitpunkt|Erwartet wird ein Datum"):
        schedule.instant_of(value)


def test_cycles_count_from_the_planned_time() -> None:
    cycle = schedule.cycle_of("R3/PT10M")

    assert cycle.repetitions == 3
    assert cycle.first(berlin(2026, 8, 17, 8)) == berlin(2026, 8, 17, 8, 10)
    assert cycle.next(berlin(2026, 8, 17, 8, 10)) == berlin(2026, 8, 17, 8, 20)
    assert schedule.cycle_of("R/P1D").repetitions is None
    assert schedule.cycle_of("R/P1D").next(berlin(2026, 10, 24, 8)) == berlin(2026, 10, 25, 8)
    assert schedule.cycle_of(timedelta(days=1)).next(berlin(2026, 3, 28, 8)) == berlin(2026, 3, 29, 8)
    started = schedule.cycle_of("R2/2026-12-01T08:00:00/P1M")
    assert started.first(berlin(2026, 8, 17)) == berlin(2026, 12, 1, 8)
    assert started.next(berlin(2026, 12, 1, 8)) == berlin(2027, 1, 1, 8)


@pytest.mark.parametrize(
    "text", ["PT10M", "R3", "R3/", "R3/PT1S", "R/PT59S", "R0/PT1H", "R3/x/PT1H", "R3/P1D/P1D", "", 5, None, "R1/2026-01-01/PT1H/x"]
)
def test_what_is_no_cycle_is_refused(text: object) -> None:
    with pytest.raises(schedule.BadSchedule):
        schedule.cycle_of(text)


@pytest.mark.parametrize(
    ("line", "moment", "due"),
    [
        ("0 8 * * *", berlin(2026, 8, 17, 8), berlin(2026, 8, 18, 8)),
        ("0 8 * * *", berlin(2026, 8, 17, 7, 59), berlin(2026, 8, 17, 8)),
        ("0 0 8 ? * MON-FRI", berlin(2026, 8, 21, 9), berlin(2026, 8, 24, 8)),  # Quartz: Friday -> Monday
        ("0 0 8 ? * MON-WED", berlin(2026, 8, 19, 9), berlin(2026, 8, 24, 8)),
        ("0 0 8 ? * 2-6", berlin(2026, 8, 21, 9), berlin(2026, 8, 24, 8)),  # Quartz numbers Sunday 1
        ("0 8 * * 1-5", berlin(2026, 8, 21, 9), berlin(2026, 8, 24, 8)),  # Unix numbers Sunday 0
        ("0 8 * * 7", berlin(2026, 8, 17, 9), berlin(2026, 8, 23, 8)),
        ("*/15 * * * *", berlin(2026, 8, 17, 8, 1), berlin(2026, 8, 17, 8, 15)),
        ("0 6 1 */3 *", berlin(2026, 8, 17), berlin(2026, 10, 1, 6)),
        ("0 0 12 29 2 ? *", berlin(2026, 8, 17), berlin(2028, 2, 29, 12)),
        ("30 2 * * *", berlin(2026, 3, 28, 12), berlin(2026, 3, 29, 3, 30)),  # the night without 02:30
        ("30 2 * * *", berlin(2026, 3, 29, 3, 30), berlin(2026, 3, 30, 2, 30)),
        ("30 2 * * *", berlin(2026, 10, 24, 12), berlin(2026, 10, 25, 2, 30)),  # the night with two: once
        ("30 2 * * *", berlin(2026, 10, 25, 2, 30), berlin(2026, 10, 26, 2, 30)),
        ("0 6 * * *", berlin(2026, 10, 24, 12), berlin(2026, 10, 25, 6)),
        ("0 6 * DEC *", berlin(2026, 10, 24, 12), berlin(2026, 12, 1, 6)),
    ],
)
def test_cron_lines_are_due_on_berlins_clock(line: str, moment: datetime, due: datetime) -> None:
    assert schedule.cycle_of(line).first(moment) == due


@pytest.mark.parametrize(
    "line",
    [
        "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a * * * *", "5-1 * * * *", "*/0 * * * *", "*/x * * * *", "0 8 1 * 1",
        "0 0 8 L,15 * ?", "0 0 8 15W * MON", "0 0 8 ? * 2#6", "0 0 8 ? * XYZL", "0 0 8 1 1 ? 2030", ", * * * *", "² * * * *", f"{'9' * 5000} * * * *",
    ],
)  # fmt: skip
def test_what_is_no_cron_line_is_refused(line: str) -> None:
    with pytest.raises(schedule.BadSchedule):
        schedule.cycle_of(line)


def test_a_cron_line_that_never_comes_is_refused() -> None:
    with pytest.raises(schedule.BadSchedule, match="keinen Tag"):
        schedule.cron_of("0 8 30 2 *").after(berlin(2026, 1, 1))


def test_how_long_to_keep_is_never_counted_too_short() -> None:
    assert schedule.duration_of("P10Y").at_least_days >= 3653
    assert schedule.duration_of("P3650D").at_least_days == 3650
    assert schedule.duration_of("P6M").at_least_days >= 184


@pytest.mark.parametrize(("line", "days"), [
    ("0 0 8 L * ?", ["31.08.", "30.09.", "31.10."]), ("0 0 8 L-2 * ?", ["29.08.", "28.09.", "29.10."]),
    ("0 0 8 LW * ?", ["31.08.", "30.09.", "30.10."]),  # the 31st of October is a Saturday
    ("0 0 8 15W * ?", ["15.09.", "15.10.", "16.11."]),  # the 15th of November is a Sunday, that of August was a Saturday
    ("0 0 8 1W 8,11 ?", ["02.11.", "02.08.", "01.11."]),  # the first is never moved into the month before
    ("0 0 8 ? * 6L", ["28.08.", "25.09.", "30.10."]), ("0 0 8 ? * FRIL", ["28.08.", "25.09.", "30.10."]),
    ("0 0 8 ? * 2#1", ["07.09.", "05.10.", "02.11."]), ("0 0 8 ? * MON#5", ["31.08.", "30.11.", "29.03."]),
])  # fmt: skip
def test_cron_names_days_by_rule_as_quartz_does(line: str, days: list[str]) -> None:
    moment, found = berlin(2026, 8, 17, 8), []
    for _ in days:
        moment = schedule.cron_of(line).after(moment)
        found.append(f"{moment.astimezone(schedule.BERLIN):%d.%m.}")

    assert found == days


@pytest.mark.parametrize(
    ("line", "due"), [("0 0 9 * * MON#1", "07.09."), ("0 0 9 * * 1#1", "07.09."), ("0 0 9 L * *", "31.08."), ("0 0 9 * * 5L", "28.08.")]
)
def test_springs_rules_count_weekdays_from_sunday_zero(line: str, due: str) -> None:
    found = schedule.cron_of(schedule.from_spring(line)).after(berlin(2026, 8, 17, 8))

    assert f"{found.astimezone(schedule.BERLIN):%d.%m.}" == due


@pytest.mark.parametrize(
    "text", ["2026-09-01T10:00:00+02:00[Europe/Berlin]", "2026-09-01T10:00:00@Europe/Berlin", "2026-09-01T04:00:00[America/New_York]"]
)
def test_a_moment_may_name_its_zone(text: str) -> None:
    assert schedule.instant_of(text) == datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-09-01T10:00:00@../etc/passwd", "2026-09-01T10:00:00[Europe]", "morgen@Europe/Berlin", "@Europe/Berlin", "2026-09-01T10:00[]"],
)
def test_what_names_no_zone_is_no_moment(text: str) -> None:
    with pytest.raises(schedule.BadSchedule, match="kein Zeitpunkt"):
        schedule.instant_of(text)
