"""Where Camunda 7 models hold expressions: tasks that compute, lists and maps as parameters, conditions in JUEL; the rest is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from engine import errors
from engine.spiff import check
from engine.spiff.checks import gathered
from tests.engine.spiff.bpmn import INSTANCE, case, chain, file, flow, node, process, user

START, END = node("startEvent", "s"), node("endEvent", "e")


def faults(element: str) -> list[tuple[str, str]]:
    found = check.check({"p.bpmn": file(process(START + element + END + chain("s", "x", "e")))}, gathered.Known())
    return [(finding.element_id, f"{finding.message} {finding.remedy}") for finding in found if finding.severity == "error"]


def parameters(inside: str, tag: str = "inputParameter") -> str:
    drawn = f'<camunda:{tag} name="y">{inside}</camunda:{tag}>'
    return f"<bpmn:extensionElements><camunda:inputOutput>{drawn}</camunda:inputOutput></bpmn:extensionElements>"


def test_a_service_task_with_an_expression_computes_it() -> None:
    run = case(
        START, node("serviceTask", "x", camunda_expression="${betrag * 2}", camunda_resultVariable="doppelt"), END, chain("s", "x", "e")
    )

    assert run.start(betrag=Decimal(4)).variables["doppelt"] == 8


@pytest.mark.parametrize(("inside", "value"), [
    ("<camunda:list><camunda:value>fest</camunda:value><camunda:value>${betrag}</camunda:value><camunda:value>=betrag + 1</camunda:value>"
     "</camunda:list>", ["fest", Decimal(4), Decimal(5)]),
    ('<camunda:map><camunda:entry key="a b">${betrag > 3}</camunda:entry><camunda:entry key="c"><camunda:list><camunda:value>x</camunda:value>'
     "</camunda:list></camunda:entry></camunda:map>", {"a b": True, "c": ["x"]}),
    ("<camunda:list/>", []), ("<camunda:map/>", {}),
])  # fmt: skip
def test_a_parameter_may_be_a_list_or_a_map(inside: str, value: object) -> None:
    run = case(START, node("userTask", "x", parameters(inside)), END, chain("s", "x", "e")).start(betrag=Decimal(4))

    assert run.wait("x").variables == {"y": value}


def test_conditions_in_juel_choose_the_way_and_a_text_that_is_no_number_stops_the_case() -> None:
    condition = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${betrag == null || betrag > 100}</bpmn:conditionExpression>'
    body = (
        START, node("exclusiveGateway", "g", default="g_klein"), user("gross"), user("klein"), END, chain("s", "g"), flow("g", "klein"),
        f'<bpmn:sequenceFlow id="g_gross" sourceRef="g" targetRef="gross">{condition}</bpmn:sequenceFlow>', chain("gross", "e"),
        chain("klein", "e"),
    )  # fmt: skip

    assert case(*body).start(betrag=Decimal(101)).waiting == ["gross"]
    assert case(*body).start(betrag="101").waiting == ["gross"]
    assert case(*body).start().waiting == ["gross"]
    assert case(*body).start(betrag=Decimal(5)).waiting == ["klein"]
    with pytest.raises(errors.Incident, match="„viel“ ist keine Zahl"):
        case(*body).start(betrag="viel")


@pytest.mark.parametrize(("element", "said"), [
    (node("serviceTask", "x", camunda_class="org.example.Dienst"), "Java-Klasse"),
    (node("serviceTask", "x", camunda_delegateExpression="${dienst}"), "Delegate Expression"),
    (node("serviceTask", "x", camunda_expression="${dienst.rufe(betrag)}"), "„rufe()“"),
    (node("sendTask", "x", "<bpmn:extensionElements><camunda:connector/></bpmn:extensionElements>"), "Connector"),
    (node("businessRuleTask", "x", camunda_expression="${betrag}"), "Expression"),
    (node("callActivity", "x", camunda_caseRef="fall"), "CMMN-Fall „fall“"),
    (node("callActivity", "x", calledElement="q", camunda_variableMappingClass="org.example.Zuordnung"), "variableMappingClass"),
    (node("scriptTask", "x", "<bpmn:script>1 + 1</bpmn:script>", scriptFormat="groovy"), "„groovy“"),
    (node("scriptTask", "x", "<bpmn:script>1 + 1</bpmn:script>", scriptFormat="javascript"), "„javascript“"),
    (node("scriptTask", "x", scriptFormat="feel", camunda_resource="x.js"), "eigenen Datei"),
    (node("userTask", "x", parameters("<camunda:script scriptFormat='groovy'>1</camunda:script>")), "Skript (groovy)"),
    (node("userTask", "x", parameters("<camunda:list><camunda:script/></camunda:list>")), "Parameter „y“"),
    (node("userTask", "x", parameters("<camunda:map><camunda:entry key='a'>${bohne.x()}</camunda:entry></camunda:map>")), "„x()“"),
    (node("userTask", "x", "<bpmn:extensionElements><camunda:taskListener event='create' class='x'/></bpmn:extensionElements>"), "Task Listener"),
    (node("userTask", "x", camunda_assignee="${personen.finde()}"), "„finde()“"),
    (node("intermediateCatchEvent", "x", "<bpmn:conditionalEventDefinition><bpmn:condition>betrag &gt; 5</bpmn:condition>"
          "</bpmn:conditionalEventDefinition>"), "Bedingung: „betrag > 5“ ist kein Ausdruck"),
    (node("userTask", "x", '<bpmn:multiInstanceLoopCharacteristics camunda:collection="posten"><bpmn:completionCondition>fertig'
          "</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>"), "Abschlussbedingung: „fertig“ ist kein Ausdruck"),
    (node("userTask", "x", "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>fertig</bpmn:loopCondition>"
          "</bpmn:standardLoopCharacteristics>"), "Schleifenbedingung: „fertig“ ist kein Ausdruck"),
    (node("intermediateThrowEvent", "x", '<bpmn:messageEventDefinition messageRef="m_a" camunda:expression="${post.sende()}"/>'), "„${post.sende()}“"),
])  # fmt: skip
def test_what_needs_java_or_another_language_is_refused_by_name_with_what_to_use(element: str, said: str) -> None:
    found = faults(element)

    assert any(identity == "x" and said in text and "Bitte" in text for identity, text in found), found


def test_a_start_event_notes_who_started_and_the_task_may_go_to_them() -> None:
    start = node("startEvent", "s", camunda_initiator="gestartet_von")
    run = case(start, node("userTask", "x", camunda_assignee="${gestartet_von}"), END, chain("s", "x", "e")).start()

    assert run.wait("x").assignee == run.variables["gestartet_von"] == "start"


@pytest.mark.parametrize("drawn", ["#{execution.processBusinessKey}", "${execution.processBusinessKey}"])
def test_a_call_hands_on_the_business_key_as_the_modeler_writes_it(drawn: str) -> None:
    mapping = f'<bpmn:extensionElements><camunda:in businessKey="{drawn}"/></bpmn:extensionElements>'
    inner = node("startEvent", "cs") + node("intermediateThrowEvent", "ct", '<bpmn:messageEventDefinition messageRef="m_a"/>')
    called = inner + node("endEvent", "ce") + chain("cs", "ct", "ce")
    run = case(START, node("callActivity", "x", mapping, calledElement="q"), END, chain("s", "x", "e"), q=called).start()

    assert run.last is not None
    assert [sent.correlation for sent in run.last.outgoing] == ["K1"]


def test_what_execution_knows_is_the_business_key_around_and_the_instance() -> None:
    inputs = parameters("${execution.processBusinessKey}/${execution.getBusinessKey()}/${execution.processInstanceId}")
    run = case(START, node("userTask", "x", inputs), END, chain("s", "x", "e")).start()

    assert run.wait("x").variables == {"y": f"K1/K1/{INSTANCE}"}


def test_inside_a_call_the_business_key_is_the_one_it_was_given() -> None:
    mapping = '<bpmn:extensionElements><camunda:in businessKey="${nr}"/></bpmn:extensionElements>'
    called = node("startEvent", "cs") + node("userTask", "ct", parameters("${execution.businessKey}")) + node("endEvent", "ce")
    run = case(START, node("callActivity", "x", mapping, calledElement="q"), END, chain("s", "x", "e"), q=called + chain("cs", "ct", "ce"))

    assert run.start(nr="N-7").wait("ct").variables == {"y": "N-7"}


def test_the_name_of_a_task_may_be_an_expression() -> None:
    drawn = node("userTask", "x").replace('name="x"', 'name="Antrag von ${kunde} prüfen"')

    assert case(START, drawn, END, chain("s", "x", "e")).start(kunde="Meier").wait("x").label == "Antrag von Meier prüfen"
    assert (
        case(START, drawn.replace("Antrag von ${kunde} prüfen", "${kunde}"), END, chain("s", "x", "e")).start().wait("x").label
        == "${kunde}"
    )
    assert [text for _, text in faults(drawn.replace("${kunde}", "${bohne.name()}"))] == [
        "Name: „name()“ in „${bohne.name()}“ wird nicht ausgeführt. Bitte FEEL (=ausdruck) oder eine externe Aufgabe (Topic) verwenden; "
        "Beans und Java-Methoden laufen nicht."
    ]


@pytest.mark.parametrize(("drawn", "due"), [
    ("P3D", "2026-08-20T06:00"), ("PT90M", "2026-08-17T07:30"), ("2026-09-01T08:00:00", "2026-09-01T06:00"),
    ("${dateTime().plusDays(3).toDate()}", "2026-08-20T06:00"), ("${frist}", "2026-08-19T06:00"), ('=duration("P1D")', "2026-08-18T06:00"),
])  # fmt: skip
def test_a_due_date_may_be_a_moment_or_a_duration_as_in_camunda_7(drawn: str, due: str) -> None:
    run = case(START, node("userTask", "x", camunda_dueDate=drawn), END, chain("s", "x", "e")).start(frist="P2D")

    assert run.wait("x").due_at == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_due_date_that_is_none_is_told_when_it_is_checked() -> None:
    found = faults(node("userTask", "x", camunda_dueDate="bald", camunda_followUpDate="3 Tage"))

    assert [text.partition("“")[0] for _, text in found] == ["Fälligkeit: „bald", "Wiedervorlage: „3 Tage"]


@pytest.mark.parametrize(("kind", "value", "due"), [
    ("timeDuration", datetime(2026, 9, 1, 6, tzinfo=UTC), "2026-09-01T06:00"), ("timeDate", "PT36H", "2026-08-18T18:00"),
])  # fmt: skip
def test_the_value_of_a_time_says_whether_it_is_a_moment_or_a_duration(kind: str, value: object, due: str) -> None:
    wait = f'<bpmn:timerEventDefinition><bpmn:{kind} xsi:type="bpmn:tFormalExpression">${{wann}}</bpmn:{kind}></bpmn:timerEventDefinition>'
    run = case(START, node("intermediateCatchEvent", "x", wait), END, chain("s", "x", "e")).start(wann=value)

    assert run.wait("x").due_at == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(("language", "text"), [("feel", "betrag * 2"), ("FEEL", "= betrag * 2"), ("juel", "${betrag * 2}")])
def test_a_script_of_a_parameter_runs_in_the_languages_of_script_tasks(language: str, text: str) -> None:
    inputs = parameters(f'<camunda:script scriptFormat="{language}">{text}</camunda:script>')

    assert case(START, node("userTask", "x", inputs), END, chain("s", "x", "e")).start(betrag=Decimal(4)).wait("x").variables == {"y": 8}


def test_a_called_process_that_is_an_expression_is_one_finding() -> None:
    assert len(faults(node("callActivity", "x", calledElement="${welcher}"))) == 1


def test_a_variable_with_a_hyphen_is_one_name_where_a_variable_is_asked_for() -> None:
    mapping = '<bpmn:extensionElements><camunda:in source="order-id" target="nr"/><camunda:out source="in-stock" target="da"/></bpmn:extensionElements>'
    loop = '<bpmn:multiInstanceLoopCharacteristics camunda:collection="order-items" camunda:elementVariable="i"/>'
    called = node("startEvent", "cs") + node("userTask", "ct", loop) + node("endEvent", "ce") + chain("cs", "ct", "ce")
    all_in = mapping.replace("<camunda:out", '<camunda:in source="order-items" target="order-items"/><camunda:out')
    run = case(START, node("callActivity", "x", all_in, calledElement="q"), END, chain("s", "x", "e"), q=called)
    run.start(**{"order-id": "O-1", "order-items": ["a"]})

    run.do("ct", **{"in-stock": True})

    assert run.variables["da"] is True


LISTENER = '<bpmn:extensionElements><camunda:executionListener class="x" event="start"/></bpmn:extensionElements>'


@pytest.mark.parametrize(("drawn", "said", "severity"), [
    (process(START + user("x") + END + chain("s", "x", "e")).replace(START, LISTENER + START), "„Execution Listener“ am Prozess", "error"),
    (process(START + user("x") + END + chain("s", "x", "e")).replace('targetRef="x">', f'targetRef="x">{LISTENER}'),
     "„Execution Listener“ an einem Sequenzfluss", "error"),
    (process(START + node("userTask", "x", camunda_formHandlerClass="y") + END + chain("s", "x", "e")), "„formHandlerClass“", "error"),
    (process(START + node("callActivity", "x", calledElement="p", camunda_calledElementTenantId="y") + END + chain("s", "x", "e")),
     "„calledElementTenantId“", "error"),
    (process(START + user("x") + END + chain("s", "x", "e")).replace("isExecutable", 'camunda:candidateStarterUsers="demo" isExecutable'),
     "„candidateStarterUsers“", "warning"),
    (process(START + node("userTask", "x", camunda_asignee="y") + END + chain("s", "x", "e")), "„camunda:asignee“ bewirkt hier nichts", "warning"),
])  # fmt: skip
def test_nothing_that_would_make_a_difference_is_ignored_in_silence(drawn: str, said: str, severity: str) -> None:
    found = check.check({"p.bpmn": file(drawn)}, gathered.Known())

    assert [finding.severity for finding in found if said in finding.message] == [severity], found


def test_what_only_says_how_camunda_itself_executes_is_no_finding() -> None:
    element = node(
        "userTask", "x", camunda_asyncBefore="true", camunda_exclusive="false", camunda_jobPriority="5", camunda_modelerTemplate="t"
    )

    assert not [finding for finding in check.check({"p.bpmn": file(process(START + element + END + chain("s", "x", "e")))}, gathered.Known())
                if "bewirkt" in finding.message or finding.severity == "error"]  # fmt: skip
