"""Which place of one version of a diagram corresponds to which of another: by name, by likeness (a guess), or as a person says.

A place is a node's name in the definition: the ids of the calls and subprocesses around it and its own, joined by `/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from engine import errors
from engine.spiff import events, model, words
from engine.spiff.definition import Definition
from engine.spiff.nodes import Node

# A guess needs this much: a label half alike and the same form or neighbours, or a label that is nearly the same.
LIKE_ENOUGH = 0.75
SAME_WORK, SAME_NEIGHBOUR = 0.3, 0.2
SAME_ID = 1.0  # in another subprocess
ALWAYS_WAIT = frozenset({"user_task", "service_task", "receive_task", "call_activity", "subprocess", "event_subprocess"})


@dataclass(frozen=True, slots=True)
class Pair:
    """A place where an instance can stand, and where it would go on. certain: same name and kind; otherwise a guess."""

    source: str
    target: str | None
    certain: bool


def can_stand(definition: Definition, node: Node) -> bool:
    """Return whether an instance can wait at the node, or keep it while something inside it waits."""
    element = node.element
    if element.loop is not None or element.kind in ALWAYS_WAIT:
        return True
    event = element.event or events.NO_EVENT
    if element.kind in ("catch_event", "boundary_event"):
        return event.kind in events.WAIT_KINDS
    if element.kind == "start_event":
        return node.name in definition.container_of and event.kind in events.WAIT_KINDS
    if element.kind in ("throw_event", "end_event"):
        return event.external
    return element.kind in ("parallel_gateway", "inclusive_gateway") and len(node.incoming) > 1


def places(definition: Definition) -> dict[str, Node]:
    """Return the places where an instance of the definition can stand."""
    return {node.name: node for node in definition.nodes() if can_stand(definition, node)}


def resolve(source: Definition, target: Definition, drawn: Mapping[str, str | None]) -> dict[str, str]:
    """Return old place -> new place for all nodes: as drawn, and where nothing is drawn, the same name and kind in the same container.

    A boundary event follows its activity. Raises errors.InvalidInput with a message per entry that cannot be.
    """
    faults: dict[str, str] = {}
    found: dict[str, str] = {}
    old_nodes = {node.name: node for node in source.nodes()}
    new_nodes = {node.name: node for node in target.nodes()}
    for name in drawn:
        if name not in old_nodes:
            faults[name] = "Diese Stelle gibt es in der alten Fassung nicht."
    in_order = sorted(old_nodes, key=lambda name: old_nodes[name].element.kind == "boundary_event")  # and boundary events after all hosts
    for name in in_order:  # what is around comes before what is inside
        old = old_nodes[name]
        wanted = drawn[name] if name in drawn else _same(old, found)
        if wanted is None:
            continue
        new = new_nodes.get(wanted)
        reason = (
            f"„{wanted}“ gibt es in der neuen Fassung nicht."
            if new is None
            else _unlike(old, new) or _host_differs(old, new, found) or _elsewhere(old, new, source, target, found)
        )
        if reason is None:
            found[name] = wanted
        elif name in drawn:
            faults[name] = reason
    if faults:
        raise errors.InvalidInput("Die Zuordnung passt nicht zu den beiden Fassungen.", faults)
    return found


def propose(source: Definition, target: Definition) -> tuple[Pair, ...]:
    """Return for every place where an instance can stand the place where it would go on."""
    old, new = places(source), places(target)
    guessed: dict[str, str | None] = {}
    certain = resolve(source, target, {})
    around_old, around_new = _neighbours(source), _neighbours(target)
    for name, node in old.items():
        if name in certain:
            continue
        found = resolve(source, target, guessed)
        if name in found:  # its container was guessed, and it is the same in there
            continue
        taken = set(found.values())
        likeness = {
            other.name: _likeness(node, other, around_old[name] & around_new[other.name])
            for other in new.values()
            if other.name not in taken
            and _unlike(node, other) is None
            and _host_differs(node, other, found) is None
            and _elsewhere(node, other, source, target, found) is None
        }
        best = max(likeness, key=lambda key: (likeness[key], key), default=None)
        if best is not None and likeness[best] >= LIKE_ENOUGH:
            guessed[name] = best
    final = resolve(source, target, guessed)
    return tuple(Pair(name, final.get(name), name in certain) for name in old)


def _same(old: Node, found: Mapping[str, str]) -> str | None:
    """Return the name the place has where nothing was renamed but what is around it."""
    if old.element.kind == "boundary_event":
        host = found.get(_host(old))
        return None if host is None else f"{host.rpartition('/')[0]}/{old.element.id}".lstrip("/")
    if not old.path:
        return old.element.id
    around = found.get(old.path)
    return None if around is None else f"{around}/{old.element.id}"


def _unlike(old: Node, new: Node) -> str | None:
    """Return why one cannot go on as the other, or None."""
    one, other = old.element, new.element
    if words.of(one) != words.of(other) or _loop_of(one) != _loop_of(other):
        loops = (_loop_of(one), _loop_of(other)) if _loop_of(one) != _loop_of(other) else ("", "")
        return f"{words.shown(one)} ist {words.of(one)}{loops[0]}, {words.shown(other)} aber {words.of(other)}{loops[1]}."
    if (one.event or events.NO_EVENT).kind != (other.event or events.NO_EVENT).kind:
        return f"{words.shown(one)} und {words.shown(other)} warten auf Verschiedenes."
    return None


def _loop_of(element: model.Element) -> str:
    if element.loop is None:
        return " ohne Wiederholung"
    if element.loop.standard:
        return " mit Schleife"
    return " mit Mehrfachausführung nacheinander" if element.loop.sequential else " mit Mehrfachausführung nebeneinander"


def _elsewhere(old: Node, new: Node, source: Definition, target: Definition, found: Mapping[str, str]) -> str | None:
    """Return why the step cannot go on in the container of its new place, or None.

    Subprocesses may begin around a step or be left. A called process, an event subprocess and a loop may not: whoever is in there
    was given something that nobody else has. Nor does an event subprocess, or what starts it, change its container.
    """
    if old.element.kind == "boundary_event" or new.path == (found.get(old.path) if old.path else ""):
        return None
    if old.element.kind in ("start_event", "event_subprocess"):
        return f"{words.shown(new.element)} liegt in der neuen Fassung in einem anderen Teilprozess oder aufgerufenen Prozess."
    fixed, new_fixed = _fixed(source, old), _fixed(target, new)
    if (found.get(fixed) if fixed else "") == new_fixed:
        return None
    one, which, way = (target, new_fixed, "hinein") if new_fixed else (source, fixed, "hinaus")
    around = one.node(which).element
    return (
        f"{words.shown(new.element)} liegt in der neuen Fassung in einem anderen Teilprozess oder aufgerufenen Prozess: "
        f"{words.shown(around)} ist {words.of(around)}{_loop_of(around)}, dort kommt kein laufender Schritt {way}."
    )


def _fixed(definition: Definition, node: Node) -> str:
    """Return the innermost container around a node that no running step enters or leaves, or nothing where there is none."""
    path = node.path
    while path:
        around = definition.node(path)
        if around.element.kind != "subprocess" or around.element.loop is not None:
            return path
        path = around.path
    return ""


def _host_differs(old: Node, new: Node, found: Mapping[str, str]) -> str | None:
    if old.element.kind != "boundary_event":
        return None
    if found.get(_host(old)) == _host(new):
        return None
    return f"{words.shown(new.element)} ist in der neuen Fassung an eine andere Aktivität geheftet."


def _host(node: Node) -> str:
    return f"{node.path}/{node.element.attached_to}" if node.path else str(node.element.attached_to)


def _neighbours(definition: Definition) -> dict[str, set[str]]:
    """Return place -> ids of the elements before (`<x`) and after (`>x`) it."""
    around: dict[str, set[str]] = {node.name: set() for node in definition.nodes()}
    for node in definition.nodes():
        for _, target in node.out:
            around[node.name].add(f">{definition.node(target).element.id}")
            around[target].add(f"<{node.element.id}")
    return around


def _likeness(old: Node, new: Node, shared: set[str]) -> float:
    one, other = old.element, new.element
    like = SequenceMatcher(None, old.shown.casefold(), new.shown.casefold()).ratio()
    works = [(one.assignment.form, other.assignment.form), (_source(one.topic), _source(other.topic)), (one.called, other.called)]
    works.append((_source((one.event or events.NO_EVENT).name), _source((other.event or events.NO_EVENT).name)))
    if any(first is not None and first == second for first, second in works):
        like += SAME_WORK
    return like + SAME_NEIGHBOUR * len({mark[0] for mark in shared}) + (SAME_ID if one.id == other.id else 0)


def _source(expression: object) -> str | None:
    return getattr(expression, "source", None)
