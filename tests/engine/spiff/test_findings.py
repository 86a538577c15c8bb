"""What check says of variables, letters and messages: each planted fault is named at its element, and sound diagrams stay silent."""

from __future__ import annotations

import pytest

from api import wiring
from engine import contents
from engine.protocol import Finding
from processes import law
from tests.engine.spiff.bpmn import chain, file, flow, io, job, message, node, process, script

START, END = node("startEvent", "s"), node("endEvent", "e")
FORM = b'{"id": "f", "type": "default", "schemaVersion": 19, "components": [{"id": "c", "type": "number", "key": "offener_betrag", "label": "B"}]}'
ASK = node("userTask", "fragen", camunda_formRef="f", camunda_candidateGroups="claims_clerk")


def findings(*processes: str, deployed: contents.Beside | None = None, **more: bytes) -> list[Finding]:
    files = {"p.bpmn": file(*processes), "f.form": FORM} | {name.replace("_", "."): content for name, content in more.items()}
    return list(contents.check(files, wiring.READERS, functions=law.FUNCTIONS, topics=wiring.topic_offers(), beside=deployed))


def said(found: list[Finding], element: str) -> str:
    return " ".join(f"{finding.message} {finding.remedy}" for finding in found if finding.element_id == element)


def test_a_name_that_is_almost_a_known_one_is_told_with_what_is_meant() -> None:
    body = START + ASK + script("rechnen", "summe", "ofener_betrag + 1") + END + chain("s", "fragen", "rechnen", "e")

    assert "„ofener_betrag“ setzt in diesem Prozess niemand; gemeint ist vielleicht „offener_betrag“" in said(
        findings(process(body)), "rechnen"
    )


def test_a_form_that_is_not_at_hand_may_set_any_name() -> None:
    deployed = node("userTask", "sperren", camunda_formRef="anderswo", camunda_candidateGroups="claims_clerk")
    body = START + ASK + deployed + script("rechnen", "summe", "ofener_betrag + 1") + END + chain("s", "fragen", "sperren", "rechnen", "e")

    assert "niemand" not in said(findings(process(body), deployed=contents.Beside({"form": {"anderswo": ()}})), "rechnen")


@pytest.mark.parametrize(("other", "is_told"), [("g", True), ("gibt_es_nicht", False)])
def test_a_form_that_is_not_at_hand_may_offer_any_value(other: str, is_told: bool) -> None:
    choice = b'{"id": "g", "type": "default", "schemaVersion": 19, "components": [{"id": "c", "type": "radio", "key": "wahl", "label": "W",'
    choice += b' "values": [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]}]}'
    tasks = (
        node("userTask", name, camunda_formRef=form, camunda_candidateGroups="claims_clerk") for name, form in (("x", "g"), ("y", other))
    )
    ways = node("exclusiveGateway", "g1", default="weiter") + flow("g1", "e", key="weiter") + flow("g1", "e", 'wahl = "c"', key="weg")
    body = START + "".join(tasks) + ways + END + chain("s", "x", "y", "g1")

    assert ("das kein Formular anbietet" in said(findings(process(body), g_form=choice), "weg")) is is_told


def test_names_that_may_come_from_outside_raise_no_alarm() -> None:
    body = START + ASK + script("rechnen", "summe", "offener_betrag + zinsen") + END + chain("s", "fragen", "rechnen", "e")

    assert "niemand" not in said(findings(process(body)), "rechnen")


def test_what_a_called_process_reads_and_is_not_given_is_told_at_the_call() -> None:
    called = START + script("rechnen", "summe", "betrag + zinsen") + END + chain("s", "rechnen", "e")
    given = '<bpmn:extensionElements><camunda:in source="betrag" target="betrag"/><camunda:out source="summe" target="summe"/></bpmn:extensionElements>'
    call = node("callActivity", "rufen", given, calledElement="q")

    found = findings(process(START + call + END + chain("s", "rufen", "e")), process(called, key="q"))

    assert "„q“ liest „zinsen“, bekommt es hier aber nicht" in said(found, "rufen")
    assert "„betrag“" not in said(found, "rufen")
    assert "„zinsen“ setzt in diesem Prozess niemand" in said(found, "rechnen")


def test_a_decision_that_asks_a_name_nobody_sets_is_told_at_the_task() -> None:
    table = (
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="D"><decision id="gebuehr" name="G"><decisionTable id="t">'
        b'<input id="i"><inputExpression><text>ofener_betrag</text></inputExpression></input><output id="o" name="r"/><annotation name="Quelle"/>'
        b'<rule id="r1"><inputEntry><text>-</text></inputEntry><outputEntry><text>1</text></outputEntry><annotationEntry><text>x</text></annotationEntry>'
        b"</rule></decisionTable></decision></definitions>"
    )
    rule = node("businessRuleTask", "entscheiden", camunda_decisionRef="gebuehr", camunda_resultVariable="g")

    found = findings(process(START + ASK + rule + END + chain("s", "fragen", "entscheiden", "e")), d_dmn=table)

    assert "„ofener_betrag“" in said(found, "entscheiden")


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"vorlage": "mahnung", "forderung_id": "${x}"}, "braucht für „mahnung“ den Eingabeparameter „mahnfrist_bis“"),
        ({"vorlage": "liebesbrief"}, "kennt für „vorlage“ den Wert „liebesbrief“ nicht"),
        ({"vorlage": '="mahnung"', "forderung_id": "=x"}, "braucht für „mahnung“ den Eingabeparameter „mahnfrist_bis“"),
        ({"vorlage": '="liebesbrief"'}, "kennt für „vorlage“ den Wert „liebesbrief“ nicht"),
        ({}, "braucht den Eingabeparameter „vorlage“"),
    ],
)
def test_a_letter_says_what_it_needs(inputs: dict[str, str], expected: str) -> None:
    body = START + job("schreiben", "dispatch_letter", io(inputs)) + END + chain("s", "schreiben", "e")

    assert expected in said(findings(process(body)), "schreiben")


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        ({"forderung_id": "=x", "grund": "=y", "bis": "=z"}, {}, ""),
        ({"forderung_id": "=x", "grund": "=y", "biss": "=z"}, {}, "„biss“ kennt das Topic „set_hold“ nicht; gemeint ist vielleicht „bis“"),
        ({"forderung_id": "=x", "grund": "=y", "farbe": "=z"}, {}, "„farbe“ kennt das Topic „set_hold“ nicht. Niemand liest sie"),
        ({"forderung_id": "=x", "grund": "=y", "farbe": "=z"}, {"gewesen": "=farbe"}, ""),
    ],
)
def test_an_input_that_neither_the_topic_nor_an_output_reads_is_a_hint(
    inputs: dict[str, str], outputs: dict[str, str], expected: str
) -> None:
    body = START + job("sperren", "set_hold", io(inputs, outputs)) + END + chain("s", "sperren", "e")

    found = [finding for finding in findings(process(body)) if finding.element_id == "sperren"]

    assert expected in said(found, "sperren")
    assert [finding.severity for finding in found] == (["warning"] if expected else [])


def test_a_message_that_no_diagram_catches_is_told_unless_it_is_optional() -> None:
    optional = '<bpmn:extensionElements><camunda:properties><camunda:property name="optional" value="true"/></camunda:properties></bpmn:extensionElements>'
    body = START + node("intermediateThrowEvent", "rufen", message()) + node("intermediateThrowEvent", "leise", optional + message())

    found = findings(process(body + END + chain("s", "rufen", "leise", "e")))

    assert "„nachricht_a“ fängt kein Diagramm" in said(found, "rufen")
    assert "fängt kein Diagramm" not in said(found, "leise")


def test_a_function_in_the_condition_of_a_flow_is_looked_up_too() -> None:
    body = START + node("exclusiveGateway", "g", default="nein") + END + node("endEvent", "e2") + chain("s", "g")
    body += flow("g", "e", "gibt_es_nicht(1) > 2", key="ja") + flow("g", "e2", key="nein")

    assert "Die Funktion „gibt_es_nicht“ gibt es nicht" in said(findings(process(body)), "ja")


def test_a_function_in_a_condition_inside_a_subprocess_is_looked_up_too() -> None:
    inside = node("startEvent", "is") + node("exclusiveGateway", "g", default="nein") + node("endEvent", "ie") + node("endEvent", "ie2")
    inside += chain("is", "g") + flow("g", "ie", "gibt_es_nicht(1) > 2", key="ja") + flow("g", "ie2", key="nein")

    found = findings(process(START + node("subProcess", "t", inside) + END + chain("s", "t", "e")))

    assert "Die Funktion „gibt_es_nicht“ gibt es nicht" in said(found, "ja")


def test_what_a_thrown_signal_carries_and_the_text_of_a_thrown_error_are_looked_up_too() -> None:
    carried = '<bpmn:extensionElements><camunda:in sourceExpression="=gibt_es_nicht(1)" target="x"/></bpmn:extensionElements>'
    signal = node(
        "intermediateThrowEvent", "rufen", f'<bpmn:signalEventDefinition signalRef="sig_a">{carried}</bpmn:signalEventDefinition>'
    )
    error = node("endEvent", "e", '<bpmn:errorEventDefinition errorRef="e_a"/>')
    content = file(process(START + signal + error + chain("s", "rufen", "e"))).replace(b"Es geht nicht.", b"=auch_nicht(2)")

    found = contents.check({"p.bpmn": content}, wiring.READERS, functions=law.FUNCTIONS, topics=wiring.topic_offers())

    assert "Die Funktion „gibt_es_nicht“ gibt es nicht" in said(list(found), "rufen")
    assert "Die Funktion „auch_nicht“ gibt es nicht" in said(list(found), "e")


def test_names_that_differ_by_a_number_only_are_both_meant() -> None:
    body = START + ASK + script("a", "forderung_1", "1") + script("b", "summe", "forderung_2") + END + chain("s", "fragen", "a", "b", "e")

    assert "gemeint ist vielleicht" not in said(findings(process(body)), "b")


def latest(**found: tuple[str, str, bytes]) -> contents.Beside:
    """Return what is deployed: name -> (kind, key, content)."""
    versions: dict[str, dict[str, tuple[str, ...]]] = {}
    for kind, key, _ in found.values():
        versions.setdefault(kind, {})[key] = ("version:1",)
    return contents.Beside(versions, {(kind, key): (name.replace("_", "."), content) for name, (kind, key, content) in found.items()})


def test_a_form_that_is_deployed_already_tells_which_names_it_sets() -> None:
    body = START + ASK + script("rechnen", "summe", "ofener_betrag + 1") + END + chain("s", "fragen", "rechnen", "e")

    found = contents.check(
        {"p.bpmn": file(process(body))}, wiring.READERS, topics=wiring.topic_offers(), beside=latest(f_form=("form", "f", FORM))
    )

    assert "gemeint ist vielleicht „offener_betrag“" in said(list(found), "rechnen")


def test_every_table_of_a_deployed_file_is_known_but_those_that_a_file_at_hand_replaces() -> None:
    def table(key: str, *outputs: str) -> str:
        columns = "".join(f'<output id="{key}_{name}" name="{name}"/>' for name in outputs)
        entries = "".join(f'<outputEntry id="{key}_{name}_1"><text>1</text></outputEntry>' for name in outputs)
        return f'<decision id="{key}" name="{key}"><decisionTable id="{key}_t">{columns}<rule id="{key}_r">{entries}</rule></decisionTable></decision>'

    def tables(*drawn: str) -> bytes:
        head = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        return f"{head}{''.join(drawn)}</definitions>".encode()

    keys = ("eins", "zwei", "drei")
    asked = "".join(node("businessRuleTask", key, camunda_decisionRef=key, camunda_mapDecisionResult="singleEntry") for key in keys)
    deployed = tables(*(table(key, "a", "b") for key in keys))

    found = contents.check(
        {"p.bpmn": file(process(START + asked + END + chain("s", *keys, "e"))), "neu.dmn": tables(table("drei", "a"))}, wiring.READERS,
        beside=contents.Beside({"dmn": dict.fromkeys(keys, ("version:1",))}, {("dmn", key): ("alt.dmn", deployed) for key in keys}),
    )  # fmt: skip

    told = [finding.element_id for finding in found if "verlangt eine einzige Ausgabe" in finding.message]
    assert told == ["eins", "zwei"]


def test_a_deployed_process_that_calls_back_closes_the_circle() -> None:
    def calling(key: str, other: str) -> bytes:
        return file(process(START + node("callActivity", f"ruf_{key}", calledElement=other) + END + chain("s", f"ruf_{key}", "e"), key=key))

    found = contents.check({"p.bpmn": calling("p", "q")}, wiring.READERS, beside=latest(q_bpmn=("bpmn", "q", calling("q", "p"))))

    assert "Der Prozess ruft sich selbst auf: p → q → p" in said(list(found), "p")
    assert {finding.file for finding in found} == {"p.bpmn"}


def test_a_message_that_a_deployed_process_catches_has_a_receiver() -> None:
    throws = file(process(START + node("intermediateThrowEvent", "rufen", message()) + END + chain("s", "rufen", "e")))
    catches = file(process(START + node("intermediateCatchEvent", "hoeren", message()) + END + chain("s", "hoeren", "e"), key="q"))

    heard = contents.check({"p.bpmn": throws}, wiring.READERS, beside=latest(q_bpmn=("bpmn", "q", catches)))
    unheard = contents.check({"p.bpmn": throws}, wiring.READERS, beside=contents.Beside({}))

    assert "fängt kein Diagramm" not in said(list(heard), "rufen")
    assert "fängt kein Diagramm" in said(list(unheard), "rufen")


def test_a_join_that_is_filled_after_a_boundary_event_is_no_dead_end() -> None:
    fork = node("parallelGateway", "f") + node("parallelGateway", "j")
    aside = node("boundaryEvent", "b", message(), attachedToRef="fragen", cancelActivity="false") + node("parallelGateway", "k")
    body = START + fork + ASK + node("task", "t") + aside + END + node("endEvent", "e2")
    body += chain("s", "f", "fragen", "j", "e") + chain("f", "t", "j") + chain("b", "k", "e2") + flow("t", "k")

    assert "nie weiter" not in said(findings(process(body)), "j") + said(findings(process(body)), "k")


def test_a_join_whose_second_way_begins_behind_it_is_a_dead_end() -> None:
    body = START + ASK + node("parallelGateway", "j") + node("exclusiveGateway", "g", default="weiter") + END
    body += chain("s", "fragen", "j", "g") + flow("g", "e", key="weiter") + flow("g", "j", "offener_betrag > 1", key="zurueck")

    assert "nie weiter" in said(findings(process(body)), "j")


def test_a_caller_that_is_at_hand_may_catch_what_a_called_process_throws() -> None:
    called = START + node("endEvent", "ef", '<bpmn:errorEventDefinition errorRef="e_a"/>') + chain("s", "ef")
    caller = START + node("callActivity", "ruf", calledElement="q") + END + chain("s", "ruf", "e")

    assert "fängt in diesem Prozess niemand" in said(findings(process(called, key="q")), "ef")
    assert "fängt in diesem Prozess niemand" not in said(findings(process(caller), process(called, key="q")), "ef")
