"""Findings about ways through a scope: links without a target, what nobody reaches, circles on which nothing waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.spiff import model
from engine.spiff.checks.gathered import Gathered

WAITING = frozenset({"user_task", "service_task", "receive_task", "call_activity"})  # what a called process does is not looked at
Way = tuple[str | None, str]  # the flow (None: a link), and where it leads


def of(check_: Gathered, elements: tuple[model.Element, ...], out: Mapping[str, list[model.Flow]]) -> dict[str, list[Way]]:
    """Return element -> its ways on: flows, and from a throwing link event to the catching one."""
    links: dict[str, str] = {}
    for element in elements:
        if element.kind == "catch_event" and element.event and element.event.kind == "link" and element.event.name:
            name = element.event.name.source
            if name in links:
                check_.add(element, f"Der Link „{name}“ hat zwei Ziele.", "Bitte jedes fangende Linkereignis anders benennen.")
            links.setdefault(name, element.id)
    ways: dict[str, list[Way]] = {element.id: [(flow.id, flow.target) for flow in out[element.id]] for element in elements}
    for element in elements:
        if element.kind == "throw_event" and element.event and element.event.kind == "link" and element.event.name:
            name = element.event.name.source
            if name in links:
                ways[element.id].append((None, links[name]))
            else:
                text = f"Zum Link „{name}“ fehlt das Gegenstück."
                check_.add(element, text, "Bitte ein fangendes Linkereignis gleichen Namens zeichnen.")
    return ways


def reachable(check_: Gathered, elements: tuple[model.Element, ...], ways: Mapping[str, list[Way]]) -> None:
    reached: set[str] = set()
    todo = [element.id for element in elements if element.kind in ("start_event", "event_subprocess")]
    boundaries: dict[str, list[str]] = {}
    for element in elements:
        if element.attached_to:
            boundaries.setdefault(element.attached_to, []).append(element.id)
    while todo:
        current = todo.pop()
        if current not in reached and current in ways:
            reached.add(current)
            todo += [target for _, target in ways[current]] + boundaries.get(current, [])
    for element in elements:
        if element.id not in reached:
            check_.add(element, "Das Element wird nie erreicht.", "Bitte verbinden oder entfernen.")


def circles(
    check_: Gathered, elements: tuple[model.Element, ...], ways: Mapping[str, list[Way]], into: Mapping[str, list[model.Flow]]
) -> None:
    """Find circles on which nothing waits: they would spin until the step's budget ends them. Told at their gateways, where they have some."""
    passing = {element.id: element for element in elements if not _waits(element)}
    joins = {name: {flow.id for flow in into[name]} for name, element in passing.items() if element.kind == "parallel_gateway"}
    after = {name: _passed_after(name, passing, ways, joins) for name in passing}
    for name, element in passing.items():
        beside = [other for other in after[name] if name in after[other]]
        if beside and (element.kind in model.GATEWAYS or not any(passing[other].kind in model.GATEWAYS for other in beside)):
            text = "Die Schleife hat keinen Halt: Auf diesem Rundweg wartet nichts."
            check_.add(element, text, "Bitte eine Aufgabe oder ein Ereignis in die Schleife legen.")


def _passed_after(start: str, passing: Collection[str], ways: Mapping[str, list[Way]], joins: Mapping[str, set[str]]) -> set[str]:
    """Return what is passed behind an element before anything waits; a parallel join only where every way into it is."""
    seen: set[str] = set()
    filled: dict[str, set[str | None]] = {}
    todo = list(ways[start])
    while todo:
        flow, target = todo.pop()
        if target not in passing or target in seen:
            continue
        filled.setdefault(target, set()).add(flow)
        if filled[target] >= joins.get(target, set()):
            seen.add(target)
            todo += ways[target]
    return seen


def _waits(element: model.Element) -> bool:
    """Return whether a token stays at an element, or somewhere inside it."""
    event = element.event
    if element.kind == "catch_event":
        return event is not None and event.kind != "link"
    if element.kind == "subprocess":
        return any(_waits(inner) for inner in model.walk(element.children))
    return element.kind in WAITING or (event is not None and event.external)
