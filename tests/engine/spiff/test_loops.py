"""Multi-instance and standard loops: nothing is left behind, a thousand instances fit, and what never waits is stopped."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine import errors, values
from tests.engine.spiff.bpmn import Case, boundary, case, chain, flow, io, job, message, node, script, user

START, END = node("startEvent", "s"), node("endEvent", "e")


def loop(collection: str, *, sequential: bool = True, completion: str = "") -> str:
    done = f'<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">={completion}</bpmn:completionCondition>' if completion else ""
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}" camunda:collection="{collection}" '
        f'camunda:elementVariable="eintrag">{done}</bpmn:multiInstanceLoopCharacteristics>'
    )


def scopes(run: Case) -> int:
    """How many scopes the stored state has."""
    assert run.last is not None
    return len(values.unpack(run.last.state[1:])[1])


@pytest.mark.parametrize("sequential", [True, False])
def test_a_loop_with_input_parameters_leaves_no_scope_behind(sequential: bool) -> None:
    multi = io({"wer": "=eintrag"}, {"letzter": "=wer"}) + loop("namen", sequential=sequential)
    run = case(START, job("j", inner=multi), user("n"), END, chain("s", "j", "n", "e")).start(namen=["a", "b", "c"])

    for _ in range(3):
        run.do("j")

    assert run.waiting == ["n"]
    assert scopes(run) == 1
    assert run.variables["letzter"] == "c"


def test_a_loop_ended_early_or_cancelled_leaves_no_scope_behind() -> None:
    multi = io({"wer": "=eintrag"}) + loop("namen", sequential=False, completion="genug = true")
    body = (START, job("j", inner=multi), boundary("b", "j", message()), user("n"), END, chain("s", "j", "n", "e"), chain("b", "n"))
    early = case(*body).start(namen=["a", "b", "c"])
    early.do("j", genug=True)
    cancelled = case(*body).start(namen=["a", "b", "c"])
    cancelled.do("b")

    assert early.waiting == cancelled.waiting == ["n"]
    assert scopes(early) == scopes(cancelled) == 1


def test_a_loop_over_subprocesses_leaves_no_scope_behind() -> None:
    inner = node("startEvent", "is") + user("iu", io({"x": "=eintrag"})) + node("endEvent", "ie") + chain("is", "iu", "ie")
    run = case(START, node("subProcess", "sub", io({"y": "1"}) + loop("namen", sequential=False) + inner), user("n"), END,
               chain("s", "sub", "n", "e")).start(namen=["a", "b"])  # fmt: skip

    run.do("iu")
    run.do("iu")
    assert run.waiting == ["n"]
    assert scopes(run) == 1


@pytest.mark.parametrize("sequential", [True, False])
def test_a_thousand_instances_run_in_one_step(sequential: bool) -> None:
    inner = (
        node("startEvent", "is") + script("x", "summe", "summe + eintrag") + script("y", "zahl", "zahl + 1") + node("endEvent", "ie")
        + chain("is", "x", "y", "ie")
    )  # fmt: skip
    body = (START, node("subProcess", "sub", loop("zahlen", sequential=sequential) + inner), user("n"), END, chain("s", "sub", "n", "e"))
    run = case(*body).start(zahlen=list(range(1000)), summe=0, zahl=0)

    assert run.waiting == ["n"]
    assert run.variables["zahl"] == Decimal(1000)
    assert run.variables["summe"] == Decimal(499500)


def test_a_collection_longer_than_a_thousand_is_an_incident() -> None:
    run = case(START, user("u", loop("zahlen")), END, chain("s", "u", "e"))

    with pytest.raises(errors.Incident, match="1000") as raised:
        run.start(zahlen=list(range(1001)))
    assert raised.value.element_id == "u"


@pytest.mark.parametrize("count", ["-1", "1001", "1.5", '"²"', "null", '"viele"', "[1]"])
def test_a_cardinality_that_is_no_count_is_an_incident(count: str) -> None:
    multi = f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>={count}</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"

    with pytest.raises(errors.Incident, match="ganze Zahl"):
        case(START, user("u", multi), END, chain("s", "u", "e")).start()


def test_a_cardinality_of_three_gives_three_tasks() -> None:
    multi = "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
    run = case(START, user("u", multi), END, chain("s", "u", "e")).start()

    assert run.waiting == ["u", "u", "u"]


def test_a_standard_loop_that_never_waits_and_never_ends_is_an_incident() -> None:
    endless = "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>=true</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    task = script("x", "n", "1").replace("</bpmn:scriptTask>", endless + "</bpmn:scriptTask>")

    with pytest.raises(errors.Incident, match="ohne zu warten"):
        case(START, task, END, chain("s", "x", "e")).start()


def test_a_circle_around_a_multi_instance_that_never_waits_is_an_incident() -> None:
    task = script("x", "n", "1").replace("</bpmn:scriptTask>", loop("zahlen") + "</bpmn:scriptTask>")
    run = case(START, node("exclusiveGateway", "m"), task, node("exclusiveGateway", "g", default="g_m"), END, chain("s", "m", "x", "g"),
               flow("g", "m"), flow("g", "e", "fertig = true"))  # fmt: skip

    with pytest.raises(errors.Incident, match="ohne zu warten"):
        run.start(zahlen=[1, 2, 3])


def test_a_standard_loop_runs_until_its_condition_fails_or_its_maximum_is_reached() -> None:
    until = '<bpmn:standardLoopCharacteristics loopMaximum="{}"><bpmn:loopCondition>=nochmal = true</bpmn:loopCondition></bpmn:standardLoopCharacteristics>'
    body = (START, user("u", until.format(3)), user("n"), END, chain("s", "u", "n", "e"))
    run = case(*body).start()
    run.do("u", nochmal=True)
    assert run.waiting == ["u"]
    run.do("u", nochmal=False)
    assert run.waiting == ["n"]

    bounded = case(*body).start(nochmal=True)
    for _ in range(3):
        bounded.do("u")
    assert bounded.waiting == ["n"]


def test_an_error_out_of_one_instance_ends_the_whole_activity_and_an_escalation_none_of_it() -> None:
    inner = node("startEvent", "is") + user("iu") + node("endEvent", "ix", "{thrown}") + chain("is", "iu", "ix")
    multi = node("subProcess", "sub", loop("namen", sequential=False) + inner)
    caught = (
        boundary("b", "sub", "{thrown}", interrupting=True)
        + user("n")
        + user("m")
        + END
        + chain("s", "sub", "m", "e")
        + chain("b", "n", "e")
    )

    error = case(START, (multi + caught).format(thrown='<bpmn:errorEventDefinition errorRef="e_a"/>')).start(namen=["a", "b", "c"])
    error.do("iu")
    told = (
        (multi + caught)
        .format(thrown='<bpmn:escalationEventDefinition escalationRef="k_a"/>')
        .replace('cancelActivity="true"', 'cancelActivity="false"')
    )
    escalation = case(START, told).start(namen=["a", "b", "c"])
    escalation.do("iu")

    assert error.waiting == ["n"]
    assert scopes(error) == 1
    assert escalation.waiting == ["iu", "iu", "n"]
