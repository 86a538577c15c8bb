"""Findings about ways through a scope: links without their other half, what nobody reaches, circles on which nothing waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from engine.spiff import model
from engine.spiff.checks.gathered import Gathered

WAITING = frozenset({"user_task", "service_task", "receive_task", "call_activity"})  # what a called process does is not looked at
MAX_TURNING = 1000  # elements on circles; beyond that nothing is told: the search grows with the square
Way = tuple[str | None, str]  # the flow (None: a link), and where it leads


def of(elements: Sequence[model.Element], out: Mapping[str, list[model.Flow]]) -> dict[str, list[Way]]:
    """Return element -> its ways on: flows, and from a throwing link event to the catching one."""
    caught: dict[str, str] = {}
    for element in _links(elements, "catch_event"):
        caught.setdefault(_link_name(element), element.id)
    ways: dict[str, list[Way]] = {element.id: [(flow.id, flow.target) for flow in out[element.id]] for element in elements}
    for element in _links(elements, "throw_event"):
        if _link_name(element) in caught:
            ways[element.id].append((None, caught[_link_name(element)]))
    return ways


def links(check_: Gathered, elements: Sequence[model.Element]) -> None:
    """Tell link events without their other half, and two targets of one link."""
    thrown = {_link_name(element) for element in _links(elements, "throw_event")}
    caught: set[str] = set()
    for element in _links(elements, "catch_event"):
        name = _link_name(element)
        if name in caught:
            check_.add(element, f"Der Link „{name}“ hat zwei Ziele.", "Bitte jedes fangende Linkereignis anders benennen.")
        elif name not in thrown:
            text = f"Zum Link „{name}“ führt kein werfendes Linkereignis; hierher kommt niemand."
            check_.add(element, text, "Bitte ein werfendes Linkereignis gleichen Namens zeichnen.")
        caught.add(name)
    for element in _links(elements, "throw_event"):
        if _link_name(element) not in caught:
            text = f"Zum Link „{_link_name(element)}“ fehlt das Gegenstück."
            check_.add(element, text, "Bitte ein fangendes Linkereignis gleichen Namens zeichnen.")


def _links(elements: Sequence[model.Element], kind: str) -> list[model.Element]:
    return [element for element in elements if element.kind == kind and element.event is not None and element.event.kind == "link"]


def _link_name(element: model.Element) -> str:
    return element.event.name.source if element.event is not None and element.event.name is not None else ""


def reachable(check_: Gathered, elements: Sequence[model.Element], ways: Mapping[str, list[Way]]) -> None:
    """Tell what nobody reaches, and not again what stands behind it alone, or behind what is told as cut off already."""
    boundaries: dict[str, list[str]] = {}
    for element in elements:
        if element.attached_to in ways:
            boundaries.setdefault(element.attached_to or "", []).append(element.id)
    attached = {name for names in boundaries.values() for name in names}
    entered = {target for targets in ways.values() for _, target in targets}
    beginning = [element.id for element in elements if element.kind in ("start_event", "event_subprocess")]
    beginning += [element.id for element in elements if element.kind == "boundary_event" and element.id not in attached]
    beginning += [element.id for element in _links(elements, "catch_event")]
    if not any(element.kind == "start_event" for element in elements):
        beginning += [element.id for element in elements if element.id not in entered]
    reached = _from(beginning, ways, boundaries)
    lost = [element for element in elements if element.id not in reached]
    first = [element for element in lost if element.id not in entered and element.id not in attached]
    for element in [*first, *lost]:  # a circle that nobody enters has no first
        if element.id not in reached:
            behind = _from([element.id], ways, boundaries) - reached
            also = f" und {len(behind) - 1} dahinter ebenso wenig" if len(behind) > 1 else ""
            check_.add(element, f"Das Element wird nie erreicht{also}.", "Bitte verbinden oder entfernen.")
            reached |= behind


def _from(beginning: Sequence[str], ways: Mapping[str, list[Way]], boundaries: Mapping[str, list[str]]) -> set[str]:
    reached: set[str] = set()
    todo = list(beginning)
    while todo:
        current = todo.pop()
        if current not in reached and current in ways:
            reached.add(current)
            todo += [target for _, target in ways[current]] + boundaries.get(current, [])
    return reached


def circles(
    check_: Gathered, elements: tuple[model.Element, ...], ways: Mapping[str, list[Way]], into: Mapping[str, list[model.Flow]]
) -> None:
    """Find circles on which nothing waits: they would spin until the step's budget ends them. Told at their gateways, where they have some."""
    passing = {element.id: element for element in elements if not _waits(element)}
    joins = {name: {flow.id for flow in into[name]} for name, element in passing.items() if element.kind == "parallel_gateway"}
    turning = _turning(passing, ways)
    after = {name: _passed_after(name, turning, ways, joins) for name in turning} if len(turning) <= MAX_TURNING else {}
    for name in after:
        element, beside = passing[name], [other for other in after[name] if name in after[other]]
        if beside and (element.kind in model.GATEWAYS or not any(passing[other].kind in model.GATEWAYS for other in beside)):
            text = "Die Schleife hat keinen Halt: Auf diesem Rundweg wartet nichts."
            check_.add(element, text, "Bitte eine Aufgabe oder ein Ereignis in die Schleife legen.")


def _turning(passing: Collection[str], ways: Mapping[str, list[Way]]) -> list[str]:
    """Return the elements that can lie on a circle: what is left when ends and beginnings are taken away again and again."""
    behind = {name: {target for _, target in ways[name] if target in passing} for name in passing}
    before: dict[str, set[str]] = {name: set() for name in passing}
    for name, targets in behind.items():
        for target in targets:
            before[target].add(name)
    todo = [name for name in passing if not behind[name] or not before[name]]
    gone: set[str] = set()
    while todo:
        name = todo.pop()
        if name in gone:
            continue
        gone.add(name)
        for beside, back in ((behind[name], before), (before[name], behind)):
            for other in beside:
                back[other].discard(name)
                if not back[other]:
                    todo.append(other)
    return [name for name in passing if name not in gone]


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
        return any(_waits(inner) for inner in model.walk(element.children) if inner.kind != "subprocess")
    return element.kind in WAITING or (event is not None and event.external)
