"""The table of claim kinds: complete, sourced, and honest about what nobody confirmed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engine import dmn, errors
from processes import claim_files, law
from processes.casefile import claim_kinds
from tests.processes.test_imports import sample

ROOT = Path(__file__).parents[2]


def test_every_kind_of_the_sample_files_but_the_planted_one_is_known() -> None:
    found = set()
    for name in ("forderungen_detmold.csv", "forderungen_oerlinghausen.csv"):
        file = claim_files.read(sample(name), columns=claim_files.CLAIM_COLUMNS, mandatory=claim_files.CLAIM_MANDATORY)
        found |= {line.cells["forderungsart"] for line in file.lines}

    assert found - set(claim_kinds.all_kinds()) == {"Unbekannte Art"}


def test_fines_are_neither_dunned_nor_surcharged_and_come_first() -> None:
    fine, tax = claim_kinds.kind_of("Bußgeld"), claim_kinds.kind_of("Grundsteuer B")

    assert (fine.is_dunned, fine.bears_surcharge, fine.is_fine) == (False, False, True)
    assert (tax.is_dunned, tax.bears_surcharge, tax.notification_law, tax.collection_law) == (True, True, "AO", "AO")


def test_every_row_names_its_source_and_who_confirmed_it() -> None:
    for kind in claim_kinds.all_kinds().values():
        assert "§" in kind.source, kind.name
        assert kind.confirmed_by, kind.name
        assert kind.remedy in ("Widerspruch", "Klage", "Einspruch"), kind.name


def test_an_unknown_kind_is_told_with_the_known_ones() -> None:
    with pytest.raises(errors.NotFound, match="Grundsteuer B"):
        claim_kinds.kind_of("Kurtaxe auf dem Mond")


def test_the_decision_table_of_the_diagrams_says_the_same() -> None:
    content = (ROOT / "processes" / "mahnung" / "forderungsart_recht.dmn").read_bytes()
    table = dmn.parse(content, "forderungsart_recht.dmn", law.FUNCTIONS)

    for kind in claim_kinds.all_kinds().values():
        outcome = dmn.evaluate(
            table, "forderungsart_recht", {"stichtag": date(2026, 8, 17), "forderungsart": kind.name}, functions=law.FUNCTIONS
        )
        assert dmn.map_result(outcome, "singleResult") == {
            "festsetzung": kind.collection_law, "vollstreckung": kind.enforcement_law, "bekanntgabe": kind.notification_law,
            "mahnung": kind.is_dunned, "saeumniszuschlag": kind.bears_surcharge, "rechtsbehelf": kind.remedy, "rang": kind.rank,
        }, kind.name  # fmt: skip
