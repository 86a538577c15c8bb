"""Faulty copies of diagrams and decision tables, one fault each: what the scenarios and table examples are held against.

A copy without a gateway takes one way for ever; one without an event does not wait, does not send, or does not start. A copy that
every scenario passes shows that nobody watches the element. Copies stay executable: what the fault cuts off is taken out as well.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from engine import xml

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
FORKS = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway"})
STRANGE = "eine_andere_nachricht"
NUMBER = re.compile(r"(?<![\w\"-])\d+(?:\.\d+)?(?![\w\"-])")

Plant = Callable[["_Scope", etree._Element], None]


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong, how to plant it, and what shows it; None: the element itself."""

    told: str
    plant: Plant
    noticeable: frozenset[str] | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Mutant:
    """A faulty copy of a file. `element`: id of the element or rule at fault; `fault`: German, what is wrong with it.

    `process` is the process of a diagram, or the decision of a table. `noticeable`: elements and sequence flows of which a case must
    take one to meet the fault; a case that takes none of them runs as in the original. `silent`: only who names the element misses it.
    """

    file: str
    process: str
    element: str
    fault: str
    noticeable: frozenset[str]
    content: bytes
    silent: bool = False

    @property
    def name(self) -> str:
        return f"{self.process}: {self.element} ({self.fault})"


# ---------------------------------------------------------------- diagrams
def of_diagram(content: bytes, file: str) -> Iterator[Mutant]:
    """Yield a copy of a .bpmn file for every way to lose one of its gateways and events, in document order."""
    root = _bare(xml.read(content))
    for process in root.iterchildren(f"{{{BPMN}}}process"):
        for scope in process.iter(f"{{{BPMN}}}process", f"{{{BPMN}}}subProcess"):
            for node in _Scope(scope).nodes():
                for fault in _faults(_Scope(scope), node):
                    yield _planted(root, file, process.get("id", ""), node, fault)


def _bare(root: etree._Element) -> etree._Element:
    """Return a copy without the drawing and without what only repeats the sequence flows."""
    bare = copy.deepcopy(root)
    for tag in (f"{{{BPMN}}}incoming", f"{{{BPMN}}}outgoing"):
        for element in list(bare.iter(tag)):
            _parent(element).remove(element)
    for drawing in [child for child in bare if xml.local(child) == "BPMNDiagram"]:
        bare.remove(drawing)
    return bare


def _planted(root: etree._Element, file: str, process: str, node: etree._Element, fault: _Fault) -> Mutant:
    planted, found = _copied(root, node)
    scope = _Scope(_parent(found))
    fault.plant(scope, found)
    scope.prune()
    noticeable = fault.noticeable if fault.noticeable is not None else frozenset({node.get("id", "")})
    return Mutant(file, process, node.get("id", ""), fault.told, noticeable, _written(planted), fault.silent)


def _faults(scope: _Scope, node: etree._Element) -> Iterator[_Fault]:
    tag, definition = xml.local(node), _definition(node)
    if tag in FORKS:
        yield from _gateway_faults(scope, node)
    elif tag == "intermediateCatchEvent":
        if scope.alternatives(node):
            yield _Fault("dieses Ereignis kommt nie", _Scope.drop_alternative)
        else:
            yield _Fault("wartet nicht", _Scope.bypass)
        yield from _late(node)
    elif tag == "intermediateThrowEvent" or (tag == "sendTask" and definition is not None):
        yield _Fault("meldet nichts", _Scope.bypass)
    elif tag == "endEvent":
        yield _Fault("löst nichts aus", _unarmed) if definition is not None else _Fault("fehlt", _nameless, silent=True)
    elif tag == "boundaryEvent":
        yield _Fault("fehlt", lambda scope, node: scope.remove(node))
        yield from _turned(definition, "cancelActivity")
        yield from _late(node)
    elif tag == "startEvent":
        yield from _start_faults(scope, node)


def _gateway_faults(scope: _Scope, node: etree._Element) -> Iterator[_Fault]:
    """Yield one fault for each way that is taken for ever, and for each way that ends at a gateway that only joins.

    The faults of an event-based gateway are those of its events.
    """
    out = scope.out(node)
    if xml.local(node) == "eventBasedGateway":
        return
    if len(out) > 1:
        for flow in out:
            target = flow.get("targetRef", "")
            others = frozenset(other.get("id", "") for other in out if other is not flow)
            yield _Fault(f"immer „{flow.get('name') or target}“", _always(target), others)
    else:
        for flow in scope.into(node):
            id_ = flow.get("id", "")
            yield _Fault(f"der Weg von {flow.get('sourceRef')} endet hier", _torn(id_), frozenset({id_}))


def _start_faults(scope: _Scope, node: etree._Element) -> Iterator[_Fault]:
    owner, definition = scope.element, _definition(node)
    if owner.get("triggeredByEvent") == "true":
        yield _Fault("fehlt", lambda scope, node: scope.remove_itself())
        yield from _turned(definition, "isInterrupting")
        yield from _late(node)
    elif definition is not None and xml.local(definition) == "messageEventDefinition":
        yield _Fault("wartet auf eine andere Nachricht", _strange_message)
    else:
        yield _Fault("danach geschieht nichts", lambda scope, node: scope.cut(scope.out(node)[0]))


def _turned(definition: etree._Element | None, attribute: str) -> Iterator[_Fault]:
    """Yield the fault of an event that interrupts where it should not, or the other way round. An error always interrupts."""
    if definition is not None and xml.local(definition) != "errorEventDefinition":
        yield _Fault("unterbricht andersherum", _flipped(attribute))


def _late(node: etree._Element) -> Iterator[_Fault]:
    """Yield the fault of a timer on a date: one day late."""
    if _date(node) is not None:
        yield _Fault("einen Tag zu spät", _delayed)


def _date(node: etree._Element) -> etree._Element | None:
    return next((date for date in node.iter(f"{{{BPMN}}}timeDate") if (date.text or "").strip().startswith("=")), None)


def _delayed(scope: _Scope, node: etree._Element) -> None:
    date = _date(node)
    if date is not None:
        date.text = f'=({(date.text or "").strip()[1:]}) + duration("P1D")'


def _definition(node: etree._Element) -> etree._Element | None:
    return next((child for child in node if xml.local(child).endswith("EventDefinition")), None)


def _unarmed(scope: _Scope, node: etree._Element) -> None:
    definition = _definition(node)
    if definition is not None:
        node.remove(definition)


def _nameless(scope: _Scope, node: etree._Element) -> None:
    for flow in scope.into(node):
        scope.cut(flow)


def _flipped(attribute: str) -> Plant:
    def plant(scope: _Scope, node: etree._Element) -> None:
        node.set(attribute, "true" if node.get(attribute) == "false" else "false")

    return plant


def _always(target: str) -> Plant:
    return lambda scope, node: scope.bypass(node, target)


def _torn(flow_id: str) -> Plant:
    return lambda scope, node: scope.cut(scope.flow(flow_id))


def _strange_message(scope: _Scope, node: etree._Element) -> None:
    definition, root = _definition(node), node.getroottree().getroot()
    message = etree.SubElement(root, f"{{{BPMN}}}message", {"id": f"nachricht_{STRANGE}", "name": STRANGE})
    if definition is not None:
        definition.set("messageRef", message.get("id", ""))


class _Scope:
    """A process or subprocess and its sequence flows."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element

    def nodes(self) -> list[etree._Element]:
        return [child for child in self.element if child.get("id") and xml.namespace(child) == BPMN and xml.local(child) != "sequenceFlow"]

    def flows(self) -> list[etree._Element]:
        return self.element.findall(f"{{{BPMN}}}sequenceFlow")

    def flow(self, identity: str | None) -> etree._Element:
        return next(flow for flow in self.flows() if flow.get("id") == identity)

    def out(self, node: etree._Element) -> list[etree._Element]:
        return [flow for flow in self.flows() if flow.get("sourceRef") == node.get("id")]

    def into(self, node: etree._Element) -> list[etree._Element]:
        return [flow for flow in self.flows() if flow.get("targetRef") == node.get("id")]

    def alternatives(self, node: etree._Element) -> list[etree._Element]:
        """Return the flows by which an event-based gateway offers the node."""
        gates = {gate.get("id") for gate in self.nodes() if xml.local(gate) == "eventBasedGateway"}
        return [flow for flow in self.into(node) if flow.get("sourceRef") in gates]

    def remove(self, node: etree._Element) -> None:
        self.element.remove(node)

    def remove_itself(self) -> None:
        _parent(self.element).remove(self.element)

    def bypass(self, node: etree._Element, target: str = "") -> None:
        """Take the node out and lead its incoming flows to `target`, or to where its only flow leads."""
        leaving = self.out(node)
        reached = target or str(leaving[0].get("targetRef"))
        for flow in self.into(node):
            flow.set("targetRef", reached)
        for flow in leaving:
            self.element.remove(flow)
        self.element.remove(node)

    def drop_alternative(self, node: etree._Element) -> None:
        """Take an event from the choice of its gateway; a gateway with one event left is no choice any more."""
        for flow in self.alternatives(node):
            gate = next(one for one in self.nodes() if one.get("id") == flow.get("sourceRef"))
            self.element.remove(flow)
            if len(self.out(gate)) == 1:
                self.bypass(gate)

    def cut(self, flow: etree._Element) -> None:
        """Let the flow lead to an end that nobody drew."""
        end = etree.SubElement(self.element, f"{{{BPMN}}}endEvent", {"id": f"abgerissen_{flow.get('id')}"})
        flow.set("targetRef", end.get("id", ""))

    def prune(self) -> None:
        """Take out what is no longer reached."""
        reached = self._reached()
        for node in self.nodes():
            if node.get("id") not in reached:
                self.element.remove(node)
        for flow in self.flows():
            if flow.get("sourceRef") not in reached:
                self.element.remove(flow)

    def _reached(self) -> set[str]:
        nodes = {node.get("id", ""): node for node in self.nodes()}
        todo = [id_ for id_, node in nodes.items() if xml.local(node) == "startEvent" or node.get("triggeredByEvent") == "true"]
        reached: set[str] = set()
        while todo:
            current = todo.pop()
            if current not in reached:
                reached.add(current)
                todo += [flow.get("targetRef", "") for flow in self.flows() if flow.get("sourceRef") == current]
                todo += [id_ for id_, node in nodes.items() if node.get("attachedToRef") == current]
        return reached


# ---------------------------------------------------------------- decision tables
def of_table(content: bytes, file: str) -> Iterator[Mutant]:
    """Yield a copy of a .dmn file for every rule that is missing and for every value in its outputs that is another."""
    root = xml.read(content)
    for rule in root.iter(f"{{{DMN}}}rule"):
        decision = next(parent.get("id", "") for parent in rule.iterancestors(f"{{{DMN}}}decision"))
        id_ = rule.get("id", "")
        planted, found = _copied(root, rule)
        _parent(found).remove(found)
        yield Mutant(file, decision, id_, "die Regel fehlt", frozenset({id_}), _written(planted))
        for position, entry in enumerate(_outputs(rule)):
            old = (entry.text or "").strip()
            for new in _other_values(old):
                planted, found = _copied(root, rule)
                _outputs(found)[position].text = new
                yield Mutant(file, decision, id_, f"{new} statt {old}", frozenset({id_}), _written(planted))


def _copied(root: etree._Element, element: etree._Element) -> tuple[etree._Element, etree._Element]:
    """Return a copy of the document and the element's place in it."""
    place = list(root.iter("*")).index(element)
    planted = copy.deepcopy(root)
    return planted, list(planted.iter("*"))[place]


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    if parent is None:
        raise ValueError("Das Element steht in keinem Dokument.")
    return parent


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _outputs(rule: etree._Element) -> list[etree._Element]:
    return [text for entry in rule.findall(f"{{{DMN}}}outputEntry") for text in entry.findall(f"{{{DMN}}}text")]


def _other_values(old: str) -> Iterator[str]:
    """Yield other values for an output: each of its numbers one more, the other truth value, another text."""
    if old in ("true", "false"):
        yield "false" if old == "true" else "true"
    elif old.startswith('"') and old.endswith('"') and '"' not in old[1:-1]:
        yield '"anders"'
    else:
        for number in NUMBER.finditer(old):
            whole, dot, decimals = number.group().partition(".")
            yield f"{old[: number.start()]}{int(whole) + 1}{dot}{decimals}{old[number.end() :]}"
