"""What `for`, `some` and `every` walk over: lists, ranges of whole numbers, ranges of days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from engine.feel.temporal import Date
from engine.feel.values import Range


def values_of(domain: object) -> Iterator[object] | Sequence[object] | None:
    if isinstance(domain, Range):
        if domain.low is None or domain.high is None:
            return None
        low = domain.low if domain.low_closed else _stepped(domain.low, 1)
        return counted(low, domain.high if domain.high_closed else _stepped(domain.high, -1))
    if domain is None:
        return None
    return domain if isinstance(domain, list) else [domain]


def _stepped(value: object, step: int) -> object:
    if isinstance(value, Decimal):
        return value + step
    return Date.of_days(value.days + step) if isinstance(value, Date) else None


def counted(low: object, high: object) -> Iterator[object] | None:
    """Return whole numbers or days from `low` to `high`, downwards where high is smaller; None for other values."""
    if isinstance(low, Date) and isinstance(high, Date):
        step = 1 if low.days <= high.days else -1
        return (Date.of_days(day) for day in range(low.days, high.days + step, step))
    if not isinstance(low, Decimal) or not isinstance(high, Decimal):
        return None
    if low != low.to_integral_value() or high != high.to_integral_value() or max(abs(low), abs(high)) > 10**15:
        return None
    step = 1 if low <= high else -1
    return (Decimal(number) for number in range(int(low), int(high) + step, step))
