"""Diagrams of Camunda 8 run with Camunda 8's meaning: mappings, results, decisions, calls, collections, keys, jobs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from engine import dmn, errors
from engine.protocol import Finding, Stimulus, TopicOffer
from engine.spiff import check, gathered, reader
from engine.spiff.workflow import BoundDecision
from tests.engine.spiff.zeebe import (
    boundary,
    call,
    case,
    chain,
    decide,
    event_subprocess,
    extended,
    file,
    flow,
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

START, END = node("startEvent", "s"), node("endEvent", "e")


def table(hit_policy: str, outputs: dict[str, str], *rules: tuple[str, ...]) -> dict[str, BoundDecision]:
    """Return a decision `d` over `betrag`; a rule is its test and its outputs."""
    columns = "".join(f'<output id="o_{name}" name="{name}" typeRef="{kind}"/>' for name, kind in outputs.items())
    rows = ""
    for number, (test, *entries) in enumerate(rules):
        drawn = "".join(f'<outputEntry id="e{number}_{n}"><text>{entry}</text></outputEntry>' for n, entry in enumerate(entries))
        rows += f'<rule id="r{number}"><inputEntry id="i{number}"><text>{test}</text></inputEntry>{drawn}</rule>'
    content = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="x" name="x" namespace="n"><decision id="d" name="d">'
        f'<decisionTable id="t" hitPolicy="{hit_policy}"><input id="i"><inputExpression id="ie" typeRef="number"><text>betrag</text>'
        f"</inputExpression></input>{columns}{rows}</decisionTable></decision></definitions>"
    ).encode()
    return {"d": BoundDecision("v1", dmn.parse(content, "d.dmn"), "d")}


def faults(*bodies: str, extensions: str = "", known: check.Known | None = None) -> list[Finding]:
    content = file(process("".join(bodies), extensions=extensions))
    return [finding for finding in check.check({"p.bpmn": content}, known or gathered.Known()) if finding.severity == "error"]


def around(*nodes: str, element: str = "x") -> tuple[str, ...]:
    return (START, *nodes, END, chain("s", element, "e"))


# ---------------------------------------------------------------- jobs
def test_a_job_has_the_type_retries_headers_properties_and_inputs_that_are_drawn() -> None:
    drawn = job(
        "x", '="brief_" + art', io({"summe": "=betrag * 2", "text": "so wie er ist"}),
        tag("taskHeaders", tag("header", key="vorlage", value="mahnung")), tag("properties", tag("property", name="ablage", value="akte")),
        tag("jobPriorityDefinition", priority="=60 + 1"), retries="=2 + 3",
    )  # fmt: skip
    run = case(*around(drawn)).start(art="eins", betrag=Decimal("4.50"))

    wait = run.wait("x")
    assert (wait.kind, wait.name, wait.retries, wait.priority) == ("job", "brief_eins", 5, 61)
    assert wait.variables == {"summe": Decimal("9.00"), "text": "so wie er ist"}
    assert wait.properties == {"vorlage": "mahnung", "ablage": "akte"}


def test_without_output_mappings_the_result_of_a_job_goes_to_the_process_and_inputs_stay_local() -> None:
    run = case(*around(job("x", "thema", io({"summe": "=betrag"})))).start(betrag=1)

    run.do("x", nummer=7, summe=99)

    assert run.variables == {"betrag": 1, "nummer": 7}


def test_output_mappings_alone_say_what_of_the_result_goes_out() -> None:
    run = case(*around(job("x", "thema", io({"summe": "=betrag"}, {"gebucht": "=nummer + summe"})))).start(betrag=1)

    run.do("x", nummer=7, geheim="x")

    assert run.variables == {"betrag": 1, "gebucht": 8}


def test_a_mapping_sees_those_before_it_and_fills_a_place_inside_a_variable() -> None:
    inputs = {"kunde.name": "=name", "kunde.ort": "Detmold", "lang": "=string length(kunde.name)"}
    run = case(*around(job("x", "thema", io(inputs, {"akte.vermerk.nummer": "=nummer"})))).start(
        name="Meier", akte={"zeichen": "A1", "vermerk": {"von": "anna"}}
    )

    assert run.wait("x").variables == {"kunde": {"name": "Meier", "ort": "Detmold"}, "lang": 5}
    run.do("x", nummer=3)
    assert run.variables["akte"] == {"zeichen": "A1", "vermerk": {"von": "anna", "nummer": 3}}


def test_send_tasks_script_tasks_rule_tasks_and_message_events_can_be_jobs() -> None:
    work = extended(tag("taskDefinition", type="thema"))
    thrown = node("intermediateThrowEvent", "w", work + message("m_b"))
    body = (
        START, node("sendTask", "t", work), node("scriptTask", "u", work), node("businessRuleTask", "v", work), thrown,
        node("endEvent", "e", work + message("m_b")), chain("s", "t", "u", "v", "w", "e"),
    )  # fmt: skip
    run = case(*body).start()

    for element in "tuvwe":
        assert [wait.kind for wait in run.waits.values()] == ["job"]
        run.do(element)
    assert run.outcome == "completed"
    assert run.last is not None
    assert run.last.outgoing == ()


def test_retries_that_are_no_number_stop_the_case_with_an_incident() -> None:
    with pytest.raises(errors.Incident, match="Versuche"):
        case(*around(job("x", retries="=anzahl"))).start(anzahl="viele")


# ---------------------------------------------------------------- people
def test_a_user_task_has_its_form_people_dates_and_priority() -> None:
    drawn = user(
        "x", tag("formDefinition", formId="pruefen"), tag("assignmentDefinition", assignee="=wer", candidateGroups='=["kasse", "innen"]',
        candidateUsers="anna, bert"), tag("taskSchedule", dueDate="=frist", followUpDate="2026-09-01T08:00:00Z"),
        tag("priorityDefinition", priority="=70"), io({"summe": "=betrag"}),
    )  # fmt: skip
    run = case(*around(drawn)).start(wer="carla", frist=date(2026, 9, 2), betrag=5)

    wait = run.wait("x")
    assert (wait.form, wait.form_binding, wait.assignee, wait.priority) == ("pruefen", "latest", "carla", 70)
    assert (wait.candidate_groups, wait.candidate_users) == (("kasse", "innen"), ("anna", "bert"))
    assert wait.due_at is not None
    assert wait.due_at.isoformat() == "2026-09-01T22:00:00+00:00"
    assert wait.follow_up_at is not None
    assert wait.follow_up_at.isoformat() == "2026-09-01T08:00:00+00:00"
    assert wait.variables == {"summe": 5}


@pytest.mark.parametrize(("attributes", "binding"), [
    ({}, "latest"), ({"bindingType": "latest"}, "latest"), ({"bindingType": "deployment"}, "deployment"),
    ({"bindingType": "versionTag", "versionTag": "2026-1"}, "versionTag:2026-1"),
])  # fmt: skip
def test_a_form_is_bound_as_drawn(attributes: dict[str, str], binding: str) -> None:
    run = case(*around(user("x", tag("formDefinition", formId="f", **attributes)))).start()

    assert run.wait("x").form_binding == binding


def test_what_a_form_gives_goes_out_through_output_mappings_only() -> None:
    run = case(*around(user("x", io(outputs={"entscheidung": "=wahl"})))).start()

    run.do("x", wahl="ja", notiz="geheim")

    assert run.variables == {"entscheidung": "ja"}


def test_a_start_form_is_known() -> None:
    start = node("startEvent", "s", extended(tag("formDefinition", formId="antrag")))
    parsed = reader.Reader(file(process(start + user("x") + END + chain("s", "x", "e"))), "p.bpmn").read()

    assert parsed is not None
    assert (parsed.dialect, parsed.processes[0].start_form, parsed.processes[0].dialect) == ("camunda8", "antrag", "camunda8")


# ---------------------------------------------------------------- scripts and decisions
def test_a_script_computes_and_its_result_is_local_where_outputs_are_drawn() -> None:
    plain = case(*around(script("x", "doppelt", "betrag * 2"))).start(betrag=2)
    mapped = case(*around(script("x", "doppelt", "betrag * 2", io(outputs={"ergebnis": "=doppelt + 1"})))).start(betrag=2)

    assert plain.variables == {"betrag": 2, "doppelt": 4}
    assert mapped.variables == {"betrag": 2, "ergebnis": 5}


@pytest.mark.parametrize(("hit_policy", "outputs", "rules", "result"), [
    ("UNIQUE", {"a": "string"}, [("&lt; 10", '"klein"')], "klein"),
    ("UNIQUE", {"a": "string", "b": "number"}, [("&lt; 10", '"klein"', "1")], {"a": "klein", "b": Decimal(1)}),
    ("COLLECT", {"a": "string"}, [("&lt; 10", '"x"'), ("&lt; 20", '"y"')], ["x", "y"]),
    ("COLLECT", {"a": "string", "b": "number"}, [("&lt; 10", '"x"', "1")], [{"a": "x", "b": Decimal(1)}]),
    ("RULE ORDER", {"a": "string"}, [("&lt; 10", '"x"'), ("&gt; 20", '"y"')], ["x"]),
    ("UNIQUE", {"a": "string"}, [("&gt; 10", '"gross"')], None),
    ("COLLECT", {"a": "string"}, [("&gt; 10", '"gross"')], []),
])  # fmt: skip
def test_a_decision_gives_the_value_itself_a_context_or_a_list(
    hit_policy: str, outputs: dict[str, str], rules: list[tuple[str, ...]], result: object
) -> None:
    run = case(*around(decide("x", "d", "ergebnis")), decisions=table(hit_policy, outputs, *rules)).start(betrag=5)

    assert run.variables["ergebnis"] == result


def test_a_decision_sees_its_inputs_and_its_result_may_stay_local() -> None:
    mapping = io({"betrag": "=summe / 10"}, {"stufe.name": "=ergebnis"})
    run = case(*around(decide("x", "d", "ergebnis", mapping)), decisions=table("UNIQUE", {"a": "string"}, ("&lt; 10", '"klein"'))).start(
        summe=50
    )

    assert run.variables == {"summe": 50, "stufe": {"name": "klein"}}


@pytest.mark.parametrize(("attributes", "binding"), [
    ({}, "latest"), ({"bindingType": "deployment"}, "deployment"), ({"bindingType": "versionTag", "versionTag": "v7"}, "versionTag:v7"),
])  # fmt: skip
def test_a_decision_is_bound_as_drawn(attributes: dict[str, str], binding: str) -> None:
    run = case(*around(decide("x", "d", "r", **attributes)))

    assert run.definition.decisions == {"d": binding}


# ---------------------------------------------------------------- calls
CALLED = node("startEvent", "cs") + user("cu") + node("endEvent", "ce") + chain("cs", "cu", "ce")


def test_a_call_takes_everything_in_and_brings_everything_back_unless_drawn_otherwise() -> None:
    run = case(*around(call("x", "q")), q=CALLED).start(betrag=1)

    run.do("cu", gesehen=True, betrag=2)

    assert run.variables == {"betrag": 2, "gesehen": True}


def test_a_call_that_keeps_parent_variables_back_passes_its_inputs_only() -> None:
    drawn = call("x", "q", io({"summe": "=betrag"}), propagateAllParentVariables="false", propagateAllChildVariables="false")
    checked = node("startEvent", "cs") + script("cx", "alles", '[summe, if betrag = null then "fehlt" else "da"]')
    run = case(*around(drawn), q=checked + user("cu") + node("endEvent", "ce") + chain("cs", "cx", "cu", "ce")).start(betrag=1)

    assert [e.detail["alles"][1] for e in run.events if e.kind == "variables_changed" and "alles" in e.detail] == ["fehlt"]  # type: ignore[index]
    run.do("cu", gesehen=True)
    assert run.variables == {"betrag": 1}


def test_output_mappings_of_a_call_override_that_nothing_comes_back() -> None:
    drawn = call("x", "q", io(outputs={"bestaetigt": "=gesehen"}), propagateAllChildVariables="false")
    run = case(*around(drawn), q=CALLED).start()

    run.do("cu", gesehen=True, mehr=1)

    assert run.variables == {"bestaetigt": True}


def test_a_called_process_sends_its_messages_under_its_business_id() -> None:
    waits = node("intermediateThrowEvent", "cm", message("m_b"))
    drawn = call("x", "q", businessId='="K-" + nummer')
    run = case(*around(drawn), q=node("startEvent", "cs") + waits + node("endEvent", "ce") + chain("cs", "cm", "ce")).start(nummer="7")

    assert run.last is not None
    assert [(sent.name, sent.correlation) for sent in run.last.outgoing] == [("nachricht_b", "K-7")]


# ---------------------------------------------------------------- multi-instance
@pytest.mark.parametrize("sequential", [True, False])
def test_a_loop_collects_one_result_per_entry_in_the_order_of_the_list(sequential: bool) -> None:
    looped = user("x", inner=loop("posten", "posten_eins", sequential=sequential, made="summen", each="summe"))
    run = case(*around(looped)).start(posten=[10, 20, 30])

    order = [1, 2, 3] if sequential else [3, 1, 2]
    for number in order:
        wait = next(wait for wait in run.waits.values() if wait.scope.endswith(f"#{number}"))
        run.send(Stimulus("user_task_completed", wait_id=wait.id, variables={"summe": number * 10}))

    assert run.outcome == "completed"
    assert run.variables == {"posten": [10, 20, 30], "summen": [10, 20, 30]}


def test_the_output_element_may_compute_from_local_variables_and_inputs() -> None:
    looped = script("x", "summe", "posten_eins * faktor + loopCounter", io({"faktor": "=10"}, {"summe": "=summe"}))
    looped = looped.replace("</bpmn:scriptTask>", loop("posten", "posten_eins", made="summen", each="summe") + "</bpmn:scriptTask>")
    run = case(*around(looped)).start(posten=[1, 2, 3])

    assert run.variables == {"posten": [1, 2, 3], "summen": [11, 22, 33]}


def test_an_empty_list_gives_an_empty_result_and_a_met_condition_leaves_null_for_the_rest() -> None:
    looped = user("x", inner=loop("posten", "p", made="namen", each="name", completion="numberOfCompletedInstances >= 2"))
    empty = case(*around(looped)).start(posten=[])
    run = case(*around(looped)).start(posten=[1, 2, 3])

    assert (empty.outcome, empty.variables["namen"]) == ("completed", [])
    for number in (3, 1):
        wait = next(wait for wait in run.waits.values() if wait.scope.endswith(f"#{number}"))
        run.send(Stimulus("user_task_completed", wait_id=wait.id, variables={"name": f"n{number}"}))
    assert run.outcome == "completed"
    assert run.variables["namen"] == ["n1", None, "n3"]


def test_the_completion_condition_sees_the_result_list() -> None:
    looped = user("x", inner=loop("posten", "p", made="namen", each="name", completion='list contains(namen, "halt")'))
    run = case(*around(looped)).start(posten=[1, 2, 3])

    wait = next(wait for wait in run.waits.values() if wait.scope.endswith("#2"))
    run.send(Stimulus("user_task_completed", wait_id=wait.id, variables={"name": "halt"}))

    assert run.outcome == "completed"


def test_a_loop_counts_from_one_with_the_names_of_camunda_8() -> None:
    looped = script("x", "r", "[loopCounter, numberOfInstances, numberOfTerminatedInstances]", io(outputs={"r": "=r"}))
    looped = looped.replace("</bpmn:scriptTask>", loop("[7, 8]", "p", sequential=True, made="alle", each="r") + "</bpmn:scriptTask>")
    run = case(*around(looped)).start()

    assert run.variables["alle"] == [[1, 2, 0], [2, 2, 0]]


# ---------------------------------------------------------------- events
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


# ---------------------------------------------------------------- refused
@pytest.mark.parametrize(("body", "said"), [
    ((node("serviceTask", "x"),), "fehlt der Typ des Jobs"),
    ((node("serviceTask", "x", extended(tag("taskDefinition", retries="3"))),), "fehlt der Typ des Jobs"),
    ((job("x", retries="viele"),), "Zahl der Versuche „viele“"),
    ((user("x", tag("executionListeners", tag("executionListener", eventType="start", type="hoerer"))),), "Execution Listener"),
    ((user("x", tag("taskListeners", tag("taskListener", eventType="creating", type="hoerer"))),), "Task Listener"),
    ((job("x", "thema", tag("linkedResources", tag("linkedResource", resourceId="r"))),), "verknüpfte Ressource"),
    ((user("x", tag("formDefinition", externalReference="https://example.org")),), "fremde Formular „https://example.org“"),
    ((user("x", tag("formDefinition", formKey="eigenes")),), "fremde Formular „eigenes“"),
    ((user("x", tag("formDefinition", formKey="camunda-forms:bpmn:UserTaskForm_1")),), "„UserTaskForm_1“ gibt es im Diagramm nicht"),
    ((user("x", tag("formDefinition", formId="f", bindingType="version")),), "Bindung „version“"),
    ((user("x", tag("formDefinition", formId="f", bindingType="versionTag")),), "Kennzeichen der Fassung"),
    ((user("x", tag("taskSchedule", dueDate="bald")),), "„bald“ ist kein Zeitpunkt"),
    ((user("x", tag("assignmentDefinition", assignee="${wer}")),), "Ausdruck von Camunda 7"),
    ((node("scriptTask", "x"),), "fehlt der FEEL-Ausdruck"),
    ((node("scriptTask", "x", extended(tag("script", expression="betrag", resultVariable="r"))),), "ist kein Ausdruck"),
    ((node("scriptTask", "x", extended(tag("script", expression="=betrag"))),), "keine Ergebnisvariable"),
    ((node("businessRuleTask", "x"),), "fehlt die Entscheidung"),
    ((decide("x", "=welche", "r"),), "Die Entscheidung darf kein Ausdruck sein"),
    ((call("x", "=welcher"),), "Der aufgerufene Prozess darf kein Ausdruck sein"),
    ((node("callActivity", "x"),), "fehlt der aufgerufene Prozess"),
    ((job("x", "thema", io({"zwei worte": "=1"})),), "kein Name einer Variablen"),
    ((user("x", inner=loop("posten", "p").replace("=posten", "posten")),), "„posten“ ist kein Ausdruck"),
    ((user("x", inner="<bpmn:multiInstanceLoopCharacteristics/>"),), "fehlt die Liste"),
    ((node("intermediateCatchEvent", "x", message("m_b")),), "„nachricht_b“ fehlt der Korrelationsschlüssel"),
    ((node("intermediateCatchEvent", "x", extended(tag("properties", tag("property", name="inbound.type", value="io.camunda:webhook:1")))
           + message()),), "Connector „io.camunda:webhook:1“"),
    ((job("x", "io.camunda:http-json:1"),), "Connector „io.camunda:http-json:1“"),
    ((node("task", "x", isForCompensation="true"),), "Kompensation"),
    ((node("adHocSubProcess", "x"),), "adHocSubProcess"),
])  # fmt: skip
def test_what_does_not_run_is_refused_by_name_with_what_to_do(body: tuple[str, ...], said: str) -> None:
    found = faults(*around(*body))

    (finding,) = [finding for finding in found if said in finding.message]
    assert finding.element_id == "x"
    assert finding.remedy.startswith(("Bitte", "Erlaubt"))


def test_listeners_of_the_process_itself_are_refused() -> None:
    found = faults(*around(user("x")), extensions=tag("executionListeners", tag("executionListener", eventType="start", type="hoerer")))

    assert [(finding.element_id, "Execution Listener" in finding.message) for finding in found] == [("p", True)]


def test_a_connector_type_that_one_of_our_topics_serves_is_no_fault() -> None:
    known = gathered.Known(topics={"io.camunda:http-json:1": TopicOffer(())})

    assert faults(*around(job("x", "io.camunda:http-json:1")), known=known) == []


def test_a_condition_without_equals_sign_is_refused() -> None:
    found = faults(START, node("exclusiveGateway", "g", default="g_e"), user("x"), END, chain("s", "g"), chain("g", "e"), chain("x", "e"),
                   flow("g", "x", "betrag > 5").replace("=betrag", "betrag"))  # fmt: skip

    assert [finding.message for finding in found] == ["Die Bedingung „betrag > 5“ ist kein Ausdruck."]


@pytest.mark.parametrize("replaced", [
    ("<bpmn:userTask", '<bpmn:userTask camunda:assignee="anna" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'),
])  # fmt: skip
def test_mixing_both_dialects_in_one_file_is_a_finding(replaced: tuple[str, str]) -> None:
    content = file(process("".join(around(user("x"))))).replace(replaced[0].encode(), replaced[1].encode())

    assert any("mischt Camunda 7" in finding.message for finding in check.check({"p.bpmn": content}, gathered.Known()))


def test_a_file_of_the_other_platform_without_a_single_attribute_of_it_is_read_as_camunda_8() -> None:
    parsed = reader.Reader(file(process(START + node("userTask", "x") + END + chain("s", "x", "e"))), "p.bpmn").read()

    assert parsed is not None
    assert parsed.dialect == "camunda8"


def test_version_tag_is_kept_and_no_retention_is_asked_for() -> None:
    content = file(process("".join(around(user("x"))), extensions=tag("versionTag", value="2026-2")))
    parsed = reader.Reader(content, "p.bpmn").read()

    assert parsed is not None
    assert parsed.processes[0].version_tag == "2026-2"
    assert [f for f in check.check({"p.bpmn": content}, gathered.Known()) if "historyTimeToLive" in f.message] == []


def test_a_task_that_nobody_is_named_for_is_a_warning() -> None:
    known = gathered.Known(topics={})
    people = tag("assignmentDefinition", candidateUsers="anna")
    nobody, somebody = (check.check({"p.bpmn": file(process("".join(around(one))))}, known) for one in (user("x"), user("x", people)))

    assert [finding.severity for finding in nobody if "steht in keiner Liste" in finding.message] == ["warning"]
    assert [finding for finding in somebody if "steht in keiner Liste" in finding.message] == []
