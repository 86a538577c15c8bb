"""Camunda Modeler's library for element templates, unmodified, in a page of Chromium: what designers get when they choose a template."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests import clients

NAMESPACES = {
    "camunda7": 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.24.0"',
    "camunda8": 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.9.0"',
}


@dataclass(frozen=True)
class Applied:
    """The diagram with its templates applied, the ids of all templates that were loaded, and what the library complained of."""

    diagram: bytes
    known: frozenset[str]
    told: tuple[str, ...]


def open_page(chromium: Browser, folder: Path) -> Page:
    """Return a page that holds the library, bundled in the folder."""
    clients.ensure()
    bundle, esbuild = folder / "modeler.js", clients.FOLDER / "node_modules" / "esbuild" / "bin" / "esbuild"
    command = [clients.tool("node"), str(esbuild), "modeler.mjs", "--bundle", "--format=iife", f"--outfile={bundle}", "--log-level=warning"]
    subprocess.run(command, cwd=clients.FOLDER, check=True)
    page = chromium.new_page()
    page.goto("about:blank")
    page.add_script_tag(path=bundle)
    return page


def apply(
    page: Page,
    platform: str,
    templates: bytes,
    wanted: Mapping[str, str],
    typed: Mapping[str, Mapping[str, str]] | None = None,
    *,
    later: bytes | None = None,
) -> Applied:
    """Draw a task for each element of `wanted` (id -> template id), one after the other, and apply its template.

    typed: what is typed over the proposals afterwards. later: newer templates, to which all elements are updated then.
    """
    diagram, newer = drawn(platform, list(wanted)), None if later is None else json.loads(later)
    arguments = [platform, diagram, json.loads(templates), dict(wanted), typed or {}, newer]
    made = page.evaluate("(given) => applyTemplates(...given)", arguments)
    return Applied(made["xml"].encode(), frozenset(made["known"]), tuple(made["told"]))


def drawn(platform: str, tasks: list[str]) -> str:
    """Return a whole diagram of plain tasks between start and end, with its picture, as the Modeler writes it."""
    names = ["beginn", *tasks, "ende"]
    tags = {"beginn": "startEvent", "ende": "endEvent"}
    body = "".join(f'<bpmn:{tags.get(name, "task")} id="{name}" name="{name}"/>' for name in names)
    pairs = list(itertools.pairwise(names))
    body += "".join(f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairs)
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}"><dc:Bounds x="{at * 150}" y="80" width="100" height="80"/></bpmndi:BPMNShape>'
        for at, name in enumerate(names)
    )
    shapes += "".join(
        f'<bpmndi:BPMNEdge id="{a}_{b}_di" bpmnElement="{a}_{b}"><di:waypoint x="{at * 150 + 100}" y="120"/>'
        f'<di:waypoint x="{at * 150 + 150}" y="120"/></bpmndi:BPMNEdge>'
        for at, (a, b) in enumerate(pairs)
    )
    kept = ' camunda:historyTimeToLive="P180D"' if platform == "camunda7" else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
        ' xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:modeler="http://camunda.org/schema/modeler/1.0"'
        f' {NAMESPACES[platform]} id="d" targetNamespace="http://bpmn.io/schema/bpmn">'
        f'<bpmn:process id="vorlagen" name="Vorlagen" isExecutable="true"{kept}>{body}</bpmn:process>'
        f'<bpmndi:BPMNDiagram id="bild"><bpmndi:BPMNPlane id="ebene" bpmnElement="vorlagen">{shapes}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
        "</bpmn:definitions>"
    )
