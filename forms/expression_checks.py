"""Findings about the FEEL of a form: what the browser reads otherwise than the server, what does not exist, what goes in a circle."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine import feel
from forms import reading
from forms.model import Component
from forms.reading import Read

# Functions of ours that the viewer's FEEL lacks (it gives null, and a condition that gives null hides); a test asks the viewer.
UNKNOWN_TO_BROWSER = frozenset({
    "and", "assert", "cycle", "duplicate values", "extract", "from base64", "from json", "get or else", "is blank", "is defined", "is empty",
    "last day of month", "or", "partition", "put", "put all", "random number", "range", "round", "to base64", "to json", "trim", "uuid",
})  # fmt: skip
SPECIAL = frozenset({"this", "parent", "i", "_this_", "_parent_", "_i_"})
LANGUAGE = {
    "day of week": ("Monday Tuesday Wednesday Thursday Friday Saturday Sunday", "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"),
    "month of year": ("January February March May June July October December", "Januar Februar März Mai Juni Juli Oktober Dezember"),
}  # fmt: skip
PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
BLOCK = re.compile(r"\s*(?:#if|#loop)\s+|\s*(?:/if|/loop|else)\s*$")
ALIKE, LONG_ENOUGH = 0.88, 6  # as among the variables of a diagram


class Tell(Protocol):
    def __call__(self, component: Component, message: str, remedy: str, *, warning: bool = False) -> None: ...


@dataclass(frozen=True, slots=True)
class Placed:
    """A component with what is drawn of it. lists: the paths of the dynamic lists around it, each from the form's root."""

    component: Component
    drawn: Mapping[str, Any]
    lists: tuple[tuple[str, ...], ...] = ()

    @property
    def path(self) -> tuple[str, ...]:
        """Where its value stands from the form's root, without row numbers."""
        return (*(self.lists[-1] if self.lists else ()), *self.component.path)


def placed(
    components: Sequence[Component], drawn: Sequence[Mapping[str, Any]], lists: tuple[tuple[str, ...], ...] = ()
) -> Iterator[Placed]:
    """Yield every component with what is drawn of it, those in groups and lists after their own."""
    by_id = {str(item.get("id", "")): item for item in drawn if isinstance(item, Mapping)}
    for component in components:
        item = by_id.get(component.id, {})
        one = Placed(component, item, lists)
        yield one
        inner = (*lists, one.path) if component.type == "dynamiclist" else lists
        below = item.get("components")
        yield from placed(component.children, below if isinstance(below, list) else [], inner)


def check(every: Sequence[Placed], tell: Tell) -> None:
    """Tell what is wrong with the expressions of a form."""
    fields = {one.path: one for one in every if one.component.path}
    for one in every:
        for where, text in _texts(one, tell):
            _functions(one, where, text, tell)
            _names(one, where, text, fields, tell)
    _circles(every, fields, tell)


def _texts(one: Placed, tell: Tell) -> Iterator[tuple[str, str]]:
    """Yield (what for, expression without =) for each readable expression; those outside the reader's care are told if they are not."""
    component, drawn = one.component, one.drawn
    known = [
        ("Sichtbarkeit", component.hide.expression), ("readonly", component.readonly.expression), ("Auswahl", component.options_expression),
        ("Ausdruck", component.expression), *((name, rule.expression) for name, rule in component.validate.items()),
    ]  # fmt: skip
    yield from ((where, expression.text) for where, expression in known if expression is not None)
    appearance = drawn.get("appearance")
    others = {
        name: drawn.get(name) for name in ("label", "description", "text", "alt", "source", "dataSource", "columnsExpression", "title")
    }
    others |= dict(appearance) if isinstance(appearance, Mapping) else {}
    for where, text in others.items():
        for part in _parts(text):
            try:
                reading.tree(part)
            except feel.FeelSyntaxError as broken:
                tell(component, f"{where}: {broken}", "Bitte den FEEL-Ausdruck berichtigen.")
            else:
                yield where, part


def _parts(text: object) -> list[str]:
    """Return the expressions in a text: all of it after a =, or what stands between double braces."""
    if not isinstance(text, str):
        return []
    if text.startswith("="):
        return [text[1:]]
    found = [BLOCK.sub("", part).strip() for part in PLACEHOLDER.findall(text)]
    return [part for part in found if part]


def _functions(one: Placed, where: str, text: str, tell: Tell) -> None:
    for called in sorted(feel.compile(text).calls):
        if called not in feel.BUILTINS:
            tell(one.component, f"{where}: Die Funktion „{called}“ gibt es nicht.", "Bitte den Namen prüfen.")
        elif called in UNKNOWN_TO_BROWSER:
            tell(
                one.component,
                f"{where}: „{called}“ kennt der Browser nicht, dort käme null heraus.",
                "Bitte ohne diese Funktion schreiben.",
            )
        elif called in LANGUAGE:
            english, german = (any(name in text for name in names.split()) for names in LANGUAGE[called])
            if not (english and german):
                message = f"{where}: „{called}“ gibt im Browser den Namen in dessen Sprache, auf dem Server den englischen."
                tell(one.component, message, "Bitte beide nennen, z. B. list contains([„Sunday“, „Sonntag“], …).", warning=True)


def _names(one: Placed, where: str, text: str, fields: Mapping[tuple[str, ...], Placed], tell: Tell) -> None:
    node = reading.tree(text)
    first = {path[0] for path in fields}
    for name in sorted({read.path[0] for read in reading.reads(node)} - first - SPECIAL):
        alike = difflib.get_close_matches(name, sorted(first), 1, ALIKE) if len(name) >= LONG_ENOUGH else []
        if alike and not name.startswith(alike[0]) and not alike[0].startswith(name):
            tell(
                one.component,
                f"{where}: „{name}“ ist kein Feld; gemeint ist vielleicht „{alike[0]}“.",
                "Bitte den Namen prüfen.",
                warning=True,
            )
    if one.lists and any(read.path in (("i",), ("_i_",)) and read.alone for read in reading.reads(node)) and ("i",) not in fields:
        number = len(one.lists)
        tell(one.component, f"{where}: „i“ ist die Liste der Zeilennummern, von außen nach innen.", f"Bitte „i[{number}]“ schreiben.")
    for joined in reading.joins(node):
        for read in (joined.left, joined.right):
            field = fields.get(_absolute(one, read)) if read is not None and not read.picked else None
            if field is not None and not joined.with_null:
                _as_text(one, where, joined.operator, field.component, ".".join(read.path) if read is not None else "", tell)


def _as_text(one: Placed, where: str, operator: str, field: Component, written: str, tell: Tell) -> None:
    """Tell of a field that is a text in the browser and used as if it were a number or a day."""
    if field.type == "number" and field.serialize_to_string and operator in ("+", "-", "*", "/", "**", "=", "!="):
        message = f"{where}: „{written}“ ist im Browser ein Text („serializeToString“)."
        tell(one.component, message, f"Bitte „number({written})“ schreiben.", warning=True)
    if field.type == "datetime" and operator in ("<", "<=", ">", ">=", "+", "-"):
        function = {"time": "time", "datetime": "date and time"}.get(field.subtype, "date")
        tell(one.component, f"{where}: „{written}“ ist im Browser ein Text.", f"Bitte „{function}({written})“ schreiben.", warning=True)


def _absolute(one: Placed, read: Read) -> tuple[str, ...]:
    """Return where what is looked at stands from the form's root, without row numbers."""
    path = read.path
    if path[0] in ("this", "_this_"):
        return (*(one.lists[-1] if one.lists else ()), *path[1:])
    level = len(one.lists)
    while path and path[0] in ("parent", "_parent_"):
        path, level = path[1:], level - 1
    return (*(one.lists[level - 1] if 0 < level < len(one.lists) else ()), *path)


def _circles(every: Sequence[Placed], fields: Mapping[tuple[str, ...], Placed], tell: Tell) -> None:
    """Tell of expressions that are computed from one another, and of fields that hide themselves."""
    computed = {one.path: one for one in every if one.component.expression is not None}
    needs: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for path, one in computed.items():
        assert one.component.expression is not None
        node = reading.tree(one.component.expression.text)
        looked = [_absolute(one, read) for read in reading.reads(node) if not read.picked]
        needs[path] = {other for other in computed for seen in looked if seen[: len(other)] == other}
        if reading.value_of(node) is not None:
            needs[path].discard(path)  # it only keeps what it is
    for path, one in computed.items():
        way = _way_back(path, needs)
        if way:
            names = " → ".join(".".join(step) for step in (*way, path))
            tell(one.component, f"Der Ausdruck hängt von sich selbst ab: {names}.", "Bitte einen der Ausdrücke ohne die anderen berechnen.")
    for one in every:
        expression = one.component.hide.expression
        looked = [_absolute(one, read) for read in reading.reads(reading.tree(expression.text))] if expression is not None else []
        if one.component.path and one.component.expression is None and one.path in looked:
            tell(one.component, "Ob das Feld zu sehen ist, hängt von ihm selbst ab.", "Bitte die Bedingung auf ein anderes Feld beziehen.")


def _way_back(start: tuple[str, ...], needs: Mapping[tuple[str, ...], set[tuple[str, ...]]]) -> tuple[tuple[str, ...], ...]:
    """Return the way from a field back to itself, empty where there is none."""
    ways: list[tuple[tuple[str, ...], ...]] = [(start,)]
    seen: set[tuple[str, ...]] = set()
    for way in ways:
        for following in sorted(needs[way[-1]]):
            if following == start:
                return way
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()
