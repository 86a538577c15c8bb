"""Findings about gateways and conditions on flows: missing ones, those nobody looks at, what stands behind an event-based gateway."""

from __future__ import annotations

from collections.abc import Mapping

from engine.spiff import model
from engine.spiff.checks.gathered import Gathered

CHOOSING = ("exclusive_gateway", "inclusive_gateway")
BEHIND_EVENT_GATEWAYS = ("message", "timer", "signal", "conditional")


def check(check_: Gathered, element: model.Element, by_id: Mapping[str, model.Element], out: list[model.Flow]) -> None:
    """Add what is wrong with the ways out of an element."""
    if element.kind == "parallel_gateway" and any(flow.condition for flow in out):
        remedy = "Bitte die Bedingungen entfernen oder ein inklusives Gateway verwenden."
        check_.add(element, "Ein paralleles Gateway wertet keine Bedingungen aus.", remedy)
    elif element.kind == "event_gateway":
        _event_gateway(check_, element, by_id, out)
    else:
        _conditions(check_, element, out)
    if element.kind in model.GATEWAYS and not out:
        check_.add(element, "Aus dem Gateway führt kein Weg hinaus.", "Bitte mindestens einen Sequenzfluss zeichnen.")


def _conditions(check_: Gathered, element: model.Element, out: list[model.Flow]) -> None:
    choosing = element.kind in CHOOSING
    told: dict[str, model.Flow] = {}
    for flow in out:
        source = flow.condition.source.strip() if flow.condition is not None else ""
        if flow.condition is None and flow.id != element.default_flow and choosing and len(out) > 1:
            remedy = "Bitte eine Bedingung eintragen oder ihn zum Standardfluss machen."
            check_.add(flow, "Dem Sequenzfluss fehlt die Bedingung.", remedy)
        elif flow.condition is not None and flow.id == element.default_flow:
            text = "Die Bedingung am Standardfluss wird nicht ausgewertet: Er gilt, wenn keine andere zutrifft."
            check_.add(flow, text, "Bitte die Bedingung entfernen oder einen anderen Standardfluss setzen.", warning=True)
        elif source and source in told and element.kind == "exclusive_gateway":
            other = told[source].label or told[source].id
            text = f"Hier steht dieselbe Bedingung wie an „{other}“; diesen Weg nimmt niemand."
            check_.add(flow, text, "Bitte eine der beiden Bedingungen berichtigen.", warning=True)
        told.setdefault(source, flow)
    if not element.default_flow and out and (all(flow.condition for flow in out) or (choosing and len(out) > 1)):
        text = "Trifft keine Bedingung zu, bleibt der Fall hier stehen: Es gibt keinen Standardfluss."
        check_.add(element, text, "Bitte einen Standardfluss setzen.", warning=True)


def _event_gateway(check_: Gathered, element: model.Element, by_id: Mapping[str, model.Element], out: list[model.Flow]) -> None:
    if len(out) == 1:
        text = "Ein ereignisbasiertes Gateway braucht mindestens zwei Ereignisse."
        check_.add(element, text, "Bitte ergänzen oder das Gateway weglassen.")
    for flow in out:
        target = by_id.get(flow.target)
        if target is None:
            continue
        if target.kind == "receive_task":
            if target.loop is not None or any(other.attached_to == target.id for other in by_id.values()):
                text = "Eine Empfangsaufgabe hinter einem ereignisbasierten Gateway steht ohne angeheftete Ereignisse und ohne Schleife."
                check_.add(target, text, "Bitte stattdessen ein weiteres Ereignis hinter dem Gateway zeichnen.")
        elif target.kind != "catch_event" or target.event is None or target.event.kind not in BEHIND_EVENT_GATEWAYS:
            text = "Hinter einem ereignisbasierten Gateway stehen nur Zwischenereignisse und Empfangsaufgaben."
            check_.add(target, text, "Bitte ein Nachrichten- oder Zeitereignis zeichnen.")
