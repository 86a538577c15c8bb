"""Random diagrams whose instance moves, again and again, to a definition built anew: nothing is refused, and it runs as the token game says."""

from __future__ import annotations

import random

import pytest

from engine.spiff import definition
from tests.engine.random_diagrams import blocks, reference
from tests.engine.random_diagrams.test_random import STEPS, act, compare, files_of
from tests.engine.spiff import bpmn
from tests.engine.spiff.test_migration import move

SEEDS = 150
CHUNK = 50


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_moving_to_the_same_diagram_at_any_moment_changes_nothing(first: int) -> None:
    for seed in range(first, first + CHUNK):
        try:
            play(seed)
        except Exception as fault:
            fault.add_note(f"seed {seed}")
            raise


def play(seed: int) -> None:
    process = blocks.Generator(seed).process()
    run = bpmn.Case(definition.build("p", files_of(process)))
    game, rnd = reference.Game(process), random.Random(seed)
    given = blocks.start_variables(process)
    game.start(given)
    run.start(**given)
    for number in range(STEPS):
        if game.outcome is not None:
            break
        if rnd.random() < 0.5:
            made = move(run, definition.build("p", files_of(process)))
            assert (made.opened, made.closed, made.changed) == ((), (), ())
            assert [event.kind for event in made.events] == ["instance_migrated"]
            compare(run, game, f"{number}: moved")
        act(run, game, rnd, number)
    assert run.outcome == game.outcome == "completed"
