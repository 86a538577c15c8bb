"""What Camunda 8 adds to BPMN (`zeebe:`): job types, headers, forms, assignment, mappings, decisions, calls, collections, keys.

An expression starts with `=` and is FEEL; everything else is the text itself. What a task gives stays local where output mappings
are drawn: they alone say what goes out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from engine import values, xml
from engine.spiff import expressions, inner_forms, model, parts
from engine.spiff.expressions import Expression

if TYPE_CHECKING:
    from engine.spiff.reader import Reader

BPMN = parts.BPMN
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
BINDINGS = ("latest", "deployment", "versionTag")
JOB_TYPE = "Bitte unter „Task definition“ einen Typ angeben; die Topics stehen in processes/README.md."
LISTENER = "Bitte das Verhalten als eigene Service-Aufgabe vor oder hinter das Element zeichnen."
REFUSED = {
    "executionListeners": ("Execution Listener", LISTENER),
    "taskListeners": ("Task Listener", LISTENER),
    "linkedResources": ("Eine verknüpfte Ressource", "Bitte die Ressource dem Worker des Jobs überlassen."),
    "adHoc": ("Ein Ad-hoc-Teilprozess", "Bitte einen gewöhnlichen Teilprozess oder mehrere Aufgaben verwenden."),
}
TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
WORKERS = frozenset({"serviceTask", "sendTask", "businessRuleTask", "scriptTask"})


def process(reader: Reader, drawn: etree._Element, read: model.Process) -> model.Process:
    """Return the process with its version tag and the form it is started with."""
    _refuse(reader, drawn)
    tag = _extension(drawn, "versionTag")
    start_form = None
    for start in drawn.findall(f"{BPMN}startEvent"):
        if _extension(start, "formDefinition") is not None:
            start_form = _form(reader, start)[0]
    return replace(read, dialect="camunda8", version_tag=tag.get("value", "") if tag is not None else "", start_form=start_form)


def element(reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
    """Return the element with what it does and needs."""
    _refuse(reader, drawn)
    outputs = _mappings(reader, drawn, "output")
    common = replace(
        read,
        event=_event(reader, drawn, read),
        inputs=_mappings(reader, drawn, "input"),
        outputs=outputs,
        results_local=bool(outputs),
        inputs_chained=True,
        errors_carry=True,
        loop=_loop(reader, drawn, read.loop),
        properties=_properties(drawn),
    )
    job = _extension(drawn, "taskDefinition")
    if job is not None:
        return _job(reader, drawn, job, common)
    if common.kind == "service_task":
        return _without_job(reader, drawn, common)
    if common.kind == "business_rule_task":
        return _decision(reader, drawn, common)
    if common.kind == "script_task":
        return _script(reader, drawn, common)
    if common.kind == "call_activity":
        return _call(reader, drawn, common)
    if common.kind == "user_task":
        return _user_task(reader, drawn, common)
    return common


def _extension(element: etree._Element, name: str) -> etree._Element | None:
    return element.find(f"{BPMN}extensionElements/{ZEEBE}{name}")


def _refuse(reader: Reader, drawn: etree._Element) -> None:
    """Refuse by name what would not run: nothing is ignored silently."""
    for tag, (name, remedy) in REFUSED.items():
        found = _extension(drawn, tag)
        if found is not None:
            reader.fault(found, f"{name} wird nicht ausgeführt.", remedy)
    if "inbound.type" in _properties(drawn):
        text = f"Der Connector „{_properties(drawn)['inbound.type']}“ wird nicht ausgeführt."
        reader.fault(drawn, text, "Bitte ein gewöhnliches Nachrichtenereignis ohne Vorlage zeichnen.")


def _properties(element: etree._Element) -> dict[str, str]:
    """Return the extension properties and, for the worker, the task headers."""
    drawn = element.findall(f"{BPMN}extensionElements/{ZEEBE}properties/{ZEEBE}property")
    found = {item.get("name", ""): item.get("value", "") for item in drawn if item.get("name")}
    headers = element.findall(f"{BPMN}extensionElements/{ZEEBE}taskHeaders/{ZEEBE}header")
    return found | {item.get("key", ""): item.get("value", "") for item in headers if item.get("key")}


def _optional(reader: Reader, owner: etree._Element, drawn: etree._Element | None, name: str, german: str) -> Expression | None:
    text = (drawn.get(name) or "").strip() if drawn is not None else ""
    return reader.expression(owner, text, german) if text else None


def _formula(reader: Reader, owner: etree._Element, text: str, german: str) -> Expression | None:
    """Return the expression of a place that takes nothing but expressions."""
    if not text.startswith("="):
        reader.fault(owner, f"{german}: „{text}“ ist kein Ausdruck.", "Bitte „=“ davorsetzen.")
        return None
    return reader.expression(owner, text, german)


# ---------------------------------------------------------------- events
def _event(reader: Reader, drawn: etree._Element, read: model.Element) -> model.EventDefinition | None:
    """Return the event with the key its message is waited for under."""
    event = read.event
    if event is not None and event.kind == "conditional":
        return _filtered(reader, drawn, event)
    if event is None or event.kind != "message":
        return event
    definition = drawn.find(f"{BPMN}messageEventDefinition")
    message = reader.messages.get((definition if definition is not None else drawn).get("messageRef", ""))
    subscription = _extension(message, "subscription") if message is not None else None
    text = (subscription.get("correlationKey") or "").strip() if subscription is not None else ""
    waits = read.kind in ("catch_event", "boundary_event", "receive_task") or _starts_event_subprocess(drawn)
    if not text:
        if waits and message is not None:
            remedy = "Bitte bei der Nachricht „Subscription correlation key“ ausfüllen, z. B. =aktenzeichen."
            reader.fault(drawn, f"Der Nachricht „{message.get('name')}“ fehlt der Korrelationsschlüssel.", remedy)
        return event
    return replace(event, correlation=_formula(reader, drawn, text, "Korrelationsschlüssel"))


def _filtered(reader: Reader, drawn: etree._Element, event: model.EventDefinition) -> model.EventDefinition:
    """Return a conditional event with the variables and kinds of change it looks at."""
    definition = drawn.find(f"{BPMN}conditionalEventDefinition")
    drawn_filter = _extension(definition, "conditionalFilter") if definition is not None else None
    if drawn_filter is None:
        return event
    watched, changes = (
        frozenset(text for one in (drawn_filter.get(name) or "").split(",") if (text := one.strip()))
        for name in ("variableNames", "variableEvents")
    )
    if changes - {"create", "update"}:
        reader.fault(drawn, "Der Filter der Bedingung nennt Unbekanntes.", "Erlaubt sind create und update, durch Komma getrennt.")
    return replace(event, watched=watched, changes=changes)


def _starts_event_subprocess(drawn: etree._Element) -> bool:
    around = drawn.getparent()
    return xml.local(drawn) == "startEvent" and around is not None and around.get("triggeredByEvent") == "true"


# ---------------------------------------------------------------- work
def _job(reader: Reader, drawn: etree._Element, job: etree._Element, read: model.Element) -> model.Element:
    """Return whatever a job worker does: a service task, or a message throw event whose message it sends."""
    tag = xml.local(drawn)
    throws = read.kind in ("throw_event", "end_event") and read.event is not None and read.event.kind == "message"
    if tag not in WORKERS and not throws:
        reader.fault(job, "Ein Job-Typ gehört nicht an dieses Element.", "Bitte eine Service-Aufgabe zeichnen.")
        return read
    topic = _optional(reader, drawn, job, "type", "Typ des Jobs")
    if topic is None and not job.get("type"):
        reader.fault(drawn, "Der Aufgabe fehlt der Typ des Jobs.", JOB_TYPE)
    priority = _priority(reader, drawn, _extension(drawn, "jobPriorityDefinition"))
    retries, retries_drawn = _retries(reader, drawn, job)
    event = replace(read.event, external=True) if throws and read.event is not None else None
    kind = read.kind if throws else "service_task"
    return replace(read, kind=kind, event=event, topic=topic, priority=priority, retries=retries, retries_drawn=retries_drawn)


def _retries(reader: Reader, drawn: etree._Element, job: etree._Element) -> tuple[int, Expression | None]:
    text = (job.get("retries") or "3").strip()
    if text.startswith("="):
        return 3, reader.expression(drawn, text, "Zahl der Versuche")
    number = values.whole(text)
    if not number or number > parts.MAX_RETRIES:
        remedy = f"Bitte eine ganze Zahl von 1 bis {parts.MAX_RETRIES} angeben."
        reader.fault(drawn, f"Die Zahl der Versuche „{text}“ ist nicht möglich.", remedy)
        return 3, None
    return number, None


def _without_job(reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
    if xml.local(drawn) == "sendTask" and drawn.get("messageRef"):
        thrown = replace(read, event=parts.message_of(reader, drawn))
        return replace(thrown, kind="throw_event", event=_event(reader, drawn, thrown))
    reader.fault(drawn, "Der Aufgabe fehlt der Typ des Jobs.", JOB_TYPE)
    return read


def _script(reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
    script = _extension(drawn, "script")
    text = (script.get("expression") or "").strip() if script is not None else ""
    if script is None or not text:
        reader.fault(drawn, "Der Skriptaufgabe fehlt der FEEL-Ausdruck.", "Bitte als Implementierung „FEEL expression“ wählen.")
        return read
    result = script.get("resultVariable")
    if not result:
        reader.fault(drawn, "Das Skript nennt keine Ergebnisvariable.", "Bitte „Result variable“ ausfüllen.")
    return replace(read, script=_formula(reader, drawn, text, "Skript"), result_variable=result)


def _decision(reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
    called = _extension(drawn, "calledDecision")
    reference = (called.get("decisionId") or "").strip() if called is not None else ""
    if called is None or not reference:
        remedy = "Bitte als Implementierung „DMN decision“ wählen und die Kennung der Entscheidung angeben."
        reader.fault(drawn, "Der Geschäftsregelaufgabe fehlt die Entscheidung.", remedy)
        return read
    result = called.get("resultVariable")
    if not result:
        reader.fault(drawn, "Die Geschäftsregelaufgabe nennt keine Ergebnisvariable.", "Bitte „Result variable“ ausfüllen.")
    binding = _binding(reader, drawn, called)
    decision = _constant(reader, drawn, reference, "Die Entscheidung")
    return replace(read, decision=decision, decision_binding=binding, decision_mapping="value", result_variable=result)


def _call(reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
    """Return a call activity: every variable goes in and comes back, unless drawn otherwise or outputs are drawn."""
    called = _extension(drawn, "calledElement")
    reference = (called.get("processId") or "").strip() if called is not None else ""
    if called is None or not reference:
        reader.fault(drawn, "Der Aufrufaktivität fehlt der aufgerufene Prozess.", "Bitte „Process ID“ ausfüllen.")
        return read
    all_in = called.get("propagateAllParentVariables") != "false"
    all_out = called.get("propagateAllChildVariables") != "false" or bool(read.outputs)
    inputs = [model.CallMapping(None, None, everything=True, local=not all_in)]
    if called.get("businessId"):
        key = reader.expression(drawn, called.get("businessId", ""), "Geschäftsschlüssel")
        inputs.append(model.CallMapping(None, key, business_key=True))
    return replace(
        read,
        called=_constant(reader, drawn, reference, "Der aufgerufene Prozess"),
        called_binding=_binding(reader, drawn, called),
        call_in=tuple(inputs),
        call_out=(model.CallMapping(None, None, everything=True),) if all_out else (),
    )


def _constant(reader: Reader, drawn: etree._Element, text: str, german: str) -> str | None:
    """Return what is called, None with a finding: it must be known at deployment, so an expression may only be a text in quotes."""
    quoted = re.fullmatch(r'=\s*"([^"\\]+)"\s*', text)
    if text.startswith("=") and not quoted:
        reader.fault(drawn, f"{german} darf kein Ausdruck sein.", "Bitte die Kennung eintragen; Wege je Fall zeichnet ein Gateway.")
        return None
    return quoted.group(1) if quoted else text


def _binding(reader: Reader, drawn: etree._Element, carrier: etree._Element) -> str:
    binding = carrier.get("bindingType") or "latest"
    if binding not in BINDINGS:
        reader.fault(drawn, f"Die Bindung „{binding}“ wird nicht unterstützt.", f"Erlaubt sind {', '.join(BINDINGS)}.")
    if binding != "versionTag":
        return binding
    if not carrier.get("versionTag"):
        reader.fault(drawn, "Der Bindung fehlt das Kennzeichen der Fassung.", "Bitte „Version tag“ ausfüllen.")
    return f"versionTag:{carrier.get('versionTag') or ''}"


# ---------------------------------------------------------------- people
def _user_task(reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
    people, dates = _extension(drawn, "assignmentDefinition"), _extension(drawn, "taskSchedule")
    form, binding = _form(reader, drawn)
    assignment = model.Assignment(
        form=form,
        form_binding=binding,
        assignee=_optional(reader, drawn, people, "assignee", "Bearbeiter"),
        candidate_groups=_optional(reader, drawn, people, "candidateGroups", "Gruppen"),
        candidate_users=_optional(reader, drawn, people, "candidateUsers", "Benutzer"),
        due=_date(reader, drawn, dates, "dueDate", "Fälligkeit"),
        follow_up=_date(reader, drawn, dates, "followUpDate", "Wiedervorlage"),
        priority=_priority(reader, drawn, _extension(drawn, "priorityDefinition")),
    )
    return replace(read, assignment=assignment)


def _date(reader: Reader, owner: etree._Element, drawn: etree._Element | None, name: str, german: str) -> Expression | None:
    text = (drawn.get(name) or "").strip() if drawn is not None else ""
    return parts.date(reader, owner, text, german) if text else None


def _priority(reader: Reader, owner: etree._Element, drawn: etree._Element | None) -> Expression | None:
    text = (drawn.get("priority") or "").strip() if drawn is not None else ""
    return parts.priority(reader, owner, text) if text else None


def _form(reader: Reader, drawn: etree._Element) -> tuple[str | None, str | None]:
    """Return the form of a user task or start event and how it is bound."""
    definition = _extension(drawn, "formDefinition")
    if definition is None:
        return None, None
    form, key, reference = (definition.get(name) or "" for name in ("formId", "formKey", "externalReference"))
    if form:
        return form, _binding(reader, drawn, definition)
    if key.startswith(inner_forms.EMBEDDED):
        name = key.removeprefix(inner_forms.EMBEDDED)
        if inner_forms.embedded(drawn, name) is None:
            text = f"Das eingebettete Formular „{name}“ gibt es im Diagramm nicht."
            reader.fault(drawn, text, "Bitte das Formular neu einbetten oder ein „Camunda Form (linked)“ wählen.")
            return None, None
        return inner_forms.key(drawn, name), "deployment"
    if key or reference:
        text = f"Das fremde Formular „{reference or key}“ wird hier nicht angezeigt."
        reader.fault(drawn, text, "Bitte „Camunda Form (linked)“ wählen und die Formular-ID angeben.")
    return None, None


# ---------------------------------------------------------------- variables
def _mappings(reader: Reader, element: etree._Element, tag: str) -> tuple[model.Parameter, ...]:
    """Return the input or output mappings; a target like `kunde.name` is a place inside a variable, an input without a source is null."""
    found = []
    for drawn in element.findall(f"{BPMN}extensionElements/{ZEEBE}ioMapping/{ZEEBE}{tag}"):
        source, target = drawn.get("source") or "", (drawn.get("target") or "").strip()
        if not TARGET.fullmatch(target):
            text = f"Das Ziel der Zuordnung „{target}“ ist kein Name einer Variablen."
            reader.fault(drawn, text, "Bitte einen Namen ohne Leerzeichen angeben, z. B. betrag oder kunde.name.")
            continue
        is_empty = tag == "input" and not source.strip()
        value = expressions.NULL if is_empty else reader.expression(drawn, source, f"Zuordnung „{target}“")
        if value is not None:
            name, *inside = target.split(".")
            found.append(model.Parameter(name, value, tuple(inside)))
    return tuple(found)


def _loop(reader: Reader, drawn: etree._Element, loop: model.Loop | None) -> model.Loop | None:
    """Return a multi-instance loop with the list it runs over and the one it makes."""
    characteristics = drawn.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if loop is None or loop.standard or characteristics is None:
        return loop
    collections = _extension(characteristics, "loopCharacteristics")
    text = (collections.get("inputCollection") or "").strip() if collections is not None else ""
    if collections is None or not text:
        reader.fault(drawn, "Der Mehrfachausführung fehlt die Liste.", "Bitte „Input collection“ angeben, z. B. =forderungen.")
        return replace(loop, counters=model.ZEEBE_COUNTERS)
    made, each = collections.get("outputCollection") or None, (collections.get("outputElement") or "").strip()
    if bool(made) != bool(each):
        text_missing = "Zur Ergebnisliste gehören ihr Name und das Ergebnis je Durchlauf."
        reader.fault(drawn, text_missing, "Bitte „Output collection“ und „Output element“ beide ausfüllen.")
    return replace(
        loop,
        cardinality=None,
        collection=_formula(reader, drawn, text, "Liste"),
        element_variable=collections.get("inputElement") or None,
        output_collection=made,
        output_element=_formula(reader, drawn, each, "Ergebnis je Durchlauf") if each else None,
        counters=model.ZEEBE_COUNTERS,
    )
