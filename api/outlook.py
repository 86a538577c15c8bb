"""What follows when a task is done, in words and from the diagram: the steps up to the next choice, and where each choice leads."""

from __future__ import annotations

from dataclasses import dataclass

from engine.spiff import definition, nodes

SHOWN_STEPS = 4  # then somebody else is at work, and the diagram tells the rest
RESTS = frozenset({"user_task", "receive_task", "event_gateway", "catch_event", "parallel_gateway"})
WAYS = frozenset({"exclusive_gateway", "inclusive_gateway"})


@dataclass(frozen=True, slots=True)
class Branch:
    """`choice` is what the flow says ("vollstrecken"), `steps` the labels of what comes then."""

    choice: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """`steps` come in any case; then `question` sends the token over one of `branches`; `meanwhile` may happen before it is done."""

    steps: tuple[str, ...] = ()
    question: str = ""
    branches: tuple[Branch, ...] = ()
    meanwhile: tuple[Branch, ...] = ()


def of(drawn: definition.Definition, element_id: str) -> Outlook:
    """Return what follows from an element; nothing where it is not drawn."""
    start = next((node for node in drawn.nodes() if node.element.id == element_id), None)
    if start is None:
        return Outlook()
    meanwhile = [drawn.node(name) for name in start.boundaries]
    steps, way = _follow(drawn, start)
    return Outlook(
        steps=tuple(steps),
        question=way.element.label if way else "",
        branches=_branches(drawn, way) if way else (),
        meanwhile=tuple(Branch(node.element.label or node.element.id, tuple(_follow(drawn, node)[0])) for node in meanwhile),
    )


def _branches(drawn: definition.Definition, way: nodes.Node) -> tuple[Branch, ...]:
    found = []
    for flow, target in way.out:
        words = flow.label or ("sonst" if flow.id == way.element.default_flow else flow.condition.source if flow.condition else "weiter")
        steps, further = _from(drawn, drawn.node(target))
        found.append(Branch(words, (*steps, *_question(further))))
    return tuple(found)


def _question(way: nodes.Node | None) -> tuple[str, ...]:
    """Return the next question with its answers, where it is drawn with one."""
    if way is None or not way.element.label:
        return ()
    answers = ", ".join(flow.label for flow, _ in way.out if flow.label)
    return (f"{way.element.label} ({answers})" if answers else way.element.label,)


def _follow(drawn: definition.Definition, node: nodes.Node) -> tuple[list[str], nodes.Node | None]:
    if len(node.out) != 1:
        return [], None
    return _from(drawn, drawn.node(node.out[0][1]))


def _from(drawn: definition.Definition, node: nodes.Node) -> tuple[list[str], nodes.Node | None]:
    """Return the labels from a node on, and the choice they end at."""
    steps: list[str] = []
    seen: set[str] = set()
    while node.name not in seen and len(steps) < SHOWN_STEPS:
        seen.add(node.name)
        element = node.element
        if element.kind in WAYS and len(node.out) > 1:
            return steps, node
        if element.label and element.kind not in WAYS:
            steps.append(element.label)
        if element.kind == "end_event":
            node = _behind(drawn, node) or node
        elif element.kind not in RESTS and len(node.out) == 1:
            node = drawn.node(node.out[0][1])
    return steps, None


def _behind(drawn: definition.Definition, end: nodes.Node) -> nodes.Node | None:
    """Return what comes when the end of a subprocess or called process is reached; nothing behind a watcher or a real end."""
    event = end.element.event
    if not end.path or (event is not None and event.kind != "none"):
        return None
    caller = drawn.node(end.path)
    return drawn.node(caller.out[0][1]) if caller.element.kind in ("subprocess", "call_activity") and len(caller.out) == 1 else None
