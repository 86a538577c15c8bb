"""The behaviour of the gateways: exclusive, parallel, inclusive, event-based."""

from __future__ import annotations

from SpiffWorkflow.util.task import TaskState

from engine.spiff import model
from engine.spiff.nodes import Node
from engine.spiff.tokens import Token
from engine.spiff.workflow import Instance


class ExclusiveGateway(Node):
    """Exactly one way: the first whose condition holds, else the default."""

    def flows_to_take(self, token: Token) -> list[tuple[model.Flow, str]]:
        if len(self.out) == 1 and self.out[0][0].condition is None:
            return self.out
        for flow, target in self.out:
            if flow.id != self.element.default_flow and flow.condition is not None and self.holds(token, flow):
                return [(flow, target)]
        return [self.default()]


class ParallelGateway(Node):
    """Waits for one token on each incoming flow; surplus tokens wait for the next round. Then goes every way."""

    waits_for_all = True

    def _update_hook(self, my_task: Token) -> bool:
        my_task.workflow.journal_element("element_activated", my_task)
        my_task.wait()
        return self.joined(my_task)

    def joined(self, my_task: Token) -> bool:
        """Let the token go on for all when one waits on each incoming flow; return whether it does."""
        workflow = my_task.workflow
        here = [t for t in workflow.near.in_scope(my_task.scope) if t.task_spec is self and t._state == TaskState.WAITING]
        first: dict[str | None, Token] = {}
        for token in here:
            first.setdefault(token.via, token)
        if any(flow not in first for flow in self.incoming):
            return False
        for flow in self.incoming:
            consumed = first[flow]
            if consumed is not my_task:
                # Joined, not cancelled: its journey ends here and goes on in my_task.
                consumed._set_state(TaskState.COMPLETED)
        return True

    def flows_to_take(self, token: Token) -> list[tuple[model.Flow, str]]:
        return self.out


class InclusiveGateway(Node):
    """Joins all tokens that can still arrive, then goes every way whose condition holds."""

    waits_for_those_on_the_way = True

    def _update_hook(self, my_task: Token) -> bool:
        my_task.workflow.journal_element("element_activated", my_task)
        if len(self.incoming) < 2:
            return True
        my_task.wait()
        return False

    def try_join(self, token: Token) -> bool:
        """Let the waiting tokens through once every incoming flow has one, or no other token of the scope can still arrive."""
        workflow = token.workflow
        here = [t for t in workflow.near.in_scope(token.scope) if t.task_spec is self and t._state == TaskState.WAITING]
        if not here or here[0] is not token:
            return False
        if {t.via for t in here} != set(self.incoming):
            others = [t for t in workflow.near.in_scope(token.scope) if t.task_spec is not self and t.role != "watcher"]
            places = [(t.task_spec.name, t.via if t._state == TaskState.WAITING else None) for t in others]
            if workflow.definition.arrives(self.name, places):
                return False
        for other in here[1:]:
            other._set_state(TaskState.COMPLETED)
        token._ready()
        return True


class EventGateway(Node):
    """Waits for the first of the events behind it."""

    def leave(self, token: Token) -> None:
        workflow = token.workflow
        for flow, target in self.out:
            new_branch(workflow, flow, target, token.scope, token.number, parent=token)


def new_branch(workflow: Instance, flow: model.Flow, target: str, scope: int, host: int, *, parent: Token | None = None) -> Token:
    """Return a new token for an event behind an event gateway; `host` is the number of the gateway's token."""
    return workflow.new_token(workflow.definition.node(target), scope, parent=parent, via=flow.id, role="branch", host=host)
