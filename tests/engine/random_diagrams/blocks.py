"""Block-structured processes as values, and a generator of them: everything a seed decides is decided here.

Data is made so that no result depends on the order of parallel ways inside one step: `z` is only ever added to, a choice reads a
variable of its own, and what ends a scope at once (terminate, error, escalation) stands directly behind a wait.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

WAITS = ("user", "user", "job", "timer", "message", "signal", "receive")
TRIGGERS = ("message", "timer", "signal")
WRAPPED = "huelle"  # begins the id of a subprocess that changes nothing


@dataclass(frozen=True)
class Multi:
    """Multi-instance over [1 .. count] with entry `entry`; done: the completion condition, so many instances."""

    count: int
    sequential: bool
    done: int | None


@dataclass(frozen=True)
class Boundary:
    """kind: message, signal, timer, cycle (fires twice), error, escalation."""

    id: str
    kind: str
    interrupting: bool
    handler: Seq


@dataclass(frozen=True)
class Handler:
    """An event subprocess."""

    id: str
    kind: str
    interrupting: bool
    body: Seq


@dataclass(frozen=True)
class Wait:
    """local: has an input parameter `lokal` and gives `lokal + 1` out as `v_<id>`."""

    id: str
    kind: str
    boundaries: tuple[Boundary, ...] = ()
    multi: Multi | None = None
    local: bool = False


@dataclass(frozen=True)
class Work:
    """Adds to z: a number, or the entry of the loop around (None); `plain`: a task that does nothing."""

    id: str
    add: int | None
    plain: bool = False


@dataclass(frozen=True)
class Seq:
    items: tuple[Block, ...]


@dataclass(frozen=True)
class Choice:
    """Exclusive: the one way `x_<id>` names, the last being the default. Inclusive: those that the list `o_<id>` names."""

    id: str
    branches: tuple[Seq, ...]
    chosen: frozenset[int]
    inclusive: bool


@dataclass(frozen=True)
class Parallel:
    id: str
    branches: tuple[Seq, ...]


@dataclass(frozen=True)
class Events:
    id: str
    branches: tuple[tuple[Wait, Seq], ...]


@dataclass(frozen=True)
class Loop:
    id: str
    body: Seq
    rounds: int


@dataclass(frozen=True)
class Inner:
    """A subprocess, or a call of a process of its own that counts its own z and gives it out as `zc_<id>`."""

    id: str
    body: Seq
    boundaries: tuple[Boundary, ...] = ()
    handlers: tuple[Handler, ...] = ()
    multi: Multi | None = None
    call: bool = False


@dataclass(frozen=True)
class Stop:
    """A wait, and directly behind it terminate, an error end or an escalation (behind which the way goes on)."""

    id: str
    wait: Wait
    kind: str


Block = Wait | Work | Seq | Choice | Parallel | Events | Loop | Inner | Stop


@dataclass(frozen=True)
class Process:
    body: Seq
    handlers: tuple[Handler, ...]


@dataclass(frozen=True)
class Around:
    """What stands around a place: whether errors and escalations are caught, and whether a loop's entry is seen.

    joined: an inclusive join waits for this way. One that surely ends elsewhere is not waited for, which blocks cannot say.
    """

    error: bool = False
    escalation: bool = False
    entry: bool = False
    once: bool = True
    inner: bool = False
    joined: bool = False


@dataclass
class Generator:
    """Draws the same process for the same seed."""

    seed: int
    budget: int = 18
    count: int = 0
    rnd: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rnd = random.Random(self.seed)

    def process(self) -> Process:
        """Return the process of the seed."""
        around = Around()
        handlers = self.handlers(around, 0.3)
        return Process(self.seq(around, 0, self.rnd.randint(2, 4)), handlers)

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def seq(self, around: Around, depth: int, length: int) -> Seq:
        return Seq(tuple(self.block(around, depth) for _ in range(length)))

    def short(self, around: Around, depth: int) -> Seq:
        return self.seq(around, depth, self.rnd.randint(1, 2))

    def block(self, around: Around, depth: int) -> Block:
        self.budget -= 1
        if depth >= 3 or self.budget <= 0:
            return self.leaf(around)
        kinds = ["leaf"] * 4 + ["choice", "parallel", "inclusive", "events", "loop", "inner", "inner", "call", "stop"]
        kind = self.rnd.choice(kinds)
        if kind == "leaf":
            return self.leaf(around)
        if kind in ("choice", "inclusive"):
            return self.choice(around, depth, inclusive=kind == "inclusive")
        if kind == "parallel":
            return Parallel(self.name("p"), tuple(self.short(around, depth + 1) for _ in range(self.rnd.randint(2, 3))))
        if kind == "events":
            waits = self.rnd.sample(["timer", "timer", "message", "signal", "receive"], self.rnd.randint(2, 3))
            return Events(self.name("g"), tuple((Wait(self.name("w"), wait), self.seq(around, depth + 1, 1)) for wait in waits))
        if kind == "loop":
            body = self.seq(replace(around, once=False), depth + 1, self.rnd.randint(0, 1))
            return Loop(self.name("l"), Seq((self.wait(replace(around, once=False)), *body.items)), self.rnd.randint(1, 3))
        if kind == "stop":
            return self.stop(around, depth)
        return self.inner(around, depth, call=kind == "call")

    def leaf(self, around: Around) -> Block:
        if self.rnd.random() < 0.35:
            add = None if around.entry and self.rnd.random() < 0.5 else self.rnd.randint(1, 9)
            return Work(self.name("x"), add, plain=self.rnd.random() < 0.2)
        return self.wait(around, boundaries=self.rnd.random() < 0.4, multi=self.rnd.random() < 0.2)

    def wait(self, around: Around, *, boundaries: bool = False, multi: bool = False) -> Wait:
        kind = self.rnd.choice(WAITS)
        if around.once and not multi and not boundaries and self.rnd.random() < 0.1:
            return Wait(self.name("c"), "condition")
        name = self.name(kind[0])
        if kind not in ("user", "job", "receive"):
            return Wait(name, kind)
        drawn = self.boundaries(around, error=kind == "job") if boundaries else ()
        return Wait(name, kind, drawn, self.multi() if multi else None, local=kind != "receive" and self.rnd.random() < 0.3)

    def multi(self) -> Multi:
        count = self.rnd.randint(0, 3)
        return Multi(count, self.rnd.random() < 0.5, self.rnd.randint(1, 2) if self.rnd.random() < 0.4 else None)

    def choice(self, around: Around, depth: int, *, inclusive: bool) -> Choice:
        inside = replace(around, joined=around.joined or inclusive)
        branches = tuple(self.short(inside, depth + 1) for _ in range(self.rnd.randint(2, 3)))
        last = len(branches) - 1
        chosen = frozenset(self.rnd.sample(range(last), self.rnd.randint(0, last))) if inclusive else frozenset({self.rnd.randint(0, last)})
        return Choice(self.name("o" if inclusive else "x"), branches, chosen or frozenset({last}), inclusive)

    def stop(self, around: Around, depth: int) -> Block:
        kinds = ["escalation"] if around.escalation else []
        if not around.joined:
            kinds += [*(["error"] if around.error else []), *(["terminate"] if around.inner else [])]
        if not kinds:
            return self.leaf(around)
        kind = self.rnd.choice(kinds)
        stop = Stop(self.name("k"), Wait(self.name("u"), "user"), kind)
        if kind == "escalation":
            return stop
        taken = self.rnd.randint(0, 1)
        return Choice(self.name("x"), (Seq((stop,)), self.short(around, depth + 1)), frozenset({taken}), inclusive=False)

    def inner(self, around: Around, depth: int, *, call: bool) -> Inner:
        name = self.name("q" if call else "s")
        multi = self.multi() if self.rnd.random() < 0.25 else None
        boundaries = self.boundaries(around, error=True, escalation=True) if self.rnd.random() < 0.6 else ()
        inside = Around(
            error=around.error or any(b.kind == "error" for b in boundaries),
            escalation=around.escalation or any(b.kind == "escalation" for b in boundaries),
            entry=around.entry or multi is not None, once=around.once and multi is None, inner=True,
        )  # fmt: skip
        body = self.seq(inside, depth + 1, self.rnd.randint(1, 3))
        if (inside.error or inside.escalation) and self.rnd.random() < 0.7:
            body = Seq((*body.items, self.stop(inside, depth)))
        if multi is not None:  # nothing happens in the step that starts the instances: their order cannot matter
            body = Seq((self.wait(inside), *body.items))
        return Inner(name, body, boundaries, self.handlers(inside, 0.3), multi, call)

    def boundaries(self, around: Around, *, error: bool = False, escalation: bool = False) -> tuple[Boundary, ...]:
        kinds = ["message", "signal", "timer", "cycle", *(["error"] if error else []), *(["escalation"] * 2 if escalation else [])]
        found = []
        for kind in self.rnd.sample(sorted(set(kinds)), self.rnd.randint(1, 2)):
            interrupting = kind == "error" or (kind != "cycle" and self.rnd.random() < 0.5)
            found.append(Boundary(self.name("b"), kind, interrupting, self.seq(replace(around, once=False), 3, 1)))
        return tuple(found)

    def handlers(self, around: Around, probability: float) -> tuple[Handler, ...]:
        found = []
        while self.rnd.random() < probability and len(found) < 2:
            interrupting = self.rnd.random() < 0.5
            body = self.seq(replace(around, once=False, inner=True), 3, self.rnd.randint(1, 2))
            taken = {handler.kind for handler in found} & {"message"}  # two that wait for one message are refused
            trigger = self.rnd.choice([kind for kind in TRIGGERS if kind not in taken])
            found.append(Handler(self.name("h"), trigger, interrupting, body))
        return tuple(found)


def start_variables(process: Process) -> dict[str, object]:
    """Return what an instance starts with: z and the choices."""
    given: dict[str, object] = {"z": 0}
    for block in walk(process):
        if isinstance(block, Choice):
            given[f"{'o' if block.inclusive else 'x'}_{block.id}"] = sorted(block.chosen) if block.inclusive else min(block.chosen)
    return given


def walk(process: Process) -> list[Block]:
    """Return every block of the process."""
    found: list[Block] = []
    todo: list[Block] = [process.body, *(handler.body for handler in process.handlers)]
    while todo:
        block = todo.pop()
        found.append(block)
        if isinstance(block, Seq):
            todo += block.items
        elif isinstance(block, Choice | Parallel):
            todo += block.branches
        elif isinstance(block, Events):
            todo += [part for wait, seq in block.branches for part in (wait, seq)]
        elif isinstance(block, Loop):
            todo.append(block.body)
        elif isinstance(block, Inner):
            todo += [block.body, *(handler.body for handler in block.handlers)]
        elif isinstance(block, Stop):
            todo.append(block.wait)
        if isinstance(block, Inner | Wait):
            todo += [boundary.handler for boundary in block.boundaries]
    return found
