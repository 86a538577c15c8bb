"""One process drawn for Camunda 7 and for Camunda 8: the same stimuli, the same events, waits and variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

import pytest

from engine.protocol import Event, Step, Stimulus, Wait
from tests.engine.spiff import bpmn, zeebe
from tests.engine.spiff.bpmn import Case, boundary, chain, event_subprocess, message, node, timer
from tests.engine.spiff.test_zeebe import table

START, END = node("startEvent", "s"), node("endEvent", "e")


class Dialect(Protocol):
    """The same shapes in both dialects; `inputs` and `outputs` are FEEL without the `=`."""

    def flow(self, source: str, target: str, condition: str = "") -> str: ...
    def user(self, key: str, people: Mapping[str, str] | None = None, inputs: Mapping[str, str] | None = None, inner: str = "") -> str: ...
    def job(self, key: str, inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> str: ...
    def script(self, key: str, variable: str, expression: str) -> str: ...
    def call(self, key: str, called: str) -> str: ...
    def decide(self, key: str, variable: str, mapping: str) -> str: ...
    def loop(self, collection: str, element: str, *, sequential: bool) -> str: ...
    def correlated(self, body: str) -> str: ...
    def case(self, body: str, **called: str) -> Case: ...


def formulas(drawn: Mapping[str, str] | None) -> dict[str, str]:
    return {target: f"={source}" for target, source in (drawn or {}).items()}


class Seven:
    flow, script = staticmethod(bpmn.flow), staticmethod(bpmn.script)

    def user(self, key: str, people: Mapping[str, str] | None = None, inputs: Mapping[str, str] | None = None, inner: str = "") -> str:
        drawn = {f"camunda_{name}": text for name, text in (people or {}).items()}
        return node("userTask", key, bpmn.io(formulas(inputs)) + inner, **drawn)

    def job(self, key: str, inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> str:
        return bpmn.job(key, "thema", bpmn.io(formulas(inputs), formulas(outputs)))

    def call(self, key: str, called: str) -> str:
        inside = '<camunda:in variables="all"/><camunda:out variables="all"/>'
        return node("callActivity", key, f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>", calledElement=called)

    def decide(self, key: str, variable: str, mapping: str) -> str:
        return node("businessRuleTask", key, camunda_decisionRef="d", camunda_resultVariable=variable, camunda_mapDecisionResult=mapping)

    def loop(self, collection: str, element: str, *, sequential: bool) -> str:
        drawn = f'isSequential="{str(sequential).lower()}" camunda:collection="={collection}" camunda:elementVariable="{element}"'
        return f"<bpmn:multiInstanceLoopCharacteristics {drawn}/>"

    def correlated(self, body: str) -> str:
        key = '<camunda:properties><camunda:property name="correlation_key" value="=aktenzeichen"/></camunda:properties>'
        return f"<bpmn:extensionElements>{key}</bpmn:extensionElements>{body}"

    def case(self, body: str, **called: str) -> Case:
        return bpmn.case(body, decisions=DECISIONS, **called)


class Eight:
    flow, script = staticmethod(zeebe.flow), staticmethod(zeebe.script)

    def user(self, key: str, people: Mapping[str, str] | None = None, inputs: Mapping[str, str] | None = None, inner: str = "") -> str:
        tags = {"dueDate": "taskSchedule", "followUpDate": "taskSchedule", "priority": "priorityDefinition"}
        by_tag: dict[str, dict[str, str]] = {}
        for name, text in (people or {}).items():
            by_tag.setdefault(tags.get(name, "assignmentDefinition"), {})[name] = text
        drawn = [zeebe.tag(name, **attributes) for name, attributes in by_tag.items()]
        return zeebe.user(key, *drawn, zeebe.io(formulas(inputs)), inner=inner)

    def job(self, key: str, inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> str:
        return zeebe.job(key, "thema", zeebe.io(formulas(inputs), formulas(outputs)))

    def call(self, key: str, called: str) -> str:
        return zeebe.call(key, called)

    def decide(self, key: str, variable: str, mapping: str) -> str:
        return zeebe.decide(key, "d", variable)

    def loop(self, collection: str, element: str, *, sequential: bool) -> str:
        return zeebe.loop(collection, element, sequential=sequential)

    def correlated(self, body: str) -> str:
        return body  # the key stands at the message

    def case(self, body: str, **called: str) -> Case:
        return zeebe.case(body, decisions=DECISIONS, **called)


DECISIONS = table("UNIQUE", {"a": "string"}, ("&lt; 10", '"klein"'), ("&gt;= 10", '"gross"'))


def people(d: Dialect) -> tuple[str, dict[str, str]]:
    drawn = {"assignee": "=wer", "candidateGroups": '=["kasse", "innen"]', "candidateUsers": "anna, bert", "dueDate": "=frist",
             "followUpDate": "2026-09-01T08:00:00Z", "priority": "=70"}  # fmt: skip
    return START + d.user("u", drawn, {"summe": "betrag * 2"}) + END + chain("s", "u", "e"), {}


def gateways(d: Dialect) -> tuple[str, dict[str, str]]:
    body = (
        START + d.decide("r", "groesse", "singleEntry") + node("exclusiveGateway", "g", default="g_j") + d.script("x", "doppelt", "betrag * 2")
        + node("parallelGateway", "f") + d.user("a") + d.user("b") + node("parallelGateway", "j2") + node("inclusiveGateway", "i", default="i_e")
        + d.user("c") + node("exclusiveGateway", "j") + END + chain("s", "r", "g") + d.flow("g", "x", 'groesse = "gross"') + d.flow("g", "j")
        + chain("x", "f", "a", "j2", "i") + chain("f", "b", "j2") + d.flow("i", "c", "doppelt > 50") + d.flow("i", "e") + chain("c", "j", "e")
    )  # fmt: skip
    return body, {}


def work(d: Dialect) -> tuple[str, dict[str, str]]:
    error = '<bpmn:errorEventDefinition errorRef="e_a"/>'
    body = (
        START + d.job("x", {"summe": "betrag"}) + boundary("b", "x", error) + d.user("u") + d.job("y", outputs={"fertig": "betrag + 1"}) + END
        + chain("s", "x", "y", "e") + chain("b", "u", "e")
    )  # fmt: skip
    return body, {}


def events(d: Dialect) -> tuple[str, dict[str, str]]:
    inside = node("startEvent", "is", d.correlated(message()), isInterrupting="false") + d.user("iu") + node("endEvent", "ie")
    body = (
        START + d.user("u") + boundary("t", "u", timer("timeDuration", "PT2H"), interrupting=False) + d.user("v")
        + event_subprocess("z", inside + chain("is", "iu", "ie")) + node("intermediateCatchEvent", "m", d.correlated(message()))
        + node("endEvent", "e", "<bpmn:terminateEventDefinition/>") + chain("s", "u", "m", "e") + chain("t", "v", "e")
    )  # fmt: skip
    return body, {}


def calls(d: Dialect) -> tuple[str, dict[str, str]]:
    inner = node("startEvent", "cs") + d.user("cu") + d.script("cx", "gesehen", "betrag + 1") + node("endEvent", "ce")
    body = START + d.call("c", "q") + d.user("u") + END + chain("s", "c", "u", "e")
    return body, {"q": inner + chain("cs", "cu", "cx", "ce")}


def loops(d: Dialect) -> tuple[str, dict[str, str]]:
    inner = node("startEvent", "ls") + d.user("lu") + node("endEvent", "le") + chain("ls", "lu", "le")
    body = (
        START + node("subProcess", "l", inner + d.loop("posten", "p", sequential=False)) + d.user("m", inner=d.loop("posten", "p", sequential=True))
        + END + chain("s", "l", "m", "e")
    )  # fmt: skip
    return body, {}


def answered(case: Case, wait: Wait, **variables: object) -> Step:
    kinds = {"user_task": "user_task_completed", "job": "job_completed", "timer": "timer_due", "message": "message_received"}
    if wait.due_at is not None and wait.kind == "timer":
        case.now = max(case.now, wait.due_at)
    return case.send(Stimulus(kinds[wait.kind], wait_id=wait.id, variables=variables, by="x"))  # type: ignore[arg-type]


def told(event: Event) -> tuple[object, ...]:
    """Return what an event says in both dialects: what both call otherwise (a loop's counters) is never written down."""
    detail = {name: value for name, value in event.detail.items() if name != "wait"}
    return event.kind, event.element_id, event.scope, detail


@dataclass(frozen=True)
class Seen:
    events: list[tuple[object, ...]]
    waits: list[Wait]
    outcome: str | None
    variables: Mapping[str, object]


def seen(case: Case) -> Seen:
    """Return what is seen after a step; ids come from a counter of scopes and tokens, which the dialects use otherwise."""
    waits = [replace(wait, id=bpmn.INSTANCE, properties={}) for wait in sorted(case.waits.values(), key=lambda w: (w.element_id, w.scope))]
    return Seen([told(event) for event in case.events], waits, case.outcome, case.variables)


@pytest.mark.parametrize("answers_backwards", [False, True])
@pytest.mark.parametrize("drawing", [people, gateways, work, events, calls, loops])
def test_a_process_behaves_alike_in_both_dialects(
    drawing: Callable[[Dialect], tuple[str, dict[str, str]]], answers_backwards: bool
) -> None:
    start = {"betrag": Decimal(30), "wer": "carla", "frist": "2026-09-02", "aktenzeichen": "A-1", "posten": [1, 2, 3]}
    runs = [dialect.case(body, **called) for dialect in (Seven(), Eight()) for body, called in [drawing(dialect)]]
    for run in runs:
        run.start(**start)

    rounds = 0
    while runs[0].outcome is None:
        first, second = (seen(run) for run in runs)
        assert first == second
        order = sorted(runs[0].waits.values(), key=lambda wait: (wait.element_id, wait.scope), reverse=answers_backwards)
        chosen = next(wait for wait in order if wait.element_id != "is" or runs[0].count("z", "element_activated") < 2)
        rounds += 1
        for run in runs:
            wait = next(w for w in run.waits.values() if (w.element_id, w.scope, w.kind) == (chosen.element_id, chosen.scope, chosen.kind))
            answered(run, wait, **({"antwort": rounds} if chosen.kind in ("user_task", "message") else {}))
    first, second = (seen(run) for run in runs)
    assert first == second
    assert first.outcome in ("completed", "terminated")


def test_a_job_that_reports_an_error_ends_alike_though_its_variables_are_set_elsewhere() -> None:
    runs = [dialect.case(work(dialect)[0]).start(betrag=Decimal(3)) for dialect in (Seven(), Eight())]
    for run in runs:
        run.fail("x", "FEHLER", grund="zu")

    assert runs[0].waiting == runs[1].waiting == ["u"]
    assert runs[0].variables == runs[1].variables == {"betrag": 3, "grund": "zu"}


def test_only_camunda_8_keeps_a_result_local_where_outputs_are_drawn() -> None:
    seven, eight = (dialect.case(work(dialect)[0]).start(betrag=Decimal(3)) for dialect in (Seven(), Eight()))
    for run in (seven, eight):
        run.do("x")
        run.do("y", beleg="7")

    assert seven.variables == {"betrag": 3, "fertig": 4, "beleg": "7"}
    assert eight.variables == {"betrag": 3, "fertig": 4}
