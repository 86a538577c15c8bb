"""Camunda 7's generated form fields (`camunda:formData`), translated into a Camunda Form that our pages show and check."""

from __future__ import annotations

from lxml import etree

from engine import values

CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
SCHEMA_VERSION = 19
LIMITS = {"minlength": "minLength", "maxlength": "maxLength", "min": "min", "max": "max"}
TYPES: dict[str, dict[str, object]] = {
    "string": {"type": "textfield"}, "long": {"type": "number", "decimalDigits": 0}, "boolean": {"type": "checkbox"},
    "date": {"type": "datetime", "subtype": "date"}, "enum": {"type": "select"},
}  # fmt: skip
FORM = "Bitte ein Camunda Form (.form) verwenden."

Problem = tuple[etree._Element, str, str]


def schema(drawn: etree._Element, identity: str) -> tuple[dict[str, object], list[Problem]]:
    """Return the form's JSON and what of the fields cannot be translated, as (element, message, remedy)."""
    problems: list[Problem] = []
    if drawn.get("businessKey"):
        problems.append(
            (drawn, "Ein Formularfeld als Geschäftsschlüssel wird nicht ausgeführt.", "Bitte den Schlüssel beim Start angeben.")
        )
    components = [_component(field, problems) for field in drawn.findall(f"{CAMUNDA}formField")]
    if not components:
        problems.append((drawn, "Die Formularfelder sind leer.", FORM))
    return {"type": "default", "id": identity, "schemaVersion": SCHEMA_VERSION, "components": components}, problems


def _component(field: etree._Element, problems: list[Problem]) -> dict[str, object]:
    name, kind = field.get("id", ""), field.get("type", "")
    shown = f"Das Formularfeld „{name}“"
    if kind not in TYPES:
        problems.append((field, f"{shown} hat den Typ „{kind}“, den es hier nicht gibt.", f"Erlaubt sind {', '.join(TYPES)}. {FORM}"))
    label = "dateLabel" if kind == "date" else "label"
    component: dict[str, object] = {"id": name, "key": name, label: field.get("label") or name, **TYPES.get(kind, TYPES["string"])}
    if kind == "enum":
        component["values"] = [
            {"value": v.get("id", ""), "label": str(v.get("name") or v.get("id", ""))} for v in field.findall(f"{CAMUNDA}value")
        ]
    default = (field.get("defaultValue") or "").strip()
    if default and default not in (f"${{{name}}}", f"#{{{name}}}", f"={name}"):  # the variable of its name fills the field anyway
        component["defaultValue"] = _default(field, kind, default, shown, problems)
    validate: dict[str, object] = {}
    for constraint in field.findall(f"{CAMUNDA}validation/{CAMUNDA}constraint"):
        _constrain(component, validate, constraint, shown, problems)
    return component | ({"validate": validate} if validate else {})


def _default(field: etree._Element, kind: str, text: str, shown: str, problems: list[Problem]) -> object:
    if text.startswith(("${", "#{", "=")) or kind == "date":
        remedy = "Bitte die Variable des Feldes vorher setzen; sie füllt das Feld."
        problems.append((field, f"{shown} hat einen Vorgabewert, der nicht ausgewertet wird.", remedy))
        return None
    if kind == "boolean":
        return text == "true"
    number = values.whole(text)
    if kind == "long" and number is None:
        problems.append((field, f"{shown}: Der Vorgabewert „{text}“ ist keine ganze Zahl.", "Bitte berichtigen."))
    return number if kind == "long" else text


def _constrain(
    component: dict[str, object], validate: dict[str, object], constraint: etree._Element, shown: str, problems: list[Problem]
) -> None:
    name, config = constraint.get("name", ""), (constraint.get("config") or "").strip()
    if name == "required":
        validate["required"] = config != "false"
    elif name == "readonly":
        component["readonly"] = config != "false"
    elif name in LIMITS:
        limit = values.whole(config.removeprefix("-"))
        if limit is None:
            problems.append((constraint, f"{shown}: „{name}“ ist keine ganze Zahl: „{config}“.", "Bitte berichtigen."))
        else:
            validate[LIMITS[name]] = -limit if config.startswith("-") else limit
    else:
        problems.append((constraint, f"{shown} hat die Prüfung „{name}“, die nicht ausgeführt wird.", FORM))
