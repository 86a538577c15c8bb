"""Files that strangers send: refused with a finding in German, whatever the encoding, and never with a crash."""

from __future__ import annotations

import pytest

from engine import dmn, xml
from engine.spiff import check
from engine.spiff.checks import gathered
from tests.engine.spiff.bpmn import chain, file, node, process, user

PLAIN = file(process(node("startEvent", "s") + user("u") + node("endEvent", "e") + chain("s", "u", "e"))).decode()
DOCTYPE = '<!DOCTYPE x [<!ENTITY bombe "boom"><!ENTITY datei SYSTEM "file:///etc/passwd">]>'
KNOWN = gathered.Known()


def with_doctype(body: str, encoding: str) -> bytes:
    return (f'<?xml version="1.0" encoding="{encoding}"?>{DOCTYPE}' + body).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
@pytest.mark.parametrize("reference", ["", "&bombe;", "&datei;"])
def test_a_doctype_is_refused_in_every_encoding_with_and_without_an_entity(encoding: str, reference: str) -> None:
    content = with_doctype(PLAIN.replace("</bpmn:process>", f"{reference}</bpmn:process>"), encoding)

    with pytest.raises(xml.BrokenXml):
        xml.read(content)
    findings = check.check({"a.bpmn": content}, KNOWN)
    assert [finding.severity for finding in findings] == ["error"]
    assert "DOCTYPE" in findings[0].message or "kein gültiges XML" in findings[0].message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_an_entity_in_a_utf_16_body_is_told_as_a_doctype(encoding: str) -> None:
    content = with_doctype(PLAIN.replace("</bpmn:process>", "&bombe;</bpmn:process>"), encoding)

    with pytest.raises(xml.BrokenXml, match="DOCTYPE"):
        xml.read(content)


def test_a_plain_utf_16_file_is_read() -> None:
    content = ('<?xml version="1.0" encoding="utf-16"?>' + PLAIN).encode("utf-16")

    assert [finding for finding in check.check({"a.bpmn": content}, KNOWN) if finding.severity == "error"] == []


def test_comments_and_instructions_anywhere_change_nothing() -> None:
    content = PLAIN.replace("<bpmn:userTask", "<!-- hier --><?php echo 1 ?><bpmn:userTask").encode()

    assert [finding for finding in check.check({"a.bpmn": content}, KNOWN) if finding.severity == "error"] == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"\xff\xfe",
        b"kein xml",
        b"<a>",
        b"<a/>",
        b"<?xml version='1.0' encoding='unbekannt'?><a/>",
        b"<a xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>",
        b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>",
        b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process isExecutable='true'/></definitions>",
        b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p' isExecutable='true'><subProcess/>"
        b"<boundaryEvent/><sequenceFlow/><userTask id='\xc2\xb2'><multiInstanceLoopCharacteristics><loopCardinality>\xc2\xb2"
        b"</loopCardinality></multiInstanceLoopCharacteristics></userTask></process></definitions>",
        b"<a>" * 300 + b"</a>" * 300,
        b"<a>" + b"<b/>" * 20_001 + b"</a>",
        b"<a>" + b" " * (2 * 1024 * 1024) + b"</a>",
    ],
)
def test_no_content_crashes_the_checks(content: bytes) -> None:
    found = check.check({"a.bpmn": content}, KNOWN)

    assert any(finding.severity == "error" and finding.message and finding.remedy for finding in found)
    assert dmn.check(content, "a.dmn")


def test_every_cut_of_a_diagram_ends_in_a_finding() -> None:
    content = PLAIN.encode()

    for length in range(0, len(content) - 1, 37):
        assert any(finding.severity == "error" for finding in check.check({"a.bpmn": content[:length]}, KNOWN))
