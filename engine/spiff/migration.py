"""Move a running instance to another version of its diagram: pure, like every step.

Each open token goes on in the place that corresponds to its own, under the same id, so that tasks keep their assignee and drafts and
timers their dates. What is newly drawn around it is armed, what vanished is closed; subprocesses begin around it or are left
(engine.spiff.surroundings). What cannot be moved is refused with all reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine import errors, feel
from engine.protocol import Changed, Event, Step, Stimulus
from engine.spiff import activities, children, containers, gateways, mapping, state, step, words
from engine.spiff import waits as drawn_waits
from engine.spiff.definition import Definition
from engine.spiff.nodes import Node
from engine.spiff.surroundings import Surroundings, apart, leads_to
from engine.spiff.tokens import Scope, Token
from engine.spiff.workflow import DRAINING, BoundDecision, Instance

MAY_VANISH = frozenset({"boundary", "watcher", "branch"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an instance cannot be moved, and at which element of the old diagram. German."""

    element_id: str
    message: str


class Refused(errors.InvalidState):
    """The instance cannot be moved; it stands where it stood. `reasons` has all of them."""

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(" ".join(reason.message for reason in self.reasons))


def migrate(
    source: Definition,
    target: Definition,
    before: bytes | step.Live,
    stimulus: Stimulus,
    now: datetime,
    *,
    instance_id: UUID,
    business_key: str,
    decisions: Mapping[str, BoundDecision] | None = None,
    functions: Iterable[feel.Function] = (),
    given: Mapping[int, bytes] = step.NO_CHILDREN,
) -> tuple[Step, step.Live | None]:
    """Return the step that moves an instance from one definition to another.

    given: all children kept apart; raises children.Needed where one is missing.

    Raises errors.InvalidInput for a mapping that fits not the two, Refused where this instance cannot follow it, and errors.Incident
    where an expression of the new diagram cannot be evaluated.
    """
    if stimulus.migration is None:
        raise errors.InvalidInput("Es ist nicht angegeben, in welche Fassung der Vorgang umgestellt wird.")
    functions = tuple(functions)
    kept = before if isinstance(before, bytes) else state.dump(before)[0]
    old = state.load(kept, source, instance_id, business_key, functions)
    state.attach(old, given)
    children.require(old)
    new = Instance(target, instance_id, business_key, functions)
    old.open_step(now, stimulus.by, {})  # for what is left: its output parameters are set as drawn there
    new.open_step(now, stimulus.by, decisions or {})
    _Move(source, target, mapping.resolve(source, target, stimulus.migration.mapping), old, new).run(stimulus)
    return step.result(new)


class _Move:
    """One instance on its way from `old` to `new`; `places` says where each node goes on."""

    def __init__(self, source: Definition, target: Definition, places: Mapping[str, str], old: Instance, new: Instance) -> None:
        self.source, self.target, self.places, self.old, self.new = source, target, places, old, new
        self.reasons: list[Reason] = []
        self.moved: dict[int, Node] = {}
        self.gateways: dict[int, Node] = {}

    def run(self, stimulus: Stimulus) -> None:
        """Fill the new instance and let it go on as far as it can. Raises Refused."""
        self._place_tokens()
        self._place_branches()
        self._refuse_what_meets()
        if self.reasons:
            raise Refused(self.reasons)
        rows = [self._row(self.old.by_number[number], node) for number, node in self.moved.items()]
        if self.reasons:
            raise Refused(self.reasons)
        self._leave()
        scopes = self._scopes()
        rows += [[one.token, one.node.name, TaskState.STARTED, one.parent, None, None, None, "", {}] for one in self.around.entered]
        state.restore(self.new, self.around.counter, scopes, rows)
        children.take_over(self.new, self.old.given)
        self._refuse_what_would_wait_for_ever()
        if self.reasons:
            raise Refused(self.reasons)
        self._tell(stimulus)
        self._arm()
        self._join()
        self.new.run()

    # -- where each token goes on
    def _place_tokens(self) -> None:
        for number, token in self.old.by_number.items():
            name = self.places.get(token.task_spec.name)
            if name is not None:
                self.moved[number] = self.target.node(name)
        self.around = Surroundings(self.old, self.target, self.moved, self.places)
        for number, token in self.old.by_number.items():
            if self.around.vanishes(token):
                self.moved.pop(number, None)
            elif number not in self.moved and token.role not in MAY_VANISH:
                element = token.task_spec.element
                self._refuse(token.task_spec, f"{words.shown(element)} ({words.of(element)}) hat in der neuen Fassung keine Entsprechung.")
        for place, message in self.around.faults:
            self._refuse(place, message)

    def _place_branches(self) -> None:
        """Of the events behind a gateway at least one must remain, all behind the same gateway."""
        hosts: dict[int, list[Token]] = {}
        for token in self.old.by_number.values():
            if token.role == "branch":
                hosts.setdefault(token.host or 0, []).append(token)
        for host, branches in hosts.items():
            targets = {self.moved[token.number].name for token in branches if token.number in self.moved}
            behind = [
                node
                for node in self.target.nodes()
                if node.element.kind == "event_gateway" and targets and targets <= {name for _, name in node.out}
            ]
            if len(behind) != 1:
                text = f"{words.shown(branches[0].task_spec.element)} steht in der neuen Fassung nicht mehr hinter demselben Gateway."
                self._refuse(branches[0].task_spec, text)
            else:
                self.gateways[host] = behind[0]

    def _refuse_what_meets(self) -> None:
        """Two steps must not become one, and none may run into another that it could not reach before."""
        for opened in self.around.by_base.values():
            standing: dict[str, Node] = {}
            main = [token for token, _ in opened if token.role == ""]
            for token in main:
                old = token.task_spec
                other = standing.setdefault(self.moved[token.number].name, old)
                if other is not old:
                    self._refuse(old, f"{words.shown(old.element)} und {words.shown(other.element)} würden zu demselben Schritt.")
            for token in main:
                for other_token in main:
                    if token.task_spec is not other_token.task_spec and self._would_run_twice(token, other_token):
                        text = (
                            f"Von {words.shown(token.task_spec.element)} führt der Weg in der neuen Fassung zu "
                            f"{words.shown(other_token.task_spec.element)}, wo der Vorgang auch schon steht; der Schritt liefe zweimal."
                        )
                        self._refuse(token.task_spec, text)

    def _would_run_twice(self, token: Token, other: Token) -> bool:
        """Return whether one step leads to the other in the new diagram, and did not in the old one. Each may be inside of what leads."""
        new = self.moved[other.number]
        one, two = apart(self.moved[token.number].name, new.name)
        if one == two or (two == new.name and new.element.kind in ("parallel_gateway", "inclusive_gateway")):
            return False
        return self.target.reaches(one, two) and not leads_to(self.source, [token.task_spec.name], [other.task_spec.name])

    def _row(self, token: Token, node: Node) -> list[Any]:
        """Return the packed token at its new node (see state.dump)."""
        via, data, scope = token.via, dict(token.internal_data), self.around.scope_of(token)
        if data.get("outer") == token.scope:
            data["outer"] = scope
        if token._state == TaskState.WAITING and token.role == "" and len(token.task_spec.incoming) > 1:
            via = self._flow(token, node)
        if token.role == "branch":
            gateway = self.gateways[token.host or 0]
            via = next(flow.id for flow, target in gateway.out if target == node.name)
        return [token.number, node.name, token._state, scope, via, token.local, token.host, token.role, data]

    def _flow(self, token: Token, node: Node) -> str | None:
        """Return over which flow a token that waits at a join has come, in the new diagram."""
        join = token.task_spec
        if token.via in node.incoming or node.element.kind not in ("parallel_gateway", "inclusive_gateway"):
            return token.via
        sources = [spec for spec in self.source.nodes() if any(f.id == token.via and t == join.name for f, t in spec.out)]
        flows = {
            flow.id
            for name in self._counterparts(sources)
            for flow, target in self.target.node(apart(name, node.name)[0]).out
            if target == node.name
        }
        if len(flows) == 1:
            return flows.pop()
        if node.element.kind == "parallel_gateway":
            text = f"An {words.shown(join.element)} wartet ein Zweig auf die anderen, den es in der neuen Fassung so nicht gibt."
            self._refuse(join, text)
        return token.via

    def _counterparts(self, nodes: Iterable[Node]) -> Iterator[str]:
        """Yield the names in the new diagram of nodes and of what is inside them, where no instance can stand by their id alone."""
        named: dict[str, list[str]] = {}
        for new in self.target.nodes():
            named.setdefault(new.element.id, []).append(new.name)
        for spec in nodes:
            for inner in self.source.nodes():
                if inner is spec or inner.name.startswith(f"{spec.name}/"):
                    same = named.get(inner.element.id, [])
                    found = self.places.get(inner.name) or (same[0] if len(same) == 1 else None)
                    if found is not None:
                        yield found

    def _leave(self) -> None:
        """Set the output parameters of the subprocesses that end, what is inside first."""
        left = sorted((self.old.by_number[number] for number in self.around.left), key=lambda token: -token.task_spec.name.count("/"))
        for token in left:
            self.old.journal_element("element_cancelled", token, migrated=True)
            token.task_spec.give_out(token)

    def _scopes(self) -> list[list[Any]]:
        """Return the packed scopes, in what is around them now and with their paths in the new diagram."""
        paths: dict[int, str] = {}
        entered = {one.scope: one for one in self.around.entered}

        def path(scope_id: int) -> str:
            if scope_id not in paths:
                begun, scope = entered.get(scope_id), self.old.scopes.get(scope_id)
                if begun is not None:
                    paths[scope_id] = f"{path(begun.parent)}/{begun.node.element.id}".lstrip("/")
                elif scope is not None and scope.owner is not None:
                    owner = self.old.by_number[scope.owner]
                    paths[scope_id] = self._path(scope, owner, path(self.around.scope_of(owner)))
                else:
                    paths[scope_id] = scope.path if scope is not None else ""
            return paths[scope_id]

        rows: list[list[Any]] = []
        for scope in self.old.scopes.values():
            if scope.owner in self.around.left:
                continue
            parent = scope.parent
            if scope.owner is not None and parent == self.old.by_number[scope.owner].scope:
                parent = self.around.scope_of(self.old.by_number[scope.owner])
            key = (scope.key,) if scope.key is not None else ()
            rows.append([scope.id, parent, scope.kind, scope.owner, path(scope.id), scope.variables, *key])
        return rows + [[one.scope, one.parent, "subprocess", one.token, path(one.scope), {}] for one in self.around.entered]

    def _path(self, scope: Scope, owner: Token, around: str) -> str:
        """Return the path of a scope: of a subprocess its own, of a loop's round that of the activity with its number."""
        own = self.moved[owner.number].element.id
        if scope.kind in DRAINING:
            return f"{around}/{own}".lstrip("/")
        _, is_round, number = scope.path.rpartition("/")[2].partition("#")
        if is_round and owner.role != "instance" and owner.task_spec.element.loop is not None:
            return f"{around}/{own}#{number}".lstrip("/")
        return around

    def _refuse_what_would_wait_for_ever(self) -> None:
        """A parallel join that a token can reach needs, on each of its flows, a token that can still come.

        What waits in vain in the old diagram too, say for an end that terminates everything, is drawn so.
        """
        goes_to: dict[int, set[int]] = {}
        for token in self.old.by_number.values():
            goes_to.setdefault(token.scope, {token.scope}).add(self.around.scope_of(token))
        before = {
            (now, self.places.get(join.name)) for scope, join in _in_vain(self.source, self.old) for now in goes_to.get(scope, {scope})
        }
        for scope, join in _in_vain(self.target, self.new):
            if (scope, join.name) not in before:
                text = f"An {words.shown(join.element)} würde der Vorgang auf einen Zweig warten, der für ihn nie begonnen wurde."
                self._refuse(join, text)

    def _refuse(self, node: Node, message: str) -> None:
        reason = Reason(node.element.id, message)
        if reason not in self.reasons:
            self.reasons.append(reason)

    # -- what is told, changed, closed and opened
    def _tell(self, stimulus: Stimulus) -> None:
        """Write down what moved, change the waits whose words are drawn otherwise, and close what vanished."""
        new, journal = self.new, self.new.journal
        told = stimulus.migration
        if told is not None:
            journal.append(Event("instance_migrated", "", "", {"from": told.from_bundle, "to": told.to_bundle}))
        journal += self.old.journal
        new.changes += self.old.changes
        self._enter()
        for number, old_token in self.old.by_number.items():
            path = self.old.path_of(old_token)
            if number not in self.moved:
                if old_token.internal_data.get("w"):
                    new.closed.append(old_token.id)
                    journal.append(Event("wait_closed", old_token.task_spec.element.id, path, {"wait": str(old_token.id)}))
                continue
            token = new.by_number[number]
            if token.task_spec.element.id != old_token.task_spec.element.id or new.path_of(token) != path:
                new.journal_element("element_migrated", token, source=old_token.task_spec.name)
            kind = token.internal_data.get("w")
            if kind:
                fields = drawn_waits.changes(old_token, token, path)
                if fields:
                    new.changed.append(Changed(token.id, kind, token.task_spec.element.id, fields))
                    due = {"due_at": fields["due_at"]} if fields.get("due_at") is not None else {}
                    new.journal_element("wait_changed", token, wait=str(token.id), fields=sorted(fields), **due)

    def _enter(self) -> None:
        """Begin the subprocesses that are around the open steps now: their input parameters, and what they wait for besides."""
        for one in self.around.entered:
            token = self.new.by_number[one.token]
            self.new.journal_element("element_activated", token, migrated=True)
            one.node.open_locals(token)
            if token.local is not None:
                scope = self.new.scopes[one.scope]
                self.new.near.drop_scope(scope)
                scope.parent = token.local
                self.new.near.add_scope(scope)
            one.node.open_boundaries(token)
            for name in one.node.watchers:
                containers.arm_watcher(self.new, self.target.node(name), one.scope)

    def _arm(self) -> None:
        """Open what is drawn newly: boundary events, event subprocesses, and events behind a gateway."""
        new = self.new
        for number, node in self.moved.items():
            token = new.by_number[number]
            if isinstance(node, activities.Activity) and token._state == TaskState.STARTED and token.role != "instance":
                for name in self._fresh(node.boundaries, self.old.by_number[number].task_spec.boundaries):
                    activities.open_boundary(token, name)
        begun = {one.scope for one in self.around.entered}
        for scope in list(new.scopes.values()):
            if scope.kind in DRAINING and scope.id not in begun and not self._is_interrupted(scope):
                owner = self.moved.get(scope.owner or 0)
                before = self.old.by_number[scope.owner].task_spec.watchers if scope.owner is not None else self.source.watchers
                for name in self._fresh(owner.watchers if owner is not None else self.target.watchers, before):
                    containers.arm_watcher(new, self.target.node(name), scope.id)
        for host, gateway in self.gateways.items():
            branch = next(token for token in new.live_tokens() if token.role == "branch" and token.host == host)
            drawn = next(token for token in self.old.by_number.values() if token.role == "branch" and token.host == host)
            before = self._targets_beside(drawn)
            for flow, name in gateway.out:
                if name in self._fresh([name], before):
                    fresh = gateways.new_branch(new, flow, name, branch.scope, host)
                    fresh.task_spec._update(fresh)

    def _fresh(self, drawn: Iterable[str], before: Iterable[str]) -> list[str]:
        """Return the names that continue nothing that was drawn before: what has fired already stays fired."""
        continued = {self.places.get(name) for name in before}
        return [name for name in drawn if name not in continued]

    def _targets_beside(self, branch: Token) -> list[str]:
        flow_id = branch.via
        for node in self.source.nodes():
            if any(flow.id == flow_id and target == branch.task_spec.name for flow, target in node.out):
                return [target for _, target in node.out]
        return []

    def _is_interrupted(self, scope: Scope) -> bool:
        """Return whether an interrupting event subprocess has taken over the scope: nothing else may start in it then."""
        starts = {self.target.container_of[name] for name in self.target.container_of if self.target.node(name).element.interrupting}
        return any(token.scope == scope.id and token.task_spec.name in starts for token in self.new.live_tokens() if token.role == "")

    def _join(self) -> None:
        """Let joins go on that wait for nothing any more, because a way into them vanished."""
        done: set[tuple[int, str]] = set()
        for token in self.new.live_tokens():
            key = (token.scope, token.task_spec.name)
            if isinstance(token.task_spec, gateways.ParallelGateway) and token._state == TaskState.WAITING and key not in done:
                done.add(key)
                if token.task_spec.joined(token):
                    token._ready()


def _in_vain(definition: Definition, instance: Instance) -> list[tuple[int, Node]]:
    """Return (scope, join) of each parallel join that some tokens of the scope come to, but not one on each of its flows."""
    joins = [node for node in definition.nodes() if node.element.kind == "parallel_gateway" and len(node.incoming) > 1]
    by_scope: dict[int, list[Token]] = {}
    for token in instance.by_number.values():
        if token.role in ("", "branch"):
            by_scope.setdefault(token.scope, []).append(token)
    found = []
    for scope, tokens in by_scope.items():
        for join in joins:
            here = {token.via for token in tokens if token.task_spec is join}
            others = [token.task_spec.name for token in tokens if token.task_spec is not join]
            empty = [flow for flow in join.incoming if flow not in here]
            comes = [flow for flow in empty if any(definition.comes_over(name, join.name, flow) for name in others)]
            if (here or comes) and len(comes) < len(empty):
                found.append((scope, join))
    return found
