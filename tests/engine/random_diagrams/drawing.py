"""Draw a block-structured process as BPMN, as Camunda Modeler would write its semantic part."""

from __future__ import annotations

import itertools

from tests.engine.conformance.notation import ERROR, ESCALATION, SIGNAL, TERMINATE, condition, multi
from tests.engine.random_diagrams import blocks
from tests.engine.spiff.bpmn import boundary, chain, event_subprocess, flow, io, message, node, script, timer

EVENTS = {
    "message": message(), "signal": SIGNAL, "timer": timer("timeDuration", "P1D"), "cycle": timer("timeCycle", "R2/P1D"), "error": ERROR,
    "escalation": ESCALATION,
}  # fmt: skip
TAGS = {
    "user": "userTask", "job": "serviceTask", "receive": "receiveTask", "timer": "intermediateCatchEvent", "message": "intermediateCatchEvent",
    "signal": "intermediateCatchEvent", "condition": "intermediateCatchEvent",
}  # fmt: skip
ENDS = {"terminate": TERMINATE, "error": ERROR}


class Drawing:
    """Collects the processes; each `_draw` returns (xml, first element, last element or None where the way ends)."""

    def __init__(self, process: blocks.Process) -> None:
        self.processes = {"p": ""}
        self.processes["p"] = self._scope("p", process.body, process.handlers)

    def _scope(self, name: str, body: blocks.Seq, handlers: tuple[blocks.Handler, ...]) -> str:
        xml, first, last = self._draw(body)
        xml += node("startEvent", f"{name}_s") + flow(f"{name}_s", first)
        if last is not None:
            xml += node("endEvent", f"{name}_e") + flow(last, f"{name}_e")
        return xml + "".join(self._handler(handler) for handler in handlers)

    def _handler(self, handler: blocks.Handler) -> str:
        xml, first, last = self._draw(handler.body)
        start = node("startEvent", f"{handler.id}_s", EVENTS[handler.kind], isInterrupting="true" if handler.interrupting else "false")
        end = node("endEvent", f"{handler.id}_e") + flow(last, f"{handler.id}_e") if last else ""
        return event_subprocess(handler.id, start + flow(f"{handler.id}_s", first) + xml + end)

    def _draw(self, block: blocks.Block) -> tuple[str, str, str | None]:
        match block:
            case blocks.Seq(items):
                return self._seq(items)
            case blocks.Wait():
                return self._activity(block, self._wait(block))
            case blocks.Work(name, add, plain):
                return (node("task", name) if plain else script(name, "z", f"z + {'entry' if add is None else add}")), name, name
            case blocks.Choice():
                return self._choice(block)
            case blocks.Parallel(name, branches):
                return self._split(node("parallelGateway", f"{name}_s") + node("parallelGateway", f"{name}_j"), name, branches)
            case blocks.Events(name, branches):
                return self._events(name, branches)
            case blocks.Loop(name, body, rounds):
                return self._loop(name, body, rounds)
            case blocks.Inner():
                return self._activity(block, self._inner(block))
            case blocks.Stop(name, wait, kind):
                return self._stop(name, wait, kind)

    def _seq(self, items: tuple[blocks.Block, ...]) -> tuple[str, str, str | None]:
        drawn = [self._draw(item) for item in items]
        xml = "".join(part for part, _, _ in drawn)
        for (_, _, last), (_, first, _) in itertools.pairwise(drawn):
            assert last is not None
            xml += flow(last, first)
        return xml, drawn[0][1], drawn[-1][2]

    def _wait(self, wait: blocks.Wait) -> str:
        inner = io({"lokal": "=100"}, {f"v_{wait.id}": "=lokal + 1"}) if wait.local else ""
        if wait.kind == "condition":
            inner += condition(f"c_{wait.id} = true")
        elif wait.kind in EVENTS:
            inner += EVENTS[wait.kind]
        attributes = {"job": {"camunda_type": "external", "camunda_topic": "thema"}, "receive": {"messageRef": "m_b"}}.get(wait.kind, {})
        return node(TAGS[wait.kind], wait.id, inner + self._multi(wait.multi), **attributes)

    def _multi(self, drawn: blocks.Multi | None) -> str:
        if drawn is None:
            return ""
        completion = f"nrOfCompletedInstances >= {drawn.done}" if drawn.done is not None else ""
        xml = multi(sequential=drawn.sequential, collection=f"={list(range(1, drawn.count + 1))}", completion=completion)
        return xml.replace('"eintrag"', '"entry"')

    def _inner(self, block: blocks.Inner) -> str:
        if not block.call:
            return node("subProcess", block.id, self._multi(block.multi) + self._scope(block.id, block.body, block.handlers))
        key = f"prozess_{block.id}"
        self.processes[key] = self._scope(block.id, block.body, block.handlers)
        mappings = (
            '<bpmn:extensionElements><camunda:in variables="all"/><camunda:in sourceExpression="=0" target="z"/>'
            f'<camunda:out source="z" target="zc_{block.id}"/></bpmn:extensionElements>'
        )
        return node("callActivity", block.id, mappings + self._multi(block.multi), calledElement=key)

    def _activity(self, block: blocks.Wait | blocks.Inner, xml: str) -> tuple[str, str, str | None]:
        """An activity with its boundary events; ways out of interrupting ones come back behind it."""
        last = block.id
        if any(b.interrupting for b in block.boundaries):
            last = f"{block.id}_m"
            xml += node("exclusiveGateway", last) + flow(block.id, last)
        for drawn in block.boundaries:
            handler, first, end = self._draw(drawn.handler)
            xml += boundary(drawn.id, block.id, EVENTS[drawn.kind], interrupting=drawn.interrupting) + flow(drawn.id, first) + handler
            assert end is not None
            xml += flow(end, last) if drawn.interrupting else node("endEvent", f"{drawn.id}_e") + flow(end, f"{drawn.id}_e")
        return xml, block.id, last

    def _split(
        self, gateways: str, name: str, branches: tuple[blocks.Seq, ...], conditions: tuple[str, ...] = ()
    ) -> tuple[str, str, str | None]:
        xml, joined = gateways, False
        for number, branch in enumerate(branches):
            drawn, first, last = self._draw(branch)
            xml += drawn + flow(f"{name}_s", first, conditions[number] if conditions else "", key=f"{name}_w{number}")
            if last is not None:
                xml, joined = xml + flow(last, f"{name}_j"), True
        assert joined
        return xml, f"{name}_s", f"{name}_j"

    def _choice(self, block: blocks.Choice) -> tuple[str, str, str | None]:
        tag = "inclusiveGateway" if block.inclusive else "exclusiveGateway"
        last = len(block.branches) - 1
        gateways = node(tag, f"{block.id}_s", default=f"{block.id}_w{last}") + node(tag, f"{block.id}_j")
        test = f"list contains(o_{block.id}, {{}})" if block.inclusive else f"x_{block.id} = {{}}"
        return self._split(gateways, block.id, block.branches, (*(test.format(number) for number in range(last)), ""))

    def _events(self, name: str, branches: tuple[tuple[blocks.Wait, blocks.Seq], ...]) -> tuple[str, str, str | None]:
        xml = node("eventBasedGateway", f"{name}_s") + node("exclusiveGateway", f"{name}_j")
        for wait, branch in branches:
            drawn, first, last = self._draw(branch)
            assert last is not None
            xml += self._wait(wait) + drawn + chain(f"{name}_s", wait.id, first) + flow(last, f"{name}_j")
        return xml, f"{name}_s", f"{name}_j"

    def _loop(self, name: str, body: blocks.Seq, rounds: int) -> tuple[str, str, str | None]:
        drawn, first, last = self._draw(body)
        assert last is not None
        xml = (
            script(f"{name}_i", f"n_{name}", "0") + node("exclusiveGateway", f"{name}_m") + drawn + script(f"{name}_n", f"n_{name}", f"n_{name} + 1")
            + node("exclusiveGateway", f"{name}_g", default=f"{name}_aus") + node("task", f"{name}_z") + chain(f"{name}_i", f"{name}_m", first)
            + chain(last, f"{name}_n", f"{name}_g") + flow(f"{name}_g", f"{name}_m", f"n_{name} < {rounds}") + flow(f"{name}_g", f"{name}_z", key=f"{name}_aus")
        )  # fmt: skip
        return xml, f"{name}_i", f"{name}_z"

    def _stop(self, name: str, wait: blocks.Wait, kind: str) -> tuple[str, str, str | None]:
        if kind == "escalation":
            return self._wait(wait) + node("intermediateThrowEvent", name, ESCALATION) + flow(wait.id, name), wait.id, name
        return self._wait(wait) + node("endEvent", name, ENDS[kind]) + flow(wait.id, name), wait.id, None
