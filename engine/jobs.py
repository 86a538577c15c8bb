"""Jobs: what touches the world. Taken with a lease, worked outside any transaction, recorded together with the next step.

For our own topics the database effects are exactly once: `record` writes in the transaction that completes the job. Programs outside
take jobs with the same lease and end them with the same verbs (engine.external_tasks: how they ask for them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from engine import clock, errors, incidents, instances, values
from engine.protocol import Step, Stimulus, TopicOffer, Variables

LEASE = timedelta(seconds=30)
MAX_LEASE = timedelta(hours=12)
MAX_MESSAGE = 4000
MAX_DETAILS = 64_000
MAX_RETRIES = 32_000  # the column is a smallint
# Begun so often without any result, a job kills whoever works on it: no worker takes it again before a person has looked.
MAX_ATTEMPTS = 10


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
class Parameter:
    """An input that a topic reads, or an output that it returns, as designers know it. `label` and `hint` are German.

    choices: the values that the diagram fixes, with their labels; none: any value. is_optional: may be left out.
    only_for: the values of the topic's choosing input that call for it; none: all. proposed: what is drawn first, none: `=name`.
    """

    name: str
    label: str = ""
    hint: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    is_optional: bool = False
    only_for: tuple[str, ...] = ()
    proposed: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a service task does: the one place that checks, element templates and the guide take it from.

    chosen_by: the input whose value decides which of the others are needed (Parameter.only_for). label, purpose: for designers, German.

    gather(tx, job, now) runs in the taking transaction; work(gathered) outside any transaction; record(tx, job, result, now) in
    the transaction of the next step and returns the variables. Raise errors.BpmnError for an outcome that the diagram models.
    """

    name: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    record: Callable[[Connection, Job, object, datetime], Variables]
    gather: Callable[[Connection, Job, datetime], object] | None = None
    work: Callable[[object], object] | None = None
    chosen_by: str | None = None
    label: str = ""
    purpose: str = ""

    @property
    def variants(self) -> Mapping[str, str]:
        """The values of the choosing input with their labels."""
        return next((one.choices for one in self.inputs if one.name == self.chosen_by), {})

    @property
    def offer(self) -> TopicOffer:
        """What diagrams are checked against."""
        required = [one for one in self.inputs if not one.is_optional]
        return TopicOffer(
            inputs=tuple(one.name for one in required if not one.only_for),
            outputs=tuple(one.name for one in self.outputs),
            chosen_by=self.chosen_by,
            variants={value: tuple(one.name for one in required if value in one.only_for) for value in self.variants},
            optional=tuple(one.name for one in self.inputs if one.is_optional),
            choices={one.name: tuple(one.choices) for one in self.inputs if one.choices and one.name != self.chosen_by},
        )


QUERY = (
    "select j.id, j.tenant_id, j.instance_id, p.uuid, p.bundle_id, p.process_key, p.business_key, j.element_id, j.topic, j.variables,"
    " j.properties, j.attempts, j.retries from job j join process_instance p on p.tenant_id = j.tenant_id and p.id = j.instance_id"
)


def take(tx: Connection, tenant_id: int, job_id: UUID, *, worker: str, lease: timedelta = LEASE, impatient: bool = False) -> Job | None:
    """Lease an open job; None when another worker has it. The lease follows the database's clock, never a sandbox's.

    `impatient`: do not wait for the time of a next try; in virtual time nobody can.
    """
    now = clock.database_now(tx)
    query = text(
        "select attempts, locked_by from job where tenant_id = :t and id = :id and retries > 0 and (locked_until is null"
        " or locked_until < :now or (:impatient and locked_by is null)) for update skip locked"
    )
    free = tx.execute(query, {"t": tenant_id, "id": job_id, "now": now, "impatient": impatient}).first()
    if free is None:
        return None
    if free.locked_by is not None and free.attempts >= MAX_ATTEMPTS:
        give_up(tx, get(tx, tenant_id, job_id), clock.now(tx, tenant_id))
        return None
    leased = text("update job set attempts = attempts + 1, locked_by = :worker, locked_until = :until where tenant_id = :t and id = :id")
    tx.execute(leased, {"t": tenant_id, "id": job_id, "worker": worker, "until": now + min(lease, MAX_LEASE)})
    return get(tx, tenant_id, job_id)


def get(tx: Connection, tenant_id: int, job_id: UUID) -> Job:
    """Return an open job. Raises errors.NotFound."""
    row = tx.execute(text(f"{QUERY} where j.tenant_id = :t and j.id = :id"), {"t": tenant_id, "id": job_id}).first()
    if row is None:
        raise gone()
    fields = list(row)
    fields[9] = values.from_jsonable(fields[9])
    return Job(*fields)


def complete(
    tx: Connection,
    tenant_id: int,
    job_id: UUID,
    variables: Variables,
    *,
    worker: str,
    now: datetime,
    local: Variables | None = None,
    by: str | None = None,
) -> Step:
    """Complete a job that this worker has leased.

    local: variables that only its output parameters see. by: the account that history names, if it is not called as the worker.
    Raises errors.NotFound, errors.Conflict (another worker has it, or nobody), errors.Incident (the process cannot go on).
    """
    instance_id = held(tx, tenant_id, job_id, worker)
    stimulus = Stimulus("job_completed", wait_id=job_id, variables=variables, by=by or worker, local=local or {})
    return instances.advance(tx, tenant_id, instance_id, stimulus, now)


def record(tx: Connection, job: Job, topic: Topic, result: object, *, worker: str, now: datetime) -> Step:
    """Let the topic write what it did and complete the job, in one transaction: both or neither."""
    held(tx, job.tenant_id, job.id, worker)
    try:
        variables = topic.record(tx, job, result, now)
    except errors.BpmnError as outcome:
        return bpmn_error(tx, job.tenant_id, job.id, outcome.code, str(outcome), {}, worker=worker, now=now)
    stimulus = Stimulus("job_completed", wait_id=job.id, variables=variables, by=topic.name)
    return instances.advance(tx, job.tenant_id, job.instance_id, stimulus, now)


def bpmn_error(
    tx: Connection,
    tenant_id: int,
    job_id: UUID,
    code: str,
    message: str,
    variables: Variables,
    *,
    worker: str,
    now: datetime,
    by: str | None = None,
) -> Step:
    """Report an outcome that the diagram models as an error event. Raises errors.Incident where nothing catches it."""
    instance_id = held(tx, tenant_id, job_id, worker)
    stimulus = Stimulus("bpmn_error", job_id, code, variables, by or worker, {"message": message} if message else {})
    return instances.advance(tx, tenant_id, instance_id, stimulus, now)


def fail(
    tx: Connection,
    tenant_id: int,
    job_id: UUID,
    message: str,
    *,
    worker: str,
    now: datetime,
    retries: int | None = None,
    retry_after: timedelta = timedelta(0),
    details: str | None = None,
) -> int:
    """Note a failure of the worker that holds the job and return the tries that are left; none: an incident.

    retries None: one less than before. details: for whoever looks into it, a stack trace. Raises errors.NotFound, errors.Conflict
    (lease lost).
    """
    held(tx, tenant_id, job_id, worker)
    until = clock.database_now(tx) + max(timedelta(0), min(retry_after, MAX_LEASE))
    query = text(
        "update job set retries = greatest(coalesce(:retries, retries - 1), 0), error = :m, error_details = :details,"
        " retries_told = true, locked_by = null, locked_until = :until"
        " where tenant_id = :t and id = :id returning retries, instance_id, element_id"
    )
    told = message.strip()[:MAX_MESSAGE] or "Der Auftrag ist fehlgeschlagen, ohne einen Grund zu nennen."
    kept = None if details is None else details[:MAX_DETAILS]
    row = tx.execute(query, {"t": tenant_id, "id": job_id, "m": told, "retries": retries, "until": until, "details": kept}).one()
    if row.retries == 0:
        incidents.open_incident(
            tx, tenant_id, kind="job", message=told, now=now, instance_id=row.instance_id, element_id=row.element_id, wait_id=job_id
        )
    return int(row.retries)


def set_variables(
    tx: Connection, tenant_id: int, job_id: UUID, variables: Variables, local: Variables, *, worker: str, by: str, now: datetime
) -> None:
    """Set what a worker tells with a failure; local: of the job alone, its next try sees it. Raises errors.NotFound, errors.Conflict."""
    instance_id = held(tx, tenant_id, job_id, worker)
    instances.advance(tx, tenant_id, instance_id, Stimulus("variables_set", job_id, "Fehlschlag eines Auftrags", variables, by, local), now)
    if local:
        query = text("update job set variables = variables || cast(:local as jsonb) where tenant_id = :t and id = :id")
        tx.execute(query, {"t": tenant_id, "id": job_id, "local": values.to_json(values.check(local))})


def give_up(tx: Connection, job: Job, now: datetime) -> None:
    """Open an incident for a job that was begun again and again without any result; no worker takes it before a person has looked."""
    message = f"Der Auftrag wurde {job.attempts}-mal begonnen, ohne dass je ein Ergebnis kam. Bitte Arbeiter und Protokolle prüfen."
    query = text("update job set retries = 0, error = :m, locked_by = null, locked_until = null where tenant_id = :t and id = :id")
    tx.execute(query, {"t": job.tenant_id, "id": job.id, "m": message})
    incidents.open_incident(
        tx, job.tenant_id, kind="job", message=message, now=now, instance_id=job.instance_id, element_id=job.element_id, wait_id=job.id
    )


def set_retries(tx: Connection, tenant_id: int, job_id: UUID, retries: int, *, by: str, now: datetime) -> None:
    """Set the tries that are left: none opens an incident, some close it. Raises errors.NotFound, errors.InvalidInput."""
    if not 0 <= retries <= MAX_RETRIES:
        raise errors.InvalidInput(f"Versuche sind eine ganze Zahl von 0 bis {MAX_RETRIES}.")
    job = get(tx, tenant_id, job_id)
    instances.hold(tx, tenant_id, job.instance_id)
    query = text(
        "update job set retries = :r, retries_told = true, attempts = 0, locked_by = case when :r > 0 then locked_by end"
        " where tenant_id = :t and id = :id returning error"
    )
    row = tx.execute(query, {"t": tenant_id, "id": job_id, "r": retries}).first()
    if row is None:
        raise gone()
    if retries == 0:
        message = row.error or f"{by} hat die Versuche auf 0 gesetzt."
        incidents.open_incident(
            tx, tenant_id, kind="job", message=message, now=now, instance_id=job.instance_id, element_id=job.element_id, wait_id=job_id
        )
        return
    incidents.resolve_wait(tx, tenant_id, job_id, by=by, reason=f"Versuche auf {retries} gesetzt.", now=now)
    tx.execute(text("select pg_notify('vollstreckung_work', '')"))


def try_again(tx: Connection, tenant_id: int, job_id: UUID, *, by: str, now: datetime) -> None:
    """Let a job be taken at once: a try if none is left, and no wait for the next one. Raises errors.NotFound, errors.Conflict (it is held)."""
    job = get(tx, tenant_id, job_id)
    instances.hold(tx, tenant_id, job.instance_id)
    held_now = "locked_by is not null and locked_until >= :now"
    found = tx.execute(
        text(f"select locked_by, {held_now} as busy from job where tenant_id = :t and id = :id"),
        {"t": tenant_id, "id": job_id, "now": clock.database_now(tx)},
    ).first()
    if found is None:
        raise gone()
    if found.busy:
        raise errors.Conflict(f"Den Auftrag bearbeitet gerade „{found.locked_by}“.")
    tx.execute(
        text("update job set locked_by = null, locked_until = null where tenant_id = :t and id = :id"), {"t": tenant_id, "id": job_id}
    )
    set_retries(tx, tenant_id, job_id, max(job.retries, 1), by=by, now=now)


def extend(tx: Connection, tenant_id: int, job_id: UUID, *, worker: str, lease: timedelta) -> None:
    """Prolong the lease of a worker, counted from now. Raises errors.Conflict where it has run out: another worker may be next."""
    held(tx, tenant_id, job_id, worker)
    query = text("update job set locked_until = :u where tenant_id = :t and id = :id and locked_until >= :now")
    now = clock.database_now(tx)
    if not tx.execute(query, {"u": now + min(lease, MAX_LEASE), "t": tenant_id, "id": job_id, "now": now}).rowcount:
        raise errors.Conflict("Die Frist für den Auftrag ist abgelaufen und kann nicht mehr verlängert werden. Bitte ihn neu holen.")


def unlock(tx: Connection, tenant_id: int, job_id: UUID, *, worker: str | None = None) -> None:
    """Give a job back to whoever comes next; `worker`: only if this one holds it (else errors.Conflict)."""
    if worker is not None:
        held(tx, tenant_id, job_id, worker)
    done = tx.execute(
        text("update job set locked_by = null, locked_until = null where tenant_id = :t and id = :id"), {"t": tenant_id, "id": job_id}
    )
    if done.rowcount == 0:
        raise gone()
    tx.execute(text("select pg_notify('vollstreckung_work', '')"))


def place_of(tx: Connection, tenant_id: int, job_id: UUID) -> tuple[str, str]:
    """Return business key and label of a job. Raises errors.NotFound."""
    query = text(
        "select p.business_key, j.label from job j join process_instance p on p.tenant_id = j.tenant_id and p.id = j.instance_id"
        " where j.tenant_id = :t and j.id = :id"
    )
    row = tx.execute(query, {"t": tenant_id, "id": job_id}).first()
    if row is None:
        raise gone()
    return row.business_key, row.label


def held(tx: Connection, tenant_id: int, job_id: UUID, worker: str) -> int:
    """Lock the job's instance, then check that the worker still holds the job; return the instance id.

    A lease that ran out is still held while nobody else has taken the job: what was worked on is not thrown away.
    """
    found = tx.execute(text("select instance_id from job where tenant_id = :t and id = :id"), {"t": tenant_id, "id": job_id}).scalar()
    if found is None:
        raise gone()
    instances.hold(tx, tenant_id, found)
    holder = tx.execute(text("select locked_by from job where tenant_id = :t and id = :id"), {"t": tenant_id, "id": job_id}).first()
    if holder is None:
        raise gone()
    if holder.locked_by != worker:
        told = (
            f"Den Auftrag hat inzwischen „{holder.locked_by}“ übernommen." if holder.locked_by else "Der Auftrag ist nicht mehr vergeben."
        )
        raise errors.Conflict(told)
    return int(found)


def gone() -> errors.NotFound:
    """Return what is told about a job that is no more."""
    return errors.NotFound("Den Auftrag gibt es nicht mehr: Er ist erledigt oder wurde abgebrochen.")


def open_topics(tx: Connection, tenant_id: int, instance_id: int) -> Sequence[tuple[str, str]]:
    """Return (element id, topic) of the open jobs of an instance."""
    query = text("select element_id, topic from job where tenant_id = :t and instance_id = :i order by element_id, id")
    return [(row.element_id, row.topic) for row in tx.execute(query, {"t": tenant_id, "i": instance_id})]
