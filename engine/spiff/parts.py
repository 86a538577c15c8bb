"""The parts of a BPMN element: event definitions, work, decisions, calls, assignment, parameters, loops (Camunda 7 attributes)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from engine import values, xml
from engine.spiff import model, schedule
from engine.spiff.expressions import Expression, literal

if TYPE_CHECKING:
    from engine.spiff.reader import Reader

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
EXTERNAL = "Bitte als Implementierung „External“ wählen und ein Topic angeben."
EVENTS: dict[str, model.EventKind] = {
    "messageEventDefinition": "message", "timerEventDefinition": "timer", "signalEventDefinition": "signal",
    "errorEventDefinition": "error", "escalationEventDefinition": "escalation", "conditionalEventDefinition": "conditional",
    "terminateEventDefinition": "terminate", "linkEventDefinition": "link",
}  # fmt: skip
MAPPINGS = ("singleEntry", "singleResult", "collectEntries", "resultList")
MAX_INSTANCES = 1000
MAX_RETRIES = 100


@dataclass(frozen=True, slots=True)
class DecisionCall:
    decision: str | None
    binding: str
    mapping: str
    result_variable: str | None


@dataclass(frozen=True, slots=True)
class Call:
    called: str | None
    binding: str
    inputs: tuple[model.CallMapping, ...]
    outputs: tuple[model.CallMapping, ...]


NO_DECISION = DecisionCall(None, "latest", "resultList", None)
NO_CALL = Call(None, "latest", (), ())


def camunda(element: etree._Element, name: str) -> str | None:
    """Return a `camunda:` attribute."""
    value = element.get(CAMUNDA + name)
    return None if value is None else str(value)


def _extension(element: etree._Element, name: str) -> etree._Element | None:
    return element.find(f"{BPMN}extensionElements/{CAMUNDA}{name}")


def documentation(element: etree._Element) -> str:
    """Return the text of the element's documentation."""
    return "\n".join((child.text or "").strip() for child in element.findall(f"{BPMN}documentation"))


def properties(element: etree._Element) -> dict[str, str]:
    """Return the extension properties."""
    drawn = element.findall(f"{BPMN}extensionElements/{CAMUNDA}properties/{CAMUNDA}property")
    return {item.get("name", ""): item.get("value", "") for item in drawn if item.get("name")}


def history_days(reader: Reader, element: etree._Element) -> int | None:
    """Return how many days a finished instance is to be kept at least, as drawn."""
    text = camunda(element, "historyTimeToLive")
    if text is None or not text.strip():
        return None
    days = values.whole(text)
    if days is not None:
        return days
    try:
        return schedule.duration_of(text).at_least_days
    except schedule.BadSchedule:
        reader.fault(element, f"„historyTimeToLive“ ist keine Dauer: „{text}“.", "Bitte Tage als Zahl oder z. B. P3650D angeben.")
        return None


def retries(element: etree._Element) -> int:
    """Return how often a job is tried: the count of `failedJobRetryTimeCycle` (R5/PT5M), else 3."""
    drawn = _extension(element, "failedJobRetryTimeCycle")
    text = (drawn.text or "").strip() if drawn is not None else ""
    match = schedule.CYCLE.fullmatch(text)
    return min(max(1, int(match.group(1))), MAX_RETRIES) if match and match.group(1) else 3


def listeners(reader: Reader, element: etree._Element) -> None:
    """Refuse listeners, connectors and fields: nothing of them would run, and nothing is ignored silently."""
    names = {"executionListener": "Execution Listener", "taskListener": "Task Listener", "connector": "Connector", "field": "Feldinjektion"}
    for tag, name in names.items():
        for drawn in element.findall(f"{BPMN}extensionElements/{CAMUNDA}{tag}"):
            reader.fault(
                drawn, f"„{name}“ wird nicht ausgeführt.", "Bitte das Verhalten als eigenes Element zeichnen (z. B. externe Aufgabe)."
            )


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
        reader.fault(element, f"Ein Ereignis der Art „{name}“ wird nicht ausgeführt.", "Bitte ein anderes Ereignis verwenden.")
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


def receive_event(reader: Reader, element: etree._Element) -> model.EventDefinition:
    """Return the message a receive task waits for."""
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
    external = kind == "message" and (camunda(definition, "type") is not None or _implementation(definition) is not None)
    return model.EventDefinition(
        kind,
        name=reader.expression(element, name_text, german) if name_text else None,
        code_variable=camunda(definition, "errorCodeVariable") or camunda(definition, "escalationCodeVariable"),
        message_variable=camunda(definition, "errorMessageVariable"),
        external=external,
    )


def _timer(reader: Reader, element: etree._Element, definition: etree._Element) -> model.EventDefinition:
    for tag, kind in (("timeDate", "date"), ("timeDuration", "duration"), ("timeCycle", "cycle")):
        drawn = definition.find(BPMN + tag)
        text = (drawn.text or "").strip() if drawn is not None else ""
        if not text:
            continue
        expression = reader.expression(element, text, "Zeit", language=drawn.get("language", "") if drawn is not None else "")
        if expression is not None and expression.kind == "literal":
            check = {"date": schedule.instant_of, "duration": schedule.duration_of, "cycle": schedule.cycle_of}[kind]
            try:
                check(text)
            except schedule.BadSchedule as fault:
                reader.fault(element, str(fault), "Bitte die Zeitangabe berichtigen.")
        if kind == "cycle" and xml.local(element) == "intermediateCatchEvent":
            reader.fault(element, "Ein Zwischenereignis kann keinen Zyklus haben.", "Bitte Datum oder Dauer angeben.")
        return model.EventDefinition("timer", timer_kind=kind, timer=expression)  # type: ignore[arg-type]  # one of the three above
    reader.fault(element, "Dem Zeitereignis fehlt die Zeit.", "Bitte Datum, Dauer oder Zyklus angeben, z. B. =mahnfrist_bis.")
    return model.EventDefinition("timer")


def _conditional(reader: Reader, element: etree._Element, definition: etree._Element) -> model.EventDefinition:
    drawn = definition.find(f"{BPMN}condition")
    text = (drawn.text or "").strip() if drawn is not None else ""
    if drawn is None or not text:
        reader.fault(element, "Dem Bedingungsereignis fehlt die Bedingung.", "Bitte einen FEEL-Ausdruck eintragen.")
        return model.EventDefinition("conditional")
    condition = reader.expression(element, text, "Bedingung", language=drawn.get("language", ""))
    return model.EventDefinition("conditional", condition=condition)


# ---------------------------------------------------------------- work
def _implementation(element: etree._Element) -> str | None:
    """Return the name of an implementation that is not executed here, or None."""
    for attribute, name in (("class", "Java-Klasse"), ("delegateExpression", "Delegate Expression"), ("expression", "Expression (Bean)")):
        if camunda(element, attribute) is not None:
            return name
    return "Connector" if _extension(element, "connector") is not None else None


def work(reader: Reader, element: etree._Element) -> tuple[Expression | None, Expression | None, model.EventDefinition | None]:
    """Return (topic, priority, message thrown natively) of a service or send task or an external message throw event."""
    definition = element.find(f"{BPMN}messageEventDefinition")
    carrier = definition if definition is not None else element
    refused = _implementation(carrier)
    if refused is not None:
        reader.fault(element, f"Die Implementierung „{refused}“ wird nicht ausgeführt.", EXTERNAL)
        return None, None, None
    priority_text = camunda(carrier, "taskPriority")
    priority = reader.expression(element, priority_text, "Priorität") if priority_text else None
    topic = camunda(carrier, "topic")
    if camunda(carrier, "type") == "external" and topic:
        return reader.expression(element, topic, "Topic"), priority, None
    if xml.local(element) == "sendTask" and element.get("messageRef"):
        return None, None, _named(reader, element, element, "message")
    reader.fault(element, "Der Aufgabe fehlt die Implementierung.", EXTERNAL)
    return None, None, None


def script(reader: Reader, element: etree._Element) -> Expression | None:
    """Return the FEEL of a script task."""
    language = element.get("scriptFormat", "")
    if camunda(element, "resource"):
        reader.fault(
            element, "Ein Skript aus einer eigenen Datei wird nicht ausgeführt.", "Bitte den FEEL-Ausdruck in das Diagramm schreiben."
        )
        return None
    if language.lower() not in ("feel", "juel"):
        found = f"Die Skriptsprache „{language}“" if language else "Eine fehlende Skriptsprache"
        reader.fault(element, f"{found} wird nicht ausgeführt.", "Bitte „feel“ als Format wählen und den Ausdruck in FEEL schreiben.")
        return None
    drawn = element.find(f"{BPMN}script")
    text = (drawn.text or "").strip() if drawn is not None else ""
    if not text:
        reader.fault(element, "Das Skript ist leer.", "Bitte einen FEEL-Ausdruck eintragen.")
        return None
    if not camunda(element, "resultVariable") and _extension(element, "inputOutput") is None:
        reader.fault(element, "Das Skript nennt keine Ergebnisvariable.", "Bitte „Result variable“ ausfüllen.")
    return reader.expression(element, text, "Skript", language=language)


def decision(reader: Reader, element: etree._Element) -> DecisionCall:
    """Return the decision a business rule task calls."""
    refused = _implementation(element)
    reference = camunda(element, "decisionRef")
    if refused is not None or not reference:
        found = (
            f"Die Implementierung „{refused}“ wird nicht ausgeführt." if refused else "Der Geschäftsregelaufgabe fehlt die Entscheidung."
        )
        reader.fault(element, found, "Bitte als Implementierung „DMN“ wählen und die Entscheidung angeben.")
        return NO_DECISION
    if "${" in reference or reference.startswith("="):
        reader.fault(element, "Die Entscheidung darf kein Ausdruck sein.", "Bitte die Kennung der Tabelle eintragen.")
    binding, mapping = camunda(element, "decisionRefBinding") or "latest", camunda(element, "mapDecisionResult") or "resultList"
    if binding not in ("latest", "deployment", "version"):
        reader.fault(element, f"Die Bindung „{binding}“ wird nicht unterstützt.", "Bitte latest, deployment oder version wählen.")
    if mapping not in MAPPINGS:
        reader.fault(element, f"Die Ergebnisform „{mapping}“ ist unbekannt.", "Erlaubt sind " + ", ".join(MAPPINGS) + ".")
    version = camunda(element, "decisionRefVersion")
    bound = f"version:{version}" if binding == "version" else binding
    result = camunda(element, "resultVariable")
    if not result:
        reader.fault(element, "Die Geschäftsregelaufgabe nennt keine Ergebnisvariable.", "Bitte „Result variable“ ausfüllen.")
    return DecisionCall(reference, bound, mapping, result)


def call(reader: Reader, element: etree._Element) -> Call:
    """Return the process a call activity calls, and its in and out mappings."""
    called = element.get("calledElement")
    if element.get(CAMUNDA + "caseRef") or not called:
        reader.fault(element, "Der Aufrufaktivität fehlt der aufgerufene Prozess.", "Bitte „Called element“ ausfüllen.")
        return NO_CALL
    if "${" in called or called.startswith("="):
        reader.fault(element, "Der aufgerufene Prozess darf kein Ausdruck sein.", "Bitte die Kennung des Prozesses eintragen.")
    for attribute in ("variableMappingClass", "variableMappingDelegateExpression"):
        if camunda(element, attribute) is not None:
            reader.fault(element, f"„{attribute}“ wird nicht ausgeführt.", "Bitte In- und Out-Zuordnungen verwenden.")
    binding = camunda(element, "calledElementBinding") or "latest"
    if binding not in ("latest", "deployment", "version"):
        reader.fault(element, f"Die Bindung „{binding}“ wird nicht unterstützt.", "Bitte latest, deployment oder version wählen.")
    return Call(called, binding, _call_mappings(reader, element, "in"), _call_mappings(reader, element, "out"))


def _call_mappings(reader: Reader, element: etree._Element, tag: str) -> tuple[model.CallMapping, ...]:
    found = []
    for drawn in element.findall(f"{BPMN}extensionElements/{CAMUNDA}{tag}"):
        if drawn.get("businessKey"):
            found.append(
                model.CallMapping(None, reader.expression(drawn, drawn.get("businessKey", ""), "Geschäftsschlüssel"), business_key=True)
            )
        elif drawn.get("variables") == "all":
            found.append(model.CallMapping(None, None, everything=True))
        else:
            source, expression = drawn.get("source"), drawn.get("sourceExpression")
            target = drawn.get("target")
            if not target or not (source or expression):
                reader.fault(drawn, "Der Zuordnung fehlen Quelle oder Ziel.", "Bitte beide Felder ausfüllen.")
                continue
            value = reader.expression(drawn, expression, "Zuordnung") if expression else reader.expression(drawn, f"={source}", "Zuordnung")
            found.append(model.CallMapping(target, value))
    return tuple(found)


def assignment(reader: Reader, element: etree._Element) -> model.Assignment:
    """Return form, people and dates of a user task."""
    form_ref, form_key = camunda(element, "formRef"), camunda(element, "formKey")
    if form_ref and form_key:
        reader.fault(element, "Die Aufgabe nennt ein Formular doppelt (formRef und formKey).", "Bitte nur „Camunda Form“ verwenden.")
    if _extension(element, "formData") is not None:
        reader.fault(element, "Eingebettete Formularfelder (formData) werden nicht angezeigt.", "Bitte ein Camunda Form (.form) verwenden.")
    if form_key and not form_ref:
        if form_key.startswith(("camunda-forms:deployment:", "camunda-forms:")) and form_key.endswith(".form"):
            form_ref = form_key.rpartition(":")[2].removesuffix(".form")
        else:
            reader.fault(
                element,
                f"Der Formularschlüssel „{form_key}“ wird nicht angezeigt.",
                "Bitte „Camunda Form“ wählen und die Formular-ID angeben.",
            )

    def of(name: str, german: str) -> Expression | None:
        text = camunda(element, name)
        return reader.expression(element, text, german) if text else None

    binding = camunda(element, "formRefBinding") or "latest"
    return model.Assignment(
        form=form_ref,
        form_binding=binding if form_ref else None,
        assignee=of("assignee", "Bearbeiter"),
        candidate_groups=of("candidateGroups", "Gruppen"),
        candidate_users=of("candidateUsers", "Benutzer"),
        due=of("dueDate", "Fälligkeit"),
        follow_up=of("followUpDate", "Wiedervorlage"),
        priority=of("priority", "Priorität"),
    )


def parameters(reader: Reader, element: etree._Element, tag: str) -> tuple[model.Parameter, ...]:
    """Return the input or output parameters."""
    found = []
    for drawn in element.findall(f"{BPMN}extensionElements/{CAMUNDA}inputOutput/{CAMUNDA}{tag}"):
        name = drawn.get("name", "")
        structured = list(drawn.iterchildren("*"))
        if structured:
            reader.fault(
                drawn,
                f"Der Parameter „{name}“ ist als {xml.local(structured[0])} angegeben.",
                "Bitte einen FEEL-Ausdruck angeben, z. B. =[a, b].",
            )
            continue
        value = reader.expression(drawn, drawn.text or "", f"Parameter „{name}“")
        if not name:
            reader.fault(drawn, "Einem Parameter fehlt der Name.", "Bitte den Parameter benennen.")
        elif value is not None:
            found.append(model.Parameter(name, value))
    return tuple(found)


def loop(reader: Reader, element: etree._Element) -> model.Loop | None:
    """Return the loop of an activity."""
    standard = element.find(f"{BPMN}standardLoopCharacteristics")
    if standard is not None:
        drawn = standard.find(f"{BPMN}loopCondition")
        text = (drawn.text or "").strip() if drawn is not None else ""
        maximum = standard.get("loopMaximum")
        if not text and not maximum:
            reader.fault(element, "Der Schleife fehlen Bedingung und Höchstzahl.", "Bitte eine Bedingung oder „loopMaximum“ angeben.")
        condition = reader.expression(element, text, "Schleifenbedingung") if text else None
        limit = values.whole(maximum)
        if maximum and limit is None:
            reader.fault(element, f"„loopMaximum“ ist keine ganze Zahl: „{maximum}“.", "Bitte eine ganze Zahl angeben.")
        return model.Loop(standard=True, condition=condition, test_before=standard.get("testBefore") == "true", maximum=limit)
    drawn_loop = element.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if drawn_loop is None:
        return None
    cardinality_text = (drawn_loop.findtext(f"{BPMN}loopCardinality") or "").strip()
    collection_text = camunda(drawn_loop, "collection")
    completion_text = (drawn_loop.findtext(f"{BPMN}completionCondition") or "").strip()
    if not cardinality_text and not collection_text:
        reader.fault(
            element, "Der Mehrfachausführung fehlt die Liste oder die Anzahl.", "Bitte „Collection“ oder „Loop cardinality“ angeben."
        )
    number = values.whole(cardinality_text)
    if cardinality_text and not cardinality_text.startswith(("=", "${", "#{")) and (number is None or number > MAX_INSTANCES):
        remedy = f"Bitte eine ganze Zahl bis {MAX_INSTANCES} oder einen Ausdruck angeben, z. B. =count(forderungen)."
        reader.fault(element, f"Die Anzahl „{cardinality_text}“ ist keine ganze Zahl zwischen 0 und {MAX_INSTANCES}.", remedy)
        cardinality_text = ""
    if collection_text and not collection_text.startswith(("=", "${", "#{")):
        collection_text = f"={collection_text}"
    if number is not None and cardinality_text:
        cardinality_text = f"={number}"
    return model.Loop(
        standard=False,
        sequential=drawn_loop.get("isSequential") == "true",
        cardinality=reader.expression(element, cardinality_text, "Anzahl") if cardinality_text else None,
        collection=reader.expression(element, collection_text, "Liste") if collection_text else None,
        element_variable=camunda(drawn_loop, "elementVariable"),
        completion=reader.expression(element, completion_text, "Abschlussbedingung") if completion_text else None,
    )
