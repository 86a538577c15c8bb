"""Circles on which nothing waits are refused; those on which something does, at a join or further inside, are not."""

from __future__ import annotations

import pytest

from engine.spiff import check
from engine.spiff.checks import gathered
from tests.engine.conformance.notation import END, START, catch, end, link, sub, throw
from tests.engine.spiff.bpmn import chain, file, flow, job, node, process, script, user

MERGE = node("exclusiveGateway", "mm")
AGAIN = node("exclusiveGateway", "g", default="g_e") + flow("g", "mm", "x = 1") + flow("g", "e")
FORK, JOIN = node("parallelGateway", "f"), node("parallelGateway", "j")
INNER_CALL = node("startEvent", "is") + node("callActivity", "ic", calledElement="q") + end("ie") + chain("is", "ic", "ie")
CALLED = START + user("u") + END + chain("s", "u", "e")
WORK = '<bpmn:messageEventDefinition messageRef="m_a" camunda:type="external" camunda:topic="thema"/>'


def told(body: str) -> set[str]:
    known = gathered.Known(processes=frozenset({"p", "q"}))
    found = check.check({"p.bpmn": file(process(START + body + END)), "q.bpmn": file(process(CALLED, key="q"))}, known)
    assert {finding.message for finding in found if finding.severity == "error"} <= {
        "Die Schleife hat keinen Halt: Auf diesem Rundweg wartet nichts."
    }
    return {finding.element_id for finding in found if finding.severity == "error"}


@pytest.mark.parametrize(
    ("body", "at"),
    [
        (MERGE + AGAIN + chain("s", "mm", "g"), {"mm", "g"}),
        (script("a", "x", "1") + script("b", "y", "2") + chain("s", "a", "b") + flow("b", "a") + flow("b", "e", "x = 2"), {"a", "b"}),
        (
            MERGE + FORK + script("a", "x", "1") + script("b", "y", "1") + JOIN + AGAIN + chain("s", "mm", "f", "a", "j", "g") + chain("f", "b", "j"),
            {"mm", "f", "j", "g"},
        ),
        (MERGE + AGAIN + throw("hin", link("L")) + catch("her", link("L")) + chain("s", "mm", "hin") + chain("her", "g"), {"mm", "g"}),
        (MERGE + AGAIN + sub("t", node("startEvent", "is") + end("ie") + chain("is", "ie")) + chain("s", "mm", "t", "g"), {"mm", "g"}),
    ],
    ids=["gateways", "without_a_gateway", "every_way_into_a_join", "over_a_link", "through_a_subprocess_that_does_not_wait"],
)  # fmt: skip
def test_a_circle_on_which_nothing_waits_is_refused(body: str, at: set[str]) -> None:
    assert told(body) == at


@pytest.mark.parametrize(
    "body",
    [
        MERGE + AGAIN + user("u") + chain("s", "mm", "u", "g"),
        MERGE + FORK + script("a", "x", "1") + user("u") + JOIN + AGAIN + chain("s", "mm", "f", "a", "j", "g") + chain("f", "u", "j"),
        MERGE + AGAIN + sub("t", INNER_CALL) + chain("s", "mm", "t", "g"),
        MERGE + AGAIN + job("u") + throw("hin", link("L")) + catch("her", link("L")) + chain("s", "mm", "u", "hin") + chain("her", "g"),
        MERGE + AGAIN + throw("melden", WORK) + chain("s", "mm", "melden", "g"),
    ],
    ids=["user_task", "a_join_that_waits_for_another_way", "a_call_inside_a_subprocess", "a_job_before_a_link", "a_message_that_a_worker_sends"],
)  # fmt: skip
def test_a_circle_on_which_something_waits_is_allowed(body: str) -> None:
    assert told(body) == set()
