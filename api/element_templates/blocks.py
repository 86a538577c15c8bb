"""What the templates of both platforms have in common: names, groups, what is proposed for an input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine import jobs

PREFIX = "de.vollstreckung."
INPUTS, FURTHER, RESULTS = "eingaben", "weitere", "ergebnisse"
GROUPS = {INPUTS: "Eingaben", FURTHER: "Weitere Eingaben", RESULTS: "Ergebnisse"}


def head(
    block: str, name: str, purpose: str, *, kind: str = "", element: str = "bpmn:ServiceTask", keywords: Iterable[str] = ()
) -> dict[str, Any]:
    """Return what a template says of itself. block: what our page describes; kind: which of its variants the template is for."""
    return {
        "id": PREFIX + block + (f".{kind}" if kind else ""),
        "name": name,
        "description": purpose,
        "keywords": [word for word in ("Vollstreckung", *keywords) if word],
        "metadata": {"block": block},
        "appliesTo": ["bpmn:Task"],
        "elementType": {"value": element},
    }


def groups(properties: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the groups that the properties stand in, in our order."""
    used = {one.get("group") for one in properties}
    return [{"id": name, "label": label} for name, label in GROUPS.items() if name in used]


def field(parameter: jobs.Parameter) -> dict[str, Any]:
    """Return how an input is asked for: as text or expression, or as a choice where the diagram fixes the value."""
    asked: dict[str, Any] = {"label": parameter.label, "description": parameter.hint}
    if parameter.choices:
        asked |= {"type": "Dropdown", "choices": [{"name": label, "value": value} for value, label in parameter.choices.items()]}
    else:
        asked |= {"type": "String"}
    proposed = parameter.proposed or ("" if parameter.is_optional else f"={parameter.name}")
    if proposed:
        asked["value"] = proposed
    if not parameter.is_optional:
        asked["constraints"] = {"notEmpty": True}
    return {**asked, "group": FURTHER if parameter.is_optional else INPUTS}


def result(parameter: jobs.Parameter) -> dict[str, Any]:
    """Return how it is asked under which name a result is kept."""
    return {"label": parameter.label, "description": parameter.hint, "type": "String", "value": parameter.name, "group": RESULTS}


def kept(parameter: jobs.Parameter) -> dict[str, Any]:
    """Return how the variable is asked for without which a result is lost."""
    return {**result(parameter), "constraints": {"notEmpty": True}}
