"""The step as a whole: what cannot go on is an incident that names where, and what it returns is nobody else's."""

from __future__ import annotations

from datetime import date

import pytest

from engine import errors, feel
from engine.protocol import Stimulus
from engine.spiff import definition, model, step
from engine.spiff.expressions import literal
from tests.engine.spiff import bpmn
from tests.engine.spiff.bpmn import case, chain, file, flow, io, job, node, process, script, user

START, END = node("startEvent", "s"), node("endEvent", "e")


def test_a_parallel_join_behind_an_exclusive_choice_is_an_incident_that_names_the_join() -> None:
    run = case(
        START, node("exclusiveGateway", "g", default="g_b"), user("a"), user("b"), node("parallelGateway", "treffen"), END, flow("s", "g"),
        flow("g", "a", "x = 1"), flow("g", "b"), chain("a", "treffen", "e"), chain("b", "treffen"),
    ).start()  # fmt: skip

    with pytest.raises(errors.Incident, match="treffen") as raised:
        run.do("b")
    assert raised.value.element_id == "treffen"
    assert run.waiting == ["b"]


def test_two_inclusive_joins_that_wait_for_each_other_are_an_incident_that_names_both() -> None:
    run = case(
        START, node("parallelGateway", "f"), node("inclusiveGateway", "links"), node("inclusiveGateway", "rechts"),
        node("exclusiveGateway", "l2", default="l2_e"), node("exclusiveGateway", "r2", default="r2_e"), END,
        flow("s", "f"), flow("f", "links"), flow("f", "rechts"), flow("links", "l2"), flow("rechts", "r2"),
        flow("l2", "rechts", "zurueck = true"), flow("r2", "links", "zurueck = true"), flow("l2", "e"), flow("r2", "e"),
    )  # fmt: skip

    with pytest.raises(errors.Incident) as raised:
        run.start()
    assert "links" in str(raised.value)
    assert "rechts" in str(raised.value)


def test_a_join_that_waits_beside_an_open_task_is_no_incident_yet() -> None:
    run = case(
        START, node("parallelGateway", "f"), node("parallelGateway", "j"), user("a"), END, flow("s", "f"), flow("f", "j"), flow("f", "a"),
        chain("a", "j", "e"),
    ).start()  # fmt: skip

    run.do("a")
    assert run.outcome == "completed"


@pytest.mark.parametrize("expression", ["[1..5]", "function(a) a + 1", "count", "{a: function() 1}", "[[1..2]]"])
def test_a_script_whose_result_cannot_be_stored_is_an_incident_at_the_script(expression: str) -> None:
    run = case(START, user("u"), script("rechnen", "y", expression), user("n"), END, chain("s", "u", "rechnen", "n", "e")).start()

    with pytest.raises(errors.Incident) as raised:
        run.do("u")
    assert raised.value.element_id == "rechnen"


@pytest.mark.parametrize("expression", ["=[1..5]", "=function(a) a", "=10 ** 200"])
@pytest.mark.parametrize("place", ["inputs", "outputs", "in", "loop"])
def test_a_parameter_or_mapping_that_cannot_be_stored_is_an_incident_at_its_element(place: str, expression: str) -> None:
    called = node("startEvent", "cs") + user("cu") + node("endEvent", "ce") + chain("cs", "cu", "ce")
    mapping = f'<bpmn:extensionElements><camunda:in sourceExpression="{expression}" target="y"/></bpmn:extensionElements>'
    multi = f'<bpmn:multiInstanceLoopCharacteristics camunda:collection="=[{expression[1:]}]" camunda:elementVariable="y"/>'
    element = {
        "inputs": user("hier", io({"y": expression})),
        "outputs": user("hier", io(outputs={"y": expression})),
        "in": node("callActivity", "hier", mapping, calledElement="q"),
        "loop": user("hier", multi),
    }[place]
    run = case(START, element, END, chain("s", "hier", "e"), q=called)

    def run_through() -> None:
        run.start()
        run.do("hier")

    with pytest.raises(errors.Incident) as raised:
        run_through()
    assert raised.value.element_id == "hier"


def test_the_returned_variables_waits_and_events_share_no_list_with_the_live_instance() -> None:
    run = case(START, job("j", inner=io({"eintraege": "=liste"})), user("n"), END, chain("s", "j", "n", "e"))
    first, live = step.step(run.definition, None, Stimulus("started", variables={"liste": [1, {"a": [2]}]}), bpmn.START,
                            instance_id=bpmn.INSTANCE, business_key="K")  # fmt: skip
    before = first.state

    first.variables["liste"].append(9)  # type: ignore[attr-defined]
    first.variables["liste"][1]["a"].append(9)  # type: ignore[index]
    first.opened[0].variables["eintraege"].append(9)  # type: ignore[attr-defined]
    for event in first.events:
        for value in event.detail.values():
            if isinstance(value, list):
                value.append(9)
    answer = Stimulus("job_completed", wait_id=first.open[0])
    kept, _ = step.step(run.definition, live, answer, bpmn.START, instance_id=bpmn.INSTANCE, business_key="K")
    reloaded, _ = step.step(run.definition, before, answer, bpmn.START, instance_id=bpmn.INSTANCE, business_key="K")

    assert kept.state == reloaded.state
    assert kept.variables == reloaded.variables


def test_a_state_of_another_definition_is_an_incident_and_no_crash() -> None:
    one = case(START, user("u"), END, chain("s", "u", "e")).start()
    other = case(START, user("anders"), END, chain("s", "anders", "e"))
    wait = one.wait("u")

    with pytest.raises(errors.Incident, match="passt nicht zu dem Diagramm"):
        step.step(other.definition, one.last.state, Stimulus("user_task_completed", wait_id=wait.id), bpmn.START,  # type: ignore[union-attr]
                  instance_id=bpmn.INSTANCE, business_key="K")  # fmt: skip


@pytest.mark.parametrize("state", [b"x", b"\x01", b"\x01\xc1", b"\x02abc", b"\x01\x93\x01\x02\x03", b"\x03" + b"a" * 50])
def test_a_state_that_is_none_is_an_incident(state: bytes) -> None:
    run = case(START, user("u"), END, chain("s", "u", "e"))

    with pytest.raises(errors.Incident):
        step.step(run.definition, state, Stimulus("variables_set"), bpmn.START, instance_id=bpmn.INSTANCE, business_key="K")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (START + user("u") + END + chain("s", "u", "weg"), "weg"),
        (START + user("u") + END + chain("weg", "u", "e"), "weg"),
        (START + user("u") + bpmn.boundary("b", "weg", bpmn.message()) + END + chain("s", "u", "e"), "weg"),
        (START + user("u") + node("boundaryEvent", "b", bpmn.message()) + END + chain("s", "u", "e"), "b"),
    ],
)
def test_dangling_flows_and_boundary_events_on_nothing_are_told_when_building(body: str, named: str) -> None:
    with pytest.raises(errors.InvalidInput, match=named):
        definition.build("p", {"p.bpmn": file(process(body))})


def test_a_process_that_is_not_in_the_files_or_calls_itself_is_told_when_building() -> None:
    with pytest.raises(errors.InvalidInput, match="gibt es in den Dateien nicht"):
        definition.build("q", {"p.bpmn": file(process(START + END + chain("s", "e")))})
    itself = START + node("callActivity", "ruf", calledElement="p") + END + chain("s", "ruf", "e")
    with pytest.raises(errors.InvalidInput, match="tiefer als"):
        definition.build("p", {"p.bpmn": file(process(itself))})


def test_the_same_element_id_in_two_places_is_told_when_building() -> None:
    element = model.Element("a", "task", "", 1)
    with pytest.raises(errors.InvalidInput, match="zweimal"):
        definition.of_processes("p", {"p": model.Process("p", "p", 1, "", True, "", None, (element, element), ())})
    assert literal("x").value({}, now=bpmn.START, functions=()) == ("x", ())


@pytest.mark.parametrize("priority", ["²", "hoch", "99999999999", "-1", "=1.5", "=null"])
def test_a_priority_that_is_none_is_told_in_history_and_the_usual_one_holds(priority: str) -> None:
    run = case(START, node("userTask", "u", camunda_priority=priority), END, chain("s", "u", "e")).start()

    assert run.wait("u").priority == 50
    assert any(event.kind == "warning" and "Priorität" in str(event.detail["message"]) for event in run.events)
    assert case(START, node("userTask", "u", camunda_priority="=20 + 1"), END, chain("s", "u", "e")).start().wait("u").priority == 21


def test_an_unusual_time_of_a_due_date_is_an_incident() -> None:
    run = case(START, node("userTask", "u", camunda_dueDate="=frist"), END, chain("s", "u", "e"))

    assert run.start(frist=date(2026, 12, 1)).wait("u").due_at is not None
    again = bpmn.Case(run.definition)
    with pytest.raises(errors.Incident, match="außerhalb des Kalenders"):
        again.start(frist=date.min)


def test_functions_of_the_host_are_recorded_with_arguments_and_result() -> None:
    function = feel.Function("verdopple", ("x",), lambda x: x * 2)
    run = case(START, script("x", "y", "verdopple(4)"), user("u"), END, chain("s", "x", "u", "e"), functions=(function,)).start()

    (called,) = [event for event in run.events if event.kind == "function_called"]
    assert called.detail["name"] == "verdopple"
