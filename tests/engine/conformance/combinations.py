"""Elements together: what each of them alone does not show, reckoned by hand as Camunda 7 runs it."""

from __future__ import annotations

from tests.engine.conformance.notation import (
    ANY_ERROR,
    CAUGHT_ERROR,
    CAUGHT_ESCALATION,
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
    link,
    multi,
    receive,
    started_by,
    sub,
    throw,
)  # fmt: skip
from tests.engine.conformance.rules import Rule
from tests.engine.spiff.bpmn import boundary, chain, event_subprocess, flow, io, job, message, node, script, timer, user

INNER = node("startEvent", "is") + user("iu") + end("ie") + chain("is", "iu", "ie")
CYCLE = timer("timeCycle", "R2/P1D")


def then(activity: str, *more: str) -> str:
    """Start, the activity `t`, user task `n`, end."""
    return START + activity + user("n") + END + chain("s", "t", "n", "e") + "".join(more)


def inside(key: str, body: str, *names: str, inner: str = "") -> str:
    """A subprocess with the named elements one after the other."""
    return sub(key, node("startEvent", f"{key}s") + body + end(f"{key}e") + chain(f"{key}s", *names, f"{key}e"), inner)


def handler(key: str, start: str, body: str, *names: str) -> str:
    """An event subprocess: its start event, the named elements one after the other, an end."""
    return event_subprocess(key, start + body + end(f"{key}e") + chain(key.upper(), *names, f"{key}e"))


def split(key: str, *ways: str, tag: str = "parallelGateway") -> str:
    return node(tag, key) + "".join(flow(key, way) for way in ways)


LOOPS = (
    Rule("a_cycle_at_a_subprocess_inside_instances_counts_in_each_of_them",
         "start -> c c iu iu\ndo c#1 -> c c iu iu x\ndo c#1 -> c iu iu x x\ndo iu#1 -> c iu x x\ndo iu#2 -> x x\ndo x -> x\ndo x -> n",
         then(inside("t", sub("tief", INNER) + boundary("c", "tief", CYCLE, interrupting=False) + user("x") + end("xe") + chain("c", "x", "xe"),
                     "tief", inner=multi(cardinality="2")))),
    Rule("a_completion_condition_ends_what_boundary_events_of_the_instances_had_begun",
         "start -> b b iu iu\ndo b#1 -> b b iu iu x\ndo iu#2 -> n",
         then(inside("t", user("iu") + boundary("b", "iu", message(), interrupting=False) + user("x") + end("xe") + chain("b", "x", "xe"), "iu",
                     inner=multi(cardinality="2", completion="nrOfCompletedInstances = 1")))),
    Rule("an_event_beside_the_loop_goes_on_when_the_completion_condition_ends_it", "start -> b t t\ndo b -> b t t x\ndo t -> n x\ndo x -> n",
         then(user("t", multi(cardinality="2", completion="nrOfCompletedInstances = 1")), boundary("b", "t", message(), interrupting=False),
              user("x"), end("xe"), chain("b", "x", "xe"))),
    Rule("no_instances_for_a_cardinality_of_zero_and_no_boundary_event_is_left", "start {zahl: 0} -> n",
         then(user("t", multi(cardinality="=zahl")), boundary("b", "t", message()), chain("b", "e")), path="s t"),
    Rule("a_negative_cardinality_is_an_incident", "start {zahl: -1} -> incident Anzahl", then(user("t", multi(cardinality="=zahl")))),
    Rule("a_cardinality_that_is_null_is_an_incident", "start -> incident Anzahl", then(user("t", multi(cardinality="=zahl"))), warns=None),
    Rule("a_collection_that_is_null_is_an_incident", "start {namen: null} -> incident Liste", then(user("t", multi(collection="namen")))),
    Rule("an_empty_list_sets_no_counters_and_runs_no_output", "start {namen: []} -> n",
         then(user("t", io(outputs={"gesehen": "=loopCounter"}) + multi(collection="namen"))), variables="{namen: []}"),
    Rule("instances_that_nest_count_each_for_itself", "start {liste: []} -> n",
         then(inside("t", node("task", "innen", io(outputs={"liste": "=append(liste, loopCounter)"}) + multi(cardinality="2", sequential=True))
                     + node("task", "danach", io(outputs={"liste": "=append(liste, 10 + loopCounter)"})), "innen", "danach",
                     inner=multi(cardinality="2", sequential=True))),
         variables="{liste: [0, 1, 10, 0, 1, 11]}"),
    Rule("an_instance_sets_a_variable_of_all_where_it_exists_and_its_entry_stays_its_own",
         "start {x: 0, namen: [7, 8]} -> iu iu\ndo iu#2 {x: 5, eintrag: 9} -> iu\ndo iu#1 -> n",
         then(inside("t", user("iu"), "iu", inner=multi(collection="namen"))), variables="{x: 5, namen: [7, 8]}"),
    Rule("an_interrupting_event_subprocess_ends_one_instance_only", "start -> H H iu iu\ndo H#2 -> H hu iu\ndo hu -> H iu\ndo iu -> n",
         then(sub("t", INNER + handler("h", started_by("H", message()), user("hu"), "hu"), multi(cardinality="2")))),
    Rule("a_sequential_instance_with_two_ways_ends_with_the_last", "start -> a b\ndo a#1 -> b\ndo b#1 -> a b\ndo b#2 -> a\ndo a#2 -> n",
         then(sub("t", node("startEvent", "is") + split("f", "a", "b") + user("a") + user("b") + end("ie") + chain("is", "f") + chain("a", "ie")
                  + chain("b", "ie"), multi(cardinality="2", sequential=True)))),
    Rule("a_terminate_end_in_an_instance_ends_that_one_only", "start -> a a b b\ndo a#1 -> a b\ndo b#2 -> a\ndo a#2 -> n",
         then(sub("t", node("startEvent", "is") + split("f", "a", "b") + user("a") + user("b") + end("ie", TERMINATE) + end("ie2")
                  + chain("is", "f") + chain("a", "ie") + chain("b", "ie2"), multi(cardinality="2")))),
    Rule("receive_tasks_in_instances_wait_each", "start -> t t\ndo t#1 -> t\ndo t#2 -> n", then(receive("t", inner=multi(cardinality="2")))),
    Rule("an_error_of_a_job_in_an_instance_ends_all_and_is_caught_by_any_code", "start -> t t\nfail t#2 SONST -> m",
         then(job("t", inner=multi(cardinality="2")), boundary("f", "t", ANY_ERROR), user("m"), chain("f", "m", "e")), path="s t! t! t! f"),
)  # fmt: skip

JOINS = (
    Rule("an_event_subprocess_runs_beside_a_join_that_waits",
         "start -> H a b\ndo a -> H b\ndo H -> H b hu\ndo b -> H hu z\ndo z -> H hu\ndo hu -> completed",
         START + split("f", "a", "b") + user("a") + user("b") + node("parallelGateway", "j") + user("z") + END + chain("s", "f") + chain("a", "j")
         + chain("b", "j", "z", "e") + handler("h", started_by("H", message(), interrupting=False), user("hu"), "hu")),
    Rule("an_interrupting_event_subprocess_takes_what_waits_at_a_join_along", "start -> H a b\ndo a -> H b\ndo H -> hu\ndo hu -> completed",
         START + split("f", "a", "b") + user("a") + user("b") + node("parallelGateway", "j") + user("z") + END + chain("s", "f") + chain("a", "j")
         + chain("b", "j", "z", "e") + handler("h", started_by("H", message()), user("hu"), "hu"), path="s f a b! j! H hu he h"),
    Rule("two_flows_from_a_split_straight_into_its_join_pass_once", "start -> z\ndo z -> completed",
         START + node("parallelGateway", "f") + node("parallelGateway", "j") + user("z") + END + chain("s", "f") + flow("f", "j", key="eins")
         + flow("f", "j", key="zwei") + chain("j", "z", "e"), path="s f j z e"),
    Rule("an_inclusive_join_waits_for_a_way_that_goes_round", "start {x: 3} -> a b\ndo b -> a\ndo a {nochmal: true} -> a\ndo a {nochmal: false} -> z",
         START + node("inclusiveGateway", "f") + node("exclusiveGateway", "rund") + user("a") + node("exclusiveGateway", "g", default="g_j") + user("b")
         + node("inclusiveGateway", "j") + user("z") + END + chain("s", "f") + flow("f", "rund", "x > 1") + flow("f", "b", "x > 2")
         + chain("rund", "a", "g") + flow("g", "rund", "nochmal") + flow("g", "j") + chain("b", "j", "z", "e")),
    Rule("an_inclusive_join_goes_on_when_the_other_way_dies_in_an_end", "start {x: 3} -> a b\ndo a -> b\ndo b -> z",
         START + node("inclusiveGateway", "f") + user("a") + user("b") + node("exclusiveGateway", "g", default="g_e2") + end("e2")
         + node("inclusiveGateway", "j") + user("z") + END + chain("s", "f") + flow("f", "a", "x > 1") + flow("f", "b", "x > 2")
         + chain("a", "j") + chain("b", "g") + flow("g", "j", "x = 0") + flow("g", "e2") + chain("j", "z", "e")),
    Rule("an_inclusive_join_ends_with_its_scope_when_the_other_way_terminates_it", "start {x: 3} -> a b\ndo a -> b\ndo b -> n",
         then(sub("t", node("startEvent", "is") + node("inclusiveGateway", "f") + user("a") + user("b") + node("exclusiveGateway", "g", default="g_ie2")
                  + end("ie2", TERMINATE) + node("inclusiveGateway", "j") + user("z") + end("ie") + chain("is", "f") + flow("f", "a", "x > 1")
                  + flow("f", "b", "x > 2") + chain("a", "j") + chain("b", "g") + flow("g", "j", "x = 0") + flow("g", "ie2") + chain("j", "z", "ie"))),
         path="s is f a b g ie2 j! t"),
    Rule("an_inclusive_join_waits_for_a_subprocess_that_ends_itself", "start {x: 3} -> a ia ib\ndo a -> ia ib\ndo ia -> z",
         START + node("inclusiveGateway", "f") + user("a") + sub("b", node("startEvent", "is") + split("if", "ia", "ib") + user("ia") + user("ib")
         + end("ie", TERMINATE) + chain("is", "if") + chain("ia", "ie") + chain("ib", "ie")) + node("inclusiveGateway", "j") + user("z") + END
         + chain("s", "f") + flow("f", "a", "x > 1") + flow("f", "b", "x > 2") + chain("a", "j") + chain("b", "j", "z", "e")),
    Rule("default_ways_of_inclusive_gateways_and_tasks_are_taken_when_nothing_is_true", "start -> t\ndo t -> a",
         START + user("t").replace('name="t"', 'name="t" default="t_f"') + node("inclusiveGateway", "f", default="f_a") + user("a") + user("b") + END
         + chain("s", "t") + flow("t", "b", "x") + flow("t", "f") + flow("f", "a") + flow("f", "b", "y > 1") + chain("a", "e") + chain("b", "e"),
         warns="weder wahr noch falsch"),
    Rule("a_condition_on_the_default_way_counts_for_nothing", "start {x: 1} -> a",
         START + node("exclusiveGateway", "g", default="g_b") + user("a") + user("b") + END + chain("s", "g") + flow("g", "b", "true")
         + flow("g", "a", "x = 1") + chain("a", "e") + chain("b", "e")),
)  # fmt: skip

THROWN = (
    Rule("an_error_goes_out_through_a_call_and_two_subprocesses_to_the_first_that_catches_it", "start -> cj\nfail cj FEHLER -> m",
         START + inside("aussen", inside("t", node("callActivity", "ruf", calledElement="q") + boundary("g", "ruf", OTHER_ERROR) + chain("g", "te"), "ruf"),
                        "t") + boundary("alle", "aussen", ANY_ERROR) + boundary("f", "aussen", ERROR) + user("n") + user("m") + user("a") + END
         + chain("s", "aussen", "n", "e") + chain("f", "m", "e") + chain("alle", "a", "e"),
         called={"q": node("startEvent", "cs") + inside("r", job("cj") + boundary("h", "cj", OTHER_ERROR) + chain("h", "re"), "cj") + end("ce")
                 + chain("cs", "r", "ce")}, path="s aussens ts cs rs aussen! t! ruf! r! cj! f"),
    Rule("any_code_nearer_by_catches_before_the_code_further_out", "start -> cj\nfail cj FEHLER -> a\ndo a -> n",
         then(inside("t", node("callActivity", "ruf", calledElement="q") + boundary("g", "ruf", CAUGHT_ERROR.format("")) + user("a") + chain("g", "a", "te"),
                     "ruf"), boundary("f", "t", ERROR), chain("f", "e")),
         called={"q": node("startEvent", "cs") + job("cj") + end("ce") + chain("cs", "cj", "ce")}, variables='{code: "FEHLER", text: ""}'),
    Rule("an_error_start_inside_catches_before_the_boundary_event_of_the_same_code", "start -> ij\nfail ij FEHLER -> hu\ndo hu -> n",
         then(sub("t", node("startEvent", "is") + job("ij") + end("ie") + chain("is", "ij", "ie") + handler("h", started_by("H", ERROR), user("hu"), "hu")),
              boundary("f", "t", ERROR), chain("f", "e")), path="s is ij! H hu he h t"),
    Rule("a_boundary_event_at_the_thrower_catches_before_an_error_start_around_it", "start -> ij\nfail ij FEHLER -> m",
         START + job("ij") + boundary("f", "ij", ERROR) + user("m") + END + chain("s", "ij", "e") + chain("f", "m", "e")
         + handler("h", started_by("H", ERROR), user("hu"), "hu")),
    Rule("an_escalation_is_caught_each_time", "start -> iu n\ndo iu -> n n v\ndo v -> n n\ndo n -> n\ndo n -> completed",
         START + inside("t", throw("k1", ESCALATION) + user("iu") + throw("k2", ESCALATION), "k1", "iu", "k2")
         + boundary("b", "t", ESCALATION, interrupting=False) + user("n") + user("v") + END + chain("s", "t", "v", "e") + chain("b", "n", "e")),
    Rule("an_escalation_that_interrupts_ends_the_call_it_comes_from", "start -> cu\ndo cu -> m\ndo m -> completed",
         START + node("callActivity", "t", calledElement="q") + boundary("k", "t", CAUGHT_ESCALATION) + user("m") + END + chain("s", "t", "e")
         + chain("k", "m", "e"),
         called={"q": node("startEvent", "cs") + user("cu") + throw("ct", ESCALATION) + user("cv") + end("ce") + chain("cs", "cu", "ct", "cv", "ce")},
         variables='{code: "MELDUNG"}'),
    Rule("an_escalation_in_an_event_subprocess_goes_further_out", "start -> H iu\ndo H -> H hu iu\ndo hu -> H iu m",
         START + sub("t", INNER + handler("h", started_by("H", message(), interrupting=False), user("hu") + throw("k", ESCALATION), "hu", "k"))
         + boundary("b", "t", ESCALATION, interrupting=False) + user("m") + END + chain("s", "t", "e") + chain("b", "m", "e")),
    Rule("a_terminate_end_in_a_called_process_lets_the_caller_go_on_with_what_it_gives_out", "start -> ca cb\ndo ca {y: 4} -> n",
         then(node("callActivity", "t", '<bpmn:extensionElements><camunda:out source="y" target="x"/></bpmn:extensionElements>', calledElement="q")),
         called={"q": node("startEvent", "cs") + split("f", "ca", "cb") + user("ca") + user("cb") + end("ct", TERMINATE) + end("ce") + chain("cs", "f")
                 + chain("ca", "ct") + chain("cb", "ce")}, variables="{x: 4}"),
    Rule("a_terminate_end_in_an_event_subprocess_of_a_call_ends_only_that", "start -> H cu\ndo H -> H cu ha hb\ndo ha -> H cu\ndo cu -> n",
         then(node("callActivity", "t", calledElement="q")),
         called={"q": node("startEvent", "cs") + user("cu") + end("ce") + chain("cs", "cu", "ce")
                 + event_subprocess("h", started_by("H", message(), interrupting=False) + split("f", "ha", "hb") + user("ha") + user("hb")
                                    + end("ht", TERMINATE) + end("he") + chain("H", "f") + chain("ha", "ht") + chain("hb", "he"))}),
    Rule("an_interrupting_event_subprocess_of_a_called_process_ends_the_call_as_usual", "start -> H cu\ndo H {y: 3} -> hu\ndo hu -> n",
         then(node("callActivity", "t", '<bpmn:extensionElements><camunda:out source="y" target="x"/></bpmn:extensionElements>', calledElement="q")),
         called={"q": node("startEvent", "cs") + user("cu") + end("ce") + chain("cs", "cu", "ce")
                 + handler("h", started_by("H", message()), user("hu"), "hu")}, variables="{x: 3}"),
    Rule("an_error_end_in_a_non_interrupting_event_subprocess_ends_the_scope_that_catches", "start -> H iu\ndo H -> m",
         START + sub("t", INNER + event_subprocess("h", started_by("H", message(), interrupting=False) + end("he", ERROR) + chain("H", "he")))
         + boundary("f", "t", ERROR) + user("m") + END + chain("s", "t", "e") + chain("f", "m", "e")),
)  # fmt: skip

EVENTS = (
    Rule("a_condition_sees_what_a_parallel_way_sets_in_the_same_step", "start {x: 0} -> n\ndo n -> completed",
         START + split("f", "c", "x1") + catch("c", condition("x = 1")) + script("x1", "x", "1") + end("e1") + user("n") + END + chain("s", "f")
         + chain("c", "n", "e") + chain("x1", "e1")),
    Rule("a_condition_at_a_task_interrupts_it_when_a_parallel_way_sets_it_in_the_same_step", "start {x: 0} -> m",
         START + split("f", "t", "x1") + user("t") + boundary("c", "t", condition("x = 1")) + script("x1", "x", "1") + end("e1") + user("m") + END
         + chain("s", "f") + chain("t", "e") + chain("c", "m", "e") + chain("x1", "e1")),
    Rule("a_non_interrupting_condition_fires_for_each_step_that_sets_something", "start {x: 0} -> c t\ndo t {x: 1} -> c n n u",
         START + inside("teil", user("t") + script("x2", "y", "2") + user("u"), "t", "x2", "u")
         + boundary("c", "teil", condition("x = 1"), interrupting=False) + user("n") + END + chain("s", "teil", "e") + chain("c", "n", "e")),
    Rule("a_receive_task_and_its_boundary_event_wait_for_two_messages", "start -> b t\ndo t -> n",
         then(receive("t"), boundary("b", "t", message("m_b")), chain("b", "e")), path="s t"),
    Rule("a_link_inside_a_subprocess_goes_to_the_event_inside", "start -> iz\ndo iz -> z\ndo z -> completed",
         START + inside("t", throw("il", link("weiter")) + catch("ic", link("weiter")) + user("iz") + chain("ic", "iz", "te"), "il")
         .replace(flow("il", "te"), "") + throw("l", link("weiter")) + catch("c", link("weiter")) + user("z") + END
         + chain("s", "t", "l") + chain("c", "z", "e")),
    Rule("a_date_in_the_past_is_due_at_once", "start -> c\ndo c -> n",
         START + catch("c", timer("timeDate", "2020-01-01T00:00:00Z")) + user("n") + END + chain("s", "c", "n", "e")),
    Rule("a_cycle_that_comes_out_without_rounds_is_an_incident", 'start {wie: "R0/P1D"} -> incident findet nie statt',
         then(user("t"), boundary("b", "t", timer("timeCycle", "=wie"), interrupting=False), chain("b", "e"))),
    Rule("a_signal_thrown_inside_a_subprocess_is_caught_at_it_and_the_rest_goes_on", "start -> b iu n",
         START + inside("t", throw("k", SIGNAL) + user("iu"), "k", "iu") + boundary("b", "t", SIGNAL, interrupting=False) + user("n") + END
         + chain("s", "t", "e") + chain("b", "n", "e"), thrown="signal_a"),
    Rule("a_signal_end_starts_the_event_subprocess_of_its_own_process_before_that_could_end", "start -> H u\ndo u {x: 1} -> hu\ndo hu -> completed",
         START + user("u") + end("e", io({"y": "=x + 1"}) + SIGNAL) + chain("s", "u", "e") + handler("h", started_by("H", SIGNAL), user("hu"), "hu"),
         path="s u e! H hu he h", variables="{x: 1, y: 2}", thrown="signal_a{y: 2}"),
    Rule("a_signal_end_starts_a_non_interrupting_event_subprocess_beside_it", "start -> H u\ndo u -> H hu\ndo hu -> completed",
         START + user("u") + end("e", SIGNAL) + chain("s", "u", "e") + handler("h", started_by("H", SIGNAL, interrupting=False), user("hu"), "hu")),
    Rule("a_signal_that_interrupts_the_subprocess_it_is_thrown_in_ends_the_thrower", "start -> b iu\ndo iu -> n",
         START + inside("t", user("iu") + throw("k", SIGNAL) + user("iv"), "iu", "k", "iv") + boundary("b", "t", SIGNAL) + user("n") + END
         + chain("s", "t", "e") + chain("b", "n", "e"), path="s ts iu t! k! b"),
    Rule("a_signal_reaches_what_waits_in_a_called_process_and_in_instances_of_a_loop", "start -> c t1 t1 u\ndo u -> n n n",
         START + split("f", "ruf", "t", "u") + node("callActivity", "ruf", calledElement="q") + sub("t", node("startEvent", "is") + catch("t1", SIGNAL)
         + end("ie") + chain("is", "t1", "ie"), multi(cardinality="2")) + user("u") + throw("k", SIGNAL) + user("n") + END + chain("s", "f")
         + chain("ruf", "n", "e") + chain("t", "n") + chain("u", "k", "n"),
         called={"q": node("startEvent", "cs") + catch("c", SIGNAL) + end("ce") + chain("cs", "c", "ce")}),
    Rule("a_signal_that_its_own_handler_throws_again_is_an_incident", "start -> H u\ndo u -> incident ohne zu warten",
         START + user("u") + throw("k", SIGNAL) + END + chain("s", "u", "k", "e")
         + handler("h", started_by("H", SIGNAL, interrupting=False), throw("nochmal", SIGNAL), "nochmal")),
    Rule("an_event_gateway_in_a_loop_waits_anew", "start -> m w\ndo m -> m w\ndo w -> n",
         START + node("exclusiveGateway", "x") + node("eventBasedGateway", "g") + catch("m", message()) + catch("w", timer("timeDuration", "P1D")) + user("n")
         + END + chain("s", "x", "g", "m", "x") + chain("g", "w", "n", "e")),
    Rule("a_boundary_event_of_a_call_ends_everything_below", "start -> b iu w\ndo b -> m",
         START + node("callActivity", "t", calledElement="q") + boundary("b", "t", message()) + user("m") + END + chain("s", "t", "e") + chain("b", "m", "e"),
         called={"q": node("startEvent", "cs") + sub("tief", INNER) + boundary("w", "tief", timer("timeDuration", "P1D"), interrupting=False) + end("ce")
                 + end("we") + chain("cs", "tief", "ce") + chain("w", "we")}, path="s cs is t! tief! iu! b"),
    Rule("two_boundary_events_at_one_task_fire_one_after_the_other", "start -> a b t\ndo a -> b n t\ndo b -> m n\ndo n -> m",
         START + user("t") + boundary("a", "t", timer("timeDuration", "P1D"), interrupting=False) + boundary("b", "t", message()) + user("n") + user("m") + END
         + end("e2") + end("e3") + chain("s", "t", "e") + chain("a", "n", "e2") + chain("b", "m", "e3")),
    Rule("inputs_of_a_subprocess_are_seen_by_its_boundary_events_and_not_outside", "start {tage: 1} -> b iu\ndo b -> n",
         START + sub("t", INNER, io({"frist": '="P" + string(tage + 1) + "D"'})) + boundary("b", "t", timer("timeDuration", "=frist")) + user("n") + END
         + chain("s", "t", "e") + chain("b", "n", "e"), variables="{tage: 1}"),
)  # fmt: skip

RULES = (*LOOPS, *JOINS, *THROWN, *EVENTS)
