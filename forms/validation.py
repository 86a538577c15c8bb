"""Check a submission against its form, as the browser should have: types, limits, options, conditions; then some more.

Hidden fields are dropped, read-only and computed ones are taken from the server, unknown keys vanish. Numbers stay exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from forms import initial, inputs, options, paths, prefilling, rules, settling
from forms.chosen import Chosen
from forms.evaluation import Run
from forms.model import Form
from forms.settling import Place


@dataclass(frozen=True, slots=True)
class Result:
    """values: checked, by top-level name. errors: German message per field id; in a dynamic list `id[row]`, nested `id[row][row]`."""

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
    data = prefilling.prefill(form, variables, now=now, context=context)
    run = Run(now, {**variables, **(context or {})}, initial.begun(form, data), chosen=chosen or {})
    try:
        places = settling.settle(run, form, paths.mapping(submitted))
    except settling.Unsettled as circle:
        component = circle.place.component
        message = f"„{component.label}“: Das Feld hängt von sich selbst ab. Bitte das Formular berichtigen lassen."
        return Result({}, {circle.place.id: message})
    values: dict[str, object] = {}
    _check(run, places, values)
    return Result(values, run.errors)


def _check(run: Run, places: tuple[Place, ...], values: dict[str, object]) -> None:
    """Put what is right among the values of one level, and the message of what is not among the errors."""
    for place in places:
        component = place.component
        if place.is_hidden:
            continue
        if component.type == "dynamiclist":
            _check_rows(run, place, values)
        elif component.type == "expression":
            paths.put(values, component.path, place.value)
        elif not component.disabled:
            _check_field(run, place, values)


def _check_field(run: Run, place: Place, values: dict[str, object]) -> None:
    component, seen = place.component, place.scope.variables() if place.scope is not None else {}
    kept = paths.value_at(run.base, component.path) if not place.is_open and not place.rows else None
    if component.note and inputs.is_note(kept):
        paths.put(values, component.path, kept)  # the browser was not shown it
        return
    problem = place.problem or rules.broken(run, place, seen)
    if problem:
        run.errors[place.id] = problem
        return
    value = place.typed
    if component.type in options.CHOICES and value not in (None, []):
        value = options.as_offered(component, value, seen, run.base, run.now)
    paths.put(values, component.path, value)


def _check_rows(run: Run, place: Place, values: dict[str, object]) -> None:
    """Check each row; rows in which nothing was entered are left out."""
    if place.problem:
        run.errors[place.id] = place.problem
        return
    checked = []
    for line in place.lines:
        row: dict[str, object] = {}
        _check(run, line, row)
        if _holds_anything(row):
            checked.append(row)
    paths.put(values, place.component.path, checked)


def _holds_anything(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_anything, value.values()))
    return value is not None and value is not False and value not in ("", [])  # zero is something
