"""How many elements one step may pass, so that a circle without a halt ends with an incident."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine import errors

if TYPE_CHECKING:
    from engine.spiff.tokens import Token

STEP_BUDGET = 1000  # elements in one step; counted apart in each instance of a loop, of which there are up to a thousand
TOTAL_BUDGET = 100_000


@dataclass(slots=True)
class Budget:
    """What a step has used up: in each instance of a loop, everywhere else together, and in all."""

    executed: Counter[str] = field(default_factory=Counter)
    spent: int = 0

    def use(self, token: Token) -> None:
        """Use up one of the budget of the loop instance the token runs in, or of everything outside loops."""
        path = token.workflow.path_of(token)
        if token.role == "instance" and token.task_spec.is_standard_loop:
            path = path.rpartition("/")[0]  # rounds have no number known before: they count where the loop is drawn
        place = ""
        if "#" in path:
            end = path.find("/", path.rindex("#"))
            place = path if end < 0 else path[:end]
        self.executed[place] += 1
        self.spent += 1  # not the sum over all places: there are as many as instances of loops
        if self.executed[place] > STEP_BUDGET or self.spent > TOTAL_BUDGET:
            budget = STEP_BUDGET if self.executed[place] > STEP_BUDGET else TOTAL_BUDGET
            raise errors.Incident(
                f"Der Prozess hat in einem Schritt mehr als {budget} Elemente durchlaufen, ohne zu warten. "
                "Bitte die Schleife im Diagramm prüfen.",
                token.task_spec.element.id,
            )
