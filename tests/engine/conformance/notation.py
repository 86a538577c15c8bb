"""Short notation for the rules, over the builder of tests/engine/spiff/bpmn.py: the parts that recur in them."""

from __future__ import annotations

from xml.sax.saxutils import escape

from tests.engine.spiff.bpmn import node

START, END = node("startEvent", "s"), node("endEvent", "e")
ERROR, OTHER_ERROR, ANY_ERROR = (
    '<bpmn:errorEventDefinition errorRef="e_a"/>', '<bpmn:errorEventDefinition errorRef="e_b"/>', "<bpmn:errorEventDefinition/>",
)  # fmt: skip
CAUGHT_ERROR = '<bpmn:errorEventDefinition {}camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/>'
ESCALATION, ANY_ESCALATION = '<bpmn:escalationEventDefinition escalationRef="k_a"/>', "<bpmn:escalationEventDefinition/>"
CAUGHT_ESCALATION = '<bpmn:escalationEventDefinition camunda:escalationCodeVariable="code"/>'
TERMINATE = "<bpmn:terminateEventDefinition/>"
SIGNAL = '<bpmn:signalEventDefinition signalRef="sig_a"/>'


def condition(expression: str, **attributes: str) -> str:
    drawn = "".join(f' camunda:{name}="{value}"' for name, value in attributes.items())
    return (
        f'<bpmn:conditionalEventDefinition{drawn}><bpmn:condition xsi:type="bpmn:tFormalExpression" language="feel">{escape(expression)}'
        "</bpmn:condition></bpmn:conditionalEventDefinition>"
    )


def link(name: str) -> str:
    return f'<bpmn:linkEventDefinition name="{name}"/>'


def catch(key: str, inner: str) -> str:
    return node("intermediateCatchEvent", key, inner)


def throw(key: str, inner: str) -> str:
    return node("intermediateThrowEvent", key, inner)


def end(key: str, inner: str = "") -> str:
    return node("endEvent", key, inner)


def receive(key: str, message: str = "m_a", inner: str = "") -> str:
    return node("receiveTask", key, inner, messageRef=message)


def sub(key: str, body: str, inner: str = "") -> str:
    return node("subProcess", key, inner + body)


def started_by(key: str, inner: str, *, interrupting: bool = True) -> str:
    return node("startEvent", key, inner, isInterrupting="true" if interrupting else "false")


def multi(inner: str = "", *, sequential: bool = False, collection: str = "", cardinality: str = "", completion: str = "") -> str:
    drawn = f"<bpmn:loopCardinality>{cardinality}</bpmn:loopCardinality>" if cardinality else ""
    drawn += f"<bpmn:completionCondition>={escape(completion)}</bpmn:completionCondition>" if completion else ""
    over = f' camunda:collection="{collection}" camunda:elementVariable="eintrag"' if collection else ""
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{"true" if sequential else "false"}"{over}>{drawn}{inner}'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def repeat(condition_text: str = "", *, maximum: int | None = None, before: bool = False) -> str:
    drawn = f"<bpmn:loopCondition>={escape(condition_text)}</bpmn:loopCondition>" if condition_text else ""
    limit = f' loopMaximum="{maximum}"' if maximum is not None else ""
    return (
        f'<bpmn:standardLoopCharacteristics testBefore="{"true" if before else "false"}"{limit}>{drawn}</bpmn:standardLoopCharacteristics>'
    )
