"""A scenario file that cannot be played is refused with every fault at once, before anything is played."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import model_files
from engine import errors
from processes import scenarios

HEAD = "szenario: Probe\nuhr: 2026-08-17\n"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("sperre: {kassenzeichen: DE1}", "Schritt 1: „sperre“: „grund“ fehlt."),
        ("zahlung: {kassenzeichen: DE1}", "Schritt 1: „zahlung“: „betrag“ fehlt."),
        ("zahlung: 12", "Schritt 1: „zahlung“ muss eine Zuordnung sein"),
        ("post_zurueck: {grund: verzogen}", "Schritt 1: „post_zurueck“: „kassenzeichen“ fehlt."),
        ("einspielen: {kassenzeichen: DE1}", "Schritt 1: „einspielen“ muss eine Liste von Zeilen sein."),
        ("einspielen: [{betrag: 1}]", "Schritt 1: „einspielen“, Zeile 1: „kassenzeichen“ fehlt."),
        ("mahnlauf: {stadt: detmold}", "Schritt 1: „mahnlauf“ muss ein Name sein"),
        ("dann: {aufgaben: keine}", "„dann“: „aufgaben“ muss eine Liste sein"),
        ("dann: {konto: {DE1: 12}}", "„dann“: „konto“, „DE1“ muss eine Zuordnung sein."),
        ("dann: {prozesse: [mahnung]}", "„dann“: „prozesse“ muss eine Zuordnung sein."),
        ("dann: {schreiben: [mahnung]}", "jedes Schreiben braucht seine „vorlage“"),
        ("dann: {bericht: {gut: 1}}", "„bericht“ kennt „gut“ nicht"),
    ],
)
def test_an_act_or_expectation_of_another_shape_is_told(step: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"{HEAD}ablauf:\n  - {step}\n", encoding="utf-8")

    with pytest.raises(errors.InvalidInput) as refused:
        scenarios.read(path)

    assert told in str(refused.value)


def test_a_claim_without_its_reference_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"{HEAD}forderungen: [{{betrag: 1}}]\nablauf: []\n", encoding="utf-8")

    with pytest.raises(errors.InvalidInput, match="„forderungen“, Zeile 1: „kassenzeichen“ fehlt"):
        scenarios.read(path)


def test_our_own_scenarios_have_no_fault() -> None:
    for path in scenarios.find([model_files.HOUSE / "processes"]):
        scenarios.read(path)
