"""Findings about the cells of a table: conditions that never hold, rules that never have their turn, results that cannot be."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from engine import feel
from engine.dmn import evaluation, model
from engine.dmn.reader import Reader

GERMAN = {"number": "eine Zahl", "string": "ein Text", "boolean": "ein Wahrheitswert", "date": "ein Datum"}


def place_of(decision: model.Decision, rule: model.Rule) -> model.Place:
    """Return where a rule stands."""
    return model.Place(decision.place.file, rule.line, rule.id, decision.name)


def check(reader: Reader, decision: model.Decision, table: model.Table) -> None:
    """Add the findings of all rules."""
    always: model.Rule | None = None
    for rule in table.rules:
        place = place_of(decision, rule)
        if always is not None:
            text = f"Die Regel kommt nie an die Reihe: „{always.id}“ davor trifft immer zu (Trefferregel FIRST)."
            reader.add(place, text, "Bitte die Reihenfolge oder die Bedingungen ändern.", warning=True)
        elif table.hit_policy == "FIRST" and all(test.text.strip() in ("", "-") for test in rule.tests):
            always = rule
        for column, test in zip(table.inputs, rule.tests, strict=True):
            _condition(reader, place, column, test)
        for output, cell in zip(table.outputs, rule.outputs, strict=True):
            _result(reader, place, rule, output, cell)


def _condition(reader: Reader, place: model.Place, column: model.Input, test: feel.UnaryTests) -> None:
    """Warn of a constant condition that no value of its column meets."""
    if test.names or test.calls:
        return
    constants = [constant for constant in feel.literals(test.text) if constant is not None]
    kind = "number" if column.type.name in evaluation.NUMBER_TYPES else column.type.name
    shown = f"Spalte „{column.label}“: „{test.text.strip()}“"
    if feel.has_empty_range(test.text):
        text = f"{shown} trifft nie zu: Der Bereich ist verkehrt herum."
        reader.add(place, text, "Bitte die kleinere Grenze zuerst nennen.", warning=True)
    elif kind in GERMAN and constants and not any(_is(kind, constant) for constant in constants):
        text = f"{shown} trifft nie zu: Erwartet wird hier {GERMAN[kind]} ({kind})."
        reader.add(place, text, "Bitte die Zelle oder die Art der Spalte berichtigen.", warning=True)
    elif column.allowed is not None and not column.allowed.names:
        for constant in constants:
            if isinstance(constant, str) and _holds(column.allowed, constant) is False:
                text = f"{shown}: „{constant}“ steht nicht unter den Werten, die in dieser Spalte erlaubt sind."
                reader.add(place, text, "Bitte die Zelle oder die erlaubten Werte berichtigen.", warning=True)


def _is(kind: str, constant: object) -> bool:
    types: dict[str, tuple[type, ...]] = {"number": (Decimal,), "string": (str,), "boolean": (bool,), "date": (date,)}
    return isinstance(constant, types[kind]) and not (kind == "date" and isinstance(constant, datetime))


def _holds(tests: feel.UnaryTests, value: object) -> bool | None:
    try:
        return tests.test(value, {})
    except feel.FeelError:
        return None


def _result(reader: Reader, place: model.Place, rule: model.Rule, output: model.Output, cell: feel.Expression | None) -> None:
    """Tell a constant result that is none of its column's kind or allowed values, and warn of an empty one."""
    if cell is None:
        text = f"Die Ausgabe „{output.label}“ ist leer; das Ergebnis ist dann null."
        reader.add(place, text, "Bitte einen Wert eintragen, oder null, wenn das gemeint ist.", warning=True)
    elif not cell.names and not cell.calls:
        try:
            evaluation.typed(cell.evaluate({}), output, rule.id)
        except feel.FeelError as fault:
            text = f"Die Ausgabe „{output.label}“ kann nicht „{cell.text.strip()}“ sein: {fault}"
            reader.add(place, text, "Bitte die Zelle oder die Art der Spalte berichtigen.")
