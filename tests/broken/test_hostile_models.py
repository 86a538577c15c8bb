"""Files that are meant to hurt: each is answered with findings in bounded time, never with an exception."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from api import deploying, wiring
from tests.broken.test_broken_models import BESIDE, HERE

SECONDS = 2
PLAIN = (HERE / "beside" / "zustellung_verfolgen.bpmn").read_text("utf-8")
TABLE = (HERE / "beside" / "gebuehr.dmn").read_text("utf-8")
LETTER = BESIDE["mahnung.typ"].decode()
DOCTYPE = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


def diagram(inside: str, *, roots: str = "") -> bytes:
    """Return the plain diagram with more elements in its process."""
    return PLAIN.replace("</bpmn:process>", f"{inside}</bpmn:process>{roots}").encode()


def nested(depth: int) -> str:
    return '<bpmn:subProcess id="{}">' * depth + "</bpmn:subProcess>" * depth


def catching(what: str, text: str) -> bytes:
    """Return the diagram with an event that waits for a time."""
    event = f"<bpmn:timerEventDefinition><bpmn:{what}>{text}</bpmn:{what}></bpmn:timerEventDefinition>"
    return diagram(f'<bpmn:intermediateCatchEvent id="t">{event}</bpmn:intermediateCatchEvent>')


def row(count: int) -> str:
    return "".join(f'<bpmn:task id="t{n}"/>{flow(n, n + 1)}' for n in range(count))


def flow(source: int, target: int) -> str:
    return f'<bpmn:sequenceFlow id="f{source}_{target}" sourceRef="t{source}" targetRef="t{target}"/>'


def web(count: int) -> str:
    gateways = "".join(f'<bpmn:parallelGateway id="t{n}"/>' for n in range(count))
    return gateways + "".join(flow(n, m) for n in range(count) for m in range(count))


def decisions(count: int) -> bytes:
    needs = "".join(f'<informationRequirement><requiredDecision href="#d{m}"/></informationRequirement>' for m in range(0, count, 10))
    logic = "<literalExpression><text>1</text></literalExpression>"
    drawn = "".join(f'<decision id="d{n}" name="D{n}">{needs}{logic}</decision>' for n in range(count))
    return TABLE.replace("<dmndi:DMNDI>", f"{drawn}<dmndi:DMNDI>").encode()


def repeated(cardinality: str) -> bytes:
    loop = f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{cardinality}</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
    return diagram(f'<bpmn:userTask id="t">{loop}</bpmn:userTask>')


def bound(version: str) -> bytes:
    binding = f'camunda:decisionRefBinding="version" camunda:decisionRefVersion="{version}"'
    return diagram(f'<bpmn:businessRuleTask id="t" camunda:decisionRef="gebuehr" {binding} camunda:resultVariable="x"/>')


STRANGE = ("&lt;img src=x onerror=alert(1)&gt;", "a&#10;b", "&quot;&apos;/#")


def script(text: str) -> bytes:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return diagram(
        f'<bpmn:scriptTask id="rechnen" scriptFormat="feel" camunda:resultVariable="x"><bpmn:script>{escaped}</bpmn:script></bpmn:scriptTask>'
    )


def table(rules: str) -> bytes:
    return (TABLE[: TABLE.index("<rule ")] + rules + TABLE[TABLE.index("</decisionTable>") :]).encode()


def rule(number: int, condition: str) -> str:
    law = "<annotationEntry><text>§ 1</text></annotationEntry>"
    return f'<rule id="r{number}"><inputEntry><text>{condition}</text></inputEntry><outputEntry><text>1</text></outputEntry>{law}</rule>'


def form(*components: object, **more: object) -> bytes:
    return json.dumps({"id": "f", "type": "default", "schemaVersion": 19, "components": list(components), **more}).encode()


def field(number: int, **more: object) -> dict[str, object]:
    return {"id": f"f{number}", "type": "textfield", "key": f"k{number}", "label": "L", **more}


def ruled(number: int) -> dict[str, object]:
    rules = {"pattern": "^[a-z]+$", "required": True}
    return field(number, validate=rules, conditional={"hide": f"=k{number - 1} = 1"})


def numbers(low: bytes, high: bytes) -> bytes:
    return form(field(1, validate={"min": "#", "max": "~"})).replace(b'"#"', low).replace(b'"~"', high)


def groups(depth: int) -> dict[str, object]:
    made: dict[str, object] = field(0)
    for level in range(depth):
        made = {"id": f"g{level}", "type": "group", "components": [made]}
    return made


def letter(body: str) -> bytes:
    return (LETTER + body).encode()


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "billion laughs": ("x.bpmn", lambda: PLAIN.replace("?>", f"?>{DOCTYPE}", 1).replace("Bestätigt", "&b;").encode()),
    "an external entity": ("x.bpmn", lambda: PLAIN.replace("?>", f"?>{DOCTYPE}", 1).replace("Bestätigt", "&c;").encode()),
    "a doctype in UTF-16": ("x.bpmn", lambda: PLAIN.replace('"UTF-8"?>', f'"UTF-16"?>{DOCTYPE}', 1).encode("utf-16")),
    "100,000 levels": ("x.bpmn", lambda: b"<a>" * 100_000 + b"</a>" * 100_000),
    "1,000 subprocesses in each other": ("x.bpmn", lambda: diagram(nested(1000))),
    "80 subprocesses in each other": ("x.bpmn", lambda: diagram("".join(f'<bpmn:subProcess id="t{n}">' for n in range(80)) + "</bpmn:subProcess>" * 80)),
    "a name of 1 MB": ("x.bpmn", lambda: PLAIN.replace("Bestätigt", "N" * 1_000_000).encode()),
    "an id of 1 MB": ("x.bpmn", lambda: PLAIN.replace('"bestaetigt"', f'"{"n" * 900_000}"').encode()),
    "a NUL": ("x.bpmn", lambda: PLAIN.replace("Bestätigt", "Be\x00").encode()),
    "UTF-32": ("x.bpmn", lambda: PLAIN.replace('"UTF-8"', '"UTF-32"').encode("utf-32")),
    "Latin-1 that says UTF-8": ("x.bpmn", lambda: PLAIN.encode("iso-8859-1")),
    "nothing": ("x.bpmn", lambda: b""),
    "a picture": ("x.bpmn", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    "twice the same id, 9,000 times": ("x.bpmn", lambda: diagram('<bpmn:task id="t"/>' * 9_000)),
    "20,000 elements": ("x.bpmn", lambda: diagram("".join(f'<bpmn:task id="t{n}"/>' for n in range(20_000)))),
    "6,000 tasks in a row": ("x.bpmn", lambda: diagram(row(6_000))),
    "120 gateways, each with each": ("x.bpmn", lambda: diagram(web(120))),
    "ids with quotes, HTML and lines": ("x.bpmn", lambda: diagram("".join(f'<bpmn:task id="{one}"/>' for one in STRANGE))),
    "a FEEL text of 1 MB": ("x.bpmn", lambda: script("1" + " + 1" * 250_000)),
    "FEEL of 100,000 brackets": ("x.bpmn", lambda: script("(" * 100_000 + "1" + ")" * 100_000)),
    "FEEL of 100,000 open brackets": ("x.bpmn", lambda: script("[" * 100_000)),
    "FEEL that is negated 100,000 times": ("x.bpmn", lambda: script("-" * 100_000 + "1")),
    "FEEL of 100,000 dots": ("x.bpmn", lambda: script("a" + ".a" * 100_000)),
    "a number of 200,000 digits": ("x.bpmn", lambda: script("9" * 200_000)),
    "JUEL of 100,000 brackets": ("x.bpmn", lambda: PLAIN.replace("zustellung_bestaetigt", "${" + "(" * 100_000 + "}").encode()),
    "a duration of 100,000 digits": ("x.bpmn", lambda: catching("timeDuration", f"P{'9' * 100_000}D")),
    "a cron line of 100,000 numbers": ("x.bpmn", lambda: catching("timeCycle", f"0 {','.join(['1'] * 100_000)} * * * ?")),
    "a cardinality of 100,000 digits": ("x.bpmn", lambda: repeated("9" * 100_000)),
    "a version of 100,000 digits": ("x.bpmn", lambda: bound("9" * 100_000)),
    "10,000 messages of one name": ("x.bpmn", lambda: diagram("", roots="".join(f'<bpmn:message id="m{n}" name="m"/>' for n in range(10_000)))),
    "10,000 rules": ("x.dmn", lambda: table("".join(rule(n, f"[{n}..{n + 5}]") for n in range(10_000)))),
    "2,400 rules that overlap": ("x.dmn", lambda: table("".join(rule(n, f"[{n}..{n + 500}]") for n in range(2_400)))),
    "1,800 rules of texts": ("x.dmn", lambda: table("".join(rule(n, f'"text {n}"') for n in range(1_800)))),
    "a cell of 1 MB": ("x.dmn", lambda: table(rule(1, ",".join(f'"t{n}"' for n in range(100_000))))),
    "a cell of 100,000 brackets": ("x.dmn", lambda: table(rule(1, "(" * 100_000))),
    "300 decisions that need each other": ("x.dmn", lambda: decisions(300)),
    "5,000 fields": ("x.form", lambda: form(*(field(n) for n in range(5_000)))),
    "1,900 fields with rules": ("x.form", lambda: form(*(ruled(n) for n in range(1, 1_900)))),
    "groups 400 deep": ("x.form", lambda: form(groups(400))),
    "JSON 100,000 deep": ("x.form", lambda: b'{"id":"f","components":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a pattern that backtracks": ("x.form", lambda: form(field(1, validate={"pattern": "^(a+)+$"}), field(2, validate={"pattern": "(" * 400 + ")" * 400}))),
    "a pattern that counts": ("x.form", lambda: form(field(1, validate={"pattern": "((a{1,9999}){1,9999}){1,9999}"}))),
    "numbers beyond all bounds": ("x.form", lambda: numbers(b"1e999999", b"9" * 99_999)),
    "FEEL of 50,000 brackets in a form": ("x.form", lambda: form(field(1, conditional={"hide": "=" + "(" * 50_000}))),
    "half a surrogate pair": ("x.form", lambda: b'{"id":"f","type":"default","components":[{"id":"a","type":"textfield","key":"\\ud800","label":"\\udfff"}]}'),
    "keys of the browser": ("x.form", lambda: form(field(1, key="__proto__"), field(2, key="constructor.prototype"))),
    "a letter that loops": ("mahnung.typ", lambda: letter("#while true {}\n#let f(n) = f(n + 1)\n#f(1)\n")),
    "a letter that loads and reads": ("mahnung.typ", lambda: letter('#import "/etc/passwd"\n#read("/etc/passwd")\n#include "http://127.0.0.1/"\n')),
    "a letter of 20,000 brackets": ("mahnung.typ", lambda: letter("#(" * 20_000)),
    "a letter of brackets, one a line": ("mahnung.typ", lambda: letter("#(\n" * 20_000)),
    "a letter of conditions": ("mahnung.typ", lambda: letter("#if true\n" * 6_000)),
    "a letter with a formula in disguise": ("mahnung.typ", lambda: letter("/*\n// */ $" + "a^" * 20_000)),
    "a letter of a single line": ("mahnung.typ", lambda: letter("ä" * 30_000)),
    "a file of 3 MB": ("x.bpmn", lambda: PLAIN.replace("Bestätigt", "N" * 3_000_000).encode()),
}  # fmt: skip


@pytest.mark.parametrize("what", FILES)
def test_a_hostile_file_is_answered_in_time(what: str) -> None:
    file, make = FILES[what]
    content = make()
    began = time.process_time()

    found = deploying.check({**BESIDE, file: content})

    assert time.process_time() - began < SECONDS
    assert all(finding.message and finding.remedy for finding in found)
    assert any(finding.file == file for finding in found) or what in SOUND
    assert sum(len(finding.message) + len(finding.remedy) for finding in found[:100]) < 1_000_000


# What is no fault, however large: it only has to be read in time.
SOUND = {"10,000 messages of one name", "a letter that loops", "a pattern that backtracks", "a letter of a single line", "a name of 1 MB"}


def test_what_is_said_of_a_hostile_file_reaches_the_modeler_as_a_message() -> None:
    found = deploying.check({"x.bpmn": FILES["ids with quotes, HTML and lines"][1]()})

    assert wiring.READERS
    assert [finding.element_id for finding in found if "kann keine Kennung sein" in finding.message] == [
        "\"'/#",
        "<img src=x onerror=alert(1)>",
        "a\nb",
    ]
