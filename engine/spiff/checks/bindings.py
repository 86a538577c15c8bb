"""Findings about bindings: which version of a process, decision or form is meant."""

from __future__ import annotations

from engine.spiff import model
from engine.spiff.checks.gathered import Gathered


def check(check_: Gathered, process: model.Process) -> None:
    """Tell what one process means in two versions: a case keeps one version of each thing."""
    meant: dict[tuple[str, str], str] = {}
    for element in model.walk(process.elements):
        references = [("Den Prozess", element.called, element.called_binding), ("Die Entscheidung", element.decision, element.decision_binding),
                      ("Das Formular", element.assignment.form, element.assignment.form_binding)]  # fmt: skip
        for what, key, binding in references:
            if key and meant.setdefault((what, key), binding or "latest") != (binding or "latest"):
                check_.add(element, f"{what} „{key}“ verlangt der Prozess in zwei Fassungen.", "Bitte überall dieselbe Bindung wählen.")
