"""Who holds which place in the data: the viewer shows no form at all in which two fields claim one, or a field the place of a context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from forms import model
from forms.expression_checks import Placed, Tell

REMEDY = "Bitte jeden Schlüssel und Pfad nur einmal verwenden."


@dataclass
class Claim:
    """A name in the data. by: the field or list that holds it; None for a context on the way, which several may share."""

    by: Placed | None = None
    below: dict[str, Claim] = field(default_factory=dict)


def check(every: Sequence[Placed], tell: Tell) -> None:
    """Tell of every component that claims what another one holds; a condition that shows only one of them changes nothing."""
    root = Claim()
    for one in every:
        keyed = one.component.type in model.KEYED
        if not one.component.path or not (keyed or one.component.type in model.CONTAINERS):
            continue
        claim, taken = root, None
        for depth, name in enumerate(one.path, start=1):
            claim = claim.below.setdefault(name, Claim())
            if claim.by is not None and (one.path[:depth] not in one.lists):
                taken = claim.by
                break
        if taken is not None:
            told = f"„{'.'.join(one.path)}“ gehört schon zu „{taken.component.label}“; der Browser zeigt das Formular dann nicht."
            tell(one.component, told, REMEDY)
        elif one.component.type == "group":
            continue
        elif claim.below:
            tell(
                one.component,
                f"Unter „{'.'.join(one.path)}“ liegen schon andere Felder; der Browser zeigt das Formular dann nicht.",
                REMEDY,
            )
        else:
            claim.by = one
