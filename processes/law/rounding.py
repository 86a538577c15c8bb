"""Rounding as fee and surcharge rules want it. Cents in, cents out; steps are cents."""

from __future__ import annotations


def down(amount_cent: int, step_cent: int) -> int:
    """Return the amount rounded down to full steps, e.g. to full euros (100) or to 50 euros (5000). ValueError for a step below 1."""
    return amount_cent // _positive(step_cent) * step_cent


def up(amount_cent: int, step_cent: int) -> int:
    """Return the amount rounded up to full steps, e.g. to 5 cents (KostO SVwVG). ValueError for a step below 1."""
    return -(-amount_cent // _positive(step_cent)) * step_cent


def _positive(step_cent: int) -> int:
    if step_cent < 1:
        raise ValueError(f"Gerundet wird auf Schritte ab 1 Cent, nicht auf {step_cent}.")
    return step_cent
