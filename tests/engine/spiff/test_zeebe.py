"""Diagrams of Camunda 8 run with Camunda 8's meaning: mappings, results, decisions, calls, collections, keys, jobs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from engine import dmn, errors
from engine.protocol import Stimulus
from engine.spiff import reader
from engine.spiff.workflow import BoundDecision
from tests.engine.spiff.zeebe import (
    END,
    START,
    around,
    call,
    case,
    chain,
    decide,
    extended,
    file,
    io,
    job,
    loop,
    message,
    node,
    process,
    script,
    tag,
    user,
)  # fmt: skip


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


def test_an_input_without_a_source_is_null() -> None:
    run = case(*around(job("x", "thema", io({"summe": "=betrag", "frist": ""})))).start(betrag=1, frist=2)

    assert run.wait("x").variables == {"summe": 1, "frist": None}


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
