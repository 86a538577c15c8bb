"""What a page can draw of a model file, also of one with faults: the diagram, decision tables as tables, the components of a form."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from api import strict_json
from engine import xml

MAX_COMPONENTS = 2000
MAX_RULES = 2000
MAX_DEPTH = 20


class NotDrawable(ValueError):
    """No picture is possible; the German message says why."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell or heading of a decision table; `more` stands below the text."""

    id: str
    text: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it is written: a table, or the text of an expression. ids: its own, its table's, its expression's."""

    ids: tuple[str, ...]
    name: str
    hit_policy: str
    headings: tuple[Cell, ...]
    rules: tuple[Rule, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Component:
    id: str
    label: str
    kind: str
    key: str
    depth: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """What there is to show of a file. marks: id of an element -> the drawn thing that shows it."""

    marks: Mapping[str, str]
    xml: str | None = None
    decisions: tuple[Decision, ...] = ()
    components: tuple[Component, ...] = field(default=())

    def mark_of(self, element_id: str) -> str:
        """Return the drawn thing that shows an element, or nothing."""
        return self.marks.get(element_id, "") if element_id else ""


def of(content: bytes, kind: str | None) -> Drawn:
    """Return what can be drawn of a file. Raises NotDrawable."""
    if kind in ("bpmn", "dmn"):
        try:
            root = xml.read(content)
        except xml.BrokenXml as fault:
            raise NotDrawable(str(fault)) from fault
        return _diagram(root) if kind == "bpmn" else _decisions(root)
    if kind == "form":
        return _form(content)
    raise NotDrawable("")


def text_of(content: bytes) -> str:
    """Return the text of a file in the encoding that it declares, else UTF-8; what cannot be read in it is shown as such."""
    return content.decode(_encoding(content), "replace").removeprefix("\ufeff")


def _encoding(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _DECLARED.match(content)
    try:
        # A declaration that is not readable in what it declares is wrong.
        if declared and declared[0].decode(declared[1].decode(), "replace") == declared[0].decode():
            return declared[1].decode()
    except (LookupError, UnicodeError):  # no encoding has that name, or none for files
        pass
    return "utf-8"


_DECLARED = re.compile(rb"<\?xml\b[^>\x80-\xff]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]*)")


# ---------------------------------------------------------------- diagrams
def _diagram(root: etree._Element) -> Drawn:
    drawn = {str(one.get("bpmnElement")) for one in root.iter("{*}BPMNShape", "{*}BPMNEdge") if one.get("bpmnElement")}
    if not drawn:
        raise NotDrawable(
            "Die Datei enthält keine Zeichnung (BPMNDI), nur die Liste ihrer Elemente. Im Camunda Modeler wäre das Blatt leer."
        )
    marks = {element: element for element in drawn}
    for pool in root.iter("{*}participant"):  # what is wrong with a process shows at its pool
        if pool.get("id") in drawn and pool.get("processRef"):
            marks.setdefault(str(pool.get("processRef")), str(pool.get("id")))
    return Drawn(marks, xml=etree.tostring(root, encoding="unicode"))


# ---------------------------------------------------------------- decision tables
def _decisions(root: etree._Element) -> Drawn:
    decisions = tuple(_decision(one) for one in root if xml.local(one) == "decision")
    if not decisions:
        raise NotDrawable("Die Datei enthält keine Entscheidung.")
    marks: dict[str, str] = {}
    for decision in decisions:
        own = next((identity for identity in decision.ids if identity), "")
        marks |= {identity: own for identity in decision.ids if identity}
        for cell in (*decision.headings, *(cell for rule in decision.rules for cell in rule.cells)):
            marks |= {cell.id: cell.id} if cell.id else {}
        marks |= {rule.id: rule.id for rule in decision.rules if rule.id}
    return Drawn(marks, decisions=decisions)


def _decision(drawn: etree._Element) -> Decision:
    name = drawn.get("name") or drawn.get("id") or ""
    table = next((child for child in drawn if xml.local(child) == "decisionTable"), None)
    if table is None:
        logic = next((child for child in drawn if xml.local(child) in _LOGIC), None)
        ids = (drawn.get("id", ""), logic.get("id", "") if logic is not None else "")
        return Decision(ids, name, "", (), (), " ".join("".join(map(str, logic.itertext())).split()) if logic is not None else "")
    inputs = [_heading(one, " ".join(_text(asked) for asked in _children(one, "inputExpression"))) for one in _children(table, "input")]
    outputs = [_heading(one, one.get("name") or "") for one in _children(table, "output")]
    notes = [Cell(one.get("id", ""), one.get("name") or "Anmerkung") for one in _children(table, "annotation")]
    rules = tuple(_rule(one, number) for number, one in enumerate(_children(table, "rule")[:MAX_RULES], start=1))
    policy = " ".join(filter(None, (table.get("hitPolicy", "UNIQUE"), table.get("aggregation"))))
    return Decision((drawn.get("id", ""), table.get("id", "")), name, policy, (*inputs, *outputs, *notes), rules, "")


_LOGIC = ("literalExpression", "context", "list", "relation", "invocation", "functionDefinition", "conditional", "filter", "for")


def _heading(drawn: etree._Element, name: str) -> Cell:
    label = drawn.get("label") or name
    return Cell(drawn.get("id", ""), label, name if name != label else "")


def _rule(drawn: etree._Element, number: int) -> Rule:
    cells = [cell for name in ("inputEntry", "outputEntry", "annotationEntry") for cell in _children(drawn, name)]
    return Rule(drawn.get("id", ""), number, tuple(Cell(cell.get("id", ""), _text(cell) or "–") for cell in cells))


def _children(drawn: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in drawn if xml.local(child) == name]


def _text(drawn: etree._Element) -> str:
    return " ".join(" ".join(str(text.text or "") for text in drawn.iter("{*}text")).split())


# ---------------------------------------------------------------- forms
def _form(content: bytes) -> Drawn:
    try:
        read = strict_json.loads(content)
    except strict_json.Unreadable as fault:
        raise NotDrawable(str(fault)) from fault
    components: list[Component] = []
    _components(read.get("components") if isinstance(read, dict) else None, 0, components)
    if not components:
        raise NotDrawable("Das Formular hat keine Komponenten.")
    return Drawn({one.id: one.id for one in components if one.id}, components=tuple(components))


def _components(drawn: object, depth: int, found: list[Component]) -> None:
    for item in drawn if isinstance(drawn, list) and depth < MAX_DEPTH else ():
        if not isinstance(item, dict) or len(found) >= MAX_COMPONENTS:
            continue
        kind, identity, key = (str(item.get(name) or "") for name in ("type", "id", "key"))
        label = str(item.get("label") or item.get("dateLabel") or item.get("timeLabel") or item.get("text") or key or identity)
        found.append(Component(identity, label[:200], kind, key or str(item.get("path") or ""), depth))
        _components(item.get("components"), depth + 1, found)
