"""Who may work on a task, and to whom it may be given: one rule for the pages and the interfaces."""

from __future__ import annotations

from sqlalchemy import Connection

from api import wording
from api.auth import sessions, users
from engine import errors, user_tasks

GIVERS = ("team_lead", "authority_head")


def may_work_on(task: user_tasks.UserTask, session: sessions.Session) -> bool:
    """Return whether a person may complete an open task: it is theirs, or nobody's and offered to them."""
    offered = not task.candidate_groups or set(task.candidate_groups) & set(session.roles) or session.login in task.candidate_users
    return task.assignee == session.login or (task.assignee is None and bool(offered))


def refuse_others(task: user_tasks.UserTask, session: sessions.Session) -> None:
    """Raise errors.NotAllowed, saying whose it is, for an open task that the person may not complete."""
    if task.is_open and not may_work_on(task, session):
        who = (
            f"Sie ist {wording.person(task.assignee)} zugewiesen."
            if task.assignee
            else f"Sie gehört: {wording.groups(task.candidate_groups)}."
        )
        raise errors.NotAllowed(f"Die Aufgabe „{task.label}“ können Sie nicht erledigen. {who}")


def give_back(tx: Connection, task: user_tasks.UserTask, session: sessions.Session) -> None:
    """Let nobody have a task any more, for a program: one's own, or as a giver also another's; one that nobody has stays so, as in Camunda.

    Raises errors.Conflict for another's task, and for one that has ended.
    """
    if task.is_open and task.assignee is None:
        return
    if session.may(*GIVERS, "admin"):
        user_tasks.assign(tx, task.tenant_id, task.id, None)
    else:
        user_tasks.unclaim(tx, task.tenant_id, task.id, by=session.login)


def refuse_unknown(tx: Connection, tenant_id: int, login: str) -> None:
    """Raise errors.InvalidInput for a person who does not work here: nobody would see the task again."""
    if all(colleague.login != login for colleague in users.colleagues(tx, tenant_id)):
        raise errors.InvalidInput(f"„{login[:100]}“ arbeitet nicht bei diesem Mandanten; die Aufgabe sähe niemand mehr.")
