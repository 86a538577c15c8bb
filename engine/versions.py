"""The versions of everything that is deployed, for the people who choose two of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine import deployments


@dataclass(frozen=True, slots=True)
class Version:
    """One version, the deployment that brought it, who took that back and why, and how many instances of the tenant keep it.

    running: of a process as the one that was started, not as one that is called.
    """

    uuid: UUID
    kind: str
    key: str
    name: str
    version: int
    deployment: UUID
    deployment_name: str
    deployed_at: datetime
    deployed_by: str
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None
    running: int


def all_of(tx: Connection, tenant_id: int, *, kind: str | None = None, key: str | None = None) -> list[Version]:
    """Return the versions of the tenant's world, by kind and name, the newest of each first."""
    query = text(
        "with kept as (select b.process_key, d as definition_id, sum(u.n) as n from (select bundle_id, count(*) as n from process_instance"
        " where tenant_id = :t and status = 'running' group by bundle_id) u join bundle b on b.id = u.bundle_id, unnest(b.definition_ids) d"
        " group by b.process_key, d)"
        " select d.uuid, d.kind, d.key, d.name, d.version, p.uuid, p.name, p.deployed_at, p.deployed_by, p.undone_at, p.undone_by,"
        " p.undone_reason, coalesce((select k.n from kept k where k.definition_id = d.id and k.process_key = d.key and d.kind = 'bpmn'), 0)::bigint as running"
        " from definition d join deployment p on p.world_id = d.world_id and p.id = d.deployment_id where d.world_id = :w"
        " and d.kind = coalesce(:k, d.kind) and d.key = coalesce(:key, d.key)"
        " order by array_position(array['bpmn', 'dmn', 'form', 'letter'], d.kind), lower(d.key), d.version desc"
    )
    rows = tx.execute(query, {"t": tenant_id, "w": deployments.world_of(tx, tenant_id), "k": kind, "key": key})
    return [Version(*row) for row in rows]
