"""Pure functions, one paragraph of law each, and the same offered to expressions under German names."""

from __future__ import annotations

from processes.law.feel_functions import FUNCTIONS, PARAMETERS, SOURCES

__all__ = ["FUNCTIONS", "PARAMETERS", "SOURCES"]
