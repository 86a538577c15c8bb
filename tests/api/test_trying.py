"""`vollstreckung try`: a walk at the terminal, its form asked field by field, saved as a scenario that passes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api import cli, model_files, scenario_tests
from processes import scenarios
from tests.api.conftest import City
from tests.engine.spiff.bpmn import chain, file, job, node, process

FORM = {
    "id": "probe_form", "type": "default", "schemaVersion": 19,
    "components": [
        {"id": "f1", "type": "number", "key": "betrag", "label": "Betrag", "validate": {"required": True, "max": 100}},
        {"id": "f2", "type": "radio", "key": "art", "label": "Art", "values": [{"value": "konto", "label": "Konto"}, {"value": "lohn", "label": "Lohn"}]},
        {"id": "f3", "type": "checkbox", "key": "eilig", "label": "Eilig"},
        {"id": "f4", "type": "textfield", "key": "grund", "label": "Grund", "conditional": {"hide": "=eilig = false"}},
    ],
}  # fmt: skip


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "probe"
    folder.mkdir()
    task = node("userTask", "angeben", camunda_formRef="probe_form", camunda_formRefBinding="deployment")
    body = (
        node("startEvent", "start") + task + job("weiter", "fremd") + node("endEvent", "ende") + chain("start", "angeben", "weiter", "ende")
    )
    (folder / "probe.bpmn").write_bytes(file(process(body, key="probe")))
    (folder / "probe_form.form").write_text(json.dumps(FORM), encoding="utf-8")
    return folder


def walk(models: Path, *lines: str, **options: str) -> Result:
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    return CliRunner().invoke(cli.main, ["try", str(models), "--start", "probe", "--key", "P1", *arguments], input="\n".join(lines) + "\n")


def test_a_form_is_asked_field_by_field_and_a_fault_is_told_at_its_field(models: Path, tmp_path: Path, city: City) -> None:
    saved = tmp_path / "gang" / "scenarios" / "gang.yaml"

    done = walk(models, "1", "500", "2", "n", "50,25", "2", "j", "Eilt sehr", "1", "{gefunden: true}", "", "v", "q", save=str(saved))

    assert done.exit_code == 0, done.output
    assert "„Betrag“: Höchstens 100." in done.output
    scenario = scenarios.read(saved)
    assert [act.kind for act in scenario.acts] == ["starten", "aufgabe", "auftrag"]
    assert scenario.acts[1].form == {"betrag": "50.25", "art": "lohn", "eilig": True, "grund": "Eilt sehr"}
    assert scenario.then["prozesse"] == {"probe": "beendet"}
    files = {**model_files.own(), **model_files.collect([models])}
    assert scenario_tests.play(city.database, scenario, files, world=f"Terminal {id(scenario)}").faults == []


def test_a_file_is_asked_by_its_name_and_its_kind_is_checked(models: Path, tmp_path: Path, city: City) -> None:
    saved = tmp_path / "gang" / "scenarios" / "gang.yaml"
    picker = {"id": "f5", "type": "filepicker", "key": "beleg", "label": "Beleg", "accept": ".pdf", "validate": {"required": True}}
    several = {"id": "f6", "type": "filepicker", "key": "weitere", "label": "Weitere", "multiple": True}
    (models / "probe_form.form").write_text(json.dumps({**FORM, "components": [picker, several]}), encoding="utf-8")

    done = walk(models, "1", "foto.png", "", "bescheid.pdf", "a.txt, b.csv", "v", "q", save=str(saved))

    assert done.exit_code == 0, done.output
    assert "„Beleg“: „foto.png“ ist keine der gewünschten Arten (.pdf)" in done.output
    assert "Beleg (Dateiname wie bescheid.pdf; leer: keine)" in done.output
    scenario = scenarios.read(saved)
    assert scenario.acts[1].form == {"beleg": ["datei:bescheid.pdf"], "weitere": ["datei:a.txt", "datei:b.csv"]}
    files = {**model_files.own(), **model_files.collect([models])}
    assert scenario_tests.play(city.database, scenario, files, world=f"Datei {id(scenario)}").faults == []


def test_the_end_of_the_input_ends_the_walk_and_leaves_nothing(models: Path) -> None:
    done = walk(models)

    assert done.exit_code == 0, done.output
    assert "angeben" in done.output


def test_broken_models_and_values_are_refused_before_anything_begins(models: Path) -> None:
    (models / "probe.bpmn").write_text("<kaputt", encoding="utf-8")

    done = walk(models)

    assert done.exit_code == 1
    assert "probe.bpmn" in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("variables", "{a: ", "Die Werte sind nicht lesbar"),
        ("claims", "gibt_es_nicht.csv", "„gibt_es_nicht.csv“ gibt es nicht"),
        ("save", str(Path(__file__)), "gibt es schon"),
    ],
)
def test_options_that_cannot_be_used_are_refused_before_the_walk(models: Path, option: str, value: str, said: str) -> None:
    done = walk(models, **{option: value})

    assert done.exit_code == 1
    assert said in done.stderr
    assert "Was tun" not in done.stdout


def test_letters_are_listed_and_printed_only_into_a_folder_that_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    claims = model_files.HOUSE / "processes" / "sample_data" / "forderungen_oerlinghausen.csv"
    lines = "\n".join(("u 2026-09-04", "l oerlinghausen", "b", "m", "q"))

    listed = CliRunner().invoke(cli.main, ["try", str(model_files.HOUSE / "processes" / "mahnung"), "--claims", str(claims)], input=lines)

    assert listed.exit_code == 0, listed.output
    assert "Mahnung" in listed.output
    assert "„b ORDNER“" in listed.output
    assert "„m“ zeigt sie" in listed.output
    assert "Zahlung eingegangen" in listed.output.rpartition("Was tun")[0].rpartition("Was tun")[2]
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_cannot_be_done_is_told_and_the_walk_goes_on(models: Path) -> None:
    nowhere = models / "probe.bpmn" / "briefe"

    done = walk(models, "u morgen", "u 2026-01-01", "99", "z", "DE1", "84.50", "n", f"s {nowhere}", f"s {models / 'probe.bpmn'}", "q")

    assert done.exit_code == 0, done.output
    for said in (
        "„morgen“ ist kein Datum",
        "geht nur vorwärts",
        "diese Hilfe",
        "Erwartet wird ein Betrag",
        "Auf eine Zeit wartet hier nichts.",
        "lässt sich nicht schreiben",
        "gibt es schon",
    ):
        assert said in done.output
    assert "Traceback" not in done.output
