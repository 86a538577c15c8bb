"""Set up a world with its cities, their agreement and our models: for the demo, for scenarios, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from api import deploying, model_files
from engine.db import Database
from processes.casefile import agreements, tenants, worlds


@dataclass(frozen=True, slots=True)
class Seeded:
    """A world and its tenants by slug."""

    world_id: int
    tenants: dict[str, int]


def sandbox(database: Database, name: str, *, clock: datetime, files: Mapping[str, bytes] | None = None) -> Seeded:
    """Create a sandbox world with Detmold enforcing for Oerlinghausen, and deploy the models (ours, or `files`)."""
    with database.look() as tx:
        world = worlds.create(tx, name, kind=worlds.SANDBOX, virtual_now=clock)
        made = {slug: tenants.create(tx, world.id, slug, city).id for slug, (city, _) in tenants.SAMPLES.items()}
    for slug, tenant_id in made.items():
        with database.begin(tenant_id) as tx:
            tenants.set_profile(tx, tenant_id, tenants.SAMPLES[slug][1])
    with database.begin(made["oerlinghausen"]) as tx:
        agreements.conclude(
            tx, creditor_tenant_id=made["oerlinghausen"], enforcing_tenant_id=made["detmold"], mode="delegierend", kinds=(),
            valid_from=date(2017, 4, 1), concluded_on=date(2017, 3, 1),
        )  # fmt: skip
    with database.begin(made["detmold"]) as tx:
        deploying.deploy(
            tx, files or model_files.own(), name="Auslieferung", source="vollstreckung", tenant_id=made["detmold"], by="system", now=clock
        )
    return Seeded(world.id, made)
