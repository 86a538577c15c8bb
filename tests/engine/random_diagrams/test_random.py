"""Random well-formed diagrams against an independent token game, in memory, reloaded after every step, and as replay.

The seeds of a failure are in the name of the test. More of them: RANDOM_SEEDS=2000:6000 pytest tests/engine/random_diagrams
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from uuid import UUID

import pytest

from engine import deployments, history, instances, replay
from engine.db import Database
from engine.protocol import Step, Stimulus, Wait
from engine.spiff import check, children, definition, step
from engine.spiff.checks import gathered
from tests.conftest import World
from tests.engine.random_diagrams import blocks, drawing, reference
from tests.engine.spiff import bpmn

FIRST, _, LAST = os.environ.get("RANDOM_SEEDS", "0:600").partition(":")
SEEDS = range(int(FIRST), int(LAST))
CHUNK = 50
STORED = 40
STEPS = 80
ANSWERS = {
    "user_task": "user_task_completed", "job": "job_completed", "timer": "timer_due", "message": "message_received", "signal": "signal_received",
    "condition": "variables_set",
}  # fmt: skip
Key = tuple[str, str, tuple[tuple[str, int], ...]]


def files_of(process: blocks.Process, key: str = "p") -> dict[str, bytes]:
    """Return the file of a process and those it calls; `key` is the id of the process and begins those of the called."""
    processes = drawing.Drawing(process).processes
    drawn = [bpmn.process(body, key=name).replace('"prozess_', f'"{key}_') for name, body in processes.items()]
    return {f"{key}.bpmn": bpmn.file(drawn[0].replace('process id="p"', f'process id="{key}"'), *drawn[1:])}


def key_of(wait: Wait) -> Key:
    return wait.element_id, wait.kind, tuple((name, int(number)) for name, number in re.findall(r"([^/#]+)#(\d+)", wait.scope))


def offered(game: reference.Game) -> list[tuple[Key, reference.Pending]]:
    return [((pending.id, pending.kind, pending.path), pending) for pending in game.pending]


def choose(rnd: random.Random, game: reference.Game, number: int) -> tuple[Key, int, reference.Pending]:
    """Return what happens next: its key, its place among those of the same key, and itself."""
    every = sorted(offered(game), key=lambda pair: pair[0])  # a stable sort: those of the same key stay in order
    lasting = [pair for pair in every if not pair[1].repeats]
    key, pending = rnd.choice(lasting if lasting and (number > 15 or rnd.random() < 0.6) else every)
    return key, [one for other, one in every if other == key].index(pending), pending


def play(seed: int, instance: UUID = bpmn.INSTANCE) -> bpmn.Case:
    """Play a random schedule, comparing after every step; return the case with its recorded stimuli."""
    process = blocks.Generator(seed).process()
    # In every second one the instances of a loop are kept apart; folded again below in one state, the events must be the same.
    run = bpmn.Case(definition.build("p", files_of(process)), instance=instance, split_above=1 if seed % 2 else children.SPLIT_ABOVE)
    given = blocks.start_variables(process)
    game, rnd = reference.Game(process), random.Random(seed)
    game.start(given)
    run.start(**given)
    compare(run, game, "start")
    for number in range(STEPS):
        if game.outcome is not None:
            break
        act(run, game, rnd, number)
    assert run.outcome == game.outcome == "completed"
    assert {name: int(str(value)) for name, value in run.variables.items() if name.startswith(("z", "v_", "n_"))} == {
        name: value for name, value in game.variables.own.items() if name.startswith(("z", "v_", "n_"))
    }
    return run


def act(run: bpmn.Case, game: reference.Game, rnd: random.Random, number: int) -> None:
    key, place, pending = choose(rnd, game, number)
    wait = [wait for wait in run.waits.values() if key_of(wait) == key][place]
    if wait.kind == "timer" and wait.due_at is not None and wait.due_at > run.now:
        run.now = wait.due_at
    if pending.fail is not None and rnd.random() < 0.3:
        run.send(Stimulus("bpmn_error", wait_id=wait.id, name="FEHLER"))
        pending.fail()
        compare(run, game, f"{number}: {key} fails")
        return
    given: dict[str, object] = {f"c_{pending.id}": True} if pending.kind == "condition" else {}
    if wait.kind in ("user_task", "job"):
        given = {"lokal": number} if wait.variables else {f"w_{pending.id}": number}
    run.send(Stimulus(ANSWERS[wait.kind], wait_id=wait.id, variables=given, by="x"))  # type: ignore[arg-type]  # one of those above
    game.act(pending, given)
    compare(run, game, f"{number}: {key}")


def compare(run: bpmn.Case, game: reference.Game, what: str) -> None:
    assert Counter(key_of(wait) for wait in run.waits.values()) == Counter(key for key, _ in offered(game)), what
    completed = Counter(name for name in run.completed() if not name.startswith(blocks.WRAPPED))
    assert completed == game.completed, (what, completed - game.completed, game.completed - completed)


def fold_again(seed: int, run: bpmn.Case) -> list[Step]:
    """Fold the recorded stimuli from bytes over a definition built anew; the events are the same."""
    built = definition.build("p", files_of(blocks.Generator(seed).process()))
    made: list[Step] = []
    for stimulus, now in run.stimuli:
        before = made[-1].state if made else None
        made.append(step.step(built, before, stimulus, now, instance_id=run.instance, business_key="K1")[0])
    assert [event for one in made for event in one.events] == run.events
    assert made[-1].state == b""
    return made


@pytest.mark.parametrize("first", range(SEEDS.start, SEEDS.stop, CHUNK))
def test_random_diagrams_run_as_the_token_game_says_and_replay_identically(first: int) -> None:
    for seed in range(first, min(first + CHUNK, SEEDS.stop)):
        try:
            fold_again(seed, play(seed))
        except Exception as fault:
            fault.add_note(f"seed {seed}")
            raise


def test_random_diagrams_pass_the_check() -> None:
    for seed in SEEDS[::10]:
        files = files_of(blocks.Generator(seed).process())
        known = gathered.Known(processes=frozenset(definition.processes_of(files)))

        assert [f for f in check.check(files, known) if f.severity == "error"] == [], seed


def test_random_diagrams_run_the_same_on_postgresql_and_replay_identically(database: Database, world: World) -> None:
    for seed in range(SEEDS.start, SEEDS.start + STORED):
        process, key = blocks.Generator(seed).process(), f"zufall{seed}"
        with database.begin(world.detmold) as tx:
            deployments.deploy(tx, files_of(process, key), world_id=world.id, name=key, by="test", now=bpmn.START, readers={})
        with database.begin(world.detmold) as tx:
            given = blocks.start_variables(process)
            instance = instances.start(tx, key, "K1", given, tenant_id=world.detmold, now=bpmn.START, by="start")
        run = play(seed, instance.uuid)

        expected = fold_again(seed, run)
        for (stimulus, now), step_ in list(zip(run.stimuli, expected, strict=True))[1:]:
            with database.begin(world.detmold) as tx:
                stored = instances.advance(tx, world.detmold, instance.id, stimulus, now)
            assert (stored.events, stored.state, stored.open) == (step_.events, step_.state, step_.open), seed

        with database.begin(world.detmold) as tx:
            assert instances.get(tx, world.detmold, instance.uuid).status == "completed", seed
            assert replay.replay(tx, world.detmold, instance.id).identical, seed
            assert history.verify(tx, world.detmold, instance.id) is None, seed
