"""Formulas of value fees. The amounts themselves are rows of decision tables; here stands only how they are put together."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from processes.law import rounding

EURO_CENT = 100


def wertgebuehr_cent(
    value_cent: int, *, base_up_to_cent: int, base_fee_cent: int, percent: Decimal, at_most_cent: int | None = None
) -> int:
    """Return a fee that grows with the value, in cents.

    The base fee up to `base_up_to_cent`, above it `percent` of the excess on top; the value and the fee are both rounded down to
    full euros; `at_most_cent` caps it. Law: §§ 9, 11, 17 VO VwVG NRW. Raises ValueError for a negative value or rate.
    """
    _check(value_cent, percent)
    excess_cent = max(rounding.down(value_cent, EURO_CENT) - base_up_to_cent, 0)
    fee_cent = rounding.down(base_fee_cent + _share(excess_cent, percent), EURO_CENT)
    return fee_cent if at_most_cent is None else min(fee_cent, at_most_cent)


def wertgebuehr_aufgerundet_cent(value_cent: int, *, base_up_to_cent: int, base_fee_cent: int, percent: Decimal, step_cent: int) -> int:
    """Return the fee of laws that round up: base fee plus `percent` of the unrounded excess, rounded up to `step_cent`.

    Law: KostO SVwVG (dunning, 5 cents). Raises ValueError for a negative value or rate.
    """
    _check(value_cent, percent)
    exact = base_fee_cent + Decimal(max(value_cent - base_up_to_cent, 0)) * percent / 100
    whole = int(exact)
    return rounding.up(whole if exact == whole else whole + 1, step_cent)


def _share(amount_cent: int, percent: Decimal) -> int:
    return int((Decimal(amount_cent) * percent / 100).to_integral_value(rounding=ROUND_FLOOR))


def _check(value_cent: int, percent: Decimal) -> None:
    if value_cent < 0 or percent < 0:
        raise ValueError("Wert und Vomhundertsatz einer Gebühr dürfen nicht negativ sein.")
