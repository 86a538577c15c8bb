"""Findings about errors and escalations: thrown where nobody catches them, caught where nobody throws them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.spiff import model, words
from engine.spiff.checks.gathered import Gathered

SILENT = frozenset({"task", "script_task", "business_rule_task", "receive_task"})  # none of them reports an error or an escalation
KINDS = {"error": "Den Fehler", "escalation": "Die Eskalation"}
FATE = {
    "error": "Bitte ein Fehlerereignis mit diesem Code zeichnen, an einem Teilprozess darum herum oder als Ereignis-Teilprozess; sonst ist er eine Störung.",
    "escalation": "Bitte ein Eskalationsereignis mit diesem Code zeichnen; sonst bleibt sie ohne Folge.",
}


def check(drawn: Sequence[tuple[Gathered, model.Process]]) -> None:
    """Warn of what a process throws and does not catch, where no process at hand calls it, and of catchers that never catch."""
    called = {element.called for _, process in drawn for element in model.walk(process.elements)}
    for check_, process in drawn:
        for scope in _scopes(process.elements):
            _silent(check_, scope)
        if process.id not in called:
            for element, catchers in _thrown(process.elements, ()):
                _uncaught(check_, element, catchers)


def _scopes(elements: tuple[model.Element, ...]) -> Iterator[tuple[model.Element, ...]]:
    yield elements
    for element in elements:
        yield from _scopes(element.children)


def _silent(check_: Gathered, elements: tuple[model.Element, ...]) -> None:
    by_id: Mapping[str, model.Element] = {element.id: element for element in elements}
    for element in elements:
        host = by_id.get(element.attached_to or "") if element.kind == "boundary_event" else None
        if host is None or host.kind not in SILENT or element.event is None or element.event.kind not in KINDS:
            continue
        what = "wirft keinen Fehler" if element.event.kind == "error" else "meldet keine Eskalation"
        text = f"„{host.label or host.id}“ ({words.of(host)}) {what}; dieses Ereignis fängt nie."
        check_.add(
            element, text, "Bitte entfernen. Was nicht berechnet werden kann, ist eine Störung, die ein Mensch ansieht.", warning=True
        )


def _thrown(
    elements: tuple[model.Element, ...], outside: tuple[model.EventDefinition, ...]
) -> Iterator[tuple[model.Element, tuple[model.EventDefinition, ...]]]:
    """Yield each throwing element with the events that would catch what it throws: those of the scopes around it."""
    here = tuple(
        start.event
        for element in elements
        if element.kind == "event_subprocess"
        for start in element.children
        if start.kind == "start_event" and start.event is not None
    )
    for element in elements:
        if element.kind in ("throw_event", "end_event") and element.event is not None and element.event.kind in KINDS:
            yield element, (*here, *outside)
        elif element.kind == "event_subprocess":  # it does not catch what is thrown in itself
            own = {id(start.event) for start in element.children}
            yield from _thrown(element.children, (*(event for event in here if id(event) not in own), *outside))
        elif element.kind == "subprocess":
            attached = tuple(other.event for other in elements if other.attached_to == element.id and other.event is not None)
            yield from _thrown(element.children, (*attached, *here, *outside))


def _uncaught(check_: Gathered, element: model.Element, catchers: tuple[model.EventDefinition, ...]) -> None:
    event = element.event
    if event is None or event.name is None or event.name.kind != "literal":
        return
    for catcher in catchers:
        if catcher.kind == event.kind and (
            catcher.name is None or catcher.name.kind != "literal" or catcher.name.source == event.name.source
        ):
            return
    text = f"{KINDS[event.kind]} „{event.name.source}“ fängt in diesem Prozess niemand."
    check_.add(element, text, FATE[event.kind], warning=True)
