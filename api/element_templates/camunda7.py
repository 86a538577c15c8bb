"""Templates for the platform Camunda 7, whose format knows no conditions: a topic with variants has one template for each."""

from __future__ import annotations

from typing import Any

from api.element_templates import blocks, computations
from engine import jobs


def of_topic(topic: jobs.Topic) -> list[dict[str, Any]]:
    """Return the templates of a topic."""
    if not topic.variants:
        return [_template(topic)]
    return [_template(topic, kind, label) for kind, label in topic.variants.items()]


def of_computation(made: computations.Computation) -> dict[str, Any]:
    """Return the template of a table or a law function."""
    properties = [
        *(_hidden(value, {"type": "property", "name": name}) for name, value in made.camunda7.items()),
        *(blocks.field(one) | {"binding": _input(one.name)} for one in made.inputs),
        blocks.kept(made.result) | {"binding": {"type": "property", "name": "camunda:resultVariable"}},
    ]
    head = blocks.head(made.id, made.label, made.purpose, element=made.element, keywords=(made.id.partition(".")[2],))
    return head | {"groups": blocks.groups(properties), "properties": properties}


def _template(topic: jobs.Topic, kind: str = "", label: str = "") -> dict[str, Any]:
    wanted = [one for one in topic.inputs if one.name != topic.chosen_by and (not one.only_for or kind in one.only_for)]
    properties = [
        _hidden("external", {"type": "property", "name": "camunda:type"}),
        _hidden(topic.name, {"type": "property", "name": "camunda:topic"}),
        *([_hidden(kind, _input(str(topic.chosen_by)))] if kind else []),
        *(blocks.field(one) | {"binding": _input(one.name)} for one in wanted),
        *(blocks.result(one) | {"binding": {"type": "camunda:outputParameter", "source": f"={one.name}"}} for one in topic.outputs),
    ]
    name = f"{topic.label}: {label}" if label else topic.label
    head = blocks.head(topic.name, name, topic.purpose, kind=kind, keywords=(topic.name, kind))
    return head | {"groups": blocks.groups(properties), "properties": properties}


def _hidden(value: str, binding: dict[str, str]) -> dict[str, Any]:
    return {"type": "Hidden", "value": value, "binding": binding}


def _input(name: str) -> dict[str, str]:
    return {"type": "camunda:inputParameter", "name": name}
