"""Random small diagrams, changed at random, with an instance moved midway: it ends, each step ran once, and the fold gives the same again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.protocol import Event, Step
from engine.spiff import definition, mapping, migration, step
from tests.engine.spiff.bpmn import INSTANCE, Case, boundary, chain, file, flow, job, message, node, process, timer, user
from tests.engine.spiff.test_migration import move

KINDS = ("task", "job", "catch", "fork", "sub", "either", "watched")


@dataclass(frozen=True)
class Block:
    """A part of a line; `names` are the ids of what waits in it."""

    kind: str
    names: tuple[str, ...]


def drawn(blocks: tuple[Block, ...]) -> definition.Definition:
    parts, ends = [node("startEvent", "s"), node("endEvent", "e")], []
    for block in blocks:
        one, other = block.names[0], block.names[-1]
        around = f"r_{one}"
        if block.kind == "task":
            parts.append(user(one))
            ends.append((one, one))
        elif block.kind == "watched":
            parts.append(user(one) + boundary(f"w_{one}", one, timer("timeDuration", "P5D"), interrupting=False))
            parts.append(node("endEvent", f"x_{one}") + flow(f"w_{one}", f"x_{one}"))
            ends.append((one, one))
        elif block.kind == "job":
            parts.append(job(one))
            ends.append((one, one))
        elif block.kind == "catch":
            parts.append(node("intermediateCatchEvent", one, message()))
            ends.append((one, one))
        elif block.kind == "sub":
            inner = node("startEvent", f"is_{one}") + user(one) + node("endEvent", f"ie_{one}") + chain(f"is_{one}", one, f"ie_{one}")
            parts.append(node("subProcess", around, inner))
            ends.append((around, around))
        else:
            gateway = "parallelGateway" if block.kind == "fork" else "exclusiveGateway"
            parts.append(node(gateway, f"t_{one}", **({} if block.kind == "fork" else {"default": f"t_{one}_{other}"})))
            parts.append(node(gateway, f"z_{one}") + user(one) + user(other))
            parts.append(flow(f"t_{one}", one, "" if block.kind == "fork" else "links = true") + flow(f"t_{one}", other))
            parts.append(flow(one, f"z_{one}") + flow(other, f"z_{one}"))
            ends.append((f"t_{one}", f"z_{one}"))
    previous = "s"
    for first, last in ends:
        parts.append(flow(previous, first))
        previous = last
    parts.append(flow(previous, "e"))
    return definition.build("p", {"p.bpmn": file(process("".join(parts)))})


@st.composite
def changed_lines(draw: st.DrawFn) -> tuple[tuple[Block, ...], tuple[Block, ...], dict[str, str | None]]:
    """Return a line, the same line with something inserted, removed or renamed, and the mapping of what was renamed."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=5))
    old = tuple(Block(kind, (f"a{n}", f"b{n}") if kind in ("fork", "either") else (f"a{n}",)) for n, kind in enumerate(kinds))
    new, renamed = list(old), {}
    for number in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(new) - 1)) if new else 0
        what = draw(st.sampled_from(("insert", "remove", "rename")))
        if what == "insert":
            new.insert(place, Block(draw(st.sampled_from(("task", "catch", "watched"))), (f"n{number}",)))
        elif what == "remove" and len(new) > 1:
            del new[place]
        elif what == "rename" and new[place].kind in ("task", "job", "catch") and new[place] in old:
            (name,) = new[place].names
            new[place] = replace(new[place], names=(f"{name}_neu",))
            renamed[name] = f"{name}_neu"
    here = {name for block in new for name in block.names}
    return old, tuple(new), {name: wanted for name, wanted in renamed.items() if wanted in here}


def folded(source: definition.Definition, target: definition.Definition, running: Case, moves: list[int]) -> tuple[Event, ...]:
    """Return the events of folding the recorded stimuli again from the stored bytes."""
    built, state, events = source, None, []
    for number, (stimulus, now) in enumerate(running.stimuli):
        made: Step
        if number in moves:
            made, _ = migration.migrate(built, target, state or b"", stimulus, now, instance_id=INSTANCE, business_key="K1")
            built = target
        else:
            made, _ = step.step(built, state, stimulus, now, instance_id=INSTANCE, business_key="K1")
        state = made.state
        events += made.events
    return tuple(events)


@settings(max_examples=120, deadline=None)
@given(changed_lines(), st.integers(0, 6), st.booleans(), st.randoms(use_true_random=False))
def test_an_instance_moved_midway_ends_with_each_step_done_once_and_folds_identically(lines, steps, left, chance) -> None:  # type: ignore[no-untyped-def]  # hypothesis
    old, new, renamed = lines
    source, target = drawn(old), drawn(new)
    running = Case(source).start(links=left)

    def on() -> bool:
        doable = sorted(wait.element_id for wait in running.waits.values() if wait.kind != "timer")
        if running.outcome is not None or not doable:
            return False
        running.do(chance.choice(doable))
        return True

    for _ in range(steps):
        on()
    moves: list[int] = []
    if running.outcome is None:
        before = running.last
        try:
            move(running, target, renamed)
            moves.append(len(running.stimuli) - 1)
            event("moved")
        except migration.Refused:
            event("refused")
            assert running.last is before
            places = mapping.resolve(source, target, renamed)
            standing = {wait.element_id for wait in running.waits.values()}
            assert len(standing) > 1 or any(name.rpartition("/")[2] in standing for name in mapping.places(source) if name not in places)
    while on():
        pass

    assert running.outcome == "completed", running.waiting
    done = running.completed()
    steps_done = [name for name in done if name.startswith(("a", "b", "n"))]
    assert len(steps_done) == len(set(steps_done))
    assert tuple(running.events) == folded(source, target, running, moves)
