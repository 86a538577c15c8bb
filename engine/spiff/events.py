"""The behaviour of events: waiting, throwing, catching across scopes, event subprocesses (interrupting and not, again and again)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine import errors, feel
from engine.protocol import Event, Outgoing, Wait, WaitKind
from engine.spiff import model, nodes, schedule
from engine.spiff.expressions import Expression
from engine.spiff.nodes import Activity, EventSubprocess, Node
from engine.spiff.workflow import Change, Instance, Scope, Token

NO_EVENT = model.EventDefinition("none")
WAIT_KINDS: dict[str, WaitKind] = {"message": "message", "timer": "timer", "signal": "signal", "conditional": "condition"}


class EventNode(Node):
    """An event of any place: start, intermediate, boundary, end."""

    @property
    def event(self) -> model.EventDefinition:
        return self.element.event or NO_EVENT

    @property
    def is_conditional(self) -> bool:  # type: ignore[override]  # a constant elsewhere
        return self.event.kind == "conditional"


class CatchEvent(EventNode):
    """Waits for a message, a time, a signal or a condition; also as boundary event and as start of an event subprocess."""

    def _update_hook(self, my_task: Token) -> bool:
        if my_task.role == "":
            my_task.workflow.journal_element("element_activated", my_task)
        if self.event.kind in ("none", "link"):
            return True
        my_task.wait()
        self.open(my_task)
        return False

    def open(self, token: Token) -> None:
        """Declare the wait; a condition that holds already fires at once."""
        if self.event.kind == "conditional":
            token.workflow.fresh.add(token.number)
        token.workflow.open_wait(token, self.describe(token))

    def describe(self, token: Token) -> Wait:
        """Return what the event waits for, as it is drawn; remembers the rhythm of a cycle in the token."""
        workflow, kind = token.workflow, self.event.kind
        attached = self.element.attached_to or (self.element.id if token.role == "watcher" else None)
        name = text_of(workflow, self.event.name, token, "Name") if self.event.name and kind in ("message", "signal") else None
        if kind in ("message", "signal") and not name:
            raise errors.Incident(f"„{self.shown}“ nennt keinen Namen der Nachricht oder des Signals.", self.element.id)
        key = correlation(self, token) if kind == "message" else None
        due = self.due(token) if kind == "timer" else None
        return Wait(
            id=token.id, kind=WAIT_KINDS[kind], element_id=self.element.id,
            name=name, label=self.shown, scope=workflow.path_of(token), due_at=due, correlation=key, attached_to=attached,
            repetitions_left=token.internal_data.get("reps"), properties=self.element.properties,
        )  # fmt: skip

    def due(self, token: Token) -> datetime:
        """Return when the timer is due; remembers the rhythm of a cycle in the token."""
        workflow, event, data = token.workflow, self.event, token.internal_data
        if event.timer is None:
            raise errors.Incident(f"„{self.shown}“ hat keine Zeit.", self.element.id)
        planned: datetime | None = data.get("due")
        value = workflow.evaluate(event.timer, token, "Zeit")
        try:
            if event.timer_kind == "duration":
                due = schedule.duration_of(value).after(workflow.moment)
            elif event.timer_kind == "cycle":
                cycle = schedule.cycle_of(schedule.from_spring(value) if event.spring_cron else value)
                due = self._next_in(cycle, str(value), planned, token)
                data["reps"] = (
                    data["reps"] - 1 if planned is not None and data.get("reps") is not None else data.get("reps", cycle.repetitions)
                )
            else:
                due = schedule.instant_of(value)
        except schedule.BadSchedule as fault:
            raise errors.Incident(f"Zeit von „{self.shown}“: {fault}", self.element.id) from fault
        data["due"] = due
        return due

    def _next_in(self, cycle: schedule.Cycle, drawn: str, planned: datetime | None, token: Token) -> datetime:
        """Return the planned time after `planned`, counted from the beginning of the cycle: 31.01., 28.02., 31.03."""
        data, moment = token.internal_data, token.workflow.moment
        if cycle.duration is None or (planned is not None and "begun" not in data):
            return cycle.first(moment) if planned is None else cycle.next(planned)
        if planned is None:
            begun, number = (moment, 1) if cycle.start is None else (cycle.start, 0)
        elif data["begun"][2] == drawn:
            begun, number = data["begun"][0], data["begun"][1] + 1
        else:  # the expression gives another rhythm now: it begins with what was planned last
            begun, number = planned, 1
        data["begun"] = [begun, number, drawn]
        return cycle.duration.times(number).after(begun)

    def look(self, token: Token, changes: list[Change] | None) -> None:
        """Fire when the condition holds after the changes it sees; None: it has just begun to wait.

        A non-interrupting event fires after every change while its condition holds, as Camunda's does; `watched` and `changes`
        of the event say which changes count.
        """
        workflow, event = token.workflow, self.event
        if changes is not None and not any(
            (not event.watched or change.name in event.watched) and (not event.changes or change.kind in event.changes)
            for change in changes
        ):
            return
        if event.condition is not None and workflow.evaluate(event.condition, token, "Bedingung") is True:
            workflow.count(token)
            self.started(token, {})

    def started(self, token: Token, given: Mapping[str, object]) -> None:
        workflow = token.workflow
        if token.role == "boundary":
            fire_boundary(token, given)
            return
        if token.role == "watcher":
            fire_watcher(token, given)
            return
        if token.role == "branch":
            choose_branch(token)
        workflow.close_wait(token)
        set_caught(self, token, token.scope, given)
        token.complete()


class StartEvent(CatchEvent):
    """Passes when its scope is entered; waits only as the start of an event subprocess."""

    def _update_hook(self, my_task: Token) -> bool:
        if my_task.role == "watcher":
            return super()._update_hook(my_task)
        my_task.workflow.journal_element("element_activated", my_task)
        return True

    def before_leaving(self, token: Token) -> None:
        workflow, outputs = token.workflow, self.element.outputs
        if self.element.initiator:
            workflow.assign(token.scope, workflow.computed({self.element.initiator: workflow.by}, token), self.element.id)
        if outputs and self.name not in workflow.definition.container_of:  # those of an event subprocess are set when it starts
            workflow.assign(token.scope, nodes.parameters(token, outputs, into=workflow.view(token.scope)), self.element.id)
        if token.local is not None:
            workflow.drop_scope(token.local)
            token.local = None


class ReceiveTask(Activity):
    """Waits for a message, as an activity that can have boundary events."""

    def _update_hook(self, my_task: Token) -> bool:
        if my_task.role != "branch":
            return super()._update_hook(my_task)
        my_task.wait()
        self.work(my_task)
        return False

    def answer(self, token: Token, given: Mapping[str, object]) -> None:
        if token.role == "branch":
            choose_branch(token)
        super().answer(token, given)

    started = answer

    def work(self, token: Token) -> bool:
        token.workflow.open_wait(token, self.describe(token))
        return False

    def describe(self, token: Token) -> Wait:
        """Return the message it waits for, as it is drawn."""
        workflow, event = token.workflow, self.element.event or NO_EVENT
        name = text_of(workflow, event.name, token, "Name") if event.name else None
        if not name:
            raise errors.Incident(f"„{self.shown}“ nennt keine Nachricht.", self.element.id)
        return Wait(
            id=token.id, kind="message", element_id=self.element.id, name=name, label=self.shown, scope=workflow.path_of(token),
            correlation=correlation(self, token), properties=self.element.properties,
        )  # fmt: skip


class ThrowEvent(EventNode, Activity):
    """An intermediate throw event, an end event, or a send task that throws its message itself."""

    def work(self, token: Token) -> bool:
        workflow, kind = token.workflow, self.event.kind
        if kind == "message":
            if self.event.external:
                nodes.open_job(self, token, self.locals_of(token))
                return False
            throw_message(self, token)
        elif kind == "signal":
            name = text_of(workflow, self.event.name, token, "Signal")
            payload = self.locals_of(token) | nodes.carried(token, self.event.carries)
            thrown = (self._outgoing_id(token), "signal", name or "", self.element.id, None, payload, frozenset(workflow.opened))
            workflow.outgoing.append(Outgoing(*thrown))  # type: ignore[arg-type]  # a tuple forgets literals
            workflow.journal_element("message_thrown", token, name=name, signal=True)
        elif kind == "escalation":
            code = text_of(workflow, self.event.name, token, "Eskalation")
            if not throw(token, "escalation", code, "", self.locals_of(token)):
                workflow.warn(self.element.id, workflow.path_of(token), f"Die Eskalation „{code}“ wird nirgends gefangen.")
        elif kind == "error":
            code = text_of(workflow, self.event.name, token, "Fehler")
            if not throw(token, "error", code, text_of(workflow, self.event.message, token, "Fehlertext") or "", self.locals_of(token)):
                raise errors.Incident(f"Der Fehler „{code}“ aus „{self.shown}“ wird im Prozess nirgends gefangen.", self.element.id)
        elif kind == "terminate":
            terminate(token)
        return True

    def describe(self, token: Token) -> Wait:
        """Return the job of an external message event, as it is drawn."""
        return nodes.job_of(self, token, self.locals_of(token))

    def _outgoing_id(self, token: Token) -> UUID:
        token.workflow.counter += 1
        return token.workflow.id_of(token.workflow.counter)

    def flows_to_take(self, token: Token) -> list[tuple[model.Flow, str]]:
        return super().flows_to_take(token)

    def leave(self, token: Token) -> None:
        if self.link_target is not None:
            workflow = token.workflow
            workflow.new_token(workflow.definition.node(self.link_target), token.scope, parent=token)
            return
        super().leave(token)


# ---------------------------------------------------------------- firing
def choose_branch(token: Token) -> None:
    """The token's event is the first behind its event gateway: the others are no longer waited for."""
    workflow = token.workflow
    for other in workflow.live_tokens():
        if other.role == "branch" and other.host == token.host and other is not token:
            other.cancel()
    token.role, token.host = "", None
    workflow.journal.append(Event("flow_taken", token.via or "", workflow.path_of(token)))
    workflow.journal_element("element_activated", token)


def fire_boundary(token: Token, given: Mapping[str, object]) -> None:
    """A boundary event happened: cancel its activity if it interrupts, else go on watching; then follow its flows."""
    workflow, node = token.workflow, token.task_spec
    host = workflow.by_number.get(token.host or 0)
    workflow.close_wait(token)
    if not node.element.interrupting and host is not None:
        rearm(token, "boundary", host.number)
    host_number = token.host
    token.drive()
    if node.element.interrupting:
        activity = workflow.by_number.get(host_number or 0)
        if activity is not None:
            activity.cancel()
    workflow.journal_element("element_activated", token)
    set_caught(node, token, token.scope, given)
    token.complete()


def set_caught(node: Node, token: Token, scope_id: int, given: Mapping[str, object]) -> None:
    """Set what an event brought and its output parameters; what it brought stays local where they alone say what goes out."""
    workflow, element = token.workflow, node.element
    if not element.results_local:
        workflow.assign(scope_id, given, element.id)
        workflow.assign(scope_id, nodes.parameters(token, element.outputs, into=workflow.view(scope_id)), element.id)
        return
    outer, local = token.local, workflow.new_scope(scope_id, "local", token.number, workflow.path_of(token))
    token.local = local.id
    workflow.assign_here(local.id, given)
    made = nodes.parameters(token, element.outputs, into=workflow.view(scope_id))
    token.local = outer
    workflow.drop_scope(local.id)
    workflow.assign(scope_id, made, element.id)


def rearm(token: Token, role: str, host: int | None) -> None:
    """Watch again for what may happen again: messages, signals, conditions, and cycles with rounds left."""
    node, data = token.task_spec, token.internal_data
    kind = (node.element.event or NO_EVENT).kind
    if kind == "timer":
        repetitions = data.get("reps")
        cyclic = (node.element.event or NO_EVENT).timer_kind == "cycle"
        if not cyclic or (repetitions is not None and repetitions <= 1):
            return
    again = token.workflow.new_token(node, token.scope, role=role, host=host)
    if kind == "timer":
        again.internal_data |= {"due": data["due"], "reps": data.get("reps")} | ({"begun": data["begun"]} if "begun" in data else {})
    again.local = token.local
    node._update(again)
    token.workflow.fresh.discard(again.number)  # a condition fires again after the next change, not at once


def fire_watcher(token: Token, given: Mapping[str, object]) -> None:
    """The start event of an event subprocess happened."""
    workflow, node = token.workflow, token.task_spec
    scope_id = token.scope
    workflow.close_wait(token)
    if not node.element.interrupting:
        rearm(token, "watcher", None)
    token.cancel()
    start_event_subprocess(workflow, node, scope_id, given)


def start_event_subprocess(workflow: Instance, start: Node, scope_id: int, given: Mapping[str, object]) -> None:
    """Run the event subprocess of a start event in a scope; interrupting: everything else in the scope ends first."""
    definition = workflow.definition
    subprocess = definition.node(definition.container_of[start.name])
    token = workflow.new_token(subprocess, scope_id)
    if start.element.interrupting:
        workflow.cancel_scope(scope_id, keep=token)
    set_caught(start, token, scope_id, given)
    subprocess._update(token)


# ---------------------------------------------------------------- throwing
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
            start_event_subprocess(workflow, node, scope.id, _caught(node, code, message, given))
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
    set_caught(node, boundary, host.scope, caught)
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
        elif text_of(workflow, event.name, token, "Code") == code:
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


def throw_message(node: ThrowEvent, token: Token) -> None:
    """Send a message to other instances; the durable layer delivers it in a transaction of its own."""
    workflow = token.workflow
    name = text_of(workflow, node.event.name, token, "Nachricht")
    if not name:
        raise errors.Incident(f"„{node.shown}“ nennt keine Nachricht.", node.element.id)
    drawn = node.element.properties
    key = correlation(node, token) or workflow.business_key
    payload = node.locals_of(token)
    for option in ("to_tenant", "process_key", "optional"):
        if option in drawn:
            payload[f"@{option}"] = property_value(node, token, drawn[option])
    workflow.outgoing.append(Outgoing(node._outgoing_id(token), "message", name, node.element.id, key, payload))
    workflow.journal_element("message_thrown", token, name=name, key=key)


def correlation(node: Node, token: Token) -> str | None:
    """Return the drawn correlation key, else the business key of the call around; None means that of the instance.

    Raises errors.Incident for a drawn key without a value: it would reach everything that waits under the business key.
    """
    expression, drawn = (node.element.event or NO_EVENT).correlation, node.element.properties.get("correlation_key")
    if expression is not None:
        value = token.workflow.evaluate(expression, token, "Korrelationsschlüssel")
    elif drawn:
        value = property_value(node, token, drawn)
    else:
        return token.workflow.key_of(token)
    if value is None or value == "":
        raise errors.Incident(f"Der Korrelationsschlüssel von „{node.shown}“ ist leer.", node.element.id)
    return str(value)


def text_of(workflow: Instance, expression: Expression | None, token: Token, what: str) -> str | None:
    """Return the text of an expression, or None."""
    if expression is None:
        return None
    value = workflow.evaluate(expression, token, what)
    return None if value is None else str(value)


def property_value(node: Node, token: Token, text: str) -> object:
    """Return the value of an extension property: FEEL where it starts with `=`, else the text."""
    if not text.startswith("="):
        return text
    workflow = token.workflow
    try:
        return feel.evaluate(text[1:], workflow.view(token.local or token.scope), now=workflow.moment, functions=workflow.functions)
    except (feel.FeelError, feel.FeelSyntaxError) as fault:
        raise errors.Incident(f"Eigenschaft von „{node.shown}“: {fault}", node.element.id) from fault


__all__ = ["CatchEvent", "Event", "EventSubprocess", "ReceiveTask", "StartEvent", "ThrowEvent", "throw"]
