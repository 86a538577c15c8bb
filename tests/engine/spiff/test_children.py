"""Children kept apart: the same events and waits as in one state, whatever happens to the activity, and one child loaded per step."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from engine import errors
from engine.protocol import Stimulus, Wait
from engine.spiff import children, state
from tests.engine.spiff.bpmn import Case, boundary, case, chain, event_subprocess, flow, io, job, message, node, script, timer, user
from tests.engine.spiff.test_loops import loop

START, END = node("startEvent", "s"), node("endEvent", "e")
MANY = "[1, 2, 3, 4, 5, 6, 7]"
ERROR = '<bpmn:errorEventDefinition errorRef="e_a"/>'
ESCALATION = '<bpmn:escalationEventDefinition escalationRef="k_a"/>'
SIGNAL = '<bpmn:signalEventDefinition signalRef="sig_a"/>'
TERMINATE = "<bpmn:terminateEventDefinition/>"
Drawn = tuple[tuple[str, ...], dict[str, str]]


def multi(completion: str = "") -> str:
    return loop("liste", sequential=False, completion=completion)


def around(activity: str, *more: str, name: str = "m") -> tuple[str, ...]:
    """A process with the activity and a task behind it."""
    return (START, activity, user("danach"), END, chain("s", name, "danach", "e"), *more)


def sub(inner: str, extra: str = "") -> str:
    return node("subProcess", "m", extra + multi() + inner)


PAR = (
    node("startEvent", "is") + node("parallelGateway", "ig") + user("ia") + job("ib") + boundary("if", "ia", timer("timeDuration", "P1D"))
    + node("parallelGateway", "ij") + node("endEvent", "ie") + chain("is", "ig", "ia", "ij", "ie") + chain("ig", "ib", "ij") + chain("if", "ie")
)  # fmt: skip
INCLUSIVE = (
    node("startEvent", "is") + node("inclusiveGateway", "ig") + user("ia") + user("ib") + node("inclusiveGateway", "ij") + node("endEvent", "ie")
    + chain("is", "ig") + flow("ig", "ia", "eintrag > 2") + flow("ig", "ib", "eintrag < 6") + chain("ia", "ij", "ie") + chain("ib", "ij")
)  # fmt: skip
NESTED = (
    node("startEvent", "is") + user("iu", '<bpmn:multiInstanceLoopCharacteristics isSequential="false"><bpmn:loopCardinality>5</bpmn:loopCardinality>'
    "</bpmn:multiInstanceLoopCharacteristics>") + node("endEvent", "ie") + chain("is", "iu", "ie")
)  # fmt: skip
THROWS = (
    node("startEvent", "is") + user("iu") + node("exclusiveGateway", "ig", default="ig_ie") + node("endEvent", "ix", ERROR) + node("endEvent", "ie")
    + chain("is", "iu", "ig") + flow("ig", "ix", "eintrag = 5") + flow("ig", "ie")
)  # fmt: skip
ESCALATES = node("startEvent", "is") + user("iu") + node("endEvent", "ix", ESCALATION) + chain("is", "iu", "ix")
TERMINATES = (
    node("startEvent", "is") + node("parallelGateway", "ig") + user("ia") + user("ib") + node("endEvent", "ix", TERMINATE)
    + node("endEvent", "ie") + chain("is", "ig", "ia", "ix") + chain("ig", "ib", "ie")
)  # fmt: skip
WATCHED = (
    node("startEvent", "is") + user("ia") + node("endEvent", "ie") + chain("is", "ia", "ie")
    + event_subprocess("iw", node("startEvent", "iws", message("m_b"), isInterrupting="false") + user("iwu") + node("endEvent", "iwe")
                       + chain("iws", "iwu", "iwe"))
)  # fmt: skip
CONDITIONAL = (
    node("startEvent", "is") + user("ia") + boundary("ic", "ia", "<bpmn:conditionalEventDefinition><bpmn:condition>=genug = true</bpmn:condition>"
    "</bpmn:conditionalEventDefinition>") + node("endEvent", "ie") + chain("is", "ia", "ie") + chain("ic", "ie")
)  # fmt: skip
BODIES: dict[str, Drawn] = {
    "task": (around(user("m", io({"wer": "=eintrag"}, {"letzter": "=wer"}) + multi())), {}),
    "task with boundaries": (
        around(user("m", multi()), boundary("b", "m", message()), user("bu"), chain("b", "bu", "e"),
               boundary("n", "m", timer("timeCycle", "R3/P1D"), interrupting=False), user("nu"), chain("n", "nu", "e")), {},
    ),
    "completion condition": (around(user("m", multi("nrOfCompletedInstances >= 4"))), {}),
    "job that fails": (around(job("m", inner=multi()), boundary("b", "m", ERROR), user("bu"), chain("b", "bu", "e")), {}),
    "subprocess with a join": (around(sub(PAR, io({"x": "=eintrag"}))), {}),
    "subprocess with an inclusive join": (around(sub(INCLUSIVE)), {}),
    "nested": (around(sub(NESTED)), {}),
    "error out of a child": (around(sub(THROWS), boundary("b", "m", ERROR), user("bu"), chain("b", "bu", "e")), {}),
    "escalation out of a child": (around(sub(ESCALATES), boundary("b", "m", ESCALATION, interrupting=False), user("bu"), chain("b", "bu", "e")), {}),
    "terminate in a child": (around(sub(TERMINATES)), {}),
    "event subprocess in a child": (around(sub(WATCHED)), {}),
    "condition in a child": (around(sub(CONDITIONAL)), {}),
    "called": (around(node("callActivity", "m", io() + multi(), calledElement="q")), {"q": PAR}),
    "beside another branch that terminates": (
        (START, node("parallelGateway", "g"), user("m", multi()), END, user("t"), node("endEvent", "tx", TERMINATE), chain("s", "g", "m", "e"),
         chain("g", "t", "tx")), {},
    ),
    "interrupted by an event subprocess": (
        around(user("m", multi()), event_subprocess("w", node("startEvent", "ws", message("m_b")) + user("wu") + node("endEvent", "we")
                                                    + chain("ws", "wu", "we"))), {},
    ),
    "twice at the same time": (
        (START, node("parallelGateway", "g"), script("x", "a", "1"), script("y", "b", "2"), user("m", multi()), END, chain("s", "g", "x", "m", "e"),
         chain("g", "y", "m")), {},
    ),
    "signal within": (around(sub(
        node("startEvent", "is") + node("intermediateCatchEvent", "iw", SIGNAL) + node("endEvent", "ie") + chain("is", "iw", "ie"))), {}),
    "joined with another branch": (
        (START, node("inclusiveGateway", "g"), user("m", multi()), user("t"), node("inclusiveGateway", "j"), END, chain("s", "g"),
         flow("g", "m", "1 = 1"), flow("g", "t", "1 = 1"), chain("m", "j", "e"), chain("t", "j")), {},
    ),
}  # fmt: skip


def apart(run: Case) -> int:
    return len(run.children.states)


def shown(wait: Wait) -> Wait:
    return replace(wait, child=None)


def play(drawn: Drawn, split_above: int, chosen: random.Random, *, script_of: Callable[[random.Random, Wait], Stimulus]) -> Case:
    """Answer waits in a random order until the instance ends; sometimes cancel it or change a variable."""
    body, called = drawn
    run = case(*body, **called)
    run.split_above = split_above
    run.start(liste=[Decimal(n) for n in range(1, 8)])
    for _ in range(60):
        if run.outcome is not None:
            break
        wait = chosen.choice(sorted(run.waits.values(), key=lambda one: (one.element_id, str(one.id))))
        if wait.due_at is not None and wait.kind == "timer":
            run.now = max(run.now, wait.due_at)
        if wait.kind == "condition":
            continue
        run.send(script_of(chosen, wait))
    return run


def answer(chosen: random.Random, wait: Wait) -> Stimulus:
    dice = chosen.random()
    if dice < 0.02:
        return Stimulus("cancelled", name="Schluss", by="x")
    if dice < 0.06:
        return Stimulus("variables_set", variables={"genug": True}, name="Probe", by="x")
    if wait.kind == "job" and dice < 0.2:
        return Stimulus("bpmn_error", wait_id=wait.id, name="FEHLER", by="x")
    kinds = {
        "user_task": "user_task_completed", "job": "job_completed", "timer": "timer_due", "message": "message_received", "signal": "signal_received",
    }  # fmt: skip
    return Stimulus(kinds[wait.kind], wait_id=wait.id, variables={"gesehen": Decimal(chosen.randint(1, 9))}, by="x")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BODIES)
def test_random_schedules_have_the_same_events_and_waits_with_children_apart_and_in_one_state(name: str) -> None:
    for seed in range(12):
        outcomes = []
        for split_above in (3, 10_000):
            chosen = random.Random(seed)
            try:
                run = play(BODIES[name], split_above, chosen, script_of=answer)
            except errors.Incident as fault:  # an error that nobody catches, in both alike
                outcomes.append((str(fault), None, None, None))
            else:
                outcomes.append(
                    (run.events, {shown(wait) for wait in run.waits.values()} if run.outcome is None else (), run.outcome, run.variables)
                )

        assert outcomes[0] == outcomes[1], f"seed {seed}"


@pytest.mark.parametrize(
    ("name", "kept"), [("task", 7), ("called", 7), ("nested", 7), ("condition in a child", 0), ("twice at the same time", 14)]
)
def test_each_child_is_kept_apart_unless_it_waits_for_a_condition(name: str, kept: int) -> None:
    body, called = BODIES[name]
    run = case(*body, **called)
    run.split_above = 3

    run.start(liste=[Decimal(n) for n in range(1, 8)])

    assert apart(run) == kept


def test_a_step_changes_the_child_it_is_about_and_no_other() -> None:
    run = case(*BODIES["subprocess with a join"][0])
    run.split_above = 3
    run.start(liste=[Decimal(n) for n in range(1, 8)])
    before = dict(run.children.states)

    made = run.do("ia")

    assert len(made.children) == 1
    changed = [child for child in before if run.children.states[child] != before[child]]
    assert changed == list(made.children)
    done = run.send(
        Stimulus("job_completed", wait_id=next(w.id for w in run.waits.values() if w.element_id == "ib" and w.child == changed[0]))
    )
    assert done.children_ended == tuple(changed)
    assert apart(run) == 6


def test_the_instances_own_state_does_not_grow_with_the_children() -> None:
    sizes = []
    for count in (200, 1000):
        run = case(*around(user("m", f'<bpmn:multiInstanceLoopCharacteristics isSequential="false"><bpmn:loopCardinality>{count}'
                                     "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"))).start()  # fmt: skip
        assert run.last is not None
        sizes.append(len(run.last.state))
        assert apart(run) == count

    assert sizes[1] - sizes[0] < 20


def test_an_interrupted_activity_closes_the_waits_of_children_that_were_not_loaded() -> None:
    run = case(*BODIES["task with boundaries"][0])
    run.split_above = 3
    run.start(liste=[Decimal(n) for n in range(1, 8)])

    made = run.do("b")

    assert run.waiting == ["bu"]
    assert len(made.closed) == 7 + 2
    assert not state.has_children_apart(made.state)
    assert apart(run) == 0


def test_a_step_without_the_children_it_needs_says_so_and_changes_nothing() -> None:
    run = case(*BODIES["task with boundaries"][0])
    run.split_above = 3
    run.start(liste=[Decimal(n) for n in range(1, 8)])
    run.children.states, kept = {}, run.children.states

    with pytest.raises(children.Needed):
        run.do("b")
    run.children.states = kept

    assert run.do("b").outcome is None


def test_a_step_of_one_child_names_the_process_variables_it_set_and_no_others() -> None:
    running = case(*around(user("m", multi())))
    running.split_above = 1
    running.start(liste=[1, 2, 3])

    made = running.do("m", betrag=5)

    assert made.variables_changed == {"betrag"}
