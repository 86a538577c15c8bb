"""What Camunda 7 adds to BPMN (`camunda:`): implementations, decisions, calls, assignment, parameters, collections, retention."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from engine import values, xml
from engine.spiff import camunda_unused, expressions, form_fields, inner_forms, model, parts, schedule
from engine.spiff.expressions import Expression

if TYPE_CHECKING:
    from engine.spiff.reader import Reader

BPMN = parts.BPMN
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
OWN_KEY = ("#{execution.processBusinessKey}", "${execution.processBusinessKey}", "#{execution.businessKey}", "${execution.businessKey}")
KEBAB = re.compile(r"\w+(-\w+)+")
MAPPINGS = ("singleEntry", "singleResult", "collectEntries", "resultList")


def process(reader: Reader, drawn: etree._Element, read: model.Process) -> model.Process:
    """Return the process with its version tag, its retention and who may start it."""
    camunda_unused.tell(reader, drawn)
    starters = (_attribute(drawn, "candidateStarterGroups") or "").split(",")
    forms = [_form(reader, start)[0] for start in drawn.findall(f"{BPMN}startEvent")]
    return replace(
        read,
        version_tag=_attribute(drawn, "versionTag") or "",
        history_days=_history_days(reader, drawn),
        candidate_starters=tuple(group.strip() for group in starters if group.strip()),
        start_form=next((form for form in forms if form), None),
    )


def element(reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
    """Return the element with what it does and needs."""
    camunda_unused.listeners(reader, drawn)
    common = replace(
        read,
        initiator=_attribute(drawn, "initiator"),
        event=_event(reader, drawn, read.event),
        retries=_retries(reader, drawn),
        result_variable=_attribute(drawn, "resultVariable"),
        inputs=_parameters(reader, drawn, "inputParameter"),
        outputs=_parameters(reader, drawn, "outputParameter"),
        loop=_loop(reader, drawn, read.loop),
        properties=_properties(drawn),
    )
    if common.kind == "service_task" or (common.kind in ("throw_event", "end_event") and common.event and common.event.external):
        return _work(reader, drawn, common)
    if common.kind == "business_rule_task":
        return _decision(reader, drawn, common)
    if common.kind == "script_task":
        return replace(common, script=_script(reader, drawn))
    if common.kind == "call_activity":
        return _call(reader, drawn, common)
    if common.kind == "user_task":
        return replace(common, assignment=_assignment(reader, drawn))
    return common


def _attribute(element: etree._Element, name: str) -> str | None:
    value = element.get(CAMUNDA + name)
    return None if value is None else str(value)


def _extension(element: etree._Element, name: str) -> etree._Element | None:
    return element.find(f"{BPMN}extensionElements/{CAMUNDA}{name}")


def _properties(element: etree._Element) -> dict[str, str]:
    """Return the extension properties."""
    drawn = element.findall(f"{BPMN}extensionElements/{CAMUNDA}properties/{CAMUNDA}property")
    return {item.get("name", ""): item.get("value", "") for item in drawn if item.get("name")}


def _history_days(reader: Reader, element: etree._Element) -> int | None:
    """Return how many days a finished instance is to be kept at least, as drawn."""
    text = _attribute(element, "historyTimeToLive")
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


def _retries(reader: Reader, element: etree._Element) -> int:
    """Return how often a job is tried: the count of `failedJobRetryTimeCycle` (R5/PT5M), else 3."""
    drawn = _extension(element, "failedJobRetryTimeCycle")
    text = (drawn.text or "").strip() if drawn is not None else ""
    match = schedule.CYCLE.fullmatch(text)
    if text and not (match and match.group(1)):
        message = f"Aus „{text}“ (failedJobRetryTimeCycle) geht keine Zahl der Versuche hervor; es gelten 3."
        reader.fault(element, message, "Bitte z. B. R3/PT5M angeben.", warning=True)
    return min(max(1, int(match.group(1))), parts.MAX_RETRIES) if match and match.group(1) else 3


def _event(reader: Reader, drawn: etree._Element, event: model.EventDefinition | None) -> model.EventDefinition | None:
    """Return the event with the variables that take what it caught; a thrown message may be somebody's work."""
    definition = next((child for child in drawn.iterchildren("*") if xml.local(child).endswith("EventDefinition")), None)
    if event is None or definition is None:
        return event
    error = reader.errors.get(definition.get("errorRef") or "")
    message = _attribute(error, "errorMessage") if error is not None else None
    kinds = {kind.strip() for kind in (_attribute(definition, "variableEvents") or "").split(",")} - {""}
    if kinds - {"create", "update", "delete"}:
        reader.fault(drawn, "„variableEvents“ nennt Unbekanntes.", "Erlaubt sind create, update und delete, durch Komma getrennt.")
    return replace(
        event,
        watched=frozenset({_attribute(definition, "variableName") or ""} - {""}),
        changes=frozenset(kinds),
        message=reader.expression(drawn, message, "Fehlertext") if message else None,
        carries=_call_mappings(reader, definition, "in") if event.kind == "signal" else (),
        code_variable=_attribute(definition, "errorCodeVariable") or _attribute(definition, "escalationCodeVariable"),
        message_variable=_attribute(definition, "errorMessageVariable"),
        external=event.kind == "message" and _is_work(definition),
    )


# ---------------------------------------------------------------- work
def _is_work(definition: etree._Element) -> bool:
    """Return whether a thrown message is somebody's work and not thrown by the engine itself."""
    drawn = (_attribute(definition, "type"), _attribute(definition, "expression"), _implementation(definition))
    return any(one is not None for one in drawn)


def _implementation(element: etree._Element) -> str | None:
    """Return the name of an implementation that is not executed here, or None."""
    for attribute, name in (("class", "Java-Klasse"), ("delegateExpression", "Delegate Expression")):
        if _attribute(element, attribute) is not None:
            return name
    return "Connector" if _extension(element, "connector") is not None else None


def _work(reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
    """Return a service or send task, or an external message throw event, with its topic and priority."""
    definition = drawn.find(f"{BPMN}messageEventDefinition")
    carrier = definition if definition is not None else drawn
    refused = _implementation(carrier)
    if refused is not None:
        reader.fault(drawn, f"Die Implementierung „{refused}“ wird nicht ausgeführt.", camunda_unused.EXTERNAL)
        return read
    computed = _attribute(carrier, "expression")
    if computed is not None and definition is None:
        # What a task computes without a bean is a script by another name.
        return replace(read, kind="script_task", script=reader.expression(drawn, computed, "Ausdruck der Aufgabe"))
    if computed is not None:
        reader.fault(drawn, f"Der Ausdruck „{computed}“ an einer Nachricht wird nicht ausgeführt.", camunda_unused.EXTERNAL)
        return read
    priority_text = (_attribute(carrier, "taskPriority") or "").strip()
    priority = parts.priority(reader, drawn, priority_text) if priority_text else None
    topic = _attribute(carrier, "topic")
    if _attribute(carrier, "type") == "external" and topic:
        return replace(read, topic=reader.expression(drawn, topic, "Topic"), priority=priority)
    if xml.local(drawn) == "sendTask" and drawn.get("messageRef"):
        # A send task that throws its message itself is a throw event with the shape of a task.
        return replace(read, kind="throw_event", event=parts.message_of(reader, drawn))
    reader.fault(drawn, "Der Aufgabe fehlt die Implementierung.", camunda_unused.EXTERNAL)
    return read


def _script(reader: Reader, element: etree._Element) -> Expression | None:
    """Return the FEEL of a script task."""
    language = element.get("scriptFormat", "")
    if _attribute(element, "resource"):
        reader.fault(
            element, "Ein Skript aus einer eigenen Datei wird nicht ausgeführt.", "Bitte den FEEL-Ausdruck in das Diagramm schreiben."
        )
        return None
    if language.lower() not in ("feel", "juel"):
        found = f"Die Skriptsprache „{language}“ wird nicht ausgeführt." if language else "Das Skript nennt keine Sprache."
        reader.fault(element, found, "Bitte „feel“ als Format wählen und den Ausdruck in FEEL schreiben.")
        return None
    drawn = element.find(f"{BPMN}script")
    text = (drawn.text or "").strip() if drawn is not None else ""
    if not text:
        reader.fault(element, "Das Skript ist leer.", "Bitte einen FEEL-Ausdruck eintragen.")
        return None
    if not _attribute(element, "resultVariable") and _extension(element, "inputOutput") is None:
        reader.fault(element, "Das Skript nennt keine Ergebnisvariable.", "Bitte „Result variable“ ausfüllen.")
    return reader.expression(element, text, "Skript", language=language)


def _decision(reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
    """Return a business rule task with the decision it calls."""
    refused = _implementation(drawn) or ("Expression" if _attribute(drawn, "expression") is not None else None)
    reference = _attribute(drawn, "decisionRef")
    if refused is not None or not reference:
        found = (
            f"Die Implementierung „{refused}“ wird nicht ausgeführt." if refused else "Der Geschäftsregelaufgabe fehlt die Entscheidung."
        )
        reader.fault(drawn, found, "Bitte als Implementierung „DMN“ wählen und die Entscheidung angeben.")
        return read
    if "${" in reference or reference.startswith("="):
        remedy = "Bitte die Kennung der Tabelle eintragen; für mehrere ein Gateway mit je einer Aufgabe zeichnen."
        reader.fault(drawn, "Die Entscheidung darf kein Ausdruck sein.", remedy)
        return read
    mapping = _attribute(drawn, "mapDecisionResult") or "resultList"
    if mapping not in MAPPINGS:
        reader.fault(drawn, f"Die Ergebnisform „{mapping}“ ist unbekannt.", "Erlaubt sind " + ", ".join(MAPPINGS) + ".")
    if not read.result_variable:
        reader.fault(drawn, "Die Geschäftsregelaufgabe nennt keine Ergebnisvariable.", "Bitte „Result variable“ ausfüllen.")
    return replace(read, decision=reference, decision_binding=_binding(reader, drawn, "decisionRef"), decision_mapping=mapping)


def _call(reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
    """Return a call activity with the process it calls, and its in and out mappings."""
    called, case = drawn.get("calledElement"), _attribute(drawn, "caseRef")
    if case is not None:
        reader.fault(drawn, f"Der CMMN-Fall „{case}“ wird nicht ausgeführt.", "Bitte einen Prozess (BPMN) zeichnen und aufrufen.")
        return read
    if not called:
        reader.fault(drawn, "Der Aufrufaktivität fehlt der aufgerufene Prozess.", "Bitte „Called element“ ausfüllen.")
        return read
    if "${" in called or called.startswith("="):
        remedy = "Bitte die Kennung des Prozesses eintragen; für mehrere ein Gateway mit je einer Aufrufaktivität zeichnen."
        reader.fault(drawn, "Der aufgerufene Prozess darf kein Ausdruck sein.", remedy)
        return read
    for attribute in ("variableMappingClass", "variableMappingDelegateExpression"):
        if _attribute(drawn, attribute) is not None:
            reader.fault(drawn, f"„{attribute}“ wird nicht ausgeführt.", "Bitte In- und Out-Zuordnungen verwenden.")
    inputs, outputs = _call_mappings(reader, drawn, "in"), _call_mappings(reader, drawn, "out")
    return replace(read, called=called, called_binding=_binding(reader, drawn, "calledElement"), call_in=inputs, call_out=outputs)


def _binding(reader: Reader, drawn: etree._Element, what: str) -> str:
    """Return the version meant by a reference: latest, deployment, version:N or versionTag:TEXT."""
    binding = _attribute(drawn, f"{what}Binding") or "latest"
    if binding == "version":
        number = _attribute(drawn, f"{what}Version") or ""
        if values.whole(number):
            return f"version:{values.whole(number)}"
        reader.fault(drawn, f"Die Fassung „{number}“ ist keine Zahl ab 1.", "Bitte „Version“ ausfüllen.")
    elif binding == "versionTag":
        tag = _attribute(drawn, f"{what}VersionTag") or ""
        if tag:
            return f"versionTag:{tag}"
        reader.fault(drawn, "Der Bindung fehlt das Kennzeichen der Fassung.", "Bitte „Version tag“ ausfüllen.")
    elif binding not in ("latest", "deployment"):
        remedy = "Bitte latest, deployment, version oder versionTag wählen."
        reader.fault(drawn, f"Die Bindung „{binding}“ wird nicht unterstützt.", remedy)
    return "deployment" if binding == "deployment" else "latest"


def _call_mappings(reader: Reader, element: etree._Element, tag: str) -> tuple[model.CallMapping, ...]:
    found = []
    for drawn in element.findall(f"{BPMN}extensionElements/{CAMUNDA}{tag}"):
        if (drawn.get("businessKey") or "").strip() in OWN_KEY:
            continue  # what runs inside has the key of around anyway
        if drawn.get("businessKey"):
            found.append(
                model.CallMapping(None, reader.expression(drawn, drawn.get("businessKey", ""), "Geschäftsschlüssel"), business_key=True)
            )
        elif drawn.get("variables") == "all":
            found.append(model.CallMapping(None, None, everything=True, local=drawn.get("local") == "true"))
        else:
            source, expression = drawn.get("source"), drawn.get("sourceExpression")
            target = drawn.get("target")
            if not target or not (source or expression):
                reader.fault(drawn, "Der Zuordnung fehlen Quelle oder Ziel.", "Bitte beide Felder ausfüllen.")
                continue
            value = (
                reader.expression(drawn, expression, "Zuordnung")
                if expression
                else reader.expression(drawn, _named(source or ""), "Zuordnung")
            )
            found.append(model.CallMapping(target, value, local=drawn.get("local") == "true"))
    return tuple(found)


def _named(variable: str) -> str:
    """Return the expression of a variable: Camunda 7 allows names like `order-id`, which FEEL would read as a subtraction."""
    return f"=`{variable}`" if KEBAB.fullmatch(variable.strip()) else f"={variable}"


def _assignment(reader: Reader, element: etree._Element) -> model.Assignment:
    """Return form, people and dates of a user task."""
    form, binding = _form(reader, element)

    def of(name: str, german: str) -> Expression | None:
        text = _attribute(element, name)
        return reader.expression(element, text, german) if text else None

    def date_of(name: str, german: str) -> Expression | None:
        text = _attribute(element, name)
        return parts.date(reader, element, text, german, with_durations=True) if text else None

    priority = (_attribute(element, "priority") or "").strip()
    name = element.get("name") or ""
    return model.Assignment(
        title=reader.expression(element, name, "Name") if "${" in name or "#{" in name else None,
        form=form,
        form_binding=binding,
        assignee=of("assignee", "Bearbeiter"),
        candidate_groups=of("candidateGroups", "Gruppen"),
        candidate_users=of("candidateUsers", "Benutzer"),
        due=date_of("dueDate", "Fälligkeit"),
        follow_up=date_of("followUpDate", "Wiedervorlage"),
        priority=parts.priority(reader, element, priority) if priority else None,
    )


def _form(reader: Reader, element: etree._Element) -> tuple[str | None, str | None]:
    """Return the form of a user task or start event and how it is bound."""
    form_ref, form_key, fields = _attribute(element, "formRef"), _attribute(element, "formKey"), _extension(element, "formData")
    if sum(1 for drawn in (form_ref, form_key, fields) if drawn is not None) > 1:
        text = "Ein Formular ist mehrfach angegeben (formRef, formKey oder Formularfelder)."
        reader.fault(element, text, "Bitte nur „Camunda Form“ verwenden.")
    if form_ref:
        return form_ref, _binding(reader, element, "formRef")
    if fields is not None:
        for place, message, remedy in form_fields.schema(fields, "")[1]:
            reader.fault(place, message, remedy)
        return inner_forms.key(element, element.get("id", "")), "deployment"
    if not form_key:
        return None, None
    if form_key.startswith("camunda-forms:") and form_key.endswith(".form"):
        return form_key.rpartition(":")[2].removesuffix(".form"), "deployment" if ":deployment:" in form_key else "latest"
    kind = "Das eingebettete HTML-Formular" if form_key.startswith("embedded:") else "Der Formularschlüssel"
    reader.fault(element, f"{kind} „{form_key}“ wird nicht angezeigt.", "Bitte „Camunda Form“ wählen und die Formular-ID angeben.")
    return None, None


def _parameters(reader: Reader, element: etree._Element, tag: str) -> tuple[model.Parameter, ...]:
    """Return the input or output parameters."""
    found = []
    for drawn in element.findall(f"{BPMN}extensionElements/{CAMUNDA}inputOutput/{CAMUNDA}{tag}"):
        name = drawn.get("name", "")
        value = _value(reader, drawn, f"Parameter „{name}“")
        if not name:
            reader.fault(drawn, "Einem Parameter fehlt der Name.", "Bitte den Parameter benennen.")
        elif value is not None:
            found.append(model.Parameter(name, value))
    return tuple(found)


def _value(reader: Reader, drawn: etree._Element, where: str) -> Expression | None:
    """Return what a parameter or an entry of a map is: an expression, a text, a list or a map; empty: null. None with a finding."""
    inner = next(drawn.iterchildren("*"), None)
    if inner is not None:
        return _structured(reader, inner, where)
    text = (drawn.text or "").strip()
    return reader.expression(drawn, text, where) if text else expressions.NULL


def _structured(reader: Reader, drawn: etree._Element, where: str) -> Expression | None:
    kind = xml.local(drawn)
    if kind == "value":
        return reader.expression(drawn, drawn.text or "", where)
    language = drawn.get("scriptFormat") or ""
    if kind == "script" and language.lower() in ("feel", "juel") and not drawn.get("resource"):
        return reader.expression(drawn, drawn.text or "", where, language=language)
    if kind not in ("list", "map"):
        what = f"Ein Skript ({language or 'ohne Sprache'})" if kind == "script" else f"„{kind}“"
        reader.fault(drawn, f"{where}: {what} wird nicht ausgeführt.", "Bitte einen FEEL-Ausdruck angeben, z. B. =betrag * 2.")
        return None
    read = _structured if kind == "list" else _value
    found = [(child.get("key", ""), read(reader, child, where)) for child in drawn.iterchildren("*")]
    known = [(key, value) for key, value in found if value is not None]
    if len(known) != len(found):
        return None
    return expressions.of_list([value for _, value in known]) if kind == "list" else expressions.of_map(known)


def _loop(reader: Reader, drawn: etree._Element, loop: model.Loop | None) -> model.Loop | None:
    """Return a multi-instance loop with the list it runs over."""
    characteristics = drawn.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if loop is None or loop.standard or characteristics is None:
        return loop
    text = _attribute(characteristics, "collection")
    if not text and not characteristics.findtext(f"{BPMN}loopCardinality"):
        reader.fault(
            drawn, "Der Mehrfachausführung fehlt die Liste oder die Anzahl.", "Bitte „Collection“ oder „Loop cardinality“ angeben."
        )
    if text and not text.startswith(("=", "${", "#{")):
        text = _named(text)
    collection = reader.expression(drawn, text, "Liste") if text else None
    return replace(loop, collection=collection, element_variable=_attribute(characteristics, "elementVariable"))
