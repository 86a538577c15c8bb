"""Findings about messages between the diagrams at hand: thrown where none of them would catch."""

from __future__ import annotations

from collections.abc import Sequence

from engine.spiff import model
from engine.spiff.checks.gathered import Gathered


def check(drawn: Sequence[tuple[Gathered, model.Process]]) -> None:
    """Warn of a message that a diagram throws and no diagram catches, where all diagrams of the house are at hand."""
    caught: set[str] = set()
    computed = False
    for _, process in drawn:
        for element in model.walk(process.elements):
            if element.event is None or element.event.kind != "message" or _throws(element):
                continue
            if element.event.name is not None and element.event.name.kind == "literal":
                caught.add(element.event.name.source)
            else:
                computed = True
    if computed:
        return
    for check_, process in drawn:
        if not check_.known.is_whole:
            continue
        for element in model.walk(process.elements):
            name = element.event.name if element.event is not None and element.event.kind == "message" and _throws(element) else None
            if name is None or name.kind != "literal" or element.topic is not None or name.source in caught:
                continue
            if element.properties.get("optional", "").lower() != "true":
                remedy = "Bitte den Namen prüfen, den Empfänger mitgeben oder die Eigenschaft „optional“ auf true setzen."
                check_.add(element, f"Die Nachricht „{name.source}“ fängt kein Diagramm.", remedy, warning=True)


def _throws(element: model.Element) -> bool:
    return element.kind in ("throw_event", "end_event")
