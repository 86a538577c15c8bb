"""Gateways and flows: which ways are gone, and what is joined."""

from __future__ import annotations

from tests.engine.conformance.notation import END, START, catch, condition, end, link, receive, sub, throw
from tests.engine.conformance.rules import Rule
from tests.engine.spiff.bpmn import boundary, chain, flow, message, node, script, timer, user

XOR = (
    START + node("exclusiveGateway", "g", default="g_c") + user("a") + user("b") + user("c") + END + flow("s", "g")
    + flow("g", "a", "x > 10") + flow("g", "b", "x > 5") + flow("g", "c") + "".join(flow(n, "e") for n in "abc")
)  # fmt: skip
XOR_BARE = (
    START + user("u") + node("exclusiveGateway", "g") + user("a") + user("b") + END + chain("s", "u", "g") + flow("g", "a", "x = 1")
    + flow("g", "b", "x = 2") + chain("a", "e") + chain("b", "e")
)  # fmt: skip
AND = (
    START + node("parallelGateway", "f") + user("a") + user("b") + node("parallelGateway", "j") + user("c") + END
    + chain("s", "f", "a", "j", "c", "e") + chain("f", "b", "j")
)  # fmt: skip
OR = (
    START + node("inclusiveGateway", "f", default="f_c") + user("a") + user("b") + user("c") + node("inclusiveGateway", "j") + user("z")
         + END
    + flow("s", "f") + flow("f", "a", "x > 1") + flow("f", "b", "x > 2") + flow("f", "c") + "".join(flow(n, "j") for n in "abc")
    + chain("j", "z", "e")
)  # fmt: skip
EVENTS = (
    START + node("eventBasedGateway", "g") + catch("kurz", timer("timeDuration", "P1D")) + catch("lang", timer("timeDuration", "P9D"))
    + catch("brief", message()) + catch("signal", '<bpmn:signalEventDefinition signalRef="sig_a"/>') + catch("bedingung",
         condition("x = 1"))
    + receive("post", "m_b") + user("z") + END + flow("s", "g")
    + "".join(flow("g", n) + flow(n, "z") for n in ("kurz", "lang", "brief", "signal", "bedingung", "post")) + flow("z", "e")
)  # fmt: skip
ALL_SIX = "bedingung brief kurz lang post signal"

RULES = (
    Rule("exclusive_takes_the_first_true_flow", "start {x: 20} -> a\ndo a -> completed", XOR, path="s g a e"),
    Rule("exclusive_takes_the_default_flow", "start {x: 1} -> c", XOR, path="s g"),
    Rule("exclusive_takes_null_as_false_and_says_so", "start -> c", XOR, warns="weder wahr noch falsch"),
    Rule(
        "exclusive_without_a_true_flow_is_an_incident", "start -> u\ndo u {x: 3} -> incident keine Bedingung\ndo u {x: 2} -> b", XOR_BARE,
        path="s u g", variables="{x: 2}",
    ),
    Rule(
        "exclusive_merges_without_waiting", "start -> a b\ndo a -> b z\ndo b -> z z\ndo z -> z\ndo z -> completed",
        START + node("parallelGateway", "f") + user("a") + user("b") + node("exclusiveGateway", "m") + user("z") + END
        + chain("s", "f", "a", "m", "z", "e") + chain("f", "b", "m"), path="s f a m b m z e z e",
    ),
    Rule("parallel_goes_every_way_and_waits_for_all", "start -> a b\ndo b {y: 2} -> a\ndo a {x: 1} -> c\ndo c -> completed", AND,
         path="s f b a j c e", variables="{y: 2, x: 1}"),
    Rule(
        "parallel_join_in_a_loop_waits_in_every_round",
        "start -> a b\ndo a -> b\ndo b -> a b\ndo b {fertig: true} -> a\ndo a -> completed",
        START + node("exclusiveGateway", "m") + node("parallelGateway", "f") + user("a") + user("b") + node("parallelGateway", "j")
        + node("exclusiveGateway", "g", default="g_m") + END + chain("s", "m", "f", "a", "j", "g") + chain("f", "b", "j") + flow("g", "m")
        + flow("g", "e", "fertig = true"), path="s m f a b j g m f b a j g e",
    ),
    Rule(
        "parallel_join_counts_flows_not_tokens", "start -> a b c\ndo a -> b c\ndo b -> c\ndo c -> z\ndo z -> incident steht still",
        START + node("parallelGateway", "f") + user("a") + user("b") + user("c") + node("exclusiveGateway", "m") + node("parallelGateway",
         "j")
        + user("z") + END + chain("s", "f", "a", "m", "j", "z", "e") + chain("f", "b", "m") + chain("f", "c", "j"),
    ),
    Rule("inclusive_goes_every_true_way", "start {x: 3} -> a b\ndo a -> b\ndo b -> z\ndo z -> completed", OR, path="s f a b j z e"),
    Rule("inclusive_takes_the_default_flow_alone", "start {x: 0} -> c\ndo c -> z", OR),
    Rule("inclusive_joins_only_what_was_sent", "start {x: 2} -> a\ndo a -> z", OR),
    Rule(
        "inclusive_join_waits_for_a_boundary_way", "start -> a b t\ndo a -> b t\ndo t -> spaet\ndo spaet -> z\ndo z -> completed",
        START + node("parallelGateway", "f") + user("a") + user("b") + boundary("t", "b", timer("timeDuration", "P1D")) + user("spaet")
         + END
        + node("inclusiveGateway", "j") + user("z") + end("e2") + chain("s", "f", "a", "j", "z", "e") + chain("f", "b", "e2")
        + chain("t", "spaet", "j"), path="s f a b! t spaet j z e",
    ),
    Rule(
        "inclusive_join_waits_for_a_way_over_a_link", "start -> a b\ndo a -> b\ndo b -> z",
        START + node("parallelGateway", "f") + user("a") + user("b") + throw("hin", link("x")) + catch("her", link("x"))
        + node("inclusiveGateway", "j") + user("z") + END + chain("s", "f", "a", "j", "z", "e") + chain("f", "b", "hin") + chain("her",
         "j"),
    ),
    Rule(
        "inclusive_join_waits_for_a_second_token_on_the_same_flow",
        "start -> a b c\ndo a -> b c\ndo c {x: 1} -> b\ndo b -> z\ndo z -> completed",
        START + node("parallelGateway", "f") + user("a") + user("b") + user("c") + node("exclusiveGateway", "m") + node("exclusiveGateway",
         "n", default="n_j")
        + node("inclusiveGateway", "j") + user("z") + END + chain("s", "f", "a", "m", "j", "z", "e") + chain("f", "b", "m") + chain("f",
         "c", "n")
        + flow("n", "j") + flow("n", "e", "x = 1"), path="s f a m c n e b m j z e",
    ),
    Rule(
        "inclusive_join_in_a_loop_joins_in_every_round",
        "start -> a b\ndo a -> b\ndo b {weiter: true} -> a b\ndo b -> a\ndo a {weiter: false} -> completed",
        START + node("exclusiveGateway", "m") + node("inclusiveGateway", "f") + user("a") + user("b") + node("inclusiveGateway", "j")
        + node("exclusiveGateway", "g", default="g_e") + END + chain("s", "m", "f") + flow("f", "a", "1 = 1") + flow("f", "b", "2 = 2")
         + chain("a", "j", "g") + chain("b", "j")
        + flow("g", "m", "weiter") + flow("g", "e"),
    ),
    Rule(
        "inclusive_join_beside_a_parallel_way_in_a_loop_does_not_wait_for_the_next_round",
        "start -> a b\ndo b -> a\ndo a {weiter: true} -> a b\ndo a -> b\ndo b {weiter: false} -> completed",
        START + node("exclusiveGateway", "m") + node("parallelGateway", "v") + user("a") + node("inclusiveGateway", "f", default="f_c")
        + user("b") + user("c") + node("inclusiveGateway", "j") + node("parallelGateway", "q")
        + node("exclusiveGateway", "g", default="g_e") + END + chain("s", "m", "v", "a", "q", "g") + flow("v", "f") + flow("f", "b", "1 = 1")
        + flow("f", "c") + chain("b", "j", "q") + chain("c", "j") + flow("g", "m", "weiter") + flow("g", "e"),
    ),
    Rule(
        "inclusive_join_looks_only_at_its_own_scope", "start -> b iu\ndo iu -> b z\ndo z -> b\ndo b -> completed",
        START + node("parallelGateway", "f") + user("b") + sub(
            "sub", node("startEvent", "is") + node("parallelGateway", "if") + user("iu") + node("inclusiveGateway", "ij") + user("z")
            + end("ie") + chain("is", "if", "iu", "ij", "z", "ie") + flow("if", "ij"),
        ) + END + chain("s", "f", "sub", "e") + chain("f", "b", "e"),
    ),
    Rule("event_gateway_takes_the_first_timer", f"start {{x: 0}} -> {ALL_SIX}\ndo kurz -> z", EVENTS, path="s g kurz"),
    Rule("event_gateway_takes_the_second_timer_when_it_is_told_first", f"start {{x: 0}} -> {ALL_SIX}\ndo lang -> z", EVENTS,
         path="s g lang"),
    Rule("event_gateway_takes_a_message", f"start {{x: 0}} -> {ALL_SIX}\ndo brief {{y: 5}} -> z", EVENTS, path="s g brief",
         variables="{x: 0, y: 5}"),
    Rule("event_gateway_takes_a_signal", f"start {{x: 0}} -> {ALL_SIX}\ndo signal -> z", EVENTS, path="s g signal"),
    Rule("event_gateway_takes_a_condition_that_becomes_true", f"start {{x: 0}} -> {ALL_SIX}\nset {{x: 1}} -> z", EVENTS,
         path="s g bedingung"),
    Rule("event_gateway_takes_a_condition_that_holds_already", "start {x: 1} -> z", EVENTS, path="s g bedingung"),
    Rule("event_gateway_takes_a_receive_task", f"start {{x: 0}} -> {ALL_SIX}\ndo post {{y: 1}} -> z\ndo z -> completed", EVENTS,
         path="s g post z e", variables="{x: 0, y: 1}"),
    Rule(
        "task_with_several_incoming_flows_runs_once_for_each", "start -> a b\ndo a -> b z\ndo b -> z z",
        START + node("parallelGateway", "f") + user("a") + user("b") + user("z") + END + chain("s", "f", "a", "z", "e") + chain("f", "b",
         "z"),
    ),
    Rule(
        "task_with_several_outgoing_flows_goes_every_way", "start -> u\ndo u -> a b\ndo a -> b\ndo b -> completed",
        START + user("u") + user("a") + user("b") + END + chain("s", "u", "a", "e") + chain("u", "b", "e"), path="s u a e b e",
    ),
    Rule(
        "task_with_conditional_flows_goes_every_true_way", "start -> u\ndo u {x: 3} -> a b",
        START + user("u") + user("a") + user("b") + user("c") + END + chain("s", "u") + flow("u", "a", "x > 1") + flow("u", "b", "x > 2")
        + flow("u", "c", "x > 3") + "".join(flow(n, "e") for n in "abc"),
    ),
    Rule(
        "task_with_a_default_flow_takes_it_alone", "start -> u\ndo u {x: 0} -> c",
        START + node("userTask", "u", default="u_c") + user("a") + user("c") + END + chain("s", "u") + flow("u", "a", "x > 1") + flow("u",
         "c")
        + flow("a", "e") + flow("c", "e"),
    ),
    Rule(
        "task_without_a_true_flow_is_an_incident", "start -> u\ndo u {x: 0} -> incident keine Bedingung",
        START + user("u") + user("a") + END + chain("s", "u") + flow("u", "a", "x > 1") + flow("a", "e"),
    ),
    Rule(
        "link_goes_on_at_the_event_of_the_same_name", "start {x: 1} -> z\ndo z -> completed",
        START + script("x1", "y", "x + 1") + throw("hin", link("weiter")) + catch("her", link("weiter")) + user("z") + END
        + chain("s", "x1", "hin") + chain("her", "z", "e"), path="s x1 hin her z e",
    ),
    Rule(
        "link_may_be_thrown_from_several_places", "start -> a b\ndo a -> b z\ndo b -> z z",
        START + node("parallelGateway", "f") + user("a") + user("b") + throw("h1", link("x")) + throw("h2", link("x")) + catch("her",
         link("x"))
        + user("z") + END + chain("s", "f", "a", "h1") + chain("f", "b", "h2") + chain("her", "z", "e"),
    ),
)  # fmt: skip
