"""What a designer calls the parts of a diagram."""

from __future__ import annotations

from engine.spiff import model

KINDS: dict[str, str] = {
    "start_event": "Startereignis", "end_event": "Endereignis", "catch_event": "Zwischenereignis", "throw_event": "auslösendes Ereignis",
    "boundary_event": "angeheftetes Ereignis", "task": "Aufgabe", "user_task": "Benutzeraufgabe", "service_task": "Serviceaufgabe",
    "receive_task": "Empfangsaufgabe", "business_rule_task": "Geschäftsregelaufgabe", "script_task": "Skriptaufgabe",
    "call_activity": "Aufrufaktivität", "subprocess": "Teilprozess", "event_subprocess": "Ereignis-Teilprozess",
    "exclusive_gateway": "exklusives Gateway", "parallel_gateway": "paralleles Gateway", "inclusive_gateway": "inklusives Gateway",
    "event_gateway": "ereignisbasiertes Gateway",
}  # fmt: skip
EVENTS: dict[str, str] = {
    "message": "Nachricht", "timer": "Zeit", "signal": "Signal", "error": "Fehler", "escalation": "Eskalation", "conditional": "Bedingung",
    "terminate": "Terminierung", "link": "Link",
}  # fmt: skip


def of(element: model.Element) -> str:
    """Return what the element is, e.g. `Benutzeraufgabe` or `angeheftetes Ereignis (Zeit)`."""
    event = EVENTS.get(element.event.kind) if element.event is not None else None
    word = KINDS.get(element.kind, element.kind)
    return f"{word} ({event})" if event and element.kind.endswith("_event") else word


def shown(element: model.Element) -> str:
    """Return the element's label in quotation marks, or its id where it has none."""
    return f"„{element.label or element.id}“"
