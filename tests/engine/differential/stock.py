"""Stock SpiffWorkflow 3.2.0, driven over the same diagrams: what it waits for, and what happens next.

Its expressions are Python and its variables belong to ways, so `for_stock` rewrites what differs only in spelling.
"""

from __future__ import annotations

import re

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition, EscalationEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

SCRIPT = re.compile(r'camunda:resultVariable="([^"]+)"><bpmn:script>(.*?)</bpmn:script>')


def for_stock(content: bytes) -> bytes:
    """Return a diagram of ours as stock reads it: Python instead of FEEL, times as Python texts."""
    text = SCRIPT.sub(r"><bpmn:script>\1 = \2</bpmn:script>", content.decode())
    text = re.sub(r"list contains\((\w+), (\d+)\)", r"\2 in \1", text)
    text = re.sub(r'(language="feel">\w+) = (\w+)', r"\1 == \2", text)
    text = re.sub(r"<bpmn:(timeDuration|timeDate)>([^<]*)<", r'<bpmn:\1>"\2"<', text)
    text = re.sub(r"(</?bpmn:)task\b", r"\1intermediateThrowEvent", text)  # an undefined task is a person's in stock
    return text.replace(' language="feel"', "").encode()


class Stock(BpmnWorkflow):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Timers fire when the test says so."""

    def refresh_timers(self) -> None:
        """The clock does nothing here."""


class Driver:
    """One instance in stock SpiffWorkflow."""

    def __init__(self, content: bytes, process: str = "p", **variables: object) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(for_stock(content)), filename="p.bpmn")
        self.workflow = Stock(parser.get_spec(process), parser.get_subprocess_specs(process))
        self.workflow.data.update(variables)
        for task in self.workflow.get_tasks(state=TaskState.READY):
            task.data.update(variables)
        self.workflow.do_engine_steps()

    def offers(self) -> list[tuple[str, Task, object]]:
        """Return (element, task, event definition or None) of all that is waited for."""
        found: list[tuple[str, Task, object]] = []
        for workflow in [self.workflow, *(inner for inner in self.workflow.subprocesses.values() if not inner.completed)]:
            for task in workflow.tasks.values():
                spec = task.task_spec
                if task.state == TaskState.READY and spec.manual:
                    found.append((spec.name, task, None))
                elif task.state == TaskState.WAITING and isinstance(spec, CatchingEvent):
                    definition = spec.event_definition
                    if isinstance(definition, MultipleEventDefinition):
                        found += [(after.name, task, one) for after, one in zip(spec.outputs, definition.event_definitions, strict=True)]
                    elif not isinstance(definition, ErrorEventDefinition | EscalationEventDefinition):  # nothing from outside
                        found.append((spec.name, task, definition))
        return sorted(found, key=lambda offer: offer[0])

    def act(self, element: str, **variables: object) -> None:
        """What `element` waits for happens."""
        _, task, event = next(offer for offer in self.offers() if offer[0] == element)
        if event is None:
            task.data.update(variables)
            task.run()
        else:
            task.task_spec.catch(task, BpmnEvent(event, payload={}))
            task.task_spec._update(task)
        self.workflow.do_engine_steps()

    @property
    def waiting(self) -> list[str]:
        return [name for name, _, _ in self.offers()]

    @property
    def completed(self) -> bool:
        return bool(self.workflow.is_completed())

    @property
    def variables(self) -> dict[str, object]:
        return {name: value for name, value in self.workflow.data.items() if name != "data_objects"}
