"""A diagram as a table that says the same: every element, what it is, who does it, on what law, and what comes after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api import wording
from engine.spiff import model

KINDS: dict[str, str] = {
    "start_event": "Beginn", "end_event": "Ende", "catch_event": "Wartet", "throw_event": "Sendet", "boundary_event": "Am Rand",
    "task": "Schritt", "user_task": "Aufgabe", "service_task": "Automatisch", "receive_task": "Wartet", "business_rule_task": "Tabelle",
    "script_task": "Berechnung", "call_activity": "Ruft Prozess", "subprocess": "Abschnitt", "event_subprocess": "Jederzeit",
    "exclusive_gateway": "Verzweigung", "parallel_gateway": "Gleichzeitig", "inclusive_gateway": "Verzweigung, auch mehrere",
    "event_gateway": "Was zuerst kommt",
}  # fmt: skip
EVENTS: dict[str, str] = {
    "message": "Nachricht", "timer": "Frist", "signal": "Signal", "error": "Fehler", "escalation": "Eskalation", "conditional": "Bedingung",
    "terminate": "beendet alles", "link": "Sprung",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One element; `following` are (what the flow says, label of its target), `inside` the label of the section it stands in."""

    id: str
    label: str
    kind: str
    who: str
    inside: str
    documentation: str
    following: tuple[tuple[str, str], ...]


def of(process: model.Process) -> list[Row]:
    """Return the rows of a process in the order of the file, sections followed by what they contain; nameless joins are left out."""
    return list(_rows(process.elements, process.flows, ""))


def _rows(elements: tuple[model.Element, ...], flows: tuple[model.Flow, ...], inside: str) -> Iterator[Row]:
    labels = {element.id: _label(element) for element in elements}
    joins = {element.id for element in elements if not element.label and sum(flow.source == element.id for flow in flows) == 1}
    ways = {flow.source: flow.target for flow in flows if flow.source in joins}
    for element in elements:
        if element.id in joins and element.kind.endswith("gateway"):
            continue
        following = tuple(
            (_says(flow, element), labels.get(_behind(flow.target, ways), flow.target)) for flow in flows if flow.source == element.id
        )
        yield Row(element.id, _label(element), _kind(element, labels), _who(element), inside, element.documentation, following)
        yield from _rows(element.children, element.flows, _label(element))


def _behind(target: str, ways: dict[str, str]) -> str:
    """Return where a flow really leads: nameless joins only bring flows together."""
    seen: set[str] = set()
    while target in ways and target not in seen:
        seen.add(target)
        target = ways[target]
    return target


def _label(element: model.Element) -> str:
    return element.label or (f"({KINDS.get(element.kind, element.kind)})" if element.kind.endswith(("gateway", "event")) else element.id)


def _kind(element: model.Element, labels: dict[str, str]) -> str:
    kind = KINDS.get(element.kind, element.kind)
    if element.event is not None and element.event.kind in EVENTS:
        kind += f": {EVENTS[element.event.kind]}"
    if element.attached_to:
        kind += f", an „{labels.get(element.attached_to, element.attached_to)}“"
    if element.called:
        kind += f" „{wording.process(element.called)}“"
    return kind


def _who(element: model.Element) -> str:
    groups = element.assignment.candidate_groups
    return wording.groups(tuple(name.strip(' "') for name in groups.source.split(","))) if groups is not None else ""


def _says(flow: model.Flow, source: model.Element) -> str:
    if flow.label:
        return flow.label
    if source.default_flow == flow.id:
        return "sonst"
    return flow.condition.source if flow.condition is not None else ""
