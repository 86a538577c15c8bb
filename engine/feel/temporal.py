"""Dates, times and durations of FEEL: any year to +-999,999,999, nanoseconds, offsets and zone ids (DMN 1.5, 10.3.2.3).

Python's types end at year 9999 and at microseconds, so FEEL has its own; `engine.feel.values` converts at the border.
"""

from __future__ import annotations

import datetime as python_datetime
import re
import zoneinfo
from dataclasses import dataclass
from functools import lru_cache

SECOND = 1_000_000_000  # nanoseconds
DAY = 86_400 * SECOND
MAX_YEAR = 999_999_999
MAX_OFFSET = 18 * 3600
MAX_DURATION = 10**30  # nanoseconds or months; beyond it arithmetic is null

Zone = int | str | None  # offset in seconds, zone id, or none (local)


def days_of(year: int, month: int, day: int) -> int:
    """Return the day number of a proleptic Gregorian date; 1970-01-01 is 0."""
    shifted = year - (month <= 2)
    era, year_of_era = divmod(shifted, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def civil_of(days: int) -> tuple[int, int, int]:
    """Return (year, month, day) of a day number; the inverse of `days_of`."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + (3 if shifted_month < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted_month + 2) // 5 + 1


def month_length(year: int, month: int) -> int:
    """Return the number of days of a month."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@dataclass(frozen=True, slots=True)
class Date:
    year: int
    month: int
    day: int

    @staticmethod
    def make(year: int, month: int, day: int) -> Date | None:
        """Return the date, or None where the calendar has no such day."""
        if abs(year) > MAX_YEAR or not 1 <= month <= 12 or not 1 <= day <= month_length(year, month):
            return None
        return Date(year, month, day)

    @staticmethod
    def of_days(days: int) -> Date | None:
        """Return the date of a day number, or None outside the years FEEL knows."""
        year, month, day = civil_of(days)
        return Date(year, month, day) if abs(year) <= MAX_YEAR else None

    @property
    def days(self) -> int:
        return days_of(self.year, self.month, self.day)

    @property
    def weekday(self) -> int:
        """Monday is 1."""
        return (self.days + 3) % 7 + 1

    def key(self) -> int:
        return self.days

    def plus_months(self, months: int) -> Date | None:
        """Return the date `months` later, on the month's last day where the day does not exist."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        if abs(year) > MAX_YEAR:
            return None
        return Date(year, month + 1, min(self.day, month_length(year, month + 1)))

    def __str__(self) -> str:
        return f"{'-' if self.year < 0 else ''}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True, eq=False)
class Time:
    """Time of day: nanoseconds since midnight, and a zone."""

    nanoseconds: int
    zone: Zone = None

    @staticmethod
    def make(hour: int, minute: int, nanoseconds_of_minute: int, zone: Zone = None) -> Time | None:
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= nanoseconds_of_minute < 60 * SECOND):
            return None
        if isinstance(zone, int) and abs(zone) > MAX_OFFSET:
            return None
        return Time((hour * 3600 + minute * 60) * SECOND + nanoseconds_of_minute, zone)

    @property
    def offset(self) -> int | None:
        return offset_at(self.zone, 0, 0)

    def key(self) -> int:
        return self.nanoseconds - (self.offset or 0) * SECOND

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and (self.zone is None) == (other.zone is None) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __str__(self) -> str:
        seconds, fraction = divmod(self.nanoseconds, SECOND)
        text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        if fraction:
            text += f".{fraction:09d}".rstrip("0")
        return text + _zone_text(self.zone)


@dataclass(frozen=True, slots=True, eq=False)
class DateTime:
    date: Date
    time: Time

    @staticmethod
    def of_local(nanoseconds: int, zone: Zone) -> DateTime | None:
        """Return the instant whose local clock shows `nanoseconds` since 1970-01-01T00:00."""
        days, rest = divmod(nanoseconds, DAY)
        date = Date.of_days(days)
        return DateTime(date, Time(rest, zone)) if date else None

    @property
    def local(self) -> int:
        return self.date.days * DAY + self.time.nanoseconds

    @property
    def offset(self) -> int | None:
        return offset_at(self.time.zone, self.date.days, self.time.nanoseconds // SECOND)

    def key(self) -> int:
        """Nanoseconds on the UTC time line (local where there is no zone)."""
        return self.local - (self.offset or 0) * SECOND

    def plus(self, nanoseconds: int) -> DateTime | None:
        """Return the instant later by `nanoseconds`; in a named zone on the UTC time line, so that DST nights count right."""
        zone = self.time.zone
        if isinstance(zone, str):
            instant = self.key() + nanoseconds
            offset = _offset_of_instant(zone, instant)
            if offset is not None:
                return DateTime.of_local(instant + offset * SECOND, zone)
        return DateTime.of_local(self.local + nanoseconds, zone)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DateTime) and (self.time.zone is None) == (other.time.zone is None) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"


@dataclass(frozen=True, slots=True)
class YearsMonths:
    """A duration in whole months."""

    months: int

    def key(self) -> int:
        return self.months

    def __str__(self) -> str:
        if not self.months:
            return "P0M"
        years, months = divmod(abs(self.months), 12)
        return ("-" if self.months < 0 else "") + "P" + (f"{years}Y" if years else "") + (f"{months}M" if months else "")


@dataclass(frozen=True, slots=True)
class DaysTime:
    """A duration in nanoseconds."""

    nanoseconds: int

    def key(self) -> int:
        return self.nanoseconds

    def __str__(self) -> str:
        if not self.nanoseconds:
            return "PT0S"
        total, fraction = divmod(abs(self.nanoseconds), SECOND)
        days, hours, minutes, seconds = total // 86_400, total // 3600 % 24, total // 60 % 60, total % 60
        text = ("-" if self.nanoseconds < 0 else "") + "P" + (f"{days}D" if days else "")
        if hours or minutes or seconds or fraction:
            text += "T" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
            if seconds or fraction:
                text += str(seconds) + (f".{fraction:09d}".rstrip("0") if fraction else "") + "S"
        return text


Duration = YearsMonths | DaysTime
Temporal = Date | Time | DateTime | YearsMonths | DaysTime


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def is_zone(name: str) -> bool:
    """Return whether `name` is a zone id of the tz database."""
    return name in ("Z", "UTC") or name in _zone_names()


def offset_at(zone: Zone, days: int, seconds: int) -> int | None:
    """Return the offset in seconds of `zone` at a local clock time; None without a zone."""
    if zone is None or isinstance(zone, int):
        return zone
    year, month, day = civil_of(days)
    clipped = min(max(year, 2), 9998)
    clock = python_datetime.datetime(
        clipped, month, min(day, month_length(clipped, month)), seconds // 3600, seconds // 60 % 60, seconds % 60, tzinfo=_zone(zone)
    )
    return _seconds(clock.utcoffset())


def _offset_of_instant(zone: str, nanoseconds: int) -> int | None:
    try:
        return _seconds(python_datetime.datetime.fromtimestamp(nanoseconds // SECOND, _zone(zone)).utcoffset())
    except (ValueError, OverflowError, OSError):
        return None  # outside Python's years: the caller falls back to the local time line


def _zone(name: str) -> python_datetime.tzinfo:
    return python_datetime.UTC if name in ("Z", "UTC") else zoneinfo.ZoneInfo(name)


def _seconds(offset: python_datetime.timedelta | None) -> int:
    return 0 if offset is None else offset.days * 86_400 + offset.seconds


def _zone_text(zone: Zone) -> str:
    if zone is None:
        return ""
    if isinstance(zone, str):
        return "@" + zone
    if zone == 0:
        return "Z"
    seconds = abs(zone)
    text = f"{'-' if zone < 0 else '+'}{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return text + (f":{seconds % 60:02d}" if seconds % 60 else "")


# ---------------------------------------------------------------- lexical forms
_DATE = r"(-?)(\d{4}|[1-9]\d{4,8})-(\d\d)-(\d\d)"
_TIME = r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z0-9_+\-/]+)?"
DATE = re.compile(_DATE, re.ASCII)
TIME = re.compile(_TIME, re.ASCII)
DATE_TIME = re.compile(_DATE + "T" + _TIME, re.ASCII)
YEARS_MONTHS = re.compile(r"(-?)P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?", re.ASCII)
DAYS_TIME = re.compile(r"(-?)P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d*))?S)?)?", re.ASCII)
MAX_DIGITS = 18


def parse_zone(text: str | None) -> Zone:
    """Return the zone of `Z`, `+01:00`, `@Europe/Berlin` or nothing. Raises ValueError for an unknown one."""
    if not text:
        return None
    if text in "Zz":
        return 0
    if text.startswith("@"):
        if not is_zone(text[1:]):
            raise ValueError(f"unbekannte Zeitzone {text[1:]}")
        return text[1:]
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    if minutes > 59 or (seconds and seconds[0] > 59):
        raise ValueError(f"ungültiger Versatz {text}")
    offset = hours * 3600 + minutes * 60 + (seconds[0] if seconds else 0)
    if offset > MAX_OFFSET:
        raise ValueError(f"Versatz {text} ist größer als 18 Stunden")
    return -offset if text[0] == "-" else offset


def _date_of(sign: str, year: str, month: str, day: str) -> Date | None:
    if sign and int(year) == 0:
        return None
    return Date.make(-int(year) if sign else int(year), int(month), int(day))


def _time_of(hour: str, minute: str, second: str, fraction: str | None, zone: str | None) -> Time | None:
    try:
        parsed_zone = parse_zone(zone)
    except ValueError:
        return None
    nanoseconds = int(second) * SECOND + _fraction(fraction)
    at_midnight = hour == "24" and int(minute) == 0 and nanoseconds == 0
    return Time.make(0 if at_midnight else int(hour), int(minute), nanoseconds, parsed_zone)


def _fraction(digits: str | None) -> int:
    return int(((digits or "") + "000000000")[:9])


def parse_date(text: str) -> Date | None:
    """Return the date written as `2026-11-24`, or None."""
    match = DATE.fullmatch(text)
    return _date_of(*match.groups()) if match else None


def parse_time(text: str) -> Time | None:
    """Return the time written as `14:30:00`, with fraction and zone where given, or None."""
    match = TIME.fullmatch(text.removeprefix("T"))
    return _time_of(*match.groups()) if match else None


def parse_date_time(text: str) -> DateTime | None:
    """Return the date and time written as `2026-11-24T14:30:00@Europe/Berlin`; a mere date means midnight."""
    match = DATE_TIME.fullmatch(text)
    if not match:
        date = parse_date(text)
        return DateTime(date, Time(0)) if date else None
    groups = match.groups()
    date, time = _date_of(*groups[:4]), _time_of(*groups[4:])
    if date is None or time is None:
        return None
    if groups[4] == "24":
        return DateTime.of_local((date.days + 1) * DAY, time.zone)
    return DateTime(date, time)


def parse_duration(text: str) -> Duration | None:
    """Return the duration written as `P1Y2M` or `P3DT4H`, or None."""
    match = YEARS_MONTHS.fullmatch(text)
    if match:
        sign, years, months = match.groups()
        if len(years or "") > MAX_DIGITS or len(months or "") > MAX_DIGITS:
            return None
        total = int(years or 0) * 12 + int(months or 0)
        return YearsMonths(-total if sign else total)
    match = DAYS_TIME.fullmatch(text)
    if not match:
        return None
    sign, days, hours, minutes, seconds, fraction = match.groups()
    if any(len(part or "") > MAX_DIGITS for part in (days, hours, minutes, seconds)):
        return None
    total = (int(days or 0) * 86_400 + int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)) * SECOND + _fraction(fraction)
    return DaysTime(-total if sign else total)


def parse_literal(text: str) -> Temporal | None:
    """Return the value of `@"..."`."""
    if text.startswith(("P", "-P")):
        return parse_duration(text)
    if "T" in text and "-" in text.partition("T")[0][1:]:
        return parse_date_time(text)
    return parse_time(text) if ":" in text else parse_date(text)
