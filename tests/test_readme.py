"""Every command of the README works as it stands there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines() if line.strip()]
PROGRAM = ".venv/bin/vollstreckung"


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    folder = Path(tempfile.mkdtemp(prefix="vollstreckung-readme-"))
    folder.chmod(0o755)  # the embedded server runs as another user where the tests run as root
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "TEST_OWNER_URL")}
    yield {**kept, "VOLLSTRECKUNG_DATA_DIR": str(folder / "data"), "VOLLSTRECKUNG_PORT": str(port)}
    shutil.rmtree(folder, ignore_errors=True)


def test_the_readme_names_only_commands_that_a_test_runs() -> None:
    assert COMMANDS[:2] == ["make demo", "make test"]
    assert all(line.startswith(PROGRAM + " ") for line in COMMANDS[2:])
    assert len(COMMANDS) >= 10


@pytest.mark.xdist_group("readme")
@pytest.mark.timeout(280)
def test_the_commands_of_the_program_run_in_the_order_of_the_readme(environment: dict[str, str]) -> None:
    for line in COMMANDS[2:]:
        done = subprocess.run(
            [str(BIN / "vollstreckung"), *shlex.split(line)[1:]],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            input="",
        )
        assert done.returncode == 0, (line, done.stdout[-2000:], done.stderr[-2000:])
        assert done.stdout.strip(), line
        assert "Traceback" not in done.stderr, (line, done.stderr[-2000:])


@pytest.mark.xdist_group("readme")
@pytest.mark.timeout(180)
def test_make_demo_serves_and_ends_on_ctrl_c(environment: dict[str, str]) -> None:
    # The recipe's own command, so that a test does not install the environment that it runs in.
    recipe = subprocess.run(["make", "-n", "demo"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    assert "bin/vollstreckung demo" in recipe
    program = subprocess.Popen([str(BIN / "vollstreckung"), "demo", "--json"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        told = json.loads(program.stdout.readline())
        with urllib.request.urlopen(told["address"] + "/anmelden", timeout=10) as page:
            assert "Anmelden" in page.read().decode()
        assert set(told["logins"]) >= {"sachbearbeitung", "pruefung", "gestaltung"}
    finally:
        program.send_signal(signal.SIGINT)
        ended = program.wait(timeout=30)
    assert ended == 0
    time.sleep(0.1)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(environment["VOLLSTRECKUNG_PORT"]))) != 0


def test_make_test_runs_every_check_and_ci_runs_make_test() -> None:
    plan = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for part in (
        "ruff format --check",
        "ruff check",
        "mypy",
        "lint-imports",
        "vollstreckung check",
        "tests.bpmnlint",
        "tests.chromium",
        "pytest",
    ):
        assert part in plan, part
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


DOCUMENTS = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "processes").glob("*.md")]


def links(document: Path) -> list[tuple[Path, str]]:
    """Return (file, anchor) of each link and picture that leads to a file of the project."""
    found = re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", document.read_text(encoding="utf-8"))
    return [((document.parent / target).resolve() if target else document, anchor) for target, anchor in found]


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_pictures_of_the_documents_lead_somewhere(document: Path) -> None:
    for file, anchor in links(document):
        assert file.exists(), file
        assert not anchor or anchor in anchors(file), (file.name, anchor)


def test_each_picture_is_shown_in_a_document() -> None:
    shown = {file for document in DOCUMENTS for file, _ in links(document)}

    assert sorted(set((ROOT / "docs" / "pictures").iterdir()) - shown) == []
