"""Deadlines as the statutes count them: weeks, months, month ends, weekends, holidays, deemed notification.

The day of the event is not counted (§ 187 Abs. 1 BGB); a week or month ends on the day of the same name or number
(§ 188 Abs. 2), where it is missing on the last of the month (§ 188 Abs. 3); an end on a Saturday, Sunday or holiday moves
to the next working day (§ 193 BGB, § 108 Abs. 3 AO, § 31 Abs. 3 VwVfG). A day that an authority named as an appointment or
as a fixed last day with a hint to § 31 Abs. 3 Satz 2 VwVfG does not move. 24 and 31 December are working days.

A calendar is a Land ("NW", "SL"), a Land and a faith ("BY/katholisch": towns with Mariä Himmelfahrt, "SN/katholisch",
"TH/katholisch": towns with Fronleichnam) or a town with holidays of its own ("BY/Augsburg"). Which place counts is the
caller's: the recipient's for the notice of an act, the Kasse's for a payment, the court's for a filing.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

import holidays

SATURDAY = 5
NOTICE_FICTION_CHANGED_ON = date(2025, 1, 1)
LAENDER = frozenset(["BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH"])
TAX_LAW = frozenset({"AO", "KAG"})
GENERAL_LAW = frozenset({"VwVfG", "GebG", "OWiG", "BGB"})


def is_working_day(day: date, calendar: str) -> bool:
    """Return whether `day` is neither Saturday, Sunday nor a public holiday of `calendar`. Raises ValueError for an unknown calendar."""
    return day.weekday() < SATURDAY and day not in _holidays(calendar, day.year)


def next_working_day(day: date, calendar: str) -> date:
    """Return `day` if it is a working day, else the next one. Law: § 193 BGB, § 108 Abs. 3 AO, § 31 Abs. 3 VwVfG."""
    while not is_working_day(day, calendar):
        day += timedelta(days=1)
    return day


def due_on(day: date, calendar: str) -> date:
    """Return the day a payment is due: the statutory or fixed day, moved to a working day at the place of the Kasse.

    Law: § 108 Abs. 3 AO, § 193 BGB.
    """
    return next_working_day(day, calendar)


def add_months(day: date, months: int) -> date:
    """Return the same number `months` later, or the last of that month where the number is missing. Law: § 188 Abs. 2, 3 BGB."""
    month = day.year * 12 + day.month - 1 + months
    year, zero_based = divmod(month, 12)
    return date(year, zero_based + 1, min(day.day, monthrange(year, zero_based + 1)[1]))


def days_end(event: date, days: int, calendar: str) -> date:
    """Return the last day of a deadline of `days` after `event`, moved to a working day. Law: §§ 187, 188 Abs. 1, 193 BGB."""
    return next_working_day(event + timedelta(days=_not_negative(days)), calendar)


def weeks_end(event: date, weeks: int, calendar: str) -> date:
    """Return the last day of a deadline of `weeks` after `event`, moved to a working day. Law: §§ 187, 188 Abs. 2, 193 BGB."""
    return next_working_day(event + timedelta(weeks=_not_negative(weeks)), calendar)


def months_end(event: date, months: int, calendar: str) -> date:
    """Return the last day of a deadline of `months` after `event`, moved to a working day. Law: §§ 187, 188 Abs. 2, 3, 193 BGB."""
    return next_working_day(add_months(event, _not_negative(months)), calendar)


def notified_on(posted_on: date, law: str, calendar: str) -> date:
    """Return the day on which a letter posted in Germany counts as notified.

    The fourth day after posting, the third for letters posted before 2025. Under tax law (`law` "AO" or "KAG") a day that
    is no working day at the recipient's place moves to the next one (BFH IX R 68/98); otherwise it does not move.
    Law: § 122 Abs. 2 Nr. 1 AO, § 41 Abs. 2 VwVfG (NRW). Raises ValueError for an unknown law.
    """
    if law not in TAX_LAW | GENERAL_LAW:
        raise ValueError(f"Unbekanntes Verfahrensrecht „{law}“. Bekannt sind {', '.join(sorted(TAX_LAW | GENERAL_LAW))}.")
    days = 4 if posted_on >= NOTICE_FICTION_CHANGED_ON else 3
    deemed = posted_on + timedelta(days=days)
    return next_working_day(deemed, calendar) if law in TAX_LAW else deemed


def grace_end(due: date, calendar: str) -> date:
    """Return the last day on which a transfer still costs no surcharge: three days after the (moved) due date.

    Law: § 240 Abs. 3 AO with § 108 Abs. 3 AO. Not for cash or cheque.
    """
    return days_end(due, 3, calendar)


def waiting_week_end(notified: date, due: date, calendar: str) -> date:
    """Return the last day of the week that must pass after the notice or, if later, after the due date, before enforcement.

    Law: § 6 Abs. 1 Nr. 3 VwVG NRW, § 254 Abs. 1 AO.
    """
    return weeks_end(max(notified, due), 1, calendar)


def dunning_deadline(posted_on: date, law: str, calendar: str) -> date:
    """Return the last day to pay after a Mahnung posted on `posted_on`: one week after its deemed notification.

    Law: § 19 VwVG NRW with § 122 Abs. 2 AO or § 41 Abs. 2 VwVfG.
    """
    return weeks_end(notified_on(posted_on, law, calendar), 1, calendar)


def third_party_may_pay_from(served_on: date) -> date:
    """Return the first day on which a bank may pay from the seized account of a natural person: a month after service is over.

    The month protects the debtor, who may ask for relief meanwhile; its end does not move. Law: § 835 Abs. 3 Satz 2 ZPO.
    """
    return add_months(served_on, 1) + timedelta(days=1)


@lru_cache(maxsize=512)
def _holidays(calendar: str, year: int) -> frozenset[date]:
    land, _, place = calendar.partition("/")
    if land not in LAENDER or place not in ("", "katholisch", "Augsburg"):
        raise ValueError(f"Unbekannter Feiertagskalender „{calendar}“. Erwartet wird ein Land wie NW oder SL, auch BY/katholisch.")
    categories = ("public", "catholic") if place == "katholisch" else ("public",)
    subdivision = "Augsburg" if place == "Augsburg" else land
    return frozenset(holidays.country_holidays("DE", subdiv=subdivision, years=year, observed=False, categories=categories))


def _not_negative(count: int) -> int:
    if count < 0:
        raise ValueError(f"Eine Frist kann nicht negativ sein: {count}.")
    return count
