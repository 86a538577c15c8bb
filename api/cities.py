"""The city that the command line names."""

from __future__ import annotations

from sqlalchemy import Connection, select

from api.auth import tables
from processes.casefile import tenants


def named(tx: Connection, slug: str) -> tenants.Tenant:
    """Return the tenant with this slug; the cities of trials bear the same names and are none that the command line means.

    Raises errors.NotFound with those that exist, errors.Conflict where several worlds have one.
    """
    return tenants.by_slug(tx, slug, outside=tuple(tx.execute(select(tables.trial.c.world_id)).scalars()))
