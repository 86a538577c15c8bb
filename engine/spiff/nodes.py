"""A BPMN element as SpiffWorkflow task spec: what all of them share, and how the values drawn at them are computed.

SpiffWorkflow calls `_update_hook` when a token arrives, `_run_hook` when it is its turn (True: done, None: it stays
started and waits for a stimulus) and `_on_complete_hook` when it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec

from engine import errors, feel, values
from engine.protocol import Event, Wait
from engine.spiff import model, parts, schedule
from engine.spiff.expressions import Expression
from engine.spiff.tokens import Scope, Token
from engine.spiff.workflow import CURRENT_USER

DEFAULT_PRIORITY = 50

if TYPE_CHECKING:
    from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec


class Node(BpmnTaskSpec):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """An element of a diagram. `out` are its outgoing flows with the target's spec name."""

    waits_for_all = False
    waits_for_those_on_the_way = False
    scope_kind = "subprocess"

    def __init__(self, spec: BpmnProcessSpec, name: str, element: model.Element, path: str) -> None:
        super().__init__(spec, name)
        self.element = element
        self.path = path
        self.bpmn_id = element.id
        self.bpmn_name = element.label
        self.out: list[tuple[model.Flow, str]] = []
        self.incoming: list[str] = []
        self.boundaries: list[str] = []
        self.inner_start: str | None = None
        self.watchers: list[str] = []
        self.link_target: str | None = None
        self.is_conditional = element.event is not None and element.event.kind == "conditional"

    # -- SpiffWorkflow's hooks
    def test(self) -> None:
        """Checked when the file was read."""

    def _predict_hook(self, my_task: Token) -> None:
        """No prediction: children are made when their flow is taken."""

    def _update_hook(self, my_task: Token) -> bool:
        my_task.workflow.journal_element("element_activated", my_task)
        return True

    def _on_ready(self, my_task: Token) -> None:
        """Nothing to assign."""

    def _run_hook(self, my_task: Token) -> bool | None:
        return True

    def _on_complete_hook(self, my_task: Token) -> None:
        self.before_leaving(my_task)
        my_task.workflow.journal_element("element_completed", my_task)
        self.leave(my_task)

    def _on_cancel(self, my_task: Token) -> None:
        """A token was cancelled from outside."""

    # -- ours
    def before_leaving(self, token: Token) -> None:
        """What happens between the work and the outgoing flows."""

    def leave(self, token: Token) -> None:
        """Send a token over each outgoing flow whose condition holds."""
        self.take(token, self.flows_to_take(token))

    def take(self, token: Token, flows: list[tuple[model.Flow, str]]) -> None:
        workflow = token.workflow
        for flow, target in flows:
            workflow.journal.append(Event("flow_taken", flow.id, workflow.path_of(token)))
            spec = workflow.definition.node(target)
            workflow.new_token(spec, token.scope, parent=token, via=flow.id)

    def flows_to_take(self, token: Token) -> list[tuple[model.Flow, str]]:
        """All flows without a condition and those whose condition holds; the default flow where no condition held."""
        if not any(flow.condition for flow, _ in self.out):
            return self.out
        chosen = [(f, t) for f, t in self.out if f.id != self.element.default_flow and (f.condition is None or self.holds(token, f))]
        return chosen or [self.default()]

    def default(self) -> tuple[model.Flow, str]:
        """Return the default flow. Raises errors.Incident where none is drawn."""
        for flow, target in self.out:
            if flow.id == self.element.default_flow:
                return flow, target
        raise errors.Incident(f"An „{self.shown}“ trifft keine Bedingung zu, und es gibt keinen Standardfluss.", self.element.id)

    def holds(self, token: Token, flow: model.Flow) -> bool:
        """Return whether a flow's condition is true; null is false and told in history."""
        condition = flow.condition
        if condition is None:
            return True
        workflow = token.workflow
        value = workflow.evaluate(condition, token, f"Bedingung „{condition.source}“")
        detail = {"expression": condition.source, "result": value if isinstance(value, bool) else None}
        workflow.journal.append(Event("condition_evaluated", flow.id, workflow.path_of(token), detail))
        if not isinstance(value, bool):
            text = f"Die Bedingung „{condition.source}“ ergibt weder wahr noch falsch und gilt als nicht erfüllt."
            workflow.warn(flow.id, workflow.path_of(token), text)
        return value is True

    def inner_ended(self, token: Token, scope: Scope) -> None:
        """The last token inside has ended."""
        raise RuntimeError(f"{self.name} has no inside")

    @property
    def is_standard_loop(self) -> bool:
        return self.element.loop is not None and self.element.loop.standard

    @property
    def shown(self) -> str:
        return self.element.label or self.element.id

    def set_local(self, token: Token, given: Mapping[str, object]) -> None:
        """Set variables of this element alone; only an activity has a place for them, at an event nobody could read them."""

    def started(self, token: Token, given: Mapping[str, object]) -> None:
        """A wait of this token was answered."""
        raise errors.InvalidState(f"„{self.shown}“ wartet auf nichts.")

    def describe(self, token: Token) -> Wait:
        """Return what a token here waits for, as it is drawn."""
        raise RuntimeError(f"{self.name} waits for nothing")


def parameters(token: Token, drawn: tuple[model.Parameter, ...], *, into: Mapping[str, object]) -> dict[str, object]:
    """Return input or output parameters, seen from the token; `into` holds what a place inside a variable is added to.

    Raises errors.Incident for what cannot be stored.
    """
    workflow = token.workflow
    made: dict[str, object] = {}
    for parameter in drawn:
        name = parameter.target
        value = workflow.evaluate(parameter.value, token, f"Parameter „{'.'.join((name, *parameter.inside))}“")
        made[name] = placed(made.get(name, into.get(name)), parameter.inside, value)
    return workflow.computed(made, token)


def placed(around: object, inside: tuple[str, ...], value: object) -> object:
    """Return the value, or a copy of the context around it with the value at its place."""
    if not inside:
        return value
    kept = around if isinstance(around, Mapping) else {}
    return {**kept, inside[0]: placed(kept.get(inside[0]), inside[1:], value)}


def carried(token: Token, mappings: tuple[model.CallMapping, ...]) -> dict[str, object]:
    """Return what `in` mappings take along into a called process or a signal, seen from the token."""
    workflow = token.workflow
    given: dict[str, object] = {}
    for mapping in mappings:
        if mapping.everything:
            own = workflow.scopes[token.local].variables if token.local is not None else {}
            visible = own if mapping.local else workflow.view(token.local or token.scope)
            given |= {name: visible[name] for name in visible if name != CURRENT_USER}
        elif mapping.target and mapping.value:
            given[mapping.target] = workflow.evaluate(mapping.value, token, f"Zuordnung „{mapping.target}“")
    return workflow.computed(given, token)


def instant(node: Node, token: Token, expression: Expression | None, what: str) -> Any:
    """Return the instant of a due or follow-up date, or None where nothing is drawn or the value is null."""
    value = token.workflow.evaluate(expression, token, what) if expression else None
    if value is None:
        return None
    try:
        return schedule.due_of(value, token.workflow.moment)
    except schedule.BadSchedule as fault:
        raise errors.Incident(f"{what} von „{node.shown}“: {fault}", node.element.id) from fault


def priority_of(node: Node, token: Token, expression: Expression | None) -> int:
    """Return a drawn priority, or 50 where none is drawn; what is no priority is told in history."""
    if expression is None:
        return DEFAULT_PRIORITY
    value = token.workflow.evaluate(expression, token, "Priorität")
    priority = values.whole(value)
    if priority is None or priority > parts.MAX_PRIORITY:
        text = f"Die Priorität von „{node.shown}“ ist keine ganze Zahl bis {parts.MAX_PRIORITY}; es gilt {DEFAULT_PRIORITY}."
        token.workflow.warn(node.element.id, token.workflow.path_of(token), text)
        return DEFAULT_PRIORITY
    return priority


def retries_of(node: Node, token: Token) -> int:
    """Return how often the job is tried. Raises errors.Incident where the drawn expression is no whole number from 1."""
    drawn = node.element.retries_drawn
    if drawn is None:
        return node.element.retries
    value = token.workflow.evaluate(drawn, token, "Zahl der Versuche")
    retries = values.whole(value)
    if not retries or retries > parts.MAX_RETRIES:
        found = feel.text_of(feel.enter(value))
        text = f"Die Zahl der Versuche von „{node.shown}“ muss zwischen 1 und {parts.MAX_RETRIES} liegen, gefunden wurde {found}."
        raise errors.Incident(text, node.element.id)
    return retries
