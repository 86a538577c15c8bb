"""Findings about variables: read but set by nobody, asked of a called process but not given to it, named like a law function.

Where a value may come from outside (start variables, messages, workers of others), nothing can be said of a name for sure; then only
a name that is almost another one is told. Where a form is not at hand, not even that: the form may set just this name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine import feel
from engine.spiff import juel, model
from engine.spiff.checks import messages
from engine.spiff.checks.gathered import Gathered, Known
from engine.spiff.expressions import Expression

COUNTED = {
    name
    for named in (model.CAMUNDA_COUNTERS, model.ZEEBE_COUNTERS)
    for name in (named.all, named.active, named.completed, named.terminated)
    if name is not None
}
IMPLICIT = frozenset({"loopCounter", "currentUser", "item", "partial", juel.BUSINESS_KEY, juel.INSTANCE_ID, *COUNTED})
ALIKE = 0.88
LONG_ENOUGH = 6  # shorter names are alike by chance
PLURALS = frozenset({"e", "en", "er", "n", "nen", "s"})  # a list and one of its entries


@dataclass(frozen=True, slots=True)
class _Sources:
    """Names set inside a process. outside: whether other names may come in by messages, workers of others or forms not at hand.

    unseen_form: whether one of its forms is not at hand.
    """

    names: frozenset[str]
    outside: bool
    unseen_form: bool


def check(drawn: Sequence[tuple[Gathered, model.Process]]) -> None:
    """Add the findings of all processes at hand to theirs."""
    sources = {process.id: _sources(process, check_.known) for check_, process in drawn}
    called_with = _called_with([process for _, process in drawn])
    reads = {process.id: _read(process, check_.known) for check_, process in drawn}
    for check_, process in drawn:
        _functions(check_, process)
        found = sources[process.id]
        given = called_with.get(process.id)
        start = given if given is not None else _start_names(process, check_.known)
        if not found.unseen_form:
            _unset(check_, process, found.names | (start or frozenset()), sure=not found.outside and start is not None)
        for element in model.walk(process.elements):
            inner = sources.get(element.called or "")
            if inner is not None and not inner.outside:
                _not_given(check_, element, reads[element.called or ""] - inner.names)


def _functions(check_: Gathered, process: model.Process) -> None:
    """Tell variables that bear the name of a function, functions that do not exist, and those that are given too much or too little."""
    offered = {function.name: function for function in check_.known.functions}
    reserved = dict.fromkeys(offered, "ist der Name einer Rechtsfunktion") | {"currentUser": "nennt die handelnde Person"}
    for element in model.walk(process.elements):
        for name in sorted({name for name in set_by(element) if name in reserved}):
            check_.add(element, f"„{name}“ {reserved[name]}.", "Bitte die Variable anders nennen.")
    for place, expressions in _evaluated(process, check_.known):
        for called in sorted({called for expression in expressions for called in expression.calls} - set(feel.BUILTINS) - set(offered)):
            remedy = "Bitte den Namen prüfen; die Rechtsfunktionen stehen in docs/design.md."
            check_.add(place, f"Die Funktion „{called}“ gibt es nicht.{feel.meant(called, [*offered, *feel.BUILTINS])}", remedy)
        for expression in expressions:
            for text in expression.compiled.misfits(check_.known.functions) if expression.compiled is not None else ():
                check_.add(place, text, "Bitte die Angaben in der Klammer prüfen.")


def _unset(check_: Gathered, process: model.Process, known: frozenset[str], *, sure: bool) -> None:
    for place, names in _places(process, check_.known):
        for name in sorted(names - known - IMPLICIT):
            alike = difflib.get_close_matches(name, sorted(known), 1, ALIKE) if len(name) >= LONG_ENOUGH else []
            if alike and not _same_family(name, alike[0]):
                text = f"Die Variable „{name}“ setzt in diesem Prozess niemand; gemeint ist vielleicht „{alike[0]}“."
                check_.add(place, text, "Bitte den Namen prüfen.", warning=True)
            elif sure:
                text = f"Die Variable „{name}“ setzt in diesem Prozess niemand."
                check_.add(place, text, "Bitte als Startvariable übergeben oder vorher setzen.", warning=True)


def _same_family(one: str, other: str) -> bool:
    """Return whether two names are both meant: they differ by a whole word, a number or a plural (`betrag_alt` and `betrag_neu`)."""
    longer, shorter = sorted((one, other), key=len, reverse=True)
    if longer.removeprefix(shorter) in PLURALS:
        return True
    return len(one.split("_")) != len(other.split("_")) or any(
        part != twin and (part.isdecimal() or difflib.SequenceMatcher(None, part, twin).ratio() < ALIKE - 0.2)
        for part, twin in zip(one.split("_"), other.split("_"), strict=True)
    )


def _not_given(check_: Gathered, element: model.Element, needed: frozenset[str]) -> None:
    if any(mapping.everything for mapping in element.call_in):
        return
    given = {mapping.target for mapping in element.call_in}
    for name in sorted(needed - given - IMPLICIT):
        text = f"Der aufgerufene Prozess „{element.called}“ liest „{name}“, bekommt es hier aber nicht."
        check_.add(element, text, "Bitte unter „In mappings“ ergänzen.", warning=True)


# ---------------------------------------------------------------- who sets
def _sources(process: model.Process, known: Known) -> _Sources:
    names: set[str] = set()
    outside = unseen_form = False
    for element in model.walk(process.elements):
        names.update(name for name in set_by(element) if name)
        brought = brought_by(element, known)
        outside = outside or brought is None
        unseen_form = unseen_form or (brought is None and element.kind == "user_task")
        names.update(brought or ())
    return _Sources(frozenset(names), outside, unseen_form)


def set_by(element: model.Element) -> list[str | None]:
    """Return the names of the variables that an element sets as drawn, its inputs too."""
    event, loop = element.event, element.loop
    return [
        element.result_variable, element.initiator, *(parameter.target for parameter in (*element.inputs, *element.outputs)),
        *((event.code_variable, event.message_variable) if event else ()), *((loop.element_variable, loop.output_collection) if loop else ()),
        *(mapping.target for mapping in element.call_out),
    ]  # fmt: skip


def brought_by(element: model.Element, known: Known) -> Iterable[str] | None:
    """Return the names that whoever answers an element's wait brings; None where that cannot be told."""
    event = element.event.kind if element.event else ""
    if element.kind == "user_task":
        form = element.assignment.form
        return known.form_names.get(form) if form is not None else ()
    if element.kind == "service_task" or (element.topic is not None and event == "message"):
        topic = element.topic.source if element.topic is not None and element.topic.kind == "literal" else ""
        offer = (known.topics or {}).get(topic)
        return offer.outputs if offer is not None else None
    if element.kind == "receive_task" or (
        event in ("message", "signal", "error", "escalation") and element.kind not in ("throw_event", "end_event")
    ):
        return None
    return None if any(mapping.everything for mapping in element.call_out) else ()


def _start_names(process: model.Process, known: Known) -> frozenset[str] | None:
    """Return the names of a start form, or None where start variables may be any."""
    return known.form_names.get(process.start_form) if process.start_form is not None else None


def _called_with(processes: Sequence[model.Process]) -> dict[str, frozenset[str] | None]:
    """Return called process -> what its callers give together; no entry for processes that none of these calls."""
    given: dict[str, frozenset[str] | None] = {}
    for process in processes:
        for element in model.walk(process.elements):
            if element.called:
                everything = any(mapping.everything for mapping in element.call_in)
                here = None if everything else frozenset(m.target for m in element.call_in if m.target)
                before = given.get(element.called, frozenset())
                given[element.called] = None if here is None or before is None else before | here
    return given


# ---------------------------------------------------------------- who reads
def _read(process: model.Process, known: Known) -> frozenset[str]:
    return frozenset(name for _, names in _places(process, known) for name in names)


def _places(process: model.Process, known: Known) -> list[tuple[model.Element | model.Flow, frozenset[str]]]:
    """Return (element or flow, names it reads)."""
    found: list[tuple[model.Element | model.Flow, frozenset[str]]] = []
    for place, expressions in _evaluated(process, known):
        names = frozenset(name for expression in expressions for name in expression.names)
        if isinstance(place, model.Element) and place.decision:
            names |= _asked(place, known.decision_names)
        found.append((place, names))
    return found


def _evaluated(process: model.Process, known: Known) -> list[tuple[model.Element | model.Flow, list[Expression]]]:
    """Return (element or flow, the expressions evaluated there), subprocesses with what is inside them."""
    elements = model.walk(process.elements)
    flows = [*process.flows, *(flow for element in elements for flow in element.flows)]
    return [
        *((element, [*_expressions_of(element), *messages.computed(element, known.functions)]) for element in elements),
        *((flow, [flow.condition]) for flow in flows if flow.condition is not None),
    ]


def _asked(element: model.Element, decision_names: Mapping[str, frozenset[str]]) -> frozenset[str]:
    given = {parameter.target for parameter in element.inputs}
    return decision_names.get(element.decision or "", frozenset()) - given


def _expressions_of(element: model.Element) -> list[Expression]:
    """Return the expressions that an element evaluates in its own process."""
    event, loop = element.event, element.loop
    drawn = [
        element.topic, element.priority, element.retries_drawn, element.script, element.assignment.title, element.assignment.assignee,
        element.assignment.candidate_groups, element.assignment.candidate_users,
        element.assignment.due, element.assignment.follow_up, element.assignment.priority,
        *(p.value for p in (*element.inputs, *element.outputs)), *(m.value for m in element.call_in),
        *((event.timer, event.condition, event.name, event.correlation, event.message, *(m.value for m in event.carries)) if event else ()),
        *((loop.collection, loop.cardinality, loop.completion, loop.condition, loop.output_element) if loop else ()),
    ]  # fmt: skip
    return [expression for expression in drawn if expression is not None]
