"""Worlds and tenants: letterhead, account and law of a city, and refusals that name what is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine import errors
from engine.db import Database
from processes.casefile import tenants, worlds
from tests.conftest import World


def test_a_new_world_has_cities_with_profiles(database: Database) -> None:
    with database.look() as tx:
        name = f"Probe {datetime.now(UTC).isoformat()}"
        made = worlds.create(tx, name, kind="sandbox", virtual_now=datetime(2026, 8, 17, 6, tzinfo=UTC))
        city = tenants.create(tx, made.id, "detmold", "Stadt Detmold")

        assert worlds.by_name(tx, name) == made
        assert tenants.by_slug(tx, "detmold", world_id=made.id) == city
        with pytest.raises(errors.Conflict):
            worlds.create(tx, name, kind="production")
    with database.begin(city.id) as tx:
        tenants.set_profile(tx, city.id, tenants.SAMPLES["detmold"][1])
        tenants.set_profile(tx, city.id, replace(tenants.SAMPLES["detmold"][1], town="Detmold-Mitte"))
        assert tenants.profile(tx, city.id).town == "Detmold-Mitte"


def test_wrong_profiles_slugs_and_worlds_are_refused(database: Database, world: World) -> None:
    good = tenants.SAMPLES["detmold"][1]
    with database.begin(world.detmold) as tx:
        with pytest.raises(errors.InvalidInput, match="IBAN"):
            tenants.set_profile(tx, world.detmold, replace(good, iban="DE00370400440532013000"))
        with pytest.raises(errors.InvalidInput, match="Feiertagskalender"):
            tenants.set_profile(tx, world.detmold, replace(good, land="SL"))
        with pytest.raises(errors.NotFound, match="Stammdaten"):
            tenants.profile(tx, world.detmold)
        with pytest.raises(errors.InvalidInput, match="Kürzel"):
            tenants.create(tx, world.id, "Bad Salzuflen!", "Stadt Bad Salzuflen")
        with pytest.raises(errors.NotFound, match="nirgendwo"):
            tenants.by_slug(tx, "nirgendwo", world_id=world.id)
        with pytest.raises(errors.InvalidInput, match="Welt"):
            worlds.create(tx, "Echt", kind="production", virtual_now=datetime(2026, 8, 17, 6, tzinfo=UTC))
