"""Multi-instance and standard loops: how often, with which variables, and when they end."""

from __future__ import annotations

from tests.engine.conformance.notation import END, ERROR, START, end, multi, repeat, sub
from tests.engine.conformance.rules import Rule
from tests.engine.spiff.bpmn import boundary, chain, event_subprocess, io, job, message, node, script, user

INNER = node("startEvent", "is") + user("iu") + end("ie") + chain("is", "iu", "ie")
NOTE = "=append(liste, [loopCounter, nrOfInstances, nrOfActiveInstances, nrOfCompletedInstances])"


def then(activity: str) -> str:
    return START + activity + user("n") + END + chain("s", "t", "n", "e")


RULES = (
    Rule("parallel_instances_start_together", 'start {namen: ["a", "b"]} -> t t\ndo t#2 -> t\ndo t#1 -> n', then(user("t",
         multi(collection="namen"))),
         path="s t t t"),
    Rule("sequential_instances_start_one_after_the_other", 'start {namen: ["a", "b"]} -> t\ndo t#1 -> t\ndo t#2 -> n',
         then(user("t", multi(collection="namen", sequential=True))), path="s t t t"),
    Rule("each_instance_sees_its_entry", 'start {namen: ["a", "b"], liste: []} -> n',
         then(node("task", "t", io(outputs={"liste": "=append(liste, eintrag)"}) + multi(collection="namen", sequential=True))),
         variables='{namen: ["a", "b"], liste: ["a", "b"]}'),
    Rule("a_collection_may_be_an_expression", "start -> n", then(node("task", "t", multi(collection="=[1, 2, 3]"))), path="s t t t t"),
    Rule("a_cardinality_counts", "start {zahl: 3} -> t t t", then(user("t", multi(cardinality="=zahl")))),
    Rule("no_instances_for_an_empty_list", "start {namen: []} -> n", then(user("t", multi(collection="namen"))), path="s t"),
    Rule("something_that_is_no_list_is_an_incident", 'start {namen: "a"} -> incident Liste', then(user("t", multi(collection="namen")))),
    Rule("counters_of_parallel_instances_are_shared", "start {liste: []} -> t t t\ndo t#2 -> t t\ndo t#3 -> t\ndo t#1 -> n",
         then(user("t", io(outputs={"liste": NOTE}) + multi(cardinality="3"))),
         variables="{liste: [[1, 3, 3, 0], [2, 3, 2, 1], [0, 3, 1, 2]]}"),
    Rule("counters_of_sequential_instances", "start {liste: []} -> t\ndo t -> t\ndo t -> n",
         then(user("t", io(outputs={"liste": NOTE}) + multi(cardinality="2", sequential=True))),
         variables="{liste: [[0, 2, 1, 0], [1, 2, 1, 1]]}"),
    Rule("completion_condition_ends_parallel_instances", "start -> t t t\ndo t -> t t\ndo t -> n",
         then(user("t", multi(cardinality="3", completion="nrOfCompletedInstances / nrOfInstances > 0.6"))), path="s t t t! t"),
    Rule("completion_condition_ends_sequential_instances", "start -> t\ndo t {genug: false} -> t\ndo t {genug: true} -> n",
         then(user("t", multi(cardinality="3", sequential=True, completion="genug")))),
    Rule("completion_condition_sees_the_variables_of_the_instance", 'start {namen: ["a", "stopp", "c"]} -> t\ndo t -> t\ndo t -> n',
         then(user("t", multi(collection="namen", sequential=True, completion='eintrag = "stopp"')))),
    Rule("instances_of_a_subprocess", "start -> iu iu\ndo iu#1 -> iu\ndo iu#2 -> n", then(sub("t", INNER, multi(cardinality="2"))),
         path="s is is iu ie t iu ie t t"),
    Rule("instances_of_a_call", 'start {namen: ["a", "b"]} -> cu cu\ndo cu#2 {y: 2} -> cu\ndo cu#1 {y: 1} -> n',
         then(node("callActivity", "t", '<bpmn:extensionElements><camunda:in source="eintrag" target="wer"/><camunda:out source="wer" target="letzter"/>'
         "</bpmn:extensionElements>" + multi(collection="namen"), calledElement="q")),
         called={"q": node("startEvent", "cs") + user("cu") + end("ce") + chain("cs", "cu", "ce")},
         variables='{namen: ["a", "b"], letzter: "a"}'),
    Rule("instances_nest", 'start {aussen: [["a", "b"], ["c"]], liste: []} -> n', then(sub("t", node("startEvent", "is")
         + node("task", "it", io({"wer": "=eintrag"}, {"liste": "=append(liste, wer)"}) + multi(collection="eintrag", sequential=True))
         + end("ie")
         + chain("is", "it", "ie"), multi(collection="aussen", sequential=True))),
         variables='{aussen: [["a", "b"], ["c"]], liste: ["a", "b", "c"]}'),
    Rule("a_boundary_event_ends_all_instances", "start -> b t t\ndo t -> b t\ndo b -> m", START + user("t", multi(cardinality="2"))
         + boundary("b", "t", message())
         + user("m") + END + chain("s", "t", "e") + chain("b", "m", "e"), path="s t t! t! b"),
    Rule("an_error_inside_an_instance_ends_all_where_it_is_caught_outside", "start -> ij ij\nfail ij#1 FEHLER -> m", START + sub("t",
         node("startEvent", "is")
         + job("ij") + end("ie") + chain("is", "ij", "ie"), multi(cardinality="2")) + boundary("b", "t", ERROR) + user("m") + END
         + chain("s", "t", "e")
         + chain("b", "m", "e")),
    Rule("an_error_inside_an_instance_caught_inside_ends_only_that_one",
         "start -> ij ij\nfail ij#1 FEHLER -> eu ij\ndo eu -> ij\ndo ij -> n", then(sub("t",
         node("startEvent", "is") + job("ij") + end("ie") + chain("is", "ij", "ie") + event_subprocess("esp", node("startEvent", "es",
         ERROR) + user("eu")
         + end("ee") + chain("es", "eu", "ee")), multi(cardinality="2")))),
    Rule("the_result_of_instances_is_gathered", "start {zahlen: [1, 2, 3], summen: []} -> n", then(sub("t", node("startEvent", "is")
         + script("x", "doppelt", "eintrag * 2") + end("ie") + chain("is", "x", "ie"), io(outputs={"summen": "=append(summen, doppelt)"})
         + multi(collection="zahlen", sequential=True))), variables="{zahlen: [1, 2, 3], summen: [2, 4, 6], doppelt: 6}"),
    Rule("loop_repeats_while_its_condition_holds", "start -> t\ndo t {nochmal: true} -> t\ndo t {nochmal: false} -> n", then(user("t",
         repeat("nochmal")))),
    Rule("loop_tested_before_may_not_run_at_all", "start {nochmal: false} -> n", then(user("t", repeat("nochmal", before=True))),
         path="s t"),
    Rule("loop_ends_at_its_maximum", "start -> t\ndo t -> t\ndo t -> n", then(user("t", repeat(maximum=2))), path="s t t t"),
    Rule("loop_repeats_a_subprocess", "start -> iu\ndo iu {nochmal: true} -> iu\ndo iu {nochmal: false} -> n", then(sub("t", INNER,
         repeat("nochmal")))),
    Rule("loop_counts_its_rounds_from_zero", "start {liste: []} -> n",
         then(node("task", "t", io(outputs={"liste": "=append(liste, loopCounter)"}) + repeat(maximum=3))), variables="{liste: [0, 1, 2]}"),
)  # fmt: skip
