"""Findings about messages: properties that do not mean what they seem to, and what the diagrams at hand throw, catch and begin with."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from engine import feel
from engine.spiff import expressions, model
from engine.spiff.checks.gathered import Gathered

THROWN = ("correlation_key", "process_key", "to_tenant", "optional")
CAUGHT = ("correlation_key",)
ALIKE = 0.8


def check(drawn: Sequence[tuple[Gathered, model.Process]]) -> None:
    """Add the findings of all processes at hand to theirs."""
    for check_, process in drawn:
        for element in model.walk(process.elements):
            if _is_message(element):
                _properties(check_, element)
    _thrown(drawn)
    _begun(drawn)


def properties_of(element: model.Element) -> dict[str, str]:
    """Return the properties of an element that are looked at when its message is thrown or waited for."""
    if not _is_message(element) or element.topic is not None:
        return {}
    return {name: element.properties[name] for name in (THROWN if _throws(element) else CAUGHT) if name in element.properties}


def computed(element: model.Element, functions: Sequence[feel.Function]) -> list[expressions.Expression]:
    """Return the readable expressions among those properties."""
    found = []
    for text in properties_of(element).values():
        if text.startswith("="):
            try:
                found.append(expressions.of_feel(text[1:], functions))
            except feel.FeelSyntaxError:
                continue
    return found


# ---------------------------------------------------------------- properties
def _properties(check_: Gathered, element: model.Element) -> None:
    drawn = properties_of(element)
    for name, text in drawn.items():
        if text.startswith("="):
            try:
                feel.compile(text[1:].strip(), functions=check_.known.functions)
            except feel.FeelSyntaxError as fault:
                check_.add(element, f"Eigenschaft „{name}“: {fault}", "Bitte den Ausdruck berichtigen.")
    key, receiver = drawn.get("correlation_key", "="), drawn.get("process_key", "=")
    if key.replace(".", "_").isidentifier():
        text = f"Der Korrelationsschlüssel ist das Wort „{key}“ selbst, nicht der Wert einer Variablen."
        check_.add(element, text, f"Bitte „={key}“ schreiben, wenn die Variable gemeint ist.", warning=True)
    if not receiver.startswith("=") and receiver not in check_.known.processes:
        text = f"Den Prozess „{receiver}“, an den die Nachricht gehen soll (process_key), gibt es nicht."
        check_.add(element, text, "Bitte mit bereitstellen oder die Kennung berichtigen.")
    effective = THROWN if _throws(element) else CAUGHT
    for name in sorted(element.properties):
        meant = difflib.get_close_matches(name, effective, 1, ALIKE)
        if name not in THROWN and meant:
            text = f"Die Eigenschaft „{name}“ wirkt nicht; gemeint ist vielleicht „{meant[0]}“."
            check_.add(element, text, "Bitte den Namen prüfen.", warning=True)


# ---------------------------------------------------------------- from diagram to diagram
def _thrown(drawn: Sequence[tuple[Gathered, model.Process]]) -> None:
    """Warn of a message that no diagram catches where all are at hand, and of one that the process it is meant for does not catch."""
    caught: dict[str, set[str]] = {process.id: set() for _, process in drawn}
    computing: set[str] = set()
    for _, process in drawn:
        for element in model.walk(process.elements):
            name = element.event.name if element.event is not None and _is_message(element) and not _throws(element) else None
            if name is not None and name.kind == "literal":
                caught[process.id].add(name.source)
            elif _is_message(element) and not _throws(element):
                computing.add(process.id)
    everything = set().union(*caught.values())
    for check_, process in drawn:
        for element in model.walk(process.elements):
            name = element.event.name if element.event is not None and _is_message(element) and _throws(element) else None
            if (
                name is None
                or name.kind != "literal"
                or element.topic is not None
                or properties_of(element).get("optional", "").lower() == "true"
            ):
                continue
            receiver = element.properties.get("process_key", "")
            if name.source not in everything and not computing and check_.known.is_whole:
                remedy = "Bitte den Namen prüfen, den Empfänger mitgeben oder die Eigenschaft „optional“ auf true setzen."
                check_.add(element, f"Die Nachricht „{name.source}“ fängt kein Diagramm.", remedy, warning=True)
            elif receiver in caught and name.source not in caught[receiver] and receiver not in computing:
                text = f"Der Prozess „{receiver}“ (process_key) fängt die Nachricht „{name.source}“ nicht."
                check_.add(element, text, "Bitte den Namen der Nachricht oder des Prozesses prüfen.", warning=True)


def _begun(drawn: Sequence[tuple[Gathered, model.Process]]) -> None:
    """Tell a second start by the same message: in one process nobody could choose, in two the sender must."""
    begun: dict[str, tuple[model.Process, model.Element]] = {}
    for check_, process in drawn:
        for element in process.elements:
            event = element.event if element.kind == "start_event" else None
            if event is None or event.kind != "message" or event.name is None or event.name.kind != "literal":
                continue
            name = event.name.source
            other, start = begun.setdefault(name, (process, element))
            if start is element:
                continue
            if other is process:
                text = f"Mit der Nachricht „{name}“ beginnt der Prozess schon an „{start.label or start.id}“."
                check_.add(element, text, "Bitte der Nachricht dieses Startereignisses einen anderen Namen geben.")
            else:
                text = f"Mit der Nachricht „{name}“ beginnt auch der Prozess „{other.id}“; ohne Empfänger ist sie eine Störung."
                check_.add(element, text, "Bitte am Sender „process_key“ angeben oder die Nachrichten verschieden benennen.", warning=True)


def _is_message(element: model.Element) -> bool:
    return element.event is not None and element.event.kind == "message"


def _throws(element: model.Element) -> bool:
    return element.kind in ("throw_event", "end_event")
