"""What can go wrong in FEEL. A wrong *value* is null in FEEL; these are raised for what no value can express."""

from __future__ import annotations


class FeelError(Exception):
    """The expression cannot be evaluated: a host function refused, or `now` is missing. German message."""


class FeelLimitError(FeelError):
    """The evaluation would take more steps, depth or bytes than an expression may."""


class FeelSyntaxError(FeelError):
    """The text is not FEEL. `position` counts characters from 0 in `expression`."""

    def __init__(self, message: str, position: int, expression: str) -> None:
        self.reason = message
        self.position = position
        self.expression = expression
        shown = expression if len(expression) <= 120 else expression[:117] + "..."
        super().__init__(f"{message} (Stelle {position + 1} in „{shown}“)")
