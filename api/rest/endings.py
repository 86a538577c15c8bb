"""How a job ends that a program outside holds, whichever of Camunda's interfaces tells it: done, an error that the diagram models, failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from api import app
from api.rest.file_variables import Brought
from engine import clock, errors, jobs

MAX_MILLISECONDS = 10**12
Holding = Callable[[Connection], tuple[UUID, str]]  # which job, and who holds it; refuses what is not for outside
Variables = Mapping[str, object]


def complete(holding: Holding, variables: Variables, local: Variables, brought: Brought | None = None) -> errors.Incident | None:
    """Complete a job; where the process cannot go on so, return why: that is an incident now, and nothing of the step is stored."""

    def act(tx: Connection, job_id: UUID, worker: str, now: datetime) -> None:
        session = app.session()
        _keep(tx, job_id, brought)
        jobs.complete(tx, session.tenant_id, job_id, variables, worker=worker, now=now, local=local, by=session.login)

    return _ended(holding, act)


def bpmn_error(holding: Holding, code: str, message: str, variables: Variables, brought: Brought | None = None) -> errors.Incident | None:
    """Report an error event of the diagram; where nothing catches it, return why: that is an incident now."""

    def act(tx: Connection, job_id: UUID, worker: str, now: datetime) -> None:
        session = app.session()
        _keep(tx, job_id, brought)
        jobs.bpmn_error(tx, session.tenant_id, job_id, code, message, variables, worker=worker, now=now, by=session.login)

    return _ended(holding, act)


def fail(
    holding: Holding,
    message: str,
    *,
    retries: int,
    pause: int,
    details: str | None,
    variables: Variables,
    local: Variables,
    brought: Brought | None = None,
) -> None:
    """Note a failure: how many tries are left (none: an incident), and in how many milliseconds the next one may be.

    Raises errors.InvalidInput for numbers that cannot be.
    """
    if not 0 <= retries <= jobs.MAX_RETRIES or not 0 <= pause <= MAX_MILLISECONDS:
        raise errors.InvalidInput("Die Versuche, die bleiben, und die Millisekunden bis zum nächsten sind ganze Zahlen, nicht negativ.")
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        job_id, worker = holding(tx)
        now = clock.now(tx, session.tenant_id)
        _keep(tx, job_id, brought)
        if variables or local:
            jobs.set_variables(tx, session.tenant_id, job_id, variables, local, worker=worker, by=session.login, now=now)
        jobs.fail(
            tx, session.tenant_id, job_id, message, worker=worker, now=now, retries=retries, retry_after=timedelta(milliseconds=pause),
            details=details,
        )  # fmt: skip


def _keep(tx: Connection, job_id: UUID, brought: Brought | None) -> None:
    if brought is not None:
        brought.keep_for_job(tx, job_id)


def _ended(holding: Holding, act: Callable[[Connection, UUID, str, datetime], None]) -> errors.Incident | None:
    session = app.session()
    try:
        with app.database().begin(session.tenant_id) as tx:
            act(tx, *holding(tx), clock.now(tx, session.tenant_id))
    except errors.Incident as stuck:
        with app.database().begin(session.tenant_id) as tx:
            job_id, worker = holding(tx)
            now = clock.now(tx, session.tenant_id)
            jobs.fail(tx, session.tenant_id, job_id, str(stuck), worker=worker, now=now, retries=0)
        return stuck
    return None
