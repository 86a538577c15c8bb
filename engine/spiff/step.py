"""The pure step: definition, state, stimulus and time in; new state, events and waits out. Everything else only stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from engine import errors, feel, values
from engine.protocol import Event, Step, Stimulus, WaitKind
from engine.spiff import children, containers, sealed, state, throwing
from engine.spiff.definition import Definition
from engine.spiff.tokens import Scope, Token
from engine.spiff.workflow import BoundDecision, Instance

Live = Instance
has_children_apart = state.has_children_apart
NO_CHILDREN: Mapping[int, bytes] = MappingProxyType({})


def step(
    definition: Definition,
    before: bytes | Live | None,
    stimulus: Stimulus,
    now: datetime,
    *,
    instance_id: UUID,
    business_key: str,
    decisions: Mapping[str, BoundDecision] | None = None,
    functions: Iterable[feel.Function] = (),
    given: Mapping[int, bytes] = NO_CHILDREN,
    split_above: int = children.SPLIT_ABOVE,
) -> tuple[Step, Live | None]:
    """Return what one stimulus causes, and the live instance for a next step (None when it ended).

    given: the states of children kept apart that the stimulus is about. Raises children.Needed when it is about all of them:
    then call again with the stored state and all children.

    before: None for a start, the state's bytes, or the live instance that the last step returned; after an exception a live
    instance must be thrown away. now: aware instant. Raises errors.InvalidState (the wait is not open), errors.InvalidInput (a
    value is not allowed) and errors.Incident (the process cannot go on); nothing has happened then.
    """
    if before is None:
        instance = Instance(definition, instance_id, business_key, functions)
        state.root(instance)
    elif isinstance(before, bytes):
        instance = state.load(before, definition, instance_id, business_key, functions)
    else:
        instance = before
    instance.split_above = split_above
    state.attach(instance, given)
    instance.open_step(now, stimulus.by, decisions or {})
    brought = values.check(stimulus.variables)
    if before is None:
        _start(instance, stimulus, brought)
    else:
        _HANDLERS[stimulus.kind](instance, stimulus, brought)
    if instance.outcome is None:
        instance.run()
    return result(instance)


def result(instance: Instance) -> tuple[Step, Live | None]:
    """Return what a step made of the instance, and the instance for a next step (None when it ended)."""
    root_scope = next((scope for scope in instance.scopes.values() if scope.owner is None and scope.kind == "process"), None)
    ended = instance.outcome is not None
    variables, changed = _variables_of(root_scope)
    blob, apart = (b"", {}) if ended else state.dump(instance)
    before = instance.given
    closed = tuple(instance.closed)
    waiting = () if ended else tuple(token.id for token in instance.by_number.values() if token.internal_data.get("w"))
    made = Step(
        state=blob,
        events=tuple(instance.journal),
        open=waiting,
        opened=tuple(instance.opened.values()),
        closed=closed,
        outgoing=tuple(instance.outgoing),
        outcome=instance.outcome,
        variables=variables,
        variables_changed=changed,
        decisions_used=dict(instance.decisions_used),
        changed=tuple(change for change in instance.changed if change.id not in closed),  # the same step may have ended it
        children={child: blob for child, blob in apart.items() if before.get(child) != blob},
        children_ended=tuple(child for child in before if child not in apart),
        has_children_apart=bool(instance.bodies),
    )
    if instance.bodies:
        children.forget(instance, apart)
        instance.prune()
    return made, None if ended else instance


def _variables_of(scope: Scope | None) -> tuple[Mapping[str, object], frozenset[str] | None]:
    """Return the variables of the top scope, and the names of those that changed (None: maybe all)."""
    if scope is None:
        return {}, None
    if isinstance(scope.variables, sealed.Variables):
        return scope.variables.copy(), frozenset(scope.variables.changed)
    return values.unshared(scope.variables), None


def _start(instance: Instance, stimulus: Stimulus, given: Mapping[str, object]) -> None:
    if stimulus.kind != "started":
        raise errors.InvalidState("Der Fall ist noch nicht gestartet.")
    definition = instance.definition
    name = definition.starts.get(stimulus.name) if stimulus.name else definition.plain_start
    if name is None:
        found = f"das Startereignis „{stimulus.name}“" if stimulus.name else "ein einfaches Startereignis"
        raise errors.InvalidInput(f"Der Prozess „{definition.process.id}“ hat {found} nicht.")
    scope = instance.new_scope(None, "process", None, "")
    element = definition.node(name).element
    is_local = element.results_local and element.event is not None and element.event.kind != "none"
    if not is_local:
        instance.assign(scope.id, given, "")
    token = containers.enter_scope(instance, None, scope, None, name)
    if is_local and token is not None:  # what a message brought is seen by its output mappings only
        token.local = instance.new_scope(scope.id, "local", token.number, "").id
        instance.assign_here(token.local, given)


def _answer(instance: Instance, stimulus: Stimulus, given: Mapping[str, object]) -> None:
    token = _token(instance, stimulus)
    token.task_spec.set_local(token, values.check(stimulus.local))
    token.task_spec.started(token, given)


def _throw(instance: Instance, stimulus: Stimulus, given: Mapping[str, object]) -> None:
    token = _token(instance, stimulus)
    kind = "error" if stimulus.kind == "bpmn_error" else "escalation"
    message = str(stimulus.local.get("message", ""))
    element = token.task_spec.element
    carried = given if element.errors_carry else {}
    if not element.errors_carry:
        instance.assign(token.local or token.scope, given, element.id)
    if not throwing.throw(token, kind, stimulus.name, message, carried, own=True):
        raise errors.Incident(
            f"„{element.label or element.id}“ meldet „{stimulus.name}“, was im Prozess nirgends gefangen wird. {message}", element.id
        )


def _variables(instance: Instance, stimulus: Stimulus, given: Mapping[str, object]) -> None:
    if stimulus.wait_id is None:
        scope = next(scope for scope in instance.scopes.values() if scope.kind == "process")
        instance.assign(scope.id, given, "")
        instance.remove(instance.chain(scope.id), stimulus.removed, "")
        return
    token = instance.waiting(stimulus.wait_id)
    element_id = token.task_spec.element.id
    token.task_spec.set_local(token, values.check(stimulus.local))
    instance.assign(token.local or token.scope, given, element_id)
    instance.remove(instance.chain(token.local or token.scope), stimulus.removed, element_id)
    if token.local is not None:
        instance.remove([instance.scopes[token.local]], stimulus.removed_local, element_id)


def _cancel(instance: Instance, stimulus: Stimulus, given: Mapping[str, object]) -> None:
    children.require(instance)
    for token in instance.live_tokens():
        token.cancel()
    instance.journal.append(Event("instance_cancelled", "", "", {"reason": stimulus.name or ""}))
    instance.complete("cancelled")


def _refuse(instance: Instance, stimulus: Stimulus, given: Mapping[str, object]) -> None:
    raise errors.InvalidState("Der Fall läuft schon.")


def _refuse_here(instance: Instance, stimulus: Stimulus, given: Mapping[str, object]) -> None:
    raise RuntimeError("a migration needs both definitions: engine.spiff.migration.migrate")


def _token(instance: Instance, stimulus: Stimulus) -> Token:
    """Return the token whose open wait the stimulus answers; the kind of the answer has to fit the kind of the wait."""
    if stimulus.wait_id is None:
        raise errors.InvalidState("Es ist nicht angegeben, worauf geantwortet wird.")
    token = instance.waiting(stimulus.wait_id)
    if token.internal_data["w"] not in _ANSWERS[stimulus.kind]:
        element = token.task_spec.element
        shown = f"„{element.label or element.id}“"
        raise errors.InvalidState(
            f"{shown} wartet nicht auf {_GERMAN[stimulus.kind]}. Bitte den Fall neu laden und die offenen Schritte ansehen."
        )
    return token


_ANSWERS: dict[str, frozenset[WaitKind]] = {
    "user_task_completed": frozenset({"user_task"}), "job_completed": frozenset({"job"}), "timer_due": frozenset({"timer"}),
    "message_received": frozenset({"message"}), "signal_received": frozenset({"signal"}), "bpmn_error": frozenset({"job", "user_task"}),
    "escalation": frozenset({"job", "user_task"}),
}  # fmt: skip
_GERMAN = {
    "user_task_completed": "das Erledigen einer Aufgabe", "job_completed": "das Ergebnis eines Auftrags", "timer_due": "einen Zeitpunkt",
    "message_received": "eine Nachricht", "signal_received": "ein Signal", "bpmn_error": "einen Fehler", "escalation": "eine Eskalation",
}  # fmt: skip
_HANDLERS: dict[str, Callable[[Instance, Stimulus, Mapping[str, object]], None]] = {
    "started": _refuse, "user_task_completed": _answer, "job_completed": _answer, "timer_due": _answer, "message_received": _answer,
    "signal_received": _answer, "bpmn_error": _throw, "escalation": _throw, "variables_set": _variables, "cancelled": _cancel,
    "migrated": _refuse_here,
}  # fmt: skip
