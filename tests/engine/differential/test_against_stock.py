"""Where stock SpiffWorkflow is right, ours does the same: random schedules, what is waited for at each step, the end, the data.

Not compared, because stock has another meaning or none (see test_silent_errors.py and processes/README.md): event subprocesses,
event gateways with two timers, joins that get several tokens over one flow, boundary messages and signals that do not interrupt
(they catch once), cycles, jobs, receive tasks without correlation, input and output parameters, multi-instance of Camunda, FEEL.
Variables of stock belong to ways, ours to the process; so each way here writes variables of its own.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from engine.spiff import definition
from tests.engine.conformance.notation import END, ERROR, ESCALATION, START, TERMINATE, end, sub, throw
from tests.engine.differential.stock import Driver
from tests.engine.random_diagrams import blocks, drawing
from tests.engine.spiff import bpmn
from tests.engine.spiff.bpmn import boundary, chain, flow, message, node, script, timer, user

SEEDS = 200
INNER = node("startEvent", "is") + user("iu") + end("ie") + chain("is", "iu", "ie")
DIAGRAMS = {
    "line": START + user("a") + script("x", "y", "1 + 2") + user("b") + END + chain("s", "a", "x", "b", "e"),
    "exclusive": START + node("exclusiveGateway", "g", default="g_b") + user("a") + user("b") + END + flow("s", "g") + flow("g", "a", "v > 1") + flow("g", "b")
    + flow("a", "e") + flow("b", "e"),
    "parallel": START + node("parallelGateway", "f") + user("a") + user("b") + user("c") + node("parallelGateway", "j") + user("z") + END
    + chain("s", "f", "a", "j", "z", "e") + chain("f", "b", "c", "j"),
    "inclusive": START + node("inclusiveGateway", "f", default="f_c") + user("a") + user("b") + user("c") + node("inclusiveGateway", "j") + user("z") + END
    + flow("s", "f") + flow("f", "a", "v > 0") + flow("f", "b", "v > 1") + flow("f", "c") + "".join(flow(n, "j") for n in "abc") + chain("j", "z", "e"),
    "loop": START + node("exclusiveGateway", "mm") + user("a") + node("exclusiveGateway", "g", default="g_e") + END + chain("s", "mm", "a", "g")
    + flow("g", "mm", "w < 30") + flow("g", "e"),
    "boundary": START + user("a") + boundary("b", "a", timer("timeDuration", "P1D")) + boundary("post", "a", message()) + user("c") + user("dd") + END
    + chain("s", "a", "e") + chain("b", "c", "e") + chain("post", "dd", "e"),
    "boundary_beside": START + user("a") + boundary("b", "a", timer("timeDuration", "P1D"), interrupting=False) + user("c") + END + end("e2")
    + chain("s", "a", "e") + chain("b", "c", "e2"),
    "subprocess": START + sub("t", INNER) + boundary("b", "t", timer("timeDuration", "P1D")) + user("c") + END + chain("s", "t", "c", "e") + chain("b", "c"),
    "error": START + sub("t", node("startEvent", "is") + user("iu") + end("ie", ERROR) + chain("is", "iu", "ie")) + boundary("b", "t", ERROR) + user("c") + END
    + chain("s", "t", "e") + chain("b", "c", "e"),
    "escalation": START + sub("t", node("startEvent", "is") + user("iu") + throw("it", ESCALATION) + user("iv") + end("ie")
    + chain("is", "iu", "it", "iv", "ie")) + boundary("b", "t", ESCALATION, interrupting=False) + user("c") + END + end("e2") + chain("s", "t", "e")
    + chain("b", "c", "e2"),
    "terminate": START + node("parallelGateway", "f") + user("a") + user("b") + end("t", TERMINATE) + END + chain("s", "f", "a", "t") + chain("f", "b", "e"),
    "event_gateway": START + node("eventBasedGateway", "g") + node("intermediateCatchEvent", "t", timer("timeDuration", "P1D"))
    + node("intermediateCatchEvent", "post", message()) + user("a") + user("b") + END + flow("s", "g")
    + chain("g", "t", "a", "e") + chain("g", "post", "b", "e"),
    "call": START + node("callActivity", "ruf", '<bpmn:extensionElements><camunda:in variables="all"/><camunda:out variables="all"/></bpmn:extensionElements>',
                         calledElement="q") + user("c") + END + chain("s", "ruf", "c", "e"),
    "merge": START + node("parallelGateway", "f") + user("a") + user("b") + user("z") + END + chain("s", "f", "a", "z", "e") + chain("f", "b", "z"),
}  # fmt: skip


def compare(content: bytes, seed: int, what: str, **given: object) -> int:
    """Play one random schedule in both; return the number of steps."""
    stock = Driver(content, **given)
    ours = bpmn.Case(definition.build("p", {"p.bpmn": content})).start(**given)
    rnd = random.Random(seed)
    for number in range(40):
        assert ours.waiting == stock.waiting, f"{what}, seed {seed}, step {number}"
        if ours.outcome is not None or not stock.waiting:
            break
        element = rnd.choice(ours.waiting)
        values = {f"w_{element}": number, "w": number * 10} if ours.wait(element).kind == "user_task" else {}
        ours.do(element, **values)
        stock.act(element, **values)
    assert stock.completed
    assert ours.outcome in ("completed", "terminated")
    if ours.outcome == "completed":
        assert {name: int(str(value)) for name, value in ours.variables.items() if name.startswith(("w_", "y"))} == {
            name: value for name, value in stock.variables.items() if name.startswith(("w_", "y"))
        }
    return number


@pytest.mark.parametrize("name", DIAGRAMS)
@pytest.mark.parametrize("seed", range(4))
def test_a_diagram_runs_as_in_stock(name: str, seed: int) -> None:
    called = [bpmn.process(INNER, key="q")] if name == "call" else []

    compare(bpmn.file(bpmn.process(DIAGRAMS[name]), *called), seed, name, v=seed)


class Both(blocks.Generator):
    """Draws only what means the same in both."""

    def wait(self, around: blocks.Around, *, boundaries: bool = False, multi: bool = False) -> blocks.Wait:
        kind = self.rnd.choice(("user", "user", "timer", "message", "signal"))
        drawn = self.boundaries(around) if kind == "user" and boundaries else ()
        return blocks.Wait(self.name(kind[0]), kind, drawn)

    def leaf(self, around: blocks.Around) -> blocks.Block:
        return blocks.Work(self.name("x"), 1) if self.rnd.random() < 0.2 else self.wait(around, boundaries=self.rnd.random() < 0.4)

    def boundaries(self, around: blocks.Around, *, error: bool = False, escalation: bool = False) -> tuple[blocks.Boundary, ...]:
        kind = self.rnd.choice(["message", "signal", "timer", *(["error"] if error else []), *(["escalation"] if escalation else [])])
        interrupting = kind != "timer" or self.rnd.random() < 0.5
        return (blocks.Boundary(self.name("b"), kind, interrupting, self.seq(replace(around, once=False), 3, 1)),)

    def handlers(self, around: blocks.Around, probability: float) -> tuple[blocks.Handler, ...]:
        return ()

    def multi(self) -> None:  # type: ignore[override]  # none here
        return None

    def block(self, around: blocks.Around, depth: int) -> blocks.Block:
        made = super().block(around, depth)
        if isinstance(made, blocks.Events):  # stock forgets the longer of two timers
            kinds = ("timer", "message", "signal")
            branches = tuple((replace(wait, kind=kind), seq) for (wait, seq), kind in zip(made.branches, kinds, strict=False))
            return blocks.Events(made.id, branches)
        return made

    def inner(self, around: blocks.Around, depth: int, *, call: bool) -> blocks.Inner:
        return super().inner(around, depth, call=False)


def compare_random(seed: int) -> int:
    process = Both(seed).process()
    body = drawing.Drawing(process).processes["p"]
    given = {name: value for name, value in blocks.start_variables(process).items() if name != "z"}
    return compare(bpmn.file(bpmn.process(body)), seed, "random", z=0, **given)


# Seeds on which stock is wrong, with the reason. Each was looked at by hand.
WRONG = {
    "goes on at a parallel join in a loop when one way arrives twice in other order": (10,),
    "goes on at an inclusive join while a way with a gateway of its own is still on": (17, 34, 41),
    "forgets what was set inside a subprocess that a boundary event interrupted": (51, 62, 141, 147, 195),
}
EXCEPT = {seed for seeds in WRONG.values() for seed in seeds}


def test_random_diagrams_run_as_in_stock() -> None:
    steps = sum(compare_random(seed) for seed in range(SEEDS) if seed not in EXCEPT)

    assert steps > SEEDS * 3


@pytest.mark.parametrize("reason", WRONG)
def test_where_stock_is_wrong_it_really_differs(reason: str) -> None:
    for seed in WRONG[reason]:
        with pytest.raises(AssertionError):
            compare_random(seed)
