"""Check a submission against its form, as the browser should have: types, limits, options, conditions; then some more.

Hidden fields are dropped, read-only and computed ones are taken from the server, unknown keys vanish. Numbers stay exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from forms import attachments, evaluation, inputs, model, options, paths, rules
from forms.chosen import Chosen
from forms.evaluation import Run
from forms.model import Component, Form


@dataclass(frozen=True, slots=True)
class Result:
    """values: checked, by top-level name. errors: German message per field id; in a dynamic list `id[row]`."""

    values: dict[str, object]
    errors: dict[str, str]

    @property
    def is_valid(self) -> bool:
        return not self.errors


def validate(
    form: Form,
    submitted: Mapping[str, object],
    variables: Mapping[str, object],
    *,
    now: datetime,
    context: Mapping[str, object] | None = None,
    chosen: Mapping[str, Sequence[Chosen]] | None = None,
) -> Result:
    """Return the checked values of a submission, or one message per field.

    submitted: JSON data of the browser. variables, context: what the form was prefilled with, for conditions and read-only fields.
    chosen: the files that came with it, by the key that stands for them in `submitted`.
    """
    run = Run(now, {**(context or {}), **variables}, chosen=chosen or {})
    values: dict[str, object] = {}
    _scope(run, form.components, submitted if isinstance(submitted, Mapping) else {}, values, "", {})
    return Result(values, run.errors)


def _scope(
    run: Run,
    components: tuple[Component, ...],
    given: Mapping[str, object],
    values: dict[str, object],
    suffix: str,
    outer: Mapping[str, object],
) -> None:
    """Check the fields of one level. Conditions may look at any field, so all types are read before any is hidden."""
    flat = model.walk(components)
    typed: dict[str, object] = {}
    problems: dict[str, str] = {}
    for component in flat:
        if component.type in model.KEYED and component.type != "expression":
            raw = paths.value_at(given, component.path)
            value, problem = attachments.read(run, component, raw) if component.type == "filepicker" else inputs.read(component, raw)
            paths.put(typed, component.path, value)
            if problem:
                problems[component.id] = problem
    seen = _settled(run, components, flat, {**run.base, **outer}, typed)
    for component in components:
        _component(run, component, given, values, suffix, seen, problems, outer)


def _settled(
    run: Run, components: tuple[Component, ...], flat: list[Component], known: Mapping[str, object], typed: Mapping[str, object]
) -> dict[str, object]:
    """Return what conditions and limits may see: what was typed, but the server's value for whatever the browser may not set.

    A hidden, disabled or read-only field must not move a limit; hiding one field may show or hide others, so this is repeated
    until nothing changes, at most once per field.
    """
    seen = paths.merged(known, typed)
    for _ in range(len(flat) + 1):
        settled = paths.merged(known, typed)
        hidden = {component.id for top in components for component in _hidden(run, top, seen, False)}
        for component in flat:
            if component.type not in model.KEYED:
                continue
            if component.type == "expression":
                paths.put(settled, component.path, evaluation.evaluate(run, component.expression, settled))
            elif component.id in hidden:
                paths.put(settled, component.path, None)
            elif component.disabled or component.readonly.constant is True or evaluation.is_true(run, component.readonly.expression, seen):
                paths.put(settled, component.path, paths.value_at(known, component.path))
        if settled == seen:
            break
        seen = settled
    return seen


def _hidden(run: Run, component: Component, seen: Mapping[str, object], above: bool) -> list[Component]:
    """Return the component, if it is hidden, and what is hidden in it; rows of dynamic lists are not entered."""
    hidden = above or evaluation.is_true(run, component.hide, seen)
    found = [component] if hidden else []
    if component.type == "group":
        for child in component.children:
            found += _hidden(run, child, seen, hidden)
    return found


def _component(
    run: Run, component: Component, given: Mapping[str, object], values: dict[str, object], suffix: str, seen: Mapping[str, object],
    problems: Mapping[str, str], outer: Mapping[str, object],
) -> None:  # fmt: skip
    if evaluation.is_true(run, component.hide, seen):
        return
    if component.type == "group":
        for child in component.children:
            _component(run, child, given, values, suffix, seen, problems, outer)
    elif component.type == "dynamiclist":
        _rows(run, component, given, values, suffix, seen)
    elif component.type in model.KEYED:
        _field(run, component, values, suffix, seen, problems)


def _field(
    run: Run, component: Component, values: dict[str, object], suffix: str, seen: Mapping[str, object], problems: Mapping[str, str]
) -> None:
    if component.disabled:
        return
    if component.type == "expression":
        paths.put(values, component.path, evaluation.evaluate(run, component.expression, seen))
        return
    if component.readonly.constant is True or evaluation.is_true(run, component.readonly.expression, seen):
        paths.put(values, component.path, paths.value_at(run.base, component.path))
        return
    value = paths.value_at(seen, component.path)
    problem = problems.get(component.id) or rules.broken(run, component, value, seen)
    if problem:
        run.errors[component.id + suffix] = problem
    else:
        paths.put(values, component.path, options.as_offered(component, value, seen, run.now))


def _rows(
    run: Run, component: Component, given: Mapping[str, object], values: dict[str, object], suffix: str, seen: Mapping[str, object]
) -> None:
    rows = paths.value_at(given, component.path)
    if rows is None:
        rows = []
    most = (
        inputs.MAX_ROWS
        if component.maximum_rows is None
        else max(component.maximum_rows, _length(paths.value_at(run.base, component.path)))
    )
    if not isinstance(rows, list) or len(rows) > most:
        run.errors[component.id + suffix] = f"„{component.label}“: Erwartet werden höchstens {most} Zeilen."
        return
    checked: list[object] = []
    for number, row in enumerate(rows):
        line: dict[str, object] = {}
        inner = {**seen, "parent": dict(seen), "i": Decimal(number + 1)}
        _scope(run, component.children, row if isinstance(row, Mapping) else {}, line, f"{suffix}[{number}]", inner)
        if any(value not in (None, "", [], False) for value in line.values()):
            checked.append(line)
    paths.put(values, component.path, checked)


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0
