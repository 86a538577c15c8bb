"""My tasks and my group's: filters in the address, claim and give back, keyset paging."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import app, assignment, wording
from engine import clock, errors, user_tasks
from processes import actions

bp = Blueprint("task_list", __name__)

PAGE = 50
NO_DUE = datetime(9999, 1, 1, tzinfo=UTC)


@bp.get("/aufgaben")
def show() -> ResponseReturnValue:
    session = app.session()
    mine = request.args.get("meine") == "1"
    search = request.args.get("suche", "").strip()[:100]
    element = request.args.get("art", "").strip()[:100]
    after = _after(request.args.get("nach"))
    # Whoever draws sees in a sandbox what a new diagram does, also a task that names nobody.
    all_of_us = session.may("team_lead", "authority_head", "admin", "auditor") or (session.is_sandbox and session.may("designer"))
    user = None if all_of_us and not mine else session.login
    with app.database().begin(session.tenant_id) as tx:
        tasks = user_tasks.open_tasks(
            tx, session.tenant_id, user=user, groups=session.roles, mine_only=mine,
            element_id=element or None, search=search or None, after=after, limit=PAGE + 1,
        )  # fmt: skip
        kinds = user_tasks.kinds(tx, session.tenant_id, user=user, groups=session.roles, mine_only=mine)
        now = clock.now(tx, session.tenant_id)
        names = actions.debtor_names(tx, session.tenant_id, [task.business_key for task in tasks])
    following = _cursor(tasks[PAGE - 1]) if len(tasks) > PAGE else None
    return render_template(
        "aufgaben.html",
        aufgaben=tasks[:PAGE],
        arten=kinds,
        meine=mine,
        suche=search,
        art=element,
        jetzt=now,
        naechste=following,
        namen=names,
    )


@bp.post("/aufgaben/<uuid:task_id>/uebernehmen")
def claim(task_id: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        task = user_tasks.get(tx, session.tenant_id, task_id)
        if task.is_open and not task.assignee and not assignment.may_work_on(task, session):
            raise errors.NotAllowed(f"Die Aufgabe „{task.label}“ gehört einer anderen Gruppe: {wording.groups(task.candidate_groups)}.")
        user_tasks.claim(tx, session.tenant_id, task_id, by=session.login)
    return redirect(url_for("task_page.show", task_id=task_id))


@bp.post("/aufgaben/<uuid:task_id>/zurueckgeben")
def give_back(task_id: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        user_tasks.unclaim(tx, session.tenant_id, task_id, by=session.login)
    return redirect(url_for("task_list.show"))


def _cursor(task: user_tasks.UserTask) -> str:
    return f"{(task.due_at or NO_DUE).isoformat()}~{task.id}"


def _after(text: str | None) -> tuple[datetime, UUID] | None:
    due, _, identity = (text or "").partition("~")
    try:
        return datetime.fromisoformat(due), UUID(identity)
    except ValueError:
        return None
