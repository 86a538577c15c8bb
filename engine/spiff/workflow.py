"""One running instance: SpiffWorkflow's task tree with our tokens, scopes and journal.

Only subclassing. SpiffWorkflow gives tasks, their states and their life cycle (`_update`, `_run`, `_on_complete`, `cancel`);
ours are the scopes (process-scoped variables, subprocesses, calls, event subprocesses), the flat ready queue instead of tree
scans (which stop at depth 1000), ids from a counter instead of uuid4, and no clock at all.
"""

from __future__ import annotations

from collections import ChainMap, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha1
from typing import TYPE_CHECKING
from uuid import UUID

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine import dmn, errors, feel, values
from engine.protocol import Changed, Event, Outgoing, Wait
from engine.spiff import children, juel
from engine.spiff.budget import Budget
from engine.spiff.expressions import Expression
from engine.spiff.near import Near
from engine.spiff.tokens import Change, Scope, Token

if TYPE_CHECKING:
    from engine.spiff.definition import Definition
    from engine.spiff.nodes import Node

CURRENT_USER = "currentUser"
ABOUT_EXECUTION = frozenset({juel.BUSINESS_KEY, juel.INSTANCE_ID})
TOKEN_BUDGET = 20_000  # tokens at once: nested loops make them faster than a step uses up its budget
UUID_MASK = ~(0xF000 << 64 | 0xC000 << 48)
UUID_VERSION_5 = 5 << 76 | 0x8000 << 48
LONG_RUN = 200  # completed tasks after which a long step is pruned
DRAINING = frozenset({"process", "call", "subprocess", "event_subprocess"})


@dataclass(frozen=True, slots=True)
class BoundDecision:
    """A decision as the durable layer resolved it: the version that applies now."""

    version_id: str
    model: dmn.Model
    decision_id: str


class Instance(BpmnWorkflow):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """A process instance in memory. `begin` opens a step, `run` executes what is ready, `finish` gives its outcome."""

    def __init__(self, definition: Definition, instance_id: UUID, business_key: str, functions: Iterable[feel.Function]) -> None:
        super().__init__(definition.spec, {}, None, deserializing=True)
        self.definition = definition
        self.instance_id = instance_id
        self.namespace = instance_id.bytes
        self.business_key = business_key
        self.counter = 0
        self.scopes: dict[int, Scope] = {}
        self.by_number: dict[int, Token] = {}
        self.near = Near()
        self.ready: deque[Token] = deque()
        self.drained: deque[int] = deque()
        self.outcome: str | None = None
        self.functions = tuple(self._recorded(function) for function in functions)
        self.reserved = frozenset(function.name for function in self.functions) | {CURRENT_USER}
        self.task_tree: Token | None = None
        self.changes: list[Change] = []
        self.fresh: set[int] = set()
        # Children kept apart (engine.spiff.children): scope of an activity's children -> its token, what is not loaded, what was given.
        self.split_above = children.SPLIT_ABOVE
        self.bodies: dict[int, int] = {}
        self.families: dict[int, children.Family] = {}
        self.given: dict[int, bytes] = {}
        self._open_step(None, "", {})

    # ---------------------------------------------------------------- one step
    def _open_step(self, now: datetime | None, by: str, decisions: Mapping[str, BoundDecision]) -> None:
        self.now = now
        self.by = by
        self.decisions = decisions
        self.journal: list[Event] = []
        self.opened: dict[UUID, Wait] = {}
        self.closed: list[UUID] = []
        self.changed: list[Changed] = []
        self.outgoing: list[Outgoing] = []
        self.decisions_used: dict[str, str] = {}
        self.budget = Budget()

    def open_step(self, now: datetime, by: str | None, decisions: Mapping[str, BoundDecision]) -> None:
        """Start a step: from here on `now` is the only clock."""
        self._open_step(now, by or "", decisions)

    @property
    def moment(self) -> datetime:
        """The step's `now`."""
        if self.now is None:
            raise RuntimeError("no step is open")
        return self.now

    def run(self) -> None:
        """Execute ready tokens until every branch waits or has ended.

        Raises errors.Incident when the budget is used up, and when joins wait for what can never come.
        """
        since_prune = 0
        self.check_conditions()
        while True:
            while self.ready:
                token = self.ready.popleft()
                if token._state != TaskState.READY:
                    continue
                self.budget.use(token)
                token.run()
                self._drain()
                self.check_conditions()
                since_prune += 1
                if since_prune >= LONG_RUN:
                    self.prune()
                    since_prune = 0
            if not self._settle():
                self._refuse_standstill()
                return

    def _refuse_standstill(self) -> None:
        """Raise errors.Incident when nothing is ready and nothing is open: joins that wait for what cannot come."""
        if self.outcome is not None or any(token.internal_data.get("w") for token in self.by_number.values()):
            return
        if children.something_waits(self):
            return
        children.require(self)  # to name what stands still
        stuck = {token.task_spec.element.id: token.task_spec.shown for token in self.live_tokens() if token._state == TaskState.WAITING}
        names, verb = ", ".join(f"„{shown}“" for shown in stuck.values()), "wartet" if len(stuck) == 1 else "warten"
        raise errors.Incident(
            f"Der Prozess steht still: {names} {verb} auf einen Weg, auf dem nichts mehr kommen kann. "
            "Bitte im Diagramm prüfen, ob zusammengeführt wird, was vorher nicht parallel geteilt wurde.",
            next(iter(stuck), ""),
        )

    def _drain(self) -> None:
        while self.drained:
            scope = self.scopes.get(self.drained.popleft())
            if scope is not None and scope.live == 0 and self.outcome is None:
                self.scope_ended(scope)

    def _settle(self) -> bool:
        """Wake what depends on the whole instance: inclusive joins. Return whether anything woke."""
        woke = False
        self.check_conditions()
        for token in self.live_tokens():
            if token._state == TaskState.WAITING and token.task_spec.waits_for_those_on_the_way:
                woke = token.task_spec.try_join(token) or woke
        self._drain()
        return woke or bool(self.ready)

    def check_conditions(self) -> None:
        """Let conditional events look at what changed since the last look, from the outside inwards, before anything else runs."""
        changes, fresh = self.changes, self.fresh
        if not changes and not fresh:
            return
        self.changes, self.fresh = [], set()
        if not self.definition.has_conditions:
            return
        waiting = [t for t in self.live_tokens() if t.task_spec.is_conditional and t._state == TaskState.WAITING]
        for token in sorted(waiting, key=lambda t: (len(self.scopes[t.scope].path), t.number)):
            if token._state != TaskState.WAITING:
                continue  # interrupted by an outer one
            seen = {scope.id for scope in self.chain(token.local or token.scope)}
            visible = [change for change in changes if change.scope in seen]
            token.task_spec.look(token, None if token.number in fresh else visible)
        self._drain()

    # ---------------------------------------------------------------- tokens
    def id_of(self, number: int) -> UUID:
        """Return the id of the token with that number: uuid5(instance, number), in a third of the library's time."""
        digest = sha1(self.namespace + b"%d" % number, usedforsecurity=False).digest()
        return UUID(int=int.from_bytes(digest[:16], "big") & UUID_MASK | UUID_VERSION_5)

    def new_token(
        self, spec: Node, scope: int, *, parent: Token | None = None, via: str | None = None, role: str = "", host: int | None = None
    ) -> Token:
        """Return a new token at `spec`; only what drives its scope counts as alive in it."""
        if len(self.by_number) >= TOKEN_BUDGET:
            raise errors.Incident(
                f"Der Vorgang hätte mehr als {TOKEN_BUDGET} Schritte zugleich. Bitte die Mehrfachausführungen im Diagramm prüfen.",
                spec.element.id,
            )
        self.counter += 1
        token = Token(self, spec, parent or self.task_tree, self.counter, scope)
        token.via, token.role, token.host = via, role, host
        self.by_number[token.number] = token
        self.near.add(token)
        if role not in ("boundary", "watcher"):
            self.scopes[scope].live += 1
        return token

    def token_ended(self, token: Token) -> None:
        """Account for a token that completed or was cancelled."""
        scope = self.scopes.get(token.scope)
        if scope is not None and token.role not in ("boundary", "watcher"):
            scope.live -= 1
            if scope.live == 0 and scope.kind in DRAINING:
                self.drained.append(scope.id)

    def live_tokens(self) -> list[Token]:
        """Return the unfinished tokens in the order of their numbers."""
        return [token for token in self.by_number.values() if token.is_live]

    def waiting(self, wait_id: UUID) -> Token:
        """Return the token of an open wait, as `open_wait` declared it. Raises errors.InvalidState."""
        token = self.tasks.get(wait_id)
        if not isinstance(token, Token) or not token.is_live or not token.internal_data.get("w"):
            raise errors.InvalidState(
                "Der Schritt wird nicht mehr erwartet: Er ist schon erledigt oder wurde abgebrochen. Bitte den Fall neu laden."
            )
        return token

    def get_task_from_id(self, task_id: UUID) -> Token:
        return self.waiting(task_id)

    def _task_completed_notify(self, task: Token) -> None:
        """Nothing to look for: scopes know when they end, and waiting tokens are woken by stimuli."""

    def refresh_timers(self) -> None:
        """Timers fire from the database only."""

    def prune(self) -> None:
        """Forget finished tokens; what they did is in the journal. Needed for correctness, not only for speed."""
        root = self.task_tree
        if root is None:
            return
        kept = {token.id: token for token in self.by_number.values() if token.is_live}
        for token in kept.values():
            token._parent, token._children = root.id, []
        root._children = list(kept)
        self.by_number = {token.number: token for token in kept.values()}
        self.near.only(kept.values())
        self.tasks = {root.id: root, **kept}
        self.last_task = None

    # ---------------------------------------------------------------- scopes and variables
    def new_scope(
        self, parent: int | None, kind: str, owner: int | None, path: str, variables: Mapping[str, object] | None = None
    ) -> Scope:
        """Return a new scope; `path` names it in history."""
        self.counter += 1
        scope = Scope(self.counter, parent, kind, owner, path, dict(variables or {}))
        self.scopes[scope.id] = scope
        self.near.add_scope(scope)
        return scope

    def chain(self, scope_id: int) -> list[Scope]:
        """Return the scopes whose variables are visible, innermost first; a called process sees only its own."""
        found = []
        current: int | None = scope_id
        while current is not None:
            scope = self.scopes[current]
            found.append(scope)
            current = None if scope.kind in ("process", "call") else scope.parent
        return found

    def view(self, scope_id: int) -> ChainMap[str, object]:
        """Return the visible variables; nothing hides who is acting."""
        return ChainMap({CURRENT_USER: self.by}, *(scope.variables for scope in self.chain(scope_id)))

    def key_of(self, token: Token) -> str | None:
        """Return the business key that the nearest call around the token was given, or None for that of the instance."""
        current: int | None = token.scope
        while current is not None:
            scope = self.scopes[current]
            if scope.key is not None:
                return scope.key
            current = scope.parent
        return None

    def computed(self, made: Mapping[str, object], token: Token) -> dict[str, object]:
        """Return values that the diagram computed as they are stored. Raises errors.Incident naming the element."""
        element = token.task_spec.element
        try:
            checked = values.check(made)
        except errors.InvalidInput as fault:
            raise errors.Incident(f"„{element.label or element.id}“: {fault}", element.id) from fault
        for name in self.reserved.intersection(checked):
            raise errors.Incident(f"„{element.label or element.id}“ setzt „{name}“; der Name ist vergeben.", element.id)
        return checked

    def assign(self, scope_id: int, given: Mapping[str, object], element_id: str) -> None:
        """Set variables where they exist, else in the process (Camunda's rule). Raises errors.InvalidInput for a reserved name."""
        if not given:
            return
        chain = self.chain(scope_id)
        self.refuse_reserved(given)
        for name, value in given.items():
            target = next((scope for scope in chain if name in scope.variables), chain[-1])
            self.changes.append(Change(target.id, name, "update" if name in target.variables else "create"))
            target.variables[name] = value
        self.journal.append(Event("variables_changed", element_id, chain[-1].path, values.unshared(dict(given))))

    def remove(self, scopes: Sequence[Scope], names: Iterable[str], element_id: str) -> None:
        """Remove each variable from the first of the scopes that has it; what is nowhere is gone already."""
        gone = []
        for name in names:
            target = next((scope for scope in scopes if name in scope.variables), None)
            if target is not None:
                del target.variables[name]
                self.changes.append(Change(target.id, name, "delete"))
                gone.append(name)
        if gone:
            self.journal.append(Event("variables_removed", element_id, scopes[0].path, {"names": gone}))

    def assign_here(self, scope_id: int, given: Mapping[str, object]) -> None:
        """Set variables in one scope only, unseen outside it. Raises errors.InvalidInput for a reserved name."""
        self.refuse_reserved(given)
        self.scopes[scope_id].variables |= given

    def refuse_reserved(self, given: Mapping[str, object]) -> None:
        """Raise errors.InvalidInput for a variable whose name the engine needs itself."""
        for name in self.reserved.intersection(given):
            what = "nennt die handelnde Person" if name == CURRENT_USER else "ist der Name einer Rechtsfunktion"
            raise errors.InvalidInput(f"„{name}“ {what} und darf keine Variable sein.")

    def scope_ended(self, scope: Scope) -> None:
        """The last token of a scope has ended: complete its owner, or the instance."""
        for token in self.near.in_scope(scope.id):
            token.cancel()
        if scope.owner is None:
            self.complete("completed")
            return
        owner = self.by_number[scope.owner]
        if owner.is_live:
            owner.task_spec.inner_ended(owner, scope)

    def drop_scope(self, scope_id: int) -> None:
        """Forget a scope and those inside it."""
        for inner in self.near.within(scope_id):
            self.drop_scope(inner.id)
        gone = self.scopes.pop(scope_id, None)
        if gone is not None:
            self.near.drop_scope(gone)

    def cancel_scope(self, scope_id: int, keep: Token | None = None) -> None:
        """Cancel every token in the scope and inside it."""
        children.require_inside(self, scope_id)
        for token in self.near.inside(scope_id):
            if token is not keep and token.is_live:
                token.cancel()

    def is_inside(self, scope_id: int | None, outer: int) -> bool:
        while scope_id is not None:
            if scope_id == outer:
                return True
            scope = self.scopes.get(scope_id)
            scope_id = scope.parent if scope else None
        return False

    def complete(self, outcome: str) -> None:
        """End the instance."""
        self.outcome = outcome
        self.completed = True
        self.journal.append(Event("instance_completed", "", "", {"outcome": outcome}))

    # ---------------------------------------------------------------- waits and history
    def open_wait(self, token: Token, wait: Wait) -> None:
        """Declare what a token waits for; from now on an answer of that kind may name it."""
        token.internal_data["w"] = wait.kind
        child = children.of_scope(self, token.scope)
        if child is not None:
            wait = replace(wait, child=child)
        self.opened[wait.id] = wait
        detail: dict[str, object] = {"wait": str(wait.id), "kind": wait.kind}
        if wait.name is not None:
            detail["name"] = wait.name
        if wait.due_at is not None:
            detail["due_at"] = wait.due_at
        self.journal.append(Event("wait_opened", token.task_spec.element.id, self.path_of(token), detail))

    def close_wait(self, token: Token) -> None:
        """The token no longer waits."""
        if not token.internal_data.pop("w", False):
            return
        if self.opened.pop(token.id, None) is None:
            self.closed.append(token.id)
        self.journal.append(Event("wait_closed", token.task_spec.element.id, self.path_of(token), {"wait": str(token.id)}))

    def path_of(self, token: Token) -> str:
        """Return the call and subprocess path of a token, as history and diagrams name it."""
        return self.scopes[token.scope].path if token.scope in self.scopes else token.task_spec.path

    def journal_element(self, kind: str, token: Token, **detail: object) -> None:
        self.journal.append(Event(kind, token.task_spec.element.id, self.path_of(token), detail))

    def warn(self, element_id: str, path: str, message: str) -> None:
        self.journal.append(Event("warning", element_id, path, {"message": message}))

    def _recorded(self, function: feel.Function) -> feel.Function:
        def call(*arguments: object) -> object:
            result = function.call(*arguments)
            self.journal.append(Event("function_called", "", "", {"name": function.name, "arguments": list(arguments), "result": result}))
            return result

        return feel.Function(function.name, function.parameters, call, function.source)

    def evaluate(self, expression: Expression, token: Token, where: str, *, scope: int | None = None) -> object:
        """Return the value of an expression seen from a token. Raises errors.Incident naming the element."""
        element = token.task_spec.element
        visible = self.view(scope if scope is not None else (token.local or token.scope))
        if not ABOUT_EXECUTION.isdisjoint(expression.names):
            key = self.key_of(token) or self.business_key or None
            visible = visible.new_child({juel.BUSINESS_KEY: key, juel.INSTANCE_ID: str(self.instance_id)})
        try:
            value, warnings = expression.value(visible, now=self.moment, functions=self.functions)
        except feel.FeelError as fault:
            raise errors.Incident(f"{where} von „{element.label or element.id}“: {fault}", element.id) from fault
        if value is None:
            for warning in warnings:
                self.warn(element.id, self.path_of(token), f"{where}: {warning}")
        return value
