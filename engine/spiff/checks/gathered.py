"""What a check knows of the rest of the house, and the findings it gathers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine import feel
from engine.protocol import Finding, Severity, TopicOffer
from engine.spiff import model


@dataclass(frozen=True, slots=True)
class Known:
    """What the rest of the house offers. topics: topic -> what it needs and brings; None: topics and forms are not checked.

    form_names, decision_names: variables that a form sets and a decision reads, where the files at hand tell.
    form_choices: form -> its fields that take one of a few texts -> those texts.
    decision_shapes: decision -> (how many outputs, whether several rules may hit), where the files at hand tell.
    roles: whom a task can be for; None: not checked.
    versions: (kind, key) -> the bindings of a certain version that lead somewhere (`version:2`, `versionTag:2026`); kind as in
    `bindings`. is_deployment: that is all there will be, and not only what is at hand.
    is_whole: nothing is deployed beside the files at hand, so that what they do not hold does not exist.
    """

    forms: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    letters: frozenset[str] = frozenset()
    form_names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    decision_names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    form_choices: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    decision_shapes: Mapping[str, tuple[int, bool]] = field(default_factory=dict)
    roles: frozenset[str] | None = None
    versions: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    is_deployment: bool = False
    is_whole: bool = False
    topics: Mapping[str, TopicOffer] | None = None
    functions: tuple[feel.Function, ...] = ()


@dataclass
class Gathered:
    """The findings of one process on the way."""

    file: str
    known: Known
    findings: list[Finding] = field(default_factory=list)

    def add(self, element: model.Element | model.Flow | model.Process, message: str, remedy: str, *, warning: bool = False) -> None:
        label = element.name if isinstance(element, model.Process) else element.label
        severity: Severity = "warning" if warning else "error"
        self.findings.append(Finding(self.file, element.line, element.id, label, message, remedy, severity))
