"""What check says of Camunda 8 diagrams: refused by name what does not run, and which dialect a file is drawn in."""

from __future__ import annotations

import pytest

from engine.protocol import Finding, TopicOffer
from engine.spiff import check, reader
from engine.spiff.checks import gathered
from tests.engine.spiff.zeebe import (
    END,
    START,
    around,
    call,
    chain,
    decide,
    extended,
    file,
    flow,
    io,
    job,
    loop,
    message,
    node,
    process,
    tag,
    user,
)  # fmt: skip


def faults(*bodies: str, extensions: str = "", known: check.Known | None = None) -> list[Finding]:
    content = file(process("".join(bodies), extensions=extensions))
    return [finding for finding in check.check({"p.bpmn": content}, known or gathered.Known()) if finding.severity == "error"]


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

    assert [finding.severity for finding in nobody if "sieht nur die Leitung" in finding.message] == ["warning"]
    assert [finding for finding in somebody if "sieht nur die Leitung" in finding.message] == []
