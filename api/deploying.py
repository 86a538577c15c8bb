"""Check and deploy model files against what this program knows: its readers of forms and letters, its topics, the law's functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from api import wiring
from api.auth import users
from engine import clock, contents, deployments, rejections
from engine.db import Database
from engine.protocol import Finding
from processes import law


def check(files: Mapping[str, bytes], *, beside: contents.Beside | None = None) -> tuple[Finding, ...]:
    """Return all findings of all files at once. beside: what is deployed already; None: nothing is known of it."""
    return contents.check(files, wiring.READERS, functions=law.FUNCTIONS, topics=wiring.topic_offers(), roles=users.ROLES, beside=beside)


def deploy(
    tx: Connection, files: Mapping[str, bytes], *, name: str, source: str, tenant_id: int, by: str, now: datetime
) -> deployments.Deployment:
    """Store the files as a deployment of the tenant's world. Raises deployments.Refused with all findings; nothing is stored then.

    source: where it came from, as lists of deployments show it.
    """
    return deployments.deploy(
        tx, files, world_id=deployments.world_of(tx, tenant_id), name=name, by=by, now=now, readers=wiring.READERS, source=source,
        topics=wiring.topic_offers(), roles=users.ROLES, tenant_id=tenant_id,
    )  # fmt: skip


def keep(
    database: Database, files: Mapping[str, bytes], findings: Sequence[Finding], *, name: str, source: str, tenant_id: int, by: str
) -> UUID:
    """Keep refused files for the page that shows all findings on them, in a transaction of its own; return the page's id."""
    with database.begin(tenant_id) as tx:
        now = clock.database_now(tx)
        return rejections.keep(tx, files, findings, name=name, source=source, tenant_id=tenant_id, by=by, now=now)
