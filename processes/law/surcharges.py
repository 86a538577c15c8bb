"""Säumniszuschlag: one percent of the arrears for each month begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from processes.law import deadlines, rounding

FIFTY_EUROS_CENT = 5000


@dataclass(frozen=True, slots=True, order=True)
class OpenPrincipal:
    """What is open of a claim from the end of `on` until the next entry. The first entry stands on the due date."""

    on: date
    open_cent: int


def months_begun(due_on: date, as_of: date) -> int:
    """Return how many months of delay have begun on `as_of`; the first begins on the day after `due_on`.

    A month's end on a weekend does not move. Law: § 240 Abs. 1 Satz 1 AO, §§ 187, 188 BGB.
    Raises ValueError if `as_of` is before `due_on`.
    """
    if as_of < due_on:
        raise ValueError(f"Der Stichtag {as_of:%d.%m.%Y} liegt vor der Fälligkeit {due_on:%d.%m.%Y}.")
    months = (as_of.year - due_on.year) * 12 + as_of.month - due_on.month
    return months + 1 if month_start(due_on, months + 1) <= as_of else months


def month_start(due_on: date, number: int) -> date:
    """Return the first day of the `number`th month of delay (1 = the day after `due_on`)."""
    return deadlines.add_months(due_on, number - 1) + timedelta(days=1)


def saeumniszuschlag_cent(arrears_cent: int, due_on: date, as_of: date) -> int:
    """Return the Säumniszuschlag owed on `as_of`, in cents, for arrears that never changed.

    1 % of the arrears, rounded down to full 50 euros, for each month begun after `due_on`.
    The three-day Schonfrist (§ 240 Abs. 3 AO) is the caller's decision, not applied here.

    Law: § 240 Abs. 1 Satz 1 AO. Raises ValueError if `as_of` is before `due_on`.
    """
    return _month_cent(arrears_cent) * months_begun(due_on, as_of)


def saeumniszuschlag_verlauf_cent(course: Sequence[OpenPrincipal], as_of: date) -> int:
    """Return the Säumniszuschlag owed on `as_of`, in cents, for arrears that changed by payments, reductions or reversals.

    Each month counts what was open at the start of its first day, so a payment on that very day no longer lowers it. Entries
    may come in any order; of two on one day the later in the sequence counts. Months already begun stay owed when the
    claim is paid or reduced later (§ 240 Abs. 1 Satz 4 AO). A course that is empty or begins after `as_of` owes nothing.

    Law: § 240 Abs. 1 AO. The Schonfrist (Abs. 3) is the caller's decision.
    """
    ordered = sorted(course, key=lambda entry: entry.on)
    if not ordered or as_of <= ordered[0].on:
        return 0
    due_on, total_cent, position = ordered[0].on, 0, 0
    for number in range(1, months_begun(due_on, as_of) + 1):
        starts_on = month_start(due_on, number)
        while position + 1 < len(ordered) and ordered[position + 1].on < starts_on:
            position += 1
        total_cent += _month_cent(ordered[position].open_cent)
    return total_cent


def _month_cent(arrears_cent: int) -> int:
    return rounding.down(max(arrears_cent, 0), FIFTY_EUROS_CENT) // 100
