"""The command that moves instances: hostile mapping files are refused with a German message, a good one does what it told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from api import migrating, seeding, wiring
from engine import db, errors, instances
from tests.api.test_administration import Run, empty_url, run
from tests.conftest import START
from tests.engine.spiff.bpmn import chain, file, node, process

__all__ = ["empty_url", "run"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "nicht lesbar"),
        (b"{", "Zeile 1"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[]", "kein JSON-Objekt"),
        (b'"a"', "kein JSON-Objekt"),
        (b"null", "kein JSON-Objekt"),
        (b'{"a": 1}', "etwas anderes"),
        (b'{"a": ["b"]}', "etwas anderes"),
        (b'{"a": {"b": null}}', "etwas anderes"),
        (b'{"a": "b", "a": "c"}', "zweimal"),
        (b'{"a": NaN}', "kein JSON"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a": "\\ud800"}', "NUL oder halbe"),
        (b"[" * 100_000, "nicht lesbar"),
        (b'{"a": ' * 5000, "nicht lesbar"),
        (b'{"a": ' + b"9" * 5000 + b"}", "nicht lesbar"),
        (b'{"a": "' + b"x" * (1024 * 1024) + b'"}', "größer als 1 MB"),
    ],
)
def test_a_hostile_mapping_file_is_refused_with_what_is_expected(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "zuordnung.json"
    file.write_bytes(content)

    with pytest.raises(errors.InvalidInput) as refused:
        migrating.read_mapping(file)

    assert told in str(refused.value)
    assert "Erwartet wird" in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "fehlt.json", tmp_path):
        with pytest.raises(errors.InvalidInput, match="Bitte den Pfad prüfen"):
            migrating.read_mapping(path)


def test_a_good_mapping_is_read(tmp_path: Path) -> None:
    file = tmp_path / "zuordnung.json"
    file.write_text('{"a": "b", "c": null}', encoding="utf-8")

    assert migrating.read_mapping(file) == {"a": "b", "c": None}


def test_the_commands_deploy_try_move_and_take_back(run: Run, empty_url: URL, tmp_path: Path) -> None:
    database = db.Database(create_engine(empty_url), wiring.runtime())
    seeded = seeding.sandbox(database, "befehle", clock=START)
    tenant_id = seeded.tenants["detmold"]
    model = tmp_path / "probe.bpmn"

    def drawn(key: str) -> None:
        task = f'<bpmn:userTask id="{key}" name="Prüfen" camunda:formRef="rest_pruefen"/>'
        model.write_bytes(file(process(node("startEvent", "s") + task + node("endEvent", "e") + chain("s", key, "e"), key="probe")))

    drawn("pruefen")
    assert run("deploy", str(model), "--tenant", "detmold").exit_code == 0
    with database.begin(tenant_id) as tx:
        instances.start(tx, "probe", "K1", {}, tenant_id=tenant_id, now=START, by="test")
    drawn("pruefen_neu")
    deployed = json.loads(run("deploy", str(model), "--tenant", "detmold", "--json").stdout)
    move = ("migrate-instances", "probe", "--from", "1", "--to", "2", "--tenant", "detmold")

    tried = run(*move, "--dry-run", "--json")
    assert tried.exit_code == 1
    told = json.loads(tried.stdout)
    assert (told["instances"], told["possible"], told["migrated"]) == (1, 0, 0)
    assert told["mapping"] == [{"source": "pruefen", "target": None, "certain": False, "guess": "pruefen_neu"}]
    mapping = tmp_path / "zuordnung.json"
    mapping.write_text('{"pruefen": "pruefen_neu"}', encoding="utf-8")
    assert "Bitte angeben, warum" in run(*move, "--mapping", str(mapping)).stderr
    assert "1 wären umgestellt" in run(*move, "--mapping", str(mapping), "--dry-run").stdout
    done = run(*move, "--mapping", str(mapping), "--reason", "Neue Kennung")
    assert (done.exit_code, "1 umgestellt" in done.stdout) == (0, True)

    undo = ("undo-deployment", deployed["deployment"], "--tenant", "detmold", "--reason", "Versehen")
    refused = run(*undo)
    assert (refused.exit_code, "läuft mit Prozess" in refused.stderr) == (1, True)
    back = tmp_path / "zurueck.json"
    back.write_text('{"pruefen_neu": "pruefen"}', encoding="utf-8")
    home = ("migrate-instances", "probe", "--from", "2", "--to", "1", "--tenant", "detmold")
    assert run(*home, "--mapping", str(back), "--reason", "Zurück").exit_code == 0
    assert "gilt wieder in Fassung 1" in run(*undo).stdout
    assert json.loads(run("replay", "--all", "--json").stdout)["different"] == 0
    database.close()
