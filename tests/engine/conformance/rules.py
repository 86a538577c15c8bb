"""How a rule of the conformance suite is written down and played.

A walk has one line per step, `command -> what is waited for afterwards`:

    start {x: 1}           starts the instance with variables (FEEL)
    do a {y: 2}            completes the user task or job, fires the timer, delivers the message or signal that element waits for
    do a#2                 the same in the second instance of a loop
    fail j FEHLER {y: 2}   the job reports a BPMN error; `escalate u MELDUNG` an escalation
    set {y: 2}             sets variables from outside
    cancel                 cancels the instance

The right side lists the elements with an open wait (sorted, with repetitions), or says how the instance ended, or
`incident` and a part of its message; nothing has happened then, and the walk may go on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from engine import errors, feel
from engine.protocol import Stimulus, Wait
from tests.engine.spiff import bpmn

LINE = re.compile(r"(?P<command>start|do|fail|escalate|set|cancel)(?P<words>[^{>]*)(?P<given>\{.*\})?\s*->(?P<expected>.*)")


@dataclass(frozen=True)
class Rule:
    """One rule of one element. body: the process (builder of tests/engine/spiff/bpmn.py), or `file` a diagram of this folder.

    path: the elements in the order they completed, those cancelled with `!` behind. variables: FEEL context of the process
    variables at the end. thrown: messages and signals sent, `name` or `name=key`, with `{...}` what they carry.
    """

    name: str
    walk: str
    body: str = ""
    path: str | None = None
    variables: str | None = None
    thrown: str | None = None
    warns: str | None = None
    called: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    process: str = "p"


def context(text: str | None) -> dict[str, object]:
    value = feel.evaluate(text or "{}", {}, now=bpmn.START)
    assert isinstance(value, dict)
    return value


def play(run: bpmn.Case, rule: Rule) -> None:
    """Play the walk and compare what is waited for after each step, then the path, the variables and what was thrown."""
    thrown: list[str] = []
    for line in rule.walk.strip().splitlines():
        match = LINE.fullmatch(line.strip())
        assert match, f"not a step: {line}"
        expected = match["expected"].strip()
        stimulus = _stimulus(run, match["command"], match["words"].split(), context(match["given"]))
        if expected.startswith("incident"):
            with pytest.raises(errors.Incident, match=re.escape(expected.removeprefix("incident").strip())):
                run.send(stimulus)
            continue
        step = run.send(stimulus)
        thrown += [
            sent.name + (f"={sent.correlation}" if sent.kind == "message" else "") + _payload(sent.variables) for sent in step.outgoing
        ]
        assert (run.outcome or " ".join(run.waiting)) == expected, line
    if rule.path is not None:
        assert path_of(run) == rule.path.split()
    if rule.variables is not None:
        assert run.variables == context(rule.variables)
    if rule.thrown is not None:
        assert " ".join(thrown) == rule.thrown
    warnings = [str(event.detail["message"]) for event in run.events if event.kind == "warning"]
    assert bool(warnings) == bool(rule.warns), warnings
    assert rule.warns is None or any(rule.warns in warning for warning in warnings), warnings


def path_of(run: bpmn.Case) -> list[str]:
    """Return what completed, and with `!` what was cancelled, in order."""
    marks = {"element_completed": "", "element_cancelled": "!"}
    return [event.element_id + marks[event.kind] for event in run.events if event.kind in marks]


def _payload(variables: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{name}: {feel.text_of(feel.enter(value))}" for name, value in variables.items()) + "}" if variables else ""


def _stimulus(run: bpmn.Case, command: str, words: list[str], given: dict[str, object]) -> Stimulus:
    if command == "start":
        return Stimulus("started", name=words[0] if words else None, variables=given, by="start")
    if command in ("set", "cancel"):
        return Stimulus("variables_set" if command == "set" else "cancelled", name=" ".join(words), variables=given, by="x")
    wait = _wait(run, words[0])
    if command in ("fail", "escalate"):
        kind = "bpmn_error" if command == "fail" else "escalation"
        return Stimulus(kind, wait_id=wait.id, name=words[1], variables=given, by="x")  # type: ignore[arg-type]  # one of the two above
    if wait.kind == "timer" and wait.due_at is not None and wait.due_at > run.now:
        run.now = wait.due_at
    answers = {"user_task": "user_task_completed", "job": "job_completed", "timer": "timer_due", "message": "message_received",
               "signal": "signal_received"}  # fmt: skip
    return Stimulus(answers[wait.kind], wait_id=wait.id, variables=given, by="x")  # type: ignore[arg-type]  # one of the kinds above


def _wait(run: bpmn.Case, word: str) -> Wait:
    element, _, place = word.partition("#")
    found = [w for w in run.waits.values() if w.element_id == element and (not place or f"#{place}" in w.scope)]
    assert found, f"{word} is not waited for: {run.waiting}"
    return found[0]
