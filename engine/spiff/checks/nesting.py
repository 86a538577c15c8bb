"""Findings about processes that nest subprocesses and calls deeper than one instance can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.spiff import model
from engine.spiff.checks.gathered import Gathered
from engine.spiff.definition import MAX_NESTING


def check(drawn: Sequence[tuple[Gathered, model.Process]]) -> None:
    """Add a finding to each process that is too deep with all it calls; one that calls itself is told as a circle."""
    processes = {process.id: process for _, process in drawn}
    known: dict[str, int] = {}
    for check_, process in drawn:
        if _height(process.id, processes, known) > MAX_NESTING:
            message = f"Teilprozesse und Aufrufe liegen tiefer als {MAX_NESTING} Ebenen ineinander."
            check_.add(process, message, "Bitte Ebenen zusammenlegen.")


def _height(key: str, processes: Mapping[str, model.Process], known: dict[str, int]) -> int:
    """Return how many levels lie inside a process; what is being looked at already, or is not at hand, counts none."""
    if key not in known:
        known[key] = 0
        deepest, todo = 0, [(processes[key].elements, 0)] if key in processes else []
        while todo:
            elements, level = todo.pop()
            deepest = max(deepest, level)
            for element in elements:
                if element.kind == "call_activity" and element.called:
                    deepest = max(deepest, level + 1 + _height(element.called, processes, known))
                elif element.children:
                    todo.append((element.children, level + 1))
        known[key] = deepest
    return known[key]
