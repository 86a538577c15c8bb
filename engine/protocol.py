"""The vocabulary of the engine: what a step takes and what it returns.

Everything here is a frozen value. `step(definition, state, stimulus, now, decisions) -> Step` (engine.spiff) speaks only
in these words, the durable layer stores them, and replay compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

# A process variable: None, bool, str, int, Decimal, date, time, aware datetime, timedelta,
# engine.feel.YearsMonths, list[Value] or dict[str, Value]. Spelled `object` because mypy cannot close the recursion
# over dict invariance without casts at every use; `engine.values` checks it where values enter the engine.
Value = object
Variables = Mapping[str, Value]

StimulusKind = Literal[
    "started",  # name = id of the start event or None; variables = start variables
    "user_task_completed",  # wait_id = the user task
    "job_completed",  # wait_id = the job
    "bpmn_error",  # wait_id = the job that reported it; name = error code
    "escalation",  # wait_id = the job or user task; name = escalation code
    "timer_due",  # wait_id = the timer
    "message_received",  # name = message name; wait_id = the subscription it was correlated to
    "signal_received",  # name = signal name; wait_id = the subscription
    "variables_set",  # variables changed from outside, in the process or as seen from wait_id; re-evaluates conditional events
    "cancelled",  # name = reason
    "migrated",  # name = reason; migration = from which bundle to which, and where each step goes on
]
WaitKind = Literal["user_task", "job", "timer", "message", "signal", "condition"]


@dataclass(frozen=True, slots=True)
class Migration:
    """Another version for a running instance. mapping: place in the old diagram -> place in the new one, None: nowhere.

    Only what differs from the rule stands in it: a place goes on in the place of the same name and kind.
    """

    from_bundle: int
    to_bundle: int
    mapping: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stimulus:
    """What came from outside. `wait_id` names the wait it answers, `by` the person or system.

    local: variables of that activity alone, which only its output parameters see; for a `bpmn_error` also its `message`.
    removed, removed_local: names of variables that are no more after `variables_set`: the nearest of that name, and the activity's own.
    """

    kind: StimulusKind
    wait_id: UUID | None = None
    name: str | None = None
    variables: Variables = field(default_factory=dict)
    by: str | None = None
    local: Variables = field(default_factory=dict)
    migration: Migration | None = None
    removed: tuple[str, ...] = ()
    removed_local: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened inside a step, in order; goes into history and is compared by replay.

    kind: element_activated, element_completed, element_cancelled, flow_taken, condition_evaluated, decision_evaluated,
    variables_changed, variables_removed, function_called, wait_opened, wait_closed, message_thrown, warning, instance_completed, ...
    scope: path of element ids of the enclosing call activities, subprocesses and multi-instance indices ("" at the top).
    detail: JSON-able through engine.values; never names, addresses or free text beyond the variables themselves.
    """

    kind: str
    element_id: str
    scope: str = ""
    detail: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """What the instance waits for; one row each in the durable layer. Ids are uuid5(instance id, counter).

    user_task: `name`, `form` (form id as drawn), `assignee`, `candidate_groups`, `candidate_users`, `due_at`, `follow_up_at`,
    `priority`, `variables` (local inputs)
    job: `name` = topic, `variables` = mapped inputs (None mapping drawn: empty), `priority`, `retries`
    timer: `due_at` (aware UTC instant)
    message: `name`, `correlation` (evaluated correlation key or None: the business key of the instance)
    signal: `name`; condition: nothing more
    `attached_to`: element id of the activity a boundary event or event subprocess belongs to.
    `child`: the child kept apart that waits (engine.spiff.children), None in the instance's own state.
    """

    id: UUID
    kind: WaitKind
    element_id: str
    name: str | None = None
    label: str = ""
    scope: str = ""
    form: str | None = None
    form_binding: str | None = None
    assignee: str | None = None
    candidate_groups: tuple[str, ...] = ()
    candidate_users: tuple[str, ...] = ()
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int = 50
    retries: int = 3
    correlation: str | None = None
    attached_to: str | None = None
    variables: Variables = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    child: int | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A wait that stays open under its id while the diagram around it changed; `fields` are the columns that say something else now."""

    id: UUID
    kind: WaitKind
    element_id: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message or signal thrown by the instance: delivered by the durable layer in a transaction of its own.

    opened_before: the waits that the same step had opened when it was thrown; what it opens later does not receive the signal.
    """

    id: UUID
    kind: Literal["message", "signal"]
    name: str
    element_id: str
    correlation: str | None
    variables: Variables
    opened_before: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """What one stimulus caused.

    state: the new state as bytes (pruned task tree, MessagePack, zstd above 4 KB); empty when the instance ended.
    events: in order of happening. opened/closed: the difference of waits; open: ids of all that are open now.
    changed: waits that a migration keeps open with other words (label, form, due date).
    outcome: None while running, else "completed", "terminated" or "cancelled".
    variables: the process variables of the top scope after the step; variables_changed: names of those that the step set, where it
    knows (else None: maybe all).
    decisions_used: decision id -> version id taken from the resolver, for the stimulus record.
    children: new or changed states of children kept apart; children_ended: those that are no more. has_children_apart: there are
    some, and `open` names the waits of those only that the step has loaded.
    """

    state: bytes
    events: tuple[Event, ...]
    open: tuple[UUID, ...]
    opened: tuple[Wait, ...]
    closed: tuple[UUID, ...]
    outgoing: tuple[Outgoing, ...]
    outcome: str | None
    variables: Variables
    decisions_used: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[Changed, ...] = ()
    children: Mapping[int, bytes] = field(default_factory=dict)
    children_ended: tuple[int, ...] = ()
    has_children_apart: bool = False
    variables_changed: frozenset[str] | None = None


Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `check` found in a file. German texts: `message` says what is wrong, `remedy` what to do."""

    file: str
    line: int
    element_id: str
    label: str
    message: str
    remedy: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class TopicOffer:
    """What a diagram must know of a topic: required inputs, variables it brings back, and inputs that one input's value calls for.

    chosen_by: the input whose literal value chooses among `variants` (value -> further required inputs). optional: what else it reads.
    choices: input -> the texts it may be.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    chosen_by: str | None = None
    variants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
