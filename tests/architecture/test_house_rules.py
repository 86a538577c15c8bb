"""The rules of the house that no linter knows: transactions, clock, money, and who may live in which folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "processes", "forms", "api")
PROCESS_FOLDERS = sorted(path.parent for path in ROOT.glob("processes/*/*.bpmn"))

TRANSACTION_OPENERS = {"engine/db.py", "engine/worker.py"}
SAVEPOINT_OPENERS = TRANSACTION_OPENERS | {"engine/bulk.py"}
CLOCK_CALLS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"), ("uuid", "uuid4"), ("uuid", "uuid1"),
}  # fmt: skip


def sources(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def attribute_calls(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield (line, receiver, attribute) of each call `receiver.attribute(...)`; receiver is its last name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            value = node.func.value
            receiver = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
            yield node.lineno, receiver, node.func.attr


def transaction_breaches(name: str, tree: ast.Module) -> list[str]:
    breaches = []
    for line, receiver, attribute in attribute_calls(tree):
        opens = attribute in {"commit", "rollback"} or (attribute == "begin" and receiver not in {"re"})
        if opens and name not in TRANSACTION_OPENERS and not name.startswith("api/"):
            breaches.append(f"{name}:{line} {receiver}.{attribute}()")
        if attribute == "begin_nested" and name not in SAVEPOINT_OPENERS and not name.startswith("api/"):
            breaches.append(f"{name}:{line} {receiver}.{attribute}()")
    return breaches


def clock_breaches(name: str, tree: ast.Module) -> list[str]:
    if name == "engine/clock.py":
        return []
    found = [f"{name}:{line} {r}.{a}()" for line, r, a in attribute_calls(tree) if (r, a) in CLOCK_CALLS or r == "random"]
    for node in ast.walk(tree):
        imported = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if "random" in imported or "uuid4" in imported or (isinstance(node, ast.ImportFrom) and node.module == "random"):
            found.append(f"{name}:{node.lineno} imports random or uuid4")
    return found


def float_breaches(name: str, tree: ast.Module) -> list[str]:
    return [
        f"{name}:{node.lineno} float()"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
    ]


def test_only_the_openers_commit_roll_back_or_begin() -> None:
    assert [breach for name, tree in sources(*ROOMS) for breach in transaction_breaches(name, tree)] == []


def test_the_wall_clock_and_random_numbers_stay_in_the_clock_module() -> None:
    assert [breach for name, tree in sources(*ROOMS) for breach in clock_breaches(name, tree)] == []


def test_no_float_where_money_is_computed() -> None:
    assert [
        breach for name, tree in sources("processes", "forms", "engine/feel", "engine/dmn") for breach in float_breaches(name, tree)
    ] == []


def test_diagram_folders_hold_no_python() -> None:
    assert PROCESS_FOLDERS, "no diagrams found: the test looks in the wrong place"
    assert [path.relative_to(ROOT).as_posix() for folder in PROCESS_FOLDERS for path in folder.rglob("*.py")] == []


def test_a_process_id_is_the_name_of_its_folder() -> None:
    for folder in PROCESS_FOLDERS:
        assert (folder / f"{folder.name}.bpmn").exists(), f"{folder.name}.bpmn is missing in {folder}"


@pytest.mark.parametrize(
    ("check", "planted"),
    [
        (transaction_breaches, "def f(tx):\n    tx.commit()\n"),
        (transaction_breaches, "def f(tx):\n    with tx.begin_nested():\n        pass\n"),
        (clock_breaches, "from datetime import datetime\nx = datetime.now()\n"),
        (clock_breaches, "from uuid import uuid4\n"),
        (float_breaches, "x = float('1.10')\n"),
    ],
)
def test_each_rule_finds_a_planted_breach(check: object, planted: str) -> None:
    assert callable(check)

    assert check("processes/casefile/planted.py", ast.parse(planted))


def test_the_revisions_of_the_database_are_one_line() -> None:
    revisions = [path.name[:4] for path in sorted((ROOT / "api" / "migrations" / "versions").glob("*.py"))]

    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
