"""Check a submission against its form, as the browser should have: types, limits, options, conditions; then some more.

Hidden fields are dropped, read-only and computed ones are taken from the server, unknown keys vanish. Numbers stay exact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from engine import feel
from forms import model, patterns
from forms.model import Component, Form, Rule

BERLIN = ZoneInfo("Europe/Berlin")
EMAIL = re.compile(r"[^@\s\"<>()]{1,64}@[^@\s\"<>()]{1,190}\.[A-Za-z]{2,24}")
PHONE = re.compile(r"\+?[0-9][0-9 ()/.\-]{4,24}")
NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,10})?")
MAX_TEXT = 20_000
MAX_ROWS = 500
MAX_DIGITS = 15
YEARS = range(1900, 2200)
CHOICES = frozenset({"radio", "select", "checklist", "taglist"})
NOTE = re.compile(r"notiz:[0-9a-fA-F-]{36}")


@dataclass(frozen=True, slots=True)
class Result:
    """values: checked, by top-level name. errors: German message per field id; in a dynamic list `id[row]`."""

    values: dict[str, object]
    errors: dict[str, str]

    @property
    def is_valid(self) -> bool:
        return not self.errors


@dataclass
class _Run:
    now: datetime
    base: Mapping[str, object]
    errors: dict[str, str] = field(default_factory=dict)


def validate(
    form: Form,
    submitted: Mapping[str, object],
    variables: Mapping[str, object],
    *,
    now: datetime,
    context: Mapping[str, object] | None = None,
) -> Result:
    """Return the checked values of a submission, or one message per field.

    submitted: JSON data of the browser. variables, context: what the form was prefilled with, for conditions and read-only fields.
    """
    run = _Run(now, {**(context or {}), **variables})
    values: dict[str, object] = {}
    _scope(run, form.components, submitted if isinstance(submitted, Mapping) else {}, values, "", {})
    return Result(values, run.errors)


def _scope(
    run: _Run,
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
            value, problem = _typed(component, _at(given, component.path))
            _put(typed, component.path, value)
            if problem:
                problems[component.id] = problem
    seen = _settled(run, components, flat, {**run.base, **outer}, typed)
    for component in components:
        _component(run, component, given, values, suffix, seen, problems, outer)


def _settled(
    run: _Run, components: tuple[Component, ...], flat: list[Component], known: Mapping[str, object], typed: Mapping[str, object]
) -> dict[str, object]:
    """Return what conditions and limits may see: what was typed, but the server's value for whatever the browser may not set.

    A hidden, disabled or read-only field must not move a limit; hiding one field may show or hide others, so this is repeated
    until nothing changes, at most once per field.
    """
    seen = _merged(known, typed)
    for _ in range(len(flat) + 1):
        settled = _merged(known, typed)
        hidden = {component.id for top in components for component in _hidden(run, top, seen, False)}
        for component in flat:
            if component.type not in model.KEYED:
                continue
            if component.type == "expression":
                _put(settled, component.path, _evaluate(run, component.expression, settled))
            elif component.id in hidden:
                _put(settled, component.path, None)
            elif component.disabled or component.readonly.constant is True or _is_true(run, component.readonly.expression, seen):
                _put(settled, component.path, _at(known, component.path))
        if settled == seen:
            break
        seen = settled
    return seen


def _hidden(run: _Run, component: Component, seen: Mapping[str, object], above: bool) -> list[Component]:
    """Return the component, if it is hidden, and what is hidden in it; rows of dynamic lists are not entered."""
    hidden = above or _is_true(run, component.hide, seen)
    found = [component] if hidden else []
    if component.type == "group":
        for child in component.children:
            found += _hidden(run, child, seen, hidden)
    return found


def _merged(known: Mapping[str, object], typed: Mapping[str, object]) -> dict[str, object]:
    """Return `known` with `typed` over it; contexts are merged, never changed in place."""
    both = dict(known)
    for name, value in typed.items():
        below = both.get(name)
        both[name] = _merged(below, value) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return both


def _component(
    run: _Run, component: Component, given: Mapping[str, object], values: dict[str, object], suffix: str, seen: Mapping[str, object],
    problems: Mapping[str, str], outer: Mapping[str, object],
) -> None:  # fmt: skip
    if _is_true(run, component.hide, seen):
        return
    if component.type == "group":
        for child in component.children:
            _component(run, child, given, values, suffix, seen, problems, outer)
    elif component.type == "dynamiclist":
        _rows(run, component, given, values, suffix, seen)
    elif component.type in model.KEYED:
        _field(run, component, values, suffix, seen, problems)


def _field(
    run: _Run, component: Component, values: dict[str, object], suffix: str, seen: Mapping[str, object], problems: Mapping[str, str]
) -> None:
    if component.disabled:
        return
    if component.type == "expression":
        _put(values, component.path, _evaluate(run, component.expression, seen))
        return
    if component.readonly.constant is True or _is_true(run, component.readonly.expression, seen):
        _put(values, component.path, _at(run.base, component.path))
        return
    value = _at(seen, component.path)
    problem = problems.get(component.id) or _rules(run, component, value, seen)
    if problem:
        run.errors[component.id + suffix] = problem
    else:
        _put(values, component.path, _as_offered(component, value, seen, run.now))


def _rows(
    run: _Run, component: Component, given: Mapping[str, object], values: dict[str, object], suffix: str, seen: Mapping[str, object]
) -> None:
    rows = _at(given, component.path)
    if rows is None:
        rows = []
    most = MAX_ROWS if component.maximum_rows is None else max(component.maximum_rows, _length(_at(run.base, component.path)))
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
    _put(values, component.path, checked)


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0


# ---------------------------------------------------------------- types
def _typed(component: Component, raw: object) -> tuple[object, str | None]:
    """Return (value in its Python type, message where it is none). An empty field is None, [] or False."""
    kind, label = component.type, component.label
    if kind == "checkbox":
        return (raw, None) if isinstance(raw, bool) else (False, None if raw in (None, "") else f"„{label}“: Erwartet wird ja oder nein.")
    if kind in ("checklist", "taglist"):
        if raw in (None, ""):
            return [], None
        if not isinstance(raw, list) or len(raw) > MAX_ROWS or not all(isinstance(item, str | int | bool) for item in raw):
            return [], f"„{label}“: Die Auswahl ist nicht lesbar."
        return list(dict.fromkeys(raw)), None
    if kind == "filepicker":
        return (
            (raw, None) if raw is None or (isinstance(raw, str) and len(raw) < 200) else (None, f"„{label}“: Die Datei ist nicht lesbar.")
        )
    if raw is None or raw == "":
        return None, None
    if kind == "number":
        return _number(component, raw)
    if kind == "datetime":
        return _moment(component, raw)
    if kind in ("radio", "select"):
        if isinstance(raw, str | bool | int | Decimal):
            return raw, None
        return None, f"„{label}“: Die Auswahl ist nicht lesbar."
    if not isinstance(raw, str):
        return None, f"„{label}“: Erwartet wird ein Text."
    if len(raw) > MAX_TEXT:
        return None, f"„{label}“: Der Text ist länger als {MAX_TEXT} Zeichen."
    if "\x00" in raw or any("\ud800" <= character <= "\udfff" for character in raw):
        return None, f"„{label}“: Der Text enthält Zeichen, die nicht gespeichert werden können."
    if component.note and NOTE.fullmatch(raw.strip()):  # a reference is the server's to give
        return None, f"„{label}“: Bitte einen Text eingeben."
    return raw.replace("\r\n", "\n"), None


def _number(component: Component, raw: object) -> tuple[object, str | None]:
    problem = f"„{component.label}“: Erwartet wird eine Zahl, z. B. 120 oder 84.50."
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal | float):
        return None, problem
    if not isinstance(raw, str) and not -(10**MAX_DIGITS) < raw < 10**MAX_DIGITS:
        return None, problem
    # A JSON number was read from its decimal text; a float can only come from Python callers and is written out.
    text = str(raw).strip().replace(",", ".") if isinstance(raw, str) else format(Decimal(str(raw)), "f")
    if not NUMBER.fullmatch(text):
        return None, problem
    try:
        return Decimal(text), None
    except InvalidOperation:
        return None, problem


def _moment(component: Component, raw: object) -> tuple[object, str | None]:
    problem = (
        f"„{component.label}“: Erwartet wird ein Datum."
        if component.subtype == "date"
        else f"„{component.label}“: Erwartet wird ein Zeitpunkt."
    )
    try:
        value = _read_moment(component.subtype, raw) if isinstance(raw, str) else raw
    except ValueError:
        return None, problem
    if isinstance(value, date) and value.year not in YEARS:
        return None, f"„{component.label}“: Das Jahr muss zwischen {YEARS.start} und {YEARS.stop - 1} liegen."
    return (value, None) if isinstance(value, date | time) else (None, problem)


def _read_moment(subtype: str, text: str) -> date | time:
    """Return the value of a date, time or instant as form-js serialises it. Raises ValueError."""
    if len(text) > 40:
        raise ValueError(text[:40])
    if subtype == "date":
        return date.fromisoformat(text)
    if subtype == "time":
        return time.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)


# ---------------------------------------------------------------- rules
def _rules(run: _Run, component: Component, value: object, seen: Mapping[str, object]) -> str | None:
    label = f"„{component.label}“"
    empty = value is None or value in ("", []) or value is False or (isinstance(value, str) and not value.strip())
    if _constant(run, component, "required", seen) is True and empty:
        return f"{label}: Bitte ankreuzen." if component.type == "checkbox" else f"{label}: Bitte ausfüllen."
    if empty:
        return None
    if component.type == "number" and isinstance(value, Decimal):
        return _number_rules(run, component, value, seen, label)
    if component.type in ("textfield", "textarea") and isinstance(value, str):
        return _text_rules(run, component, value, seen, label)
    if component.type == "datetime":
        return _date_rules(run, component, value, label)
    if component.type in CHOICES:
        return _option_rules(run, component, value, seen, label)
    return None


def _number_rules(run: _Run, component: Component, value: Decimal, seen: Mapping[str, object], label: str) -> str | None:
    exponent = value.normalize().as_tuple().exponent
    digits = component.decimal_digits
    if digits is not None and isinstance(exponent, int) and -exponent > digits:
        return f"{label}: Höchstens {digits} Nachkommastellen." if digits else f"{label}: Bitte eine ganze Zahl angeben."
    low, high = _limit(run, component, "min", seen), _limit(run, component, "max", seen)
    if low is not None and value < low:
        return f"{label}: Mindestens {_german(low, digits)}."
    if high is not None and value > high:
        return f"{label}: Höchstens {_german(high, digits)}."
    step = _decimal(component.increment)
    if step and value % step:
        return f"{label}: Bitte in Schritten von {_german(step)} angeben."
    return None


def _text_rules(run: _Run, component: Component, value: str, seen: Mapping[str, object], label: str) -> str | None:
    length = len(value.strip())
    shortest, longest = _limit(run, component, "minLength", seen), _limit(run, component, "maxLength", seen)
    if shortest is not None and length < shortest:
        return f"{label}: Mindestens {shortest} Zeichen."
    if longest is not None and length > longest:
        return f"{label}: Höchstens {longest} Zeichen, es sind {length}."
    pattern = _constant(run, component, "pattern", seen)
    if isinstance(pattern, str) and pattern and not patterns.matches(pattern, value):
        told = _constant(run, component, "patternErrorMessage", seen)
        return f"{label}: {told}" if isinstance(told, str) and told else f"{label}: Die Schreibweise stimmt nicht."
    kind = _constant(run, component, "validationType", seen)
    if kind == "email" and not EMAIL.fullmatch(value.strip()):
        return f"{label}: Bitte eine E-Mail-Adresse angeben, z. B. name@example.org."
    if kind == "phone" and not PHONE.fullmatch(value.strip()):
        return f"{label}: Bitte eine Telefonnummer angeben, z. B. +49 5231 9770."
    return None


def _date_rules(run: _Run, component: Component, value: object, label: str) -> str | None:
    if not component.disallow_passed_dates or isinstance(value, time):
        return None
    today = run.now.astimezone(BERLIN).date()
    day = value.astimezone(BERLIN).date() if isinstance(value, datetime) else value
    return f"{label}: Das Datum darf nicht vor heute ({today:%d.%m.%Y}) liegen." if isinstance(day, date) and day < today else None


def _option_rules(run: _Run, component: Component, value: object, seen: Mapping[str, object], label: str) -> str | None:
    allowed = options_of(component, seen, run.now)
    chosen = value if isinstance(value, list) else [value]
    for item in chosen:
        if not any(_same(item, option) for option in allowed):
            return f"{label}: „{str(item)[:40]}“ steht nicht zur Auswahl."
    return None


def options_of(component: Component, variables: Mapping[str, object], now: datetime) -> list[object]:
    """Return the values that may be chosen."""
    if component.options_expression is not None:
        try:
            found = component.options_expression.evaluate(variables, now=now)
        except feel.FeelError:
            return []
    elif component.options_key is not None:
        found = variables.get(component.options_key)
    else:
        return [option.value for option in component.options or ()]
    if not isinstance(found, list):
        return []
    return [item.get("value") if isinstance(item, Mapping) else item for item in found]


def _as_offered(component: Component, value: object, seen: Mapping[str, object], now: datetime) -> object:
    """Return a choice as the server offers it: the number or date itself, not the text that the browser made of it."""
    if component.type not in CHOICES or value in (None, []):
        return value
    offered = options_of(component, seen, now)

    def original(item: object) -> object:
        return next(option for option in offered if _same(item, option))

    return [original(item) for item in value] if isinstance(value, list) else original(value)


def _same(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other or (isinstance(one, str) and other is not None and str(other) == one)


# ---------------------------------------------------------------- small things
def _constant(run: _Run, component: Component, name: str, seen: Mapping[str, object]) -> object:
    rule: Rule | None = component.validate.get(name)
    if rule is None:
        return None
    return _evaluate(run, rule.expression, seen) if rule.expression is not None else rule.constant


def _limit(run: _Run, component: Component, name: str, seen: Mapping[str, object]) -> Decimal | None:
    return _decimal(_constant(run, component, name, seen))


def _decimal(value: object) -> Decimal | None:
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _german(number: Decimal, digits: int | None = None) -> str:
    """Return a number as people write it, amounts with all their decimals: 490,00."""
    text = feel.number_text(number)
    if digits and digits <= 10 and number != number.to_integral_value():
        text = format(number, f".{max(digits, -int(number.as_tuple().exponent))}f")
    return text.replace(".", ",")


def _evaluate(run: _Run, expression: feel.Expression | None, variables: Mapping[str, object]) -> object:
    if expression is None:
        return None
    try:
        return expression.evaluate(variables, now=run.now)
    except feel.FeelError:
        return None


def _is_true(run: _Run, expression: feel.Expression | None, variables: Mapping[str, object]) -> bool:
    return _evaluate(run, expression, variables) is True


def _at(data: Mapping[str, object], path: tuple[str, ...]) -> object:
    current: object = data
    for part in path:
        if not isinstance(current, Mapping):
            return None
        current = current.get(part)
    return current


def _put(data: dict[str, object], path: tuple[str, ...], value: object) -> None:
    current = data
    for part in path[:-1]:
        below = current.get(part)
        inner: dict[str, object] = dict(below) if isinstance(below, Mapping) else {}
        current[part] = inner
        current = inner
    current[path[-1]] = value
