"""Findings about a readable model: overlapping UNIQUE rules, unknown functions, rules without a legal source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations

from engine import feel
from engine.dmn import model
from engine.dmn.reader import LEGAL_COLUMNS, Reader

MAX_PAIRS = 20_000
MAX_SAMPLES = 40


def check(reader: Reader, decisions: model.Model, functions: Iterable[feel.Function]) -> None:
    """Add findings to `reader`."""
    offered = {function.name for function in functions} | {knowledge.name for knowledge in decisions.knowledge.values()}
    for decision in decisions.decisions.values():
        if isinstance(decision.logic, model.Table):
            _unknown_functions(reader, decision, decision.logic, offered)
            _unknown_names(reader, decision, decision.logic, decisions)
            _legal_sources(reader, decision, decision.logic)
            if decision.logic.hit_policy == "UNIQUE":
                _overlaps(reader, decision, decision.logic)


def _add(reader: Reader, decision: model.Decision, rule: model.Rule, message: str, remedy: str, *, warning: bool) -> None:
    reader.add(model.Place(reader.file, rule.line, rule.id, decision.name), message, remedy, warning=warning)


def _unknown_functions(reader: Reader, decision: model.Decision, table: model.Table, offered: set[str]) -> None:
    for rule in table.rules:
        expressions: Sequence[feel.Expression | feel.UnaryTests | None] = (*rule.tests, *rule.outputs)
        for expression in expressions:
            for name in sorted((expression.calls if expression else frozenset()) - set(feel.BUILTINS) - offered):
                _add(reader, decision, rule, f"Die Funktion „{name}“ gibt es nicht.", "Bitte den Namen prüfen.", warning=False)


def _unknown_names(reader: Reader, decision: model.Decision, table: model.Table, decisions: model.Model) -> None:
    """Warn of a name in a condition that no column, input or decision bears: most often a text without its quotes, which never matches."""
    known = {name for column in table.inputs for name in column.expression.names} | set(decisions.input_data.values())
    known |= {column.variable for column in table.inputs if column.variable} | {"?", "item", model.CELL_INPUT}
    known |= model.offered(decisions, decision) | {knowledge.name for knowledge in decisions.knowledge.values()}
    for rule in table.rules:
        for column, test in zip(table.inputs, rule.tests, strict=True):
            for name in sorted(test.names - known):
                message = f"Spalte „{column.label}“: „{name}“ ist der Name einer Variable, die in dieser Tabelle nicht vorkommt."
                _add(reader, decision, rule, message, f'Ist ein Text gemeint, bitte "{name}" in Anführungszeichen setzen.', warning=True)


def _legal_sources(reader: Reader, decision: model.Decision, table: model.Table) -> None:
    column = next((index for index, name in enumerate(table.annotations) if name.lower() in LEGAL_COLUMNS), None)
    for rule in table.rules:
        source = rule.annotations[column] if column is not None and column < len(rule.annotations) else ""
        if not source.strip():
            message = "Die Regel nennt keine Rechtsgrundlage."
            _add(reader, decision, rule, message, "Bitte die Anmerkungsspalte „Rechtsgrundlage“ ausfüllen.", warning=True)


def _overlaps(reader: Reader, decision: model.Decision, table: model.Table) -> None:
    samples = [_samples(table.rules, index) for index in range(len(table.inputs))]
    pairs = list(combinations(table.rules, 2))
    if len(pairs) > MAX_PAIRS:
        return
    meets = {
        rule.id: [{n for n, value in enumerate(samples[i]) if _holds(test, value)} for i, test in enumerate(rule.tests)]
        for rule in table.rules
    }
    for one, other in pairs:
        if table.inputs and all(a & b for a, b in zip(meets[one.id], meets[other.id], strict=True)):
            message = f"Die Regeln {one.id} und {other.id} können zugleich zutreffen, die Trefferregel UNIQUE erlaubt nur eine."
            _add(reader, decision, other, message, "Bitte die Bedingungen trennen oder eine andere Trefferregel wählen.", warning=True)


def _holds(test: feel.UnaryTests, value: object) -> bool:
    if test.names:
        return False  # depends on other variables: not provable here
    try:
        return test.test(value, {}) is True
    except feel.FeelError:
        return False


def _samples(rules: Sequence[model.Rule], column: int) -> list[object]:
    """Return values at, beside and between the constants of a column: enough to prove an overlap, never to deny one."""
    constants: set[object] = set()
    for rule in rules:
        constants |= _constants(rule.tests[column].text)
    values: list[object] = [None, True, False]
    for constant in sorted(constants, key=lambda value: (type(value).__name__, str(value)))[:MAX_SAMPLES]:
        values.append(constant)
        if isinstance(constant, Decimal):
            values += [constant - Decimal("0.005"), constant + Decimal("0.005")]
        elif isinstance(constant, date):
            values += [
                date.fromordinal(max(constant.toordinal() + step, 1))
                for step in (-1, 1)
                if constant.toordinal() + step < date.max.toordinal()
            ]
    return values


def _constants(text: str) -> set[object]:
    found: set[object] = set()
    for literal in feel.literals(text):
        if isinstance(literal, Decimal | str | bool | date):
            found.add(literal)
    return found
