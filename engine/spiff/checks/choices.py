"""Findings about conditions that compare a field of a form with a value that the form does not offer: such a way is never taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine import feel
from engine.spiff import model
from engine.spiff.checks import variables
from engine.spiff.checks.gathered import Gathered


def check(drawn: Sequence[tuple[Gathered, model.Process]]) -> None:
    """Warn of texts in conditions that no form of the process offers for the field, where nothing else sets it."""
    for check_, process in drawn:
        offered = _offered(check_, process)
        for flow in _flows(process.elements, process.flows):
            compared = (
                flow.condition.compiled.compared if flow.condition is not None and flow.condition.compiled is not None else frozenset()
            )
            for name, text in sorted(compared):
                if name in offered and text not in offered[name]:
                    message = f"„{name}“ wird mit „{text}“ verglichen, das kein Formular anbietet.{feel.meant(text, offered[name])}"
                    check_.add(flow, message, f"Angeboten sind: {', '.join(sorted(offered[name]))}.", warning=True)


def _offered(check_: Gathered, process: model.Process) -> dict[str, frozenset[str]]:
    """Return field -> texts that the forms of the process offer together, of fields that only forms set, each from a list."""
    offered: dict[str, frozenset[str]] = {}
    other: set[str] = set()
    for element in model.walk(process.elements):
        other.update(name for name in variables.set_by(element) if name)
        form = element.assignment.form
        if form is not None:
            if form not in check_.known.form_names:
                return {}  # not at hand: it may offer anything
            choices = check_.known.form_choices.get(form, {})
            offered |= {name: offered.get(name, frozenset()) | texts for name, texts in choices.items()}
            other |= check_.known.form_names[form] - set(choices)
        else:
            other.update(variables.brought_by(element, check_.known) or ())
    return {name: texts for name, texts in offered.items() if name not in other}


def _flows(elements: tuple[model.Element, ...], flows: tuple[model.Flow, ...]) -> Iterator[model.Flow]:
    yield from flows
    for element in elements:
        yield from _flows(element.children, element.flows)
