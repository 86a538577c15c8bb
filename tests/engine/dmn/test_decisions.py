"""Decision tables and boxed expressions: every hit policy, requirements, checks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest

from engine import dmn
from engine.dmn import evaluation

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def table(
    policy: str, rules: list[tuple[list[str], list[str]]], *, aggregation: str = "", outputs: str = "", inputs: tuple[str, ...] = ("a",)
) -> str:
    """Return the XML of a decision `d` with one output `r` and the given cells; the last annotation is the legal source."""
    columns = "".join(
        f'<input id="i{n}" label="{name}"><inputExpression><text>{name}</text></inputExpression></input>' for n, name in enumerate(inputs)
    )
    count = len(rules[0][1])
    values = f"<outputValues><text>{escape(outputs)}</text></outputValues>" if outputs else ""
    out = "".join(f'<output id="o{n}" name="r{n or ""}">{values if n == 0 else ""}</output>' for n in range(count))
    body = ""
    for number, (tests, results) in enumerate(rules, start=1):
        cells = "".join(f"<inputEntry><text>{escape(test)}</text></inputEntry>" for test in tests)
        cells += "".join(f"<outputEntry><text>{escape(result)}</text></outputEntry>" for result in results)
        body += f'<rule id="regel_{number}">{cells}<annotationEntry><text>§ {number}</text></annotationEntry></rule>'
    attributes = f'hitPolicy="{policy}"' + (f' aggregation="{aggregation}"' if aggregation else "")
    annotation = '<annotation name="Rechtsgrundlage"/>'
    return f'<decision id="d" name="D"><decisionTable id="t" {attributes}>{columns}{out}{annotation}{body}</decisionTable></decision>'


def definitions(*decisions: str, namespace: str = NAMESPACE) -> bytes:
    return f'<definitions xmlns="{namespace}" id="f" name="F">{"".join(decisions)}</definitions>'.encode()


def decide(content: bytes, **variables: object) -> object:
    return dmn.evaluate(dmn.parse(content, "d.dmn"), "d", variables).value


@pytest.mark.parametrize(
    ("policy", "aggregation", "expected"),
    [
        ("FIRST", "", Decimal(10)),
        ("PRIORITY", "", Decimal(30)),
        ("RULE ORDER", "", [Decimal(10), Decimal(20), Decimal(30)]),
        ("OUTPUT ORDER", "", [Decimal(30), Decimal(20), Decimal(10)]),
        ("COLLECT", "", [Decimal(10), Decimal(20), Decimal(30)]),
        ("COLLECT", "SUM", Decimal(60)),
        ("COLLECT", "MIN", Decimal(10)),
        ("COLLECT", "MAX", Decimal(30)),
        ("COLLECT", "COUNT", Decimal(3)),
    ],
)
def test_hit_policies(policy: str, aggregation: str, expected: object) -> None:
    rules = [(["> 0"], ["10"]), (["> 1"], ["20"]), (["> 2"], ["30"]), (["> 100"], ["40"])]

    assert decide(definitions(table(policy, rules, aggregation=aggregation, outputs="40, 30, 20, 10")), a=3) == expected


def test_unique_refuses_two_hits_and_names_the_rules() -> None:
    content = definitions(table("UNIQUE", [(["> 0"], ["1"]), (["> 1"], ["2"])]))

    with pytest.raises(dmn.DecisionError, match="regel_1, regel_2"):
        decide(content, a=5)
    assert decide(content, a=1) == Decimal(1)


def test_any_wants_equal_results() -> None:
    assert decide(definitions(table("ANY", [(["> 0"], ["1"]), (["> 1"], ["1"])])), a=5) == Decimal(1)
    with pytest.raises(dmn.DecisionError, match="dasselbe"):
        decide(definitions(table("ANY", [(["> 0"], ["1"]), (["> 1"], ["2"])])), a=5)


def test_no_hit_is_null_and_history_learns_rule_and_paragraph_of_a_hit() -> None:
    model = dmn.parse(definitions(table("UNIQUE", [(["> 5"], ["1", '"x"'])])), "d.dmn")

    assert dmn.evaluate(model, "d", {"a": 1}).value is None
    outcome = dmn.evaluate(model, "d", {"a": 6})
    assert outcome.value == {"r": Decimal(1), "r1": "x"}
    assert outcome.evaluations[0].rule_ids == ("regel_1",)
    assert outcome.evaluations[0].annotations == ({"Rechtsgrundlage": "§ 1"},)
    assert outcome.evaluations[0].inputs == {"a": 6}


@pytest.mark.parametrize(
    "namespace", [NAMESPACE, "http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/"]
)
def test_a_key_date_column_chooses_the_row_valid_on_the_day(namespace: str) -> None:
    rules = [(['[date("2003-03-28")..date("2021-11-26")]'], ["20"]), (['[date("2021-11-27")..date("2099-12-31")]'], ["25"])]
    content = definitions(table("UNIQUE", rules, inputs=("stichtag",)), namespace=namespace)

    assert decide(content, stichtag=date(2020, 1, 1)) == Decimal(20)
    assert decide(content, stichtag=date(2026, 1, 1)) == Decimal(25)


def test_required_decisions_knowledge_models_and_contexts() -> None:
    doubled = "<literalExpression><text>betrag * 2</text></literalExpression>"
    base = f'<decision id="basis" name="Basis"><variable name="Basis"/>{doubled}</decision>'
    knowledge = (
        '<businessKnowledgeModel id="k" name="Prozent"><variable name="Prozent"/><encapsulatedLogic><formalParameter name="x"/>'
        "<literalExpression><text>x / 100</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )
    decision = (
        '<decision id="d" name="D"><informationRequirement><requiredDecision href="#basis"/></informationRequirement>'
        '<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement><context>'
        '<contextEntry><variable name="satz"/><literalExpression><text>Prozent(5)</text></literalExpression></contextEntry>'
        "<contextEntry><literalExpression><text>Basis * satz</text></literalExpression></contextEntry></context></decision>"
    )

    assert decide(definitions(base, knowledge, decision), betrag=Decimal(100)) == Decimal(10)


def test_map_result_as_camunda_hands_it_to_a_process() -> None:
    model = dmn.parse(definitions(table("COLLECT", [(["> 0"], ["1"]), (["> 1"], ["2"])])), "d.dmn")
    outcome = dmn.evaluate(model, "d", {"a": 5})

    assert dmn.map_result(outcome, "collectEntries") == [Decimal(1), Decimal(2)]
    assert dmn.map_result(outcome, "resultList") == [{"r": Decimal(1)}, {"r": Decimal(2)}]
    with pytest.raises(dmn.DecisionError, match="einziger"):
        dmn.map_result(outcome, "singleEntry")


def test_check_tells_every_fault_at_once() -> None:
    content = definitions(table("UNIQUE", [(["> "], ["1 +"]), (["< 3"], ["gibt es nicht(1)"]), (["< 2"], ["1"])]))

    findings = dmn.check(content, "d.dmn")

    messages = "\n".join(finding.message for finding in findings)
    assert messages.count("Eingabezelle") == 1
    assert messages.count("Ausgabezelle") >= 1
    assert all(finding.file == "d.dmn" and finding.line >= 1 and finding.remedy for finding in findings)


def test_check_proves_an_overlap_and_misses_no_legal_source() -> None:
    content = definitions(table("UNIQUE", [(["[1..5]"], ["1"]), (["[5..9]"], ["2"]), (["> 9"], ["3"])])).replace("§ 3".encode(), b"")

    findings = dmn.check(content, "d.dmn")

    assert [finding.element_id for finding in findings if "zugleich" in finding.message] == ["regel_2"]
    assert [finding.element_id for finding in findings if "Rechtsgrundlage" in finding.message] == ["regel_3"]


@pytest.mark.parametrize(
    "content", [b"", b"<a/>", b"\x00\xff", b'<!DOCTYPE x [<!ENTITY a "b">]><definitions/>', b"<definitions xmlns='x'>", definitions()]
)
def test_hostile_or_broken_files_are_findings_and_no_crash(content: bytes) -> None:
    findings = dmn.check(content, "d.dmn")

    assert findings
    assert all(finding.severity == "error" for finding in findings)


# ---------------------------------------------------------------- boxed expressions of DMN 1.4 and 1.5
def boxed(inner: str, type_ref: str = "") -> bytes:
    variable = f'<variable name="D" typeRef="{type_ref}"/>' if type_ref else ""
    return definitions(f'<decision id="d" name="D">{variable}{inner}</decision>', namespace="https://www.omg.org/spec/DMN/20230324/MODEL/")


def text_of(expression: str) -> str:
    return f"<literalExpression><text>{escape(expression)}</text></literalExpression>"


LOOP = '<{kind} iteratorVariable="x"><in>{source}</in><{body}>{inner}</{body}></{kind}>'


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (f"<conditional><if>{text_of('a > 1')}</if><then>{text_of('10')}</then><else>{text_of('20')}</else></conditional>", Decimal(10)),
        (f"<conditional><if>{text_of('null')}</if><then>{text_of('10')}</then><else>{text_of('20')}</else></conditional>", Decimal(20)),
        (f"<filter><in>{text_of('[1, 2, 3]')}</in><match>{text_of('item >= a')}</match></filter>", [Decimal(2), Decimal(3)]),
        (f"<filter><in>{text_of('[{b: 1}, {b: 2}]')}</in><match>{text_of('b = a')}</match></filter>", [{"b": Decimal(2)}]),
        (LOOP.format(kind="for", source=text_of("[1, 2, 3]"), body="return", inner=text_of("x * a")), [Decimal(2), Decimal(4), Decimal(6)]),
        (LOOP.format(kind="for", source=text_of("[1, 2, 3]"), body="return", inner=text_of("count(partial) * x")), [Decimal(0), Decimal(2), Decimal(6)]),
        (LOOP.format(kind="some", source=text_of("[1, 2]"), body="satisfies", inner=text_of("x = a")), True),
        (LOOP.format(kind="every", source=text_of("[1, 2]"), body="satisfies", inner=text_of("x = a")), False),
        (LOOP.format(kind="every", source=text_of("[]"), body="satisfies", inner=text_of("false")), True),
        (LOOP.format(kind="every", source=text_of("[1, 2]"), body="satisfies", inner=text_of("null")), None),
        (LOOP.format(kind="some", source=text_of("null"), body="satisfies", inner=text_of("true")), None),
        (f"<list>{text_of('1')}{text_of('a')}</list>", [Decimal(1), Decimal(2)]),
        (f'<relation><column name="s"/><row>{text_of("a")}</row><row>{text_of("a + 1")}</row></relation>', [{"s": Decimal(2)}, {"s": Decimal(3)}]),
    ],
)  # fmt: skip
def test_boxed_expressions(inner: str, expected: object) -> None:
    assert decide(boxed(inner), a=Decimal(2)) == expected


def test_an_item_definition_types_a_value_and_limits_it() -> None:
    item = (
        '<itemDefinition name="tArt"><typeRef>string</typeRef><allowedValues><text>"konto", "lohn"</text></allowedValues></itemDefinition>'
    )
    content = definitions(item, f'<decision id="d" name="D"><variable name="D" typeRef="tArt"/>{text_of("a")}</decision>')

    assert decide(content, a="lohn") == "lohn"
    with pytest.raises(dmn.DecisionError, match=r"auto.* nicht erlaubt"):
        decide(content, a="auto")


@pytest.mark.parametrize(
    ("kind", "text"), [("number", "NaN"), ("number", "zwei"), ("date", "31.02.2026"), ("dateTime", "heute"), ("feel:date", "x")]
)
def test_a_text_that_is_no_value_of_its_column_is_told_and_does_not_just_fail_to_match(kind: str, text: str) -> None:
    content = boxed(text_of("a"), type_ref=kind)

    with pytest.raises(dmn.DecisionError, match=text):
        decide(content, a=text)


# ---------------------------------------------------------------- findings
def plain(key: str, inner: str = "") -> str:
    return f'<decision id="{key}" name="{key.upper()}">{inner}{text_of("1")}</decision>'


REQUIRES = '<informationRequirement><requiredDecision href="#{}"/></informationRequirement>'
KNOWS = '<knowledgeRequirement><requiredKnowledge href="#{}"/></knowledgeRequirement>'
MODEL = (
    '<businessKnowledgeModel id="k" name="K"><encapsulatedLogic kind="{}">{}</encapsulatedLogic>{}</businessKnowledgeModel>'
)  # fmt: skip


def test_a_boxed_expression_over_a_list_without_measure_is_told() -> None:
    every = boxed(LOOP.format(kind="every", source=text_of("a"), body="satisfies", inner=text_of("true")))

    assert decide(every, a=[1] * evaluation.MAX_ITEMS) is True
    with pytest.raises(dmn.DecisionError, match=f"{evaluation.MAX_ITEMS + 1} Einträge"):
        decide(every, a=[1] * (evaluation.MAX_ITEMS + 1))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (definitions(plain("a", REQUIRES.format("b")), plain("b", REQUIRES.format("a"))), "hängt über seine Verbindungen von sich selbst ab"),
        (definitions(plain("a", REQUIRES.format("weg"))), "benötigte Entscheidung „weg“"),
        (definitions(plain("a"), MODEL.format("FEEL", text_of("1"), KNOWS.format("weg"))), "benötigte Wissensmodell „weg“"),
        (definitions(plain("a"), MODEL.format("Java", text_of("1"), "")), "Art „Java“ wird nicht ausgeführt"),
        (definitions(plain("a"), f'<decision id="a" name="B">{text_of("2")}</decision>'), "„a“ kommt zweimal vor"),
        (definitions('<import namespace="x" locationURI="y.dmn" importType="z"/>', plain("a")), "Import aus einer anderen Datei"),
        (definitions(plain("a"), '<decisionService id="s" name="S"/>'), "Entscheidungsdienst"),
        (boxed('<literalExpression expressionLanguage="javascript"><text>1</text></literalExpression>'), "„javascript“ wird nicht ausgeführt"),
        (definitions(table("UNIQUE", [(["> 1"], ["1"])]).replace("<inputEntry>", '<inputEntry expressionLanguage="groovy">')), "„groovy“ wird"),
        (definitions(table("FIRST", [(["> 1"], ["1"])], aggregation="SUM")), "Zusammenfassung „SUM“ passt nicht"),
        (definitions(table("COLLECT", [(["> 1"], ["1"])], aggregation="AVG")), "Zusammenfassung „AVG“ passt nicht"),
        (definitions(table("COLLECT", [(["> 1"], ["1", "2"])], aggregation="MAX")), "Zusammenfassung „MAX“ passt nicht"),
        (definitions(table("UNIQUE", [(["> 1"], ["1", "2"])])).replace(b'name="r1"', b'name="r"'), "Zwei Ausgabespalten heißen „r“"),
        (definitions(table("UNIQUE", [(["> 1"], ["1"])])).replace(b' id="regel_1"', b""), "Regel hat keine Kennung"),
        (definitions(table("UNIQUE", [(["offen"], ["1"])])), "„offen“ ist der Name einer Variable"),
        (boxed(f"<conditional><if>{text_of('a')}</if><then>{text_of('1')}</then></conditional>"), "fehlt der Teil „else“"),
        (boxed(f"<for><in>{text_of('a')}</in><return>{text_of('1')}</return></for>"), "fehlt der Name ihrer Variable"),
    ],
)  # fmt: skip
def test_check_names_what_would_not_run_as_drawn(content: bytes, said: str) -> None:
    findings = [finding for finding in dmn.check(content, "d.dmn") if said in finding.message]

    assert findings, [finding.message for finding in dmn.check(content, "d.dmn")]
    assert all(finding.line >= 1 and finding.remedy for finding in findings)


@pytest.mark.parametrize(
    "year", ["20151101/dmn.xsd", "20151101/dmn11.xsd", "20180521/MODEL/", "20191111/MODEL/", "20211108/MODEL/", "20230324/MODEL/"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_version_of_the_standard_is_read(scheme: str, year: str) -> None:
    content = definitions(table("FIRST", [(["> 1"], ["1"])]), namespace=f"{scheme}://www.omg.org/spec/DMN/{year}")

    assert decide(content, a=2) == Decimal(1)
    assert [finding for finding in dmn.check(content, "d.dmn") if finding.severity == "error"] == []


# ---------------------------------------------------------------- as Camunda draws and reads it
def column(
    key: str,
    expression: str,
    output: str,
    cells: list[tuple[str, str]],
    *,
    hit: str = "FIRST",
    more: str = "",
    kind: str = "",
    language: str = "",
) -> str:
    rules = "".join(
        f'<rule id="{key}_{number}"><inputEntry><text>{escape(test)}</text></inputEntry><outputEntry><text>{escape(value)}</text></outputEntry></rule>'
        for number, (test, value) in enumerate(cells)
    )
    asked = f'<inputExpression id="ie_{key}" typeRef="{kind}"{language}><text>{escape(expression)}</text></inputExpression>'
    return (
        f'<decision id="{key}" name="Name von {key}">{more}<decisionTable id="t_{key}" hitPolicy="{hit}"><input id="i_{key}">{asked}</input>'
        f'<output id="o_{key}" name="{output}"/>{rules}</decisionTable></decision>'
    )


STAGES = column("hoehe", "betrag", "stufe", [("< 100", '"klein"'), ("-", '"gross"')])
ADVICE = column("alle", "betrag", "rat", [("> 10", '"a"'), ("> 20", '"b"')], hit="COLLECT")


@pytest.mark.parametrize("named", ["stufe", "hoehe", "Name von hoehe"])
def test_the_result_of_a_required_table_bears_the_name_of_its_output_its_id_and_its_name(named: str) -> None:
    """Camunda 7 hands it on by the names of its outputs, Camunda 8 by its id, the standard by its name."""
    content = definitions(STAGES, column("d", named, "r", [('"gross"', "1"), ("-", "2")], more=REQUIRES.format("hoehe")))

    assert decide(content, betrag=Decimal(150), stufe="von außen") == Decimal(1)
    assert dmn.names_of(dmn.parse(content, "d.dmn"))["d"] == {"betrag"}


def test_several_hits_of_a_required_table_come_as_a_list_and_no_hit_hides_no_variable() -> None:
    content = definitions(ADVICE, column("d", "rat", "r", [('list contains(?, "b")', "1"), ("-", "rat")], more=REQUIRES.format("alle")))

    assert decide(content, betrag=Decimal(150)) == Decimal(1)
    assert decide(content, betrag=Decimal(5), rat="von außen") == "von außen"


def test_an_input_that_is_drawn_goes_before_the_output_of_the_same_name() -> None:
    drawn = REQUIRES.format("hoehe") + '<informationRequirement><requiredInput href="#stufe_eingabe"/></informationRequirement>'
    content = definitions(
        '<inputData id="stufe_eingabe" name="stufe"/>', STAGES, column("d", "stufe", "r", [('"von außen"', "1")], more=drawn)
    )

    assert decide(content, betrag=Decimal(150), stufe="von außen") == Decimal(1)


@pytest.mark.parametrize("text", ["${betrag > 100 && !empty kunde.name}", "betrag > 100 and not empty kunde.name"])
def test_an_input_may_be_written_in_juel(text: str) -> None:
    content = definitions(column("d", text, "r", [("true", '"ja"'), ("-", '"nein"')], language=' expressionLanguage="juel"'))

    assert decide(content, betrag=Decimal(150), kunde={"name": "Meier"}) == "ja"
    assert decide(content, betrag=Decimal(150), kunde={}) == "nein"


def test_a_bean_in_a_table_is_refused_by_name() -> None:
    content = definitions(column("d", "${bohne.preis(betrag)}", "r", [("-", "1")], language=' expressionLanguage="juel"'))

    assert ["„preis()“" in finding.message for finding in dmn.check(content, "d.dmn") if finding.severity == "error"] == [True]


NOON = datetime(2026, 6, 1, 10, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 31, 22, tzinfo=UTC)  # the first of June in Berlin


@pytest.mark.parametrize("kind", ["date", "dateTime"])
@pytest.mark.parametrize(("cell", "value"), [
    ('> date and time("2026-01-01T00:00:00")', NOON), ('> date and time("2026-01-01T00:00:00")', date(2026, 6, 1)),
    ('> date and time("2026-01-01T00:00:00")', "2026-06-01"), ('date and time("2026-06-01T12:00:00")', NOON),
    ('date and time("2026-06-01T10:00:00Z")', NOON), ('date and time("2026-06-01T00:00:00+02:00")', date(2026, 6, 1)),
    ('[date("2026-06-01")..date("2026-06-30")]', MIDNIGHT), ('date("2026-06-01")', "2026-06-01T08:00:00"), ('< @"2026-06-02"', NOON),
    ('>= @"2026-06-01T12:00:00"', NOON), ('not(< date and time("2026-01-01T00:00:00"))', NOON), ("-", None), ("null", None),
])  # fmt: skip
def test_a_date_is_compared_as_what_the_cells_speak_of(kind: str, cell: str, value: object) -> None:
    content = definitions(column("d", "tag", "r", [(cell, '"ja"'), ("-", '"nein"')], kind=kind))

    assert decide(content, tag=value) == "ja"


def test_what_is_no_date_stops_the_decision() -> None:
    content = definitions(column("d", "tag", "r", [("-", '"ja"')], kind="date"))

    with pytest.raises(dmn.DecisionError, match="„bald“ ist kein Wert der Art „date“"):
        decide(content, tag="bald")


def test_a_condition_on_other_variables_holds_by_itself_and_a_cell_may_call_its_value_cell_input() -> None:
    def cell(test: str, value: object) -> object:
        return decide(definitions(column("d", "a", "r", [(test, '"ja"'), ("-", '"nein"')])), a=value, grenze=Decimal(6))

    assert [cell("a > grenze", Decimal(value)) for value in (7, 5)] == ["ja", "nein"]
    assert [cell("cellInput > grenze", Decimal(value)) for value in (7, 5)] == ["ja", "nein"]
    assert [cell("grenze > 5", value) for value in (True, False)] == ["ja", "nein"], "an input that is true or false is compared"


def test_a_table_in_juel_has_no_finding_of_its_own_functions() -> None:
    content = definitions(column("d", "${betrag * 2}", "r", [("> 10", '"ja"')], language=' expressionLanguage="juel"'))

    assert [finding.message for finding in dmn.check(content, "d.dmn") if finding.severity == "error"] == []
