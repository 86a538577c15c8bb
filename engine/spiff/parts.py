"""The parts of a BPMN element that every dialect draws alike: documentation, event definitions, times, conditions, loops."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lxml import etree

from engine import feel, values, xml
from engine.spiff import model, schedule
from engine.spiff.expressions import Expression, literal

if TYPE_CHECKING:
    from engine.spiff.reader import Reader

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
EVENTS: dict[str, model.EventKind] = {
    "messageEventDefinition": "message", "timerEventDefinition": "timer", "signalEventDefinition": "signal",
    "errorEventDefinition": "error", "escalationEventDefinition": "escalation", "conditionalEventDefinition": "conditional",
    "terminateEventDefinition": "terminate", "linkEventDefinition": "link",
}  # fmt: skip
TIMES: dict[str, tuple[model.TimerKind, Callable[[object], object]]] = {
    "timeDate": ("date", schedule.instant_of), "timeDuration": ("duration", schedule.duration_of), "timeCycle": ("cycle", schedule.cycle_of),
}  # fmt: skip
REFUSED_EVENTS = {
    "compensate": (
        "Kompensation wird nicht ausgeführt.",
        "Bitte den Ausgleich als gewöhnlichen Weg zeichnen, z. B. hinter einem Fehlerereignis.",
    ),
    "cancel": ("Der Abbruch einer Transaktion wird nicht ausgeführt.", "Bitte einen Teilprozess mit Fehlerereignissen verwenden."),
}
MAX_INSTANCES = 1000
MAX_RETRIES = 100
ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
CLOCKS = frozenset({"now", "today"})
NO_DATE = 'Bitte ein Datum wie date("2026-12-01"), eine Dauer wie duration("P14D") oder eine Variable angeben.'
MAX_PRIORITY = 32_000  # the column is a smallint


def documentation(element: etree._Element) -> str:
    """Return the text of the element's documentation."""
    return "\n".join((child.text or "").strip() for child in element.findall(f"{BPMN}documentation"))


# ---------------------------------------------------------------- events
def event_definition(reader: Reader, element: etree._Element) -> model.EventDefinition:
    """Return what an event waits for or throws."""
    drawn = [child for child in element.iterchildren("*") if xml.local(child).endswith("EventDefinition")]
    if not drawn:
        return model.EventDefinition("none")
    if len(drawn) > 1:
        reader.fault(element, "Das Ereignis hat mehrere Auslöser.", "Bitte für jeden Auslöser ein eigenes Ereignis zeichnen.")
    definition = drawn[0]
    kind = EVENTS.get(xml.local(definition))
    if kind is None:
        name = xml.local(definition).removesuffix("EventDefinition")
        reader.fault(
            element, *REFUSED_EVENTS.get(name, (f"Ein Ereignis der Art „{name}“ wird nicht ausgeführt.", "Bitte ein anderes verwenden."))
        )
        return model.EventDefinition("none")
    if kind == "timer":
        return _timer(reader, element, definition)
    if kind == "conditional":
        return _conditional(reader, element, definition)
    if kind == "link":
        return model.EventDefinition("link", name=literal(definition.get("name", "")))
    if kind == "terminate":
        return model.EventDefinition("terminate")
    return _named(reader, element, definition, kind)


def message_of(reader: Reader, element: etree._Element) -> model.EventDefinition:
    """Return the message a receive task waits for or a send task throws."""
    return _named(reader, element, element, "message")


def _named(reader: Reader, element: etree._Element, definition: etree._Element, kind: model.EventKind) -> model.EventDefinition:
    register, attribute, german = {
        "message": (reader.messages, "messageRef", "Nachricht"),
        "signal": (reader.signals, "signalRef", "Signal"),
        "error": (reader.errors, "errorRef", "Fehler"),
        "escalation": (reader.escalations, "escalationRef", "Eskalation"),
    }[kind]
    reference = definition.get(attribute)
    target = register.get(reference) if reference else None
    name_text: str | None = None
    if target is not None:
        name_text = target.get({"error": "errorCode", "escalation": "escalationCode"}.get(kind, "name"))
    elif reference:
        reader.fault(element, f"Die Referenz „{reference}“ ({german}) gibt es in der Datei nicht.", f"Bitte eine {german} auswählen.")
    catches_all = kind in ("error", "escalation") and xml.local(element) in ("boundaryEvent", "startEvent")
    if not name_text and not catches_all and (target is not None or not reference):
        what = "keinen Code" if kind in ("error", "escalation") else "keinen Namen"
        remedy = f"Bitte {german} auswählen und benennen."
        reader.fault(element, f"Das Ereignis nennt {what} ({german}).", remedy)
    return model.EventDefinition(kind, name=reader.expression(element, name_text, german) if name_text else None)


def _timer(reader: Reader, element: etree._Element, definition: etree._Element) -> model.EventDefinition:
    for tag, (kind, check) in TIMES.items():
        drawn = definition.find(BPMN + tag)
        text = (drawn.text or "").strip() if drawn is not None else ""
        if not text:
            continue
        expression = reader.expression(element, text, "Zeit", language=drawn.get("language", "") if drawn is not None else "")
        spring = kind == "cycle" and reader.platform == "camunda8"
        is_known, value = constant(reader, expression)
        if is_known and value is None:
            reader.fault(element, f"Die Zeit „{text}“ ergibt null.", NO_DATE)
        elif is_known:
            try:
                check(schedule.from_spring(value) if spring else value)
            except schedule.BadSchedule as fault:
                reader.fault(element, str(fault), "Bitte die Zeitangabe berichtigen.")
        if kind == "cycle" and xml.local(element) == "intermediateCatchEvent":
            reader.fault(element, "Ein Zwischenereignis kann keinen Zyklus haben.", "Bitte Datum oder Dauer angeben.")
        return model.EventDefinition("timer", timer_kind=kind, spring_cron=spring, timer=expression)
    reader.fault(element, "Dem Zeitereignis fehlt die Zeit.", "Bitte Datum, Dauer oder Zyklus angeben, z. B. =mahnfrist_bis.")
    return model.EventDefinition("timer")


def _conditional(reader: Reader, element: etree._Element, definition: etree._Element) -> model.EventDefinition:
    drawn = definition.find(f"{BPMN}condition")
    text = (drawn.text or "").strip() if drawn is not None else ""
    if drawn is None or not text:
        reader.fault(element, "Dem Bedingungsereignis fehlt die Bedingung.", "Bitte einen FEEL-Ausdruck eintragen.")
        return model.EventDefinition("conditional")
    condition = truth(reader, element, text, "Bedingung", language=drawn.get("language", ""))
    return model.EventDefinition("conditional", condition=condition)


def truth(reader: Reader, element: etree._Element, text: str, german: str, *, language: str = "") -> Expression | None:
    """Return a condition; a text that stands for itself would never hold and is a finding."""
    expression = reader.expression(element, text, german, language=language)
    if expression is not None and expression.kind == "literal":
        reader.fault(element, f"{german}: „{text}“ ist kein Ausdruck.", "Bitte „=“ davorsetzen oder als Sprache FEEL wählen.")
        return None
    return expression


# ---------------------------------------------------------------- loops
def loop(reader: Reader, element: etree._Element) -> model.Loop | None:
    """Return the loop of an activity; the list it runs over is drawn in each dialect's own way."""
    standard = element.find(f"{BPMN}standardLoopCharacteristics")
    if standard is not None:
        drawn = standard.find(f"{BPMN}loopCondition")
        text = (drawn.text or "").strip() if drawn is not None else ""
        maximum = standard.get("loopMaximum")
        if not text and not maximum:
            reader.fault(element, "Der Schleife fehlen Bedingung und Höchstzahl.", "Bitte eine Bedingung oder „loopMaximum“ angeben.")
        condition = truth(reader, element, text, "Schleifenbedingung") if text else None
        limit = values.whole(maximum)
        if maximum and limit is None:
            reader.fault(element, f"„loopMaximum“ ist keine ganze Zahl: „{maximum}“.", "Bitte eine ganze Zahl angeben.")
        return model.Loop(standard=True, condition=condition, test_before=standard.get("testBefore") == "true", maximum=limit)
    drawn_loop = element.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if drawn_loop is None:
        return None
    cardinality_text = (drawn_loop.findtext(f"{BPMN}loopCardinality") or "").strip()
    completion_text = (drawn_loop.findtext(f"{BPMN}completionCondition") or "").strip()
    number = values.whole(cardinality_text)
    if cardinality_text and not cardinality_text.startswith(("=", "${", "#{")) and (number is None or number > MAX_INSTANCES):
        remedy = f"Bitte eine ganze Zahl bis {MAX_INSTANCES} oder einen Ausdruck angeben, z. B. =count(forderungen)."
        reader.fault(element, f"Die Anzahl „{cardinality_text}“ ist keine ganze Zahl zwischen 0 und {MAX_INSTANCES}.", remedy)
        cardinality_text = ""
    if number is not None and cardinality_text:
        cardinality_text = f"={number}"
    return model.Loop(
        standard=False,
        sequential=drawn_loop.get("isSequential") == "true",
        cardinality=reader.expression(element, cardinality_text, "Anzahl") if cardinality_text else None,
        completion=truth(reader, element, completion_text, "Abschlussbedingung") if completion_text else None,
    )


# ---------------------------------------------------------------- dates and priorities
def constant(reader: Reader, expression: Expression | None) -> tuple[bool, object]:
    """Return (whether an expression always gives the same, that value): it is a text, or names no variable and no clock."""
    if expression is None or expression.compiled is None:
        return expression is not None, expression.source if expression is not None else None
    if expression.names or expression.calls_juel or expression.calls & CLOCKS:
        return False, None
    try:
        return True, expression.value({}, now=ANY_MOMENT, functions=reader.functions)[0]
    except feel.FeelError:
        return False, None


def date(reader: Reader, element: etree._Element, text: str, german: str, *, with_durations: bool = False) -> Expression | None:
    """Return a due or follow-up date; what is none is a finding. with_durations: `P3D` from the moment of the task is one."""
    expression = reader.expression(element, text, german)
    is_known, value = constant(reader, expression)
    if is_known and value is None:
        reader.fault(element, f"{german}: „{text}“ ergibt null.", NO_DATE, warning=True)
    elif is_known:
        try:
            schedule.due_of(value, ANY_MOMENT) if with_durations else schedule.instant_of(value)
        except schedule.BadSchedule as fault:
            kinds = "ein Zeitpunkt, eine Dauer wie P3D oder ein Ausdruck" if with_durations else "ein Zeitpunkt oder ein Ausdruck"
            reader.fault(element, f"{german}: {fault}", f"Erlaubt sind {kinds}, z. B. =frist_bis.")
    return expression


def priority(reader: Reader, element: etree._Element, text: str) -> Expression | None:
    """Return a priority; a text that is no whole number is a finding."""
    expression = reader.expression(element, text, "Priorität")
    if expression is not None and expression.kind == "literal" and (values.whole(text) is None or int(text) > MAX_PRIORITY):
        remedy = f"Bitte eine ganze Zahl von 0 bis {MAX_PRIORITY} oder einen Ausdruck angeben."
        reader.fault(element, f"Die Priorität „{text}“ ist keine ganze Zahl bis {MAX_PRIORITY}; es gilt 50.", remedy, warning=True)
    return expression
