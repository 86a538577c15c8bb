"""What Camunda 7 draws and the engine does not do: told where it would change what happens, so that nothing is ignored in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from engine import xml
from engine.spiff import parts

if TYPE_CHECKING:
    from engine.spiff.reader import Reader

CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
EXTERNAL = "Bitte als Implementierung „External“ wählen und ein Topic angeben."
ELEMENT = "Bitte das Verhalten als eigenes Element zeichnen (z. B. externe Aufgabe)."
NAMES = {"executionListener": "Execution Listener", "taskListener": "Task Listener", "field": "Feldinjektion"}
IMPLEMENTED = frozenset({"serviceTask", "sendTask", "businessRuleTask"})
# Attribute -> what to do instead; it would make a difference, so it is refused.
REFUSED = {
    "calledElementTenantId": "Bitte entfernen: Gerufen wird der Prozess der eigenen Stadt; an eine andere gehen Nachrichten (to_tenant).",
    "decisionRefTenantId": "Bitte entfernen: Gefragt wird die Tabelle der eigenen Stadt.",
    "formHandlerClass": "Bitte entfernen und Werte mit Aufgaben vor oder hinter dem Formular setzen; Java läuft nicht.",
}
# Attributes that `camunda` reads, and those that only say how Camunda itself executes or draws.
READ = frozenset({
    "assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority", "formRef", "formRefBinding", "formRefVersion",
    "formRefVersionTag", "formKey", "initiator", "class", "delegateExpression", "expression", "type", "topic", "taskPriority", "resultVariable",
    "decisionRef", "decisionRefBinding", "decisionRefVersion", "decisionRefVersionTag", "mapDecisionResult", "calledElementBinding",
    "calledElementVersion", "calledElementVersionTag", "caseRef", "caseBinding", "caseVersion", "caseTenantId", "variableMappingClass",
    "variableMappingDelegateExpression", "resource", "collection", "elementVariable", "historyTimeToLive", "versionTag",
    "candidateStarterGroups", "errorCodeVariable", "errorMessageVariable", "escalationCodeVariable", "errorMessage", "variableName",
    "variableEvents",
})  # fmt: skip
WITHOUT_EFFECT = frozenset({
    "asyncBefore", "asyncAfter", "async", "exclusive", "jobPriority", "isStartableInTasklist", "modelerTemplate", "modelerTemplateVersion",
    "modelerTemplateIcon", "errorCodeMessage", "diagramRelationId",
})  # fmt: skip


def listeners(reader: Reader, element: etree._Element) -> None:
    """Refuse listeners, connectors and fields of an element, and errors that Camunda would throw for a worker."""
    for tag, name in NAMES.items():
        for drawn in element.findall(f"{parts.BPMN}extensionElements/{CAMUNDA}{tag}"):
            reader.fault(drawn, f"„{name}“ wird nicht ausgeführt.", ELEMENT)
    connector = element.find(f"{parts.BPMN}extensionElements/{CAMUNDA}connector")
    if connector is not None and xml.local(element) not in IMPLEMENTED:  # elsewhere it is told as the implementation
        reader.fault(element, "„Connector“ wird nicht ausgeführt.", EXTERNAL)
    if element.find(f"{parts.BPMN}extensionElements/{CAMUNDA}errorEventDefinition") is not None:
        text = "Ein Fehler mit Bedingung am externen Task wird nicht ausgelöst."
        reader.fault(element, text, "Bitte den Worker den Fehler melden lassen.")


def tell(reader: Reader, process: etree._Element) -> None:
    """Add a finding for each listener on the process or a flow, and each attribute that nobody reads."""
    carriers = [process, *process.iter(f"{parts.BPMN}sequenceFlow")]
    for carrier in carriers:  # those of elements are told with them
        for listener in carrier.findall(f"{parts.BPMN}extensionElements/{CAMUNDA}executionListener"):
            where = "am Prozess" if carrier is process else "an einem Sequenzfluss"
            reader.fault(listener, f"„Execution Listener“ {where} wird nicht ausgeführt.", ELEMENT)
    for element in process.iter("*"):
        if xml.namespace(element) == parts.BPMN.strip("{}"):
            for name in sorted(str(key).removeprefix(CAMUNDA) for key in element.attrib if str(key).startswith(CAMUNDA)):
                _attribute(reader, element, name)


def _attribute(reader: Reader, element: etree._Element, name: str) -> None:
    if name in REFUSED:
        reader.fault(element, f"„{name}“ wird nicht ausgeführt.", REFUSED[name])
    elif name == "candidateStarterUsers":
        remedy = "Bitte „Candidate starter groups“ mit Rollen angeben; einzelne Personen werden nicht unterschieden."
        reader.fault(element, "„candidateStarterUsers“ schränkt hier nicht ein, wer den Prozess startet.", remedy, warning=True)
    elif name not in READ | WITHOUT_EFFECT:
        reader.fault(element, f"„camunda:{name}“ bewirkt hier nichts.", "Bitte die Schreibweise prüfen oder entfernen.", warning=True)
