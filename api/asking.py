"""Ask a person at a terminal for the fields of a form: labels, types, options and limits as the form draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import click

import forms
from engine import documents, feel

LISTS = frozenset({"checklist", "taglist"})
CHOICES = frozenset({"radio", "select"})
NOT_ASKED = frozenset({"expression"})


def ask(form: forms.Form, data: Mapping[str, object], *, errors: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return what the person typed for each visible field, as a browser would send it; `errors` of a first try by component id."""
    answers: dict[str, Any] = {}
    for component in forms.walk(form.components):
        known = {**data, **answers}
        if (
            not component.path
            or len(component.path) > 1
            or component.disabled
            or component.type in NOT_ASKED
            or forms.holds(component.hide, known, now) is True
        ):
            continue
        if forms.holds(component.readonly, known, now) is not False:
            click.echo(f"  {component.label}: {_shown(known.get(component.key))}")
            continue
        if component.id in errors:
            click.secho(f"  {errors[component.id]}", fg="red")
        answers[component.key] = _value(component, known, now)
    return answers


def _value(component: forms.Component, data: Mapping[str, object], now: datetime) -> Any:
    before = data.get(component.key, component.default)
    label = component.label or component.key
    typed: str
    options = _options(component, data, now)
    if component.type in CHOICES | LISTS and options:
        return _chosen(component, label, options, before)
    if component.type == "checkbox":
        typed = click.prompt(f"  {label} (j/n)", default="j" if before is True else "n", type=click.Choice(["j", "n"]), show_choices=False)
        return typed == "j"
    if component.type == "filepicker":
        return _files(component, label, before)
    if component.type == "dynamiclist":
        typed = click.prompt(f"  {label}, Liste wie [{{feld: 1}}]", default="[]", show_default=False)
        return forms.plain(feel.evaluate(typed, {}))
    hint = {"number": " (Zahl)", "datetime": " (JJJJ-MM-TT)" if component.subtype != "time" else " (HH:MM)"}.get(component.type, "")
    typed = click.prompt(f"  {label}{hint}", default=_shown(before), show_default=before not in (None, ""))
    return _typed(component, typed.strip())


def _files(component: forms.Component, label: str, before: object) -> Any:
    """Return chosen files as scenarios write them; nobody chooses real ones here, so each is a small file of its kind."""
    had = [documents.name_of(one) for one in documents.walk(before)]
    several = component.multiple.constant is not False and component.multiple.constant is not None
    hint = "Dateinamen wie bescheid.pdf, mit Komma" if several else "Dateiname wie bescheid.pdf"
    typed = click.prompt(f"  {label} ({hint}; leer: keine)", default=", ".join(had), show_default=bool(had))
    names = [name.strip() for name in typed.split(",") if name.strip()]
    return [f"datei:{name}" for name in names] or None


def _options(component: forms.Component, data: Mapping[str, object], now: datetime) -> Sequence[tuple[object, str]]:
    if component.options is not None:
        return [(option.value, option.label) for option in component.options]
    given: object = None
    if component.options_key:
        given = data.get(component.options_key)
    elif component.options_expression is not None:
        given = component.options_expression.evaluate(data, now=now)
    found = []
    for item in given if isinstance(given, list) else []:
        if isinstance(item, Mapping):
            found.append((item.get("value"), str(item.get("label", item.get("value")))))
        else:
            found.append((item, str(item)))
    return found


def _chosen(component: forms.Component, label: str, options: Sequence[tuple[object, str]], before: object) -> Any:
    click.echo(f"  {label}:")
    for number, (_, name) in enumerate(options, start=1):
        click.echo(f"    {number}) {name}")
    values = [value for value, _ in options]
    several = component.type in LISTS
    preset = [values.index(value) + 1 for value in (before if isinstance(before, list) else [before]) if value in values]
    while True:
        default = ",".join(map(str, preset))
        typed = click.prompt("  Nummern, mit Komma" if several else "  Nummer", default=default, show_default=bool(default))
        numbers = [part.strip() for part in typed.split(",") if part.strip()]
        if all(part.isascii() and part.isdecimal() and 1 <= int(part) <= len(values) for part in numbers) and (
            several or len(numbers) <= 1
        ):
            chosen = [forms.plain(values[int(part) - 1]) for part in numbers]
            return chosen if several else (chosen[0] if chosen else None)
        click.secho(f"  Bitte Nummern von 1 bis {len(values)} angeben.", fg="red")


def _typed(component: forms.Component, typed: str) -> Any:
    if not typed:
        return None if component.type in ("number", "datetime") else ""
    if component.type == "number":
        try:
            return format(Decimal(typed.replace(",", ".")), "f")
        except InvalidOperation:
            return typed  # the form says what is wrong with it
    return typed


def _shown(value: object) -> str:
    return "" if value is None else str(forms.plain(value))
