"""External tasks: jobs as programs outside ask for them, see them and steer them. What becomes of a job stands in engine.jobs.

A topic that this program serves itself is not for outside, and the other way round: nobody does the other's work by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, text

from engine import bundles, clock, db, deployments, errors, instances, jobs, values

MAX_FETCH = 1000
COLUMNS = (
    "j.id, j.instance_id, p.uuid as instance_uuid, p.bundle_id, p.process_key, p.business_key, j.element_id, j.scope, j.topic, j.variables,"
    " j.properties, j.priority, j.retries, j.retries_told, j.attempts, j.locked_by, j.last_worker, j.locked_until, j.error, j.created_at,"
    " d.uuid as definition_uuid, d.version as definition_version, d.meta ->> 'version_tag' as version_tag, d.id as definition_id"
)
FROM = f"from job j join process_instance p on p.tenant_id = j.tenant_id and p.id = j.instance_id{bundles.DEFINITION}"


@dataclass(frozen=True, slots=True)
class ExternalTask:
    """A job as a program outside sees it. `variables`: its mapped inputs; retries_told: somebody has set the tries."""

    id: UUID
    instance_id: int
    instance_uuid: UUID
    bundle_id: int
    process_key: str
    business_key: str
    element_id: str
    scope: str
    topic: str
    variables: Mapping[str, object]
    properties: Mapping[str, str]
    priority: int
    retries: int
    retries_told: bool
    attempts: int
    worker: str | None
    last_worker: str | None
    locked_until: datetime | None
    error: str | None
    created_at: datetime
    definition_uuid: UUID
    definition_version: int
    version_tag: str | None
    definition_id: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a worker asks for of one topic; None is no condition. definitions: ids of process versions.

    variables: what process variables must be equal to.
    """

    topic: str
    lease: timedelta
    business_key: str | None = None
    process_keys: tuple[str, ...] | None = None
    definitions: tuple[UUID, ...] | None = None
    version_tag: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)


def refuse_served(tx: Connection, topics: Iterable[str]) -> None:
    """Raise errors.NotAllowed for a topic that this program's own worker serves."""
    served = sorted(set(topics) & set(db.runtime(tx).topics))
    if served:
        names = ", ".join(f"„{name}“" for name in served)
        raise errors.NotAllowed(
            f"{names} erledigt die Plattform selbst. Bitte im Diagramm ein eigenes Topic für das eigene Programm nennen."
        )


# ---------------------------------------------------------------- fetching
def fetch(
    tx: Connection,
    tenant_id: int,
    wanted: Sequence[Wanted],
    *,
    worker: str,
    limit: int = 10,
    by_time: Literal["asc", "desc"] | None = None,
    use_priority: bool = True,
) -> list[ExternalTask]:
    """Lease open jobs for a worker outside: the most urgent first, then the oldest; `by_time`: by their age.

    Rows that another worker is just taking are passed over. Raises errors.NotAllowed for a topic of our own.
    """
    refuse_served(tx, (one.topic for one in wanted))
    now, limit, world_id = clock.database_now(tx), max(0, min(limit, MAX_FETCH)), deployments.world_of(tx, tenant_id)
    found: list[tuple[int, datetime, int, UUID, Wanted, bool]] = []
    for one in wanted:
        conditions, parameters = _conditions(one)
        order = "j.created_at" + (" desc" if by_time == "desc" else "")
        if by_time is None or use_priority:
            order = f"j.priority desc, {order}"
        # Joined only where a condition asks: in a full table the planner would read it all instead of the head of the index.
        source = FROM if conditions else "from job j"
        query = text(
            f"select j.id, j.priority, j.created_at, j.instance_id, j.locked_by is not null and j.attempts >= :most as poison {source}"
            f" where j.tenant_id = :t and j.topic = :topic and j.retries > 0 and (j.locked_until is null or j.locked_until < :now)"
            f"{conditions} order by {order}, j.instance_id, j.id limit :n for update of j skip locked"
        )
        given = {"t": tenant_id, "world": world_id, "topic": one.topic, "now": now, "n": limit, "most": jobs.MAX_ATTEMPTS, **parameters}
        found += [(row.priority, row.created_at, row.instance_id, row.id, one, row.poison) for row in tx.execute(query, given)]
    ranked = sorted(found, key=lambda row: row[1:3], reverse=by_time == "desc")
    if by_time is None or use_priority:
        ranked.sort(key=lambda row: -row[0])  # sorting is stable
    taken: dict[UUID, datetime] = {}
    for _, _, _, job_id, one, poison in ranked[:limit]:
        if poison:
            jobs.give_up(tx, jobs.get(tx, tenant_id, job_id), clock.now(tx, tenant_id))
        else:
            taken[job_id] = now + min(one.lease, jobs.MAX_LEASE)
    if not taken:
        return []
    leased = text(
        "update job j set attempts = attempts + 1, locked_by = :worker, last_worker = :worker, locked_until = w.until"
        " from unnest(cast(:ids as uuid[]), cast(:untils as timestamptz[])) as w(id, until) where j.tenant_id = :t and j.id = w.id"
    )
    tx.execute(leased, {"t": tenant_id, "worker": worker, "ids": list(taken), "untils": list(taken.values())})
    query = text(f"select {COLUMNS} {FROM} where j.tenant_id = :t and j.id = any (:ids)")
    rows = {row.id: row for row in tx.execute(query, {"t": tenant_id, "world": world_id, "ids": list(taken)})}
    return [of_row(rows[job_id]) for job_id in taken]


def _conditions(one: Wanted) -> tuple[str, dict[str, object]]:
    """Return further conditions of a topic as SQL, and their parameters."""
    parts: list[str] = []
    parameters: dict[str, object] = {}
    if one.business_key is not None:
        parts.append("p.business_key = :business_key")
        parameters["business_key"] = one.business_key
    if one.process_keys is not None:
        parts.append("p.process_key = any (:process_keys)")
        parameters["process_keys"] = list(one.process_keys)
    if one.definitions is not None:
        parts.append("d.uuid = any (cast(:definitions as uuid[]))")
        parameters["definitions"] = list(one.definitions)
    if one.version_tag is not None:
        parts.append("d.meta ->> 'version_tag' = :version_tag")
        parameters["version_tag"] = one.version_tag
    for number, (name, value) in enumerate(one.variables.items()):
        parts.append(_equals(f"p.variables -> :name{number}", f"value{number}", value))
        parameters |= {f"name{number}": name, f"value{number}": str(value) if _is_number(value) else values.to_json(value)}
    return "".join(f" and {part}" for part in parts), parameters


def _equals(stored: str, parameter: str, value: object) -> str:
    """Return SQL that a stored variable equals a value; numbers are compared as numbers, 1.5 is 1.50."""
    if _is_number(value):
        return f"(({stored}) ->> '{values.NUMBER}')::numeric = cast(:{parameter} as numeric)"
    return f"({stored}) = cast(:{parameter} as jsonb)"


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


# ---------------------------------------------------------------- reading
def get(tx: Connection, tenant_id: int, job_id: UUID) -> ExternalTask:
    """Return an open job. Raises errors.NotFound."""
    given = {"t": tenant_id, "world": deployments.world_of(tx, tenant_id), "id": job_id}
    row = tx.execute(text(f"select {COLUMNS} {FROM} where j.tenant_id = :t and j.id = :id"), given).first()
    if row is None:
        raise jobs.gone()
    return of_row(row)


def error_details(tx: Connection, tenant_id: int, job_id: UUID) -> str | None:
    """Return what the worker told about its last failure, or None. Raises errors.NotFound."""
    row = tx.execute(text("select error_details from job where tenant_id = :t and id = :id"), {"t": tenant_id, "id": job_id}).first()
    if row is None:
        raise jobs.gone()
    found: str | None = row.error_details
    return found


def visible(tx: Connection, tenant_id: int, tasks: Sequence[ExternalTask]) -> dict[UUID, tuple[dict[str, object], dict[str, object]]]:
    """Return job -> (its own variables, all it sees). A job at the top of its process needs no look into the state."""
    top = {task.instance_id for task in tasks if not task.scope}
    query = text("select id, variables from process_instance where tenant_id = :t and id = any (:ids)")
    rows = {row.id: values.from_jsonable(row.variables) for row in tx.execute(query, {"t": tenant_id, "ids": list(top)})} if top else {}
    found = {
        task.id: (dict(task.variables), {**rows[task.instance_id], **task.variables}) for task in tasks if not task.scope
    }  # fmt: skip
    inner: dict[int, list[UUID]] = {}
    for task in tasks:
        if task.scope:
            inner.setdefault(task.instance_id, []).append(task.id)
    for instance_id, ids in inner.items():
        found |= instances.visible(tx, tenant_id, instance_id, ids)
    return found


def inputs(tx: Connection, tenant_id: int, instance_id: int) -> dict[str, object]:
    """Return the own variables of an instance's open jobs; a name that two of them use for different values is left out."""
    query = text("select variables from job where tenant_id = :t and instance_id = :i order by created_at, id")
    found: dict[str, object] = {}
    twice: set[str] = set()
    for stored in tx.execute(query, {"t": tenant_id, "i": instance_id}).scalars():
        own = values.from_jsonable(stored)
        twice |= {name for name, value in own.items() if name in found and found[name] != value}
        found |= own
    return {name: value for name, value in found.items() if name not in twice}


def of_row(row: Sequence[Any]) -> ExternalTask:
    """Return the job of a row of COLUMNS."""
    fields = list(row)
    fields[9] = values.from_jsonable(fields[9])
    return ExternalTask(*fields)


# ---------------------------------------------------------------- steering
def holder(tx: Connection, tenant_id: int, job_id: UUID) -> str:
    """Lock a job for outside and return the worker that holds it, for a protocol in which workers do not say who they are.

    Raises errors.NotFound, errors.NotAllowed (a topic of ours), errors.Conflict (nobody holds it).
    """
    found = _steerable(tx, tenant_id, job_id).worker
    if found is None:
        raise errors.Conflict("Der Auftrag ist nicht vergeben. Bitte ihn zuerst holen.")
    return found


def lock(tx: Connection, tenant_id: int, job_id: UUID, *, worker: str, lease: timedelta) -> None:
    """Lease one named job. Raises errors.NotFound, errors.Conflict (another worker has it), errors.NotAllowed (a topic of ours)."""
    _steerable(tx, tenant_id, job_id)
    now = clock.database_now(tx)
    query = text(
        "update job set attempts = attempts + 1, locked_by = :w, last_worker = :w, locked_until = :u where tenant_id = :t and id = :id"
        " and (locked_until is null or locked_until < :now or locked_by is null or locked_by = :w)"
    )
    if not tx.execute(query, {"t": tenant_id, "id": job_id, "w": worker, "u": now + min(lease, jobs.MAX_LEASE), "now": now}).rowcount:
        raise errors.Conflict(f"Den Auftrag hat „{get(tx, tenant_id, job_id).worker}“ übernommen.")


def set_retries(tx: Connection, tenant_id: int, job_id: UUID, retries: int, *, by: str, now: datetime) -> None:
    """Set the tries that are left: none opens an incident, some close it. Raises errors.NotFound, errors.NotAllowed, errors.InvalidInput."""
    _steerable(tx, tenant_id, job_id)
    jobs.set_retries(tx, tenant_id, job_id, retries, by=by, now=now)


def set_priority(tx: Connection, tenant_id: int, job_id: UUID, priority: int) -> None:
    """Set which job comes first. Raises errors.NotFound, errors.NotAllowed, errors.InvalidInput."""
    if not 0 <= priority <= jobs.MAX_RETRIES:
        raise errors.InvalidInput(f"Eine Priorität ist eine ganze Zahl von 0 bis {jobs.MAX_RETRIES}.")
    _steerable(tx, tenant_id, job_id)
    tx.execute(text("update job set priority = :p where tenant_id = :t and id = :id"), {"t": tenant_id, "id": job_id, "p": priority})


def _steerable(tx: Connection, tenant_id: int, job_id: UUID) -> ExternalTask:
    """Lock the instance of a job that is for outside, and return the job."""
    task = get(tx, tenant_id, job_id)
    refuse_served(tx, [task.topic])
    instances.hold(tx, tenant_id, task.instance_id)
    return get(tx, tenant_id, job_id)
