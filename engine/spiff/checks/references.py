"""Findings about what an element needs beside the diagram: processes, decisions, forms; its topic has a module of its own."""

from __future__ import annotations

from engine.spiff import model
from engine.spiff.checks import topics
from engine.spiff.checks.gathered import Gathered

NO_FORM = "Bitte das Formular mit bereitstellen oder die Kennung berichtigen."


def check(check_: Gathered, element: model.Element) -> None:
    known = check_.known
    if element.called and element.called not in known.processes:
        check_.add(
            element, f"Den aufgerufenen Prozess „{element.called}“ gibt es nicht.", "Bitte mit bereitstellen oder die Kennung berichtigen."
        )
    if element.decision and element.decision not in known.decisions:
        check_.add(
            element,
            f"Die Entscheidung „{element.decision}“ gibt es nicht.",
            "Bitte die Tabelle mit bereitstellen oder die Kennung berichtigen.",
        )
    if element.kind == "user_task" and known.topics is not None:
        form, people = element.assignment.form, element.assignment
        if people.assignee is None and people.candidate_groups is None and people.candidate_users is None:
            text = "Die Aufgabe steht in keiner Liste: Weder Bearbeiter noch Gruppe sind genannt."
            check_.add(element, text, "Bitte eine Gruppe angeben; die Rollen stehen in docs/design.md.", warning=True)
        if form is None:
            check_.add(element, "Die Aufgabe hat kein Formular.", "Bitte ein Camunda Form auswählen.", warning=True)
        elif form not in known.forms:
            check_.add(element, f"Das Formular „{form}“ gibt es nicht.", NO_FORM)
    topics.check(check_, element)
