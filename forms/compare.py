"""What two versions of a form do not have in common, component by component."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from engine import differences
from engine.differences import Detail, Difference, Kind

KINDS = {
    "textfield": "Textfeld", "textarea": "Textbereich", "number": "Zahl", "checkbox": "Ankreuzfeld", "checklist": "Ankreuzliste",
    "radio": "Auswahl", "select": "Auswahlliste", "taglist": "Schlagwortliste", "datetime": "Datum und Zeit", "expression": "Ausdruck",
    "filepicker": "Dateiauswahl", "group": "Gruppe", "dynamiclist": "wachsende Liste", "text": "Text", "image": "Bild", "table": "Tabelle",
    "documentPreview": "Dokumentvorschau", "separator": "Trennlinie", "spacer": "Abstand", "button": "Schaltfläche",
}  # fmt: skip
NAMES = {
    "type": "Art", "key": "Schlüssel", "path": "Pfad", "label": "Beschriftung", "description": "Beschreibung", "text": "Text",
    "defaultValue": "Vorgabe", "required": "Pflicht", "minLength": "Mindestlänge", "maxLength": "Höchstlänge", "min": "Mindestens",
    "max": "Höchstens", "pattern": "Muster", "validationType": "Art der Prüfung", "hide": "verborgen, wenn", "readonly": "nur lesbar",
    "disabled": "gesperrt", "values": "Auswahlwerte", "valuesKey": "Auswahl aus", "valuesExpression": "Auswahl aus Ausdruck",
    "expression": "Ausdruck", "computeOn": "berechnet", "decimalDigits": "Nachkommastellen", "increment": "Schritt",
    "subtype": "Unterart", "properties": "Eigenschaft", "prefixAdorner": "davor", "suffixAdorner": "dahinter", "around": "liegt in",
    "layout": "Anordnung", "validate": "Prüfung", "appearance": "Darstellung", "conditional": "Bedingung", "columns": "Spalten",
}  # fmt: skip
SILENT = frozenset({"components", "id"})
PLACE = frozenset({"Anordnung"})


def compare(before: bytes, after: bytes) -> tuple[Difference, ...]:
    """Return the differences of two readable .form files: components added, removed, changed, or only put elsewhere."""
    one, other = _components(before), _components(after)
    found: list[Difference] = []
    for key, facts in other.items():
        if key not in one:
            found.append(_difference("added", key, facts, differences.details({}, facts)))
            continue
        details = differences.details(one[key], facts)
        if details and all(detail.name.split(":")[0] in PLACE for detail in details):
            found.append(_difference("moved", key, facts, ()))
        elif details:
            found.append(_difference("changed", key, facts, details))
    found += [_difference("removed", key, facts, differences.details(facts, {})) for key, facts in one.items() if key not in other]
    told = {difference.id for difference in found}
    ranks = [[key for key in side if key in one and key in other] for side in (one, other)]
    moved = [key for number, key in enumerate(ranks[1]) if ranks[0][number] != key and key not in told]
    return (*found, *(_difference("moved", key, other[key], ()) for key in moved))


def _difference(kind: Kind, key: str, facts: Mapping[str, str], details: tuple[Detail, ...]) -> Difference:
    label = facts.get("Beschriftung") or facts.get("Text", "")[:80]
    return Difference(kind, facts.get("Schlüssel") or key, facts.get("Art", ""), label, details)


def _components(content: bytes) -> dict[str, dict[str, str]]:
    """Return component id -> German name -> text, in the order of the form, with those inside groups and lists."""
    found: dict[str, dict[str, str]] = {}

    def add(components: object, around: str) -> None:
        for number, component in enumerate(components if isinstance(components, list) else []):
            if not isinstance(component, dict):
                continue
            key = str(component.get("id") or component.get("key") or f"{around}.{number}")
            facts = dict(_facts(component)) | ({NAMES["around"]: around} if around else {})
            facts["Art"] = KINDS.get(str(component.get("type")), str(component.get("type")))
            found[key] = facts
            add(component.get("components"), str(component.get("label") or key))

    drawn = json.loads(content)
    add(drawn.get("components") if isinstance(drawn, dict) else None, "")
    return found


def _facts(component: Mapping[str, object], around: str = "") -> Iterator[tuple[str, str]]:
    for key, value in component.items():
        if key in SILENT or value is None:
            continue
        name = f"{around}: {NAMES.get(key, key)}" if around else NAMES.get(key, key)
        if isinstance(value, dict):
            yield from _facts(value, "" if key == "validate" else name)
        elif isinstance(value, list):
            yield name, ", ".join(_option(item) for item in value)
        else:
            yield name, {"True": "ja", "False": "nein"}.get(str(value), str(value))


def _option(item: object) -> str:
    if isinstance(item, dict) and "value" in item:
        return f"{item.get('label', '')} ({item['value']})"
    return json.dumps(item, ensure_ascii=False) if isinstance(item, dict | list) else str(item)
