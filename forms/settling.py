"""The fields of a filled form and what each one holds, found by computing until nothing changes any more.

A hidden, disabled, computed or read-only field never takes its value from the browser. Hiding one field may show or hide others and
change what is computed, so everything is looked at again until it comes to rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice

from forms import attachments, evaluation, initial, inputs, model, paths, scope
from forms.evaluation import Run
from forms.model import Component, Form
from forms.scope import Scope

MAX_PASSES = 60
LOOK_AHEAD = 20  # rows taken out one after another
COMPARED = frozenset({"textfield", "textarea", "number", "checkbox", "checklist", "radio", "select", "taglist", "datetime"})


@dataclass(frozen=True, slots=True)
class Place:
    """A field or list where it stands. rows: the row numbers around it. value: what expressions see of it; None while it is hidden.

    typed, problem: what was entered, read in its type. is_open: a person could enter it. lines: of a list, the fields of each row.
    """

    component: Component
    rows: tuple[int, ...]
    scope: Scope | None
    value: object = None
    typed: object = None
    problem: str | None = None
    is_hidden: bool = False
    is_open: bool = False
    lines: tuple[tuple[Place, ...], ...] = ()

    @property
    def id(self) -> str:
        return self.component.id + "".join(f"[{number}]" for number in self.rows)


class Unsettled(Exception):
    """A form whose fields depend on themselves. `place`: one of them."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.id)
        self.place = place


def settle(run: Run, form: Form, submitted: Mapping[str, object]) -> tuple[Place, ...]:
    """Return the fields of a submission at rest. Raises Unsettled."""
    found = tuple(_places(run, form.components, submitted, run.begun, None, (), False))
    seen = _seen(found, run.begun)
    for _ in range(MAX_PASSES):
        # Of what is hidden outside a list the viewer still sees what the form began with.
        run.rows = 0
        again = tuple(_places(run, form.components, submitted, run.begun, scope.of_form({**run.begun, **seen}), (), False))
        now = _seen(again, run.begun)
        if now == seen:
            return again
        found, seen, before = again, now, found
    raise Unsettled(next((one for one, other in zip(_all(found), _all(before), strict=False) if one.value != other.value), found[0]))


def _places(
    run: Run, components: tuple[Component, ...], given: Mapping[str, object], begun: Mapping[str, object], around: Scope | None,
    rows: tuple[int, ...], above: bool,
) -> Iterator[Place]:  # fmt: skip
    """Yield the fields and lists of one level; groups are passed through. around: None at first, when no condition is looked at."""
    for component in components:
        if component.type not in model.KEYED | model.CONTAINERS:
            continue
        hidden = above or _is_hidden(run, component, given, around)
        if component.type == "group":
            yield from _places(run, component.children, given, begun, around, rows, hidden)
        elif hidden or not component.path:
            yield Place(component, rows, around, is_hidden=True)
        elif component.type == "dynamiclist":
            yield _list(run, component, given, begun, around, rows)
        else:
            yield _field(run, component, given, begun, around, rows)


def _field(
    run: Run, component: Component, given: Mapping[str, object], begun: Mapping[str, object], around: Scope | None, rows: tuple[int, ...]
) -> Place:
    start = paths.value_at(begun, component.path)
    if component.type == "expression" and not component.disabled:
        value = start if around is None else evaluation.evaluate(run, component.expression, around.variables())
        return Place(component, rows, around, value, typed=value)
    if component.disabled or _is_readonly(run, component, around):
        typed, problem = _read(run, component, start)
        return Place(component, rows, around, start, typed=start if problem else typed)
    typed, problem = _read(run, component, paths.value_at(given, component.path))
    return Place(component, rows, around, _shown(run, component, typed), typed, problem, is_open=True)


def _read(run: Run, component: Component, raw: object) -> tuple[object, str | None]:
    return attachments.read(run, component, raw) if component.type == "filepicker" else inputs.read(component, raw)


def _is_hidden(run: Run, component: Component, given: Mapping[str, object], around: Scope | None) -> bool:
    """Return whether nobody sees a component.

    Where its condition gives null the viewer hides it, mostly: under `not( )`, in a range, or with a number beside a text its FEEL gives
    what ours does not. So it is hidden unless it was sent; then it was seen, and is checked like any other, that nothing typed is lost.
    """
    if component.hide.expression is None or around is None:
        return False
    found = evaluation.holds(component.hide, around.variables(), run.now)
    return found is True or (found is None and not _was_sent(component, given))


def _was_sent(component: Component, given: Mapping[str, object]) -> bool:
    if component.type == "group":
        return any(_was_sent(child, given) for child in component.children)
    return bool(component.path) and paths.value_at(given, component.path, paths.MISSING) is not paths.MISSING


def _is_readonly(run: Run, component: Component, around: Scope | None) -> bool:
    if component.readonly.expression is None or around is None:
        return component.readonly.constant
    return evaluation.holds(component.readonly, around.variables(), run.now) is not False


def _shown(run: Run, component: Component, typed: object) -> object:
    """Return what expressions see of a value, as in the browser.

    Nothing entered is the empty text, list, or no; a day is a text; a time is what the clock on the wall shows.
    """
    if typed is None:
        return initial.empty(component)
    if isinstance(typed, time) and typed.tzinfo is not None:
        return datetime.combine(run.now.astimezone(inputs.BERLIN), typed).astimezone(inputs.BERLIN).time()
    return typed.isoformat() if isinstance(typed, date) and not isinstance(typed, datetime) else typed


def _list(
    run: Run, component: Component, given: Mapping[str, object], begun: Mapping[str, object], around: Scope | None, rows: tuple[int, ...]
) -> Place:
    sent, start = paths.value_at(given, component.path, paths.MISSING), paths.value_at(begun, component.path)
    starts = [paths.mapping(row) for row in start] if isinstance(start, list) else []
    is_fixed = component.is_fixed or component.disabled or _is_readonly(run, component, around)
    most = len(starts) if is_fixed else inputs.MAX_ROWS
    run.rows += len(sent) if isinstance(sent, list) else 0
    rows_sent = [{}] * len(starts) if sent is paths.MISSING else [] if sent is None else sent
    if not isinstance(rows_sent, list) or len(rows_sent) > most or run.rows > inputs.MAX_ALL_ROWS:
        allowed = f"{most} Zeilen" if run.rows <= inputs.MAX_ALL_ROWS else f"{inputs.MAX_ALL_ROWS} Zeilen im ganzen Formular"
        problem = f"„{component.label}“: Erwartet werden höchstens {allowed}."
        return Place(component, rows, around, [], problem=problem, is_open=True)
    lines = [paths.mapping(row) for row in rows_sent]
    if is_fixed:  # rows in which nobody sees a field are not sent
        lines += [{}] * (len(starts) - len(lines))
    matched = tuple(starts if is_fixed else _matched(run, component, lines, starts))
    before = paths.value_at(around.this, component.path) if around is not None else None
    seen = before if isinstance(before, list) else []
    found = []
    for number, (line, begins) in enumerate(zip(lines, matched, strict=True)):
        own = paths.merged(begins, paths.mapping(seen[number] if number < len(seen) else None))  # the viewer keeps what is hidden in a row
        inner = around.row(own, number) if around is not None else None
        found.append(tuple(_places(run, component.children, line, begins, inner, (*rows, number), False)))
    if sent is paths.MISSING and not is_fixed and any(_is_sent(place) for line in found for place in line):
        found, matched = [], ()  # it would have been sent: there are no rows
    value = [_seen(places, begins) or (None if places else {}) for places, begins in zip(found, matched, strict=True)]
    return Place(component, rows, around, value, lines=tuple(found), is_open=not is_fixed)


def _is_sent(place: Place) -> bool:
    """Return whether a browser sends anything of a field or list."""
    if place.component.type == "dynamiclist":
        return any(_is_sent(below) for line in place.lines for below in line)
    return not place.is_hidden and not place.component.disabled


def _matched(
    run: Run, component: Component, lines: list[Mapping[str, object]], starts: list[Mapping[str, object]]
) -> Iterator[Mapping[str, object]]:
    """Yield for each row that was sent the row it began as: rows may have been taken out or added in between.

    Only what cannot be typed tells them apart: always, or under a condition, which is no more than a hint. A row that began as none is new.
    """
    fields = [child for child in model.walk(component.children) if child.type in COMPARED]
    fixed = [child for child in fields if child.readonly.constant]
    hints = [*fixed, *(child for child in fields if child.readonly.expression is not None)]
    following = 0
    for line in lines:
        fits = (place for place in range(following, len(starts)) if all(_stands(child, line, starts[place]) for child in fixed))
        nearest = list(islice(fits, LOOK_AHEAD if len(hints) > len(fixed) else 1))
        found = next((place for place in nearest if all(_stands(child, line, starts[place]) for child in hints)), None)
        found = nearest[0] if found is None and nearest else found
        if found is None:
            yield initial.new_row(component, run.begun)
        else:
            following = found + 1
            yield starts[found]


def _stands(component: Component, line: Mapping[str, object], start: Mapping[str, object]) -> bool:
    sent, _ = inputs.read(component, paths.value_at(line, component.path))
    begun, _ = inputs.read(component, paths.value_at(start, component.path))
    return sent == begun


def _seen(places: tuple[Place, ...], begun: Mapping[str, object]) -> dict[str, object]:
    """Return the data of one level as expressions see it: without what is hidden, and without contexts and rows of which nothing is left."""
    data = dict(begun)
    for place in places:
        path = place.component.path
        if not path:
            continue
        if place.is_hidden or _is_gone(place):
            paths.remove(data, path)
        else:
            paths.put(data, path, place.value)
    return data


def _is_gone(place: Place) -> bool:
    """Return whether a list has rows, and none of them has anything to see in it."""
    return bool(place.lines) and isinstance(place.value, list) and all(row is None for row in place.value)


def _all(places: tuple[Place, ...]) -> Iterator[Place]:
    for place in places:
        yield place
        for line in place.lines:
            yield from _all(line)
