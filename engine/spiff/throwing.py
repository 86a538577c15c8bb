"""Events that are thrown: messages and signals, errors and escalations and who catches them, terminate."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine import errors, values
from engine.protocol import Outgoing, Wait
from engine.spiff import children, events, nodes, tasks
from engine.spiff.activities import Activity
from engine.spiff.events import NO_EVENT, EventNode
from engine.spiff.nodes import Node
from engine.spiff.tokens import Scope, Token
from engine.spiff.workflow import Instance


class ThrowEvent(EventNode, Activity):
    """An intermediate throw event, an end event, or a send task that throws its message itself."""

    def work(self, token: Token) -> bool:
        workflow, kind = token.workflow, self.event.kind
        if kind == "message":
            if self.event.external:
                tasks.open_job(self, token, self.locals_of(token))
                return False
            throw_message(self, token)
        elif kind == "signal":
            throw_signal(self, token)
        elif kind == "escalation":
            code = events.text_of(workflow, self.event.name, token, "Eskalation")
            if not throw(token, "escalation", code, "", self.locals_of(token)):
                workflow.warn(self.element.id, workflow.path_of(token), f"Die Eskalation „{code}“ wird nirgends gefangen.")
        elif kind == "error":
            code = events.text_of(workflow, self.event.name, token, "Fehler")
            if not throw(
                token, "error", code, events.text_of(workflow, self.event.message, token, "Fehlertext") or "", self.locals_of(token)
            ):
                raise errors.Incident(f"Der Fehler „{code}“ aus „{self.shown}“ wird im Prozess nirgends gefangen.", self.element.id)
        elif kind == "terminate":
            terminate(token)
        return True

    def describe(self, token: Token) -> Wait:
        """Return the job of an external message event, as it is drawn."""
        return tasks.job_of(self, token, self.locals_of(token))

    def _outgoing_id(self, token: Token) -> UUID:
        token.workflow.counter += 1
        return token.workflow.id_of(token.workflow.counter)

    def leave(self, token: Token) -> None:
        if self.link_target is not None:
            workflow = token.workflow
            workflow.new_token(workflow.definition.node(self.link_target), token.scope, parent=token)
            return
        super().leave(token)


def throw(token: Token, kind: str, code: str | None, message: str, given: Mapping[str, object], *, own: bool = False) -> bool:
    """Look for a catcher of an error or escalation from the token outwards and let it catch; return whether one did.

    given: what the catcher sets besides code and message. `own`: the activity of the token itself may catch at its boundary (a
    job reported the error). In each place a catcher of just this code goes before one of any code, whatever the order they were
    drawn in. A call that is left on the way gives out what its `out` mappings name, as if it had ended.
    """
    workflow = token.workflow
    if own:
        host = _with_boundaries(workflow, token)
        node = _catcher(workflow, host.task_spec.boundaries, kind, code, host)
        if node is not None:
            _catch_at_boundary(workflow, host, node, _caught(node, code, message, given))
            return True
    scope: Scope | None = workflow.scopes[token.scope]
    inside: set[str] = set()  # event subprocesses the token is in: none of them catches what is thrown in itself
    left: list[tuple[Token, Scope]] = []
    while scope is not None:
        owner = workflow.by_number.get(scope.owner or 0)
        if scope.kind == "event_subprocess" and owner is not None:
            inside.add(owner.task_spec.name)
        outside = [name for name in _watchers_of(workflow, scope) if workflow.definition.container_of[name] not in inside]
        node = _catcher(workflow, outside, kind, code, token)
        if node is not None:
            _give_out(workflow, left)
            events.start_event_subprocess(workflow, node, scope.id, _caught(node, code, message, given))
            return True
        if owner is not None:
            if scope.kind == "call":
                left.append((owner, scope))
            host = _with_boundaries(workflow, owner)
            node = _catcher(workflow, host.task_spec.boundaries, kind, code, host)
            if node is not None:
                _give_out(workflow, left)
                _catch_at_boundary(workflow, host, node, _caught(node, code, message, given))
                return True
        scope = workflow.scopes.get(scope.parent) if scope.parent is not None else None
    return False


def _with_boundaries(workflow: Instance, token: Token) -> Token:
    """Return the token whose boundary events count: of an instance of a loop, that of the whole loop."""
    return workflow.by_number[token.host] if token.role == "instance" and token.host else token


def _watchers_of(workflow: Instance, scope: Scope) -> list[str]:
    if scope.kind == "process":
        return workflow.definition.watchers
    owner = workflow.by_number.get(scope.owner or 0)
    return owner.task_spec.watchers if owner is not None and scope.kind != "local" else []


def _give_out(workflow: Instance, left: list[tuple[Token, Scope]]) -> None:
    for owner, scope in left:
        workflow.assign(owner.local or owner.scope, owner.task_spec.leaving(owner, scope), owner.task_spec.element.id)


def _catch_at_boundary(workflow: Instance, host: Token, node: Node, caught: Mapping[str, object]) -> None:
    if node.element.interrupting:
        host.cancel()
    boundary = workflow.new_token(node, host.scope)
    workflow.journal_element("element_activated", boundary)
    events.set_caught(node, boundary, host.scope, caught)
    boundary.complete()


def _catcher(workflow: Instance, names: list[str], kind: str, code: str | None, token: Token) -> Node | None:
    any_code: Node | None = None
    for name in names:
        node = workflow.definition.node(name)
        event = node.element.event or NO_EVENT
        if event.kind != kind:
            continue
        if event.name is None:
            any_code = any_code or node
        elif events.text_of(workflow, event.name, token, "Code") == code:
            return node
    return any_code


def _caught(node: Node, code: str | None, message: str, given: Mapping[str, object]) -> dict[str, object]:
    event = node.element.event or NO_EVENT
    caught = dict(given)
    if event.code_variable:
        caught[event.code_variable] = code
    if event.message_variable:
        caught[event.message_variable] = message
    return caught


def terminate(token: Token) -> None:
    """End the process, call, subprocess or event subprocess the token is in, with everything inside it."""
    workflow = token.workflow
    scope = workflow.scopes[token.scope]
    while scope.kind == "local" and scope.parent is not None:
        scope = workflow.scopes[scope.parent]
    workflow.journal_element("element_completed", token)
    workflow.cancel_scope(scope.id, keep=token)
    if scope.owner is None:
        token._set_state(TaskState.COMPLETED)
        workflow.complete("terminated")
        return
    owner = workflow.by_number[scope.owner]
    token._set_state(TaskState.COMPLETED)
    if owner.is_live:
        owner.task_spec.inner_ended(owner, scope)


def throw_signal(node: ThrowEvent, token: Token) -> None:
    """Send a signal to everybody who waits for it; the durable layer tells other instances.

    Who waits in this very instance catches it at once: the thrower may be the last that keeps it, or the scope around it, alive.
    """
    workflow = token.workflow
    name = events.text_of(workflow, node.event.name, token, "Signal") or ""
    payload = node.locals_of(token) | nodes.carried(token, node.event.carries)
    for number in workflow.families:
        if workflow.definition.has_inside(workflow.by_number[number].task_spec.name, "signal"):
            children.require(workflow, number)
    opened = frozenset(workflow.opened)
    workflow.outgoing.append(Outgoing(node._outgoing_id(token), "signal", name, node.element.id, None, payload, opened))
    workflow.journal_element("message_thrown", token, name=name, signal=True)
    for other in workflow.live_tokens():
        if other.is_live and other.internal_data.get("w") == "signal" and events.signal_of(other) == name:
            other.task_spec.started(other, values.unshared(payload))


def throw_message(node: ThrowEvent, token: Token) -> None:
    """Send a message to other instances; the durable layer delivers it in a transaction of its own."""
    workflow = token.workflow
    name = events.text_of(workflow, node.event.name, token, "Nachricht")
    if not name:
        raise errors.Incident(f"„{node.shown}“ nennt keine Nachricht.", node.element.id)
    drawn = node.element.properties
    key = events.correlation(node, token) or workflow.business_key
    payload = node.locals_of(token)
    for option in ("to_tenant", "process_key", "optional"):
        if option in drawn:
            payload[f"@{option}"] = events.property_value(node, token, drawn[option])
    workflow.outgoing.append(Outgoing(node._outgoing_id(token), "message", name, node.element.id, key, payload))
    workflow.journal_element("message_thrown", token, name=name, key=key)
