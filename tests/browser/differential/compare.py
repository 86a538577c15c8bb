"""One form, one set of inputs, two judges: the viewer in the browser and the server. What they may disagree in is listed here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import forms
from forms import paths
from tests.browser.differential.viewer import Seen, Viewer

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 8, 17, 6, 0, tzinfo=UTC)
# What the server says -> what the viewer says, as it hands it to its translation. Some of these only the server says: see STRICTER.
RULES = (
    ("Bitte ausfüllen", "Field is required."),
    ("Bitte ankreuzen", "Field is required."),
    ("Datei auswählen", "Field is required."),
    ("Höchstens \\S+ Nachkommastellen", "Value is expected to have at most"),
    ("ganze Zahl", "Value is expected to be an integer."),
    ("Mindestens \\S+ Zeichen", "Field must have minimum length"),
    ("Höchstens \\S+ Zeichen", "Field must have maximum length"),
    ("Mindestens", "Field must have minimum value"),
    ("Höchstens [\\d,-]+\\.", "Field must have maximum value"),
    ("Grenze „min“", "Min validation value"),
    ("Grenze „max“", "Max validation value"),
    ("Schritten", "Please select a valid value"),
    ("Schreibweise", "Field must match pattern"),
    ("E-Mail", "Field must be a valid email"),
    ("Telefonnummer", "Field must be a valid international phone number"),
)


@dataclass(frozen=True)
class Case:
    """A form with the case's variables and what a person does in it. Variables are exact: numbers are int or Decimal."""

    components: Sequence[Mapping[str, Any]]
    variables: Mapping[str, Any] = field(default_factory=dict)
    actions: Sequence[Mapping[str, Any]] = ()

    @property
    def schema(self) -> dict[str, Any]:
        return {"id": "formular", "type": "default", "schemaVersion": 19, "components": list(self.components)}

    @property
    def form(self) -> forms.Form:
        return forms.read(json.dumps(forms.plain(self.schema)).encode())


@dataclass(frozen=True)
class Outcome:
    """Both verdicts on a case, and where they differ.

    listed: differences that are meant, each with its reason (LISTED). excused: why the case proves nothing about conditions.
    """

    seen: Seen
    result: forms.Result
    differences: tuple[str, ...]
    listed: tuple[str, ...] = ()
    excused: str = ""


def judge(viewer: Viewer, case: Case, *, now: datetime = NOW) -> Outcome:
    """Fill the form in the browser, send what it submits to the server, compare."""
    form = case.form
    data = forms.prefill(form, case.variables, now=now)
    schema, shown = forms.browser_data(form.schema), forms.browser_data(data)
    assert isinstance(schema, dict)
    assert isinstance(shown, dict)
    return compared(form, case, viewer.fill(schema, shown, case.actions), now=now)


def compared(form: forms.Form, case: Case, seen: Seen, *, now: datetime = NOW) -> Outcome:
    """Return where the server differs from what the browser made of a case."""
    result = forms.validate(form, seen.data, case.variables, now=now, chosen=_chosen(form, seen.data))
    fields = dict(_fields(form.components, seen.data, ""))
    judged = [(found, _listed(found, fields.get(found.partition(": ")[0]))) for found in _differences(form, seen, result)]
    listed = tuple(why for _, why in judged if why)
    excused = (
        "a field that nobody sees still counts in the browser" if seen.leaks else LISTED["locked"] if LISTED["locked"] in listed else ""
    )
    return Outcome(seen, result, tuple(found for found, why in judged if not why), listed, excused)


def _chosen(form: forms.Form, data: Mapping[str, Any]) -> dict[str, list[forms.Chosen]]:
    """Return a PDF for each key that the browser sends in place of a file."""
    keys = [value for component, value in dict(_fields(form.components, data, "")).values() if component.type == "filepicker" and value]
    document = {"camunda.document.type": "camunda", "storeId": "datei", "documentId": "1", "metadata": {"contentType": "application/pdf"}}
    return {key: [forms.Chosen(document)] for key in keys}


# Where both disagree on purpose. Each of these has a case of its own in the table of cases.
LISTED = {
    "blank": "Only spaces are nothing: the server does not take them for something required.",
    "passed": "A day of the case that has passed stays in the browser unseen; the server refuses it.",
    "interval": "A time of the case beside the interval is shown rounded and sent as it was; the server refuses it.",
    "dot": "An address without a dot in its domain cannot be reached from here.",
    "locked": "What was typed before a field became read-only the browser sends; the server keeps its own value.",
}


def _listed(found: str, field: tuple[forms.Component, Any] | None) -> str:
    if field is None:
        return ""
    component, value = field
    if "only the server" in found:
        if "ausfüllen" in found and isinstance(value, str) and value and not value.strip():
            return LISTED["blank"]
        if "nicht vor heute" in found:
            return LISTED["passed"]
        if "Minuten liegen" in found:
            return LISTED["interval"]
        if "E-Mail" in found and isinstance(value, str) and "." not in value.rpartition("@")[2]:
            return LISTED["dot"]
    return LISTED["locked"] if any(one.readonly.expression is not None for one in (component, *_below(component))) else ""


def _fields(
    components: Sequence[forms.Component], data: Mapping[str, Any], suffix: str
) -> Iterator[tuple[str, tuple[forms.Component, Any]]]:
    for component in components:
        if component.type == "group":
            yield from _fields(component.children, data, suffix)
        elif component.path:
            value = paths.value_at(data, component.path)
            yield component.id + suffix, (component, value)
            for number, row in enumerate(value if component.type == "dynamiclist" and isinstance(value, list) else []):
                yield from _fields(component.children, paths.mapping(row), f"{suffix}[{number}]")


def _differences(form: forms.Form, seen: Seen, result: forms.Result) -> list[str]:
    found = []
    for place in sorted(seen.errors.keys() | result.errors.keys()):
        theirs, ours = seen.errors.get(place, []), result.errors.get(place)
        if ours is None:
            found.append(f"{place}: only the browser says {theirs}")
        elif not theirs:
            found.append(f"{place}: only the server says {ours!r}")
        elif not any(_means(ours, text) for text in theirs):
            found.append(f"{place}: the browser says {theirs}, the server {ours!r}")
    wrong = seen.errors.keys() | result.errors.keys()
    found += _values(form.components, seen.data, result.values, "", wrong)
    return found


def _means(german: str, template: str) -> bool:
    text = german.partition("“: ")[2]
    return next((template.startswith(rule) for pattern, rule in RULES if re.search(pattern, text)), text == template)


def _values(
    components: Sequence[forms.Component], theirs: Mapping[str, Any], ours: Mapping[str, Any], suffix: str, wrong: set[str]
) -> list[str]:
    found: list[str] = []
    for component in components:
        if component.type == "group":
            found += _values(component.children, theirs, ours, suffix, wrong)
        elif component.path:
            name = component.id + suffix
            one, other = paths.value_at(theirs, component.path), paths.value_at(ours, component.path)
            if component.type == "dynamiclist":
                found += _rows(component, one, other, suffix, wrong)
            elif name not in wrong and not same(component, one, other):
                found.append(f"{name}: the browser has {one!r}, the server {other!r}")
    return found


def _rows(component: forms.Component, theirs: Any, ours: Any, suffix: str, wrong: set[str]) -> list[str]:
    """Compare the rows; those in which nothing was entered the server leaves out."""
    inner = tuple(name for name in wrong if name.startswith(tuple(child.id + suffix for child in _below(component))))
    if inner or component.id + suffix in wrong:
        return []  # where rows are missing because they are wrong, the others have no number to be compared by
    rows = [row or {} for row in theirs or []]
    kept = [(number, row) for number, row in enumerate(rows) if _anything(row)]
    if len(kept) != len(ours or []):
        return [f"{component.id}{suffix}: the browser has {rows!r}, the server {ours!r}"]
    found: list[str] = []
    for (number, row), other in zip(kept, ours or [], strict=True):
        found += _values(component.children, row, other, f"{suffix}[{number}]", wrong)
    return found


def _below(component: forms.Component) -> list[forms.Component]:
    found = []
    for child in component.children:
        found += [child, *_below(child)]
    return found


def _anything(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_anything, value.values()))
    if isinstance(value, list):
        return any(map(_anything, value))
    return value is not None and value is not False and value != ""


def same(component: forms.Component, browser: Any, server: Any) -> bool:
    """Return whether both mean one value; nothing entered is null, "" or [] alike."""
    if (
        not _anything(browser)
        and not _anything(server)
        and not isinstance(server, int | Decimal)
        and not isinstance(browser, int | Decimal)
    ):
        return True
    if component.type == "filepicker":
        return bool(browser) == bool(server)
    if isinstance(server, bool) or isinstance(browser, bool):
        return browser is server
    if isinstance(server, int | Decimal):
        return isinstance(browser, int | Decimal | str) and close(Decimal(str(browser)), Decimal(server))
    if isinstance(server, datetime | date | time | timedelta):
        return moment(browser, server)
    if isinstance(server, Mapping):
        return isinstance(browser, Mapping) and all(
            same(component, browser.get(key), server.get(key)) for key in server.keys() | browser.keys()
        )
    if isinstance(server, list):
        return (
            isinstance(browser, list)
            and len(browser) == len(server)
            and all(same(component, a, b) for a, b in zip(browser, server, strict=True))
        )
    return bool(browser == server)


def close(one: Decimal, other: Decimal) -> bool:
    """Return whether two numbers are one but for a browser's doubles."""
    return abs(one - other) <= max(abs(one), abs(other)) * Decimal("1e-14")


def moment(text: Any, value: datetime | date | time | timedelta) -> bool:
    """Return whether the text is that moment, as the field or an expression of the browser writes it."""
    if not isinstance(text, str):
        return False
    if isinstance(value, timedelta):
        return text == "PT0S" if not value else text.startswith(("P", "-P"))
    if isinstance(value, datetime):
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=BERLIN)) == value
    if isinstance(value, date):
        return text[:10] == value.isoformat()
    read = time.fromisoformat(text.rpartition("T")[2])
    return read.replace(tzinfo=None) == value.replace(tzinfo=None) and (value.tzinfo is None or read.utcoffset() == value.utcoffset())
