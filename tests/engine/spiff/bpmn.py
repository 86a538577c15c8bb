"""Short notation for test diagrams, and a driver that folds every step twice: in memory and through dump and load."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

from engine import feel
from engine.protocol import Event, Step, Stimulus, Wait
from engine.spiff import children, definition, step
from engine.spiff.workflow import BoundDecision

START = datetime(2026, 8, 17, 6, 0, tzinfo=UTC)
INSTANCE = UUID("11111111-2222-3333-4444-555555555555")
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d">'
)
GLOBALS = (
    '<bpmn:message id="m_a" name="nachricht_a"/><bpmn:message id="m_b" name="nachricht_b"/><bpmn:signal id="sig_a" name="signal_a"/>'
    '<bpmn:error id="e_a" errorCode="FEHLER" camunda:errorMessage="Es geht nicht."/><bpmn:error id="e_b" errorCode="ANDERS"/>'
    '<bpmn:escalation id="k_a" escalationCode="MELDUNG"/>'
)


def file(*processes: str) -> bytes:
    return f"{HEAD}{GLOBALS}{''.join(processes)}</bpmn:definitions>".encode()


def process(body: str, *, key: str = "p") -> str:
    return f'<bpmn:process id="{key}" isExecutable="true">{body}</bpmn:process>'


def flow(source: str, target: str, condition: str = "", *, key: str = "") -> str:
    inner = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression" language="feel">{escape(condition)}</bpmn:conditionExpression>'
    identity = key or f"{source}_{target}"
    return f'<bpmn:sequenceFlow id="{identity}" sourceRef="{source}" targetRef="{target}">{inner if condition else ""}</bpmn:sequenceFlow>'


def chain(*names: str) -> str:
    return "".join(flow(source, target) for source, target in itertools.pairwise(names))


def node(tag: str, key: str, inner: str = "", **attributes: str) -> str:
    drawn = "".join(f" {name.replace('camunda_', 'camunda:')}={quoteattr(value)}" for name, value in attributes.items())
    return f'<bpmn:{tag} id="{key}" name="{key}"{drawn}>{inner}</bpmn:{tag}>'


def user(key: str, inner: str = "") -> str:
    return node("userTask", key, inner)


def script(key: str, variable: str, expression: str) -> str:
    return node("scriptTask", key, f"<bpmn:script>{escape(expression)}</bpmn:script>", scriptFormat="feel", camunda_resultVariable=variable)


def job(key: str, topic: str = "thema", inner: str = "") -> str:
    return node("serviceTask", key, inner, camunda_type="external", camunda_topic=topic)


def io(inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> str:
    drawn = "".join(f'<camunda:inputParameter name="{k}">{escape(v)}</camunda:inputParameter>' for k, v in (inputs or {}).items())
    drawn += "".join(f'<camunda:outputParameter name="{k}">{escape(v)}</camunda:outputParameter>' for k, v in (outputs or {}).items())
    return f"<bpmn:extensionElements><camunda:inputOutput>{drawn}</camunda:inputOutput></bpmn:extensionElements>"


def timer(kind: str, text: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{escape(text)}</bpmn:{kind}></bpmn:timerEventDefinition>"


def message(reference: str = "m_a") -> str:
    return f'<bpmn:messageEventDefinition messageRef="{reference}"/>'


def boundary(key: str, host: str, inner: str, *, interrupting: bool = True) -> str:
    return node("boundaryEvent", key, inner, attachedToRef=host, cancelActivity="true" if interrupting else "false")


def event_subprocess(key: str, body: str) -> str:
    return node("subProcess", key, body, triggeredByEvent="true")


@dataclass
class Case:
    """Drives an instance; every stimulus is folded in memory and after a dump and load, and both must agree."""

    definition: definition.Definition
    decisions: Mapping[str, BoundDecision] = field(default_factory=dict)
    functions: tuple[feel.Function, ...] = ()
    now: datetime = START
    instance: UUID = INSTANCE
    events: list[Event] = field(default_factory=list)
    waits: dict[UUID, Wait] = field(default_factory=dict)
    last: Step | None = None
    live: object = None
    stimuli: list[tuple[Stimulus, datetime]] = field(default_factory=list)
    split_above: int = children.SPLIT_ABOVE
    children: children.Kept = field(default_factory=children.Kept)

    def send(self, stimulus: Stimulus) -> Step:
        before = self.last.state if self.last else None
        live, self.live = self.live, None  # thrown away when the step raises
        kept, self.live = self._step(live if before and live is not None else before, stimulus)
        reloaded, _ = self._step(before, stimulus)
        assert kept.events == reloaded.events
        assert kept.state == reloaded.state
        assert {wait.id for wait in kept.opened} == {wait.id for wait in reloaded.opened}
        assert set(kept.closed) == set(reloaded.closed)
        assert set(kept.open) == set(reloaded.open)
        assert kept.children == reloaded.children
        assert set(kept.children_ended) == set(reloaded.children_ended)
        for gone in kept.closed:
            del self.waits[gone]
        self.waits |= {wait.id: wait for wait in kept.opened}
        assert set(self.waits) == set(kept.open) or kept.has_children_apart or kept.outcome is not None
        self.children.take(kept)
        self.events += kept.events
        self.last = kept
        self.stimuli.append((stimulus, self.now))
        return kept

    def _step(self, before: object, stimulus: Stimulus) -> tuple[Step, object]:
        def compute(state: object, given: Mapping[int, bytes]) -> tuple[Step, object]:
            return step.step(
                self.definition, state, stimulus, self.now, instance_id=self.instance, business_key="K1", decisions=self.decisions,
                functions=self.functions, given=given, split_above=self.split_above,
            )  # type: ignore[arg-type]  # fmt: skip

        stored = self.last.state if self.last else b""
        return children.with_what_it_needs(compute, before, stored, self.children.of(stimulus), lambda: self.children.states)  # type: ignore[arg-type]

    def start(self, **variables: object) -> Case:
        self.send(Stimulus("started", variables=variables, by="start"))
        return self

    def wait(self, element: str) -> Wait:
        return next(wait for wait in self.waits.values() if wait.element_id == element)

    def do(self, element: str, **variables: object) -> Step:
        wait = self.wait(element)
        kind = {
            "user_task": "user_task_completed",
            "job": "job_completed",
            "timer": "timer_due",
            "message": "message_received",
            "signal": "signal_received",
        }
        if wait.kind == "timer" and wait.due_at and wait.due_at > self.now:
            self.now = wait.due_at
        return self.send(Stimulus(kind[wait.kind], wait_id=wait.id, variables=variables, by="x"))  # type: ignore[arg-type]

    def fail(self, element: str, code: str, **variables: object) -> Step:
        return self.send(Stimulus("bpmn_error", wait_id=self.wait(element).id, name=code, variables=variables))

    @property
    def waiting(self) -> list[str]:
        return sorted(wait.element_id for wait in self.waits.values())

    @property
    def outcome(self) -> str | None:
        return self.last.outcome if self.last else None

    @property
    def variables(self) -> dict[str, object]:
        return dict(self.last.variables) if self.last else {}

    def completed(self) -> list[str]:
        return [event.element_id for event in self.events if event.kind == "element_completed"]

    def count(self, element: str, kind: str = "element_completed") -> int:
        return sum(1 for event in self.events if event.kind == kind and event.element_id == element)


def case(
    *bodies: str, decisions: Mapping[str, BoundDecision] | None = None, functions: tuple[feel.Function, ...] = (), **called: str
) -> Case:
    """Return a case of process `p` with the body; keyword arguments are further processes by id."""
    processes = [process("".join(bodies)), *(process(body, key=key) for key, body in called.items())]
    built = definition.build("p", {"p.bpmn": file(*processes)}, functions)
    return Case(built, decisions or {}, functions)
