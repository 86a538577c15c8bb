"""Random forms, data and inputs: all components, nested, with conditions and expressions over one another; the same for the same seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.browser.differential.compare import Case

BERLIN = ZoneInfo("Europe/Berlin")
Drawn = dict[str, Any]

TEXTS = ("", " ", "a", "x", "abc", "  ab ", "ABC12", "Ärger", "😀😀", "name@example.org", "+4952319770", "05231", "x y", "12", "0")
NUMBERS = ("", "0", "1", "5.5", "7,25", "-3", "1e2", "abc", "100", "0.05", "12.345", "4", "-0", "5.", ".5", "3.00")
DAYS = ("1.9.2026", "31.12.2026", "17.8.2026", "1.1.2020", "quark", "")
HOURS = ("10:15", "0:30", "23:59", "24:00", "x", "9:07 pm", "12:00")
CHOICES = ("a", "b", "c")
PATTERNS = ("^[a-z]+$", "[0-9]", "a|x", r"^\w{2,4}$", r"\s", "^$", r"^[A-Z]{2,}\d*$")
DATA: dict[str, tuple[Any, ...]] = {
    "text": ("", "x", "abc", "a\nb", None, Decimal("12.5"), True), "number": (0, 4, Decimal("5.50"), Decimal("-2.25"), None, "7.5", "x"),
    "flag": (True, False, None), "choice": ("a", "b", "z", None, 1), "several": (["a"], ["b", "z"], [], None, "a"),
    "date": (date(2026, 9, 1), date(2026, 8, 17), None, "quark"), "time": (time(10, 15), time(10, 7), None), "sum": (Decimal("4.10"), None, 3),
    "moment": (datetime(2026, 9, 1, 8, 15, tzinfo=BERLIN), datetime(2026, 1, 5, 0, 0, tzinfo=BERLIN), None),
}  # fmt: skip
CONDITIONS: dict[str, tuple[str, ...]] = {
    "text": ('{} = "x"', '{} != "x"', '{} = ""', "{} = null", "string length({}) > 2", 'contains({}, "a")', 'starts with({}, "A")', 'upper case({}) = "ABC"'),
    "number": ("{} > 5.125", "{} < 3.125", "{} = null", "{} = 4", "{} != 4", "{} != null and {} in [1..9]", "{} between 2 and 6", "{} > 1.125 and {} < 50.125"),
    "sum": ("{} > 5.125", "number({}) < 3.125", "{} = null"),
    "flag": ("{}", "not({})", "{} = true", "{} != true", "{} = false"),
    "choice": ('{} = "a"', '{} != "b"', "{} = null", 'list contains(["a", "c"], {})', '{} in ("a", "b")'),
    "several": ('list contains({}, "a")', "count({}) > 1", "{} = null", 'some x in {} satisfies x = "b"'),
    "date": ('date({}) > date("2026-09-30")', "{} = null", "{} != null"),
    "time": ('time({}) < time("12:00:00")', "{} = null"),
    "zoned": ("{} = null", "{} != null"),
    "moment": ("date and time({}) > now()", "{} = null"),
    "list": ("count({}) > 1", "count({}) = 0"), "file": ("{} = null", "{} != null"),
}  # fmt: skip
VALUES: dict[str, tuple[tuple[str, str], ...]] = {
    "text": (('{} + "!"', "text"), ("string length({})", "number"), ("upper case({})", "text"), ('if {} = "x" then 1 else 2', "number"), ("{}", "text")),
    "number": (("{} + 1", "number"), ("{} * 2", "number"), ("string({})", "text"),
        ("if {} > 3.125 then \"x\" else \"abc\"", "text"), ("-{}", "number"), ("{} / 4", "number")),
    "sum": (("number({}) * 2", "number"), ("number({})", "number")),
    "flag": (("{}", "flag"), ("not({})", "flag"), ("if {} then 4 else 6", "number")),
    "choice": (("{}", "choice"), ('if {} = "a" then "x" else ""', "text")),
    "several": (("count({})", "number"), ('string join({}, "-")', "text"), ("{}", "several")),
    "date": (('if {} = null then "" else "x"', "text"),),
    "time": (('if {} = null then 1 else 2', "number"),),
    "zoned": (("if {} = null then 1 else 2", "number"),),
    "moment": (('if {} = null then 1 else 2', "number"),),
    "list": (("count({})", "number"),),
    "file": (("if {} = null then 1 else 2", "number"),),
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A field that what comes later may look at. depth: in how many lists it stands; path: its names within the row or the form."""

    name: str
    kind: str
    depth: int
    path: str
    row: tuple[str, ...]


@dataclass
class Growing:
    rng: Random
    known: list[Known] = field(default_factory=list)
    variables: Drawn = field(default_factory=dict)
    adds: list[Drawn] = field(default_factory=list)
    writes: list[Drawn] = field(default_factory=list)
    count: int = 0

    def name(self) -> str:
        self.count += 1
        return f"k{self.count}"

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance


def case(seed: int) -> Case:
    """Return the case of a seed."""
    growing = Growing(Random(seed))
    rng = growing.rng
    components, values = _level(growing, rng.randint(2, 7), (), "", rng.randint(0, 2))
    growing.variables |= values
    rng.shuffle(growing.writes)
    return Case(components, growing.variables, [*growing.adds, *growing.writes])


def _level(growing: Growing, size: int, rows: tuple[str, ...], prefix: str, deeper: int) -> tuple[list[Drawn], Drawn]:
    """Return components of one level and the case's values for them. rows: the lists around; prefix: the path of groups in the row."""
    rng = growing.rng
    components: list[Drawn] = []
    values: Drawn = {}
    for _ in range(size):
        if deeper and growing.maybe(0.3):
            component = (
                _list(growing, rows, prefix, deeper, values) if growing.maybe(0.5) else _group(growing, rows, prefix, deeper, values)
            )
        else:
            component = _field(growing, rows, prefix, values)
        components.append(component)
    if growing.maybe(0.4):
        rng.shuffle(components)  # what is computed may stand before what it is computed from
    return components, values


def _group(growing: Growing, rows: tuple[str, ...], prefix: str, deeper: int, values: Drawn) -> Drawn:
    name = growing.name()
    path = "" if growing.maybe(0.3) else name
    group: Drawn = {"type": "group", "id": name, "label": name, "path": path, **_hidden(growing, rows)}
    components, inner = _level(growing, growing.rng.randint(1, 3), rows, f"{prefix}{path}." if path else prefix, deeper - 1)
    if path and inner:
        values[path] = inner
    elif inner:
        values |= inner
    return {**group, "components": components}


def _list(growing: Growing, rows: tuple[str, ...], prefix: str, deeper: int, values: Drawn) -> Drawn:
    rng, name = growing.rng, growing.name()
    drawn: Drawn = {"type": "dynamiclist", "id": name, "label": name, "path": name, **_hidden(growing, rows)}
    if growing.maybe(0.4):
        drawn["defaultRepetitions"] = rng.randint(0, 3)
    if growing.maybe(0.2):
        drawn["allowAddRemove"] = False
    for _ in range(rng.randint(0, 2)):
        growing.adds.append({"do": "add", "id": name, "at": _at(growing, rows)})
    if growing.maybe(0.2):
        growing.adds.append({"do": "remove", "id": name, "at": _at(growing, rows), "value": rng.randint(0, 1)})
    components, inner = _level(growing, rng.randint(1, 4), (*rows, name), "", deeper - 1)
    if growing.maybe(0.4):
        values[name] = [{key: value for key, value in inner.items() if growing.maybe(0.8)} for _ in range(rng.randint(0, 3))]
    growing.known.append(Known(name, "list", len(rows), prefix + name, rows))
    return {**drawn, "components": components}


def _at(growing: Growing, rows: tuple[str, ...]) -> list[int]:
    return [growing.rng.randint(0, 2) for _ in rows]


def _hidden(growing: Growing, rows: tuple[str, ...], chance: float = 0.3) -> Drawn:
    if growing.maybe(chance) and (found := _condition(growing, rows)):
        return {"conditional": {"hide": f"={found}"}}
    return {}


def _visible(growing: Growing, rows: tuple[str, ...]) -> list[tuple[Known, str]]:
    """Return (field, how it is written here) for what an expression may look at from here."""
    found = []
    for known in growing.known:
        if not known.row:
            found.append((known, known.path))
        elif known.row == rows:
            found.append((known, f"this.{known.path}"))
        elif known.row == rows[: len(known.row)]:
            found.append((known, "parent." * (len(rows) - len(known.row)) + known.path))
    return found


def _condition(growing: Growing, rows: tuple[str, ...]) -> str:
    rng = growing.rng
    found = _visible(growing, rows)
    if rows and growing.maybe(0.15):
        return f"i[{len(rows)}] = {rng.randint(1, 2)}"
    if not found:
        return ""
    parts = []
    for _ in range(1 if growing.maybe(0.7) else 2):
        known, written = rng.choice(found)
        parts.append(rng.choice(CONDITIONS[known.kind]).replace("{}", written))
    text = f" {rng.choice(('and', 'or'))} ".join(f"({part})" if len(parts) > 1 else part for part in parts)
    return f"not({text})" if growing.maybe(0.1) else text


def _field(growing: Growing, rows: tuple[str, ...], prefix: str, values: Drawn) -> Drawn:
    rng = growing.rng
    name = growing.name()
    make = rng.choice(MAKERS)
    component, kind = make(growing, name, rows)
    component = {"id": name, "key": name, **({} if component["type"] == "datetime" else {"label": name}), **component}
    component |= _hidden(growing, rows, 0.25)
    if component["type"] != "expression":
        if growing.maybe(0.12):
            component["readonly"] = True if growing.maybe(0.6) or not (found := _condition(growing, rows)) else f"={found}"
        if growing.maybe(0.06):
            component["disabled"] = rng.choice((True, "=false"))
        if growing.maybe(0.3):
            component["validate"] = {**component.get("validate", {}), "required": True}
        if growing.maybe(0.35):
            values[name] = rng.choice(DATA.get("time" if kind == "zoned" else kind, (None,)))
        if growing.maybe(0.75):
            growing.writes += _inputs(growing, component, rows)
    growing.known.append(Known(name, kind, len(rows), prefix + name, rows))
    return component


# ---------------------------------------------------------------- components
def _text(growing: Growing, name: str, rows: tuple[str, ...]) -> tuple[Drawn, str]:
    rules: Drawn = {}
    if growing.maybe(0.3):
        rules["minLength"] = growing.rng.choice((1, 2, 3, "=1 + 1", "=unbekannt"))
    if growing.maybe(0.3):
        rules["maxLength"] = growing.rng.choice((2, 4, 8, "=2 * 2"))
    kind = growing.rng.choice(("textfield", "textarea"))
    if kind == "textfield" and growing.maybe(0.3):
        rules["pattern"] = growing.rng.choice(PATTERNS)
    elif kind == "textfield" and growing.maybe(0.2):
        rules["validationType"] = growing.rng.choice(("email", "phone"))
    return {"type": kind, "validate": rules, **({"defaultValue": "abc"} if growing.maybe(0.1) else {})}, "text"


def _number(growing: Growing, name: str, rows: tuple[str, ...]) -> tuple[Drawn, str]:
    rng = growing.rng
    rules: Drawn = {}
    more: Drawn = {}
    others = [written for known, written in _visible(growing, rows) if known.kind == "number"]
    for rule, limits in (("min", (0, 3, "2.5", "=1 + 1", "=unbekannt")), ("max", (5, 50, "99.5", "=10 * 10"))):
        if growing.maybe(0.25):
            rules[rule] = f"={rng.choice(others)}" if others and growing.maybe(0.4) else rng.choice(limits)
    if growing.maybe(0.4):
        more["decimalDigits"] = rng.choice((0, 1, 2))
    if growing.maybe(0.2):
        more["increment"] = rng.choice(("0.25", "0.05", "2", 5))
    as_text = growing.maybe(0.2)
    if not as_text and growing.maybe(0.1):
        more["defaultValue"] = 4
    return {"type": "number", "validate": rules, **more, **({"serializeToString": True} if as_text else {})}, "sum" if as_text else "number"


def _checkbox(growing: Growing, name: str, rows: tuple[str, ...]) -> tuple[Drawn, str]:
    return {"type": "checkbox", **({"defaultValue": True} if growing.maybe(0.1) else {})}, "flag"


def _choice(growing: Growing, name: str, rows: tuple[str, ...]) -> tuple[Drawn, str]:
    kind = growing.rng.choice(("radio", "select", "checklist", "taglist"))
    return {"type": kind, **_options(growing, rows)}, "several" if kind in ("checklist", "taglist") else "choice"


def _options(growing: Growing, rows: tuple[str, ...]) -> Drawn:
    source = growing.rng.random()
    if source < 0.6:
        return {"values": [{"label": value.upper(), "value": value} for value in CHOICES]}
    if source < 0.8:
        growing.variables["wahl"] = [{"label": "A", "value": "a"}, "b", {"value": "c"}, None, {"label": "leer"}]
        return {"valuesKey": "wahl"}
    texts = [written for known, written in _visible(growing, rows) if known.kind == "text"]
    if texts and growing.maybe(0.5):
        return {"valuesExpression": f'=if {growing.rng.choice(texts)} = "x" then ["a", "b"] else ["b", "c"]'}
    return {"valuesExpression": '=for w in ["a", "b", "c"] return {label: upper case(w), value: w}'}


def _moment(growing: Growing, name: str, rows: tuple[str, ...]) -> tuple[Drawn, str]:
    subtype, kind = growing.rng.choice((("date", "date"), ("date", "date"), ("time", "time"), ("datetime", "moment")))
    component: Drawn = {"type": "datetime", "subtype": subtype, "dateLabel": name, "timeLabel": name}
    if subtype != "date":
        component |= {"use24h": growing.maybe(0.7), "timeInterval": growing.rng.choice((1, 5, 15, 60, 7))}
        component["timeSerializingFormat"] = growing.rng.choice(("utc_offset", "utc_normalized", "no_timezone"))
    if growing.maybe(0.2):
        component["disallowPassedDates"] = True
    # A time with a zone the viewer compares on a day of the year 1900; only without one it is what the clock on the wall shows.
    return component, "zoned" if kind == "time" and component["timeSerializingFormat"] != "no_timezone" else kind


def _file(growing: Growing, name: str, rows: tuple[str, ...]) -> tuple[Drawn, str]:
    return {"type": "filepicker"}, "file"


def _expression(growing: Growing, name: str, rows: tuple[str, ...]) -> tuple[Drawn, str]:
    rng, found = growing.rng, _visible(growing, rows)
    compute = {"type": "expression", "computeOn": rng.choice(("change", "change", "presubmit"))}
    lists = [known for known in growing.known if known.kind == "list" and not known.row]
    numbers = [known for known in growing.known if known.kind == "number" and known.row and "." not in known.path]
    if lists and numbers and growing.maybe(0.4):
        number = rng.choice(numbers)
        around = next((known for known in lists if (known.name,) == number.row), None)
        if around is not None:
            return {**compute, "expression": f"=sum({around.path}[item.{number.name} != null].{number.name})"}, "number"
    if not found:
        return {**compute, "expression": "=2 + 2"}, "number"
    if growing.maybe(0.3):
        return {**compute, "expression": f"={_condition(growing, rows)}"}, "flag"
    known, written = rng.choice(found)
    template, kind = rng.choice(VALUES[known.kind])
    return {**compute, "expression": "=" + template.replace("{}", written)}, kind


Maker = Callable[[Growing, str, tuple[str, ...]], tuple[Drawn, str]]
MAKERS: tuple[Maker, ...] = (_text, _text, _number, _number, _checkbox, _choice, _choice, _moment, _file, _expression, _expression)


def _inputs(growing: Growing, component: Drawn, rows: tuple[str, ...]) -> Iterator[Drawn]:
    rng, kind, name = growing.rng, component["type"], component["id"]
    for _ in range(1 if not rows else rng.randint(1, 3)):
        where = {"id": name, "at": _at(growing, rows)}
        if kind in ("textfield", "textarea"):
            yield {"do": "write", **where, "value": rng.choice(TEXTS)}
        elif kind == "number":
            yield {"do": "write", **where, "value": rng.choice(NUMBERS)}
        elif kind == "checkbox":
            yield {"do": "tick", **where}
        elif kind in ("radio", "checklist"):
            yield {"do": "choose", **where, "value": rng.randint(0, 2)}
        elif kind == "select":
            yield {"do": "pick", **where, "value": rng.randint(0, 2)} if growing.maybe(0.8) else {"do": "unpick", **where}
        elif kind == "taglist":
            yield {"do": "tag", **where, "value": rng.randint(0, 2)}
        elif kind == "filepicker":
            yield {"do": "file", **where, "value": ["a.pdf"]}
        else:
            if component["subtype"] != "time":
                yield {"do": "date", **where, "value": rng.choice(DAYS)}
            if component["subtype"] != "date":
                yield {"do": "time", **where, "value": rng.choice(HOURS)}


# ---------------------------------------------------------------- making a failing case small
def shrunk(found: Case, fails: Callable[[Case], bool]) -> Case:
    """Return a smaller case that still fails: components, rules, inputs and variables are left out while it does."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(found):
            try:
                still = fails(candidate)
            except Exception:  # noqa: BLE001  # what breaks otherwise is another fault
                still = False
            if still:
                found, smaller = candidate, True
                break
    return found


def _smaller(found: Case) -> Iterator[Case]:
    for components in _without_one([dict(component) for component in found.components]):
        yield replace(found, components=components)
    for number in range(len(found.actions)):
        yield replace(found, actions=[*found.actions[:number], *found.actions[number + 1 :]])
    for name in found.variables:
        yield replace(found, variables={key: value for key, value in found.variables.items() if key != name})


def _without_one(components: list[Drawn]) -> Iterator[list[Drawn]]:
    for number, component in enumerate(components):
        before, after = components[:number], components[number + 1 :]
        yield [*before, *after]
        if "components" in component:
            yield (
                [*before, *component["components"], *after] if component["type"] == "group" and not component["path"] else [*before, *after]
            )
            for inner in _without_one(component["components"]):
                yield [*before, {**component, "components": inner}, *after]
        for name in (
            "conditional",
            "readonly",
            "disabled",
            "defaultValue",
            "increment",
            "decimalDigits",
            "allowAddRemove",
            "defaultRepetitions",
        ):
            if name in component:
                yield [*before, {key: value for key, value in component.items() if key != name}, *after]
        for rule in component.get("validate", {}):
            yield [*before, {**component, "validate": {key: value for key, value in component["validate"].items() if key != rule}}, *after]


def told(found: Case) -> str:
    """Return the case as text that can be pasted into a test."""
    return json.dumps(
        {"components": found.components, "variables": found.variables, "actions": found.actions}, default=repr, ensure_ascii=False, indent=1
    )
