"""The bounds of one evaluation: steps, bytes and call depth, so that a verdict is the same on every machine.

A regular expression cannot be counted in steps; `pattern_seconds` is the net below it, and turns into a refusal, never into a value.
"""

from __future__ import annotations

from datetime import datetime

from engine.feel.errors import FeelLimitError

STEPS = 200_000
STRING_BYTES = 20_000_000
CALL_DEPTH = 40
PATTERN_SECONDS = 0.5  # all regular expressions of one evaluation together: what runs into it is refused, never answered


class Budget:
    """What is left for one evaluation, its warnings, and its `now`."""

    __slots__ = ("bytes_left", "depth", "now", "pattern_seconds", "steps_left", "warnings")

    def __init__(self, now: datetime | None, steps: int = STEPS) -> None:
        self.steps_left = steps
        self.bytes_left = STRING_BYTES
        self.pattern_seconds = PATTERN_SECONDS
        self.depth = 0
        self.now = now
        self.warnings: list[str] = []

    def charge(self, steps: int) -> None:
        """Take `steps` from the budget. Raises FeelLimitError when it is used up."""
        self.steps_left -= steps
        if self.steps_left < 0:
            raise FeelLimitError(f"Der Ausdruck braucht mehr als {STEPS} Schritte. Bitte vereinfachen.")

    def charge_text(self, characters: int) -> None:
        """Take memory for a string made by the expression."""
        self.bytes_left -= characters
        if self.bytes_left < 0:
            raise FeelLimitError("Der Ausdruck erzeugt zu viel Text. Bitte vereinfachen.")

    def enter_call(self) -> None:
        self.depth += 1
        if self.depth > CALL_DEPTH:
            raise FeelLimitError(f"Funktionen rufen sich tiefer als {CALL_DEPTH} Ebenen auf.")

    def leave_call(self) -> None:
        self.depth -= 1

    def warn(self, message: str) -> None:
        """Note why a value became null; the first twenty are kept."""
        if len(self.warnings) < 20:
            self.warnings.append(message)
