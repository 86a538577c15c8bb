"""Findings about UNIQUE tables: two rules that can hold at the same time, proven by values that meet both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from engine import feel
from engine.dmn import cells, model
from engine.dmn.reader import Reader

MAX_TESTS = 100_000  # cells tried on values; about a second
MAX_TOLD = 20


def check(reader: Reader, decision: model.Decision, table: model.Table) -> None:
    """Warn of pairs of rules that can hold together; of the first ones, where there are many."""
    if table.hit_policy != "UNIQUE" or not table.inputs:
        return
    constants = [_constants_of(table.rules, index) for index in range(len(table.inputs))]
    most = max(1, MAX_TESTS // (3 * max(1, len(table.rules)) * len(table.inputs)))
    samples = [_samples(column[:most]) for column in constants]
    told = 0
    before: list[list[int]] = [[0] * len(values) for values in samples]  # per column and value: the rules so far that it meets, as bits
    for number, rule in enumerate(table.rules):
        met = [[n for n, value in enumerate(samples[i]) if _holds(test, value)] for i, test in enumerate(rule.tests)]
        both = -1
        for column, hits in zip(before, met, strict=True):
            here = 0
            for n in hits:
                here |= column[n]
            both &= here
        for other in _bits(both):
            told += 1
            if told <= MAX_TOLD:
                text = (
                    f"Die Regeln {table.rules[other].id} und {rule.id} können zugleich zutreffen, die Trefferregel UNIQUE erlaubt nur eine."
                )
                remedy = "Bitte die Bedingungen trennen oder eine andere Trefferregel wählen."
                reader.add(cells.place_of(decision, rule), text, remedy, warning=True)
        for column, hits in zip(before, met, strict=True):
            for n in hits:
                column[n] |= 1 << number
    if told > MAX_TOLD:
        text = f"In der Tabelle überschneiden sich {told} Paare von Regeln; genannt sind die ersten {MAX_TOLD}."
        reader.add(decision.place, text, "Bitte zuerst die genannten trennen und dann noch einmal prüfen.", warning=True)
    if any(len(column) > most for column in constants):
        text = f"Die Tabelle hat {len(table.rules)} Regeln; ob sie sich überschneiden, wurde nur an einigen Werten geprüft."
        reader.add(decision.place, text, "Bitte die Tabelle teilen, wenn eine vollständige Prüfung wichtig ist.", warning=True)


def _bits(mask: int) -> list[int]:
    found = []
    while mask > 0:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


def _holds(test: feel.UnaryTests, value: object) -> bool:
    if test.names:
        return False  # depends on other variables: not provable here
    try:
        return test.test(value, {}) is True
    except feel.FeelError:
        return False


def _constants_of(rules: Sequence[model.Rule], column: int) -> list[object]:
    """Return the constants that the cells of a column name, in a fixed order."""
    constants: set[object] = set()
    for rule in rules:
        constants |= {one for one in feel.literals(rule.tests[column].text) if isinstance(one, Decimal | str | bool | date)}
    return sorted(constants, key=lambda value: (type(value).__name__, str(value)))


def _samples(constants: Sequence[object]) -> list[object]:
    """Return values at, beside and between the constants of a column: enough to prove an overlap, never to deny one."""
    values: list[object] = [None, True, False]
    for constant in constants:
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
