"""Two versions of a diagram are compared by what they say, in a designer's words; what was only moved is told apart."""

from __future__ import annotations

from dataclasses import fields

from engine.spiff import compare, model
from tests.engine.spiff.bpmn import (
    HEAD,
    boundary,
    chain,
    event_subprocess,
    file,
    flow,
    io,
    job,
    message,
    node,
    process,
    script,
    timer,
    user,
)

LINE = node("startEvent", "s") + user("a") + node("endEvent", "e")


def told(before: str, after: str) -> dict[str, tuple[str, dict[str, tuple[str, str]]]]:
    """Return id -> (kind, name -> (before, after)) of the differences of two bodies."""
    found = compare.compare(file(process(before)), file(process(after)), "p")
    return {one.id: (one.kind, {detail.name: (detail.before, detail.after) for detail in one.details}) for one in found}


def test_equal_diagrams_have_no_differences_whatever_their_line_numbers() -> None:
    body = LINE + chain("s", "a", "e")

    assert told(body, "\n\n" + body.replace("><", ">\n<")) == {}


def test_elements_and_flows_added_and_removed_are_told_with_what_they_say() -> None:
    found = told(LINE + chain("s", "a", "e"), LINE + job("j", "brief") + chain("s", "a", "j", "e"))

    assert {key: kind for key, (kind, _) in found.items()} == {"j": "added", "a_j": "added", "j_e": "added", "a_e": "removed"}
    assert found["j"][1]["Topic"] == ("", "brief")
    assert found["a_j"][1] == {"von": ("", "a"), "nach": ("", "j")}


def test_what_changed_is_told_attribute_by_attribute() -> None:
    before = (
        node("startEvent", "s") + node("userTask", "a", io({"x": "=1"}), camunda_formRef="f1", camunda_candidateGroups="g") + script("r", "y", "1")
        + boundary("t", "a", timer("timeDuration", "P1D")) + node("endEvent", "e") + flow("s", "a", "x = 1")
    )  # fmt: skip
    after = (
        node("startEvent", "s") + node("userTask", "a", io({"x": "=2", "z": "=3"}), camunda_formRef="f2") + script("r", "y", "2")
        + boundary("t", "a", timer("timeDate", "=frist"), interrupting=False) + node("endEvent", "e") + flow("s", "a", "x = 2")
    )  # fmt: skip

    found = told(before, after)

    assert found["a"] == ("changed", {"Formular": ("f1", "f2"), "Gruppen": ("g", ""), "Eingabe x": ("=1", "=2"), "Eingabe z": ("", "=3")})
    assert found["r"] == ("changed", {"Skript": ("=1", "=2")})
    assert found["t"] == (
        "changed", {"unterbricht": ("", "nein"), "Ereignis: Art der Zeit": ("Dauer", "Zeitpunkt"), "Ereignis: Zeit": ("P1D", "=frist")},
    )  # fmt: skip
    assert found["s_a"] == ("changed", {"Bedingung": ("=x = 1", "=x = 2")})


def test_another_kind_of_element_and_a_move_into_a_subprocess_are_changes() -> None:
    inner = node("startEvent", "is") + user("a") + node("endEvent", "ie")
    found = told(LINE, node("startEvent", "s") + node("subProcess", "teil", inner) + node("endEvent", "e"))

    assert found["a"] == ("changed", {"liegt in": ("", "teil")})
    assert told(LINE, LINE.replace("userTask", "manualTask"))["a"] == ("changed", {"Art": ("Benutzeraufgabe", "Aufgabe")})
    starts = node("startEvent", "x", message())
    assert told(LINE, LINE + event_subprocess("ep", starts))["ep"][0] == "added"


def test_the_process_itself_is_compared() -> None:
    found = compare.compare(
        file(process(LINE)),
        file(process(LINE).replace('<bpmn:process id="p"', '<bpmn:process id="p" name="Neu" camunda:versionTag="2"')),
        "p",
    )

    assert [(one.id, [(d.name, d.after) for d in one.details]) for one in found] == [
        ("p", [("Name", "Neu"), ("Kennzeichen der Fassung", "2")])
    ]


def test_what_was_only_moved_is_told_apart() -> None:
    def drawn(x: str, name: str = "a") -> bytes:
        shape = (
            '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC">'
            f'<bpmndi:BPMNPlane><bpmndi:BPMNShape bpmnElement="a"><dc:Bounds x="{x}" y="1" width="100" height="80"/></bpmndi:BPMNShape>'
            "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
        )
        body = process(LINE).replace('name="a"', f'name="{name}"')
        return f"{HEAD}{body}{shape}</bpmn:definitions>".encode()

    assert [one.kind for one in compare.compare(drawn("10"), drawn("20"), "p")] == ["moved"]
    assert [one.kind for one in compare.compare(drawn("10"), drawn("10.0"), "p")] == []
    assert [one.kind for one in compare.compare(drawn("10"), drawn("20", "A"), "p")] == ["changed"]


def test_everything_a_diagram_can_say_has_a_german_name() -> None:
    kinds = (model.Element, model.EventDefinition, model.Assignment, model.Loop, model.Flow, model.Process)
    drawn = {one.name for kind in kinds for one in fields(kind)}

    assert drawn - compare.SILENT - set(compare.NESTED) - set(compare.NAMES) == set()
