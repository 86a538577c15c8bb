"""The numbers of the law as their tables hold them: every row with its source, and whether anybody has confirmed it.

What nobody has confirmed is marked wherever it counts: in the tables, in the files that rest on it, beside their letters, in the replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from engine import db, decisions, deployments, dmn, history
from engine.dmn import model

SOURCE, VALID_FROM, VALID_UNTIL, CONFIRMED = "rechtsgrundlage", "gültig von", "gültig bis", "bestätigt von"
UNCONFIRMED = "unbestätigt"
Evaluated = tuple[str, str, str]  # version of a table, decision, rule: a rule's id says something else in another version


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `conditions` and `results` as written (label, cell)."""

    decision: str
    name: str
    rule: str
    conditions: tuple[tuple[str, str], ...]
    results: tuple[tuple[str, str], ...]
    source: str
    valid_from: str
    valid_until: str
    confirmed_by: str

    @property
    def is_confirmed(self) -> bool:
        said = self.confirmed_by.strip().lower()
        return bool(said) and UNCONFIRMED not in said


@dataclass(frozen=True, slots=True)
class Table:
    """A decision in its newest version."""

    key: str
    name: str
    version: int
    hit_policy: str
    rows: tuple[Row, ...]

    @property
    def unconfirmed(self) -> int:
        return sum(not row.is_confirmed for row in self.rows)


def tables(tx: Connection, tenant_id: int) -> list[Table]:
    """Return the newest version of every decision table of the tenant's world, by name."""
    query = text(
        "select distinct on (key) id, uuid, key, version from definition where world_id = :w and kind = 'dmn' and not undone order by key, version desc"
    )
    found = []
    for row in tx.execute(query, {"w": deployments.world_of(tx, tenant_id)}).all():
        bound = decisions.version(tx, row.id, str(row.uuid), row.key, db.runtime(tx).functions)
        decision = bound.model.decisions.get(row.key)
        if decision is not None and isinstance(decision.logic, model.Table):
            rows = tuple(_row(decision, decision.logic, rule) for rule in decision.logic.rules)
            found.append(Table(row.key, decision.name, row.version, decision.logic.hit_policy, rows))
    return sorted(found, key=lambda table: table.name)


def of_commands(tx: Connection, tenant_id: int, commands: Iterable[history.Command]) -> dict[Evaluated, Row]:
    """Return the rows that recorded commands rest on, each in every version that was evaluated."""
    wanted: set[Evaluated] = set()
    for command in commands:
        for kind, _, _, detail in command.content["events"]:
            if kind == "decision_evaluated":
                wanted |= {(str(detail["version"]), detail["decision"], rule) for rule in detail["rules"]}
    models = _models(tx, tenant_id, {version for version, _, _ in wanted})
    found: dict[Evaluated, Row] = {}
    for version, key, rule_id in wanted:
        decision = models[version].decisions.get(key) if version in models else None
        if decision is not None and isinstance(decision.logic, model.Table):
            found |= {(version, key, rule.id): _row(decision, decision.logic, rule) for rule in decision.logic.rules if rule.id == rule_id}
    return found


def unconfirmed(tx: Connection, tenant_id: int, instance_ids: Iterable[int]) -> list[Row]:
    """Return the unconfirmed rows that instances rest on, by name of their table."""
    found: set[Row] = set()
    for instance_id in instance_ids:
        found.update(of_commands(tx, tenant_id, history.read(tx, tenant_id, instance_id)).values())
    return sorted((row for row in found if not row.is_confirmed), key=lambda row: (row.name, row.rule, row.source, row.valid_from))


def _models(tx: Connection, tenant_id: int, versions: set[str]) -> Mapping[str, dmn.Model]:
    query = text("select id, uuid, key from definition where world_id = :w and kind = 'dmn' and uuid = any (cast(:u as uuid[]))")
    rows = tx.execute(query, {"w": deployments.world_of(tx, tenant_id), "u": sorted(versions)}).all()
    functions = db.runtime(tx).functions
    return {str(row.uuid): decisions.version(tx, row.id, str(row.uuid), row.key, functions).model for row in rows}


def _row(decision: model.Decision, table: model.Table, rule: model.Rule) -> Row:
    notes = {name.strip().lower(): value for name, value in zip(table.annotations, rule.annotations, strict=False)}
    return Row(
        decision=decision.id,
        name=decision.name,
        rule=rule.id,
        conditions=tuple(
            (column.label, cell.text) for column, cell in zip(table.inputs, rule.tests, strict=False) if cell.text.strip() not in ("", "-")
        ),
        results=tuple(
            (column.label or column.name, cell.text) for column, cell in zip(table.outputs, rule.outputs, strict=False) if cell is not None
        ),
        source=notes.get(SOURCE) or notes.get("quelle", ""),
        valid_from=notes.get(VALID_FROM, ""),
        valid_until=notes.get(VALID_UNTIL, ""),
        confirmed_by=notes.get(CONFIRMED, ""),
    )
