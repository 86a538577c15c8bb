"""Jobs: what touches the world. Taken with a lease, worked outside any transaction, recorded together with the next step.

For our own topics the database effects are exactly once: `record` writes in the transaction that completes the job. External
workers take jobs over the API with the same lease.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from engine import clock, errors, instances, values
from engine.protocol import Step, Stimulus, Variables

LEASE = timedelta(seconds=30)
MAX_LEASE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Job:
    """A taken job; `id` is the idempotency key for everything it does outside."""

    id: UUID
    tenant_id: int
    instance_id: int
    instance_uuid: UUID
    bundle_id: int
    process_key: str
    business_key: str
    element_id: str
    topic: str
    variables: Mapping[str, object]
    properties: Mapping[str, str]
    attempts: int
    retries: int


@dataclass(frozen=True, slots=True)
class Topic:
    """What a service task does. inputs: required input parameters; outputs: variables it returns.

    gather(tx, job, now) runs in the taking transaction; work(gathered) outside any transaction; record(tx, job, result, now) in
    the transaction of the next step and returns the variables. Raise errors.BpmnError for an outcome that the diagram models.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    record: Callable[[Connection, Job, object, datetime], Variables]
    gather: Callable[[Connection, Job, datetime], object] | None = None
    work: Callable[[object], object] | None = None


QUERY = (
    "select j.id, j.tenant_id, j.instance_id, p.uuid, p.bundle_id, p.process_key, p.business_key, j.element_id, j.topic, j.variables,"
    " j.properties, j.attempts, j.retries from job j join process_instance p on p.tenant_id = j.tenant_id and p.id = j.instance_id"
)


def take(tx: Connection, tenant_id: int, job_id: UUID, *, worker: str, lease: timedelta = LEASE) -> Job | None:
    """Lease an open job; None when another worker has it. The lease follows the database's clock, never a sandbox's."""
    query = text(
        "update job set attempts = attempts + 1, locked_by = :worker, locked_until = :until where tenant_id = :t and id ="
        " (select id from job where tenant_id = :t and id = :id and retries > 0"
        " and (locked_until is null or locked_until < :now) for update skip locked) returning id"
    )
    now = clock.database_now(tx)
    until = now + min(lease, MAX_LEASE)
    taken = tx.execute(query, {"t": tenant_id, "id": job_id, "worker": worker, "until": until, "now": now}).scalar()
    return None if taken is None else get(tx, tenant_id, job_id)


def get(tx: Connection, tenant_id: int, job_id: UUID) -> Job:
    """Return an open job. Raises errors.NotFound."""
    row = tx.execute(text(f"{QUERY} where j.tenant_id = :t and j.id = :id"), {"t": tenant_id, "id": job_id}).first()
    if row is None:
        raise errors.NotFound("Den Auftrag gibt es nicht mehr: Er ist erledigt oder wurde abgebrochen.")
    fields = list(row)
    fields[9] = values.from_jsonable(fields[9])
    return Job(*fields)


def complete(tx: Connection, tenant_id: int, job_id: UUID, variables: Variables, *, worker: str, now: datetime) -> Step:
    """Complete a job that this worker has leased. Raises errors.NotFound, errors.Conflict (lease lost)."""
    instance_id = _held(tx, tenant_id, job_id, worker)
    return instances.advance(tx, tenant_id, instance_id, Stimulus("job_completed", wait_id=job_id, variables=variables, by=worker), now)


def record(tx: Connection, job: Job, topic: Topic, result: object, *, worker: str, now: datetime) -> Step:
    """Let the topic write what it did and complete the job, in one transaction: both or neither."""
    _held(tx, job.tenant_id, job.id, worker)
    try:
        variables = topic.record(tx, job, result, now)
    except errors.BpmnError as outcome:
        return bpmn_error(tx, job.tenant_id, job.id, outcome.code, str(outcome), {}, worker=worker, now=now)
    stimulus = Stimulus("job_completed", wait_id=job.id, variables=variables, by=topic.name)
    return instances.advance(tx, job.tenant_id, job.instance_id, stimulus, now)


def bpmn_error(
    tx: Connection, tenant_id: int, job_id: UUID, code: str, message: str, variables: Variables, *, worker: str, now: datetime
) -> Step:
    """Report an outcome that the diagram models as an error event."""
    instance_id = _held(tx, tenant_id, job_id, worker)
    given = {**variables, **({"message": message} if message else {})}
    return instances.advance(tx, tenant_id, instance_id, Stimulus("bpmn_error", wait_id=job_id, name=code, variables=given, by=worker), now)


def fail(
    tx: Connection, tenant_id: int, job_id: UUID, message: str, *, retries: int | None = None, retry_after: timedelta | None = None
) -> int:
    """Note a failure and return the tries that are left; `retries` None: one less than before."""
    until = clock.database_now(tx) + (retry_after or timedelta(0))
    query = text(
        "update job set retries = coalesce(:retries, greatest(retries - 1, 0)), error = :m, locked_by = null, locked_until = :until"
        " where tenant_id = :t and id = :id returning retries"
    )
    left = tx.execute(query, {"t": tenant_id, "id": job_id, "m": message[:4000], "retries": retries, "until": until}).scalar()
    return 0 if left is None else int(left)


def extend(tx: Connection, tenant_id: int, job_id: UUID, *, worker: str, lease: timedelta) -> None:
    """Prolong the lease of a worker."""
    _held(tx, tenant_id, job_id, worker)
    until = clock.database_now(tx) + min(lease, MAX_LEASE)
    tx.execute(text("update job set locked_until = :u where tenant_id = :t and id = :id"), {"u": until, "t": tenant_id, "id": job_id})


def unlock(tx: Connection, tenant_id: int, job_id: UUID) -> None:
    """Give a job back to whoever comes next."""
    done = tx.execute(
        text("update job set locked_by = null, locked_until = null where tenant_id = :t and id = :id"), {"t": tenant_id, "id": job_id}
    )
    if done.rowcount == 0:
        raise errors.NotFound("Den Auftrag gibt es nicht mehr.")


def _held(tx: Connection, tenant_id: int, job_id: UUID, worker: str) -> int:
    """Lock the job's instance, then check that the worker still holds the job; return the instance id."""
    found = tx.execute(text("select instance_id from job where tenant_id = :t and id = :id"), {"t": tenant_id, "id": job_id}).scalar()
    if found is None:
        raise errors.NotFound("Den Auftrag gibt es nicht mehr: Er ist erledigt oder wurde abgebrochen.")
    tx.execute(text("select 1 from process_instance where tenant_id = :t and id = :i for update"), {"t": tenant_id, "i": found})
    holder = tx.execute(text("select locked_by from job where tenant_id = :t and id = :id"), {"t": tenant_id, "id": job_id}).first()
    if holder is None:
        raise errors.NotFound("Den Auftrag gibt es nicht mehr: Er ist erledigt oder wurde abgebrochen.")
    if holder.locked_by != worker:
        raise errors.Conflict(f"Den Auftrag hat inzwischen „{holder.locked_by}“ übernommen.")
    return int(found)


def open_topics(tx: Connection, tenant_id: int, instance_id: int) -> Sequence[tuple[str, str]]:
    """Return (element id, topic) of the open jobs of an instance."""
    query = text("select element_id, topic from job where tenant_id = :t and instance_id = :i order by element_id, id")
    return [(row.element_id, row.topic) for row in tx.execute(query, {"t": tenant_id, "i": instance_id})]
