"""One real PostgreSQL for the test session, a migrated template, and a fresh database per test worker."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url

from api import migrations
from engine import db
from engine.runtime import Runtime

START = datetime(2026, 8, 17, 6, 0, tzinfo=UTC)
PASSWORD = "only-for-tests"


def pytest_configure(config: pytest.Config) -> None:
    """Start the server once, in the controlling process, before workers exist; they inherit its address."""
    if "PYTEST_XDIST_WORKER" in os.environ or config.option.collectonly:
        return
    folder = Path(tempfile.mkdtemp(prefix="vollstreckung-test-"))
    folder.chmod(0o755)
    server, owner = db.embedded(folder)
    db.make_app_role(owner, PASSWORD)
    migrations.migrate(owner)
    os.environ["TEST_OWNER_URL"] = owner.render_as_string(hide_password=False)
    config.stash[SERVER] = (server, folder)


SERVER = pytest.StashKey[tuple[object, Path]]()


def pytest_unconfigure(config: pytest.Config) -> None:
    kept = config.stash.get(SERVER, None)
    if kept is not None:
        server, folder = kept
        server.cleanup()  # type: ignore[attr-defined]  # the package is untyped
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def owner_url(worker_id: str) -> URL:
    """The owner's URL of this worker's own database, copied from the migrated template."""
    template = make_url(os.environ["TEST_OWNER_URL"])
    name = f"test_{worker_id}"
    with create_engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("select pg_advisory_lock(42)"))  # a template is copied by one at a time
        connection.execute(text(f"drop database if exists {name} with (force)"))
        connection.execute(text(f"create database {name} template {template.database}"))
        connection.execute(text("select pg_advisory_unlock(42)"))
    return template.set(database=name)


@pytest.fixture(scope="session")
def app_url(owner_url: URL) -> URL:
    return owner_url.set(username=db.APP_ROLE, password=PASSWORD)


@pytest.fixture
def database(app_url: URL) -> Iterator[db.Database]:
    """The database as the application role, with an empty Runtime that a test may fill."""
    made = db.Database(create_engine(app_url, pool_size=5), Runtime())
    yield made
    made.close()


@pytest.fixture
def owner(owner_url: URL) -> Iterator[Connection]:
    """A connection that may do what an attacker with the owner's rights could do."""
    engine = create_engine(owner_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@dataclass(frozen=True)
class World:
    """A sandbox world with two cities."""

    id: int
    detmold: int
    oerlinghausen: int


@pytest.fixture
def world(database: db.Database, request: pytest.FixtureRequest) -> World:
    """A fresh sandbox world on 17.08.2026, 08:00 in Berlin."""
    with database.look() as tx:
        insert = text("insert into world (name, kind, virtual_now) values (:n || ' ' || gen_random_uuid(), 'sandbox', :now) returning id")
        world_id = tx.execute(insert, {"n": request.node.name[:80], "now": START}).scalar_one()
        ids = [
            tx.execute(
                text("insert into tenant (world_id, slug, name) values (:w, :s, :n) returning id"), {"w": world_id, "s": s, "n": n}
            ).scalar_one()
            for s, n in (("detmold", "Stadt Detmold"), ("oerlinghausen", "Stadt Oerlinghausen"))
        ]
    return World(world_id, *ids)


@pytest.fixture
def tx(database: db.Database, world: World) -> Iterator[Connection]:
    """A transaction as Detmold, committed at the end of the test."""
    with database.begin(world.detmold) as connection:
        yield connection
