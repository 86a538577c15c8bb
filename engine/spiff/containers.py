"""Activities with elements inside: subprocess, call activity, event subprocess; how a scope begins."""

from __future__ import annotations

from engine import errors
from engine.spiff import nodes
from engine.spiff.activities import Activity
from engine.spiff.nodes import Node
from engine.spiff.tokens import Scope, Token
from engine.spiff.workflow import Instance


class Container(Activity):
    """An embedded subprocess: a scope of its own inside the process."""

    def work(self, token: Token) -> bool:
        workflow = token.workflow
        path = f"{workflow.path_of(token)}/{self.element.id}".lstrip("/")
        scope = workflow.new_scope(token.local or token.scope, self.scope_kind, token.number, path, self.entering(token))
        scope.key = self.key_inside(token)
        enter_scope(workflow, self, scope, token)
        return False

    def entering(self, token: Token) -> dict[str, object]:
        """Return the variables the scope starts with."""
        return {}

    def key_inside(self, token: Token) -> str | None:
        """Return the business key of what runs inside; None: that of around."""
        return None

    def inner_ended(self, token: Token, scope: Scope) -> None:
        given = self.leaving(token, scope)
        token.workflow.drop_scope(scope.id)
        self.take_results(token, given)
        token.complete()

    def leaving(self, token: Token, scope: Scope) -> dict[str, object]:
        """Return what goes back to the outer scope; what is meant for the activity alone is set there."""
        return {}


class CallActivity(Container):
    """Another process, run inside this instance, that sees only what `in` gives and gives back only what `out` names."""

    scope_kind = "call"

    def entering(self, token: Token) -> dict[str, object]:
        return nodes.carried(token, self.element.call_in)

    def key_inside(self, token: Token) -> str | None:
        drawn = next((mapping.value for mapping in self.element.call_in if mapping.business_key and mapping.value), None)
        if drawn is None:
            return None
        key = token.workflow.evaluate(drawn, token, "Geschäftsschlüssel")
        if key is None or key == "":
            raise errors.Incident(f"Der Geschäftsschlüssel für „{self.shown}“ ist leer.", self.element.id)
        return str(key)

    def leaving(self, token: Token, scope: Scope) -> dict[str, object]:
        workflow = token.workflow
        given: dict[str, object] = {}
        local: dict[str, object] = {}
        for mapping in self.element.call_out:
            into = local if mapping.local else given
            if mapping.everything:
                into |= scope.variables
            elif mapping.target and mapping.value:
                into[mapping.target] = workflow.evaluate(mapping.value, token, f"Zuordnung „{mapping.target}“", scope=scope.id)
        self.set_local(token, workflow.computed(local, token))
        return workflow.computed(given, token)


class EventSubprocess(Container):
    """Started by its start event while the scope around it lives; see engine.spiff.events."""

    scope_kind = "event_subprocess"

    def leave(self, token: Token) -> None:
        """Its end is its end: no outgoing flows."""


def enter_scope(workflow: Instance, node: Node | None, scope: Scope, parent: Token | None, start: str | None = None) -> Token | None:
    """Put a token on the start event of a scope and arm the event subprocesses in it; return the token, None where it does not come to it."""
    definition = workflow.definition
    watchers = node.watchers if node is not None else definition.watchers
    armed = [arm_watcher(workflow, definition.node(name), scope.id) for name in watchers]
    workflow.check_conditions()
    if any(token is not None and not token.is_live and token.task_spec.element.interrupting for token in armed):
        return None  # a condition that held already has started an event subprocess instead
    if parent is not None and not parent.is_live:
        return None
    first = start or (node.inner_start if node is not None else None)
    if first is None:
        raise errors.Incident(f"„{node.shown if node else definition.process.id}“ hat kein Startereignis.", node.element.id if node else "")
    token = workflow.new_token(definition.node(first), scope.id, parent=parent)
    token.task_spec._update(token)
    return token


def arm_watcher(workflow: Instance, spec: Node, scope_id: int) -> Token | None:
    """Wait for the start event of an event subprocess; errors and escalations are looked up when thrown."""
    if spec.element.event is not None and spec.element.event.kind in ("error", "escalation"):
        return None
    token = workflow.new_token(spec, scope_id, role="watcher")
    spec._update(token)
    return token
