"""A tiny token game over the blocks, in continuations: it knows no graph, no tokens and nothing of the engine.

`Game.pending` is what is waited for, `Game.completed` counts the completed elements, `Game.variables` are those of the process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.engine.random_diagrams import blocks

Then = Callable[[], None]


class Variables:
    """A level of variables: set where they exist, else at the root; a called process has a root of its own."""

    def __init__(self, own: dict[str, object], outer: Variables | None) -> None:
        self.own = own
        self.outer = outer

    def get(self, name: str) -> object:
        return self.own[name] if name in self.own else self.outer.get(name) if self.outer else None

    def set(self, name: str, value: object) -> None:
        if name in self.own or self.outer is None:
            self.own[name] = value
        elif self.outer.knows(name):
            self.outer.set(name, value)
        else:
            self.root().own[name] = value

    def knows(self, name: str) -> bool:
        return name in self.own or (self.outer is not None and self.outer.knows(name))

    def root(self) -> Variables:
        return self if self.outer is None else self.outer.root()

    def all(self) -> dict[str, object]:
        return {**(self.outer.all() if self.outer else {}), **self.own}


class Scope:
    """A level of life: cancelled with everything inside it; ends when its last way has ended."""

    def __init__(self, outer: Scope | None, at_end: Then | None = None) -> None:
        self.outer = outer
        self.at_end = at_end
        self.ways = 1
        self.alive = True
        self.catchers: dict[str, Callable[[], bool]] = {}  # error or escalation: what catches it here; True: the thrower goes on
        self.gives_out: Then | None = None

    def inside(self, other: Scope) -> bool:
        scope: Scope | None = self
        while scope is not None and scope is not other:
            scope = scope.outer
        return scope is not None

    def way_ended(self) -> None:
        self.ways -= 1
        if self.ways == 0 and self.alive and self.at_end is not None:
            self.at_end()


@dataclass(frozen=True)
class At:
    """Where a block runs. path: the loop instances around, as (element, number)."""

    scope: Scope
    variables: Variables
    path: tuple[tuple[str, int], ...] = ()


@dataclass(eq=False)
class Pending:
    """What is waited for; `holder` ends it. repeats: it is a trigger that happens again."""

    id: str
    kind: str
    path: tuple[tuple[str, int], ...]
    holder: Scope
    fire: Callable[[dict[str, object]], None]
    fail: Then | None = None
    repeats: bool = False
    variables: Variables | None = None


def wait_kind(wait: blocks.Wait) -> str:
    """Return what the engine calls it."""
    return {"user": "user_task", "receive": "message"}.get(wait.kind, wait.kind)


@dataclass
class Game:
    process: blocks.Process
    completed: Counter[str] = field(default_factory=Counter)
    pending: list[Pending] = field(default_factory=list)
    outcome: str | None = None

    def start(self, given: dict[str, object]) -> None:
        """Begin: everything up to the first waits."""
        self.variables = Variables(dict(given), None)
        top = Scope(None, lambda: self._over(top))
        self._inside("p", self.process.body, self.process.handlers, At(top, self.variables))

    def _over(self, top: Scope) -> None:
        self._cancel(top)
        self.outcome = "completed"

    def act(self, pending: Pending, given: dict[str, object]) -> None:
        """What is waited for happens."""
        pending.fire(given)

    def _log(self, name: str) -> None:
        self.completed[name] += 1

    def _cancel(self, scope: Scope) -> None:
        scope.alive = False
        self._empty(scope)

    def _empty(self, scope: Scope) -> None:
        self.pending = [p for p in self.pending if not p.holder.inside(scope)]

    # ---------------------------------------------------------------- scopes
    def _inside(self, name: str, body: blocks.Seq, handlers: tuple[blocks.Handler, ...], at: At) -> None:
        for handler in handlers:
            self._arm(handler, at)
        self._log(f"{name}_s")
        self._run(body, at, lambda: self._end(f"{name}_e", at.scope))

    def _end(self, name: str, scope: Scope) -> None:
        self._log(name)
        scope.way_ended()

    def _arm(self, handler: blocks.Handler, at: At) -> None:
        def fire(given: dict[str, object]) -> None:
            if handler.interrupting:
                self._empty(at.scope)
                at.scope.ways = 1
            else:
                self.pending.remove(pending)
                at.scope.ways += 1
                if handler.kind != "timer":
                    self._arm(handler, at)
            for key, value in given.items():
                at.variables.set(key, value)
            scope = Scope(at.scope, lambda: self._handled(handler, scope, at.scope))
            self._inside(handler.id, handler.body, (), At(scope, at.variables, at.path))

        pending = Pending(f"{handler.id}_s", handler.kind, at.path, at.scope, fire, repeats=not handler.interrupting)
        self.pending.append(pending)

    def _handled(self, handler: blocks.Handler, scope: Scope, outer: Scope) -> None:
        self._cancel(scope)
        self._log(handler.id)
        outer.way_ended()

    # ---------------------------------------------------------------- blocks
    def _run(self, block: blocks.Block, at: At, then: Then) -> None:
        match block:
            case blocks.Seq(items):
                self._in_order(items, at, then)
            case blocks.Work(name, add, plain):
                if not plain:
                    at.variables.set("z", at.variables.get("z") + (at.variables.get("entry") if add is None else add))  # type: ignore[operator]
                self._log(name)
                then()
            case blocks.Wait() | blocks.Inner():
                self._activity(block, at, then)
            case blocks.Choice(name, branches, chosen):
                self._log(f"{name}_s")
                self._all(f"{name}_j", [branches[number] for number in sorted(chosen)], at, then)
            case blocks.Parallel(name, branches):
                self._log(f"{name}_s")
                self._all(f"{name}_j", list(branches), at, then)
            case blocks.Events(name, branches):
                self._first(name, branches, at, then)
            case blocks.Loop(name, body, rounds):
                self._log(f"{name}_i")
                at.variables.set(f"n_{name}", 0)
                self._round(name, body, rounds, at, then)
            case blocks.Stop(name, wait, kind):
                self._activity(wait, at, lambda: self._stop(name, kind, at, then))

    def _in_order(self, items: tuple[blocks.Block, ...], at: At, then: Then) -> None:
        if items:
            self._run(items[0], at, lambda: self._in_order(items[1:], at, then))
        else:
            then()

    def _all(self, join: str, branches: list[blocks.Seq], at: At, then: Then) -> None:
        missing = len(branches)
        at.scope.ways += missing - 1

        def arrived() -> None:
            nonlocal missing
            missing -= 1
            if missing == 0:
                self._log(join)
                then()
            else:
                at.scope.ways -= 1

        for branch in branches:
            self._run(branch, at, arrived)

    def _first(self, name: str, branches: tuple[tuple[blocks.Wait, blocks.Seq], ...], at: At, then: Then) -> None:
        self._log(f"{name}_s")
        holder = Scope(at.scope)

        def chosen(wait: blocks.Wait, seq: blocks.Seq) -> Callable[[dict[str, object]], None]:
            def fire(given: dict[str, object]) -> None:
                self._cancel(holder)
                for key, value in given.items():
                    at.variables.set(key, value)
                self._log(wait.id)
                self._run(seq, at, joined)

            return fire

        def joined() -> None:
            self._log(f"{name}_j")
            then()

        for wait, seq in branches:
            self.pending.append(Pending(wait.id, wait_kind(wait), at.path, holder, chosen(wait, seq)))

    def _round(self, name: str, body: blocks.Seq, rounds: int, at: At, then: Then) -> None:
        def again() -> None:
            self._log(f"{name}_n")
            done = at.variables.get(f"n_{name}") + 1  # type: ignore[operator]
            at.variables.set(f"n_{name}", done)
            self._log(f"{name}_g")
            if done < rounds:
                self._round(name, body, rounds, at, then)
            else:
                self._log(f"{name}_z")
                then()

        self._log(f"{name}_m")
        self._run(body, at, again)

    # ---------------------------------------------------------------- activities
    def _activity(self, block: blocks.Wait | blocks.Inner, at: At, then: Then) -> None:
        host = Scope(at.scope)
        merged = any(boundary.interrupting for boundary in block.boundaries)

        def behind() -> None:
            if merged:
                self._log(f"{block.id}_m")
            then()

        def done() -> None:
            self._cancel(host)
            self._log(block.id)
            behind()

        for boundary in block.boundaries:
            self._watch(boundary, host, at, behind)
        if block.multi is None:
            self._once(block, At(host, at.variables, at.path), done)
        else:
            self._instances(block, block.multi, At(host, at.variables, at.path), done)

    def _watch(self, boundary: blocks.Boundary, host: Scope, at: At, behind: Then, left: int = 2) -> None:
        def happened() -> bool:
            self._log(boundary.id)
            if boundary.interrupting:
                self._run(boundary.handler, at, behind)
            else:
                at.scope.ways += 1
                self._run(boundary.handler, at, lambda: self._end(f"{boundary.id}_e", at.scope))
            return not boundary.interrupting

        if boundary.kind in ("error", "escalation"):

            def caught() -> bool:
                if boundary.interrupting:
                    self._cancel(host)
                return happened()

            host.catchers[boundary.kind] = caught
            return

        def fire(given: dict[str, object]) -> None:
            if boundary.interrupting:
                self._cancel(host)
            else:
                self.pending.remove(pending)
                if boundary.kind in ("message", "signal") or (boundary.kind == "cycle" and left > 1):
                    self._watch(boundary, host, at, behind, left - 1)
            for key, value in given.items():
                at.variables.set(key, value)
            happened()

        kind = "timer" if boundary.kind == "cycle" else boundary.kind
        pending = Pending(boundary.id, kind, at.path, host, fire, repeats=not boundary.interrupting)
        self.pending.append(pending)

    def _instances(self, block: blocks.Wait | blocks.Inner, multi: blocks.Multi, at: At, done: Then) -> None:
        finished = 0

        def start(number: int) -> None:
            variables = Variables({"loopCounter": number - 1, "entry": number}, at.variables)
            self._once(block, At(at.scope, variables, (*at.path, (block.id, number))), lambda: ended(number))

        def ended(number: int) -> None:
            nonlocal finished
            finished += 1
            self._log(block.id)
            if finished == multi.count or (multi.done is not None and finished >= multi.done):
                done()
            elif multi.sequential:
                start(number + 1)

        if multi.count == 0:
            done()
        elif multi.sequential:
            start(1)
        else:
            for number in range(1, multi.count + 1):
                start(number)

    def _once(self, block: blocks.Wait | blocks.Inner, at: At, done: Then) -> None:
        """One activation or instance; `at.scope` is its host."""
        if isinstance(block, blocks.Wait):
            self._wait(block, at, done)
            return
        scope = Scope(at.scope, lambda: ended())
        variables = Variables({**at.variables.all(), "z": 0}, None) if block.call else Variables({}, at.variables)

        def give_out() -> None:
            at.variables.set(f"zc_{block.id}", variables.get("z"))

        def ended() -> None:
            self._cancel(scope)
            if block.call:
                give_out()
            done()

        scope.gives_out = give_out if block.call else None
        self._inside(block.id, block.body, block.handlers, At(scope, variables, at.path))

    def _wait(self, wait: blocks.Wait, at: At, done: Then) -> None:
        variables = Variables({"lokal": 100}, at.variables) if wait.local else at.variables
        if wait.kind == "condition" and at.variables.get(f"c_{wait.id}") is True:
            done()
            return

        def fire(given: dict[str, object]) -> None:
            self.pending.remove(pending)
            for key, value in given.items():
                variables.set(key, value)
            if wait.local:
                at.variables.set(f"v_{wait.id}", variables.get("lokal") + 1)  # type: ignore[operator]
            done()

        def fail() -> None:
            at.scope.catchers["error"]()

        can_fail = wait.kind == "job" and "error" in at.scope.catchers
        pending = Pending(wait.id, wait_kind(wait), at.path, at.scope, fire, fail if can_fail else None)
        self.pending.append(pending)

    def _stop(self, name: str, kind: str, at: At, then: Then) -> None:
        if kind == "terminate":
            self._log(name)
            self._empty(at.scope)
            assert at.scope.at_end is not None
            at.scope.at_end()
            return
        left: list[Then] = []
        scope: Scope | None = at.scope
        while scope is not None and kind not in scope.catchers:
            if scope.gives_out is not None:
                left.append(scope.gives_out)
            scope = scope.outer
        assert scope is not None
        for give_out in left:
            give_out()
        if scope.catchers[kind]():
            self._log(name)
            then()
