"""What is looked up or computed at once: the decision tables and law functions that come with us, as blocks for designers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import processes
from engine import dmn, errors
from engine.dmn import model
from engine.jobs import Parameter
from processes import law


@dataclass(frozen=True, slots=True)
class Computation:
    """A task with fixed contents, inputs to fill and one variable for what comes out.

    element: the BPMN type. camunda7: attribute -> value; camunda8: property of the one binding `extension` -> value.
    result: its name is the variable that is proposed.
    """

    id: str
    label: str
    purpose: str
    element: str
    inputs: tuple[Parameter, ...]
    result: Parameter
    camunda7: Mapping[str, str]
    camunda8: Mapping[str, str]
    extension: str


def all_computations() -> list[Computation]:
    """Return tables and functions, each by name. Raises errors.InvalidState where a table is faulty."""
    return [*sorted(_tables(), key=lambda one: one.id), *sorted(_functions(), key=lambda one: one.id)]


def _functions() -> Iterator[Computation]:
    for function in law.FUNCTIONS:
        call = f"{function.name}({', '.join(function.parameters)})"
        words = [(name, *law.PARAMETERS[name]) for name in function.parameters]
        yield Computation(
            id=f"rechnen.{function.name}",
            label=f"Rechnen: {function.label}",
            purpose=f"{function.purpose} Grundlage: {function.source}.",
            element="bpmn:ScriptTask",
            inputs=tuple(Parameter(name, label, hint, proposed=proposed) for name, label, hint, proposed in words),
            result=Parameter(function.result, "Ergebnis", "Variable, die das Ergebnis behält."),
            camunda7={"scriptFormat": "feel", "script": call},
            camunda8={"expression": f"={call}"},
            extension="zeebe:script",
        )


def _tables() -> Iterator[Computation]:
    for path in Path(processes.__file__).parent.glob("*/*.dmn"):
        try:
            tables = dmn.parse(path.read_bytes(), path.name, law.FUNCTIONS)
        except dmn.DecisionError as fault:
            raise errors.InvalidState(f"Zu einer fehlerhaften Tabelle gibt es keine Elementvorlage. Bitte berichtigen: {fault}") from fault
        names = dmn.names_of(tables)
        for decision in tables.decisions.values():
            if isinstance(decision.logic, model.Table):
                yield _table(decision, decision.logic, names[decision.id])


def _table(decision: model.Decision, table: model.Table, names: Collection[str]) -> Computation:
    is_one = len(table.outputs) == 1
    columns = ", ".join(f"{one.name} ({one.label})" if one.label.casefold() not in ("", one.name) else one.name for one in table.outputs)
    told = f"Variable für das Ergebnis: {columns}." if is_one else f"Variable für das Ergebnis, einen Kontext mit {columns}."
    return Computation(
        id=f"tabelle.{decision.id}",
        label=f"Tabelle: {decision.name}",
        purpose=f"Schlägt in der Tabelle „{decision.name}“ ({decision.id}) nach; es gilt die Zeile des Stichtags.",
        element="bpmn:BusinessRuleTask",
        inputs=tuple(_column(name, table) for name in sorted(names, key=lambda name: (_readers(name, table), name))),
        result=Parameter(f"{decision.id}_ergebnis", "Ergebnis", told),
        camunda7={"camunda:decisionRef": decision.id, "camunda:mapDecisionResult": _mapping(table)},
        camunda8={"decisionId": decision.id},
        extension="zeebe:calledDecision",
    )


def _mapping(table: model.Table) -> str:
    """Return in which shape Camunda 7 keeps the result; Camunda 8 needs not to be told."""
    is_list = table.aggregation is None and table.hit_policy in ("COLLECT", "RULE ORDER", "OUTPUT ORDER")
    if len(table.outputs) == 1:
        return "collectEntries" if is_list else "singleEntry"
    return "resultList" if is_list else "singleResult"


def _column(name: str, table: model.Table) -> Parameter:
    """Return a variable that the table reads with the columns that read it."""
    if name == "stichtag":
        return Parameter(name, "Stichtag", "Tag, dessen Zeile gilt.", proposed="=today()")
    own = next((one.label for one in table.inputs if one.label and one.expression.text.strip() == name), "")
    readers = [f"„{table.inputs[at].label or table.inputs[at].expression.text}“" for at in _readers(name, table)]
    told = (
        f"Für die Spalte{'n' if len(readers) > 1 else ''} {', '.join(readers)}." if readers else "Für eine Tabelle, auf der diese aufbaut."
    )
    return Parameter(name, own or name.replace("_", " ").capitalize(), told)


def _readers(name: str, table: model.Table) -> list[int]:
    """Return the columns whose condition reads a variable."""
    return [at for at, one in enumerate(table.inputs) if name in one.expression.names]
