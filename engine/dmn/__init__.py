"""Decision tables and the other boxed expressions of DMN, evaluated with our FEEL: `parse`, `check`, `evaluate`, `map_result`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine import feel
from engine.dmn import checks, reader
from engine.dmn.evaluation import evaluate, map_result
from engine.dmn.model import Decision, DecisionError, Evaluation, Model, Outcome, names_of, shapes_of
from engine.protocol import Finding

__all__ = [
    "Decision",
    "DecisionError",
    "Evaluation",
    "Model",
    "Outcome",
    "as_far_as_readable",
    "check",
    "evaluate",
    "map_result",
    "names_of",
    "parse",
    "shapes_of",
]


def parse(content: bytes, filename: str, functions: Iterable[feel.Function] = ()) -> Model:
    """Return the model of a file that `check` accepted. Raises DecisionError with all faults where it is broken."""
    found = reader.Reader(content, filename, functions)
    model = found.read()
    faults = [finding for finding in found.findings if finding.severity == "error"]
    if model is None or faults:
        raise DecisionError("\n".join(f"{f.file}, Zeile {f.line}: {f.message}" for f in faults))
    return model


def as_far_as_readable(content: bytes, filename: str) -> Sequence[Decision]:
    """Return the decisions of a file, also of one that has faults; none where nothing of it can be read."""
    found = reader.Reader(content, filename, ()).read()
    return () if found is None else tuple(decision for decision in found.decisions.values() if decision.id)


def check(content: bytes, filename: str, functions: Iterable[feel.Function] = ()) -> tuple[Finding, ...]:
    """Return everything that is wrong or doubtful in a DMN file."""
    offered = tuple(functions)
    found = reader.Reader(content, filename, offered)
    model = found.read()
    if model is not None:
        checks.check(found, model, (*offered, *model.functions))
    return tuple(found.findings)
