"""When a timer is due: ISO 8601 dates, durations and cycles, and cron, in Europe/Berlin, with the month rule of § 188 Abs. 3 BGB.

SpiffWorkflow's own arithmetic is not used: it gives 03.03. for 31.01. + P1M and freezes the zone at import.
"""

from __future__ import annotations

import calendar
import functools
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine import feel
from engine.spiff import cron_days

BERLIN = ZoneInfo("Europe/Berlin")
MIN_CYCLE = timedelta(minutes=1)
MAX_YEARS = 100
DURATION = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:[.,](\d{1,6}))?S)?)?"
)
CYCLE = re.compile(r"R(\d{0,9})/(.+)")
CRON_NAMES = {
    name: number
    for names, first in (("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", 1), ("SUN MON TUE WED THU FRI SAT", 0))
    for number, name in enumerate(names.split(), start=first)
}
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
SPRING_MACROS = {
    "@yearly": "0 0 0 1 1 *", "@annually": "0 0 0 1 1 *", "@monthly": "0 0 0 1 * *", "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *", "@midnight": "0 0 0 * * *", "@hourly": "0 0 * * * *",
}  # fmt: skip
SPRING_WEEKDAY = re.compile(r"(?<![-/\d#])[0-7](?!\d)|(?<=-)[0-6](?!\d)")  # `5-7` stays: there Sunday ends the week
LEAP_YEAR = 2024
CRON_SEARCH_DAYS = 366 * 12  # the 29th of February can be eight years away
ZONED = re.compile(r"(.+?)(?:@(.+)|\[(.+)\])")  # ISO 8601 with the name of a zone, as Java writes it
CRON_WORDS = re.compile(r"[A-Z]{3}")


class BadSchedule(ValueError):
    """The text is no date, duration or cycle. German message."""


@dataclass(frozen=True, slots=True)
class Duration:
    """The parts do not convert into each other: P1D ends at the same time of the next day, PT24H 24 hours later.

    months, days: on Berlin's clock, so that a deadline of days ends at the same time of day across a change of clocks.
    time: on the line of UTC, as long as it says.
    """

    months: int
    days: int
    time: timedelta

    def after(self, moment: datetime) -> datetime:
        """Return the instant this much later; where the day does not exist, the month's last day (§ 188 Abs. 3 BGB)."""
        try:
            if self.months or self.days:
                local = moment.astimezone(BERLIN)
                year, month = divmod(local.year * 12 + local.month - 1 + self.months, 12)
                day = min(local.day, calendar.monthrange(year, month + 1)[1])
                moment = local.replace(year=year, month=month + 1, day=day) + timedelta(days=self.days)
            return moment.astimezone(UTC) + self.time
        except (OverflowError, ValueError) as fault:  # beyond the year 9999
            raise BadSchedule("Der Zeitpunkt liegt außerhalb des Kalenders.") from fault

    def times(self, number: int) -> Duration:
        """Return the duration so many times."""
        return Duration(self.months * number, self.days * number, self.time * number)

    @property
    def at_least_days(self) -> int:
        """The whole days it lasts at most, taking every month as the longest."""
        return self.months * 31 + self.days + self.time.days


@dataclass(frozen=True, slots=True)
class Cycle:
    """`R3/PT10M` (repetitions None: endless), optionally from `start`; or a cron line."""

    repetitions: int | None
    duration: Duration | None
    start: datetime | None
    cron: Cron | None

    def first(self, now: datetime) -> datetime:
        """Return the first due time of a cycle that begins at `now`."""
        if self.cron is not None:
            return self.cron.after(now)
        if self.start is not None:
            return self.start
        return self.next(now)

    def next(self, planned: datetime) -> datetime:
        """Return the due time after the planned one; a late firing does not shift the rhythm."""
        if self.cron is not None:
            return self.cron.after(planned)
        if self.duration is None:
            raise BadSchedule("Der Zyklus hat keine Dauer.")
        return self.duration.after(planned)

    def planned(self, begun: datetime, number: int) -> datetime:
        """Return the planned time with that number, counted from 1, of a cycle of durations that began at `begun`.

        Counted from the beginning, not from the one before: R/P1M begun on 31.01. is due on 28.02. and on 31.03.
        """
        if self.duration is None:
            raise BadSchedule("Der Zyklus hat keine Dauer.")
        if self.start is not None:
            return self.duration.times(number - 1).after(self.start)
        return self.duration.times(number).after(begun)

    def following(self, begun: datetime, number: int, now: datetime) -> tuple[int, datetime] | None:
        """Return (number, instant) of the first planned time after that `number` which is later than `now`; None after the last one."""
        if self.cron is not None:
            return number + 1, self.cron.after(now)
        low, step = number + 1, 1
        if self.planned(begun, low) <= now:
            # The first one later than now lies in (low, low + step]: double, then halve. A standstill may have missed thousands.
            while self._has_passed(begun, low + step, now):
                low, step = low + step, step * 2
            while step > 1:
                step = (step + 1) // 2
                low = low + step if self._has_passed(begun, low + step, now) else low
            low += 1
        if self.repetitions is not None and low > self.repetitions:
            return None
        return low, self.planned(begun, low)

    def _has_passed(self, begun: datetime, number: int, now: datetime) -> bool:
        try:
            return self.planned(begun, number) <= now
        except BadSchedule:  # beyond the calendar
            return False


@dataclass(frozen=True, slots=True)
class Cron:
    """Quartz (6 or 7 fields, with seconds) or Unix cron (5 fields); sets of allowed numbers, or a rule for the day."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    rule: cron_days.DayRule | None = None

    def after(self, moment: datetime) -> datetime:
        """Return the next instant after `moment` on Berlin's clock."""
        try:
            today = moment.astimezone(BERLIN).date()
            for offset in range(CRON_SEARCH_DAYS):
                day = today + timedelta(days=offset)
                due = self._after_on(day, moment) if self._matches_day(day) else None
                if due is not None:
                    return due
        except OverflowError as fault:
            raise BadSchedule("Der Zeitpunkt liegt außerhalb des Kalenders.") from fault
        raise BadSchedule("Der Cron-Ausdruck trifft in den nächsten zwölf Jahren auf keinen Tag zu.")

    def _after_on(self, day: date, moment: datetime) -> datetime | None:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                for second in sorted(self.seconds):
                    due = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=BERLIN).astimezone(UTC)
                    if due > moment:
                        return due
        return None

    def _matches_day(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        if self.rule is not None:
            return self.rule.matches(day)
        by_day = self.days is None or day.day in self.days
        by_weekday = self.weekdays is None or day.isoweekday() % 7 in self.weekdays
        return by_day and by_weekday


def duration_of(value: object) -> Duration:
    """Return the duration of `P1Y2M3DT4H`, a timedelta or FEEL's years and months. Raises BadSchedule.

    FEEL's days-time duration does not tell `duration("PT24H")` from `duration("P1D")`: its whole days count as days on Berlin's
    clock, because offices write deadlines in days. The text PT24H (without `duration(...)`) stays 24 hours.
    """
    if isinstance(value, timedelta):
        if value < timedelta(0):
            raise BadSchedule("Eine negative Dauer ist nicht erlaubt.")
        return _not_too_long(Duration(0, value.days, timedelta(seconds=value.seconds, microseconds=value.microseconds)), value)
    if isinstance(value, feel.YearsMonths):
        if value.months < 0:
            raise BadSchedule("Eine negative Dauer ist nicht erlaubt.")
        return _not_too_long(Duration(value.months, 0, timedelta()), value)
    if not isinstance(value, str):
        raise BadSchedule(f"„{value}“ ist keine Dauer. Erwartet wird z. B. P14D oder PT30M.")
    return _duration_of_text(value.strip())


@functools.lru_cache(maxsize=256)  # the same few stand in every step of a diagram
def _duration_of_text(value: str) -> Duration:
    match = DURATION.fullmatch(value)
    if not match:
        raise BadSchedule(f"„{value}“ ist keine Dauer. Erwartet wird z. B. P14D oder PT30M.")
    years, months, weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups()[:7])
    fraction = timedelta(microseconds=int((match.group(8) or "0").ljust(6, "0")))
    time = timedelta(hours=hours, minutes=minutes, seconds=seconds) + fraction
    return _not_too_long(Duration(years * 12 + months, days + 7 * weeks, time), value)


def _not_too_long(duration: Duration, value: object) -> Duration:
    if duration.at_least_days > MAX_YEARS * 372:  # twelve months of 31 days
        raise BadSchedule(f"Die Dauer „{value}“ ist länger als {MAX_YEARS} Jahre.")
    return duration


def instant_of(value: object) -> datetime:
    """Return the UTC instant of a date (00:00 in Berlin), a date and time (Berlin where no zone is given) or ISO text.

    Raises BadSchedule.
    """
    if isinstance(value, datetime):
        try:
            return (value if value.tzinfo else value.replace(tzinfo=BERLIN)).astimezone(UTC)
        except (OverflowError, ValueError) as fault:
            raise BadSchedule(f"Der Zeitpunkt {value:%d.%m.%Y} liegt außerhalb des Kalenders.") from fault
    if isinstance(value, date):
        return instant_of(datetime(value.year, value.month, value.day, tzinfo=BERLIN))
    if isinstance(value, str):
        try:
            found = ZONED.fullmatch(value.strip())
            parsed = datetime.fromisoformat(found.group(1) if found else value.strip())
            zone = ZoneInfo(found.group(2) or found.group(3)) if found else None
        except (ValueError, KeyError, OSError) as fault:
            raise BadSchedule(f"„{value}“ ist kein Zeitpunkt. Erwartet wird z. B. 2026-12-01T08:00:00.") from fault
        return instant_of(parsed.replace(tzinfo=zone) if zone and parsed.tzinfo is None else parsed)
    shown = "nichts (null)" if value is None else repr(value)
    raise BadSchedule(f"Erwartet wird ein Datum oder ein Zeitpunkt, gefunden wurde {shown}.")


def due_of(value: object, now: datetime) -> datetime:
    """Return the UTC instant of a date or, as Camunda 7 reads due dates too, of a duration (`P3D`) from `now`. Raises BadSchedule."""
    if isinstance(value, timedelta | feel.YearsMonths) or (isinstance(value, str) and value.strip().startswith("P")):
        return duration_of(value).after(now)
    return instant_of(value)


def cycle_of(value: object) -> Cycle:
    """Return the cycle of `R3/PT10M`, `R/2026-01-01T00:00:00/P1D` or a cron line. Raises BadSchedule."""
    if isinstance(value, timedelta | feel.YearsMonths):
        return _bounded(Cycle(None, duration_of(value), None, None), str(value))
    if not isinstance(value, str):
        raise BadSchedule(f"Erwartet wird ein Zyklus wie R3/PT10M, gefunden wurde {value!r}.")
    text = value.strip()
    match = CYCLE.fullmatch(text)
    if not match:
        if len(text.split()) in (5, 6, 7):
            return Cycle(None, None, None, cron_of(text))
        raise BadSchedule(f"„{text}“ ist kein Zyklus. Erwartet wird z. B. R3/PT10M, R/P1D oder Cron (0 0 6 * * ?).")
    count: str = match.group(1)
    parts: list[str] = match.group(2).split("/")
    repetitions = int(count) if count else None
    if len(parts) == 1:
        return _bounded(Cycle(repetitions, duration_of(parts[0]), None, None), text)
    if len(parts) == 2 and not parts[0].startswith("P"):
        return _bounded(Cycle(repetitions, duration_of(parts[1]), instant_of(parts[0]), None), text)
    raise BadSchedule(f"„{text}“ ist kein Zyklus. Erwartet wird z. B. R3/PT10M oder R/2026-01-01T08:00:00/P1D.")


def _bounded(cycle: Cycle, text: str) -> Cycle:
    duration = cycle.duration
    if duration is not None and not duration.months and not duration.days and duration.time < MIN_CYCLE:
        raise BadSchedule(f"Der Zyklus „{text}“ ist kürzer als eine Minute. Bitte mindestens PT1M wählen.")
    if cycle.repetitions == 0:
        raise BadSchedule(f"Der Zyklus „{text}“ findet nie statt. Bitte mindestens R1 oder ohne Anzahl (R/…) angeben.")
    return cycle


def from_spring(value: object) -> object:
    """Return a cron line of Camunda 8 (Spring's: Sunday is 0 or 7, `@daily`) as Quartz writes it; anything else unchanged."""
    if not isinstance(value, str):
        return value
    fields = SPRING_MACROS.get(value.strip(), value).split()
    if len(fields) != 6:
        return value
    fields[5] = SPRING_WEEKDAY.sub(lambda match: WEEKDAYS[int(match.group()) % 7], fields[5].replace("*/", "0-6/"))
    return " ".join(fields)


def cron_of(text: str) -> Cron:
    """Return the parsed cron line. Raises BadSchedule."""
    fields = text.upper().split()
    quartz = len(fields) >= 6
    seconds = _cron_field(fields[0], 0, 59) if quartz else frozenset({0})
    minutes, hours, days, months, weekdays = fields[1:6] if quartz else fields[:5]
    rule = cron_days.read(days, weekdays, quartz=quartz)
    if rule is not None and (days if rule.kind == "nth" else weekdays) in ("*", "?"):
        return Cron(seconds, _cron_field(minutes, 0, 59), _cron_field(hours, 0, 23), None, _cron_field(months, 1, 12), None, rule)
    if any(letter in CRON_WORDS.sub("", days + " " + weekdays) for letter in "LW#"):
        raise BadSchedule(f"„{text}“: Mit L, W und # geht nur eines: L, L-3, LW, 15W beim Tag oder 6L, MON#1 beim Wochentag.")
    if days not in ("*", "?") and weekdays not in ("*", "?"):
        raise BadSchedule(f"„{text}“ nennt Tag und Wochentag. Bitte nur eines von beiden angeben und für das andere „?“.")
    if len(fields) == 7 and fields[6] not in ("*", "?"):
        raise BadSchedule(f"„{text}“ nennt ein Jahr. Bitte ohne Jahr angeben.")
    chosen_weekdays = None if weekdays in ("*", "?") else _cron_field(weekdays, 0, 7)
    if chosen_weekdays is not None:
        shift = 1 if quartz and not any(character.isalpha() for character in weekdays) else 0  # Quartz: SUN is 1
        chosen_weekdays = frozenset((day - shift) % 7 for day in chosen_weekdays)
    chosen_days = None if days in ("*", "?") else _cron_field(days, 1, 31)
    chosen_months = _cron_field(months, 1, 12)
    if chosen_days is not None and min(chosen_days) > max(calendar.monthrange(LEAP_YEAR, month)[1] for month in chosen_months):
        raise BadSchedule(f"„{text}“ trifft auf keinen Tag zu: So viele Tage hat der Monat nicht.")
    return Cron(seconds, _cron_field(minutes, 0, 59), _cron_field(hours, 0, 23), chosen_days, chosen_months, chosen_weekdays)


def _cron_field(field: str, low: int, high: int) -> frozenset[int]:
    numbers: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        try:
            begin = low if span in ("*", "?") else _cron_number(first)
            end = high if span in ("*", "?") or (step and not last) else _cron_number(last or first)
            stride = int(step) if step else 1
        except ValueError as fault:
            raise BadSchedule(f"„{field}“ ist kein Cron-Feld.") from fault
        if not low <= begin <= end <= high or stride < 1:
            raise BadSchedule(f"„{field}“ liegt nicht zwischen {low} und {high}.")
        numbers.update(range(begin, end + 1, stride))
    return frozenset(numbers)


def _cron_number(text: str) -> int:
    return CRON_NAMES[text] if text in CRON_NAMES else int(text)
