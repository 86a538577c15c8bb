"""What a page shows of checked files: what can be drawn, what is marked on it, and the lines around each finding."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from api import checked_files, deploying, drawn_files
from api.rest import refusals
from engine.protocol import Finding
from tests.api.test_versions_pages import changed
from tests.engine.spiff.bpmn import chain, file, node, process

TABLE = changed("kleinbetrag.dmn", ("<text>10.00", "<text>10.00 +"))


def finding(name: str, line: int, element: str = "", severity: str = "error") -> Finding:
    return Finding(name, line, element, "", "Etwas fehlt.", "Bitte ergänzen.", severity)  # type: ignore[arg-type]  # written in full above


def one(name: str, content: bytes, *findings: Finding) -> checked_files.File:
    (found,) = checked_files.of({name: content}, findings).files
    return found


def test_what_is_wrong_with_a_process_shows_at_its_pool() -> None:
    drawn = (
        '<bpmn:collaboration id="c"><bpmn:participant id="becken" processRef="p"/></bpmn:collaboration>'
        '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"><bpmndi:BPMNPlane bpmnElement="c">'
        '<bpmndi:BPMNShape bpmnElement="becken"/><bpmndi:BPMNShape bpmnElement="s"/></bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    )
    content = file(process(node("startEvent", "s") + node("endEvent", "e") + chain("s", "e"), key="p")).replace(
        b"</bpmn:definitions>", drawn.encode() + b"</bpmn:definitions>"
    )

    shown = one("p.bpmn", content, finding("p.bpmn", 1, "p"), finding("p.bpmn", 1, "s"), finding("p.bpmn", 1, "e"))

    assert {zeile.finding.element_id: zeile.mark for zeile in shown.findings} == {"e": "", "p": "becken", "s": "s"}
    assert not shown.everything_is_drawn
    assert shown.marks == {"becken": [2], "s": [3]}


def test_a_table_is_drawn_with_its_rules_also_where_a_cell_is_broken() -> None:
    (fault,) = [one for one in deploying.check({"kleinbetrag.dmn": TABLE}) if one.severity == "error"]

    shown = one("kleinbetrag.dmn", TABLE, fault)

    assert shown.drawn is not None
    (decision,) = shown.drawn.decisions
    assert (decision.name, decision.hit_policy, len(decision.headings)) == ("Kleinbetrag", "UNIQUE", len(decision.rules[0].cells))
    assert [cell.text for cell in decision.rules[0].cells if cell.id == shown.findings[0].mark] == ["10.00 +"]


def test_findings_at_a_table_or_its_expression_are_those_of_the_decision() -> None:
    content = TABLE.replace(b"<decisionTable ", b'<decisionTable id="die_tabelle" ', 1) if b"<decisionTable id" not in TABLE else TABLE
    drawn = drawn_files.of(content, "dmn")
    (decision,) = drawn.decisions

    assert {drawn.mark_of(identity) for identity in decision.ids if identity} == {decision.ids[0]}
    assert drawn.mark_of("gibt_es_nicht") == drawn.mark_of("") == ""


def test_the_components_of_a_form_are_listed_as_deep_as_they_stand_also_those_that_are_refused() -> None:
    inner = {"type": "html", "id": "verboten", "content": "<b>"}
    content = json.dumps(
        {"components": [{"type": "group", "id": "g", "label": "Gruppe", "components": [inner]}, "Unsinn", {"type": "text"}]}
    )

    shown = one("f.form", content.encode(), finding("f.form", 1, "verboten"))

    assert shown.drawn is not None
    assert [(k.label, k.kind, k.depth) for k in shown.drawn.components] == [
        ("Gruppe", "group", 0),
        ("verboten", "html", 1),
        ("", "text", 0),
    ]
    assert shown.findings[0].mark == "verboten"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.bpmn", b"<a", "kein gültiges XML"),
        ("a.bpmn", b"<!DOCTYPE a><a/>", "DOCTYPE"),
        ("a.bpmn", b"<a/>", "keine Zeichnung"),
        ("a.dmn", b"<a/>", "keine Entscheidung"),
        ("a.form", b"{", "Kein gültiges JSON"),
        ("a.form", b"[]", "keine Komponenten"),
        ("a.form", b'{"components": 7}', "keine Komponenten"),
    ],
)
def test_what_cannot_be_drawn_says_why_and_shows_its_lines(name: str, content: bytes, told: str) -> None:
    shown = one(name, content, finding(name, 1))

    assert shown.drawn is None
    assert told in shown.undrawn
    assert shown.excerpts[0][0].findings == (1,)


def test_lines_around_findings_are_numbered_and_what_touches_is_one_place() -> None:
    content = "\n".join(f"Zeile {number}" for number in range(1, 41)).encode()

    shown = one(
        "a.typ", content, finding("a.typ", 40), finding("a.typ", 10), finding("a.typ", 13), finding("a.typ", 99, severity="warning")
    )

    assert [(place[0].number, place[-1].number) for place in shown.excerpts] == [(8, 15), (38, 40)]
    found = {line.number: line.findings for place in shown.excerpts for line in place if line.findings}
    assert found == {10: (1,), 13: (2,), 40: (3, 4)}
    assert shown.excerpts[0][2].text == "Zeile 10"


def test_a_line_without_end_is_cut_around_what_was_found_and_signs_that_print_nothing_are_dots() -> None:
    content = ("x" * 5000 + '"das_element"\x1b[31m\u202e' + "y" * 5000).encode()

    (line,) = one("a.form", content, finding("a.form", 1, "das_element")).excerpts[0]

    assert '"das_element"·[31m·' in line.text
    assert len(line.text) == checked_files.MAX_LINE + 2
    assert line.text.startswith("…")
    assert line.text.endswith("…")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_a_diagram_of_any_encoding_is_drawn_and_its_lines_are_read(encoding: str) -> None:
    content = changed("mahnung.bpmn", ("'UTF-8'", f"'{encoding.removesuffix('-sig').upper()}'")).decode()
    written = content.encode(encoding, "xmlcharrefreplace")

    shown = one("mahnung.bpmn", written, finding("mahnung.bpmn", 653, "anschrift_klaeren"))

    assert shown.drawn is not None
    assert "Anschrift klären" in (shown.drawn.xml or "")
    assert any('name="Anschrift klären"' in line.text for line in shown.excerpts[0])


@pytest.mark.parametrize("declared", ["utf-16", "utf-32", "undefined", "idna", "hex", "gibt-es-nicht", "rot13"])
def test_a_file_that_declares_an_encoding_which_it_has_not_is_shown_as_far_as_it_can_be_read(declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>\n<a name="Prüfung"/>'

    assert drawn_files.text_of(text.encode()) == text


def test_a_letter_that_speaks_of_another_encoding_is_read_as_utf_8() -> None:
    assert drawn_files.text_of("// titel: ISO 8859-1 für alle".encode()) == "// titel: ISO 8859-1 für alle"


def test_diagrams_above_what_a_page_holds_are_shown_by_their_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    content = changed("mahnung.bpmn")
    monkeypatch.setattr(checked_files, "MAX_DRAWN_BYTES", len(content) * 3 // 2)

    first, second = checked_files.of({"a.bpmn": content, "b.bpmn": content}, ()).files

    assert first.drawn is not None
    assert second.drawn is None
    assert "einzeln prüfen" in second.undrawn


@pytest.mark.parametrize("name", ["p.u.form", "anders.form"])
def test_a_form_that_is_called_as_one_inside_a_diagram_is_told_at_the_diagram(name: str) -> None:
    fields = (
        '<bpmn:extensionElements><camunda:formData><camunda:formField id="ort" type="string"/></camunda:formData></bpmn:extensionElements>'
    )
    body = node("startEvent", "s") + node("userTask", "u", fields) + node("endEvent", "e") + chain("s", "u", "e")
    form = {
        "type": "default",
        "schemaVersion": 16,
        "id": "p.u",
        "components": [{"type": "textfield", "id": "f", "key": "ort", "label": "Ort"}],
    }
    files = {"p.bpmn": file(process(body)), name: json.dumps(form).encode()}

    findings = deploying.check(files)

    (fault,) = [one for one in findings if one.severity == "error"]
    assert (fault.file, fault.element_id, fault.message) == ("p.bpmn", "u", f"Formular: p.u: „p.u“ gibt es auch in {name}.")
    assert len(refusals.problems(files, findings)["p.bpmn"]["errors"]) == 1


def test_a_finding_of_a_file_that_was_not_sent_is_told_all_the_same() -> None:
    checked = checked_files.of({"a.typ": b"x"}, [finding("anderswo.form", 3)])

    assert [file.name for file in checked.files] == ["a.typ", "anderswo.form"]
    assert "nicht hochgeladen" in checked.files[1].undrawn
    assert (checked.errors, checked.files[1].findings[0].number) == (1, 1)


def test_errors_come_before_hints_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_files, "MAX_SHOWN", 3)
    hints = [finding("a.typ", 1, severity="warning")] * 3

    checked = checked_files.of(
        {"a.typ": b"x", "b.typ": b"y"}, [*hints, *(replace(hint, file="b.typ", severity="error") for hint in hints[:2])]
    )

    assert (checked.errors, checked.warnings, checked.left_out) == (2, 3, 2)
    assert [[zeile.number for zeile in file.findings] for file in checked.files] == [[1], [2, 3]]
