"""Events across scopes: who catches, how far a terminate reaches, and which key a message carries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine import errors, values
from engine.protocol import Stimulus
from engine.spiff import state
from tests.engine.spiff.bpmn import boundary, case, chain, event_subprocess, io, job, message, node, timer, user

START, END = node("startEvent", "s"), node("endEvent", "e")
ERROR = '<bpmn:errorEventDefinition errorRef="e_a"/>'
ANY_ERROR = "<bpmn:errorEventDefinition/>"
ESCALATION = '<bpmn:escalationEventDefinition escalationRef="k_a"/>'
TERMINATE = "<bpmn:terminateEventDefinition/>"
KEY = '<camunda:properties><camunda:property name="correlation_key" value="{}"/></camunda:properties>'


def keyed(value: str) -> str:
    return f"<bpmn:extensionElements>{KEY.format(value)}</bpmn:extensionElements>"


@pytest.mark.parametrize("event", [ERROR, ANY_ERROR])
def test_an_error_thrown_inside_its_own_error_event_subprocess_is_not_caught_by_it_again(event: str) -> None:
    inner = node("startEvent", "es", event) + user("eu") + node("endEvent", "ee", ERROR) + chain("es", "eu", "ee")
    run = case(START, job("j"), END, chain("s", "j", "e"), event_subprocess("esp", inner)).start()

    run.fail("j", "FEHLER")
    assert run.waiting == ["eu"]
    with pytest.raises(errors.Incident, match="nirgends gefangen"):
        run.do("eu")
    assert run.waiting == ["eu"]


def test_an_error_out_of_an_error_event_subprocess_is_caught_one_level_further_out() -> None:
    handler = node("startEvent", "es", ERROR) + node("endEvent", "ee", ERROR) + chain("es", "ee")
    inner = node("startEvent", "is") + job("j") + node("endEvent", "ie") + chain("is", "j", "ie") + event_subprocess("esp", handler)
    run = case(
        START, node("subProcess", "sub", inner), boundary("b", "sub", ERROR), user("n"), END, chain("s", "sub", "e"), chain("b", "n", "e")
    ).start()

    run.fail("j", "FEHLER")
    assert run.waiting == ["n"]


def test_an_escalation_out_of_an_escalation_event_subprocess_does_not_start_it_again() -> None:
    handler = (
        node("startEvent", "es", ESCALATION, isInterrupting="false") + node("endEvent", "ee", ESCALATION) + chain("es", "ee")
    )  # fmt: skip
    run = case(
        START, node("intermediateThrowEvent", "w", ESCALATION), user("u"), END, chain("s", "w", "u", "e"), event_subprocess("esp", handler)
    ).start()

    assert run.waiting == ["u"]
    assert run.count("es") == 1
    assert [event.kind for event in run.events].count("warning") == 1


def test_the_sibling_of_an_error_event_subprocess_may_catch_what_it_throws() -> None:
    first = node("startEvent", "es", ERROR) + node("endEvent", "ee", '<bpmn:errorEventDefinition errorRef="e_b"/>') + chain("es", "ee")
    second = node("startEvent", "zs", ANY_ERROR) + user("zu") + node("endEvent", "ze") + chain("zs", "zu", "ze")
    run = case(
        START, job("j"), END, chain("s", "j", "e"), event_subprocess("erste", first), event_subprocess("zweite", second)
    )  # fmt: skip

    run.start().fail("j", "FEHLER")
    assert run.waiting == ["zu"]


@pytest.mark.parametrize("interrupting", ["true", "false"])
def test_terminate_in_an_event_subprocess_ends_only_that_event_subprocess(interrupting: str) -> None:
    inner = (
        node("startEvent", "es", message(), isInterrupting=interrupting) + node("parallelGateway", "f") + user("eu") + node("endEvent", "ee")
        + user("weg") + node("endEvent", "et", TERMINATE) + chain("es", "f", "eu", "ee") + chain("f", "weg", "et")
    )  # fmt: skip
    run = case(START, user("u"), END, chain("s", "u", "e"), event_subprocess("esp", inner)).start()

    run.do("es")
    run.do("weg")
    if interrupting == "true":
        assert run.outcome == "completed"
    else:
        assert run.waiting == ["es", "u"]
        run.do("u")
        assert run.outcome == "completed"


def test_terminate_at_the_top_ends_the_instance_with_everything_in_it() -> None:
    run = case(
        START, node("parallelGateway", "f"), user("a"), user("b"), node("endEvent", "t", TERMINATE), END, chain("s", "f", "a", "t"),
        chain("f", "b", "e"),
    ).start()  # fmt: skip

    run.do("a")
    assert run.outcome == "terminated"
    assert run.count("b", "element_cancelled") == 1


@pytest.mark.parametrize(
    ("tag", "inner"),
    [("intermediateCatchEvent", message()), ("receiveTask", "")],
)
def test_an_empty_correlation_key_is_an_incident_and_never_the_business_key(tag: str, inner: str) -> None:
    attributes = {"messageRef": "m_a"} if tag == "receiveTask" else {}
    run = case(START, node(tag, "w", keyed("=fehlt") + inner, **attributes), END, chain("s", "w", "e"))

    with pytest.raises(errors.Incident, match="Korrelationsschlüssel") as raised:
        run.start()
    assert raised.value.element_id == "w"
    assert run.start(fehlt="K9").wait("w").correlation == "K9"


def test_a_thrown_message_with_an_empty_correlation_key_is_an_incident() -> None:
    run = case(START, node("intermediateThrowEvent", "w", keyed("=fehlt") + message()), END, chain("s", "w", "e"))

    with pytest.raises(errors.Incident, match="Korrelationsschlüssel"):
        run.start()


CALL = '<bpmn:extensionElements><camunda:in businessKey="=schluessel"/><camunda:in variables="all"/></bpmn:extensionElements>'
CALLED = (
    node("startEvent", "cs") + node("intermediateThrowEvent", "wurf", message("m_b")) + node("subProcess", "csub",
    node("startEvent", "is") + node("intermediateCatchEvent", "fang", message()) + node("endEvent", "ie") + chain("is", "fang", "ie"))
    + node("receiveTask", "post", messageRef="m_a") + node("endEvent", "ce") + chain("cs", "wurf", "csub", "post", "ce")
)  # fmt: skip


def test_a_called_process_sends_and_waits_under_the_business_key_it_was_given() -> None:
    body = (START, node("callActivity", "ruf", CALL, calledElement="q"), user("n"), node("intermediateThrowEvent", "danach", message("m_b")), END,
            chain("s", "ruf", "n", "danach", "e"))  # fmt: skip
    run = case(*body, q=CALLED).start(schluessel="FALL-7")

    assert [sent.correlation for sent in run.last.outgoing] == ["FALL-7"]  # type: ignore[union-attr]
    assert run.wait("fang").correlation == "FALL-7"
    run.do("fang")
    assert run.wait("post").correlation == "FALL-7"
    run.do("post")
    run.do("n")
    assert [sent.correlation for sent in run.last.outgoing] == ["K1"]  # type: ignore[union-attr]


def test_a_called_process_without_a_business_key_mapping_uses_that_of_the_instance() -> None:
    run = case(START, node("callActivity", "ruf", calledElement="q"), END, chain("s", "ruf", "e"), q=CALLED).start()

    assert [sent.correlation for sent in run.last.outgoing] == ["K1"]  # type: ignore[union-attr]
    assert run.wait("fang").correlation is None


def test_an_empty_business_key_for_a_called_process_is_an_incident() -> None:
    run = case(START, node("callActivity", "ruf", CALL, calledElement="q"), END, chain("s", "ruf", "e"), q=CALLED)

    with pytest.raises(errors.Incident, match="Geschäftsschlüssel"):
        run.start()


def test_an_error_in_a_called_process_reaches_the_boundary_of_the_call() -> None:
    called = node("startEvent", "cs") + job("cj", inner=io({"x": "1"})) + node("endEvent", "ce", ERROR) + chain("cs", "cj", "ce")
    run = case(
        START, node("callActivity", "ruf", calledElement="q"), boundary("b", "ruf", ERROR), boundary("t", "ruf", timer("timeDuration", "P1D")),
        user("n"), END, chain("s", "ruf", "e"), chain("b", "n", "e"), chain("t", "e"), q=called,
    ).start()  # fmt: skip

    run.do("cj")
    assert run.waiting == ["n"]


def test_a_monthly_cycle_meets_the_end_of_each_month_and_a_changed_rhythm_begins_anew() -> None:
    body = (
        node("startEvent", "s")
        + user("u")
        + boundary("b", "u", timer("timeCycle", "=rhythmus"), interrupting=False)
        + node("endEvent", "e")
    )
    run = case(body + node("endEvent", "e2") + chain("s", "u", "e") + chain("b", "e2"))
    run.now = datetime(2027, 1, 31, 7, tzinfo=UTC)
    run.start(rhythmus="R/P1M")

    days = []
    for _ in range(3):
        days.append(run.wait("b").due_at)
        run.do("b")
    run.send(Stimulus("variables_set", variables={"rhythmus": "R/P10D"}, name="x", by="x"))
    days.append(run.wait("b").due_at)
    for _ in range(2):
        run.do("b")
        days.append(run.wait("b").due_at)

    assert [f"{day:%d.%m.}" for day in days if day] == ["28.02.", "31.03.", "30.04.", "31.05.", "10.06.", "20.06."]


def test_a_wait_for_a_signal_that_was_stored_without_its_name_catches_it_too() -> None:
    signal = '<bpmn:signalEventDefinition signalRef="sig_a"/>'
    handler = node("startEvent", "hs", signal) + user("hu") + node("endEvent", "he") + chain("hs", "hu", "he")
    body = node("startEvent", "s") + user("u") + node("endEvent", "e", signal) + chain("s", "u", "e") + event_subprocess("h", handler)
    running = case(body).start()
    assert running.last is not None
    counter, scopes, tokens = state.unpack(running.last.state)
    assert [token[8].pop("signal") for token in tokens if token[8] and "signal" in token[8]] == ["signal_a"]
    running.last, running.live = replace(running.last, state=state.PLAIN + values.pack([counter, scopes, tokens])), None

    running.do("u")

    assert running.waiting == ["hu"]
