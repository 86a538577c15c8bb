"""What is refused, each by its name: elements nobody executes, and drawings that would run otherwise than they look."""

from __future__ import annotations

from dataclasses import dataclass

from tests.engine.conformance.notation import END, ERROR, START, TERMINATE, catch, condition, end, link, multi, receive, sub, throw
from tests.engine.spiff.bpmn import boundary, chain, event_subprocess, flow, io, message, node, timer, user


@dataclass(frozen=True)
class Refusal:
    """A drawing and a part of the finding it gets; `at` is the element the finding names."""

    name: str
    body: str
    says: str
    at: str = "t"


def one(tag: str, inner: str = "", **attributes: str) -> str:
    return START + node(tag, "t", inner, **attributes) + END + chain("s", "t", "e")


REFUSALS = (
    Refusal("complex_gateway_is_refused", one("complexGateway"), "„complexGateway“ wird nicht ausgeführt"),
    Refusal("transaction_is_refused", one("transaction", node("startEvent", "is")), "„transaction“ wird nicht ausgeführt"),
    Refusal("ad_hoc_subprocess_is_refused", one("adHocSubProcess", user("iu")), "„adHocSubProcess“ wird nicht ausgeführt"),
    Refusal("compensation_boundary_is_refused", START + user("u") + node("boundaryEvent", "t", "<bpmn:compensateEventDefinition/>",
         attachedToRef="u") + END
            + chain("s", "u", "e"), "Kompensation wird nicht ausgeführt"),
    Refusal("compensation_throw_is_refused", one("intermediateThrowEvent", "<bpmn:compensateEventDefinition/>"),
         "Kompensation wird nicht ausgeführt"),
    Refusal("compensation_activity_is_refused", one("userTask", isForCompensation="true"), "Kompensation wird nicht ausgeführt"),
    Refusal("cancel_event_is_refused", START + end("t", "<bpmn:cancelEventDefinition/>") + chain("s", "t"),
         "Abbruch einer Transaktion wird nicht ausgeführt"),
    Refusal("several_triggers_of_one_event_are_refused", one("intermediateCatchEvent", message() + timer("timeDuration", "P1D")),
         "mehrere Auslöser"),
    Refusal("choreography_is_refused", one("choreographyTask"), "„choreographyTask“ wird nicht ausgeführt"),
    Refusal("a_service_task_without_an_implementation_is_refused", one("serviceTask"), "fehlt die Implementierung"),
    Refusal("a_java_class_is_refused", one("serviceTask", camunda_class="de.amt.Versand"), "„Java-Klasse“ wird nicht ausgeführt"),
    Refusal("a_script_in_another_language_is_refused", one("scriptTask", "<bpmn:script>1</bpmn:script>", scriptFormat="groovy"),
         "„groovy“ wird nicht"),
    Refusal("a_receive_task_without_a_message_is_refused", one("receiveTask"), "keinen Namen"),
    Refusal("an_error_end_without_a_code_is_refused", START + end("t", "<bpmn:errorEventDefinition/>") + chain("s", "t"), "keinen Code"),
    Refusal("a_cycle_in_an_intermediate_event_is_refused", one("intermediateCatchEvent", timer("timeCycle", "R3/PT1H")), "keinen Zyklus"),
    Refusal("a_time_that_is_none_is_refused", one("intermediateCatchEvent", timer("timeDuration", "14 Tage")), "keine Dauer"),
    Refusal("a_non_interrupting_error_boundary_is_refused", START + user("u") + boundary("t", "u", ERROR, interrupting=False) + END
         + chain("s", "u", "e")
            + flow("t", "e"), "unterbricht immer"),
    Refusal("an_event_gateway_before_a_task_is_refused", START + node("eventBasedGateway", "g") + catch("m", message()) + user("t") + END
         + chain("s", "g", "m", "e")
            + chain("g", "t", "e"), "Hinter einem ereignisbasierten Gateway"),
    Refusal("a_receive_task_with_a_boundary_behind_an_event_gateway_is_refused", START + node("eventBasedGateway", "g") + catch("m",
         message()) + receive("t", "m_b")
            + boundary("b", "t", timer("timeDuration", "P1D")) + END + chain("s", "g", "m", "e") + chain("g", "t", "e") + chain("b", "e"),
         "ohne angeheftete Ereignisse"),
    Refusal("a_parallel_gateway_with_conditions_is_refused", START + node("parallelGateway", "t") + user("a") + user("b") + END + flow("s",
         "t")
            + flow("t", "a", "x = 1") + flow("t", "b") + flow("a", "e") + flow("b", "e"), "wertet keine Bedingungen aus"),
    Refusal("a_flow_without_a_condition_at_an_exclusive_gateway_is_refused", START + node("exclusiveGateway", "g", default="g_b")
         + user("a") + user("b") + user("c")
            + END + flow("s", "g") + flow("g", "a", key="t") + flow("g", "b") + flow("g", "c", "x = 1") + "".join(flow(n,
         "e") for n in "abc"), "fehlt die Bedingung"),
    Refusal("an_event_subprocess_without_a_trigger_is_refused", START + END + chain("s", "e") + event_subprocess("t", node("startEvent",
         "is") + end("ie")
            + chain("is", "ie")), "genau ein Startereignis mit Auslöser"),
    Refusal("a_link_without_a_target_is_refused", START + throw("t", link("weg")) + chain("s", "t"), "fehlt das Gegenstück"),
    Refusal("two_targets_of_one_link_are_refused", START + throw("hin", link("x")) + catch("a", link("x")) + catch("t", link("x")) + END
         + chain("s", "hin")
            + chain("a", "e") + chain("t", "e"), "zwei Ziele"),
    Refusal("a_loop_without_a_wait_is_refused", START + node("exclusiveGateway", "t") + node("exclusiveGateway", "g", default="g_t") + END
         + chain("s", "t", "g")
            + flow("g", "t") + flow("g", "e", "x = 1"), "keinen Halt"),
    Refusal("a_process_that_calls_itself_is_refused", one("callActivity", calledElement="p"), "ruft sich selbst auf", at="p"),
    Refusal("an_element_nobody_reaches_is_refused", START + END + chain("s", "e") + user("t"), "nie erreicht"),
    Refusal("a_terminate_boundary_is_refused", START + user("u") + node("boundaryEvent", "t", TERMINATE, attachedToRef="u") + END
         + chain("s", "u", "e"),
            "keinen Auslöser"),
    Refusal("a_cardinality_above_a_thousand_is_refused", one("userTask", multi(cardinality="1001")), "zwischen 0 und 1000"),
    Refusal("a_listener_is_refused", one("userTask", '<bpmn:extensionElements><camunda:taskListener event="create" class="x"/></bpmn:extensionElements>'),
            "„Task Listener“ wird nicht ausgeführt"),
    Refusal("an_error_with_a_condition_at_an_external_task_is_refused", one("serviceTask",
            '<bpmn:extensionElements><camunda:errorEventDefinition id="x" errorRef="e_a" expression="${x}"/></bpmn:extensionElements>',
         camunda_type="external",
            camunda_topic="thema"), "Fehler mit Bedingung"),
    Refusal("an_unreadable_parameter_is_refused", one("userTask", io({"x": "=1 +"})), "Parameter „x“"),
    Refusal("a_second_error_boundary_of_the_same_code_is_refused", START + user("u") + boundary("b", "u", ERROR) + boundary("t", "u", ERROR) + END
            + chain("s", "u", "e") + chain("b", "e") + chain("t", "e"), "fängt hier schon den Code „FEHLER“"),
    Refusal("the_same_message_at_a_receive_task_and_its_boundary_is_refused", START + receive("u") + boundary("t", "u", message()) + END
            + chain("s", "u", "e") + chain("t", "e"), "„u“ wartet hier schon auf die Nachricht „nachricht_a“"),
    Refusal("the_same_message_at_two_boundaries_is_refused", START + user("u") + boundary("b", "u", message(), interrupting=False)
            + boundary("t", "u", message()) + END + chain("s", "u", "e") + chain("b", "e") + chain("t", "e"), "„b“ wartet hier schon"),
    Refusal("the_same_message_twice_behind_a_gateway_is_refused", START + node("eventBasedGateway", "g") + catch("m", message()) + receive("t")
            + END + chain("s", "g", "m", "e") + chain("g", "t", "e"), "„m“ wartet hier schon"),
    Refusal("the_same_message_for_two_event_subprocesses_is_refused", START + user("u") + END + chain("s", "u", "e") + "".join(
            event_subprocess(f"p{n}", node("startEvent", key, message()) + end(f"e{n}") + chain(key, f"e{n}")) for n, key in enumerate("at")),
            "„a“ wartet hier schon"),
    Refusal("a_process_started_by_a_condition_is_refused", node("startEvent", "t", condition("x = 1")) + END + chain("t", "e"), "kann so nicht beginnen"),
    Refusal("a_subprocess_started_by_a_trigger_is_refused", START + sub("u", node("startEvent", "t", message()) + end("ie") + chain("t", "ie")) + END
            + chain("s", "u", "e"), "beginnt immer ohne Auslöser"),
)  # fmt: skip
