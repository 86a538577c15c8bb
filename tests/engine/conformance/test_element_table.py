"""The element table of processes/README.md and the rules of this folder say the same: each row is proven, each rule has a row."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest

from tests.engine.conformance.refused import REFUSALS
from tests.engine.conformance.test_conformance import RULES

ROOT = Path(__file__).parents[3]
TABLE = (ROOT / "processes" / "README.md").read_text(encoding="utf-8").partition("| Element | läuft? |")[2].partition("\n\n")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line.startswith("| ")]
NAMES = [*(rule.name for rule in RULES), *(refusal.name for refusal in REFUSALS)]


def proofs(row: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", row[3])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_row_names_rules_that_exist(row: list[str]) -> None:
    assert len(row) == 4
    assert row[1] in ("läuft", "abgelehnt", "gezeichnet")
    assert proofs(row)
    for proof in proofs(row):
        assert (ROOT / proof).is_file() if "/" in proof else fnmatch.filter(NAMES, proof), proof


@pytest.mark.parametrize("row", [row for row in ROWS if row[1] == "abgelehnt"], ids=lambda row: row[0])
def test_what_is_refused_is_proven_by_refusals(row: list[str]) -> None:
    refused = {refusal.name for refusal in REFUSALS}

    assert {name for proof in proofs(row) for name in fnmatch.filter(NAMES, proof)} <= refused


def test_each_rule_has_a_row() -> None:
    named = {name for row in ROWS for proof in proofs(row) for name in fnmatch.filter(NAMES, proof)}

    assert sorted(set(NAMES) - named) == []
