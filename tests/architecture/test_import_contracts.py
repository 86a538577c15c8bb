"""Each import contract of pyproject.toml catches a planted breach, in a copy of the house."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "processes", "forms", "api")
PROGRAM = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("house")
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("node_modules", "dist", "__pycache__", "*.bpmn", "*.csv"))
    shutil.copy(ROOT / "pyproject.toml", copy / "pyproject.toml")
    return copy


def lint(house: Path) -> str:
    # The house under test must win over the installed one, so its folder leads the path of a fresh interpreter.
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=house, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_the_house_keeps_its_contracts(house: Path) -> None:
    assert " 0 broken" in lint(house)


@pytest.mark.parametrize(
    ("room", "planted", "contract"),
    [
        ("engine/planted.py", "import processes.money\n", "Rooms"),
        ("processes/planted.py", "import forms\n", "Rooms"),
        ("forms/planted.py", "import engine.db\n", "forms uses of the engine only FEEL"),
        ("engine/history.py", "import SpiffWorkflow\n", "Only engine.spiff imports SpiffWorkflow"),
        ("engine/planted.py", "from SpiffWorkflow.task import Task\n", "Only engine.spiff imports SpiffWorkflow"),
        ("api/planted.py", "import SpiffWorkflow\n", "Only engine.spiff imports SpiffWorkflow"),
        ("processes/planted.py", "import flask\n", "Only api imports Flask"),
        ("engine/feel/planted.py", "import engine.clock\n", "Pure rooms"),
        ("processes/law/planted.py", "import sqlalchemy\n", "Pure rooms"),
    ],
)
def test_a_planted_import_breaks_the_contract(house: Path, room: str, planted: str, contract: str) -> None:
    path = house / room
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text((before or "") + planted, encoding="utf-8")

    try:
        answer = lint(house)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")

    assert any(contract in line and "BROKEN" in line for line in answer.splitlines()), answer
