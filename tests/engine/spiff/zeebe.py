"""Short notation for diagrams of Camunda 8; what both dialects draw alike comes from `bpmn`. Names and arguments are those of `bpmn`."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from engine import feel
from engine.spiff import definition
from engine.spiff.workflow import BoundDecision
from tests.engine.spiff.bpmn import Case, boundary, chain, event_subprocess, message, node, timer

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="d" '
    'modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.9.0">'
)
GLOBALS = (
    '<bpmn:message id="m_a" name="nachricht_a"><bpmn:extensionElements><zeebe:subscription correlationKey="=aktenzeichen"/>'
    '</bpmn:extensionElements></bpmn:message><bpmn:message id="m_b" name="nachricht_b"/>'
    '<bpmn:signal id="sig_a" name="signal_a"/><bpmn:error id="e_a" errorCode="FEHLER"/><bpmn:error id="e_b" errorCode="ANDERS"/>'
    '<bpmn:escalation id="k_a" escalationCode="MELDUNG"/>'
)

START, END = node("startEvent", "s"), node("endEvent", "e")


def file(*processes: str) -> bytes:
    return f"{HEAD}{GLOBALS}{''.join(processes)}</bpmn:definitions>".encode()


def process(body: str, *, key: str = "p", extensions: str = "") -> str:
    return f'<bpmn:process id="{key}" isExecutable="true">{extended(extensions) if extensions else ""}{body}</bpmn:process>'


def extended(*inner: str) -> str:
    return f"<bpmn:extensionElements>{''.join(inner)}</bpmn:extensionElements>"


def tag(name: str, inner: str = "", /, **attributes: str) -> str:
    drawn = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<zeebe:{name}{drawn}>{inner}</zeebe:{name}>" if inner else f"<zeebe:{name}{drawn}/>"


def flow(source: str, target: str, condition: str = "", *, key: str = "") -> str:
    inner = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">={escape(condition)}</bpmn:conditionExpression>'
    identity = key or f"{source}_{target}"
    return f'<bpmn:sequenceFlow id="{identity}" sourceRef="{source}" targetRef="{target}">{inner if condition else ""}</bpmn:sequenceFlow>'


def io(inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> str:
    drawn = "".join(tag("input", source=source, target=target) for target, source in (inputs or {}).items())
    drawn += "".join(tag("output", source=source, target=target) for target, source in (outputs or {}).items())
    return tag("ioMapping", drawn)


def user(key: str, *extensions: str, inner: str = "") -> str:
    return node("userTask", key, extended(tag("userTask"), *extensions) + inner)


def script(key: str, variable: str, expression: str, *extensions: str) -> str:
    return node("scriptTask", key, extended(tag("script", expression=f"={expression}", resultVariable=variable), *extensions))


def job(key: str, topic: str = "thema", *extensions: str, inner: str = "", retries: str = "3") -> str:
    return node("serviceTask", key, extended(tag("taskDefinition", type=topic, retries=retries), *extensions) + inner)


def loop(collection: str, element: str, *, sequential: bool = False, made: str = "", each: str = "", completion: str = "") -> str:
    drawn = {"inputCollection": f"={collection}", "inputElement": element}
    drawn |= {"outputCollection": made, "outputElement": f"={each}"} if made else {}
    inner = extended(tag("loopCharacteristics", **drawn))
    inner += f"<bpmn:completionCondition>={escape(completion)}</bpmn:completionCondition>" if completion else ""
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">{inner}</bpmn:multiInstanceLoopCharacteristics>'
    )


def call(key: str, called: str, *extensions: str, **attributes: str) -> str:
    return node("callActivity", key, extended(tag("calledElement", processId=called, **attributes), *extensions))


def decide(key: str, decision: str, variable: str, *extensions: str, **attributes: str) -> str:
    drawn = tag("calledDecision", decisionId=decision, resultVariable=variable, **attributes)
    return node("businessRuleTask", key, extended(drawn, *extensions))


def case(
    *bodies: str, decisions: Mapping[str, BoundDecision] | None = None, functions: tuple[feel.Function, ...] = (), **called: str
) -> Case:
    """Return a case of process `p` with the body; keyword arguments are further processes by id."""
    processes = [process("".join(bodies)), *(process(body, key=key) for key, body in called.items())]
    built = definition.build("p", {"p.bpmn": file(*processes)}, functions)
    return Case(built, decisions or {}, functions)


__all__ = ["boundary", "chain", "event_subprocess", "message", "node", "timer"]


def around(*nodes: str, element: str = "x") -> tuple[str, ...]:
    return (START, *nodes, END, chain("s", element, "e"))
