"""Each file of this folder is broken as people break files; `check` names every planted defect at its element, and nothing else."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from api import deploying, model_files
from engine.protocol import Finding

HERE = Path(__file__).parent
HOUSE = HERE.parents[1]
SECONDS = 2
MANIFEST: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in tomllib.loads((HERE / "manifest.toml").read_text("utf-8"))["file"]}
LETTERS = (HOUSE / "processes" / "letters" / "din5008.typ", HOUSE / "processes" / "mahnung" / "letters" / "mahnung.typ")
BESIDE: Mapping[str, bytes] = model_files.collect([HERE / "beside", *LETTERS])


def findings(name: str, content: bytes) -> list[Finding]:
    """Return what is told of the file where the sound models of `beside` are at hand."""
    file = name.rpartition("/")[2]
    return [finding for finding in deploying.check({**BESIDE, file: content}) if finding.file == file]


def meets(finding: Finding, defect: Mapping[str, Any], lines: list[str]) -> bool:
    """Return whether the finding is what the manifest expects: element, severity, words, and the line that holds the element."""
    told = f"{finding.message} {finding.remedy}"
    line = lines[finding.line - 1] if finding.line <= len(lines) else ""
    return (
        finding.element_id == defect["at"]
        and finding.severity == defect["severity"]
        and all(word in told for word in defect["says"])
        and defect.get("line", f'"{defect["at"]}"') in line
        and bool(finding.remedy)
    )


@pytest.mark.parametrize("name", MANIFEST)
def test_every_planted_defect_is_told_at_its_element_and_nothing_else(name: str) -> None:
    content = (HERE / name).read_bytes()
    lines = content.decode("utf-8", "replace").splitlines()
    began = time.process_time()

    left = findings(name, content)

    assert time.process_time() - began < SECONDS
    for defect in MANIFEST[name]["defect"]:
        found = next((finding for finding in left if meets(finding, defect, lines)), None)
        assert found is not None, (defect, left)
        left.remove(found)
    assert left == []


@pytest.mark.parametrize("name", [name for name, entry in MANIFEST.items() if "mend" in entry])
def test_the_mended_file_has_no_finding(name: str) -> None:
    text = (HERE / name).read_text("utf-8")
    for broken, mended in MANIFEST[name]["mend"]:
        assert broken in text
        text = text.replace(broken, mended)

    assert findings(name, text.encode()) == []


def test_the_manifest_names_every_file_of_the_folder() -> None:
    suffixes = model_files.SUFFIXES
    drawn = {path.relative_to(HERE).as_posix() for path in HERE.rglob("*") if path.suffix in suffixes and path.parent.name != "beside"}

    assert drawn == set(MANIFEST)
    assert len(drawn) >= 200


def test_what_lies_beside_the_broken_files_is_sound() -> None:
    assert deploying.check(BESIDE) == ()


def test_the_guide_lists_each_group_and_whether_it_has_faults_and_hints() -> None:
    guide = (HOUSE / "docs" / "design.md").read_text("utf-8").partition("## Was die Prüfung findet")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in guide.splitlines() if line.startswith("| ")][1:]

    listed = {
        (group, severity) for group, faults, hints in rows for severity, said in (("error", faults), ("warning", hints)) if said != "–"
    }

    assert listed == {(entry["group"], defect["severity"]) for entry in MANIFEST.values() for defect in entry["defect"]}
