"""An operator sets a production world up from the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from api import administration, cli, serving
from api.auth import sessions, users
from engine import db, errors
from engine.runtime import Runtime
from processes.casefile import agreements, tenants
from tests.conftest import PASSWORD

Run = Callable[..., Result]
NAMES = iter(range(1000))


@pytest.fixture
def empty_url(owner_url: URL) -> Iterator[URL]:
    """The application role's URL of a migrated database without any world."""
    template = make_url(os.environ["TEST_OWNER_URL"])
    name = f"{owner_url.database}_admin_{next(NAMES)}"
    engine = create_engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(42)"))
        connection.execute(text(f"create database {name} template {template.database}"))
        connection.execute(text("select pg_advisory_unlock(42)"))
        yield template.set(database=name, username=db.APP_ROLE, password=PASSWORD)
        connection.execute(text(f"drop database {name} with (force)"))
    engine.dispose()


@pytest.fixture
def run(empty_url: URL, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", empty_url.render_as_string(hide_password=False))

    def call(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(cli.main, list(arguments), input=typed)

    return call


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "stadt.yaml"
    sample = tenants.SAMPLES["detmold"][1]
    path.write_text("".join(f'{name}: "{getattr(sample, name)}"\n' for name in tenants.Profile.__dataclass_fields__), encoding="utf-8")
    return path


def opened(url: URL) -> db.Database:
    return db.Database(create_engine(url), Runtime())


def test_the_first_tenant_of_a_world_gets_the_models_and_its_users_may_log_in(run: Run, profile: Path, empty_url: URL) -> None:
    made = run("admin", "create-tenant", "musterstadt", "--profile", str(profile), "--json")
    anna = run(
        "admin", "create-user", "anna", "--name", "Anna A.", "--tenant", "musterstadt", "--role", "claims_clerk", "--generate", "--json"
    )

    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout) == {"tenant": "musterstadt", "world": "betrieb", "new_world": True}
    password = json.loads(anna.stdout)["password"]
    database = opened(empty_url)
    with database.look() as tx:
        assert tx.execute(text("select kind from world")).scalars().all() == ["production"]
        assert tx.execute(text("select count(*) from definition where kind = 'bpmn'")).scalar_one() >= 10
        assert users.check_password(tx, "anna", password) is not None
    database.close()


def test_a_second_city_joins_the_world_and_one_enforces_for_the_other(run: Run, profile: Path, empty_url: URL) -> None:
    for slug in ("musterstadt", "nachbarstadt"):
        run("admin", "create-tenant", slug, "--profile", str(profile))

    made = run(
        "admin", "conclude-agreement", "--creditor", "nachbarstadt", "--enforcing", "musterstadt", "--mode", "delegierend", "--from",
        "2027-01-01", "--concluded-on", "2026-11-02",
    )  # fmt: skip

    assert made.exit_code == 0, made.output
    database = opened(empty_url)
    with database.look() as tx:
        owner, authority = tenants.by_slug(tx, "nachbarstadt"), tenants.by_slug(tx, "musterstadt")
    with database.begin(authority.id) as tx:
        assert [made.tenant_id for made in agreements.of_authority(tx, authority.id)] == [owner.id]
    database.close()


def test_a_new_password_and_a_deactivation_end_the_sessions(run: Run, profile: Path, empty_url: URL) -> None:
    run("admin", "create-tenant", "musterstadt", "--profile", str(profile))
    run("admin", "create-user", "anna", "--name", "Anna A.", "--tenant", "musterstadt", "--role", "auditor", typed="ein erstes Passwort\n")
    database = opened(empty_url)
    with database.look() as tx:
        anna = users.check_password(tx, "anna", "ein erstes Passwort")
        assert anna is not None
        key = sessions.start(tx, anna, tenants.by_slug(tx, "musterstadt").id)

    changed = run("admin", "set-password", "anna", typed="ein zweites Passwort\n")

    assert changed.exit_code == 0, changed.output
    with database.look() as tx:
        assert sessions.find(tx, key) is None
        assert users.check_password(tx, "anna", "ein erstes Passwort") is None
        assert users.check_password(tx, "anna", "ein zweites Passwort") is not None
    assert run("admin", "deactivate-user", "anna").exit_code == 0
    with database.look() as tx:
        assert users.check_password(tx, "anna", "ein zweites Passwort") is None
    database.close()


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("admin", "create-user", "b", "--name", "B", "--tenant", "nirgends", "--role", "auditor", "--generate"), "", "gibt es nicht"),
        (("admin", "create-user", "b", "--name", "B", "--tenant", "musterstadt", "--role", "koenig", "--generate"), "", "Unbekannte Rolle: koenig. Es gibt: "),
        (("admin", "create-user", "b", "--name", "B", "--tenant", "musterstadt", "--role", "auditor"), "kurz\n", "mindestens 12 Zeichen"),
        (("admin", "set-password", "niemand", "--generate"), "", "gibt es nicht"),
        (("admin", "deactivate-user", "niemand"), "", "gibt es nicht"),
        (("admin", "create-tenant", "Groß Stadt", "--profile", "PROFIL"), "", "kein Kürzel"),
        (("admin", "create-tenant", "musterstadt", "--profile", "PROFIL"), "", "gibt es in dieser Welt schon"),
        (("admin", "create-tenant", "fehlt", "--profile", "fehlt.yaml"), "", "„fehlt.yaml“ gibt es nicht"),
    ],
)  # fmt: skip
def test_what_an_operator_gets_wrong_is_told_in_german_and_changes_nothing(
    run: Run, profile: Path, empty_url: URL, arguments: tuple[str, ...], typed: str, said: str
) -> None:
    run("admin", "create-tenant", "musterstadt", "--profile", str(profile))

    refused = run(*[str(profile) if word == "PROFIL" else word for word in arguments], typed=typed)

    assert refused.exit_code == 1
    assert said in " ".join(refused.stderr.split())
    database = opened(empty_url)
    with database.look() as tx:
        assert tx.execute(text("select count(*) from tenant")).scalar_one() == 1
        assert tx.execute(text("select count(*) from user_account")).scalar_one() == 0
    database.close()


def test_an_incomplete_profile_names_every_entry_at_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "halb.yaml"
    path.write_text('official_name: "Stadt X"\nfarbe: "rot"\niban: ""\n', encoding="utf-8")

    refused = run("admin", "create-tenant", "xstadt", "--profile", str(path))

    assert refused.exit_code == 1
    for entry in ("farbe: Diesen Eintrag gibt es nicht.", "iban: Bitte angeben: IBAN.", "town: Bitte angeben: Ort."):
        assert entry in refused.stderr


def test_the_printed_template_of_a_profile_has_every_entry(run: Run) -> None:
    printed = run("admin", "create-tenant", "--print-profile").stdout

    assert [line.partition(":")[0] for line in printed.splitlines()] == list(tenants.Profile.__dataclass_fields__)
    assert set(administration.WORDS) == set(tenants.Profile.__dataclass_fields__)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("quatsch",), "Den Befehl „quatsch“ gibt es nicht."),
        (("replay", "--bla"), "Die Option „--bla“ gibt es nicht."),
        (("deploy", "x"), "Es fehlt '--tenant'."),
        (("demo", "--until", "3"), "„3“ ist kein Datum."),
        (("book-payment", "A", "viel", "--tenant", "t"), "„viel“ ist keine ganze Zahl."),
        (("book-payment", "A", "1", "--tenant", "t", "--method", "scheck"), "„scheck“ ist nicht möglich"),
    ],
)
def test_a_mistyped_command_is_told_in_german(arguments: tuple[str, ...], said: str) -> None:
    refused = CliRunner().invoke(cli.main, list(arguments))

    assert refused.exit_code == 2
    assert said in refused.stderr


def test_no_help_page_speaks_english() -> None:
    def commands(group: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        yield path
        for name, command in getattr(group, "commands", {}).items():
            yield from commands(command, (*path, name))

    for path in commands(cli.main):
        page = CliRunner().invoke(cli.main, [*path, "--help"]).stdout
        for english in ("Usage", "Options", "Commands", "Show this", "default:", "required", "OPTIONS"):
            assert english not in page, (path, english)


def test_no_production_tenant_is_made_beside_users_of_a_demo(run: Run, profile: Path, empty_url: URL) -> None:
    database = opened(empty_url)
    with database.look() as tx:
        users.create(tx, "sachbearbeitung", "Demo", "ein-langes-passwort", {}, is_demo=True)

    refused = run("admin", "create-tenant", "musterstadt", "--profile", str(profile))

    assert refused.exit_code == 1
    assert "Benutzer einer Demo" in refused.stderr
    with database.look() as tx:
        assert tx.execute(text("select count(*) from world")).scalar_one() == 0
    database.close()


def test_the_server_refuses_demo_users_beside_a_production_tenant(run: Run, profile: Path, empty_url: URL) -> None:
    run("admin", "create-tenant", "musterstadt", "--profile", str(profile))
    database = opened(empty_url)
    serving.refuse_demo_in_production(database)  # nobody of a demo yet

    with database.look() as tx:
        tenant_id = tx.execute(text("select id from tenant")).scalar_one()
        users.create(tx, "sachbearbeitung", "Demo", "ein-langes-passwort", {tenant_id: ("claims_clerk",)}, is_demo=True)

    with pytest.raises(errors.InvalidState, match="Produktivmandanten"):
        serving.refuse_demo_in_production(database)


def test_a_plain_owner_migrates_and_is_refused_as_the_application(owner_url: URL, monkeypatch: pytest.MonkeyPatch, profile: Path) -> None:
    """The set-up of docs/operate.md on a server of the city: an owner without special rights, and the application role beside it."""
    name = f"{owner_url.database}_stadt_{next(NAMES)}"
    engine = create_engine(owner_url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create role {name} login password '{PASSWORD}'"))
        connection.execute(text(f"create database {name} owner {name}"))
        try:
            at = owner_url.set(database=name)

            def run(role: str, *arguments: str) -> Result:
                monkeypatch.setenv("DATABASE_URL", at.set(username=role, password=PASSWORD).render_as_string(hide_password=False))
                return CliRunner().invoke(cli.main, list(arguments))

            migrated = run(name, "migrate", "--json")
            made = run(db.APP_ROLE, "admin", "create-tenant", "musterstadt", "--profile", str(profile))
            worked = run(db.APP_ROLE, "work", "--once")
            refused = run(name, "work", "--once")

            assert (migrated.exit_code, made.exit_code, worked.exit_code) == (0, 0, 0), (migrated.output, made.output, worked.output)
            assert refused.exit_code == 1
            assert "kann die Trennung der Mandanten umgehen" in refused.stderr
        finally:
            connection.execute(text(f"drop database {name} with (force)"))
            connection.execute(text(f"drop role {name}"))
    engine.dispose()
