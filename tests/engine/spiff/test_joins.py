"""A join that check calls a dead end is one: on random graphs of gateways and tasks no run ever passes it."""

from __future__ import annotations

import random

import pytest

from engine import errors
from engine.spiff import check, definition
from engine.spiff.checks import gathered
from tests.engine.spiff import bpmn
from tests.engine.spiff.bpmn import flow, node

SEEDS, CHUNK, RUNS, ROUNDS = 120, 40, 8, 12
KINDS = ("exclusiveGateway", "parallelGateway", "userTask")


def drawn(dice: random.Random) -> tuple[str, list[str]]:
    """Return a random graph behind one start, and its parallel gateways; an exclusive gateway goes the way that its variable says."""
    count = dice.randrange(4, 8)
    kinds = [dice.choice(KINDS) for _ in range(count)]
    edges = {(dice.randrange(place), place) for place in range(1, count)}
    edges |= {(dice.randrange(count), dice.randrange(count)) for _ in range(dice.randrange(1, 4))}
    body = node("startEvent", "s") + node("endEvent", "e") + flow("s", "n0")
    for place, kind in enumerate(kinds):
        targets = [f"n{target}" for source, target in sorted(edges) if source == place and target != place] or ["e"]
        chosen = kind == "exclusiveGateway"
        body += node(kind, f"n{place}", **({"default": f"n{place}_{targets[-1]}"} if chosen else {}))
        for number, target in enumerate(targets):
            body += flow(f"n{place}", target, f"w{place} = {number}" if chosen and target != targets[-1] else "")
    return body, [f"n{place}" for place, kind in enumerate(kinds) if kind == "parallelGateway"]


def ran(built: definition.Definition, dice: random.Random) -> set[str]:
    """Return what completed in a random run."""
    case = bpmn.Case(built)
    try:
        case.start(**{f"w{place}": dice.randrange(3) for place in range(8)})
        for _ in range(ROUNDS):
            if case.waiting:
                case.do(dice.choice(case.waiting), **{f"w{place}": dice.randrange(3) for place in range(8)})
    except (errors.Incident, errors.InvalidState):
        pass  # it stands still or turns without end: what completed before counts
    return set(case.completed())


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_run_passes_a_join_that_is_told_as_a_dead_end(first: int) -> None:
    told = passed = 0
    for seed in range(first, first + CHUNK):
        dice = random.Random(seed)
        body, joins = drawn(dice)
        files = {"p.bpmn": bpmn.file(bpmn.process(body))}
        lost = {f.element_id for f in check.check(files, gathered.Known()) if "Hier geht es nie weiter" in f.message}
        built = definition.build("p", files)

        completed = set().union(*(ran(built, dice) for _ in range(RUNS)))

        assert lost & completed == set(), f"seed {seed}"
        told, passed = told + len(lost), passed + len(completed.intersection(joins))
    assert told
    assert passed
