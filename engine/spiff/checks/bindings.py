"""Findings about bindings: which version of a process, decision or form is meant, and whether there is one."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff import model
from engine.spiff.checks.gathered import Gathered

KINDS = {
    "bpmn": ("Den Prozess", "des Prozesses"),
    "dmn": ("Die Entscheidung", "der Entscheidung"),
    "form": ("Das Formular", "des Formulars"),
}


def check(check_: Gathered, process: model.Process) -> None:
    """Tell what one process means in two versions (a case keeps one of each thing), and versions that do not exist."""
    meant: dict[tuple[str, str], str] = {}
    for element, kind, key, binding in _references(process):
        if meant.setdefault((kind, key), binding) != binding:
            text = f"{KINDS[kind][0]} „{key}“ verlangt der Prozess in zwei Fassungen."
            check_.add(element, text, "Bitte überall dieselbe Bindung wählen.")
        if binding.startswith("version"):
            _version(check_, element, kind, key, binding)


def _references(process: model.Process) -> Iterator[tuple[model.Element, str, str, str]]:
    for element in model.walk(process.elements):
        form = element.assignment.form
        for kind, key, binding in (
            ("bpmn", element.called, element.called_binding), ("dmn", element.decision, element.decision_binding),
            ("form", form, element.assignment.form_binding),
        ):  # fmt: skip
            if key:
                yield element, kind, key, binding or "latest"


def _version(check_: Gathered, element: model.Element, kind: str, key: str, binding: str) -> None:
    known = check_.known
    offered = {"bpmn": known.processes, "dmn": known.decisions, "form": known.forms}[kind]
    if key not in offered or binding in known.versions.get((kind, key), ()):
        return
    how, _, which = binding.partition(":")
    shown = f"Die Fassung {which}" if how == "version" else f"Eine Fassung mit dem Kennzeichen „{which}“"
    remedy = "Bitte eine vorhandene Fassung oder „latest“ wählen."
    if known.is_deployment:
        check_.add(element, f"{shown} {KINDS[kind][1]} „{key}“ gibt es nicht.", remedy)
    else:
        text = f"{shown} {KINDS[kind][1]} „{key}“ ist nicht bei diesen Dateien; wo bereitgestellt wird, muss es sie geben."
        check_.add(element, text, remedy, warning=True)
