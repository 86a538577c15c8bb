"""The demo's clock from the command line, its passwords, and what keeps it away from a production world."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api import demo
from engine import errors
from engine.db import Database
from tests.api.conftest import City
from tests.conftest import START


def test_the_clock_of_the_sandbox_goes_only_forward(city: City) -> None:
    world_id = city.seeded.world_id

    assert demo.evening_of(city.database, world_id, START.date()).date() == START.date()
    with pytest.raises(errors.InvalidInput, match="geht nur vorwärts"):
        demo.evening_of(city.database, world_id, (START - timedelta(days=1)).date())


def test_passwords_are_random_and_only_the_owner_reads_them(city: City, tmp_path: Path) -> None:
    store = tmp_path / "demo_logins.json"

    first = demo.people(city.database, city.seeded, store)
    second = demo.people(city.database, city.seeded, store)

    assert first == second
    assert set(first) == set(demo.PEOPLE)
    assert len(set(first.values())) == len(first)
    assert stat.S_IMODE(store.stat().st_mode) == 0o600


def test_no_sandbox_becomes_a_production_world_later(city: City) -> None:
    for database in (city.database, Database(city.database.engine, city.database.runtime)):
        with pytest.raises(DBAPIError), database.look() as tx:
            tx.execute(text("update world set kind = 'production' where id = :w"), {"w": city.seeded.world_id})
