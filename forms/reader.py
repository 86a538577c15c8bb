"""Read the JSON of a .form file strictly: bounded, no duplicate keys, no NaN; faults are told with the component they are at."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from engine import errors, feel
from forms import model
from forms.model import Component, Condition, Form, Option, Rule

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
MAX_COMPONENTS = 2000
INTERVALS = (1, 5, 10, 15, 30, 60)  # the viewer takes 15 for any other
LIMITS = frozenset({"min", "max", "minLength", "maxLength"})  # the rules that may be FEEL
Fault = Callable[[str, str, str, str], None]


def read(content: bytes) -> Form:
    """Return the form. Raises errors.InvalidInput with every fault."""
    faults: list[str] = []

    def fault(component_id: str, label: str, message: str, remedy: str) -> None:
        faults.append(f"{component_id or 'Formular'}: {message} {remedy}")

    form = parse(content, fault)
    if form is None or faults:
        raise errors.InvalidInput("\n".join(faults))
    return form


def as_far_as_readable(content: bytes) -> Form | None:
    """Return the form, also one that has faults; None where nothing of it can be used."""
    return parse(content, lambda *_: None)


def parse(content: bytes, fault: Fault) -> Form | None:
    """Return the form, telling every fault; None where nothing of it can be used."""
    if len(content) > MAX_BYTES:
        fault("", "", f"Das Formular ist größer als {MAX_BYTES // 1024 // 1024} MB.", "Bitte teilen.")
        return None
    try:
        schema = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=Decimal)
    except (ValueError, RecursionError) as broken:
        fault("", "", f"Die Datei ist kein gültiges JSON: {_german(broken)}", "Bitte im Camunda Modeler öffnen und neu speichern.")
        return None
    if not isinstance(schema, dict) or not isinstance(schema.get("components"), list):
        fault("", "", "Die Datei ist kein Camunda Form.", "Bitte ein im Camunda Modeler erstelltes Formular verwenden.")
        return None
    version = schema.get("schemaVersion", 1)
    if not isinstance(version, int) or version > model.SCHEMA_VERSION:
        fault(
            "",
            "",
            f"Die Schema-Version {version} ist neuer als {model.SCHEMA_VERSION}.",
            "Bitte das Formular für Camunda Modeler 5.50 speichern.",
        )
    if not isinstance(schema.get("id"), str) or not schema["id"]:
        fault("", "", "Das Formular hat keine ID.", "Bitte eine ID vergeben, z. B. kleinbetrag_pruefen.")
    builder = _Builder(fault)
    components = builder.components(schema["components"], (), 0)
    return Form(str(schema.get("id", "")), schema, components)


def _german(broken: Exception) -> str:
    if isinstance(broken, json.JSONDecodeError):
        return f"In Zeile {broken.lineno}, Spalte {broken.colno} steht etwas zu viel, oder es fehlt etwas."
    if isinstance(broken, UnicodeDecodeError):
        return "Sie ist nicht in UTF-8 gespeichert."
    return "Sie ist zu tief verschachtelt." if isinstance(broken, RecursionError) else f"{broken}."


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise ValueError("ein Schlüssel steht zweimal in derselben Zuordnung")
    return built


def _refuse(name: str) -> object:
    raise ValueError(f"{name} ist keine Zahl")


def _count(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else otherwise


class _Builder:
    def __init__(self, fault: Fault) -> None:
        self.tell = fault
        self.count = 0
        self.ids: set[str] = set()

    def components(self, drawn: object, prefix: tuple[str, ...], depth: int) -> tuple[Component, ...]:
        if not isinstance(drawn, list) or depth > MAX_DEPTH:
            self.tell(
                "", "", f"Die Komponenten sind tiefer als {MAX_DEPTH} Ebenen verschachtelt oder keine Liste.", "Bitte flacher aufbauen."
            )
            return ()
        built: list[Component] = []
        for item in drawn:
            self.count += 1
            if not isinstance(item, dict) or self.count > MAX_COMPONENTS:
                self.tell("", "", f"Eine Komponente ist kein Objekt, oder es sind mehr als {MAX_COMPONENTS}.", "Bitte vereinfachen.")
                return tuple(built)
            component = self.component(item, prefix, depth)
            if component is None:
                continue
            built.append(component)
        return tuple(built)

    def component(self, item: Mapping[str, Any], prefix: tuple[str, ...], depth: int) -> Component | None:
        kind, identity = str(item.get("type", "")), str(item.get("id", ""))
        label = str(item.get("label") or item.get("dateLabel") or item.get("timeLabel") or item.get("key") or identity)
        if identity and identity in self.ids:
            self.tell(identity, label, "Die ID kommt zweimal vor.", "Bitte jede ID nur einmal verwenden.")
        self.ids.add(identity)
        if kind in model.REFUSED:
            self.tell(identity, label, f"Die Komponente „{kind}“ ist nicht erlaubt.", model.REFUSED[kind])
            return None
        if kind not in model.KEYED | model.CONTAINERS | model.SHOWN_ONLY:
            self.tell(identity, label, f"Die Komponente „{kind}“ ist unbekannt.", "Bitte eine Komponente von Camunda Forms verwenden.")
            return None
        conditional = item.get("conditional")
        hide = conditional.get("hide") if isinstance(conditional, dict) else None
        path = self.path(item, kind, identity, label, prefix)
        inner = path if kind in model.CONTAINERS else ()
        children: tuple[Component, ...] = ()
        if kind in model.CONTAINERS:
            # Rows of a dynamic list are addressed from the row, so their paths begin anew.
            children = self.components(item.get("components", []), () if kind == "dynamiclist" else inner, depth + 1)
        properties = item.get("properties")
        kept = isinstance(properties, dict) and properties.get("ablage") == "akte"
        validate = item.get("validate")
        rules = {
            name: self.rule(value, identity, label, name) if name in LIMITS else Rule(value, None)
            for name, value in (validate.items() if isinstance(validate, dict) else ())
            if value is not None
        }
        return Component(
            id=identity, type=kind, label=" ".join(label.split()), path=path,
            hide=self.condition(hide, identity, label, "Sichtbarkeit"), readonly=self.condition(item.get("readonly"), identity, label, "readonly"),
            disabled=bool(item.get("disabled")),
            validate=rules, options=self.options(item), options_key=str(item["valuesKey"]) if item.get("valuesKey") else None,
            options_expression=self.feel(item["valuesExpression"], identity, label, "Auswahl") if item.get("valuesExpression") else None,
            expression=self.feel(item["expression"], identity, label, "Ausdruck") if kind == "expression" and item.get("expression") else None,
            subtype=str(item.get("subtype", "")), serialize_to_string=bool(item.get("serializeToString")),
            decimal_digits=item.get("decimalDigits") if isinstance(item.get("decimalDigits"), int) else None, increment=item.get("increment"),
            time_format=str(item.get("timeSerializingFormat", "")), disallow_passed_dates=bool(item.get("disallowPassedDates")),
            default=item.get("defaultValue"), note=kind == "textarea" or (kind == "textfield" and kept), children=children,
            default_rows=_count(item.get("defaultRepetitions"), 1), is_fixed=not item.get("allowAddRemove", True),
            minutes=item["timeInterval"] if item.get("timeInterval") in INTERVALS else 15,
            accept=self.rule(item.get("accept"), identity, label, "accept"), multiple=self.rule(item.get("multiple"), identity, label, "multiple"),
        )  # fmt: skip

    def path(self, item: Mapping[str, Any], kind: str, identity: str, label: str, prefix: tuple[str, ...]) -> tuple[str, ...]:
        text = item.get("key") if kind in model.KEYED else item.get("path")
        if kind in model.KEYED and not text:
            self.tell(identity, label, "Der Komponente fehlt der Schlüssel.", "Bitte „Key“ ausfüllen.")
            return prefix
        if kind == "dynamiclist" and not text:
            self.tell(identity, label, "Der dynamischen Liste fehlt der Pfad.", "Bitte „Path“ ausfüllen.")
        parts = tuple(part for part in str(text or "").split(".") if part)
        for part in parts:
            if not part.replace("_", "a").isalnum() or part.startswith("__"):
                self.tell(identity, label, f"„{part}“ ist kein erlaubter Schlüssel.", "Erlaubt sind Buchstaben, Ziffern und Unterstrich.")
        return prefix + parts

    def options(self, item: Mapping[str, Any]) -> tuple[Option, ...] | None:
        drawn = item.get("values")
        if not isinstance(drawn, list):
            return None
        return tuple(Option(option.get("value"), str(option.get("label", ""))) for option in drawn if isinstance(option, dict))

    def rule(self, value: object, identity: str, label: str, name: str) -> Rule:
        if isinstance(value, str) and value.startswith("="):
            return Rule(None, self.feel(value, identity, label, name))
        return Rule(value, None)

    def condition(self, value: object, identity: str, label: str, where: str) -> Condition:
        if not isinstance(value, str) or not value.startswith("="):
            return Condition(
                constant=where != "Sichtbarkeit" and bool(value)
            )  # a condition must be an expression, to be read-only need not
        return Condition(expression=self.feel(value, identity, label, where))

    def feel(self, text: object, identity: str, label: str, where: str) -> feel.Expression | None:
        try:
            return feel.compile(str(text).strip().removeprefix("="))
        except feel.FeelSyntaxError as broken:
            self.tell(identity, label, f"{where}: {broken}", "Bitte den FEEL-Ausdruck berichtigen.")
            return None
