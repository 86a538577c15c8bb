"""The files with our element templates: complete, as last released or with a new number, written where they are asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import processes
from api import cli, element_templates, wiring
from processes import law
from tests.api.conftest import City

ROOT = Path(__file__).parents[2]


def loaded(platform: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(element_templates.content(platform))
    return found


@pytest.mark.parametrize("platform", element_templates.PLATFORMS)
def test_the_released_files_are_those_that_the_topics_make(platform: str) -> None:
    released = element_templates.RECORD / element_templates.filename(platform)

    assert released.read_bytes() == element_templates.content(platform), (
        "Bitte `vollstreckung element-templates processes/.camunda/element-templates` ausführen und die Dateien mit einchecken."
    )


@pytest.mark.parametrize("platform", element_templates.PLATFORMS)
def test_each_topic_table_and_law_function_has_a_template_each_template_one_of_them_and_no_id_comes_twice(platform: str) -> None:
    made = loaded(platform)

    topics = set(wiring.all_topics())
    tables = {f"tabelle.{path.stem}" for path in ROOT.glob("processes/*/*.dmn")}
    functions = {f"rechnen.{function.name}" for function in law.FUNCTIONS}
    assert {template["metadata"]["block"] for template in made} == topics | tables | functions
    ids = [template["id"] for template in made]
    assert len(set(ids)) == len(ids)
    assert all(id.startswith("de.vollstreckung.") for id in ids)


@pytest.mark.parametrize("platform", element_templates.PLATFORMS)
def test_everything_a_template_asks_says_what_it_means_and_stands_in_a_group(platform: str) -> None:
    for template in loaded(platform):
        groups = {group["id"] for group in template["groups"]}
        asked = [one for one in template["properties"] if one["type"] != "Hidden"]
        assert asked, template["id"]
        assert all(one["label"] and one["description"] and one["group"] in groups for one in asked), template["id"]


def test_a_template_keeps_its_number_until_it_says_anything_else() -> None:
    template = {"id": "a", "name": "Eins", "properties": []}

    first = element_templates.versioned(template, None)
    again = element_templates.versioned(template, first)
    changed = element_templates.versioned({**template, "name": "Zwei"}, again)

    assert [one["version"] for one in (first, again, changed)] == [1, 1, 2]


def test_a_template_leads_to_our_page_when_our_address_is_known() -> None:
    with_link = json.loads(element_templates.content("camunda7", "https://amt.example"))

    assert {one["id"]: one["documentationRef"] for one in with_link}["de.vollstreckung.set_hold"] == (
        "https://amt.example/prozesse/elementvorlagen#set_hold"
    )
    assert [{key: value for key, value in one.items() if key != "documentationRef"} for one in with_link] == loaded("camunda7")


def test_the_command_writes_both_files_and_says_where_the_modeler_looks(tmp_path: Path) -> None:
    folder = tmp_path / "neu" / "element-templates"

    done = CliRunner().invoke(cli.main, ["element-templates", str(folder)])

    assert done.exit_code == 0, done.output
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == element_templates.files()
    for place in (r"%APPDATA%\camunda-modeler\resources", "~/Library/Application Support", "~/.config/camunda-modeler", ".camunda"):
        assert place in done.output
    told = json.loads(CliRunner().invoke(cli.main, ["element-templates", str(folder), "--json"]).stdout)
    assert told["files"] == [str(folder / name) for name in element_templates.files()]


def test_the_command_refuses_a_folder_that_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "datei").write_text("")

    refused = CliRunner().invoke(cli.main, ["element-templates", str(tmp_path / "datei")])

    assert refused.exit_code == 1
    assert "kann nicht geschrieben werden" in refused.stderr
    assert "Bitte einen anderen Ordner angeben" in refused.stderr


def test_a_released_file_that_cannot_be_read_is_told_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vollstreckung-camunda7.json").write_text("<<<<<<< HEAD")
    monkeypatch.setattr(element_templates, "RECORD", tmp_path)

    refused = CliRunner().invoke(cli.main, ["element-templates", str(tmp_path / "neu")])

    assert refused.exit_code == 1
    assert "vollstreckung-camunda7.json“ ist nicht zu lesen" in refused.stderr
    assert not (tmp_path / "neu").exists()


def test_a_table_asks_for_what_its_columns_read_in_their_order_under_their_names() -> None:
    (made,) = [one for one in loaded("camunda7") if one["id"] == "de.vollstreckung.tabelle.freigabe_erforderlich"]

    asked = [(one["label"], one["binding"]["name"]) for one in made["properties"] if one["type"] != "Hidden"]
    assert asked == [
        ("Stichtag", "stichtag"), ("Maßnahme", "massnahme"), ("Art der Pfändung", "massnahme_art"), ("Betrag der Maßnahme (€)", "betrag"),
        ("Ergebnis", "camunda:resultVariable"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "policy", "mapping"),
    [
        (1, "UNIQUE", "singleEntry"),
        (1, "COLLECT", "collectEntries"),
        (1, 'COLLECT" aggregation="SUM', "singleEntry"),
        (2, "FIRST", "singleResult"),
        (2, "RULE ORDER", "resultList"),
    ],
)
def test_a_table_keeps_its_result_in_the_shape_that_its_hit_policy_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int, policy: str, mapping: str
) -> None:
    outputs = "".join(f'<output id="o{number}" name="o{number}" typeRef="number"/>' for number in range(columns))
    entries = "".join(f'<outputEntry id="e{number}"><text>1</text></outputEntry>' for number in range(columns))
    table = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="t" name="T">'
        f'<decisionTable id="tt" hitPolicy="{policy}"><input id="i"><inputExpression id="ie"><text>betrag</text></inputExpression></input>'
        f'{outputs}<rule id="r"><inputEntry id="ri"><text>&gt; 1</text></inputEntry>{entries}</rule></decisionTable></decision></definitions>'
    )
    (tmp_path / "neu").mkdir()
    (tmp_path / "neu" / "t.dmn").write_text(table)
    monkeypatch.setattr(processes, "__file__", str(tmp_path / "__init__.py"))

    (made,) = [one for one in element_templates.templates("camunda7") if one["id"] == "de.vollstreckung.tabelle.t"]

    assert {one["binding"]["name"]: one.get("value") for one in made["properties"]}["camunda:mapDecisionResult"] == mapping


def test_the_page_describes_every_topic_and_hands_out_both_files_with_links_back(city: City) -> None:
    client = city.client("anna")

    page = client.get("/prozesse/elementvorlagen").get_data(as_text=True)

    for topic in wiring.all_topics().values():
        assert f'id="{topic.name}"' in page
        for one in (*topic.inputs, *topic.outputs):
            assert one.hint in page, (topic.name, one.name)
    for block in {template["metadata"]["block"] for template in loaded("camunda8")}:
        assert f'id="{block}"' in page
    for platform in element_templates.PLATFORMS:
        answer = client.get(f"/prozesse/elementvorlagen/{platform}.json")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="vollstreckung-{platform}.json"'
        assert answer.data == element_templates.content(platform, "http://localhost")
    assert client.get("/prozesse/elementvorlagen/camunda9.json").status_code == 404


@pytest.mark.parametrize("path", ["/prozesse/elementvorlagen", "/prozesse/elementvorlagen/camunda7.json"])
def test_the_templates_want_a_login_as_the_processes_do(city: City, path: str) -> None:
    answer = city.flask.test_client().get(path)

    assert answer.status_code == 302
    assert "/anmelden" in answer.headers["Location"]


@pytest.mark.parametrize("path", ["/prozesse", "/api"])
def test_the_pages_for_designers_lead_to_the_templates(city: City, path: str) -> None:
    assert 'href="/prozesse/elementvorlagen"' in city.client("anna").get(path).get_data(as_text=True)
