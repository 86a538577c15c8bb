"""Tasks, their parameters and the scopes of their variables."""

from __future__ import annotations

from tests.engine.conformance.notation import ANY_ERROR, END, ERROR, ESCALATION, START, multi, receive, sub
from tests.engine.conformance.rules import Rule
from tests.engine.spiff.bpmn import boundary, chain, io, job, message, node, script, timer, user


def decision(mapping: str, inner: str = "") -> str:
    return node(
        "businessRuleTask", "r", inner, camunda_decisionRef="tarif", camunda_resultVariable="gebuehr", camunda_mapDecisionResult=mapping
    )


def one(task: str, *, name: str = "t") -> str:
    return START + task + END + chain("s", name, "e")


KEY = '<camunda:properties><camunda:property name="correlation_key" value="{}"/></camunda:properties>'

RULES = (
    Rule("user_task_waits_and_its_values_belong_to_the_process", "start -> t\ndo t {x: 1} -> completed", one(user("t")), path="s t e",
         variables="{x: 1}"),
    Rule("user_task_may_report_an_error", "start -> t\nfail t FEHLER {x: 1} -> b", START + user("t") + boundary("f", "t", ERROR)
         + user("b") + END
         + chain("s", "t", "e") + chain("f", "b", "e"), path="s t! f", variables="{x: 1}"),
    Rule("user_task_may_escalate_and_stay", "start -> t\nescalate t MELDUNG -> b t\ndo t -> b", START + user("t")
         + boundary("k", "t", ESCALATION, interrupting=False) + user("b") + END + chain("s", "t", "e") + chain("k", "b", "e"),
         path="s k t e"),
    Rule("manual_task_passes", "start -> completed", one(node("manualTask", "t")), path="s t e"),
    Rule("undefined_task_passes", "start -> completed", one(node("task", "t")), path="s t e"),
    Rule("script_task_sets_its_result", "start {x: 2} -> completed", one(script("t", "y", "x * 2 + 1")), path="s t e",
         variables="{x: 2, y: 5}"),
    Rule("script_task_sees_a_variable_named_like_a_function", "start {count: 3, sum: 4} -> completed", one(script("t", "y", "count + sum")),
         variables="{count: 3, sum: 4, y: 7}"),
    Rule("script_task_that_fails_is_an_incident", "start -> incident t", one(script("t", "y", "[1..5]"))),
    Rule("service_task_is_a_job", "start -> t\ndo t {x: 1} -> completed", one(job("t")), path="s t e", variables="{x: 1}"),
    Rule("send_task_may_be_a_job", "start -> t\ndo t -> completed", one(node("sendTask", "t", camunda_type="external",
         camunda_topic="senden"))),
    Rule("send_task_throws_its_message", "start {x: 1} -> completed", one(node("sendTask", "t", io({"summe": "=x"}), messageRef="m_a")),
         thrown="nachricht_a=K1{summe: 1}", path="s t e"),
    Rule("receive_task_waits_for_its_message", "start -> t\ndo t {x: 1} -> completed", one(receive("t")), path="s t e", variables="{x: 1}"),
    Rule("receive_task_can_be_interrupted", "start -> f t\ndo f -> completed", START + receive("t") + boundary("f", "t",
         timer("timeDuration", "P1D"))
         + END + chain("s", "t", "e") + chain("f", "e"), path="s t! f e"),
    Rule("business_rule_task_gives_a_single_value", "start {betrag: 50} -> completed", one(decision("singleEntry"), name="r"),
         variables="{betrag: 50, gebuehr: 5}"),
    Rule("business_rule_task_gives_a_single_row", "start {betrag: 500} -> completed", one(decision("singleResult"), name="r"),
         variables="{betrag: 500, gebuehr: {gebuehr: 10}}"),
    Rule("business_rule_task_gives_a_column", "start {betrag: 50} -> completed", one(decision("collectEntries"), name="r"),
         variables="{betrag: 50, gebuehr: [5]}"),
    Rule("business_rule_task_gives_all_rows", "start {betrag: 50} -> completed", one(decision("resultList"), name="r"),
         variables="{betrag: 50, gebuehr: [{gebuehr: 5}]}"),
    Rule("business_rule_task_without_a_match_gives_null_and_says_so", "start {betrag: -1} -> completed", one(decision("singleEntry"),
         name="r"),
         variables="{betrag: -1, gebuehr: null}", warns="trifft keine Regel zu"),
    Rule("input_parameters_are_local", "start {x: 1} -> t\ndo t -> n\ndo n -> completed",
         START + user("t", io({"y": "=x + 1"})) + user("n") + END + chain("s", "t", "n", "e"), variables="{x: 1}"),
    Rule("input_parameters_see_what_is_outside_not_each_other", "start {a: 1} -> completed",
         one(node("task", "t", io({"a": "=a + 1", "b": "=a + 10"}, {"c": "=b", "d": "=a"}))), variables="{a: 1, c: 11, d: 2}"),
    Rule("output_parameters_are_set_one_after_the_other", "start {x: 1} -> completed",
         one(node("task", "t", io(outputs={"y": "=x + 1", "z": "=y + 1"}))), variables="{x: 1, y: 2, z: 3}"),
    Rule("a_value_for_a_local_variable_stays_local", "start {x: 1} -> t\ndo t {x: 5} -> completed", one(user("t", io({"x": "=x"}))),
         variables="{x: 1}"),
    Rule("an_output_parameter_takes_a_local_value_out", "start {x: 1} -> t\ndo t {x: 5} -> completed", one(user("t", io({"x": "=x"},
         {"x": "=x"}))),
         variables="{x: 5}"),
    Rule("variables_are_set_where_they_exist", "start -> iu\ndo iu {lokal: 2, neu: 3} -> n", START
         + sub("t", node("startEvent", "is") + user("iu") + node("endEvent", "ie") + chain("is", "iu", "ie"), io({"lokal": "1"},
         {"aussen": "=lokal"}))
         + user("n") + END + chain("s", "t", "n", "e"), variables="{neu: 3, aussen: 2}"),
    Rule("variables_of_parallel_ways_are_shared", "start -> a b\ndo a {x: 1} -> b\ndo b {y: 2} -> c\ndo c -> completed", START
         + node("parallelGateway", "f") + user("a") + user("b") + node("parallelGateway", "j") + user("c") + script("z", "z", "x + y") + END
         + chain("s", "f", "a", "j", "c", "z", "e") + chain("f", "b", "j"), variables="{x: 1, y: 2, z: 3}"),
    Rule("a_boundary_event_sees_the_inputs_of_its_activity", "start {tage: 3} -> f t\ndo f -> completed", START
         + user("t", io({"frist": '=duration("P" + string(tage) + "D")'})) + boundary("f", "t", timer("timeDuration", "=frist")) + END
         + chain("s", "t", "e")
         + chain("f", "e"), path="s t! f e"),
    Rule("an_error_of_a_job_sets_its_variables_and_is_caught_by_any_code", "start -> t\nfail t WAS {x: 1} -> b", START + job("t")
         + boundary("f", "t", ANY_ERROR) + user("b") + END + chain("s", "t", "e") + chain("f", "b", "e"), variables="{x: 1}"),
    Rule("an_error_nobody_catches_is_an_incident", "start -> t\nfail t WAS -> incident nirgends gefangen\ndo t -> completed",
         one(job("t"))),
    Rule("a_receive_task_correlates_by_its_key", "start {nr: 7} -> t\ndo t -> completed",
         one(receive("t", inner=f"<bpmn:extensionElements>{KEY.format('=string(nr)')}</bpmn:extensionElements>"))),
    Rule("an_empty_correlation_key_is_an_incident", "start -> incident Korrelationsschlüssel",
         one(node("intermediateCatchEvent", "t", f"<bpmn:extensionElements>{KEY.format('=fehlt')}</bpmn:extensionElements>" + message()))),
    Rule("cancelling_the_instance_closes_every_wait", "start -> f iu iu t\ncancel -> cancelled", START + node("parallelGateway", "g")
         + job("t")
         + boundary("f", "t", timer("timeDuration", "P1D")) + sub("u", node("startEvent", "is") + user("iu") + node("endEvent", "ie")
         + chain("is", "iu", "ie"),
         multi(cardinality="2")) + END + chain("s", "g", "t", "e") + chain("g", "u", "e") + chain("f", "e"),
         path="s g is is t! u! u! iu! u! iu!"),
)  # fmt: skip
