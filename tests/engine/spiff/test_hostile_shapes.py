"""Shapes that would run for ever or fill the memory: refused with a finding, or stopped by an incident, in bounded time."""

from __future__ import annotations

import time

import pytest

from engine import errors
from engine.protocol import Stimulus
from engine.spiff import check, definition, step
from engine.spiff.checks import gathered
from tests.engine.conformance.notation import END, START, condition, end, link, multi, repeat, started_by, sub
from tests.engine.spiff import bpmn
from tests.engine.spiff.bpmn import chain, event_subprocess, flow, node, script, user

SECONDS = 20  # generous: the machine may be busy; each takes about a second


def inner(key: str, body: str, first: str, last: str) -> str:
    return node("startEvent", f"{key}s") + body + end(f"{key}e") + chain(f"{key}s", first) + chain(last, f"{key}e")


SPINNING = {
    "a circle of gateways": START + node("exclusiveGateway", "a") + node("exclusiveGateway", "b", default="b_a") + END + chain("s", "a", "b") + flow("b", "a")
    + flow("b", "e", "1 = 2"),
    "a circle over a link": START + node("exclusiveGateway", "a") + script("x", "y", "1") + node("intermediateThrowEvent", "hin", link("rund"))
    + node("intermediateCatchEvent", "her", link("rund")) + chain("s", "a", "x", "hin") + chain("her", "a"),
    "a way that doubles in each round": START + node("exclusiveGateway", "a") + node("parallelGateway", "f") + chain("s", "a", "f") + flow("f", "a")
    + flow("f", "a", key="noch_einmal"),
    "a loop that never ends": START + node("task", "t", repeat("true")) + END + chain("s", "t", "e"),
    "loops in loops": START + sub("a", inner("b", sub("c", inner("d", node("task", "t", multi(cardinality="1000", sequential=True)), "t", "t"),
                      multi(cardinality="1000", sequential=True)), "c", "c"), multi(cardinality="1000", sequential=True)) + END + chain("s", "a", "e"),
    "parallel instances of parallel instances": START + sub("a", inner("b", user("u", multi(cardinality="1000")), "u", "u"), multi(cardinality="1000")) + END
    + chain("s", "a", "e"),
    "a condition that fires itself": START + user("u") + END + chain("s", "u", "e") + event_subprocess("esp", started_by("es", condition("x >= 0"),
                                     interrupting=False) + script("y", "x", "x + 1") + end("ee") + chain("es", "y", "ee")),
    "a very long line without a wait": START + "".join(node("task", f"t{number}") for number in range(1500)) + END
    + chain("s", *(f"t{number}" for number in range(1500)), "e"),
}  # fmt: skip


@pytest.mark.parametrize("shape", SPINNING)
def test_what_never_waits_is_an_incident_that_names_an_element(shape: str) -> None:
    built = definition.build("p", {"p.bpmn": bpmn.file(bpmn.process(SPINNING[shape]))})
    began = time.process_time()

    with pytest.raises(errors.Incident) as raised:
        step.step(built, None, Stimulus("started", variables={"x": 0}), bpmn.START, instance_id=bpmn.INSTANCE, business_key="K")

    assert raised.value.element_id
    assert "Bitte" in str(raised.value)
    assert time.process_time() - began < SECONDS


def test_processes_that_call_each_other_in_a_circle_are_a_finding_and_never_built() -> None:
    def calling(key: str, other: str) -> str:
        return bpmn.process(START + node("callActivity", f"ruf_{key}", calledElement=other) + END + chain("s", f"ruf_{key}", "e"), key=key)

    files = {f"{key}.bpmn": bpmn.file(calling(key, other)) for key, other in (("p", "q"), ("q", "r"), ("r", "p"))}
    found = check.check(files, gathered.Known(processes=frozenset("pqr")))

    assert {finding.file for finding in found if "ruft sich selbst auf" in finding.message} == {"p.bpmn", "q.bpmn", "r.bpmn"}
    with pytest.raises(errors.InvalidInput, match="tiefer als"):
        definition.build("p", files)


@pytest.mark.parametrize("depth", [11, 20, 60])
def test_subprocesses_nested_too_deep_are_told_and_never_crash(depth: int) -> None:
    body = user("u")
    first = "u"
    for level in range(depth):
        body, first = sub(f"t{level}", inner(f"i{level}_", body, first, first)), f"t{level}"
    content = bpmn.file(bpmn.process(START + body + END + chain("s", first, "e")))

    found = check.check({"p.bpmn": content}, gathered.Known())
    if depth <= definition.MAX_NESTING:
        assert [finding for finding in found if finding.severity == "error"] == []
        assert bpmn.Case(definition.build("p", {"p.bpmn": content})).start().waiting == ["u"]
    else:
        assert any("tiefer als 12 Ebenen" in finding.message for finding in found)
        with pytest.raises(errors.InvalidInput, match="tiefer als 12 Ebenen"):
            definition.build("p", {"p.bpmn": content})


@pytest.mark.parametrize(("number", "is_told"), [(12, False), (13, True)])
def test_calls_count_as_levels_too(number: int, is_told: bool) -> None:
    def calling(level: int) -> str:
        call = node("callActivity", "ruf", calledElement=f"p{level + 1}") if level < number else node("task", "ruf")
        return bpmn.process(START + call + END + chain("s", "ruf", "e"), key=f"p{level}")

    files = {f"p{level}.bpmn": bpmn.file(calling(level)) for level in range(number + 1)}
    found = check.check(files, gathered.Known(processes=frozenset(f"p{level}" for level in range(number + 1))))

    assert ("p0" in {finding.element_id for finding in found if "tiefer als" in finding.message}) is is_told
    if not is_told:
        definition.build("p0", files)


def test_the_last_of_many_rounds_costs_what_the_tenth_did() -> None:
    body = (
        START + node("exclusiveGateway", "a") + user("u") + script("x", "n", "n + 1") + node("exclusiveGateway", "g", default="g_a") + END
        + chain("s", "a", "u", "x", "g") + flow("g", "a") + flow("g", "e", "n > 5000")
    )  # fmt: skip
    built = definition.build("p", {"p.bpmn": bpmn.file(bpmn.process(body))})
    made, _ = step.step(built, None, Stimulus("started", variables={"n": 0}), bpmn.START, instance_id=bpmn.INSTANCE, business_key="K")
    times: list[float] = []
    sizes: list[int] = []
    for _ in range(3000):
        answer = Stimulus("user_task_completed", wait_id=made.open[0])
        began = time.perf_counter()
        made, _ = step.step(built, made.state, answer, bpmn.START, instance_id=bpmn.INSTANCE, business_key="K")
        times.append(time.perf_counter() - began)
        sizes.append(len(made.state))

    early, late = sorted(times[5:105])[20], sorted(times[-100:])[20]  # the fifth of each hundred, so that a busy machine says nothing
    assert late < early * 2
    assert sizes[-1] <= sizes[9] + 8  # the counter has grown a digit or two
