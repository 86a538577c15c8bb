"""Findings about two events of which only one can have the message both wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.spiff import model
from engine.spiff.checks.gathered import Gathered


def check(check_: Gathered, elements: Sequence[model.Element], out: Mapping[str, Sequence[model.Flow]]) -> None:
    """Tell a second event that waits for the same message at the same activity, behind the same gateway, or to begin in the same scope.

    Whichever of the two is told first ends the other; Camunda refuses such a diagram too.
    """
    by_id = {element.id: element for element in elements}
    for element in elements:
        if element.kind in model.ACTIVITIES:
            attached = [other for other in elements if other.kind == "boundary_event" and other.attached_to == element.id]
            _told_apart(check_, [*([element] if element.kind == "receive_task" else []), *attached])
        elif element.kind == "event_gateway":
            _told_apart(check_, [by_id[flow.target] for flow in out[element.id] if flow.target in by_id])
    handlers = [element.children for element in elements if element.kind == "event_subprocess"]
    _told_apart(check_, [start for inside in handlers for start in inside if start.kind == "start_event"])


def _told_apart(check_: Gathered, waiting: Iterable[model.Element]) -> None:
    seen: dict[tuple[str | None, ...], model.Element] = {}
    for element in waiting:
        event = element.event
        if event is None or event.kind != "message" or event.name is None:
            continue
        correlation = event.correlation.source if event.correlation else element.properties.get("correlation_key")
        other = seen.setdefault((event.name.source, correlation), element)
        if other is not element:
            text = f"„{other.label or other.id}“ wartet hier schon auf die Nachricht „{event.name.source}“; wer sie bekäme, wäre Zufall."
            check_.add(element, text, "Bitte verschiedene Nachrichten verwenden oder eines der Ereignisse entfernen.")
