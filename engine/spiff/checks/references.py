"""Findings about what an element needs beside the diagram: processes, decisions, forms, topics, letters."""

from __future__ import annotations

from engine.protocol import TopicOffer
from engine.spiff import model
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
    topic = element.topic.source if element.topic is not None and element.topic.kind == "literal" else ""
    if topic.startswith("io.camunda") and topic not in (known.topics or ()):
        remedy = "Bitte die Vorlage entfernen und den Typ eines Topics oder eines eigenen Workers eintragen."
        check_.add(element, f"Der Connector „{topic}“ wird nicht ausgeführt.", remedy)
    elif topic and known.topics is not None:
        if topic not in known.topics:
            offered = ", ".join(sorted(known.topics))
            check_.add(
                element,
                f"Das Topic „{topic}“ bedient niemand.",
                f"Vorhanden sind: {offered}. Ein eigener Worker kann es bedienen.",
                warning=True,
            )
        else:
            given = {parameter.target for parameter in element.inputs}
            for needed in known.topics[topic].inputs:
                if needed not in given:
                    check_.add(element, f"Das Topic „{topic}“ braucht den Eingabeparameter „{needed}“.", "Bitte unter „Inputs“ ergänzen.")
            _variant(check_, element, topic, known.topics[topic], given)
            letter = next((p.value.source for p in element.inputs if p.target == "vorlage" and p.value.kind == "literal"), None)
            if letter and letter not in known.letters:
                check_.add(
                    element,
                    f"Die Briefvorlage „{letter}“ gibt es nicht.",
                    "Bitte die Vorlage mit bereitstellen oder den Namen berichtigen.",
                )


def _variant(check_: Gathered, element: model.Element, topic: str, offer: TopicOffer, given: set[str]) -> None:
    """Tell what the literal value of the choosing input calls for and the task does not give."""
    chosen = next((p.value.source for p in element.inputs if p.target == offer.chosen_by and p.value.kind == "literal"), None)
    if chosen is None:
        return
    if chosen not in offer.variants:
        remedy = f"Erlaubt sind: {', '.join(sorted(offer.variants))}."
        check_.add(element, f"Das Topic „{topic}“ kennt für „{offer.chosen_by}“ den Wert „{chosen}“ nicht.", remedy)
        return
    for needed in offer.variants[chosen]:
        if needed not in given:
            text = f"Das Topic „{topic}“ braucht für „{chosen}“ den Eingabeparameter „{needed}“."
            check_.add(element, text, "Bitte unter „Inputs“ ergänzen.")
