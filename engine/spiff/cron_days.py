"""Days of a month that cron names by rule, as Quartz and Spring have them: the last, the nearest working day, the n-th or last of a weekday."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

WEEKDAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])}
LAST = re.compile(r"L(?:-(\d{1,2}))?")
WORKING = re.compile(r"(L|\d{1,2})W")
OF_WEEKDAY = re.compile(r"([0-7]|[A-Z]{3})(?:(L)|#([1-5]))")
FRIDAY, SATURDAY, SUNDAY = 5, 6, 0


@dataclass(frozen=True, slots=True)
class DayRule:
    """kind last: `number` days before the month's end; working: the working day nearest to the day `number` (0: the month's last).

    nth: the `number`-th `weekday` (0: the last); Sunday is 0. Working days are Monday to Friday: cron knows no holidays.
    """

    kind: Literal["last", "working", "nth"]
    number: int
    weekday: int = 0

    def matches(self, day: date) -> bool:
        """Return whether the day is the one of its month."""
        length = calendar.monthrange(day.year, day.month)[1]
        if self.kind == "last":
            return day.day == length - self.number
        if self.kind == "nth":
            which = day.day > length - 7 if self.number == 0 else (day.day - 1) // 7 + 1 == self.number
            return which and day.isoweekday() % 7 == self.weekday
        wanted = self.number or length
        return wanted <= length and day == _nearest(day.replace(day=wanted), length)


def _nearest(wanted: date, length: int) -> date:
    """Return the working day nearest to a day, in the same month."""
    weekday = wanted.isoweekday() % 7
    if weekday == SATURDAY:
        return wanted + timedelta(days=2 if wanted.day == 1 else -1)
    if weekday == SUNDAY:
        return wanted + timedelta(days=-2 if wanted.day == length else 1)
    return wanted


def read(days: str, weekdays: str, *, quartz: bool) -> DayRule | None:
    """Return the rule that one of the two fields is (`L`, `L-3`, `LW`, `15W`; `6L`, `MON#1`), or None. quartz: weekdays count from Sunday, 1."""
    if found := LAST.fullmatch(days):
        return DayRule("last", int(found.group(1) or 0))
    if found := WORKING.fullmatch(days):
        return DayRule("working", 0 if found.group(1) == "L" else int(found.group(1)))
    found = OF_WEEKDAY.fullmatch(weekdays)
    name = found.group(1) if found else ""
    if found is None or (name.isalpha() and name not in WEEKDAYS):
        return None
    weekday = WEEKDAYS[name] if name.isalpha() else (int(name) - quartz) % 7
    return DayRule("nth", 0 if found.group(2) else int(found.group(3)), weekday)
