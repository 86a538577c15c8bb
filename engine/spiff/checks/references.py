"""Findings about what an element needs beside the diagram: processes, decisions and what they give, forms; its topic has a module of its own."""

from __future__ import annotations

from engine import feel
from engine.spiff import model
from engine.spiff.checks import topics
from engine.spiff.checks.gathered import Gathered

NO_FORM = "Bitte das Formular mit bereitstellen oder die Kennung berichtigen."
NO_PROCESS = "Bitte mit bereitstellen oder die Kennung berichtigen."
NO_DECISION = "Bitte die Tabelle mit bereitstellen oder die Kennung berichtigen."


def check(check_: Gathered, element: model.Element) -> None:
    """Add what an element needs and does not get."""
    known = check_.known
    if element.called and element.called not in known.processes:
        text = f"Den aufgerufenen Prozess „{element.called}“ gibt es nicht.{feel.meant(element.called, known.processes)}"
        check_.add(element, text, NO_PROCESS)
    if element.decision and element.decision not in known.decisions:
        text = f"Die Entscheidung „{element.decision}“ gibt es nicht.{feel.meant(element.decision, known.decisions)}"
        check_.add(element, text, NO_DECISION)
    elif element.decision in known.decision_shapes:
        _shape(check_, element, *known.decision_shapes[element.decision or ""])
    if element.kind == "user_task" and known.topics is not None:
        form = element.assignment.form
        if form is None:
            check_.add(element, "Die Aufgabe hat kein Formular.", "Bitte ein Camunda Form auswählen.", warning=True)
        elif form not in known.forms:
            check_.add(element, f"Das Formular „{form}“ gibt es nicht.{feel.meant(form, known.forms)}", NO_FORM)
    topics.check(check_, element)


def _shape(check_: Gathered, element: model.Element, outputs: int, several: bool) -> None:
    """Tell a mapping of the result that the decision's table can break: it would be an incident when it does."""
    mapping = element.decision_mapping
    if mapping in ("singleEntry", "collectEntries") and outputs > 1:
        text = f"Die Ergebnisform „{mapping}“ verlangt eine einzige Ausgabe, die Entscheidung „{element.decision}“ hat {outputs}."
        remedy = "Bitte „singleResult“ oder „resultList“ wählen." if mapping == "singleEntry" else "Bitte „resultList“ wählen."
        check_.add(element, text, remedy)
    elif mapping in ("singleEntry", "singleResult") and several:
        text = f"Die Ergebnisform „{mapping}“ verlangt einen einzigen Treffer, in der Entscheidung „{element.decision}“ können es mehrere sein."
        check_.add(element, text, "Bitte „collectEntries“ oder „resultList“ wählen.", warning=True)
