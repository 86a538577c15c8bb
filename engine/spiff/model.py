"""A BPMN file as frozen values, free of dialect and of SpiffWorkflow: what the readers make and the builder executes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.spiff.expressions import Expression

ElementKind = Literal[
    "start_event", "end_event", "catch_event", "throw_event", "boundary_event", "task", "user_task", "service_task", "receive_task",
    "business_rule_task", "script_task", "call_activity", "subprocess", "event_subprocess", "exclusive_gateway", "parallel_gateway",
    "inclusive_gateway", "event_gateway",
]  # fmt: skip
TimerKind = Literal["date", "duration", "cycle"]
EventKind = Literal["none", "message", "timer", "signal", "error", "escalation", "conditional", "terminate", "link"]
ACTIVITIES = frozenset({
    "task", "user_task", "service_task", "receive_task", "business_rule_task", "script_task", "call_activity", "subprocess",
})  # fmt: skip
GATEWAYS = frozenset({"exclusive_gateway", "parallel_gateway", "inclusive_gateway", "event_gateway"})


@dataclass(frozen=True, slots=True)
class CallMapping:
    """`in` or `out` of a call activity; source None with `everything`: all variables.

    local: of `in`, only variables of the activity itself (its inputs); of `out`, into a variable of the activity itself.
    """

    target: str | None
    value: Expression | None
    everything: bool = False
    business_key: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """name: message, signal or link name, error or escalation code (None catches every code).

    timer: `timer_kind` date, duration or cycle with its expression; spring_cron: a cron line counts weekdays as Camunda 8 does.
    condition: of a conditional event, which looks only at changes of `watched` variables (empty: of any) of the kinds `changes` ("create",
    "update"; empty: of every kind).
    correlation: the key a message is waited for or sent under; None: the extension property or the business key.
    code_variable / message_variable: where an error or escalation event writes what it caught. message: text of a thrown error.
    carries: what a thrown signal takes along.
    """

    kind: EventKind
    name: Expression | None = None
    timer_kind: TimerKind | None = None
    spring_cron: bool = False
    timer: Expression | None = None
    condition: Expression | None = None
    watched: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    code_variable: str | None = None
    message_variable: str | None = None
    message: Expression | None = None
    external: bool = False
    correlation: Expression | None = None
    carries: tuple[CallMapping, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input or output parameter: target variable, the place inside it (`kunde.name`: ("name",)), and its expression."""

    target: str
    value: Expression
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counters:
    """How a dialect names what an instance of a loop knows about the others, and from where it counts."""

    first: int
    all: str
    active: str
    completed: str
    terminated: str | None = None


CAMUNDA_COUNTERS = Counters(0, "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances")
ZEEBE_COUNTERS = Counters(1, "numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances")


@dataclass(frozen=True, slots=True)
class Loop:
    """Multi-instance (`sequential`, by collection or cardinality) or standard loop (`condition`, `test_before`).

    output_collection: the list of what `output_element` was in each instance, in the order of the collection.
    """

    standard: bool
    sequential: bool = True
    cardinality: Expression | None = None
    collection: Expression | None = None
    element_variable: str | None = None
    completion: Expression | None = None
    output_collection: str | None = None
    output_element: Expression | None = None
    condition: Expression | None = None
    test_before: bool = False
    maximum: int | None = None
    counters: Counters = CAMUNDA_COUNTERS


@dataclass(frozen=True, slots=True)
class Assignment:
    """Of a user task; None where nothing is drawn. title: its name, where that is an expression (Camunda 7)."""

    title: Expression | None = None
    form: str | None = None
    form_binding: str | None = None
    assignee: Expression | None = None
    candidate_groups: Expression | None = None
    candidate_users: Expression | None = None
    due: Expression | None = None
    follow_up: Expression | None = None
    priority: Expression | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """A node of the diagram. `children` are the nodes inside a subprocess, `flows` the sequence flows among them.

    initiator: the variable in which a start event notes who started.
    results_local: what the work gives is seen by the output parameters only, and they alone say what goes out (Camunda 8).
    inputs_chained: each input parameter sees those before it (Camunda 8), not only what is outside (Camunda 7).
    errors_carry: what a job reports with an error is set where that is caught (Camunda 8), not where the job stands (Camunda 7).
    retries_drawn: how often a job is tried where that is an expression, instead of `retries`.
    """

    id: str
    kind: ElementKind
    label: str
    line: int
    documentation: str = ""
    event: EventDefinition | None = None
    interrupting: bool = True
    attached_to: str | None = None
    default_flow: str | None = None
    topic: Expression | None = None
    priority: Expression | None = None
    retries: int = 3
    retries_drawn: Expression | None = None
    decision: str | None = None
    decision_binding: str = "latest"
    decision_mapping: str = "resultList"
    script: Expression | None = None
    result_variable: str | None = None
    called: str | None = None
    called_binding: str = "latest"
    call_in: tuple[CallMapping, ...] = ()
    call_out: tuple[CallMapping, ...] = ()
    assignment: Assignment = field(default_factory=Assignment)
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    results_local: bool = False
    initiator: str | None = None
    inputs_chained: bool = False
    errors_carry: bool = False
    loop: Loop | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Element, ...] = ()
    flows: tuple[Flow, ...] = ()
    lane: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    source: str
    target: str
    label: str
    line: int
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """An executable process of a file; `candidate_starters` are roles that may start it by hand."""

    id: str
    name: str
    line: int
    version_tag: str
    executable: bool
    documentation: str
    history_days: int | None
    elements: tuple[Element, ...]
    flows: tuple[Flow, ...]
    start_form: str | None = None
    dialect: str = "camunda7"
    candidate_starters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """One .bpmn file. `dialect`: camunda7, camunda8 or plain."""

    file: str
    dialect: str
    processes: tuple[Process, ...]

    def process(self, process_id: str) -> Process | None:
        """Return the process with that id, if it is in this file."""
        return next((process for process in self.processes if process.id == process_id), None)


def walk(elements: tuple[Element, ...]) -> list[Element]:
    """Return the elements and all elements inside their subprocesses, in document order."""
    found: list[Element] = []
    for element in elements:
        found.append(element)
        found += walk(element.children)
    return found
