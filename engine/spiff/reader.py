"""Read a .bpmn file into the model, gathering every fault as a finding: here what BPMN itself says, the rest in the dialect's reader."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from lxml import etree

from engine import feel, xml
from engine.protocol import Finding, Severity
from engine.spiff import camunda, expressions, model, parts, zeebe
from engine.spiff.expressions import Expression

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
MODELER = "http://camunda.org/schema/modeler/1.0"

MAX_ID = 200
IDENTITY = re.compile(rf"[^\W\d][\w.-]{{0,{MAX_ID - 1}}}")  # as XML defines an ID; `/` and `#` stand between them in a place of a case

KINDS: dict[str, model.ElementKind] = {
    "startEvent": "start_event", "endEvent": "end_event", "intermediateCatchEvent": "catch_event",
    "intermediateThrowEvent": "throw_event", "boundaryEvent": "boundary_event", "task": "task", "manualTask": "task",
    "userTask": "user_task", "serviceTask": "service_task", "sendTask": "service_task", "receiveTask": "receive_task",
    "businessRuleTask": "business_rule_task", "scriptTask": "script_task", "callActivity": "call_activity", "subProcess": "subprocess",
    "exclusiveGateway": "exclusive_gateway", "parallelGateway": "parallel_gateway", "inclusiveGateway": "inclusive_gateway",
    "eventBasedGateway": "event_gateway",
}  # fmt: skip
REFUSED = {
    "complexGateway": "Bitte ein exklusives oder inklusives Gateway verwenden.",
    "transaction": "Bitte einen gewöhnlichen Teilprozess mit Fehlerereignissen verwenden.",
    "adHocSubProcess": "Bitte einen gewöhnlichen Teilprozess oder mehrere Aufgaben verwenden.",
    "choreographyTask": "Bitte einen Prozess mit Nachrichten verwenden.",
    "subChoreography": "Bitte einen Prozess mit Nachrichten verwenden.",
    "callConversation": "Bitte einen Prozess mit Nachrichten verwenden.",
    "globalUserTask": "Bitte eine Benutzeraufgabe im Prozess verwenden.",
}
DRAWN_ONLY = frozenset({
    "dataObject", "dataObjectReference", "dataStoreReference", "dataStore", "textAnnotation", "association", "group", "laneSet",
    "documentation", "extensionElements", "ioSpecification", "property", "dataInputAssociation", "dataOutputAssociation", "incoming",
    "outgoing", "category", "artifact", "auditing", "monitoring", "supportedInterfaceRef", "standardLoopCharacteristics",
    "multiInstanceLoopCharacteristics", "correlationSubscription", "resourceRole", "potentialOwner", "humanPerformer", "performer",
})  # fmt: skip


class Dialect(Protocol):
    """What a vendor adds to BPMN; the modules that read a dialect have this shape."""

    def process(self, reader: Reader, drawn: etree._Element, read: model.Process) -> model.Process:
        """Return the process with what the dialect says of it."""

    def element(self, reader: Reader, drawn: etree._Element, read: model.Element) -> model.Element:
        """Return the element with what the dialect says of it."""


class Reader:
    """Reads one file; `findings` holds what is wrong with it, all at once."""

    def __init__(self, content: bytes, file: str, functions: Iterable[feel.Function] = ()) -> None:
        self.content = content
        self.file = file
        self.functions = tuple(functions)
        self.findings: list[Finding] = []
        self.messages: dict[str, etree._Element] = {}
        self.signals: dict[str, etree._Element] = {}
        self.errors: dict[str, etree._Element] = {}
        self.escalations: dict[str, etree._Element] = {}
        self.seen: dict[str, int] = {}
        self.platform = "plain"
        self.dialect: Dialect = camunda

    # -- findings
    def fault(self, element: etree._Element, message: str, remedy: str, *, warning: bool = False) -> None:
        """Add a finding at an element; parts of an element are told under the element, which the diagram shows."""
        owner = element
        while owner is not None and not (owner.get("id") and xml.namespace(owner) == BPMN):
            parent = owner.getparent()
            if parent is None:
                break
            owner = parent
        label = " ".join((owner.get("name") or "").split())
        severity: Severity = "warning" if warning else "error"
        self.findings.append(Finding(self.file, xml.line(element), owner.get("id") or "", label, message, remedy, severity))

    def expression(self, element: etree._Element, text: str, where: str, *, language: str = "") -> Expression | None:
        """Return the expression in a place, or None with a finding."""
        try:
            return expressions.read(text, self.functions, language=language, with_juel=self.platform != "camunda8")
        except feel.FeelSyntaxError as fault:
            self.fault(element, f"{where}: {fault}", "Bitte den Ausdruck berichtigen.")
        except expressions.NotSupported as fault:
            self.fault(element, f"{where}: {fault.found}", fault.remedy)
        return None

    # -- the file
    def read(self) -> model.ParsedFile | None:
        """Return the model, or None where the file is not BPMN at all."""
        try:
            root = xml.read(self.content)
        except xml.BrokenXml as fault:
            remedy = "Bitte die Datei im Camunda Modeler öffnen und neu speichern."
            self.findings.append(Finding(self.file, fault.line, "", "", str(fault), remedy))
            return None
        if xml.local(root) != "definitions" or xml.namespace(root) != BPMN:
            self.fault(root, "Die Datei ist kein BPMN-Diagramm.", "Bitte ein im Camunda Modeler erstelltes BPMN-Diagramm verwenden.")
            return None
        self._unique_ids(root)
        self.platform = self._platform(root)
        if self.platform == "camunda8":
            self.dialect = zeebe
        for child in root.iterchildren("*"):
            register = {
                "message": self.messages, "signal": self.signals, "error": self.errors, "escalation": self.escalations,
            }.get(xml.local(child))  # fmt: skip
            if register is not None:
                register[child.get("id", "")] = child
        processes = tuple(self._process(child) for child in root.iterchildren("*") if xml.local(child) == "process")
        if not any(process.executable for process in processes):
            self.fault(root, "Die Datei enthält keinen ausführbaren Prozess.", "Bitte im Prozess „Executable“ anhaken.")
        return model.ParsedFile(self.file, self.platform, processes)

    def _platform(self, root: etree._Element) -> str:
        """Return whose dialect the file is drawn in: by what it uses, else by what the Modeler noted, else plain."""
        platform = root.get(f"{{{MODELER}}}executionPlatform") or ""
        used = xml.namespaces(root)
        zeebe_drawn = ZEEBE in used or platform == "Camunda Cloud"
        if zeebe_drawn and CAMUNDA in used:
            self.fault(
                root, "Die Datei mischt Camunda 7 (camunda:) und Camunda 8 (zeebe:).", "Bitte nur eine der beiden Plattformen verwenden."
            )
        if zeebe_drawn:
            return "camunda8"
        return "camunda7" if CAMUNDA in used or platform == "Camunda Platform" else "plain"

    def _unique_ids(self, root: etree._Element) -> None:
        for element in root.iter("*"):
            identity = element.get("id") if xml.namespace(element) == BPMN else None
            if not identity:
                continue
            if not IDENTITY.fullmatch(identity):
                shown = identity if len(identity) <= MAX_ID else f"{identity[:MAX_ID]}…"
                self.fault(
                    element,
                    f"„{shown}“ kann keine Kennung sein.",
                    f"Erlaubt sind bis zu {MAX_ID} Buchstaben, Ziffern, Unterstriche, Punkte und Bindestriche, am Anfang keine Ziffer.",
                )
            if identity in self.seen:
                self.fault(
                    element,
                    f"Die Kennung „{identity}“ kommt zweimal vor (auch in Zeile {self.seen[identity]}).",
                    "Bitte jede Kennung nur einmal verwenden.",
                )
            self.seen.setdefault(identity, xml.line(element))

    # -- processes
    def _process(self, element: etree._Element) -> model.Process:
        nodes, flows = self.scope(element)
        executable = element.get("isExecutable") == "true"
        name = " ".join((element.get("name") or "").split())
        if executable and not element.get("id"):
            self.fault(element, "Der Prozess hat keine Kennung.", "Bitte dem Prozess eine ID geben.")
        read = model.Process(
            id=element.get("id", ""),
            name=name or element.get("id", ""),
            line=xml.line(element),
            version_tag="",
            executable=executable,
            documentation=parts.documentation(element),
            history_days=None,
            elements=nodes,
            flows=flows,
        )
        return self.dialect.process(self, element, read)

    def scope(self, container: etree._Element) -> tuple[tuple[model.Element, ...], tuple[model.Flow, ...]]:
        """Return the nodes and flows directly inside a process or subprocess."""
        lanes = {
            (reference.text or "").strip(): lane.get("name") or ""
            for lane in container.iter(f"{{{BPMN}}}lane")
            for reference in lane.iter(f"{{{BPMN}}}flowNodeRef")
        }
        nodes: list[model.Element] = []
        flows: list[model.Flow] = []
        for child in container.iterchildren("*"):
            tag = xml.local(child)
            if xml.namespace(child) != BPMN or tag in DRAWN_ONLY:
                continue
            if tag == "sequenceFlow":
                flows.append(self._flow(child))
            elif tag in KINDS:
                nodes.append(self._element(child, KINDS[tag], lanes.get(child.get("id", ""))))
            elif tag in REFUSED:
                self.fault(child, f"Das Element „{tag}“ wird nicht ausgeführt.", REFUSED[tag])
                nodes.append(self._place_of(child))
            else:
                self.fault(
                    child, f"Das Element „{tag}“ ist unbekannt.", "Bitte nur die in processes/README.md genannten Elemente verwenden."
                )
        return tuple(nodes), tuple(flows)

    def _flow(self, element: etree._Element) -> model.Flow:
        condition = None
        drawn = element.find(f"{{{BPMN}}}conditionExpression")
        if drawn is not None:
            text, language = (drawn.text or "").strip(), drawn.get("language", "")
            if not text:
                self.fault(
                    element,
                    "Die Bedingung des Sequenzflusses ist leer.",
                    "Bitte einen FEEL-Ausdruck eintragen oder die Bedingung entfernen.",
                )
                condition = expressions.literal(text)  # told already; it is not missing
            else:
                condition = self.expression(element, text, "Bedingung", language=language)
                if condition is None:
                    condition = expressions.literal(text)  # told already; it is not missing
                elif condition.kind == "literal":
                    self.fault(element, f"Die Bedingung „{text}“ ist kein Ausdruck.", "Bitte „=“ davorsetzen oder als Sprache FEEL wählen.")
        label = " ".join((element.get("name") or "").split())
        return model.Flow(
            element.get("id", ""), element.get("sourceRef", ""), element.get("targetRef", ""), label, xml.line(element), condition
        )

    def _place_of(self, element: etree._Element) -> model.Element:
        """Return what stands for a refused element, so that the ways to and from it are no faults of their own."""
        label = " ".join((element.get("name") or "").split())
        return model.Element(id=element.get("id", ""), kind="task", label=label, line=xml.line(element))

    def _element(self, element: etree._Element, kind: model.ElementKind, lane: str | None) -> model.Element:
        if element.get("triggeredByEvent") == "true":
            kind = "event_subprocess"
        if element.get("isForCompensation") == "true":
            self.fault(element, "Kompensation wird nicht ausgeführt.", "Bitte den Ausgleich als gewöhnlichen Weg zeichnen.")
        children, flows = self.scope(element) if kind in ("subprocess", "event_subprocess") else ((), ())
        event = parts.event_definition(self, element) if kind.endswith("_event") else None
        if kind == "receive_task":
            event = parts.message_of(self, element)
        interrupting = element.get("cancelActivity", "true") != "false" and element.get("isInterrupting", "true") != "false"
        if not element.get("id"):
            self.fault(element, "Das Element hat keine Kennung.", "Bitte dem Element eine ID geben.")
        read = model.Element(
            id=element.get("id", ""),
            kind=kind,
            label=" ".join((element.get("name") or "").split()),
            line=xml.line(element),
            documentation=parts.documentation(element),
            event=event,
            interrupting=interrupting,
            attached_to=element.get("attachedToRef"),
            default_flow=element.get("default"),
            loop=parts.loop(self, element),
            children=children,
            flows=flows,
            lane=lane,
        )
        return self.dialect.element(self, element, read)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read: its model, None where it is not BPMN at all, and every fault."""

    model: model.ParsedFile | None
    findings: tuple[Finding, ...]


def read(content: bytes, file: str, functions: Iterable[feel.Function] = ()) -> ReadFile:
    """Return the file as it reads, with its faults."""
    reader = Reader(content, file, functions)
    return ReadFile(reader.read(), tuple(reader.findings))


def process_of(content: bytes, file: str, key: str, functions: Iterable[feel.Function] = ()) -> model.Process | None:
    """Return the process with that id in a deployed file, or None where it is not in it."""
    parsed = Reader(content, file, functions).read()
    return parsed.process(key) if parsed is not None else None
