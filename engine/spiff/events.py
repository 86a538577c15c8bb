"""Events that are waited for: what they wait for, and what happens when it comes, again and again where they do not interrupt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from engine import errors, feel
from engine.protocol import Event, Wait, WaitKind
from engine.spiff import model, nodes, schedule
from engine.spiff.activities import Activity
from engine.spiff.expressions import Expression
from engine.spiff.nodes import Node
from engine.spiff.tokens import Change, Token
from engine.spiff.workflow import Instance

NO_EVENT = model.EventDefinition("none")
WAIT_KINDS: dict[str, WaitKind] = {"message": "message", "timer": "timer", "signal": "signal", "conditional": "condition"}


class EventNode(Node):
    """An event of any place: start, intermediate, boundary, end."""

    @property
    def event(self) -> model.EventDefinition:
        return self.element.event or NO_EVENT


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
        """Return what the event waits for, as it is drawn; remembers the rhythm of a cycle and the name of a signal in the token."""
        workflow, kind = token.workflow, self.event.kind
        attached = self.element.attached_to or (self.element.id if token.role == "watcher" else None)
        name = text_of(workflow, self.event.name, token, "Name") if self.event.name and kind in ("message", "signal") else None
        if kind in ("message", "signal") and not name:
            raise errors.Incident(f"„{self.shown}“ nennt keinen Namen der Nachricht oder des Signals.", self.element.id)
        if kind == "signal":
            token.internal_data["signal"] = name
        key = correlation(self, token) if kind == "message" else None
        due = self.due(token) if kind == "timer" else None
        return Wait(
            id=token.id, kind=WAIT_KINDS[kind], element_id=self.element.id,
            name=name, label=self.shown, scope=workflow.path_of(token), due_at=due, correlation=key, attached_to=attached, properties=self.element.properties,
        )  # fmt: skip

    def due(self, token: Token) -> datetime:
        """Return when the timer is due; remembers the rhythm of a cycle in the token."""
        workflow, event, data = token.workflow, self.event, token.internal_data
        if event.timer is None:
            raise errors.Incident(f"„{self.shown}“ hat keine Zeit.", self.element.id)
        planned: datetime | None = data.get("due")
        value = workflow.evaluate(event.timer, token, "Zeit")
        try:
            if event.timer_kind == "duration" and isinstance(value, date):  # Camunda 7 takes a moment for every kind of time
                due = schedule.instant_of(value)
            elif event.timer_kind == "duration":
                due = schedule.duration_of(value).after(workflow.moment)
            elif event.timer_kind == "cycle":
                cycle = schedule.cycle_of(schedule.from_spring(value) if event.spring_cron else value)
                due = self._next_in(cycle, str(value), planned, token)
                data["reps"] = (
                    data["reps"] - 1 if planned is not None and data.get("reps") is not None else data.get("reps", cycle.repetitions)
                )
            else:
                due = schedule.due_of(value, workflow.moment)
        except schedule.BadSchedule as fault:
            raise errors.Incident(f"Zeit „{event.timer.source}“ von „{self.shown}“: {fault}", self.element.id) from fault
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
            workflow.budget.use(token)
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


# ---------------------------------------------------------------- firing
def choose_branch(token: Token) -> None:
    """The token's event is the first behind its event gateway: the others are no longer waited for."""
    workflow = token.workflow
    for other in workflow.near.at(token.host or 0, "branch"):
        if other is not token:
            other.cancel()
    token.role, token.host = "", None
    workflow.journal.append(Event("flow_taken", token.via or "", workflow.path_of(token)))
    workflow.journal_element("element_activated", token)


def fire_boundary(token: Token, given: Mapping[str, object]) -> None:
    """A boundary event happened: cancel its activity if it interrupts, else go on watching; then follow its flows."""
    workflow, node = token.workflow, token.task_spec
    host = workflow.by_number.get(token.host or 0)
    workflow.close_wait(token)
    if host is not None and not node.element.interrupting:
        rearm(token, "boundary", host.number)
    token.drive()
    if host is not None and node.element.interrupting:
        host.cancel()
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


def signal_of(token: Token) -> str | None:
    """Return the name of the signal a token waits for."""
    known: str | None = token.internal_data.get("signal")
    if known is None:  # stored before the name was kept
        event = token.task_spec.element.event or NO_EVENT
        known = token.internal_data["signal"] = text_of(token.workflow, event.name, token, "Name")
    return known


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
