"""Read a DMN file (1.1 to 1.5, and Camunda's own namespaces) into a Model, gathering every fault instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from lxml import etree

from engine import feel, xml
from engine.dmn import model, moments, structure
from engine.protocol import Finding, Severity
from engine.spiff import juel, juel_values

POLICIES: dict[str, model.HitPolicy] = {
    "UNIQUE": "UNIQUE", "FIRST": "FIRST", "PRIORITY": "PRIORITY", "ANY": "ANY", "COLLECT": "COLLECT", "RULE ORDER": "RULE ORDER",
    "OUTPUT ORDER": "OUTPUT ORDER",
}  # fmt: skip
FEEL_LANGUAGE = re.compile(r"(feel|https?://www\.omg\.org/spec/(DMN/\d{8}/)?FEEL/?(\d{8})?)?", re.IGNORECASE)
ITERATIONS: dict[str, model.IterationKind] = {"for": "for", "every": "every", "some": "some"}
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
DMN_NAMESPACE = "/spec/DMN/"
LEGAL_COLUMNS = ("rechtsgrundlage", "quelle")


class Reader:
    """Reads one file; `findings` holds what is wrong with it."""

    def __init__(self, content: bytes, file: str, functions: Iterable[feel.Function]) -> None:
        self.content = content
        self.file = file
        self.functions = tuple(functions)
        self.findings: list[Finding] = []
        self.decision = model.Place(file, 1, "", "")
        self.names: tuple[str, ...] = ()
        self.types: dict[str, model.Type] = {}
        self.inputs: dict[str, str] = {}
        self.has_juel = False

    def read(self) -> model.Model | None:
        """Return the model, or None where the file is not DMN at all."""
        try:
            root = xml.read(self.content)
        except xml.BrokenXml as fault:
            self.findings.append(
                Finding(self.file, fault.line, "", "", str(fault), "Bitte die Datei im Camunda Modeler öffnen und neu speichern.")
            )
            return None
        if xml.local(root) != "definitions" or not (DMN_NAMESPACE in xml.namespace(root) or "dmn" in xml.namespace(root).lower()):
            self.fault(root, "Die Datei ist keine DMN-Datei.", "Bitte eine im Camunda Modeler erstellte Entscheidungstabelle verwenden.")
            return None
        self.inputs = inputs = {e.get("id", ""): e.get("name", "") or e.get("id", "") for e in root if xml.local(e) == "inputData"}
        decision_names = [e.get("name") or "" for e in root if xml.local(e) in ("decision", "businessKnowledgeModel")]
        variables = [v.get("name") or "" for v in root.iter() if isinstance(v.tag, str) and xml.local(v) in ("variable", "formalParameter")]
        self.names = tuple(name for name in (*inputs.values(), *decision_names, *variables) if name)
        self._language(root)
        structure.unsupported(self, root)
        self.types = {e.get("name", ""): self._item_definition(e) for e in root if xml.local(e) == "itemDefinition"}
        decisions = {d.id: d for d in (self._decision(e) for e in root if xml.local(e) == "decision")}
        knowledge = {k.id: k for k in (self._knowledge(e) for e in root if xml.local(e) == "businessKnowledgeModel") if k}
        if not decisions:
            self.fault(root, "Die Datei enthält keine Entscheidung.", "Bitte mindestens eine Entscheidung anlegen.")
        structure.references(self, decisions, knowledge)
        called = juel_values.FUNCTIONS if self.has_juel else ()
        return model.Model(self.file, root.get("id", ""), root.get("name", ""), decisions, knowledge, inputs, called)

    def _item_definition(self, element: etree._Element) -> model.Type:
        base, allowed = _child(element, "typeRef"), _child(element, "allowedValues")
        tests = self._unary(element, _text(allowed), "Erlaubte Werte") if allowed is not None else None
        is_list = element.get("isCollection") == "true"
        return model.Type(_basic((base.text or "") if base is not None else ""), is_list, tests)

    def _type(self, name: str | None) -> model.Type:
        found = self.types.get((name or "").strip())
        return found if found is not None else model.Type(_basic(name or ""))

    # -- findings
    def fault(self, element: etree._Element, message: str, remedy: str, *, warning: bool = False) -> None:
        place = model.Place(self.file, xml.line(element), element.get("id") or self.decision.element_id, self.decision.label)
        self.add(place, message, remedy, warning=warning)

    def add(self, place: model.Place, message: str, remedy: str, *, warning: bool = False) -> None:
        severity: Severity = "warning" if warning else "error"
        self.findings.append(Finding(place.file, place.line, place.element_id, place.label, message, remedy, severity))

    # -- expressions
    def _expression(self, element: etree._Element, text: str, where: str) -> feel.Expression | None:
        """Return the expression of a place, in FEEL or JUEL (`${betrag}`, or `betrag` alone as Camunda 7 allows it), or None with a finding."""
        try:
            if element.get("expressionLanguage", "").strip().lower() == "juel":
                self.has_juel = True
                text = juel.from_juel(text if "${" in text or "#{" in text else f"${{{text}}}")
            return feel.compile(text, names=self.names, functions=self.functions)
        except juel.NotSupported as fault:
            self.fault(element, f"{where}: {fault.found}", fault.remedy)
            return None
        except feel.FeelSyntaxError as fault:
            self.fault(element, f"{where}: {fault}", "Bitte den FEEL-Ausdruck berichtigen.")
            return None

    def _unary(self, element: etree._Element, text: str, where: str) -> feel.UnaryTests | None:
        try:
            return feel.compile_unary(text, names=self.names, functions=self.functions)
        except feel.FeelSyntaxError as fault:
            self.fault(element, f"{where}: {fault}", "Bitte die Zelle berichtigen; Texte stehen in Anführungszeichen.")
            return None

    def _language(self, element: etree._Element, *, with_juel: bool = False) -> None:
        language = element.get("expressionLanguage", "")
        if with_juel and language.strip().lower() == "juel":
            return
        if not FEEL_LANGUAGE.fullmatch(language.strip()):
            self.fault(element, f"Die Ausdruckssprache „{language}“ wird nicht ausgeführt.", "Bitte FEEL verwenden.")

    # -- decisions
    def _decision(self, element: etree._Element) -> model.Decision:
        identity = element.get("id", "")
        name = element.get("name") or identity
        self.decision = model.Place(self.file, xml.line(element), identity, name)
        variable = _child(element, "variable")
        logic_element = next((child for child in element if xml.local(child) in _LOGIC), None)
        if logic_element is None:
            self.fault(element, "Die Entscheidung hat keine Logik.", "Bitte eine Tabelle oder einen Ausdruck anlegen.")
        if not identity:
            self.fault(element, "Die Entscheidung hat keine Kennung.", "Bitte der Entscheidung eine ID geben.")
        return model.Decision(
            id=identity,
            name=name,
            variable=(variable.get("name") if variable is not None else None) or name,
            type=self._type(variable.get("typeRef") if variable is not None else None),
            place=self.decision,
            logic=self._logic(logic_element) if logic_element is not None else None,
            requires=_required(element, "informationRequirement", "requiredDecision"),
            knowledge=_required(element, "knowledgeRequirement", "requiredKnowledge"),
            reads=tuple(self.inputs.get(key, "") for key in _required(element, "informationRequirement", "requiredInput")),
            version_tag=_version_tag(element),
        )

    def _knowledge(self, element: etree._Element) -> model.KnowledgeModel | None:
        self.decision = model.Place(self.file, xml.line(element), element.get("id", ""), element.get("name", ""))
        encapsulated = _child(element, "encapsulatedLogic")
        function = self._function(encapsulated) if encapsulated is not None else None
        if function is None:
            self.fault(element, "Das Wissensmodell hat keine Logik.", "Bitte Parameter und Ausdruck anlegen.")
            return None
        knowledge = _required(element, "knowledgeRequirement", "requiredKnowledge")
        name = element.get("name", "") or element.get("id", "")
        return model.KnowledgeModel(element.get("id", ""), name, self.decision, function, knowledge)

    def _logic(self, element: etree._Element) -> model.Logic | None:
        kind = xml.local(element)
        if kind == "decisionTable":
            return self._table(element)
        if kind == "literalExpression":
            self._language(element, with_juel=True)
            expression = self._expression(element, _text(element), "Ausdruck")
            return model.LiteralExpression(expression) if expression else None
        if kind == "context":
            return self._context(element)
        if kind == "list":
            items = [self._logic(child) for child in element if xml.local(child) in _LOGIC]
            return model.ListExpression(tuple(item for item in items if item))
        if kind == "relation":
            return self._relation(element)
        if kind == "invocation":
            return self._invocation(element)
        if kind == "conditional":
            parts = [self._part(element, name) for name in ("if", "then", "else")]
            return model.Conditional(*(part for part in parts if part)) if all(parts) else None
        if kind == "filter":
            source, match = self._part(element, "in"), self._part(element, "match")
            return model.Filter(source, match) if source and match else None
        if kind in ITERATIONS:
            return self._iteration(element, ITERATIONS[kind])
        return self._function(element)

    def _part(self, element: etree._Element, name: str) -> model.Logic | None:
        """Return the expression in a named part of a boxed expression."""
        part = _child(element, name)
        inside = next((child for child in part if xml.local(child) in _LOGIC), None) if part is not None else None
        if inside is None:
            self.fault(element, f"Dem Ausdruck „{xml.local(element)}“ fehlt der Teil „{name}“.", "Bitte ergänzen.")
            return None
        return self._logic(inside)

    def _iteration(self, element: etree._Element, kind: model.IterationKind) -> model.Iteration | None:
        variable = element.get("iteratorVariable", "").strip()
        if not variable:
            self.fault(element, "Der Schleife fehlt der Name ihrer Variable.", "Bitte eine Laufvariable benennen.")
        source, body = self._part(element, "in"), self._part(element, "return" if kind == "for" else "satisfies")
        return model.Iteration(kind, variable, source, body) if variable and source and body else None

    def _context(self, element: etree._Element) -> model.ContextExpression:
        entries: list[tuple[str | None, model.Logic]] = []
        for entry in _children(element, "contextEntry"):
            variable = _child(entry, "variable")
            logic_element = next((child for child in entry if xml.local(child) in _LOGIC), None)
            logic = self._logic(logic_element) if logic_element is not None else None
            if logic:
                entries.append((variable.get("name") if variable is not None else None, logic))
        return model.ContextExpression(tuple(entries))

    def _relation(self, element: etree._Element) -> model.Relation:
        columns = tuple(column.get("name", "") for column in _children(element, "column"))
        rows = []
        for row in _children(element, "row"):
            cells = [self._logic(child) for child in row if xml.local(child) in _LOGIC]
            rows.append(tuple(cell for cell in cells if cell))
        return model.Relation(columns, tuple(rows))

    def _invocation(self, element: etree._Element) -> model.Invocation | None:
        called = _child(element, "literalExpression")
        function = self._expression(element, _text(called) if called is not None else "", "Aufruf")
        bindings = []
        for binding in _children(element, "binding"):
            parameter = _child(binding, "parameter")
            logic_element = next((child for child in binding if xml.local(child) in _LOGIC), None)
            logic = self._logic(logic_element) if logic_element is not None else None
            if parameter is not None and logic:
                bindings.append((parameter.get("name", ""), logic))
        return model.Invocation(function, tuple(bindings)) if function else None

    def _function(self, element: etree._Element) -> model.FunctionDefinition | None:
        if element.get("kind", "FEEL") != "FEEL":
            self.fault(
                element, f"Eine Funktion der Art „{element.get('kind')}“ wird nicht ausgeführt.", "Bitte die Funktion in FEEL schreiben."
            )
            return None
        parameters = tuple(parameter.get("name", "") for parameter in _children(element, "formalParameter"))
        logic_element = next((child for child in element if xml.local(child) in _LOGIC), None)
        logic = self._logic(logic_element) if logic_element is not None else None
        return model.FunctionDefinition(parameters, logic) if logic else None

    # -- tables
    def _table(self, element: etree._Element) -> model.Table | None:
        policy = POLICIES.get(element.get("hitPolicy", "UNIQUE"))
        if policy is None:
            self.fault(
                element, f"Die Trefferregel „{element.get('hitPolicy')}“ ist unbekannt.", "Erlaubt sind " + ", ".join(POLICIES) + "."
            )
            return None
        inputs = [self._input(child) for child in _children(element, "input")]
        outputs = [self._output(child, index) for index, child in enumerate(_children(element, "output"))]
        annotations = tuple(child.get("name", "") for child in _children(element, "annotation"))
        rules = [self._rule(child, len(inputs), len(outputs)) for child in _children(element, "rule")]
        if not outputs:
            self.fault(element, "Die Tabelle hat keine Ausgabespalte.", "Bitte mindestens eine Ausgabe anlegen.")
        if policy in ("PRIORITY", "OUTPUT ORDER") and not any(output.ranking for output in outputs):
            self.fault(
                element,
                f"Die Trefferregel {policy} braucht eine Liste erlaubter Ausgabewerte, nach der geordnet wird.",
                "Bitte Ausgabewerte angeben.",
            )
        aggregation = element.get("aggregation")
        if aggregation and (policy != "COLLECT" or aggregation not in AGGREGATIONS or (len(outputs) > 1 and aggregation != "COUNT")):
            remedy = f"Zusammengefasst wird nur bei COLLECT mit einer Ausgabespalte, durch {', '.join(AGGREGATIONS)}."
            self.fault(element, f"Die Zusammenfassung „{aggregation}“ passt nicht zur Tabelle ({policy}).", remedy)
        doubled = {column.name for number, column in enumerate(outputs) if column.name in [other.name for other in outputs[:number]]}
        for name in sorted(doubled):
            self.fault(element, f"Zwei Ausgabespalten heißen „{name}“.", "Bitte jeder Ausgabespalte einen eigenen Namen geben.")
        if any(rule is None for rule in rules) or any(column is None for column in inputs):
            return None
        cells = [[_text(cell) for cell in _children(rule, "inputEntry")] for rule in _children(element, "rule")]
        columns = tuple(
            replace(column, type=moments.spoken_of(column.type, [row[number] for row in cells]))
            for number, column in enumerate(inputs)
            if column
        )
        return model.Table(policy, aggregation, columns, tuple(outputs), annotations, tuple(rule for rule in rules if rule))

    def _input(self, element: etree._Element) -> model.Input | None:
        expression_element = _child(element, "inputExpression")
        label = element.get("label") or ""
        text = _text(expression_element) if expression_element is not None else ""
        if not text:
            self.fault(
                element,
                f"Die Eingabespalte „{label or element.get('id')}“ hat keinen Ausdruck.",
                "Bitte den Namen einer Variable eintragen.",
            )
            return None
        if expression_element is not None:
            self._language(expression_element, with_juel=True)
        expression = self._expression(element if expression_element is None else expression_element, text, f"Eingabe „{label or text}“")
        allowed_element = _child(element, "inputValues")
        allowed = self._unary(element, _text(allowed_element), "Erlaubte Werte") if allowed_element is not None else None
        variable = next((str(value) for key, value in element.attrib.items() if str(key).endswith("}inputVariable")), None)
        kind = self._type(expression_element.get("typeRef") if expression_element is not None else None)
        return model.Input(element.get("id", ""), label or text, expression, kind, allowed, variable) if expression else None

    def _output(self, element: etree._Element, index: int) -> model.Output:
        allowed_element = _child(element, "outputValues")
        default_element = _child(element, "defaultOutputEntry")
        allowed = self._unary(element, _text(allowed_element), "Ausgabewerte") if allowed_element is not None else None
        ranking: tuple[object, ...] = ()
        if allowed_element is not None:
            listed = self._expression(element, f"[{_text(allowed_element)}]", "Ausgabewerte")
            values = _constants(listed)
            ranking = tuple(values)
        default = self._expression(element, _text(default_element), "Standardausgabe") if default_element is not None else None
        name = element.get("name") or element.get("label") or f"output{index + 1}"
        return model.Output(
            element.get("id", ""), name, element.get("label") or name, self._type(element.get("typeRef")), allowed, ranking, default
        )

    def _rule(self, element: etree._Element, inputs: int, outputs: int) -> model.Rule | None:
        entries, results = _children(element, "inputEntry"), _children(element, "outputEntry")
        if len(entries) != inputs or len(results) != outputs:
            self.fault(
                element,
                f"Die Regel hat {len(entries)} Eingaben und {len(results)} Ausgaben, die Tabelle {inputs} und {outputs}.",
                "Bitte ergänzen.",
            )
            return None
        if not element.get("id"):
            self.fault(element, "Die Regel hat keine Kennung; die Historie könnte sie nicht nennen.", "Bitte der Regel eine ID geben.")
        for cell in entries:
            self._language(cell)
        for cell in results:
            self._language(cell, with_juel=True)
        tests = [self._unary(cell, _text(cell), "Eingabezelle") for cell in entries]
        values = [self._expression(cell, _text(cell), "Ausgabezelle") if _text(cell) else None for cell in results]
        broken = any(test is None for test in tests) or any(_text(c) and v is None for c, v in zip(results, values, strict=True))
        annotations = tuple(_text(cell) for cell in _children(element, "annotationEntry"))
        description = _child(element, "description")
        if description is not None and _text(description):
            annotations = (*annotations, _text(description))
        if broken:
            return None
        return model.Rule(element.get("id", ""), xml.line(element), tuple(t for t in tests if t), tuple(values), annotations)


_LOGIC = (
    "decisionTable", "literalExpression", "context", "list", "relation", "invocation", "functionDefinition", "conditional", "filter",
    *ITERATIONS,
)  # fmt: skip


def _constants(listed: feel.Expression | None) -> list[object]:
    """Return the values of a list that names no variable."""
    try:
        values = listed.evaluate({}) if listed else []
    except feel.FeelError:
        return []
    return values if isinstance(values, list) else []


def _basic(name: str) -> str:
    """Return the basic type of a typeRef: without its prefix, in one spelling."""
    plain = name.strip().rpartition(":")[2]
    return {"dateTime": "date and time", "dayTimeDuration": "days and time duration", "yearMonthDuration": "years and months duration"}.get(
        plain, plain
    )


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in element if isinstance(child.tag, str) and xml.local(child) == name]


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next(iter(_children(element, name)), None)


def _text(element: etree._Element) -> str:
    text = _child(element, "text")
    return ((text if text is not None else element).text or "").strip()


def _required(element: etree._Element, requirement: str, reference: str) -> tuple[str, ...]:
    found = []
    for child in _children(element, requirement):
        target = _child(child, reference)
        if target is not None:
            found.append(target.get("href", "").lstrip("#"))
    return tuple(found)


def _version_tag(decision: etree._Element) -> str:
    """Return the tag of the version: Camunda 7 writes an attribute, Camunda 8 an extension element."""
    drawn = next((child for child in decision.iter("{http://camunda.org/schema/zeebe/1.0}versionTag")), None)
    return str(drawn.get("value", "") if drawn is not None else decision.get("{http://camunda.org/schema/1.0/dmn}versionTag") or "")
