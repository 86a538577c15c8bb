"""A token, SpiffWorkflow's task with our ids and life cycle, and the scope of variables and life that it is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

if TYPE_CHECKING:
    from engine.spiff.nodes import Node
    from engine.spiff.workflow import Instance

LIVE = TaskState.FUTURE | TaskState.WAITING | TaskState.READY | TaskState.STARTED


@dataclass(slots=True)
class Scope:
    """A level of variables and life: `owner` is the number of the token that completes when the last token inside has ended.

    kind: process, call, subprocess, event_subprocess (these drain), local (variables of one activity or loop instance).
    key: the business key given to a called process.
    """

    id: int
    parent: int | None
    kind: str
    owner: int | None
    path: str
    variables: dict[str, object] = field(default_factory=dict)
    key: str | None = None
    live: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A variable that was created or updated in a scope; conditional events that see the scope look at it."""

    scope: int
    name: str
    kind: str


class Token(Task):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """A SpiffWorkflow task whose id comes from the instance's counter.

    scope: id of its scope. via: flow it came over. local: id of its local scope. host: number of the activity a boundary
    event watches, of the event gateway it belongs to, or of the loop body an instance belongs to. role: "", "boundary",
    "watcher" (start of an event subprocess), "branch" (behind an event gateway), "instance" (of a loop).
    """

    task_spec: Node
    workflow: Instance

    def __init__(self, workflow: Instance, spec: Node, parent: Token | None, number: int, scope: int) -> None:
        # Not super().__init__: it reads the wall clock and draws a random id.
        self.number = number
        self.id = workflow.id_of(number)
        self.workflow = workflow
        self._parent = parent.id if parent is not None else None
        self._children: list[UUID] = []
        self._state = TaskState.FUTURE
        self.triggered = False
        self.task_spec = spec
        self.thread_id = 0
        self.data: dict[str, object] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = 0.0
        self.scope = scope
        self.via: str | None = None
        self.local: int | None = None
        self.host: int | None = None
        self.role = ""
        workflow.tasks[self.id] = self
        if parent is not None:
            parent._children.append(self.id)

    def _set_state(self, value: int) -> None:
        was_live = bool(self._state & LIVE)
        self._state = value
        if was_live and value & TaskState.FINISHED_MASK:
            self.workflow.token_ended(self)

    def _inherit_data(self) -> None:
        """Variables live in scopes, not in tasks."""

    def _ready(self) -> None:
        if not self._state & TaskState.FINISHED_MASK:
            self._state = TaskState.READY
            self.workflow.ready.append(self)

    def cancel(self) -> None:
        """Cancel the token and everything that runs on its behalf."""
        if self._state & TaskState.FINISHED_MASK:
            return
        activated = self._state != TaskState.FUTURE
        self._set_state(TaskState.CANCELLED)
        self.workflow.close_wait(self)
        if activated and self.role not in ("boundary", "watcher", "branch"):
            self.workflow.journal_element("element_cancelled", self)
        self.task_spec._on_cancel(self)

    def run(self) -> bool | None:
        """Execute the token. An event that it throws may cancel it on the way; then nothing more happens to it."""
        answer: bool | None = self.task_spec._run(self)
        if self.is_live:
            if answer is None:
                self._set_state(TaskState.STARTED)
            else:
                self.complete()
        return answer

    def error(self) -> None:
        """The exception itself ends the step; the whole instance in memory is thrown away."""

    def wait(self) -> None:
        """Park the token until a stimulus names it."""
        self._set_state(TaskState.WAITING)

    @property
    def is_live(self) -> bool:
        return bool(self._state & LIVE)

    def drive(self) -> None:
        """A watching token fired: from now on it keeps its scope alive like any other."""
        if self.role in ("boundary", "watcher"):
            self.workflow.scopes[self.scope].live += 1
        self.role, self.host = "", None
