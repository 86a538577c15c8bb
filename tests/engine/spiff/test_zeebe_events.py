"""Events of Camunda 8 diagrams: correlation keys, what they bring and take along, times, conditions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from engine import errors
from engine.protocol import Stimulus
from engine.spiff import check
from engine.spiff.checks import gathered
from tests.engine.spiff.zeebe import (
    END,
    START,
    around,
    boundary,
    case,
    chain,
    event_subprocess,
    extended,
    file,
    io,
    job,
    loop,
    message,
    node,
    process,
    script,
    tag,
    timer,
    user,
)  # fmt: skip


def test_a_message_is_waited_for_under_its_correlation_key() -> None:
    run = case(*around(node("intermediateCatchEvent", "x", message()))).start(aktenzeichen="A-17")

    assert (run.wait("x").name, run.wait("x").correlation) == ("nachricht_a", "A-17")
    run.do("x", inhalt="ja")
    assert run.variables == {"aktenzeichen": "A-17", "inhalt": "ja"}


@pytest.mark.parametrize("place", ["receive", "boundary", "event_subprocess"])
def test_receive_tasks_boundary_events_and_event_subprocesses_use_the_key_too(place: str) -> None:
    inner = node("startEvent", "x", message()) + user("iu") + node("endEvent", "ie") + chain("x", "iu", "ie")
    body = {
        "receive": (START, node("receiveTask", "x", messageRef="m_a"), END, chain("s", "x", "e")),
        "boundary": (START, user("u"), boundary("x", "u", message()), END, chain("s", "u", "e"), chain("x", "e")),
        "event_subprocess": (START, user("u"), event_subprocess("z", inner), END, chain("s", "u", "e")),
    }[place]
    run = case(*body).start(aktenzeichen="A-18")

    assert run.wait("x").correlation == "A-18"


def test_a_correlation_key_without_a_value_is_an_incident() -> None:
    with pytest.raises(errors.Incident, match="Korrelationsschlüssel"):
        case(*around(node("intermediateCatchEvent", "x", message()))).start()


def test_output_mappings_of_an_event_say_what_of_the_message_goes_out() -> None:
    catch = node("intermediateCatchEvent", "x", extended(io(outputs={"betrag_gezahlt": "=betrag"})) + message())
    run = case(*around(catch)).start(aktenzeichen="A")

    run.do("x", betrag=12, absender="geheim")

    assert run.variables == {"aktenzeichen": "A", "betrag_gezahlt": 12}


def test_output_mappings_hold_for_boundary_errors_and_for_the_start_of_an_event_subprocess() -> None:
    error = '<bpmn:errorEventDefinition errorRef="e_a"/>'
    caught = boundary("b", "x", extended(io(outputs={"warum": "=grund"})) + error)
    at_boundary = case(START, job("x"), caught, END, chain("s", "x", "e"), chain("b", "e")).start()
    inside = node("startEvent", "b", extended(io(outputs={"warum": "=grund"})) + error) + node("endEvent", "ie") + chain("b", "ie")
    in_subprocess = case(START, job("x"), event_subprocess("z", inside), END, chain("s", "x", "e")).start()

    for run in (at_boundary, in_subprocess):
        run.fail("x", "FEHLER", grund="zu spät", geheim=1)
        assert run.outcome == "completed"
        assert run.variables == {"warum": "zu spät"}


def test_a_start_event_maps_start_variables() -> None:
    start = node("startEvent", "s", extended(io(outputs={"betrag": "=antrag.betrag"})))
    run = case(start, user("x"), END, chain("s", "x", "e")).start(antrag={"betrag": 5})

    assert run.variables == {"antrag": {"betrag": 5}, "betrag": 5}


def test_a_message_that_starts_a_process_brings_only_what_is_mapped() -> None:
    start = node("startEvent", "s", extended(io(outputs={"betrag": "=antrag.betrag"})) + message())
    run = case(start, user("x"), END, chain("s", "x", "e"))
    run.send(Stimulus("started", name="s", variables={"antrag": {"betrag": 5}, "geheim": 1}))

    assert run.variables == {"betrag": 5}
    assert run.waiting == ["x"]


def test_a_loop_and_its_results_are_variables_that_somebody_sets() -> None:
    looped = script("x", "r", "[p, loopCounter, numberOfInstances, niemand]", io(outputs={"r": "=r"}))
    looped = looped.replace("</bpmn:scriptTask>", loop("[1]", "p", made="alle", each="r") + "</bpmn:scriptTask>")
    start = node("startEvent", "s", extended(tag("formDefinition", formId="f")))  # so that no other variable can come from outside
    body = "".join((start, looped, script("y", "z", "alle"), END, chain("s", "x", "y", "e")))

    found = check.check({"p.bpmn": file(process(body))}, gathered.Known(form_names={"f": frozenset()}))

    unset = [finding.message for finding in found if "setzt in diesem Prozess niemand" in finding.message]
    assert unset == ["Die Variable „niemand“ setzt in diesem Prozess niemand."]


def test_a_thrown_message_and_signal_carry_the_inputs() -> None:
    thrown = node("intermediateThrowEvent", "x", extended(io({"inhalt": "=betrag"})) + message())
    signal = node("endEvent", "e", extended(io({"inhalt": "=betrag"})) + '<bpmn:signalEventDefinition signalRef="sig_a"/>')
    run = case(START, thrown, signal, chain("s", "x", "e")).start(aktenzeichen="A", betrag=3)

    assert run.last is not None
    assert [(sent.kind, sent.name, sent.correlation, sent.variables) for sent in run.last.outgoing] == [
        ("message", "nachricht_a", "A", {"inhalt": 3}), ("signal", "signal_a", None, {"inhalt": 3}),
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "later"), [
    ("timeDuration", "PT30M", timedelta(minutes=30)), ("timeDuration", "=dauer", timedelta(hours=2)),
    ("timeDate", "2026-08-18T08:00:00+02:00", timedelta(days=1)), ("timeDate", "=frist", timedelta(hours=16)),
])  # fmt: skip
def test_timers_are_due_as_drawn(kind: str, text: str, later: timedelta) -> None:
    run = case(*around(node("intermediateCatchEvent", "x", timer(kind, text)))).start(dauer=timedelta(hours=2), frist=date(2026, 8, 18))

    assert run.wait("x").due_at == run.now + later


@pytest.mark.parametrize(("cron", "due"), [
    ("0 0 8 * * 1", "2026-08-24T06:00:00+00:00"),  # Monday 08:00 has passed by no second: the next one
    ("0 0 8 * * 2", "2026-08-18T06:00:00+00:00"), ("0 0 8 * * 7", "2026-08-23T06:00:00+00:00"),
    ("0 0 8 * * MON-FRI", "2026-08-18T06:00:00+00:00"), ("0 0 8 * * 6-7", "2026-08-22T06:00:00+00:00"),
    ("0 0 8 * * */2", "2026-08-18T06:00:00+00:00"), ("@daily", "2026-08-17T22:00:00+00:00"), ("=takt", "2026-08-19T06:00:00+00:00"),
    ("R3/PT2H", "2026-08-17T08:00:00+00:00"),
])  # fmt: skip
def test_a_cycle_counts_weekdays_as_camunda_8_does(cron: str, due: str) -> None:
    watch = boundary("x", "u", timer("timeCycle", cron), interrupting=False)
    run = case(START, user("u"), watch, END, chain("s", "u", "e"), chain("x", "e")).start(takt="0 0 8 * * 3")

    found = run.wait("x").due_at
    assert found is not None
    assert found.isoformat() == due


def test_escalations_conditions_links_and_terminations_run() -> None:
    body = (
        START, node("intermediateThrowEvent", "l1", '<bpmn:linkEventDefinition name="weiter"/>'),
        node("intermediateCatchEvent", "l2", '<bpmn:linkEventDefinition name="weiter"/>'),
        node("intermediateCatchEvent", "c", '<bpmn:conditionalEventDefinition><bpmn:condition>=betrag &gt; 5</bpmn:condition>'
             "</bpmn:conditionalEventDefinition>"),
        node("subProcess", "sp", node("startEvent", "is") + node("endEvent", "ie", '<bpmn:escalationEventDefinition escalationRef="k_a"/>')
             + chain("is", "ie")),
        boundary("b", "sp", '<bpmn:escalationEventDefinition escalationRef="k_a"/>'), user("nie"),
        node("endEvent", "e", "<bpmn:terminateEventDefinition/>"), node("endEvent", "e2"),
        chain("s", "l1"), chain("l2", "c", "sp", "nie", "e2"), chain("b", "e"),
    )  # fmt: skip
    run = case(*body).start(betrag=1)

    assert run.waiting == ["c"]
    run.send(Stimulus("variables_set", variables={"betrag": 6}))
    assert run.outcome == "terminated"
    assert "b" in run.completed()


def test_a_condition_looks_only_at_the_variables_and_changes_its_filter_names() -> None:
    filtered = extended(tag("conditionalFilter", variableNames="betrag, frist", variableEvents="update"))
    condition = (
        f"<bpmn:conditionalEventDefinition>{filtered}<bpmn:condition>=betrag &gt; 5</bpmn:condition></bpmn:conditionalEventDefinition>"
    )
    watch = boundary("b", "u", condition, interrupting=False)
    body = START, user("u"), watch, script("z", "gezaehlt", "1"), END, chain("s", "u", "e"), chain("b", "z", "e")
    run = case(*body).start(betrag=1)

    run.send(Stimulus("variables_set", variables={"anderes": 1, "betrag": 9}))
    run.send(Stimulus("variables_set", variables={"anderes": 2}))
    run.send(Stimulus("variables_set", variables={"frist": 3}))
    assert run.count("z") == 1
    run.send(Stimulus("variables_set", variables={"frist": 4}))
    assert run.count("z") == 2
