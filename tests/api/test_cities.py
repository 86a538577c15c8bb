"""What the command line means by a city's name, and how it tells what it was given wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, text

from api import cities, cli
from api.auth import tables
from engine import errors
from tests.api.conftest import City


def test_a_trial_has_cities_of_the_same_names_and_the_command_line_means_the_one_outside(city: City) -> None:
    """The rows of the trial are taken back: the database is this worker's for all tests."""
    slug = f"stadt_{city.seeded.world_id}"
    with city.database.look() as tx, tx.begin_nested() as undone:
        home = tx.execute(
            text("insert into tenant (world_id, slug, name) values (:w, :s, 'Stadt') returning id"), {"w": city.seeded.world_id, "s": slug}
        ).scalar_one()
        world = tx.execute(text("insert into world (name, kind, virtual_now) values ('probe', 'sandbox', now()) returning id")).scalar_one()
        tx.execute(text("insert into tenant (world_id, slug, name) values (:w, :s, 'Stadt')"), {"w": world, "s": slug})
        with pytest.raises(errors.Conflict, match=r"in mehreren Welten\. Bitte für jede eine eigene Datenbank"):
            cities.named(tx, slug)
        user = tx.execute(text("select id from user_account limit 1")).scalar_one()
        began = {"world_id": world, "user_id": user, "home_tenant_id": home, "title": "Probe", "processes": [], "began": {}}
        tx.execute(insert(tables.trial).values(began))

        assert cities.named(tx, slug).id == home
        with pytest.raises(errors.NotFound, match=rf"„lemgo“ gibt es nicht. Vorhanden: .*{slug}"):
            cities.named(tx, "lemgo")
        undone.rollback()


@pytest.mark.parametrize(("typed", "said"), [
    (("test-processes", "gibt/es/nicht"), "„gibt/es/nicht“ gibt es nicht. Bitte den Pfad prüfen."),
    (("test-processes", "."), "liegt kein Szenario. Gesucht wird <ordner>/scenarios/*.yaml"),
    (("undo-deployment", "abc", "--tenant", "x", "--reason", "y"), "„abc“ ist keine Kennung."),
    (("migrate-instances", "x", "--from", "1", "--to", "2", "--tenant", "x", "--dry-run", "--mapping", "fehlt.json"), "„fehlt.json“ gibt es nicht."),
    (("migrate-instances", "x", "--from", "1", "--to", "2", "--tenant", "x", "--dry-run", "--mapping", "."), "„.“ ist ein Ordner"),
])  # fmt: skip
def test_what_is_typed_wrong_is_told_in_german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...], said: str) -> None:
    monkeypatch.chdir(tmp_path)

    told = CliRunner().invoke(cli.main, list(typed))

    assert told.exit_code in (1, 2)
    assert said in " ".join(told.output.split())


@pytest.mark.parametrize(("address", "said"), [
    ("postgresql://niemand:geheim@127.0.0.1:1/x", "Die Datenbank antwortet nicht (connection failed"),
    ("kaputt:geheim", "Die Adresse der Datenbank (DATABASE_URL) ist nicht lesbar. Erwartet wird z. B. postgresql://"),
    ("postgresql://a:geheim@rechner:port/x", "Die Adresse der Datenbank (DATABASE_URL) ist nicht lesbar."),
])  # fmt: skip
def test_a_database_out_of_reach_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch, address: str, said: str) -> None:
    monkeypatch.setenv("DATABASE_URL", address)

    told = CliRunner().invoke(cli.main, ["undo-deployment", "11111111-2222-3333-4444-555555555555", "--tenant", "x", "--reason", "y"])

    assert told.exit_code == 1
    assert said in " ".join(told.output.split())
    assert "geheim" not in told.output
