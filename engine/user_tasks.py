"""User tasks: complete, claim, hand over, and the lists of open ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, text

from engine import clock, db, errors, instances, values
from engine.protocol import Step, Stimulus, Variables, Wait

COLUMNS = (
    "u.tenant_id, u.id, u.instance_id, u.element_id, u.label, u.scope, u.form, u.assignee, u.candidate_groups, u.candidate_users,"
    " u.due_at, u.follow_up_at, u.priority, u.variables, u.properties, u.created_at, u.ended_at, u.ended_by, u.outcome,"
    " p.uuid as instance_uuid, p.bundle_id, p.process_key, p.business_key"
)
FROM = "from user_task u join process_instance p on p.tenant_id = u.tenant_id and p.id = u.instance_id"
# For the few tasks of an instance: not `ended_at is null`, which in a young table draws PostgreSQL to the index of the tenant's list.
OPEN = "u.outcome is null"
WIDTH = COLUMNS.count(",") + 1
# One round trip: the task, and its instance locked with all a step needs.
LOCK = f"select {COLUMNS}, {instances.COLUMNS} {FROM} where u.tenant_id = %s and u.id = %s for update of p"
MAX_PAGE = 200
MAX_PRIORITY = 32_000  # the column is a smallint
NO_DUE = datetime(9999, 1, 1, tzinfo=UTC)  # where tasks without a date stand in a list
Planned = Literal["assignee", "due_at", "follow_up_at", "priority"]
ORDER = "coalesce(u.due_at, timestamptz '9999-01-01 00:00+00')"


@dataclass(frozen=True, slots=True)
class UserTask:
    """An open or ended task; `properties` are the extension properties of the diagram."""

    tenant_id: int
    id: UUID
    instance_id: int
    element_id: str
    label: str
    scope: str
    form: str | None
    assignee: str | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    due_at: datetime | None
    follow_up_at: datetime | None
    priority: int
    variables: Mapping[str, object]
    properties: Mapping[str, str]
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    outcome: str | None
    instance_uuid: UUID
    bundle_id: int
    process_key: str
    business_key: str

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Completion:
    """What completing a task led to: the step, and the tasks of the same instance that are open now (see `_next`)."""

    task: UserTask
    step: Step
    next_tasks: tuple[UserTask, ...]


def complete(tx: Connection, tenant_id: int, task_id: UUID, submitted: Variables, *, by: str, now: datetime) -> Completion:
    """Complete an open task with checked values.

    Raises errors.NotFound, errors.Conflict (somebody else was faster: who and when), errors.NotAllowed (four eyes).
    """
    task, locked = _lock(tx, tenant_id, task_id)
    _four_eyes(tx, task, by)
    stimulus = Stimulus("user_task_completed", wait_id=task_id, variables=submitted, by=by)
    try:
        step = instances.advance_locked(tx, locked, stimulus, now)
    except errors.InvalidState:
        _refuse_ended(get(tx, tenant_id, task_id))  # the row read beside the lock may be older than the lock
        raise
    return Completion(task, step, _next(tx, task, step, now))


def _next(tx: Connection, task: UserTask, step: Step, now: datetime) -> tuple[UserTask, ...]:
    """Return the open tasks after a step; only waits that were open before it need a look at the database (a quarter of the whole).

    Beside hundreds of others (children kept apart) just those that the step opened: looking at all would cost more than the step.
    """
    opened = {wait.id for wait in step.opened}
    if step.has_children_apart or all(wait_id in opened for wait_id in step.open):
        return tuple(_opened(wait, task, now) for wait in step.opened if wait.kind == "user_task")
    return tuple(of_instance(tx, task.tenant_id, task.instance_id))


def _opened(wait: Wait, before: UserTask, now: datetime) -> UserTask:
    """Return the task that a step has just opened in the instance of another task."""
    return replace(
        before, id=wait.id, element_id=wait.element_id, label=wait.label, scope=wait.scope, form=wait.form, assignee=wait.assignee,
        candidate_groups=wait.candidate_groups, candidate_users=wait.candidate_users, due_at=wait.due_at, follow_up_at=wait.follow_up_at,
        priority=wait.priority, variables=wait.variables, properties=wait.properties, created_at=now, ended_at=None, ended_by=None,
        outcome=None,
    )  # fmt: skip


def open_task(tx: Connection, tenant_id: int, task_id: UUID) -> UserTask:
    """Lock the task's instance and return the task. Raises errors.Conflict when it is no longer open."""
    _lock(tx, tenant_id, task_id)
    task = get(tx, tenant_id, task_id)
    _refuse_ended(task)
    return task


def _lock(tx: Connection, tenant_id: int, task_id: UUID) -> tuple[UserTask, instances.Locked]:
    cursor = db.cursor(tx)
    cursor.execute(LOCK, (tenant_id, task_id))
    row = cursor.fetchone()
    if row is None:
        raise _missing()
    task = _task(row[:WIDTH])
    _refuse_ended(task)
    return task, instances.locked_row(tenant_id, row[WIDTH:])


def _refuse_ended(task: UserTask) -> None:
    if task.ended_at is not None:
        how = "erledigt" if task.outcome == "completed" else "durch ein anderes Ereignis beendet"
        by = f" von {task.ended_by}" if task.ended_by else ""
        when = task.ended_at.astimezone(clock.BERLIN)
        raise errors.Conflict(f"Die Aufgabe „{task.label}“ wurde{by} am {when:%d.%m.%Y um %H:%M} Uhr {how}. Bitte den Fall neu laden.")


def _missing() -> errors.NotFound:
    return errors.NotFound("Die Aufgabe gibt es nicht, oder sie gehört einem anderen Mandanten.")


def _four_eyes(tx: Connection, task: UserTask, by: str) -> None:
    """Refuse the person who completed the task named by the property `four_eyes_of` in the same instance."""
    if prepared_by(tx, task) == by:
        raise errors.NotAllowed(
            f"„{task.label}“ braucht eine zweite Person: Vorbereitet wurde der Vorgang von {by} selbst (Vier-Augen-Prinzip)."
        )


def prepared_by(tx: Connection, task: UserTask) -> str | None:
    """Return who completed the task that this one checks (`four_eyes_of`), or None where none is named or done."""
    other = task.properties.get("four_eyes_of")
    if not other:
        return None
    query = text(
        "select ended_by from user_task where tenant_id = :t and instance_id = :i and element_id = :e and outcome = 'completed'"
        " order by ended_at desc, id limit 1"
    )
    done_by: str | None = tx.execute(query, {"t": task.tenant_id, "i": task.instance_id, "e": other}).scalar()
    return done_by


def claim(tx: Connection, tenant_id: int, task_id: UUID, *, by: str) -> None:
    """Take an unassigned task. Raises errors.Conflict naming who has it."""
    claimed = tx.execute(
        text(
            "update user_task set assignee = :by where tenant_id = :t and id = :id and ended_at is null and (assignee is null or assignee = :by)"
        ),
        {"by": by, "t": tenant_id, "id": task_id},
    )
    if claimed.rowcount == 0:
        task = get(tx, tenant_id, task_id)
        _refuse_ended(task)
        raise errors.Conflict(f"Die Aufgabe „{task.label}“ hat schon {task.assignee} übernommen.")


def unclaim(tx: Connection, tenant_id: int, task_id: UUID, *, by: str) -> None:
    """Give back a task that one has claimed. Raises errors.Conflict when somebody else has it, or it is no longer open."""
    given_back = tx.execute(
        text("update user_task set assignee = null where tenant_id = :t and id = :id and ended_at is null and assignee = :by"),
        {"by": by, "t": tenant_id, "id": task_id},
    )
    if given_back.rowcount == 0:
        task = get(tx, tenant_id, task_id)
        _refuse_ended(task)
        raise errors.Conflict(f"Die Aufgabe „{task.label}“ hat {task.assignee or 'niemand'} übernommen, nicht {by}.")


def report_error(
    tx: Connection, tenant_id: int, task_id: UUID, code: str, message: str, variables: Variables, *, by: str, now: datetime
) -> Step:
    """End an open task by an error that the diagram catches. Raises errors.Incident where nothing catches it: nothing has happened then."""
    return _thrown(
        tx, tenant_id, task_id, Stimulus("bpmn_error", task_id, code, variables, by, {"message": message} if message else {}), now
    )


def escalate(tx: Connection, tenant_id: int, task_id: UUID, code: str, variables: Variables, *, by: str, now: datetime) -> Step:
    """Report an escalation from an open task; the diagram says whether it goes on. Raises like `report_error`."""
    return _thrown(tx, tenant_id, task_id, Stimulus("escalation", task_id, code, variables, by), now)


def _thrown(tx: Connection, tenant_id: int, task_id: UUID, stimulus: Stimulus, now: datetime) -> Step:
    _, locked = _lock(tx, tenant_id, task_id)
    return instances.advance_locked(tx, locked, stimulus, now)


def set_variables(
    tx: Connection,
    tenant_id: int,
    task_id: UUID,
    variables: Variables,
    local: Variables,
    *,
    reason: str,
    by: str,
    now: datetime,
    removed: Sequence[str] = (),
    removed_local: Sequence[str] = (),
) -> Step:
    """Set and remove variables as an open task sees them; `local`: of the task alone, they end with it. Reason and names stand in history."""
    _, locked = _lock(tx, tenant_id, task_id)
    stimulus = Stimulus("variables_set", task_id, reason, variables, by, local, None, tuple(removed), tuple(removed_local))
    step = instances.advance_locked(tx, locked, stimulus, now)
    gone = [*removed, *removed_local]
    if gone:  # the nearest one was removed: where the task has one of its own, that
        query = text("update user_task set variables = variables - cast(:gone as text[]) where tenant_id = :t and id = :id")
        tx.execute(query, {"t": tenant_id, "id": task_id, "gone": gone})
    if local:
        query = text("update user_task set variables = variables || cast(:local as jsonb) where tenant_id = :t and id = :id")
        tx.execute(query, {"t": tenant_id, "id": task_id, "local": values.to_json(values.check(local))})
    return step


def plan(tx: Connection, tenant_id: int, task_id: UUID, changes: Mapping[Planned, object]) -> None:
    """Set of an open task what `changes` names, and nothing else: somebody may just be taking it. The caller has checked who may.

    Raises errors.InvalidInput for a priority that cannot be, errors.Conflict for a task that has ended.
    """
    priority = changes.get("priority", 0)
    if not isinstance(priority, int) or not 0 <= priority <= MAX_PRIORITY:
        raise errors.InvalidInput(f"„priority“ liegt zwischen 0 und {MAX_PRIORITY}.")
    if not changes:
        return
    settings = ", ".join(f"{name} = :{name}" for name in changes)
    query = text(f"update user_task set {settings} where tenant_id = :t and id = :id and ended_at is null")
    given: dict[str, object] = {"t": tenant_id, "id": task_id, **{str(name): value for name, value in changes.items()}}
    if tx.execute(query, given).rowcount == 0:
        _refuse_ended(get(tx, tenant_id, task_id))


def assign(tx: Connection, tenant_id: int, task_id: UUID, assignee: str | None) -> None:
    """Hand a task over, or give it back (None). The caller has checked who may."""
    assigned = tx.execute(
        text("update user_task set assignee = :a where tenant_id = :t and id = :id and ended_at is null"),
        {"a": assignee, "t": tenant_id, "id": task_id},
    )
    if assigned.rowcount == 0:
        raise errors.Conflict("Die Aufgabe ist nicht mehr offen. Bitte die Liste neu laden.")


# ---------------------------------------------------------------- reading
def get(tx: Connection, tenant_id: int, task_id: UUID) -> UserTask:
    """Return a task, open or not. Raises errors.NotFound."""
    row = tx.execute(text(f"select {COLUMNS} {FROM} where u.tenant_id = :t and u.id = :id"), {"t": tenant_id, "id": task_id}).first()
    if row is None:
        raise _missing()
    return _task(row)


def of_instance(tx: Connection, tenant_id: int, instance_id: int) -> list[UserTask]:
    """Return the open tasks of an instance."""
    query = text(f"select {COLUMNS} {FROM} where u.tenant_id = :t and u.instance_id = :i and {OPEN} order by u.created_at, u.id")
    return [_task(row) for row in tx.execute(query, {"t": tenant_id, "i": instance_id})]


def of_key(tx: Connection, tenant_id: int, business_key: str) -> list[UserTask]:
    """Return the open tasks of a business key, or of keys below it (`FALL/M1`)."""
    query = text(
        f"select {COLUMNS} {FROM} where u.tenant_id = :t and (p.business_key = :k or p.business_key like :below escape '\\')"
        f" and {OPEN} order by u.created_at, u.id"
    )
    escaped = business_key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [_task(row) for row in tx.execute(query, {"t": tenant_id, "k": business_key, "below": escaped + "/%"})]


OWN = "u.assignee = :user"
THEIRS = f"({OWN} or (u.assignee is null and (u.candidate_users @> array[:user] or u.candidate_groups && cast(:groups as text[]))))"


def open_tasks(
    tx: Connection,
    tenant_id: int,
    *,
    user: str | None = None,
    groups: Sequence[str] | None = None,
    mine_only: bool = False,
    element_id: str | None = None,
    search: str | None = None,
    after: tuple[datetime | None, UUID] | None = None,
    limit: int = 50,
) -> list[UserTask]:
    """Return a page of open tasks, most urgent first; `after` is (due_at, id) of the last row of the page before.

    user and groups None: all of the tenant. Otherwise those assigned to the user, offered to them or to one of their groups.
    """
    conditions = ["u.tenant_id = :t", "u.ended_at is null"]
    parameters: dict[str, object] = {"t": tenant_id, "limit": min(limit, MAX_PAGE)}
    if user is not None:
        conditions.append(OWN if mine_only else THEIRS)
        parameters |= {"user": user, "groups": list(groups or ())}
    if element_id:
        conditions.append("u.element_id = :element")
        parameters["element"] = element_id
    if search:
        conditions.append("(p.business_key ilike :search or u.label ilike :search)")
        parameters["search"] = f"%{search}%"
    if after is not None:
        conditions.append(f"({ORDER}, u.id) > (:after_due, :after_id)")
        parameters |= {"after_due": after[0] or NO_DUE, "after_id": after[1]}
    query = text(f"select {COLUMNS} {FROM} where {' and '.join(conditions)} order by {ORDER}, u.id limit :limit")
    return [_task(row) for row in tx.execute(query, parameters)]


def _task(row: Sequence[Any]) -> UserTask:
    """Return the task of a row of COLUMNS."""
    fields: list[Any] = [*row[:8], tuple(row[8]), tuple(row[9]), *row[10:13], values.from_jsonable(row[13]), *row[14:]]
    return UserTask(*fields)


def kinds(
    tx: Connection, tenant_id: int, *, user: str | None = None, groups: Sequence[str] | None = None, mine_only: bool = False
) -> list[tuple[str, str, int]]:
    """Return (element id, label, how many are open) of the tenant's open tasks, by label; of whom as in `open_tasks`."""
    whose = "" if user is None else f" and {OWN if mine_only else THEIRS}"
    query = text(
        "select u.element_id, count(*) as n, min(u.label) || case when min(u.label) < max(u.label) then ' (und ähnliche)' else '' end as label"
        f" from user_task u where u.tenant_id = :t and u.ended_at is null{whose} group by u.element_id order by min(u.label)"
    )
    found = tx.execute(query, {"t": tenant_id} | ({} if user is None else {"user": user, "groups": list(groups or ())}))
    return [(row.element_id, row.label, row.n) for row in found]
