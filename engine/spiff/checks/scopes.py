"""Findings about what one scope draws: its starts, its flows, where events hang."""

from __future__ import annotations

from collections.abc import Mapping

from engine.spiff import model
from engine.spiff.checks import gateways, joins, references, rivals, ways
from engine.spiff.checks.gathered import Gathered


def check(
    check_: Gathered, owner: model.Process | model.Element, elements: tuple[model.Element, ...], flows: tuple[model.Flow, ...], *, top: bool
) -> None:
    by_id = {element.id: element for element in elements}
    out: dict[str, list[model.Flow]] = {element.id: [] for element in elements}
    into: dict[str, list[model.Flow]] = {element.id: [] for element in elements}
    for flow in flows:
        for end, register in ((flow.source, out), (flow.target, into)):
            if end not in by_id:
                check_.add(flow, f"Der Sequenzfluss hängt an „{end}“, das es hier nicht gibt.", "Bitte den Fluss neu verbinden.")
            else:
                register[end].append(flow)
    _starts(check_, owner, elements, top=top)
    for element in elements:
        _element(check_, element, by_id, out[element.id], into[element.id])
        if element.kind in ("subprocess", "event_subprocess"):
            check(check_, element, element.children, element.flows, top=False)
    rivals.check(check_, elements, out)
    drawn = ways.of(elements, out)
    ways.links(check_, elements)
    ways.reachable(check_, elements, drawn)
    ways.circles(check_, elements, drawn, into)
    joins.check(check_, elements, drawn, into)


def _starts(check_: Gathered, owner: model.Process | model.Element, elements: tuple[model.Element, ...], *, top: bool) -> None:
    starts = [element for element in elements if element.kind == "start_event"]
    kinds = [start.event.kind if start.event else "none" for start in starts]
    if not starts:
        check_.add(owner, "Es gibt kein Startereignis.", "Bitte genau ein Startereignis zeichnen.")
    if kinds.count("none") > 1:
        check_.add(owner, "Es gibt mehrere einfache Startereignisse.", "Bitte nur eines zeichnen.")
    event_subprocess = isinstance(owner, model.Element) and owner.kind == "event_subprocess"
    if event_subprocess and (len(starts) != 1 or kinds == ["none"]):
        check_.add(
            owner,
            "Ein Ereignisteilprozess braucht genau ein Startereignis mit Auslöser.",
            "Bitte Nachricht, Zeit oder einen anderen Auslöser wählen.",
        )
    if not top and not event_subprocess:
        for start in starts:
            if start.event and start.event.kind != "none":
                check_.add(start, "Ein Teilprozess beginnt immer ohne Auslöser.", "Bitte ein einfaches Startereignis verwenden.")
    if top:
        for start in starts:
            if start.event and start.event.timer and start.event.timer.names:
                names = ", ".join(f"„{name}“" for name in sorted(start.event.timer.names))
                text = f"Die Zeit des Starts hängt von {names} ab; vor dem Start gibt es keine Werte."
                check_.add(start, text, "Bitte eine Zeit angeben, die ohne Variablen feststeht.")
            if start.event and start.event.name and start.event.name.kind != "literal":
                check_.add(
                    start,
                    "Der Name am Startereignis ist ein Ausdruck; vor dem Start gibt es keine Werte.",
                    "Bitte einen festen Namen verwenden.",
                )
            if start.event and start.event.kind in ("error", "escalation", "conditional"):
                check_.add(
                    start,
                    "Ein Prozess kann so nicht beginnen.",
                    "Bitte ein einfaches Startereignis, eine Nachricht, ein Signal oder eine Zeit verwenden.",
                )


def _element(
    check_: Gathered, element: model.Element, by_id: Mapping[str, model.Element], out: list[model.Flow], into: list[model.Flow]
) -> None:
    if element.kind == "event_subprocess" and (out or into):
        check_.add(element, "Ein Ereignisteilprozess hat keine Sequenzflüsse.", "Bitte die Flüsse entfernen.")
    if element.kind == "start_event" and into:
        check_.add(element, "In ein Startereignis führt kein Sequenzfluss.", "Bitte den Fluss entfernen.")
    if element.kind == "end_event" and out:
        check_.add(element, "Aus einem Endereignis führt kein Sequenzfluss.", "Bitte den Fluss entfernen.")
    if element.kind == "boundary_event":
        host = by_id.get(element.attached_to or "")
        if host is None or host.kind not in model.ACTIVITIES:
            check_.add(
                element, "Das angeheftete Ereignis hängt an keiner Aktivität.", "Bitte an eine Aufgabe oder einen Teilprozess heften."
            )
        _caught_twice(check_, element, by_id)
        if not element.interrupting and element.event and element.event.kind == "error":
            check_.add(element, "Ein Fehlerereignis unterbricht immer.", "Bitte das Ereignis als unterbrechend zeichnen.")
        if element.event and element.event.kind in ("none", "terminate", "link"):
            check_.add(element, "Das angeheftete Ereignis hat keinen Auslöser.", "Bitte einen Auslöser wählen.")
    if element.kind == "catch_event" and (not element.event or element.event.kind in ("none", "error", "escalation", "terminate")):
        check_.add(element, "Das Zwischenereignis hat keinen Auslöser.", "Bitte Nachricht, Zeit, Signal oder Bedingung wählen.")
    if element.default_flow and element.default_flow not in {flow.id for flow in out}:
        check_.add(element, f"Der Standardfluss „{element.default_flow}“ geht nicht von hier aus.", "Bitte den Standardfluss neu setzen.")
    if not element.interrupting and element.event and element.event.kind == "conditional" and not element.event.watched:
        text = "Das Bedingungsereignis löst nach jeder Änderung irgendeiner Variablen wieder aus, solange die Bedingung gilt."
        check_.add(element, text, "Bitte „Variable name“ angeben, wenn nur eine Variable zählt.", warning=True)
    gateways.check(check_, element, by_id, out)
    references.check(check_, element)


def _caught_twice(check_: Gathered, element: model.Element, by_id: Mapping[str, model.Element]) -> None:
    """Tell a second error or escalation event of the same code at the same activity: only the first would ever catch."""
    event = element.event
    if event is None or event.kind not in ("error", "escalation"):
        return
    code = event.name.source if event.name else None
    for other in by_id.values():
        if other is element:
            return
        same = (
            other.event is not None and other.event.kind == event.kind and (other.event.name.source if other.event.name else None) == code
        )
        if same and other.attached_to == element.attached_to and other.kind == "boundary_event":
            shown = f"den Code „{code}“" if code else "jeden Code"
            text = f"„{other.label or other.id}“ fängt hier schon {shown}; dieses Ereignis fängt nie."
            check_.add(element, text, "Bitte entfernen oder einen anderen Code wählen.")
            return
