"""What of an open wait says something else when its element is drawn otherwise. What is drawn the same is kept, as is who has taken a task."""

from __future__ import annotations

from collections.abc import Iterable

from engine.spiff import events, model
from engine.spiff.expressions import Expression
from engine.spiff.tokens import Token


def changes(old: Token, token: Token, old_path: str) -> dict[str, object]:
    """Return column -> new value for the wait of a token that stands at a new node. Evaluates only what is drawn otherwise.

    A timer that is drawn otherwise is due counted from now. Raises errors.Incident.
    """
    before, now = old.task_spec.element, token.task_spec.element
    path = token.workflow.path_of(token)
    fields: dict[str, object] = {}
    if before.id != now.id:
        fields["element_id"] = now.id
    if old.task_spec.shown != token.task_spec.shown and now.assignment.title is None:
        fields["label"] = token.task_spec.shown
    if old_path != path:
        fields["scope"] = path
    kind = token.internal_data["w"]
    if kind in ("user_task", "job"):
        return fields | _work(before, now, token)
    if kind == "timer":
        return fields | _timer(before, now, token)
    if kind == "condition":
        if _text((before.event or events.NO_EVENT).condition) != _text((now.event or events.NO_EVENT).condition):
            token.workflow.fresh.add(token.number)
        return fields
    return fields | _subscription(before, now, token)


def _work(before: model.Element, now: model.Element, token: Token) -> dict[str, object]:
    one, other = before.assignment, now.assignment
    fields: dict[str, object] = {}
    if one.form != other.form:
        fields["form"] = other.form
    if dict(before.properties) != dict(now.properties):
        fields["properties"] = dict(now.properties)
    if _parameters(before.inputs) != _parameters(now.inputs) or before.results_local != now.results_local:
        token.task_spec.redo_locals(token, before.inputs)
        fields["variables"] = token.task_spec.locals_of(token)
    if token.internal_data["w"] == "user_task":
        pairs = {
            "label": (one.title, other.title),
            "candidate_groups": (one.candidate_groups, other.candidate_groups),
            "candidate_users": (one.candidate_users, other.candidate_users),
            "due_at": (one.due, other.due),
            "follow_up_at": (one.follow_up, other.follow_up),
            "priority": (one.priority, other.priority),
        }
    else:
        pairs = {"topic": (before.topic, now.topic), "priority": (before.priority, now.priority)}
    different = [name for name, (was, is_now) in pairs.items() if _text(was) != _text(is_now)]
    if token.internal_data["w"] == "job" and (before.retries, _text(before.retries_drawn)) != (now.retries, _text(now.retries_drawn)):
        different.append("retries")
    if different:
        wait = token.task_spec.describe(token)
        fields |= {name: wait.name if name == "topic" else getattr(wait, name) for name in different}
    return fields


def _timer(before: model.Element, now: model.Element, token: Token) -> dict[str, object]:
    one, other = before.event or events.NO_EVENT, now.event or events.NO_EVENT
    if (one.timer_kind, one.spring_cron, _text(one.timer)) == (other.timer_kind, other.spring_cron, _text(other.timer)):
        return {}
    for known in ("due", "reps", "begun"):
        token.internal_data.pop(known, None)
    return {"due_at": token.task_spec.describe(token).due_at}


def _subscription(before: model.Element, now: model.Element, token: Token) -> dict[str, object]:
    one, other = before.event or events.NO_EVENT, now.event or events.NO_EVENT
    keys = [element.properties.get("correlation_key") for element in (before, now)]
    if (_text(one.name), _text(one.correlation)) == (_text(other.name), _text(other.correlation)) and keys[0] == keys[1]:
        return {}
    wait = token.task_spec.describe(token)
    found: dict[str, object] = {"name": wait.name}
    if wait.kind == "message":
        found["key"] = wait.correlation or token.workflow.business_key
    return found


def _text(expression: Expression | None) -> tuple[str, str] | None:
    return None if expression is None else (expression.kind, expression.source)


def _parameters(drawn: Iterable[model.Parameter]) -> list[object]:
    return [(parameter.target, parameter.inside, _text(parameter.value)) for parameter in drawn]
