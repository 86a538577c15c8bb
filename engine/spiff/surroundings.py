"""The subprocesses around the open steps of an instance that moves: which go on, which are left, and which begin around it.

A subprocess goes on while everything open in it stays inside it, and is left when all of that goes on elsewhere. Where the new
diagram draws one that is not running yet, it begins: one for all steps that can have come from one arrival at its start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.spiff import words
from engine.spiff.definition import Definition
from engine.spiff.nodes import Node
from engine.spiff.tokens import Scope, Token
from engine.spiff.workflow import DRAINING, Instance

Open = tuple[Token, Node]  # a token of the old instance, and where it goes on


@dataclass(frozen=True, slots=True)
class Entered:
    """A subprocess that begins: its own token stands in `parent`, what is open in it in `scope`."""

    node: Node
    parent: int
    token: int
    scope: int


@dataclass(slots=True)
class _Running:
    """One subprocess of the new diagram, and what is open in it."""

    scope: int
    members: list[Open] = field(default_factory=list)


class Surroundings:
    """left: tokens of the subprocesses that end. entered: those that begin, what is around first. faults: what cannot be, in German.

    moved: number of a token -> where it goes on. places: old place -> new place.
    """

    def __init__(self, old: Instance, target: Definition, moved: Mapping[int, Node], places: Mapping[str, str]) -> None:
        self.old, self.source, self.target, self.moved, self.places = old, old.definition, target, moved, places
        self.counter = old.counter
        self.left: set[int] = set()
        self.entered: list[Entered] = []
        self.faults: list[tuple[Node, str]] = []
        self._scopes: dict[int, int] = {}
        self._running: dict[tuple[int, str], list[_Running]] = {}
        self._owners = {scope.owner: scope for scope in old.scopes.values() if scope.kind in DRAINING and scope.owner is not None}
        self._decide()
        self.by_base: dict[int, list[Open]] = {}
        for token, node in self._placed():
            self.by_base.setdefault(self.base(token).id, []).append((token, node))
        self._place()
        self._refuse_another_way_on()

    def scope_of(self, token: Token) -> int:
        """Return the id of the scope in which a token of the old instance goes on."""
        return self._scopes.get(token.number, token.scope)

    def vanishes(self, token: Token) -> bool:
        """Return whether a token ends because it is a left subprocess, watches one, or waits in its scope for an event subprocess."""
        if token.role == "boundary":
            return token.host in self.left
        owner = self.old.scopes[token.scope].owner
        return token.number in self.left or (token.role == "watcher" and owner in self.left)

    def base(self, token: Token) -> Scope:
        """Return the innermost scope around a token that goes on."""
        return next(scope for scope in self._around(token) if scope.owner is None or scope.owner not in self.left)

    # -- which go on
    def _around(self, token: Token) -> Iterator[Scope]:
        """Yield the scopes of life around a token, innermost first."""
        current: int | None = token.scope
        while current is not None:
            scope = self.old.scopes[current]
            if scope.kind in DRAINING:
                yield scope
            current = scope.parent

    def _decide(self) -> None:
        stays: dict[int, dict[bool, Node]] = {}
        for number, node in self.moved.items():
            token = self.old.by_number[number]
            if token.role not in ("", "branch") or number in self._owners:
                continue
            for scope in self._around(token):
                if scope.owner is not None:
                    around = self.moved.get(scope.owner)
                    inside = around is not None and node.name.startswith(f"{around.name}/")
                    stays.setdefault(scope.owner, {}).setdefault(inside, token.task_spec)
        for owner, found in stays.items():
            container = self.old.by_number[owner].task_spec
            if True not in found:
                self.left.add(owner)
            elif False in found:
                text = (
                    f"{words.shown(found[False].element)} läge nicht mehr in {words.shown(container.element)}, wo aber "
                    f"{words.shown(found[True].element)} bleibt. Entweder gehen alle offenen Schritte hinaus oder keiner."
                )
                self.faults.append((found[False], text))

    # -- who goes on where
    def _placed(self) -> Iterator[Open]:
        """Yield what needs a place: subprocesses that go on before what enters them, outer ones first."""
        drives = [
            (self.old.by_number[number], node)
            for number, node in self.moved.items()
            if self.old.by_number[number].role in ("", "branch") and number not in self.left
        ]
        yield from sorted(drives, key=lambda one: (one[0].number not in self._owners, one[1].name.count("/"), one[0].number))

    def _place(self) -> None:
        for token, node in self._placed():
            base = self.base(token)
            around = self.moved[base.owner].name if base.owner is not None else ""
            scope = base.id
            for name in _between(around, node.path):
                scope = self._inside(scope, name, (token, node))
            self._scopes[token.number] = scope
            own = self._owners.get(token.number)
            if own is not None:
                self._running.setdefault((scope, node.name), []).append(_Running(own.id, list(self.by_base.get(own.id, ()))))
        for token in self.old.by_number.values():
            if token.role == "boundary" and token.host in self._scopes:
                self._scopes[token.number] = self._scopes[token.host]

    def _inside(self, parent: int, name: str, entering: Open) -> int:
        """Return the scope inside the subprocess `name` that a step enters: of one that runs, or of a new one."""
        running = self._running.setdefault((parent, name), [])
        fitting = [one for one in running if all(self._side_by_side(entering, member) for member in one.members)]
        if not fitting:
            token, scope = self.counter + 1, self.counter + 2
            self.counter = scope
            self.entered.append(Entered(self.target.node(name), parent, token, scope))
            fitting = [_Running(scope)]
            running += fitting
        elif len(fitting) > 1:
            element = self.target.node(name).element
            text = f"{words.shown(element)} liefe mehrmals zugleich; in welchen Lauf {words.shown(entering[0].task_spec.element)} gehört, ist offen."
            self.faults.append((entering[0].task_spec, text))
        fitting[0].members.append(entering)
        return fitting[0].scope

    def _refuse_another_way_on(self) -> None:
        """What comes after a subprocess that begins must be where one of its steps leads anyway, and after one that ends likewise.

        A side branch that was left alone in it is not enough: the way on was taken long ago, or would never be.
        """
        backwards: dict[str, set[str]] = {}
        for name, new in self.places.items():
            backwards.setdefault(new, set()).add(name)
        entered = {one.scope: one for one in self.entered}
        for one in (running for runs in self._running.values() for running in runs if running.scope in entered):
            after: set[str] = set()
            around: Entered | None = entered[one.scope]
            while around is not None:
                after |= _after(self.target, around.node.name)
                around = entered.get(around.parent)
            follows = set().union(*(backwards.get(name, ()) for name in after))
            names = [token.task_spec.name for token, _ in one.members]
            if follows and not leads_to(self.source, names, follows):
                container, member = entered[one.scope].node, one.members[0][0].task_spec
                text = f"Nach {words.shown(container.element)} ginge es weiter, wohin {words.shown(member.element)} bisher nicht führt; der Weg liefe zweimal."
                self.faults.append((member, text))
        for number in sorted(self.left):
            token, after = self.old.by_number[number], set()
            members = [node.name for other, node in self._placed() if self._is_in(other, number)]
            while token.number in self.left:
                after |= _after(self.source, token.task_spec.name)
                owner = self.old.scopes[token.scope].owner
                token = self.old.by_number[owner] if owner is not None else token
                if owner is None:
                    break
            follows = {self.places[name] for name in after if name in self.places}
            if follows and not leads_to(self.target, members, follows):
                container = self.old.by_number[number].task_spec
                text = f"Was nach {words.shown(container.element)} kommt, erreicht in der neuen Fassung kein offener Schritt daraus mehr."
                self.faults.append((container, text))

    def _is_in(self, token: Token, owner: int) -> bool:
        return any(scope.owner == owner for scope in self._around(token))

    def _side_by_side(self, one: Open, other: Open) -> bool:
        """Return whether both steps can be open after one arrival at the start of the subprocess around them."""
        (token, node), (other_token, other_node) = one, other
        if token.role == other_token.role == "branch" and token.host == other_token.host:
            return True
        if node is other_node:
            return _is_join(node) and token.via != other_token.via
        name, other_name = apart(node.name, other_node.name)
        if name == other_name:
            return True  # one is around the other
        for join in self.target.nodes():
            if _is_join(join) and join.path == name.rpartition("/")[0]:
                flows, other_flows = self._flows_into(join, name, token), self._flows_into(join, other_name, other_token)
                if flows and other_flows and (len(flows | other_flows) > 1):
                    return True
        return not self.target.reaches(name, other_name) and not self.target.reaches(other_name, name)

    def _flows_into(self, join: Node, name: str, token: Token) -> set[str | None]:
        if name == join.name:
            return {token.via}
        return {flow for flow in join.incoming if self.target.comes_over(name, join.name, flow)}


def _is_join(node: Node) -> bool:
    return node.element.kind in ("parallel_gateway", "inclusive_gateway") and len(node.incoming) > 1


def _between(around: str, path: str) -> Iterator[str]:
    """Yield the names of the subprocesses inside `around` down to `path`."""
    inner = path if not around else path[len(around) + 1 :] if path.startswith(f"{around}/") else ""
    for part in inner.split("/") if inner else ():
        around = f"{around}/{part}".lstrip("/")
        yield around


def _after(definition: Definition, name: str) -> set[str]:
    """Return the names of what can come after a node in its own container."""
    return {node.name for node in definition.nodes() if node.path == definition.node(name).path and definition.reaches(name, node.name)}


def leads_to(definition: Definition, names: Iterable[str], goals: Iterable[str]) -> bool:
    """Return whether one of the steps can come to one of the goals: by itself, or round by the end of what is around both."""
    return any(_comes_to(definition, name, goal) for name in names for goal in goals)


def _comes_to(definition: Definition, name: str, goal: str) -> bool:
    one, other = apart(name, goal)
    if one == other or definition.reaches(one, other):
        return True
    around = one.rpartition("/")[0]
    while around:
        node = definition.node(around)
        behind = (*(target for _, target in node.out), *node.boundaries)
        if any(next_ == around or definition.reaches(next_, around) for next_ in behind):
            return True
        around = around.rpartition("/")[0]
    return False


def apart(name: str, other: str) -> tuple[str, str]:
    """Return the parts of two names up to where they differ: what stands for each in the innermost container around both."""
    parts, others = name.split("/"), other.split("/")
    depth = next((n for n, (one, two) in enumerate(zip(parts, others, strict=False)) if one != two), min(len(parts), len(others)) - 1)
    return "/".join(parts[: depth + 1]), "/".join(others[: depth + 1])
