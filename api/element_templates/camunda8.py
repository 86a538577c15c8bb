"""Templates for the platform Camunda 8: an input that only some variants of a topic need is shown for those."""

from __future__ import annotations

from typing import Any

from api.element_templates import blocks, computations
from engine import jobs

# The Modeler takes a template for one of Camunda 8 when this name occurs in `$schema`, whatever address stands around it.
SCHEMA = "@camunda/zeebe-element-templates-json-schema"
CATEGORY = {"category": {"id": "vollstreckung", "name": "Vollstreckung"}}


def of_topic(topic: jobs.Topic) -> list[dict[str, Any]]:
    """Return the one template of a topic."""
    properties = [
        {"type": "Hidden", "value": topic.name, "binding": {"type": "zeebe:taskDefinition", "property": "type"}},
        *(_input(topic, one) for one in topic.inputs),
        *(blocks.result(one) | {"binding": {"type": "zeebe:output", "source": f"={one.name}"}} for one in topic.outputs),
    ]
    head = blocks.head(topic.name, topic.label, topic.purpose, keywords=(topic.name,))
    return [{"$schema": SCHEMA, **head, **CATEGORY, "groups": blocks.groups(properties), "properties": properties}]


def of_computation(made: computations.Computation) -> dict[str, Any]:
    """Return the template of a table or a law function."""
    properties = [
        *(
            {"type": "Hidden", "value": value, "binding": {"type": made.extension, "property": name}}
            for name, value in made.camunda8.items()
        ),
        *(_asked(one) for one in made.inputs),
        blocks.kept(made.result) | {"binding": {"type": made.extension, "property": "resultVariable"}},
    ]
    head = blocks.head(made.id, made.label, made.purpose, element=made.element, keywords=(made.id.partition(".")[2],))
    return {"$schema": SCHEMA, **head, **CATEGORY, "groups": blocks.groups(properties), "properties": properties}


def _input(topic: jobs.Topic, parameter: jobs.Parameter) -> dict[str, Any]:
    made = _asked(parameter)
    if parameter.only_for:
        made["condition"] = {"property": str(topic.chosen_by), "oneOf": list(parameter.only_for)}
    return made


def _asked(parameter: jobs.Parameter) -> dict[str, Any]:
    made = {"id": parameter.name, **blocks.field(parameter), "binding": {"type": "zeebe:input", "name": parameter.name}}
    return made if parameter.choices else {**made, "feel": "optional"}
