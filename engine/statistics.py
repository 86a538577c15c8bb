"""How many instances stand where: per version of a process, and per element of one version. Counted from the waits, never from the states."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, text

from engine import bundles, deployments

ARMED = frozenset({"boundary_event", "start_event"})  # they wait beside the activity where the instance stands
STANDING = (
    "select instance_id, scope, element_id, 0 as failed from user_task where tenant_id = :t and outcome is null"
    " union all select instance_id, scope, element_id, case when retries = 0 then 1 else 0 end from job where tenant_id = :t"
    " union all select instance_id, scope, element_id, case when parked then 1 else 0 end from timer where tenant_id = :t"
    " union all select instance_id, scope, element_id, 0 from subscription where tenant_id = :t"
)
RUNNING = f"select p.id, d.uuid as definition from process_instance p{bundles.DEFINITION} where p.tenant_id = :t and p.status = 'running'"
OPENED = "incident i join p on p.id = i.instance_id where i.tenant_id = :t and i.resolved_at is null"


@dataclass(slots=True)
class Count:
    """failed: jobs and timers without a try left; incidents: kind -> number of open ones."""

    instances: int = 0
    failed: int = 0
    incidents: Counter[str] = field(default_factory=Counter)


def by_element(tx: Connection, tenant_id: int, process_key: str, version: int, definition_uuid: UUID) -> dict[str, Count]:
    """Return element id -> how many running instances of a version stand there. What is inside a call stands at the call."""
    kinds = {node.name: node.element.kind for node in bundles.preview(tx, process_key, version, tenant_id=tenant_id).nodes()}
    given = {"t": tenant_id, "world": deployments.world_of(tx, tenant_id), "d": definition_uuid}
    chosen = f"with p as ({RUNNING} and d.uuid = :d)"
    found: defaultdict[str, Count] = defaultdict(Count)
    calls: set[tuple[int, str]] = set()
    for row in tx.execute(text(f"{chosen} select w.* from ({STANDING}) w join p on p.id = w.instance_id"), given):
        element_id, call = _place(row.scope, row.element_id, kinds)
        found[element_id].failed += row.failed
        if call is not None:
            found[element_id].instances += (row.instance_id, call) not in calls
            calls.add((row.instance_id, call))
        elif kinds.get(_name(row.scope, row.element_id)) not in ARMED:
            found[element_id].instances += 1
    for row in tx.execute(text(f"{chosen} select i.element_id, i.kind from {OPENED}"), given):
        found[row.element_id].incidents[row.kind] += 1
    return {element_id: count for element_id, count in sorted(found.items()) if count.instances or count.failed or count.incidents}


def by_version(tx: Connection, tenant_id: int) -> dict[UUID, Count]:
    """Return definition id -> how many instances of that version run, and what does not go on in them."""
    given = {"t": tenant_id, "world": deployments.world_of(tx, tenant_id)}
    found: defaultdict[UUID, Count] = defaultdict(Count)
    for row in tx.execute(text(f"with p as ({RUNNING}) select definition, count(*) as n from p group by 1"), given):
        found[row.definition].instances = row.n
    failed = f"with p as ({RUNNING}) select p.definition, count(*) as n from ({STANDING}) w join p on p.id = w.instance_id where w.failed = 1 group by 1"
    for row in tx.execute(text(failed), given):
        found[row.definition].failed = row.n
    opened = f"with p as ({RUNNING}) select p.definition, i.kind, count(*) as n from {OPENED} group by 1, 2"
    for row in tx.execute(text(opened), given):
        found[row.definition].incidents[row.kind] = row.n
    return dict(found)


def parent_of(scope: str) -> tuple[str, str]:
    """Return (scope, element id) of what is around a scope: a subprocess, a call, or for `element#1` the activity that runs several times."""
    around, _, last = scope.rpartition("/")
    return around, last.partition("#")[0]


def _name(scope: str, element_id: str) -> str:
    """Return the name of the node in the definition: without the numbers of those that run several times."""
    return "/".join([*(part for part in scope.split("/") if part and "#" not in part), element_id])


def _place(scope: str, element_id: str, kinds: Mapping[str, str]) -> tuple[str, str | None]:
    """Return the element of the version's own diagram where a wait stands, and if that is a call, which one of the instance."""
    parts = scope.split("/") if scope else []
    for number, part in enumerate(parts):
        if "#" not in part and kinds.get(_name("/".join(parts[:number]), part)) == "call_activity":
            return part, "/".join(parts[: number + 1])
    return element_id, None
