"""Element templates: our building blocks in the catalogue of Camunda Modeler, so that designers choose instead of typing a topic.

Rendered from the topics (jobs.Topic), tables and law functions themselves, one file per platform. `RECORD` holds them as last
released: a template whose content differs from there gets the next version number, which is how the Modeler offers an update.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import processes
from api import wiring
from api.element_templates import camunda7, camunda8, computations
from engine import errors

PLATFORMS = {"camunda7": camunda7, "camunda8": camunda8}
PLATFORM_NAMES = {"camunda7": "Camunda 7", "camunda8": "Camunda 8"}
RECORD = Path(processes.__file__).parent / ".camunda" / "element-templates"
PAGE = "/prozesse/elementvorlagen"


def filename(platform: str) -> str:
    """Return the name of the file for a platform of Camunda Modeler."""
    return f"vollstreckung-{platform}.json"


def files(base_url: str = "") -> dict[str, bytes]:
    """Return file name -> content of all platforms. base_url: where our pages are, for the link to a block's description."""
    return {filename(platform): content(platform, base_url) for platform in PLATFORMS}


def content(platform: str, base_url: str = "") -> bytes:
    """Return the templates of a platform as the Modeler reads them: a JSON array."""
    known = _released(platform)
    made = [versioned(template, known.get(template["id"])) for template in templates(platform)]
    if base_url:
        made = [{**template, "documentationRef": f"{base_url}{PAGE}#{template['metadata']['block']}"} for template in made]
    return ("[\n" + ",\n".join(_written(template) for template in made) + "\n]\n").encode()


def templates(platform: str) -> list[dict[str, Any]]:
    """Return the templates of a platform without version numbers: topics, tables, law functions."""
    renderer = PLATFORMS[platform]
    jobs = [template for _, topic in sorted(wiring.all_topics().items()) for template in renderer.of_topic(topic)]
    return jobs + [renderer.of_computation(made) for made in computations.all_computations()]


def versioned(template: Mapping[str, Any], released: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the template with its version number: the released one's, or the next where anything else is said now."""
    if released is None:
        return {**template, "version": 1}
    same = {**released, "version": 0} == {**template, "version": 0}
    return {**template, "version": released["version"] + (0 if same else 1)}


def _written(template: Mapping[str, Any]) -> str:
    """Return a template with one line per entry and per property, so that a change is a line in a comparison."""
    lines = []
    for key, value in template.items():
        told = json.dumps(value, ensure_ascii=False)
        if key == "properties":
            told = "[\n    " + ",\n    ".join(json.dumps(one, ensure_ascii=False) for one in value) + "\n  ]"
        lines.append(f'  "{key}": {told}')
    return "{\n" + ",\n".join(lines) + "\n}"


def _released(platform: str) -> Mapping[str, Mapping[str, Any]]:
    path = RECORD / filename(platform)
    try:
        return {template["id"]: template for template in json.loads(path.read_bytes())} if path.exists() else {}
    except ValueError as fault:
        raise errors.InvalidState(f"„{path}“ ist nicht zu lesen. Bitte die zuletzt ausgelieferte Datei wiederherstellen.") from fault
