"""Random diagrams of which other versions wrap steps into subprocesses: moved between them at any moment, they run as the first one.

More of them: WRAPPED_SEEDS=150:2000 pytest tests/engine/random_diagrams/test_wrapped.py
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import replace

import pytest

from engine.spiff import definition, mapping, migration
from tests.engine.random_diagrams import blocks, reference
from tests.engine.random_diagrams.test_random import STEPS, act, compare, files_of
from tests.engine.spiff import bpmn
from tests.engine.spiff.test_migration import move

FIRST, _, LAST = os.environ.get("WRAPPED_SEEDS", "0:150").partition(":")
SEEDS = range(int(FIRST), int(LAST))
CHUNK = 50


class Wrapper:
    """Draws subprocesses around parts of a process, nested ones too; whatever it draws, the same happens in the same order."""

    def __init__(self, seed: int) -> None:
        self.rnd = random.Random(seed)
        self.seed, self.count = seed, 0

    def process(self, process: blocks.Process) -> blocks.Process:
        return blocks.Process(self.seq(process.body), tuple(self.handler(handler) for handler in process.handlers))

    def handler(self, handler: blocks.Handler) -> blocks.Handler:
        return replace(handler, body=self.seq(handler.body))

    def seq(self, seq: blocks.Seq) -> blocks.Seq:
        items = [self.block(item) for item in seq.items]
        while self.rnd.random() < 0.4:
            first = self.rnd.randrange(len(items))
            last = self.rnd.randint(first + 1, len(items))
            inside = blocks.Seq(tuple(items[first:last]))
            doubly = last == first + 1 and isinstance(items[first], blocks.Inner) and items[first].id.startswith(blocks.WRAPPED)
            if not matters(inside) and not doubly:
                self.count += 1
                items[first:last] = [blocks.Inner(f"{blocks.WRAPPED}{self.seed}_{self.count}", inside)]
        return blocks.Seq(tuple(items))

    def block(self, block: blocks.Block) -> blocks.Block:
        match block:
            case blocks.Seq():
                return self.seq(block)
            case blocks.Choice() | blocks.Parallel():
                return replace(block, branches=tuple(self.seq(branch) for branch in block.branches))
            case blocks.Events():
                return replace(block, branches=tuple((wait, self.seq(branch)) for wait, branch in block.branches))
            case blocks.Loop():
                return replace(block, body=self.seq(block.body))
            case blocks.Inner():
                return replace(
                    block, body=self.seq(block.body), boundaries=self.boundaries(block.boundaries),
                    handlers=tuple(self.handler(handler) for handler in block.handlers),
                )  # fmt: skip
            case blocks.Wait():
                return replace(block, boundaries=self.boundaries(block.boundaries))
            case _:
                return block

    def boundaries(self, drawn: tuple[blocks.Boundary, ...]) -> tuple[blocks.Boundary, ...]:
        return tuple(replace(boundary, handler=self.seq(boundary.handler)) for boundary in drawn)


def matters(block: blocks.Block) -> bool:
    """Return whether a subprocess drawn around the block changes what happens: it would be terminated instead, or wait for a side branch."""
    match block:
        case blocks.Stop():
            return block.kind == "terminate"
        case blocks.Seq(items):
            return any(matters(item) for item in items)
        case blocks.Choice() | blocks.Parallel():
            return any(matters(branch) for branch in block.branches)
        case blocks.Events():
            return any(matters(branch) for _, branch in block.branches)
        case blocks.Loop():
            return matters(block.body)
        case blocks.Inner() | blocks.Wait():
            own = isinstance(block, blocks.Inner) and block.id.startswith(blocks.WRAPPED) and matters(block.body)
            return own or any(not boundary.interrupting or matters(boundary.handler) for boundary in block.boundaries)
        case _:
            return False


def play(seed: int) -> Counter[str]:
    process = blocks.Generator(seed).process()
    versions = [process, *(Wrapper(seed * 3 + number).process(process) for number in range(2))]
    run = bpmn.Case(definition.build("p", files_of(versions[seed % 3])))
    game, rnd = reference.Game(process), random.Random(seed)
    given = blocks.start_variables(process)
    game.start(given)
    run.start(**given)
    told: Counter[str] = Counter()
    for number in range(STEPS):
        if game.outcome is not None:
            break
        if rnd.random() < 0.3:
            target = definition.build("p", files_of(rnd.choice(versions)))
            drawn = {pair.source: pair.target for pair in mapping.propose(run.definition, target) if pair.target and not pair.certain}
            drawn = {name: new for name, new in drawn.items() if name.rpartition("/")[2] == new.rpartition("/")[2]}
            before = run.last
            try:
                made = move(run, target, drawn)
            except migration.Refused as refused:
                told.update(("refused", str(refused)))
                assert run.last is before
            else:
                told["moved"] += 1
                told["entered"] += sum(event.kind == "element_activated" for event in made.events)
                told["left"] += sum(event.kind == "element_cancelled" for event in made.events)
            compare(run, game, f"{number}: moved")
        act(run, game, rnd, number)
    assert run.outcome == game.outcome == "completed"
    return told


@pytest.mark.parametrize("first", range(SEEDS.start, SEEDS.stop, CHUNK))
def test_steps_that_the_next_version_wraps_or_unwraps_go_on_as_in_the_first(first: int) -> None:
    told: Counter[str] = Counter()
    for seed in range(first, min(first + CHUNK, SEEDS.stop)):
        try:
            told += play(seed)
        except Exception as fault:
            fault.add_note(f"seed {seed}")
            raise
    assert told["entered"] > 5
    assert told["left"] > 5
    assert told["refused"] < told["moved"] / 10, told
