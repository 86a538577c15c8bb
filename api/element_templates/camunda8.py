"""Templates for the platform Camunda 8: an input that only some variants of a topic need is shown for those."""

from __future__ import annotations

from typing import Any

from api.element_templates import blocks
from engine import jobs

# The Modeler takes a template for one of Camunda 8 when this name occurs in `$schema`, whatever address stands around it.
SCHEMA = "@camunda/zeebe-element-templates-json-schema"


def of_topic(topic: jobs.Topic) -> list[dict[str, Any]]:
    """Return the one template of a topic."""
    properties = [
        {"type": "Hidden", "value": topic.name, "binding": {"type": "zeebe:taskDefinition", "property": "type"}},
        *(_input(topic, one) for one in topic.inputs),
        *(blocks.result(one) | {"binding": {"type": "zeebe:output", "source": f"={one.name}"}} for one in topic.outputs),
    ]
    head = {"$schema": SCHEMA, **blocks.head(topic), "category": {"id": "vollstreckung", "name": "Vollstreckung"}}
    return [head | {"groups": blocks.groups(properties), "properties": properties}]


def _input(topic: jobs.Topic, parameter: jobs.Parameter) -> dict[str, Any]:
    made = {"id": parameter.name, **blocks.field(parameter), "binding": {"type": "zeebe:input", "name": parameter.name}}
    if not parameter.choices:
        made["feel"] = "optional"
    if parameter.only_for:
        made["condition"] = {"property": str(topic.chosen_by), "oneOf": list(parameter.only_for)}
    return made
