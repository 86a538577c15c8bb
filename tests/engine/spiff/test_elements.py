"""Each BPMN element runs with Camunda's meaning, in memory and reloaded after every step alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from engine import errors, feel
from engine.protocol import Stimulus
from tests.engine.spiff import bpmn
from tests.engine.spiff.bpmn import boundary, case, chain, event_subprocess, flow, io, job, message, node, script, timer, user

START, END = node("startEvent", "s"), node("endEvent", "e")


def test_start_user_task_script_job_and_end() -> None:
    run = case(START, user("u"), script("x", "doppelt", "betrag * 2"), job("j"), END, chain("s", "u", "x", "j", "e")).start(betrag=1)

    assert run.waiting == ["u"]
    run.do("u", betrag=Decimal("2.50"))
    assert run.waiting == ["j"]
    assert run.variables["doppelt"] == Decimal("5.00")
    run.do("j", ergebnis="gut")
    assert run.outcome == "completed"
    assert run.variables["ergebnis"] == "gut"


def test_exclusive_gateway_takes_the_first_true_flow_or_the_default_and_null_counts_as_false() -> None:
    gateway = node("exclusiveGateway", "g", default="g_c")
    body = (
        START,
        gateway,
        user("a"),
        user("b"),
        user("c"),
        flow("s", "g"),
        flow("g", "a", "x > 10"),
        flow("g", "b", "x > 5"),
        flow("g", "c"),
        *(flow(n, "e") for n in "abc"),
        END,
    )

    assert case(*body).start(x=20).waiting == ["a"]
    assert case(*body).start(x=7).waiting == ["b"]
    assert case(*body).start(x=1).waiting == ["c"]
    nothing = case(*body).start()
    assert nothing.waiting == ["c"]
    assert any(event.kind == "warning" for event in nothing.events)


def test_an_exclusive_gateway_without_a_true_flow_is_an_incident_and_changes_nothing() -> None:
    run = case(
        START,
        node("exclusiveGateway", "g"),
        user("a"),
        user("b"),
        END,
        flow("s", "g"),
        flow("g", "a", "x > 10"),
        flow("g", "b", "x > 5"),
        flow("a", "e"),
        flow("b", "e"),
    )

    with pytest.raises(errors.Incident, match="keine Bedingung"):
        run.start(x=1)


def test_parallel_gateway_waits_for_each_branch_and_variables_are_shared() -> None:
    run = case(
        START, node("parallelGateway", "f"), user("a"), user("b"), node("parallelGateway", "j"), user("c"), END,
        chain("s", "f", "a", "j", "c", "e"), chain("f", "b", "j"),
    ).start()  # fmt: skip

    assert run.waiting == ["a", "b"]
    run.do("a", von_a=1)
    assert run.waiting == ["b"]
    run.do("b", von_b=2)
    assert run.waiting == ["c"]
    assert run.variables == {"von_a": Decimal(1), "von_b": Decimal(2)}


def test_a_parallel_join_in_a_loop_waits_for_both_branches_in_every_round() -> None:
    run = case(
        START, node("exclusiveGateway", "m"), node("parallelGateway", "f"), user("a"), user("b"), node("parallelGateway", "j"),
        node("exclusiveGateway", "g", default="g_m"), END, chain("s", "m", "f", "a", "j", "g"), chain("f", "b", "j"),
        flow("g", "m"), flow("g", "e", "fertig = true"),
    ).start()  # fmt: skip

    run.do("a")
    run.do("b")
    assert run.waiting == ["a", "b"]
    run.do("b", fertig=True)
    assert run.waiting == ["a"]
    run.do("a")
    assert run.outcome == "completed"


def test_inclusive_gateway_joins_only_what_was_sent() -> None:
    body = (
        START, node("inclusiveGateway", "f", default="f_c"), user("a"), user("b"), user("c"), node("inclusiveGateway", "j"), user("z"), END,
        flow("s", "f"), flow("f", "a", "x > 1"), flow("f", "b", "x > 2"), flow("f", "c"), *(flow(n, "j") for n in "abc"), chain("j", "z", "e"),
    )  # fmt: skip
    both = case(*body).start(x=3)

    assert both.waiting == ["a", "b"]
    both.do("a")
    assert both.waiting == ["b"]
    both.do("b")
    assert both.waiting == ["z"]
    assert case(*body).start(x=0).waiting == ["c"]


def test_event_gateway_takes_the_first_of_two_timers_and_a_message() -> None:
    body = (
        START, node("eventBasedGateway", "g"), node("intermediateCatchEvent", "kurz", timer("timeDuration", "P1D")),
        node("intermediateCatchEvent", "lang", timer("timeDuration", "P9D")), node("intermediateCatchEvent", "post", message()),
        user("a"), user("b"), user("c"), END, flow("s", "g"), *(flow("g", n) for n in ("kurz", "lang", "post")),
        chain("kurz", "a", "e"), chain("lang", "b", "e"), chain("post", "c", "e"),
    )  # fmt: skip
    run = case(*body).start()

    assert run.waiting == ["kurz", "lang", "post"]
    assert run.wait("kurz").due_at == bpmn.START + timedelta(days=1)
    run.do("kurz")
    assert run.waiting == ["a"]
    other = case(*body).start()
    other.do("post", betrag=5)
    assert other.waiting == ["c"]
    assert other.variables == {"betrag": Decimal(5)}


def test_timer_on_a_date_is_due_at_midnight_in_berlin_also_across_the_change_of_clocks() -> None:
    body = (START, node("intermediateCatchEvent", "t", timer("timeDate", "=frist")), END, chain("s", "t", "e"))

    assert case(*body).start(frist=date(2026, 12, 1)).wait("t").due_at == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert case(*body).start(frist=date(2026, 7, 1)).wait("t").due_at == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_timer_months_follow_bgb_188() -> None:
    run = case(START, node("intermediateCatchEvent", "t", timer("timeDuration", "P1M")), END, chain("s", "t", "e"))
    run.now = datetime(2026, 1, 31, 8, tzinfo=UTC)

    assert run.start().wait("t").due_at == datetime(2026, 2, 28, 8, tzinfo=UTC)


def test_a_timer_without_a_value_is_an_incident_that_names_the_element() -> None:
    run = case(START, node("intermediateCatchEvent", "t", timer("timeDate", "=fehlt")), END, chain("s", "t", "e"))

    with pytest.raises(errors.Incident, match="Datum") as raised:
        run.start()
    assert raised.value.element_id == "t"


@pytest.mark.parametrize("interrupting", [True, False])
def test_boundary_message_interrupts_or_not_and_again_and_again(interrupting: bool) -> None:
    run = case(
        START,
        user("u"),
        boundary("b", "u", message(), interrupting=interrupting),
        user("n"),
        END,
        node("endEvent", "e2"),
        chain("s", "u", "e"),
        chain("b", "n", "e2"),
    ).start()

    run.do("b", wert=1)
    assert run.waiting == (["n"] if interrupting else ["b", "n", "u"])
    if not interrupting:
        run.do("b", wert=2)
        assert run.waiting == ["b", "n", "n", "u"]
        run.do("u")
        assert run.waiting == ["n", "n"]


def test_boundary_timer_on_a_job_and_a_bpmn_error_with_code() -> None:
    error = '<bpmn:errorEventDefinition errorRef="e_a" camunda:errorCodeVariable="code"/>'
    body = (
        START,
        job("j"),
        boundary("t", "j", timer("timeDuration", "PT1H")),
        boundary("f", "j", error),
        user("spaet"),
        user("falsch"),
        END,
        chain("s", "j", "e"),
        chain("t", "spaet", "e"),
        chain("f", "falsch", "e"),
    )
    late = case(*body).start()

    late.do("t")
    assert late.waiting == ["spaet"]
    failed = case(*body).start()
    failed.fail("j", "FEHLER", grund="x")
    assert failed.waiting == ["falsch"]
    assert failed.variables["code"] == "FEHLER"
    with pytest.raises(errors.Incident, match="nirgends gefangen"):
        case(*body).start().fail("j", "ANDERER")


@pytest.mark.parametrize("interrupting", ["true", "false"])
def test_event_subprocess_by_message_keeps_its_data_and_fires_repeatedly(interrupting: str) -> None:
    inner = node("startEvent", "es", message(), isInterrupting=interrupting) + user("eu") + node("endEvent", "ee") + chain("es", "eu", "ee")
    run = case(START, user("u"), END, chain("s", "u", "e"), event_subprocess("esp", inner)).start()

    run.do("es", betrag=7)
    assert run.waiting == (["eu"] if interrupting == "true" else ["es", "eu", "u"])
    assert run.variables["betrag"] == Decimal(7)
    if interrupting == "true":
        run.do("eu", fertig=1)
        assert run.outcome == "completed"
    else:
        run.do("es", betrag=8)
        assert run.waiting == ["es", "eu", "eu", "u"]
        run.do("u")
        run.do("eu")
        assert run.outcome is None
        run.do("eu", letzte=9)
        assert run.outcome == "completed"
        assert run.variables["letzte"] == Decimal(9)


def test_a_second_instance_is_not_touched_by_an_event_subprocess_of_the_first() -> None:
    inner = node("startEvent", "es", message()) + user("eu") + node("endEvent", "ee") + chain("es", "eu", "ee")
    first = case(START, user("u"), END, chain("s", "u", "e"), event_subprocess("esp", inner)).start()
    first.do("es")

    second = bpmn.Case(first.definition).start()
    assert second.waiting == ["es", "u"]


def test_escalation_from_a_non_interrupting_event_subprocess_ends_the_main_line() -> None:
    payment = (
        node("startEvent", "zahlung", message(), isInterrupting="false") + node("exclusiveGateway", "g", default="g_teil")
        + node("endEvent", "teil") + node("endEvent", "alles", '<bpmn:escalationEventDefinition escalationRef="k_a"/>')
        + flow("zahlung", "g") + flow("g", "alles", "rest = 0") + flow("g", "teil")
    )  # fmt: skip
    closing = (
        node("startEvent", "ausgeglichen", '<bpmn:escalationEventDefinition escalationRef="k_a"/>') + user("abschluss")
        + node("endEvent", "ende") + chain("ausgeglichen", "abschluss", "ende")
    )  # fmt: skip
    run = case(START, user("u"), END, chain("s", "u", "e"), event_subprocess("p1", payment), event_subprocess("p2", closing)).start()

    run.do("zahlung", rest=5)
    assert run.waiting == ["u", "zahlung"]
    run.do("zahlung", rest=0)
    assert run.waiting == ["abschluss"]
    run.do("abschluss")
    assert run.outcome == "completed"


def test_conditional_event_subprocess_fires_when_a_variable_changes() -> None:
    condition = (
        '<bpmn:conditionalEventDefinition><bpmn:condition language="feel">bezahlt = true</bpmn:condition></bpmn:conditionalEventDefinition>'
    )
    inner = node("startEvent", "es", condition) + user("eu") + node("endEvent", "ee") + chain("es", "eu", "ee")
    run = case(START, user("u"), user("v"), END, chain("s", "u", "v", "e"), event_subprocess("esp", inner)).start()

    run.do("u", bezahlt=True)
    assert run.waiting == ["eu"]


def test_embedded_subprocess_with_boundary_and_its_own_end() -> None:
    inner = node("startEvent", "is") + user("iu") + node("endEvent", "ie") + chain("is", "iu", "ie")
    run = case(
        START,
        node("subProcess", "sub", inner),
        boundary("b", "sub", message()),
        user("n"),
        END,
        chain("s", "sub", "e"),
        chain("b", "n", "e"),
    ).start()

    assert run.waiting == ["b", "iu"]
    run.do("b")
    assert run.waiting == ["n"]
    other = bpmn.Case(run.definition).start()
    other.do("iu", innen=1)
    assert other.outcome == "completed"
    assert other.variables == {"innen": Decimal(1)}


def test_terminate_inside_a_subprocess_ends_only_the_subprocess() -> None:
    inner = (
        node("startEvent", "is") + node("parallelGateway", "f") + user("iu") + node("endEvent", "ie")
        + node("endEvent", "it", "<bpmn:terminateEventDefinition/>")
        + chain("is", "f", "iu", "ie") + flow("f", "it")
    )  # fmt: skip
    run = case(START, node("subProcess", "sub", inner), user("n"), END, chain("s", "sub", "n", "e")).start()

    assert run.waiting == ["n"]


def test_call_activity_sees_only_what_in_gives_and_returns_only_out() -> None:
    mapping = (
        '<bpmn:extensionElements><camunda:in source="betrag" target="summe"/><camunda:in sourceExpression="=betrag * 2" target="doppelt"/>'
        '<camunda:out source="ergebnis" target="von_unten"/></bpmn:extensionElements>'
    )
    called = node("startEvent", "cs") + user("cu") + node("endEvent", "ce") + chain("cs", "cu", "ce")
    run = case(START, node("callActivity", "ruf", mapping, calledElement="q"), user("n"), END, chain("s", "ruf", "n", "e"), q=called).start(
        betrag=4, geheim=1
    )

    assert run.waiting == ["cu"]
    assert run.wait("cu").scope == "ruf"
    run.do("cu", ergebnis="ja", privat=3)
    assert run.variables == {"betrag": Decimal(4), "geheim": Decimal(1), "von_unten": "ja"}


def test_input_parameters_are_local_and_output_parameters_reach_the_process() -> None:
    run = case(START, job("j", inner=io({"x": "=betrag + 1"}, {"y": "=x + antwort"})), user("n"), END, chain("s", "j", "n", "e")).start(
        betrag=1
    )

    assert dict(run.wait("j").variables) == {"x": Decimal(2)}
    run.do("j", antwort=10)
    assert run.variables == {"betrag": Decimal(1), "antwort": Decimal(10), "y": Decimal(12)}


def test_an_input_or_output_parameter_without_a_value_is_null() -> None:
    drawn = job("j", inner=io({"x": "", "y": "  "}, {"z": ""}))

    run = case(START, drawn, user("n"), END, chain("s", "j", "n", "e")).start(z=1)

    assert dict(run.wait("j").variables) == {"x": None, "y": None}
    run.do("j")
    assert run.variables == {"z": None}


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_multi_instance_over_a_list(sequential: str) -> None:
    loop = f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}" camunda:collection="namen" camunda:elementVariable="name"/>'
    run = case(START, job("j", inner=io({"wer": "=name"}) + loop), user("n"), END, chain("s", "j", "n", "e")).start(namen=["a", "b", "c"])

    seen = []
    while run.waiting != ["n"]:
        wait = run.wait("j")
        seen.append(wait.variables["wer"])
        run.do("j")
    assert sorted(seen) == ["a", "b", "c"]
    assert len(seen) == 3


def test_multi_instance_with_an_empty_list_and_with_a_completion_condition() -> None:
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics camunda:collection="namen" camunda:elementVariable="name">'
        '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">=genug = true</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>'
    )
    body = (START, user("u", loop), user("n"), END, chain("s", "u", "n", "e"))

    assert case(*body).start(namen=[]).waiting == ["n"]
    run = case(*body).start(namen=["a", "b", "c"])
    assert run.waiting == ["u", "u", "u"]
    run.do("u", genug=True)
    assert run.waiting == ["n"]


def test_cycle_timer_counts_from_the_planned_time_and_ends_after_its_repetitions() -> None:
    run = case(
        START,
        user("u"),
        boundary("t", "u", timer("timeCycle", "R3/PT1H"), interrupting=False),
        user("n"),
        END,
        node("endEvent", "e2"),
        chain("s", "u", "e"),
        chain("t", "n", "e2"),
    ).start()

    run.now = bpmn.START + timedelta(hours=1, minutes=20)
    run.do("t")
    assert run.wait("t").due_at == bpmn.START + timedelta(hours=2)
    run.do("t")
    run.do("t")
    assert run.waiting == ["n", "n", "n", "u"]


def test_signal_and_message_are_thrown_with_payload_and_key() -> None:
    props = '<camunda:properties><camunda:property name="correlation_key" value="=ziel"/></camunda:properties>'
    throw = node(
        "intermediateThrowEvent",
        "t",
        io({"summe": "=betrag"}).replace("</bpmn:extensionElements>", props + "</bpmn:extensionElements>") + message(),
    )
    run = case(START, throw, node("endEvent", "e", '<bpmn:signalEventDefinition signalRef="sig_a"/>'), chain("s", "t", "e")).start(
        betrag=3, ziel="FALL-1"
    )

    sent = run.last.outgoing if run.last else ()
    assert [(o.kind, o.name, o.correlation, dict(o.variables)) for o in sent] == [
        ("message", "nachricht_a", "FALL-1", {"summe": Decimal(3)}), ("signal", "signal_a", None, {}),
    ]  # fmt: skip


def test_links_join_two_ends_of_a_diagram() -> None:
    link = '<bpmn:linkEventDefinition name="weiter"/>'
    run = case(
        START,
        node("intermediateThrowEvent", "l1", link),
        node("intermediateCatchEvent", "l2", link),
        user("u"),
        END,
        chain("s", "l1"),
        chain("l2", "u", "e"),
    ).start()

    assert run.waiting == ["u"]


def test_a_loop_of_3000_rounds_works_and_the_state_stays_small() -> None:
    run = case(
        START,
        node("exclusiveGateway", "m"),
        user("u"),
        node("exclusiveGateway", "g", default="g_m"),
        END,
        chain("s", "m", "u", "g"),
        flow("g", "m"),
        flow("g", "e", "fertig = true"),
    ).start()
    size = len(run.last.state) if run.last else 0

    for _ in range(3000):
        run.do("u")
    assert run.last is not None
    assert len(run.last.state) <= size + 8
    run.do("u", fertig=True)
    assert run.outcome == "completed"


def test_a_loop_without_a_wait_is_an_incident_and_does_not_hang() -> None:
    run = case(
        START,
        node("exclusiveGateway", "m"),
        script("x", "n", "1"),
        node("exclusiveGateway", "g", default="g_m"),
        END,
        chain("s", "m", "x", "g"),
        flow("g", "m"),
        flow("g", "e", "fertig = true"),
    )

    with pytest.raises(errors.Incident, match="ohne zu warten"):
        run.start()


def test_a_stale_wait_is_refused_and_a_function_name_is_no_variable() -> None:
    function = feel.Function("frist_ende", ("x",), lambda x: x)
    run = case(START, user("u"), user("v"), END, chain("s", "u", "v", "e"), functions=(function,)).start()
    old = run.wait("u")
    run.do("u")

    with pytest.raises(errors.InvalidState, match="nicht mehr erwartet"):
        run.send(Stimulus("user_task_completed", wait_id=old.id))
    with pytest.raises(errors.InvalidInput, match="Rechtsfunktion"):
        run.do("v", frist_ende=1)


def test_two_folds_of_the_same_stimuli_are_identical() -> None:
    function = feel.Function("verdopple", ("x",), lambda x: x * 2)
    body = (
        START,
        user("u"),
        script("x", "y", "verdopple(betrag)"),
        node("intermediateCatchEvent", "t", timer("timeDuration", "P1D")),
        END,
        chain("s", "u", "x", "t", "e"),
    )

    def fold() -> list[object]:
        run = case(*body, functions=(function,)).start()
        run.do("u", betrag=4)
        run.do("t")
        return [run.events, run.stimuli, run.variables]

    assert fold() == fold()


def test_a_step_reads_no_clock_and_draws_no_random_id(monkeypatch: pytest.MonkeyPatch) -> None:
    import time
    import uuid

    def forbidden(*_: object, **__: object) -> object:
        raise AssertionError("a step must not do this")

    run = case(START, user("u"), job("j"), END, chain("s", "u", "j", "e"))
    monkeypatch.setattr(time, "time", forbidden)
    monkeypatch.setattr(uuid, "uuid4", forbidden)
    monkeypatch.setattr("SpiffWorkflow.task.uuid4", forbidden)
    monkeypatch.setattr("SpiffWorkflow.task.time.time", forbidden)

    run.start()
    run.do("u")
    run.do("j")

    assert run.outcome == "completed"
