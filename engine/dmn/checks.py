"""Findings about a readable model: what its cells say, functions and names that do not exist, rules without a legal source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine import feel
from engine.dmn import cells, model, overlaps
from engine.dmn.reader import LEGAL_COLUMNS, Reader


def check(reader: Reader, decisions: model.Model, functions: Iterable[feel.Function]) -> None:
    """Add findings to `reader`."""
    offered = [*functions, *(feel.Function(k.name, k.function.parameters, _never) for k in decisions.knowledge.values())]
    for decision in decisions.decisions.values():
        if isinstance(decision.logic, model.Table):
            _functions(reader, decision, decision.logic, offered)
            _unknown_names(reader, decision, decision.logic, decisions)
            _legal_sources(reader, decision, decision.logic)
            cells.check(reader, decision, decision.logic)
            overlaps.check(reader, decision, decision.logic)


def _functions(reader: Reader, decision: model.Decision, table: model.Table, offered: list[feel.Function]) -> None:
    """Tell functions that do not exist, and those that are given too much or too little."""
    known = {function.name for function in offered} | set(feel.BUILTINS)
    for place, expression in _expressions(decision, table):
        for name in sorted(expression.calls - known):
            text = f"Die Funktion „{name}“ gibt es nicht.{feel.meant(name, known)}"
            reader.add(place, text, "Bitte den Namen prüfen; die Rechtsfunktionen stehen in docs/design.md.")
        for misfit in expression.misfits(offered):
            reader.add(place, misfit, "Bitte die Angaben in der Klammer prüfen.")


def _expressions(decision: model.Decision, table: model.Table) -> Iterator[tuple[model.Place, feel.Expression | feel.UnaryTests]]:
    for column in table.inputs:
        yield model.Place(decision.place.file, decision.place.line, column.id or decision.id, decision.name), column.expression
    for rule in table.rules:
        for cell in (*rule.tests, *rule.outputs):
            if cell is not None:
                yield cells.place_of(decision, rule), cell


def _never(*arguments: object) -> object:
    raise AssertionError("only its name and parameters are looked at")


def _unknown_names(reader: Reader, decision: model.Decision, table: model.Table, decisions: model.Model) -> None:
    """Warn of a name in a condition that no column, input or decision bears: most often a text without its quotes, which never matches."""
    known = {name for column in table.inputs for name in column.expression.names} | set(decisions.input_data.values())
    known |= {column.variable for column in table.inputs if column.variable} | {"?", "item", model.CELL_INPUT}
    known |= model.offered(decisions, decision) | {knowledge.name for knowledge in decisions.knowledge.values()}
    for rule in table.rules:
        for column, test in zip(table.inputs, rule.tests, strict=True):
            for name in sorted(test.names - known):
                message = f"Spalte „{column.label}“: „{name}“ ist der Name einer Variable, die in dieser Tabelle nicht vorkommt."
                remedy = f'Ist ein Text gemeint, bitte "{name}" in Anführungszeichen setzen.'
                reader.add(cells.place_of(decision, rule), message, remedy, warning=True)


def _legal_sources(reader: Reader, decision: model.Decision, table: model.Table) -> None:
    column = next((index for index, name in enumerate(table.annotations) if name.lower() in LEGAL_COLUMNS), None)
    for rule in table.rules:
        source = rule.annotations[column] if column is not None and column < len(rule.annotations) else ""
        if not source.strip():
            remedy = "Bitte die Anmerkungsspalte „Rechtsgrundlage“ ausfüllen."
            reader.add(cells.place_of(decision, rule), "Die Regel nennt keine Rechtsgrundlage.", remedy, warning=True)
