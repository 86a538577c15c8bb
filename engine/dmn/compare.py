"""What two versions of a decision do not have in common: its columns and settings, and its table row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from engine import differences, dmn, feel
from engine.differences import Difference
from engine.dmn import model


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of the two tables put together. before, after: its cells by column (empty: the rule is not there)."""

    kind: Literal["same", "added", "removed", "changed", "moved"]
    number_before: int | None
    number_after: int | None
    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def changed(self) -> frozenset[str]:
        """The columns whose cells say something else."""
        return frozenset(name for name in {*self.before, *self.after} if self.before.get(name, "") != self.after.get(name, ""))


@dataclass(frozen=True, slots=True)
class Comparison:
    """columns: key -> heading of all columns of both tables, in order; rows in the order of the new table. Empty where neither is a table."""

    settings: tuple[Difference, ...]
    columns: Mapping[str, str]
    rows: tuple[Row, ...]


def compare(before: bytes, after: bytes, key: str, functions: Sequence[feel.Function] = ()) -> Comparison:
    """Return the differences of the decision `key` in two versions of its file. Raises model.DecisionError for a broken file."""
    old = dmn.parse(before, "", functions).decisions.get(key)
    new = dmn.parse(after, "", functions).decisions.get(key)
    details = differences.details(_facts(old), _facts(new))
    settings = (Difference("changed", key, "Entscheidung", new.name if new else key, details),) if details else ()
    columns = {**_columns(new), **{name: title for name, title in _columns(old).items() if name not in _columns(new)}}
    return Comparison(settings, columns, tuple(_rows(_rules(old), _rules(new))))


def _facts(decision: model.Decision | None) -> dict[str, str]:
    """Return German name -> text of everything the decision says beside its rules."""
    if decision is None:
        return {}
    facts = {"Name": decision.name, "Kennzeichen der Fassung": decision.version_tag}
    facts["braucht"] = ", ".join(sorted((*decision.requires, *decision.knowledge)))
    table = decision.logic
    if not isinstance(table, model.Table):
        return facts | {"Ausdruck": _logic(table)}
    facts |= {"Trefferart": f"{table.hit_policy} {table.aggregation or ''}".strip()}
    for number, drawn in enumerate(table.inputs, start=1):
        facts[f"Eingang {number}"] = f"{drawn.label or drawn.expression.text}: {drawn.expression.text} ({drawn.type.name})"
        if drawn.allowed is not None:
            facts[f"Eingang {number}, erlaubt"] = drawn.allowed.text
    for number, given in enumerate(table.outputs, start=1):
        facts[f"Ausgang {number}"] = f"{given.label or given.name}: {given.name} ({given.type.name})"
        if given.allowed is not None:
            facts[f"Ausgang {number}, erlaubt"] = given.allowed.text
    return facts


def _logic(value: object) -> str:
    """Return a boxed expression as text, for comparing and for showing."""
    if isinstance(value, feel.Expression):
        return value.text
    if isinstance(value, model.LiteralExpression):
        return value.expression.text
    if isinstance(value, tuple | list):
        return "; ".join(_logic(item) for item in value)
    if isinstance(value, model.Table):
        return "; ".join(" | ".join(cells.values()) for _, cells in _cells(value))
    if hasattr(value, "__dataclass_fields__"):
        return " ".join(f"{name}: {_logic(getattr(value, name))}" for name in value.__dataclass_fields__)
    return "" if value is None else str(value)


def _columns(decision: model.Decision | None) -> dict[str, str]:
    return _headings(decision.logic) if decision is not None and isinstance(decision.logic, model.Table) else {}


def _headings(table: model.Table) -> dict[str, str]:
    """Return key -> heading of the columns from left to right. Two columns may say the same (ab, bis): then the key counts them."""
    drawn = [(f"e:{column.expression.text}", column.label or column.expression.text) for column in table.inputs]
    drawn += [(f"a:{column.name}", column.label or column.name) for column in table.outputs]
    # The Modeler's own column of annotations has no head: it is the description of each rule, read as a further annotation.
    without_head = max((len(rule.annotations) for rule in table.rules), default=0) - len(table.annotations)
    drawn += [(f"n:{name}", name or "Anmerkung") for name in (*table.annotations, *[""] * without_head)]
    found: dict[str, str] = {}
    count = Counter[str]()
    for key, heading in drawn:
        count[key] += 1
        found[key if count[key] == 1 else f"{key} ({count[key]})"] = heading
    return found


def _rules(decision: model.Decision | None) -> list[tuple[str, dict[str, str]]]:
    return _cells(decision.logic) if decision is not None and isinstance(decision.logic, model.Table) else []


def _cells(table: model.Table) -> list[tuple[str, dict[str, str]]]:
    """Return (rule id, column -> cell) of each rule."""
    keys = list(_headings(table))
    found = []
    for rule in table.rules:
        cells = [*(test.text for test in rule.tests), *(value.text if value else "" for value in rule.outputs), *rule.annotations]
        found.append((rule.id, dict(zip(keys, cells, strict=False))))  # a rule may have fewer annotations than the table has columns
    return found


def _rows(old: list[tuple[str, dict[str, str]]], new: list[tuple[str, dict[str, str]]]) -> list[Row]:
    """Put the rules together: by id, then by equal cells; a removed one stands where it stood."""
    at_id = {identity: number for number, (identity, _) in enumerate(old) if identity}
    partner: dict[int, int] = {n: at_id[identity] for n, (identity, _) in enumerate(new) if identity in at_id}
    free = [n for n in range(len(old)) if n not in partner.values()]
    for number, (_, cells) in enumerate(new):
        same = next((n for n in free if old[n][1] == cells), None) if number not in partner else None
        if same is not None:
            partner[number] = same
            free.remove(same)
    kept = _in_order([partner[number] for number in sorted(partner)])
    rows: list[Row] = []
    gone = sorted(free)
    for number, (_, cells) in enumerate(new):
        where = partner.get(number)
        while gone and where is not None and gone[0] < where:
            first = gone.pop(0)
            rows.append(Row("removed", first + 1, None, old[first][1], {}))
        if where is None:
            rows.append(Row("added", None, number + 1, {}, cells))
        else:
            kind: Literal["same", "changed", "moved"] = "changed" if old[where][1] != cells else "same" if where in kept else "moved"
            rows.append(Row(kind, where + 1, number + 1, old[where][1], cells))
    return rows + [Row("removed", number + 1, None, old[number][1], {}) for number in gone]


def _in_order(numbers: list[int]) -> frozenset[int]:
    """Return those that kept their order, as many as possible."""
    matcher = SequenceMatcher(None, sorted(numbers), numbers, autojunk=False)
    return frozenset(numbers[start + k] for _, start, size in matcher.get_matching_blocks() for k in range(size))
