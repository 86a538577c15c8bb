"""What is told of a form before it is deployed: all at once, with component, line and remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import forms
from engine.protocol import Finding

SAMPLES = sorted(Path(__file__).parent.glob("*.form"))


def component(kind: str, name: str = "k", **more: Any) -> dict[str, Any]:
    label = {"dateLabel": "Feld"} if kind == "datetime" else {"label": "Feld"}
    where = "path" if kind in ("group", "dynamiclist") else "key"
    return {"type": kind, "id": name, where: name, **label, **more}


def text(name: str = "k", **more: Any) -> dict[str, Any]:
    return component("textfield", name, **more)


def expression(name: str, feel: str, **more: Any) -> dict[str, Any]:
    return component("expression", name, expression=feel, **more)


def hidden(feel: str) -> dict[str, Any]:
    return {"conditional": {"hide": feel}}


def found(*components: dict[str, Any]) -> tuple[Finding, ...]:
    return forms.check(
        json.dumps({"id": "f", "schemaVersion": 19, "type": "default", "components": components}, indent=1).encode(), "f.form"
    )


A, B = {"label": "A", "value": "a"}, {"label": "B", "value": "b"}
ROWS = [text("was"), component("number", "wert")]
FAULTS: list[tuple[list[dict[str, Any]], str]] = [
    ([text(id="")], "fehlt die ID"),
    ([text("f")], "ID des Formulars"),
    ([text("a"), text("b", key="a")], "gehört schon zu"),
    ([text("a", **hidden("=b")), text("b", key="a", **hidden("=not(b)"))], "gehört schon zu"),
    ([text("a"), text("b", key="a.b")], "gehört schon zu"),
    ([text("b", key="a.b"), text("a")], "Unter „a“ liegen schon"),
    ([component("dynamiclist", "l", components=ROWS), text("x", key="l.y")], "gehört schon zu"),
    ([text("this")], "„this“ ist in Ausdrücken"),
    ([text(conditional={"hide": "a > 1"})], "beginnt nicht mit „=“"),
    ([text(readonly="ja")], "„readonly“ mit „ja“ gilt immer"),
    ([text(disabled="=false")], "sperrt das Feld immer"),
    ([text(validate={"required": "=a"})], "„required“ mit „=a“"),
    ([component("number", validate={"min": "zwei"})], "„min“ ist „zwei“"),
    ([text(validate={"maxLength": 2.5})], "„maxLength“ ist „2.5“"),
    ([component("number", validate={"min": "2.5", "max": 1})], "„min“ ist größer als „max“"),
    ([text(validate={"min": 3})], "Die Regel „min“ gibt es an „textfield“ nicht, nur an number"),
    ([component("number", validate={"maxLength": 3})], "„maxLength“ gibt es an „number“ nicht"),
    ([text(validate={"requierd": True})], "„requierd“ gibt es nicht; gemeint ist wohl „required“"),
    ([text(validate={"validationType": "iban"})], "Art der Prüfung „iban“"),
    ([text(validate={"pattern": r"(a)\1"})], "verweist der Server anders"),
    ([text(validate={"pattern": r"\a"})], "meint im Browser etwas anderes"),
    ([text(validate={"pattern": "^*a"})], "lässt sich nicht wiederholen"),
    ([component("radio", values=[])], "keine Werte"),
    ([component("radio", values=[A, A])], "mehrmals"),
    ([component("select", values=[A, {"label": "leer"}])], "1 von 2 Werten zeigt der Browser nicht"),
    ([component("select", values=[A], valuesKey="x")], "mehrere Quellen (values, valuesKey)"),
    ([component("select", values=[A, B], defaultValue="z")], "Vorgabe „z“ steht nicht zur Auswahl"),
    ([component("taglist", valuesExpression="x")], "beginnt nicht mit „=“"),
    ([component("datetime", subtype="day")], "Die Art „day“"),
    ([component("datetime", subtype="time", timeInterval=7)], "Schritte von 7 Minuten"),
    ([component("datetime", subtype="time", timeSerializingFormat="utc")], "Schreibweise „utc“"),
    ([component("datetime", subtype="date", defaultValue="31.12.2026")], "kein solcher Zeitpunkt"),
    ([component("number", decimalDigits="2")], "„decimalDigits“"),
    ([component("number", increment=0)], "„increment“"),
    ([component("number", defaultValue="zwölf")], "keine Zahl"),
    ([expression("k", "1 + 1")], "Der Ausdruck fehlt oder beginnt nicht"),
    ([expression("k", "=1", computeOn="blur")], "„computeOn“"),
    ([component("dynamiclist", components=[])], "keine Felder"),
    ([component("dynamiclist", components=ROWS, isRepeating=False)], "wiederholt sich nicht"),
    ([text(defaultVaule="x")], "„defaultVaule“ gibt es nicht; gemeint ist wohl „defaultValue“"),
    ([text(label="Guten Tag {{name +}}")], "label: "),
    ([component("table", dataSource="=zeilen[")], "dataSource: "),
    ([text(**hidden("=gibt es nicht(1)"))], "Stelle"),
    ([text(**hidden("=zaehle(1)"))], "Die Funktion „zaehle“ gibt es nicht"),
    ([text(**hidden("=is defined(a)"))], "„is defined“ kennt der Browser nicht"),
    ([text(**hidden('=day of week(today()) = "Sunday"'))], "in dessen Sprache"),
    ([component("dynamiclist", "l", components=[text(**hidden("=i = 1"))])], "Bitte „i[1]“ schreiben"),
    ([text("betrag_neu"), text("b", **hidden("=betrag_nue = null"))], "gemeint ist vielleicht „betrag_neu“"),
    ([component("number", "n", serializeToString=True), expression("e", "=n * 2")], "Bitte „number(n)“ schreiben"),
    ([component("datetime", "d", subtype="date"), text("t", **hidden("=d < today()"))], "Bitte „date(d)“ schreiben"),
    ([expression("a", "=b + 1"), expression("b", "=c * 2"), expression("c", "=a")], "hängt von sich selbst ab: a → b → c → a"),
    ([expression("a", "=a + 1")], "hängt von sich selbst ab: a → a"),
    ([component("dynamiclist", "l", components=[expression("e", "=parent.s")]), expression("s", "=sum(l.e)")], "l.e → s → l.e"),
    ([text("a", **hidden('=a = "x"'))], "hängt von ihm selbst ab"),
]  # fmt: skip


@pytest.mark.parametrize(("components", "part"), FAULTS, ids=[part for _, part in FAULTS])
def test_a_fault_is_told_with_its_component_and_what_to_do(components: list[dict[str, Any]], part: str) -> None:
    findings = found(*components)

    assert any(part in f"{finding.message} {finding.remedy}" for finding in findings), [finding.message for finding in findings]
    assert all(finding.remedy and finding.line >= 1 for finding in findings)


@pytest.mark.parametrize(
    "components",
    [
        [text("a", **hidden('=b = "x"')), text("b", **hidden('=a = "x"'))],
        [component("group", "g", components=[text("a")]), component("group", "h", path="g", components=[text("b")])],
        [component("dynamiclist", "l", components=[*ROWS, expression("e", "=if i[1] = 1 then this.wert else parent.l[i[1] - 1].e")])],
        [component("dynamiclist", "l", components=[*ROWS, expression("e", "=count(parent.l)")])],
        [expression("k", "=k")],
        [component("group", "g", components=[text("a"), expression("e", '=g.a + "!"')])],
        [text(**hidden("=for i in 1..3 return i"))],
        [component("number", "n", serializeToString=True), text("t", **hidden("=n > 5 or n = null or number(n) = 3"))],
        [component("text", text="{{#if a}}ja{{else}}{{#loop l}}{{this.x}}{{/loop}}{{/if}} {{anzahl}}")],
        [text(validate={"minLength": "", "pattern": "", "validationType": "custom"})],
    ],
)  # fmt: skip
def test_what_works_is_not_told(components: list[dict[str, Any]]) -> None:
    assert found(*components) == ()


def test_everything_is_told_at_once_with_its_line() -> None:
    findings = found(text("a", disabled="=x"), text("b", validate={"requierd": True}), component("radio", "c", values=[]))

    assert [(finding.element_id, finding.label) for finding in findings] == [("a", "Feld"), ("b", "Feld"), ("c", "Feld")]
    lines = [finding.line for finding in findings]
    assert lines == sorted(lines)
    assert len(set(lines)) == 3


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_sample_forms_with_every_component_have_no_findings(path: Path) -> None:
    assert forms.check(path.read_bytes(), path.name) == ()


def test_a_field_may_not_bear_a_name_that_the_engine_gives_a_meaning_but_a_column_of_a_list_may() -> None:
    listed = component("dynamiclist", "l", components=[text("feiertag")])
    content = json.dumps({"id": "f", "schemaVersion": 19, "type": "default", "components": [text("feiertag", id="a"), listed]})

    findings = forms.check(content.encode(), "f.form", reserved={"feiertag"})

    assert [finding.element_id for finding in findings] == ["a"]
    assert "„feiertag“ ist der Name einer Rechtsfunktion" in findings[0].message
