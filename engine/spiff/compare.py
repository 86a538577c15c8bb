"""What two versions of a process do not have in common: elements, flows, what they say, and what was only moved on the drawing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass

from lxml import etree

from engine import differences, feel, xml
from engine.differences import Difference
from engine.spiff import model, reader, words
from engine.spiff.expressions import Expression

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
# Told elsewhere, or nothing that a designer draws.
SILENT = frozenset({"id", "kind", "line", "children", "flows", "elements", "executable", "counters"})
NAMES = {
    "label": "Beschriftung", "documentation": "Dokumentation", "interrupting": "unterbricht", "attached_to": "angeheftet an",
    "default_flow": "Standardfluss", "topic": "Topic", "priority": "Priorität", "retries": "Versuche", "retries_drawn": "Versuche",
    "decision": "Entscheidung", "decision_binding": "Bindung der Entscheidung", "decision_mapping": "Form des Ergebnisses",
    "script": "Skript", "result_variable": "Ergebnisvariable", "called": "aufgerufener Prozess", "called_binding": "Bindung des Aufrufs",
    "call_in": "In", "call_out": "Out", "inputs": "Eingabe", "outputs": "Ausgabe", "results_local": "Ergebnisse bleiben lokal",
    "inputs_chained": "Eingaben sehen einander", "errors_carry": "Fehler bringen Werte mit", "properties": "Eigenschaft", "lane": "Bahn",
    "around": "liegt in", "title": "Name der Aufgabe", "what": "Art", "form": "Formular", "form_binding": "Bindung des Formulars", "assignee": "Bearbeiter",
    "candidate_groups": "Gruppen", "candidate_users": "Personen", "due": "Fälligkeit", "follow_up": "Wiedervorlage",
    "name": "Name", "timer_kind": "Art der Zeit", "spring_cron": "Cron wie Camunda 8", "timer": "Zeit", "condition": "Bedingung",
    "watched": "beobachtete Variablen", "changes": "beobachtete Änderungen", "code_variable": "Variable für den Code",
    "message_variable": "Variable für die Meldung", "message": "Meldung", "external": "durch einen Worker",
    "correlation": "Korrelationsschlüssel", "carries": "nimmt mit", "standard": "Schleife", "sequential": "nacheinander",
    "cardinality": "Anzahl", "collection": "Liste", "element_variable": "Variable je Eintrag", "completion": "Abschlussbedingung",
    "output_collection": "Ergebnisliste", "output_element": "Ergebnis je Eintrag", "test_before": "Bedingung zuerst",
    "maximum": "höchstens", "source": "von", "target": "nach", "version_tag": "Kennzeichen der Fassung", "history_days": "Aufbewahrung in Tagen",
    "start_form": "Startformular", "initiator": "Variable für den Starter", "dialect": "Plattform", "candidate_starters": "darf starten",
}  # fmt: skip
NESTED = {"event": "Ereignis", "assignment": "", "loop": "Wiederholung"}
WORDS = {"date": "Zeitpunkt", "duration": "Dauer", "cycle": "Zyklus", "latest": "neueste", "deployment": "Bereitstellung des Diagramms"}


def compare(before: bytes, after: bytes, process_key: str, functions: Iterable[feel.Function] = ()) -> tuple[Difference, ...]:
    """Return the differences of a process in two versions of its file: of the process, its elements, its flows, and the layout."""
    offered = tuple(functions)
    old, new = (reader.process_of(content, "", process_key, offered) for content in (before, after))
    found: list[Difference] = []
    if old is not None and new is not None:
        details = differences.details(_facts(old), _facts(new))
        if details:
            found.append(Difference("changed", new.id, "Prozess", new.name, details))
    one, other = _things(old), _things(new)
    found += _differences(one, other)
    told = {difference.id for difference in found}
    drawn_before, drawn_after = _layout(before), _layout(after)
    for key, (what, label, _) in other.items():
        if key in one and key not in told and drawn_before.get(key) != drawn_after.get(key):
            found.append(Difference("moved", key, what, label))
    return tuple(found)


Thing = tuple[str, str, dict[str, str]]  # what it is, its label, what it says


def _differences(one: Mapping[str, Thing], other: Mapping[str, Thing]) -> Iterator[Difference]:
    for key, (what, label, facts) in other.items():
        if key not in one:
            yield Difference("added", key, what, label, differences.details({}, facts))
        else:
            details = differences.details(one[key][2], facts)
            if details:
                yield Difference("changed", key, what, label or one[key][1], details)
    for key, (what, label, facts) in one.items():
        if key not in other:
            yield Difference("removed", key, what, label, differences.details(facts, {}))


def _things(process: model.Process | None) -> dict[str, Thing]:
    """Return id -> element or flow of a process, with those inside its subprocesses."""
    found: dict[str, Thing] = {}
    if process is None:
        return found
    labels = {element.id: element.label or element.id for element in model.walk(process.elements)}

    def add(elements: tuple[model.Element, ...], flows: tuple[model.Flow, ...], around: str) -> None:
        for element in elements:
            facts = {NAMES["what"]: words.of(element)} | ({NAMES["around"]: around} if around else {}) | _facts(element)
            found[element.id] = (words.of(element), element.label, facts)
            add(element.children, element.flows, labels[element.id])
        for flow in flows:
            facts = _facts(flow)
            ends = f"{labels.get(flow.source, flow.source)} → {labels.get(flow.target, flow.target)}"
            found[flow.id] = ("Sequenzfluss", flow.label or ends, facts)

    add(process.elements, process.flows, "")
    return found


# ---------------------------------------------------------------- what a thing says
def _facts(value: object, around: str = "") -> dict[str, str]:
    """Return German name -> text of everything a drawn thing says; what says nothing is left out."""
    facts: dict[str, str] = {}
    for one in fields(value) if is_dataclass(value) else ():
        if one.name in SILENT:
            continue
        drawn = getattr(value, one.name)
        if one.name in NESTED:
            facts |= _facts(drawn, NESTED[one.name]) if drawn is not None else {}
            continue
        name = f"{around}: {NAMES.get(one.name, one.name)}" if around else NAMES.get(one.name, one.name)
        facts |= {key: text for key, text in _texts(name, drawn) if text and drawn != one.default}
    return facts


def _texts(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of one drawn value; a list of parameters gives one each."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield f"{name} {key}", str(item)
    elif isinstance(value, tuple) and value and not isinstance(value[0], str):
        for item in value:
            yield _parameter(name, item)
    elif isinstance(value, tuple | frozenset):
        yield name, ", ".join(sorted(value) if isinstance(value, frozenset) else value)
    else:
        yield name, _text(value)


def _parameter(name: str, value: object) -> tuple[str, str]:
    if isinstance(value, model.Parameter):
        return f"{name} {'.'.join((value.target, *value.inside))}", _text(value.value)
    if isinstance(value, model.CallMapping):
        if value.business_key:
            return f"{name} Geschäftsschlüssel", _text(value.value)
        return (f"{name} alle Variablen", "ja") if value.everything else (f"{name} {value.target}", _text(value.value))
    return name, str(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, Expression):
        source = value.source.strip()
        return source if value.kind == "literal" or source.startswith(("=", "${", "#{")) else f"={source}"
    return WORDS.get(str(value), str(value))


# ---------------------------------------------------------------- the drawing
def _layout(content: bytes) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return element id -> where it is drawn: the corners of a shape, the bends of a flow."""
    try:
        root = xml.read(content)
    except xml.BrokenXml:
        return {}
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for shape in root.iter(f"{{{DI}}}BPMNShape", f"{{{DI}}}BPMNEdge"):
        found[shape.get("bpmnElement", "")] = tuple(_place(part) for part in shape.iterchildren("*") if xml.local(part) != "BPMNLabel")
    return found


def _place(part: etree._Element) -> tuple[str, ...]:
    return tuple(_number(part.get(name, "")) for name in ("x", "y", "width", "height"))


def _number(text: str) -> str:
    return text.removesuffix(".0")
