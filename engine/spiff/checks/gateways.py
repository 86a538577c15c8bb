"""Findings about gateways: conditions that are missing or never looked at, what stands behind an event-based one."""

from __future__ import annotations

from collections.abc import Mapping

from engine.spiff import model
from engine.spiff.checks.gathered import Gathered


def check(check_: Gathered, element: model.Element, by_id: Mapping[str, model.Element], out: list[model.Flow]) -> None:
    if element.kind in ("exclusive_gateway", "inclusive_gateway") and len(out) > 1:
        for flow in out:
            if flow.condition is None and flow.id != element.default_flow:
                check_.add(
                    flow, "Dem Sequenzfluss fehlt die Bedingung.", "Bitte eine Bedingung eintragen oder ihn zum Standardfluss machen."
                )
        if not element.default_flow:
            text = "Trifft keine Bedingung zu, bleibt der Fall hier stehen: Es gibt keinen Standardfluss."
            check_.add(element, text, "Bitte einen Standardfluss setzen.", warning=True)
    if element.kind == "parallel_gateway" and any(flow.condition for flow in out):
        check_.add(
            element,
            "Ein paralleles Gateway wertet keine Bedingungen aus.",
            "Bitte die Bedingungen entfernen oder ein inklusives Gateway verwenden.",
        )
    if element.kind == "event_gateway":
        if len(out) < 2:
            check_.add(element, "Ein ereignisbasiertes Gateway braucht mindestens zwei Ereignisse.", "Bitte ergänzen.")
        for flow in out:
            target = by_id.get(flow.target)
            if target is not None and target.kind == "receive_task":
                if target.loop is not None or any(other.attached_to == target.id for other in by_id.values()):
                    text = (
                        "Eine Empfangsaufgabe hinter einem ereignisbasierten Gateway steht ohne angeheftete Ereignisse und ohne Schleife."
                    )
                    check_.add(target, text, "Bitte stattdessen ein weiteres Ereignis hinter dem Gateway zeichnen.")
            elif target is not None and not (
                target.kind == "catch_event" and target.event and target.event.kind in ("message", "timer", "signal", "conditional")
            ):
                check_.add(
                    target,
                    "Hinter einem ereignisbasierten Gateway stehen nur Zwischenereignisse und Empfangsaufgaben.",
                    "Bitte ein Nachrichten- oder Zeitereignis zeichnen.",
                )
    if element.kind in model.GATEWAYS and not out:
        check_.add(element, "Aus dem Gateway führt kein Weg hinaus.", "Bitte mindestens einen Sequenzfluss zeichnen.")
