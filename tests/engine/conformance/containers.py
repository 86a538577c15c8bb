"""Embedded subprocesses, call activities, event subprocesses: scopes of life and of variables."""

from __future__ import annotations

from tests.engine.conformance.notation import (
    ANY_ERROR,
    CAUGHT_ERROR,
    CAUGHT_ESCALATION,
    END,
    ERROR,
    ESCALATION,
    SIGNAL,
    START,
    TERMINATE,
    condition,
    end,
    started_by,
    sub,
    throw,
)  # fmt: skip
from tests.engine.conformance.rules import Rule
from tests.engine.spiff.bpmn import boundary, chain, event_subprocess, io, job, message, node, script, timer, user

INNER = node("startEvent", "is") + user("iu") + end("ie") + chain("is", "iu", "ie")
MAIN = START + user("u") + END + chain("s", "u", "e")
CALLED = node("startEvent", "cs") + user("cu") + end("ce") + chain("cs", "cu", "ce")


def call(*mappings: str, key: str = "ruf", inner: str = "") -> str:
    return node("callActivity", key, f"<bpmn:extensionElements>{''.join(mappings)}</bpmn:extensionElements>" + inner, calledElement="q")


def calling(activity: str, *more: str) -> str:
    return START + activity + user("n") + END + chain("s", "ruf", "n", "e") + "".join(more)


def when(inner: str, *, interrupting: bool = True, key: str = "es", body: str = "") -> str:
    """An event subprocess es -> eu -> ee."""
    return event_subprocess(
        "esp", started_by(key, inner, interrupting=interrupting) + (body or user("eu") + end("ee") + chain(key, "eu", "ee"))
    )


SUBPROCESSES = (
    Rule("subprocess_runs_inside_and_ends_with_its_last_token", "start -> a b\ndo a -> b\ndo b -> n", START + sub(
        "sub", node("startEvent", "is") + node("parallelGateway", "f") + user("a") + user("b") + end("ie1") + end("ie2") + chain("is", "f",
         "a", "ie1")
        + chain("f", "b", "ie2")) + user("n") + END + chain("s", "sub", "n", "e"), path="s is f a ie1 b ie2 sub"),
    Rule("subprocess_shares_the_variables_of_the_process", "start {x: 1} -> iu\ndo iu {x: 2, y: 3} -> completed", START + sub("sub", INNER)
         + END
         + chain("s", "sub", "e"), variables="{x: 2, y: 3}"),
    Rule("subprocess_keeps_its_input_parameters_to_itself", "start {x: 1} -> iu\ndo iu {y: 9} -> completed",
         START + sub("sub", INNER, io({"y": "=x"}, {"z": "=y"})) + END + chain("s", "sub", "e"), variables="{x: 1, z: 9}"),
    Rule("subprocesses_nest", "start -> iu\ndo iu -> completed", START + sub("a", node("startEvent", "as") + sub("b", INNER) + end("ae")
         + chain("as", "b", "ae")) + END + chain("s", "a", "e"), path="s as is iu ie b ae a e"),
    Rule("terminate_ends_only_its_subprocess", "start -> ia ib\ndo ib -> n", START + sub("sub", node("startEvent", "is")
         + node("parallelGateway", "f")
         + user("ia") + user("ib") + end("ie") + end("it", TERMINATE) + chain("is", "f", "ia", "ie") + chain("f", "ib", "it")) + user("n")
         + END
         + chain("s", "sub", "n", "e"), path="s is f ib it ia! sub"),
    Rule("interrupting_a_subprocess_cancels_everything_in_it", "start -> b iu t w\ndo b -> n", START + sub("sub", node("startEvent", "ss")
         + node("parallelGateway", "f") + sub("tief", INNER) + user("w") + boundary("t", "w", timer("timeDuration", "P1D"))
         + end("se1") + end("se2") + chain("ss", "f", "tief", "se1") + chain("f", "w", "se2") + chain("t", "se2")) + boundary("b", "sub",
         message())
         + user("n") + END + chain("s", "sub", "e") + chain("b", "n", "e"), path="s ss f is sub! tief! iu! w! b"),
)  # fmt: skip

CALLS = (
    Rule("call_passes_nothing_without_in_and_out", "start {x: 1} -> cu\ndo cu {y: 2} -> n", calling(call()), called={"q": CALLED},
         variables="{x: 1}"),
    Rule("call_passes_what_in_and_out_name", "start {x: 4} -> cu\ndo cu {ergebnis: 9, privat: 3} -> n", calling(call(
        '<camunda:in source="x" target="summe"/><camunda:in sourceExpression="=x * 2" target="doppelt"/>'
        '<camunda:out sourceExpression="=summe + doppelt + ergebnis" target="alles"/>')), called={"q": CALLED},
         variables="{x: 4, alles: 21}"),
    Rule("call_passes_all_variables_both_ways", "start {x: 4} -> cu\ndo cu {y: 9} -> n",
         calling(call('<camunda:in variables="all"/><camunda:out variables="all"/>')), called={"q": CALLED}, variables="{x: 4, y: 9}"),
    Rule("call_passes_only_its_own_inputs_with_local", "start {x: 4} -> cu\ndo cu -> n", calling(call(
        '<camunda:inputOutput><camunda:inputParameter name="i">=x + 1</camunda:inputParameter></camunda:inputOutput>'
        '<camunda:in variables="all" local="true"/><camunda:out sourceExpression="=[i, x]" target="gesehen"/>')),
        called={"q": CALLED}, variables="{x: 4, gesehen: [5, null]}"),
    Rule("call_gives_out_into_its_own_scope_with_local", "start -> cu\ndo cu {y: 9} -> n", calling(call(
        '<camunda:inputOutput><camunda:outputParameter name="z">=y + 1</camunda:outputParameter></camunda:inputOutput>'
        '<camunda:out source="y" target="y" local="true"/>')), called={"q": CALLED}, variables="{z: 10}"),
    Rule("terminate_in_a_called_process_ends_only_that", "start -> ca cb\ndo ca -> n", calling(call()), called={"q": node("startEvent",
         "cs")
         + node("parallelGateway", "f") + user("ca") + user("cb") + end("ct", TERMINATE) + end("ce") + chain("cs", "f", "ca", "ct")
         + chain("f", "cb", "ce")}, path="s cs f ca ct cb! ruf"),
    Rule("an_error_leaves_a_called_process_with_code_text_and_out_variables", "start -> cu\ndo cu {y: 9} -> b",
         calling(call('<camunda:out source="y" target="aussen"/>'), boundary("f", "ruf", CAUGHT_ERROR.format("")), user("b"), chain("f",
         "b", "e")),
         called={"q": node("startEvent", "cs") + user("cu") + end("ce", ERROR) + chain("cs", "cu", "ce")},
         path="s cs cu ruf! ce! f", variables='{aussen: 9, code: "FEHLER", text: "Es geht nicht."}'),
    Rule("an_error_of_a_job_in_a_called_process_leaves_nothing_but_out", "start -> cj\nfail cj FEHLER {y: 1, z: 2} -> b",
         calling(call('<camunda:out source="y" target="y"/>'), boundary("f", "ruf", ERROR), user("b"), chain("f", "b", "e")),
         called={"q": node("startEvent", "cs") + job("cj") + end("ce") + chain("cs", "cj", "ce")}, variables="{y: 1}"),
    Rule("an_escalation_leaves_a_called_process_that_goes_on", "start -> cu\ndo cu -> b cv\ndo cv -> b n",
         calling(call(), boundary("k", "ruf", CAUGHT_ESCALATION, interrupting=False), user("b"), chain("k", "b", "e")),
         called={"q": node("startEvent", "cs") + user("cu") + throw("ct", ESCALATION) + user("cv") + end("ce") + chain("cs", "cu", "ct",
         "cv", "ce")},
         variables='{code: "MELDUNG"}'),
    Rule("a_boundary_event_cancels_a_called_process", "start -> b cu\ndo b -> completed", calling(call(), boundary("b", "ruf", message()),
         chain("b", "e")),
         called={"q": CALLED}, path="s cs ruf! cu! b e"),
    Rule("calls_nest", "start -> ru\ndo ru -> n", calling(call()), called={"q": node("startEvent", "cs") + node("callActivity", "tief",
         calledElement="r")
         + end("ce") + chain("cs", "tief", "ce"), "r": node("startEvent", "rs") + user("ru") + end("re") + chain("rs", "ru", "re")},
         path="s cs rs ru re tief ce ruf"),
)  # fmt: skip

EVENT_SUBPROCESSES = (
    Rule("interrupting_message_ends_its_scope_and_runs_instead", "start -> es u\ndo es {x: 1} -> eu\ndo eu -> completed", MAIN
         + when(message()),
         path="s u! es eu ee esp", variables="{x: 1}"),
    Rule("non_interrupting_message_runs_beside_again_and_again",
         "start -> es u\ndo es -> es eu u\ndo es -> es eu eu u\ndo u -> es eu eu\ndo eu -> es eu\n"
         "do eu -> completed", MAIN + when(message(), interrupting=False), path="s es es u e eu ee esp eu ee esp"),
    Rule("interrupting_timer_starts_it_once", "start -> es u\ndo es -> eu\ndo eu -> completed", MAIN + when(timer("timeDuration", "P1D"))),
    Rule("non_interrupting_cycle_starts_it_each_time", "start -> es u\ndo es -> es eu u\ndo es -> eu eu u\ndo u -> eu eu", MAIN
         + when(timer("timeCycle", "R2/P1D"), interrupting=False)),
    Rule("non_interrupting_duration_starts_it_once", "start -> es u\ndo es -> eu u", MAIN + when(timer("timeDuration", "P1D"),
         interrupting=False)),
    Rule("signal_starts_it", "start -> es u\ndo es -> es eu u", MAIN + when(SIGNAL, interrupting=False)),
    Rule("error_starts_it", "start -> j\nfail j FEHLER {x: 1} -> eu\ndo eu -> completed", START + job("j") + END + chain("s", "j", "e")
         + when(
        CAUGHT_ERROR.format('errorRef="e_a" ')), variables='{x: 1, code: "FEHLER", text: ""}', path="s j! es eu ee esp"),
    Rule("escalation_starts_it_beside_the_thrower", "start -> eu u\ndo u -> eu", START + throw("k", ESCALATION) + user("u") + END
         + chain("s", "k", "u", "e")
         + when(ESCALATION, interrupting=False), path="s k es u e"),
    Rule("escalation_starts_it_instead_of_the_thrower", "start -> eu", START + throw("k", ESCALATION) + user("u") + END + chain("s", "k",
         "u", "e")
         + when(ESCALATION), path="s k! es"),
    Rule("condition_starts_it_before_anything_else_runs", "start -> es u\ndo u {bezahlt: true} -> eu\ndo eu -> completed", START
         + user("u") + throw("m", message())
         + user("v") + END + chain("s", "u", "m", "v", "e") + when(condition("bezahlt")), path="s u m! es eu ee esp", thrown=""),
    Rule("condition_that_holds_at_the_start_keeps_the_scope_from_starting", "start {bezahlt: true} -> eu", MAIN
         + when(condition("bezahlt")), path="es"),
    Rule("non_interrupting_condition_fires_after_every_change_that_it_sees",
         "start {x: 0} -> es u\nset {x: 1} -> es eu u\nset {y: 1} -> es eu eu u\n"
         "set {x: 0} -> es eu eu u", MAIN + when(condition("x = 1"), interrupting=False)),
    Rule("condition_looks_at_its_variable_only", "start {x: 0} -> es u\nset {x: 1} -> es eu u\nset {y: 1} -> es eu u\nset {x: 1} -> es eu eu u", MAIN
         + when(condition("x = 1", variableName="x"), interrupting=False)),
    Rule("condition_looks_at_its_kind_of_change_only", "start {y: 0} -> es u\nset {x: 1} -> es eu u\nset {x: 2} -> es eu u", MAIN
         + when(condition("x > 0", variableName="x", variableEvents="create"), interrupting=False)),
    Rule("condition_that_starts_itself_for_ever_is_an_incident", "start {x: 0} -> es u\nset {x: 1} -> incident ohne zu warten", MAIN
         + when(condition("x > 0"),
         interrupting=False, body=script("y", "x", "x + 1") + end("ee") + chain("es", "y", "ee"))),
    Rule("it_belongs_to_its_subprocess_only", "start -> es iu v\ndo es -> eu v\ndo eu -> n v\ndo n -> v", START + node("parallelGateway",
         "g") + sub("sub", INNER
         + when(message())) + user("n") + user("v") + END + chain("s", "g", "sub", "n", "e") + chain("g", "v", "e"),
         path="s g is iu! es eu ee esp sub n e"),
    Rule("its_variables_are_those_of_its_scope", "start {x: 1} -> es iu\ndo es {x: 2, l: 7} -> eu\ndo eu {y: 3} -> completed", START
         + sub("sub", INNER
         + when(message()), io({"l": "0"}, {"gesehen": "=l"})) + END + chain("s", "sub", "e"), variables="{x: 2, y: 3, gesehen: 7}"),
    Rule("event_subprocesses_nest", "start -> es u\ndo es -> es2 eu\ndo es2 -> eu2\ndo eu2 -> completed", MAIN + when(message(),
         body=user("eu") + end("ee")
         + chain("es", "eu", "ee") + event_subprocess("esp2", started_by("es2", message("m_b")) + user("eu2") + end("ee2") + chain("es2",
         "eu2", "ee2"))),
         path="s u! es eu! es2 eu2 ee2 esp2 esp"),
    Rule("terminate_in_it_ends_only_itself", "start -> es u\ndo es -> ea eb es u\ndo ea -> es u\ndo u -> completed", MAIN + when(message(),
         interrupting=False,
         body=node("parallelGateway", "f") + user("ea") + user("eb") + end("et", TERMINATE) + end("ee") + chain("es", "f", "ea", "et")
         + chain("f", "eb", "ee")), path="s es f ea et eb! esp u e"),
    Rule("an_error_in_it_is_caught_further_out", "start -> j\nfail j FEHLER -> n", START + sub("sub", node("startEvent", "is") + job("j")
         + end("ie")
         + chain("is", "j", "ie") + when(ERROR, body=end("ee", ERROR) + chain("es", "ee"))) + boundary("b", "sub", ERROR) + user("n") + END
         + chain("s", "sub", "e") + chain("b", "n", "e"), path="s is j! es sub! esp! ee! b"),
    Rule("each_instance_of_a_loop_has_its_own", "start -> es es iu iu\ndo es#2 -> es eu iu", START + sub("sub", INNER + when(message()),
         '<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>')
         + END
         + chain("s", "sub", "e")),
    Rule("an_error_starts_the_one_of_its_code_before_the_one_of_any", "start -> j\nfail j FEHLER -> eu", START + job("j") + END
         + chain("s", "j", "e")
         + event_subprocess("alle", started_by("as", ANY_ERROR) + user("au") + end("ae") + chain("as", "au", "ae")) + when(ERROR)),
)  # fmt: skip

RULES = (*SUBPROCESSES, *CALLS, *EVENT_SUBPROCESSES)
