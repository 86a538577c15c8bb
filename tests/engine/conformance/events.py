"""Boundary, intermediate and end events: what they catch and throw, and what they interrupt."""

from __future__ import annotations

from tests.engine.conformance.notation import (
    ANY_ERROR,
    CAUGHT_ERROR,
    END,
    ERROR,
    ESCALATION,
    OTHER_ERROR,
    SIGNAL,
    START,
    TERMINATE,
    catch,
    condition,
    end,
    multi,
    repeat,
    sub,
    throw,
)  # fmt: skip
from tests.engine.conformance.rules import Rule
from tests.engine.spiff.bpmn import boundary, chain, io, job, message, node, timer, user

INNER = node("startEvent", "is") + user("iu") + end("ie") + chain("is", "iu", "ie")
CARRIES = '<bpmn:signalEventDefinition signalRef="sig_a"><bpmn:extensionElements>{}</bpmn:extensionElements></bpmn:signalEventDefinition>'


def on(host: str, event: str, *, interrupting: bool = True) -> str:
    """A process with one activity `t` and the event `b` at its boundary, behind which user task `n` waits."""
    return (
        START + host + boundary("b", "t", event, interrupting=interrupting) + user("n") + END + chain("s", "t", "e") + chain("b", "n", "e")
    )


def throwing(event: str) -> str:
    """Inside subprocess `sub` a throw event `k`, then user task `iu`; after the subprocess `v`."""
    inner = node("startEvent", "is") + throw("k", event) + user("iu") + end("ie") + chain("is", "k", "iu", "ie")
    return START + sub("sub", inner) + user("n") + user("v") + END + chain("s", "sub", "v", "e")


HOSTS = {
    "user_task": (user("t"), "t"), "job": (job("t"), "t"), "receive_task": (node("receiveTask", "t", messageRef="m_b"), "t"),
    "subprocess": (sub("t", INNER), "iu"), "multi_instance": (user("t", multi(cardinality="2")), "t t"),
    "sequential_instances": (user("t", multi(cardinality="2", sequential=True)), "t"), "loop": (user("t", repeat("true")), "t"),
    "call": (node("callActivity", "t", calledElement="q"), "iu"),
}  # fmt: skip
KINDS = {"message": message(), "timer": timer("timeDuration", "P1D"), "signal": SIGNAL}


def waiting(*names: str) -> str:
    return " ".join(sorted(" ".join(names).split()))


ON_EVERY_ACTIVITY = tuple(
    Rule(
        f"{kind}_boundary_{'interrupts' if interrupting else 'leaves'}_a_{host}",
        f"start -> {waiting('b', waits)}\ndo b {{x: 1}} -> "
        + waiting("n", *(() if interrupting else (waits, *(() if kind == "timer" else ("b",))))),
        on(body, event, interrupting=interrupting), called={"q": INNER} if host == "call" else {}, variables="{x: 1}",
    )
    for host, (body, waits) in HOSTS.items() for kind, event in KINDS.items() for interrupting in (True, False)
)  # fmt: skip

BOUNDARY = (
    Rule("boundary_events_end_with_their_activity", "start -> b t\ndo t -> completed", on(user("t"), message()), path="s t e"),
    Rule("non_interrupting_message_boundary_fires_again", "start -> b t\ndo b -> b n t\ndo b -> b n n t\ndo t -> n n", on(user("t"),
         message(), interrupting=False)),
    Rule("non_interrupting_cycle_fires_as_often_as_drawn", "start -> b t\ndo b -> b n t\ndo b -> n n t\ndo t -> n n",
         on(user("t"), timer("timeCycle", "R2/P1D"), interrupting=False)),
    Rule("interrupting_condition_fires_when_it_becomes_true", "start {x: 0} -> b t\nset {x: 1} -> n", on(user("t"), condition("x = 1")),
         path="s t! b"),
    Rule("condition_that_holds_already_keeps_the_activity_from_working", "start {x: 1} -> n", on(user("t"), condition("x = 1")),
         path="s t! b"),
    Rule("non_interrupting_condition_boundary_fires_at_once_and_after_every_change",
         "start {x: 1} -> b n t\nset {y: 1} -> b n n t\nset {x: 0} -> b n n t",
         on(user("t"), condition("x = 1"), interrupting=False)),
    Rule("condition_sees_local_variables_of_its_activity", "start {x: 0} -> b t\nset {x: 1} -> b t\ndo t -> completed",
         on(user("t", io({"x": "0"})), condition("x = 1"))),
    Rule("error_boundary_catches_its_code", "start -> t\nfail t FEHLER -> n", on(job("t"), ERROR), path="s t! b"),
    Rule("error_boundary_leaves_other_codes_alone", "start -> t\nfail t ANDERS -> incident nirgends gefangen", on(job("t"), ERROR)),
    Rule("error_boundary_without_a_code_catches_any", "start -> t\nfail t ANDERS -> n", on(job("t"), CAUGHT_ERROR.format("")),
         variables='{code: "ANDERS", text: ""}'),
    Rule("error_boundary_of_the_code_goes_before_that_of_any", "start -> t\nfail t FEHLER -> n", START + job("t") + boundary("alle", "t",
         ANY_ERROR)
         + boundary("b", "t", ERROR) + user("n") + user("m") + END + chain("s", "t", "e") + chain("alle", "m", "e") + chain("b", "n", "e")),
    Rule("an_error_goes_to_the_nearest_that_catches_it", "start -> iu\ndo iu -> n", START + sub("a", node("startEvent", "as") + sub("t",
         node("startEvent", "is")
         + user("iu") + end("ie", ERROR) + chain("is", "iu", "ie")) + boundary("f", "t", OTHER_ERROR) + end("ae") + chain("as", "t", "ae")
         + chain("f", "ae"))
         + boundary("b", "a", ERROR) + user("n") + END + chain("s", "a", "e") + chain("b", "n", "e"), path="s as is iu a! t! ie! b"),
    Rule("an_error_in_one_instance_ends_all", "start -> t t t\nfail t#2 FEHLER -> n", on(job("t", inner=multi(cardinality="3")), ERROR),
         path="s t! t! t! t! b"),
    Rule("escalation_boundary_interrupts", "start -> n", throwing(ESCALATION) + boundary("b", "sub", ESCALATION) + chain("b", "n", "e"),
         path="s is sub! k! b"),
    Rule("escalation_boundary_lets_go_on", "start -> iu n\ndo iu -> n v", throwing(ESCALATION) + boundary("b", "sub", ESCALATION,
         interrupting=False)
         + chain("b", "n", "e"), path="s is b k iu ie sub"),
    Rule("an_escalation_nobody_catches_is_noted_and_the_thrower_goes_on", "start -> iu", throwing(ESCALATION) + boundary("b", "sub", ERROR)
         + chain("b", "n", "e"), warns="nirgends gefangen"),
    Rule("a_boundary_event_sets_its_output_parameters", "start -> b t\ndo b {x: 2} -> n", on(user("t"), io(outputs={"y": "=x * 10"})
         + message()),
         variables="{x: 2, y: 20}"),
)  # fmt: skip

INTERMEDIATE = (
    Rule("catch_message_sets_its_variables", "start -> t\ndo t {x: 1} -> completed", START + catch("t", message()) + END + chain("s", "t",
         "e"), path="s t e",
         variables="{x: 1}"),
    Rule("catch_signal_waits", "start -> t\ndo t -> completed", START + catch("t", SIGNAL) + END + chain("s", "t", "e")),
    Rule("catch_timer_waits_for_a_duration", "start -> t\ndo t -> completed", START + catch("t", timer("timeDuration", "PT1H")) + END
         + chain("s", "t", "e")),
    Rule("catch_timer_waits_for_a_date", "start {frist: date(\"2026-12-01\")} -> t\ndo t -> completed", START + catch("t",
         timer("timeDate", "=frist")) + END
         + chain("s", "t", "e")),
    Rule("catch_timer_without_a_value_is_an_incident", "start -> incident Zeit", START + catch("t", timer("timeDate", "=frist")) + END
         + chain("s", "t", "e")),
    Rule("catch_condition_waits_until_it_holds", "start {x: 0} -> t\nset {x: 5} -> t\nset {x: 1} -> completed", START + catch("t",
         condition("x = 1")) + END
         + chain("s", "t", "e")),
    Rule("catch_condition_passes_when_it_holds", "start {x: 1} -> completed", START + catch("t", condition("x = 1")) + END + chain("s",
         "t", "e"), path="s t e"),
    Rule("throw_none_passes", "start -> completed", START + throw("t", "") + END + chain("s", "t", "e"), path="s t e"),
    Rule("throw_message_sends_its_inputs_under_the_business_key", "start {x: 1} -> completed", START + throw("t", io({"summe": "=x"})
         + message()) + END
         + chain("s", "t", "e"), thrown="nachricht_a=K1{summe: 1}"),
    Rule("throw_message_may_be_a_job", "start -> t\ndo t -> completed", START + throw("t",
         '<bpmn:messageEventDefinition messageRef="m_a" camunda:type="external" camunda:topic="senden"/>') + END + chain("s", "t", "e"),
         thrown=""),
    Rule("throw_signal_sends_what_in_names", "start {x: 1, y: 2} -> completed", START + throw("t",
         CARRIES.format('<camunda:in source="x" target="z"/>')) + END
         + chain("s", "t", "e"), thrown="signal_a{z: 1}"),
    Rule("throw_signal_without_in_carries_nothing", "start {x: 1} -> completed", START + throw("t", SIGNAL) + END + chain("s", "t", "e"),
         thrown="signal_a"),
    Rule("throw_escalation_goes_on", "start -> iu n", throwing(ESCALATION) + boundary("b", "sub", ESCALATION, interrupting=False)
         + chain("b", "n", "e")),
)  # fmt: skip

ENDS = (
    Rule("end_ends_one_way", "start -> a b\ndo a -> b\ndo b -> completed", START + node("parallelGateway", "f") + user("a") + user("b")
         + end("e1") + end("e2")
         + chain("s", "f", "a", "e1") + chain("f", "b", "e2"), path="s f a e1 b e2"),
    Rule("an_element_without_an_outgoing_flow_ends_its_way", "start -> u\ndo u -> completed", START + user("u") + chain("s", "u"),
         path="s u"),
    Rule("end_message_sends", "start {x: 1} -> completed", START + end("e", io({"y": "=x"}) + message()) + chain("s", "e"),
         thrown="nachricht_a=K1{y: 1}"),
    Rule("end_signal_sends", "start {x: 1} -> completed", START + end("e", CARRIES.format('<camunda:in variables="all"/>')) + chain("s",
         "e"),
         thrown="signal_a{x: 1}"),
    Rule("end_error_ends_the_scope_that_catches_it", "start -> ia ib\ndo ia -> n", START + sub("t", node("startEvent", "is")
         + node("parallelGateway", "f") + user("ia")
         + user("ib") + end("ie", ERROR) + end("ig") + chain("is", "f", "ia", "ie") + chain("f", "ib", "ig")) + boundary("b", "t", ERROR)
         + user("n") + END
         + chain("s", "t", "e") + chain("b", "n", "e"), path="s is f ia t! ib! ie! b"),
    Rule("end_error_that_nobody_catches_is_an_incident", "start -> u\ndo u -> incident nirgends gefangen", START + user("u") + end("e",
         ERROR) + chain("s", "u", "e")),
    Rule("end_escalation_ends_its_way_and_tells", "start -> n\ndo n -> completed", START + sub("t", node("startEvent", "is") + end("ie",
         ESCALATION) + chain("is", "ie"))
         + boundary("b", "t", ESCALATION, interrupting=False) + user("n") + END + chain("s", "t", "e") + chain("b", "n", "e"),
         path="s is b ie t e n e"),
    Rule("end_terminate_ends_the_instance", "start -> a b t\ndo a -> terminated", START + node("parallelGateway", "f") + user("a")
         + user("b")
         + boundary("t", "b", timer("timeDuration", "P1D")) + end("z", TERMINATE) + END + chain("s", "f", "a", "z") + chain("f", "b", "e")
         + chain("t", "e"),
         path="s f a z b!"),
)  # fmt: skip

RULES = (*ON_EVERY_ACTIVITY, *BOUNDARY, *INTERMEDIATE, *ENDS)
