"""What may answer a wait, and what may not: the kind has to fit, the wait has to be open, and nobody poses as somebody else."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid5

import pytest

from engine import errors
from engine.protocol import Stimulus
from tests.engine.spiff import bpmn
from tests.engine.spiff.bpmn import case, chain, event_subprocess, io, job, message, node, script, timer, user

START, END = node("startEvent", "s"), node("endEvent", "e")
WAITS = {
    "u": user("u"),
    "j": job("j"),
    "t": node("intermediateCatchEvent", "t", timer("timeDuration", "P1D")),
    "m": node("intermediateCatchEvent", "m", message()),
    "r": node("receiveTask", "r", messageRef="m_a"),
    "z": node("intermediateCatchEvent", "z", '<bpmn:signalEventDefinition signalRef="sig_a"/>'),
    "c": node(
        "intermediateCatchEvent",
        "c",
        '<bpmn:conditionalEventDefinition><bpmn:condition language="feel">x = 1</bpmn:condition></bpmn:conditionalEventDefinition>',
    ),
}
FITTING = {
    "u": {"user_task_completed", "bpmn_error", "escalation"},
    "j": {"job_completed", "bpmn_error", "escalation"},
    "t": {"timer_due"},
    "m": {"message_received"},
    "r": {"message_received"},
    "z": {"signal_received"},
    "c": set(),
}
KINDS = ("user_task_completed", "job_completed", "timer_due", "message_received", "signal_received", "bpmn_error", "escalation")


@pytest.mark.parametrize("element", WAITS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_wait_is_answered_by_its_own_kind_of_stimulus_only(element: str, kind: str) -> None:
    run = case(START, WAITS[element], user("n"), END, chain("s", element, "n", "e")).start()
    stimulus = Stimulus(kind, wait_id=run.wait(element).id, name="UNBEKANNT")  # type: ignore[arg-type]  # one of the kinds above

    if kind not in FITTING[element]:
        with pytest.raises(errors.InvalidState, match="wartet nicht auf"):
            run.send(stimulus)
        assert run.waiting == [element]
    elif kind in ("bpmn_error", "escalation"):
        with pytest.raises(errors.Incident, match="nirgends gefangen"):
            run.send(stimulus)
    else:
        run.send(stimulus)
        assert run.waiting == ["n"]


def test_a_subprocess_is_no_wait_that_could_be_answered_over_its_open_task() -> None:
    inner = node("startEvent", "is") + user("iu") + node("endEvent", "ie") + chain("is", "iu", "ie")
    run = case(START, node("subProcess", "sub", inner), user("n"), END, chain("s", "sub", "n", "e")).start()
    container = next(token for token in run.live.by_number.values() if token.task_spec.element.id == "sub")  # type: ignore[attr-defined]

    for kind in KINDS:
        with pytest.raises(errors.InvalidState, match="nicht mehr erwartet"):
            run.send(Stimulus(kind, wait_id=container.id, name="X"))  # type: ignore[arg-type]
    assert run.waiting == ["iu"]


def test_the_armed_start_of_an_event_subprocess_takes_its_message_only() -> None:
    inner = node("startEvent", "es", message()) + user("eu") + node("endEvent", "ee") + chain("es", "eu", "ee")
    run = case(START, user("u"), END, chain("s", "u", "e"), event_subprocess("esp", inner)).start()

    with pytest.raises(errors.InvalidState, match="wartet nicht auf"):
        run.send(Stimulus("timer_due", wait_id=run.wait("es").id))
    run.do("es")
    assert run.waiting == ["eu"]


def test_an_unknown_wait_a_missing_wait_and_a_second_start_are_refused() -> None:
    run = case(START, user("u"), END, chain("s", "u", "e")).start()

    with pytest.raises(errors.InvalidState, match="worauf geantwortet"):
        run.send(Stimulus("user_task_completed"))
    with pytest.raises(errors.InvalidState, match="läuft schon"):
        run.send(Stimulus("started"))
    with pytest.raises(errors.InvalidState, match="nicht mehr erwartet"):
        run.send(Stimulus("user_task_completed", wait_id=bpmn.INSTANCE))


def test_nobody_poses_as_the_current_user_by_a_variable_of_that_name() -> None:
    run = case(START, user("u"), script("x", "wer", "currentUser"), user("n"), END, chain("s", "u", "x", "n", "e"))

    with pytest.raises(errors.InvalidInput, match="currentUser"):
        run.start(currentUser="chefin")
    run.start()
    with pytest.raises(errors.InvalidInput, match="currentUser"):
        run.do("u", currentUser="chefin")
    run.do("u", betrag=1)
    assert run.variables == {"betrag": Decimal(1), "wer": "x"}


def test_neither_an_input_parameter_nor_the_entry_of_a_loop_hides_the_current_user() -> None:
    parameter = case(START, user("u", io({"currentUser": "chefin"})), END, chain("s", "u", "e"))
    loop = '<bpmn:multiInstanceLoopCharacteristics camunda:collection="=[1]" camunda:elementVariable="currentUser"/>'
    entry = case(START, job("j", inner=io({"wer": "=currentUser"}) + loop), END, chain("s", "j", "e")).start()

    with pytest.raises(errors.Incident, match="currentUser"):
        parameter.start()
    assert entry.wait("j").variables["wer"] == "start"


def test_the_ids_of_waits_are_version_5_uuids_of_instance_and_counter() -> None:
    run = case(START, user("u"), END, chain("s", "u", "e")).start()

    assert run.wait("u").id in {uuid5(bpmn.INSTANCE, str(number)) for number in range(10)}
