"""Build an executable definition: one SpiffWorkflow spec with the called processes laid into it. Immutable afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from engine import errors, feel
from engine.spiff import activities, containers, events, gateways, model, nodes, reader, tasks, throwing

CLASSES: dict[str, type[nodes.Node]] = {
    "start_event": events.StartEvent, "end_event": throwing.ThrowEvent, "catch_event": events.CatchEvent, "throw_event": throwing.ThrowEvent,
    "boundary_event": events.CatchEvent, "task": activities.Activity, "user_task": tasks.UserTask, "service_task": tasks.ServiceTask,
    "receive_task": events.ReceiveTask, "business_rule_task": tasks.BusinessRuleTask, "script_task": tasks.ScriptTask,
    "call_activity": containers.CallActivity, "subprocess": containers.Container, "event_subprocess": containers.EventSubprocess,
    "exclusive_gateway": gateways.ExclusiveGateway, "parallel_gateway": gateways.ParallelGateway,
    "inclusive_gateway": gateways.InclusiveGateway, "event_gateway": gateways.EventGateway,
}  # fmt: skip
MAX_NESTING = 12
CATCHING = frozenset({"start_event", "catch_event", "boundary_event"})


class Definition:
    """An executable process with everything it calls.

    decisions: ids of the decisions it asks. topics, forms: what it needs. watchers: start events of event subprocesses at the
    top. container_of: spec name of an event subprocess's start event -> spec name of the event subprocess.
    """

    def __init__(self, process: model.Process) -> None:
        self.process = process
        self.spec = BpmnProcessSpec(name=process.id)
        self.watchers: list[str] = []
        self.starts: dict[str, str] = {}
        self.plain_start: str | None = None
        self.container_of: dict[str, str] = {}
        self.decisions: dict[str, str] = {}
        self.called: set[str] = set()
        self.has_conditions = False
        self._reach: dict[str, frozenset[str]] = {}

    def node(self, name: str) -> nodes.Node:
        """Return the node of that name."""
        found = self.spec.task_specs[name]
        if not isinstance(found, nodes.Node):
            raise KeyError(name)
        return found

    def reaches(self, source: str, join: str) -> bool:
        """Return whether a token at `source` can arrive at `join`: over flows, boundary events and links of its scope."""
        return source in self._before(join)

    def comes_over(self, source: str, join: str, flow_id: str) -> bool:
        """Return whether a token at `source` can arrive at `join` over that flow, without passing the join on the way."""
        starts = [spec.name for spec in self.nodes() if any(flow.id == flow_id and target == join for flow, target in spec.out)]
        return any(source == start or source in self._before(start, stop=join) for start in starts)

    def _before(self, goal: str, stop: str = "") -> frozenset[str]:
        """Return the names of all nodes from which the goal can be reached, without those behind it, or behind `stop`, alone."""
        key = f"{goal}\0{stop}"
        if key not in self._reach:
            into: dict[str, list[str]] = {}
            for spec in self.nodes():
                linked = [spec.link_target] if spec.link_target else []
                for target in (*(target for _, target in spec.out), *spec.boundaries, *linked):
                    into.setdefault(target, []).append(spec.name)
            seen: set[str] = set()
            todo = [goal]
            while todo:
                for name in into.get(todo.pop(), ()):
                    if name not in seen and name not in (goal, stop):
                        seen.add(name)
                        todo.append(name)
            self._reach[key] = frozenset(seen)
        return self._reach[key]

    def has_condition_inside(self, name: str) -> bool:
        """Return whether something inside an activity waits for a condition."""
        return self.has_conditions and any(node.is_conditional for node in self.nodes() if node.name.startswith(f"{name}/"))

    def has_inside(self, name: str, kind: model.EventKind) -> bool:
        """Return whether something inside an activity waits for an event of that kind."""
        inside = (node.element for node in self.nodes() if node.name.startswith(f"{name}/") and node.element.kind in CATCHING)
        return any(element.event is not None and element.event.kind == kind for element in inside)

    def arrives(self, join: str, tokens: Iterable[tuple[str, str | None]]) -> bool:
        """Return whether one of the tokens can arrive at `join` before the join itself goes on.

        tokens: the node each is at, and the flow it came over where it waits at a parallel join. They go over flows, boundary
        events and links; past a parallel join only if they can fill each of its flows, so that one behind `join` in a loop,
        which needs the token waiting there, lets nobody come round.
        """
        filled: dict[str, set[str]] = {}
        todo: list[str] = []

        def enter(name: str, flow: str | None) -> None:
            node = self.node(name)
            if node.waits_for_all and flow is not None:
                filled.setdefault(name, set()).add(flow)
                if filled[name] < set(node.incoming):
                    return
            todo.append(name)

        for name, flow in tokens:
            enter(name, flow)
        seen: set[str] = set()
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            node = self.node(name)
            ways: list[tuple[str | None, str]] = [(flow.id, target) for flow, target in node.out]
            ways += [(None, target) for target in (*node.boundaries, *([node.link_target] if node.link_target else []))]
            for way, target in ways:
                if target == join:
                    return True
                enter(target, way)
        return False

    def nodes(self) -> list[nodes.Node]:
        """Return all nodes."""
        return [spec for spec in self.spec.task_specs.values() if isinstance(spec, nodes.Node)]


def build(root_process_id: str, files: Mapping[str, bytes], functions: Iterable[feel.Function] = ()) -> Definition:
    """Return the executable definition of a process; `files` hold it and every process it calls.

    Raises errors.InvalidInput with all faults where a file is broken or a called process is missing.
    """
    processes = processes_of(files, functions)
    if root_process_id not in processes:
        raise errors.InvalidInput(f"Den Prozess „{root_process_id}“ gibt es in den Dateien nicht.")
    return of_processes(root_process_id, processes)


def processes_of(files: Mapping[str, bytes], functions: Iterable[feel.Function] = ()) -> dict[str, model.Process]:
    """Return all processes of the files by id. Raises errors.InvalidInput with all faults of a broken file."""
    processes: dict[str, model.Process] = {}
    for file, content in files.items():
        found = reader.Reader(content, file, functions)
        parsed = found.read()
        faults = [finding for finding in found.findings if finding.severity == "error"]
        if faults or parsed is None:
            raise errors.InvalidInput("\n".join(f"{f.file}, Zeile {f.line}, {f.element_id}: {f.message} {f.remedy}" for f in faults))
        processes |= {process.id: process for process in parsed.processes}
    return processes


def of_processes(root_process_id: str, processes: Mapping[str, model.Process]) -> Definition:
    """Return the executable definition of parsed processes."""
    process = processes[root_process_id]
    definition = Definition(process)
    builder = _Builder(definition, processes)
    starts = builder.scope(process.elements, process.flows, "", definition.watchers, 0)
    for name in starts:
        element = definition.node(name).element
        definition.starts[element.id] = name
        if (element.event or events.NO_EVENT).kind == "none":
            definition.plain_start = name
    if definition.plain_start is None and len(starts) == 1:
        definition.plain_start = starts[0]
    return definition


class _Builder:
    def __init__(self, definition: Definition, processes: Mapping[str, model.Process]) -> None:
        self.definition = definition
        self.processes = processes

    def scope(
        self, elements: tuple[model.Element, ...], flows: tuple[model.Flow, ...], path: str, watchers: list[str], depth: int
    ) -> list[str]:
        """Add the nodes of a scope; return the names of its start events."""
        if depth > MAX_NESTING:
            raise errors.InvalidInput(
                f"„{self.definition.process.id}“ verschachtelt Teilprozesse und Aufrufe tiefer als {MAX_NESTING} Ebenen."
            )
        spec = self.definition.spec
        starts: list[str] = []
        for element in elements:
            name = f"{path}/{element.id}" if path else element.id
            if name in spec.task_specs:
                raise errors.InvalidInput(f"Die Kennung „{element.id}“ kommt zweimal vor. Bitte jede Kennung nur einmal verwenden.")
            node = CLASSES[element.kind](spec, name, element, path)
            if element.kind == "start_event":
                starts.append(name)
            self._inside(node, name, watchers, depth)
        self.definition.has_conditions |= any(e.event is not None and e.event.kind == "conditional" for e in elements)
        for element in elements:
            if element.kind == "boundary_event":
                host = self._node(path, element.attached_to or "", element.id)
                if host.element.kind not in model.ACTIVITIES:
                    raise errors.InvalidInput(f"Das angeheftete Ereignis „{element.id}“ hängt an keiner Aktivität.")
                host.boundaries.append(f"{path}/{element.id}" if path else element.id)
        for flow in flows:
            source, target = self._node(path, flow.source, flow.id), self._node(path, flow.target, flow.id)
            source.out.append((flow, target.name))
            target.incoming.append(flow.id)
            source.connect(target)  # SpiffWorkflow's own graph, for whoever walks the spec
        self._links(elements, path)
        return starts

    def _node(self, path: str, element_id: str, referrer: str) -> nodes.Node:
        name = f"{path}/{element_id}" if path else element_id
        if not isinstance(self.definition.spec.task_specs.get(name), nodes.Node):
            raise errors.InvalidInput(f"„{referrer}“ hängt an „{element_id}“, das es hier nicht gibt. Bitte neu verbinden.")
        return self.definition.node(name)

    def _inside(self, node: nodes.Node, name: str, watchers: list[str], depth: int) -> None:
        element = node.element
        if element.decision:
            if self.definition.decisions.setdefault(element.decision, element.decision_binding) != element.decision_binding:
                raise errors.InvalidInput(
                    f"Die Entscheidung „{element.decision}“ wird in zwei Fassungen verlangt. Bitte eine Bindung wählen."
                )
        if element.kind == "call_activity" and element.called:
            called = self.processes.get(element.called)
            if called is None:
                raise errors.InvalidInput(f"„{element.label or element.id}“ ruft den Prozess „{element.called}“ auf, den es nicht gibt.")
            self.definition.called.add(element.called)
            starts = self.scope(called.elements, called.flows, name, node.watchers, depth + 1)
            node.inner_start = self._plain(starts)
        elif element.kind in ("subprocess", "event_subprocess"):
            starts = self.scope(element.children, element.flows, name, node.watchers, depth + 1)
            if element.kind == "subprocess":
                node.inner_start = self._plain(starts)
            else:
                node.inner_start = starts[0] if starts else None
                for start in starts:
                    watchers.append(start)
                    self.definition.container_of[start] = name

    def _plain(self, starts: list[str]) -> str | None:
        plain = [start for start in starts if (self.definition.node(start).element.event or events.NO_EVENT).kind == "none"]
        return next(iter(plain or starts), None)

    def _links(self, elements: tuple[model.Element, ...], path: str) -> None:
        targets = {
            e.event.name.source: e.id for e in elements if e.kind == "catch_event" and e.event and e.event.kind == "link" and e.event.name
        }
        for element in elements:
            if element.kind == "throw_event" and element.event and element.event.kind == "link" and element.event.name:
                target = targets.get(element.event.name.source)
                if target is None:
                    raise errors.InvalidInput(f"Der Link „{element.event.name.source}“ hat kein Ziel.")
                self._node(path, element.id, element.id).link_target = f"{path}/{target}" if path else target
