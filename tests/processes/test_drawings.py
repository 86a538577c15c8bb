"""Diagrams as designers open them: every step says its legal basis, no sequence flow runs through a shape it does not touch."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from engine import xml

ROOT = Path(__file__).parents[2]
DIAGRAMS = sorted((ROOT / "processes").glob("*/*.bpmn"))
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
STEPS = frozenset({
    "userTask", "serviceTask", "scriptTask", "businessRuleTask", "callActivity", "sendTask", "subProcess", "intermediateCatchEvent",
    "intermediateThrowEvent", "boundaryEvent",
})  # fmt: skip
Point = tuple[float, float]
Box = tuple[float, float, float, float]


@pytest.mark.parametrize("path", DIAGRAMS, ids=[path.stem for path in DIAGRAMS])
def test_every_step_says_its_legal_basis(path: Path) -> None:
    root = xml.read(path.read_bytes())

    silent = [
        element.get("id")
        for element in root.iter("*")
        if xml.local(element) in STEPS and not (element.findtext(f"{BPMN}documentation") or "").strip()
    ]

    assert silent == []


@pytest.mark.parametrize("path", DIAGRAMS, ids=[path.stem for path in DIAGRAMS])
def test_no_sequence_flow_runs_through_a_shape_and_no_label_covers_one(path: Path) -> None:
    root = xml.read(path.read_bytes())
    boxes = {shape.get("bpmnElement", ""): box(shape) for shape in root.iter(f"{DI}BPMNShape")}
    containers = {element.get("id", "") for element in root.iter(f"{BPMN}subProcess")}
    hosts = {element.get("id"): element.get("attachedToRef") for element in root.iter(f"{BPMN}boundaryEvent")}
    ends = {flow.get("id"): (flow.get("sourceRef"), flow.get("targetRef")) for flow in root.iter(f"{BPMN}sequenceFlow")}
    solid = {id_: found for id_, found in boxes.items() if id_ not in containers}

    crossed = []
    for drawn in root.iter(f"{DI}BPMNEdge"):
        own = ends.get(drawn.get("bpmnElement"), (None, None))
        points = [(float(p.get("x", 0)), float(p.get("y", 0))) for p in drawn.iter(WAYPOINT)]
        allowed = {*own, *(hosts.get(end) for end in own)}
        crossed += [
            (drawn.get("bpmnElement"), id_)
            for id_, area in solid.items()
            if id_ not in allowed and any(runs_through(a, b, area) for a, b in pairwise(points))
        ]
    covered = [
        (owner.get("bpmnElement"), id_)
        for owner in root.iter(f"{DI}BPMNShape", f"{DI}BPMNEdge")
        for label in owner.iter(f"{DI}BPMNLabel")
        for id_, area in solid.items()
        if overlap(box(label), area) > 4
    ]

    assert crossed == []
    assert covered == []


def box(drawn: etree._Element) -> Box:
    bounds = next(drawn.iter(BOUNDS))
    x, y, width, height = (float(bounds.get(name, 0)) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def runs_through(a: Point, b: Point, area: Box) -> bool:
    """Return whether a straight line between two waypoints enters the area by more than its border."""
    steps = max(int(abs(a[0] - b[0]) + abs(a[1] - b[1])) // 4, 1)
    points = ((a[0] + (b[0] - a[0]) * n / steps, a[1] + (b[1] - a[1]) * n / steps) for n in range(steps + 1))
    return any(area[0] + 2 < x < area[2] - 2 and area[1] + 2 < y < area[3] - 2 for x, y in points)


def overlap(one: Box, other: Box) -> float:
    """Return by how much two areas overlap in their narrower direction."""
    return min(min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1]))
