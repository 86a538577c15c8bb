"""Two versions of a form are compared component by component, in a designer's words."""

from __future__ import annotations

import json

from api import model_files
from forms import compare


def form(*components: dict[str, object]) -> bytes:
    return json.dumps({"id": "f", "type": "default", "components": list(components)}).encode()


NAME = {"id": "c1", "type": "textfield", "key": "name", "label": "Name", "validate": {"required": True}}
DAY = {"id": "c2", "type": "datetime", "key": "tag", "label": "Tag", "subtype": "date"}


def told(before: bytes, after: bytes) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    return [(one.kind, one.id, [(d.name, d.before, d.after) for d in one.details]) for one in compare.compare(before, after)]


def test_components_added_removed_and_changed_are_told_with_what_they_say() -> None:
    longer = NAME | {"label": "Voller Name", "validate": {"maxLength": 40}}

    assert told(form(NAME, DAY), form(NAME, DAY)) == []
    assert [(kind, key) for kind, key, _ in told(form(NAME), form(NAME, DAY))] == [("added", "tag")]
    assert [(kind, key) for kind, key, _ in told(form(NAME, DAY), form(NAME))] == [("removed", "tag")]
    assert told(form(NAME), form(longer)) == [
        ("changed", "name", [("Beschriftung", "Name", "Voller Name"), ("Höchstlänge", "", "40"), ("Pflicht", "ja", "")])
    ]


def test_another_order_another_row_and_another_group_are_told_apart() -> None:
    group = {"id": "g", "type": "group", "label": "Angaben", "components": [NAME]}

    assert {kind for kind, *_ in told(form(NAME, DAY), form(DAY, NAME))} == {"moved"}
    assert [kind for kind, *_ in told(form(NAME | {"layout": {"row": "r1"}}), form(NAME | {"layout": {"row": "r2"}}))] == ["moved"]
    assert ("changed", "name", [("liegt in", "", "Angaben")]) in told(form(NAME), form(group))


def test_options_are_shown_with_label_and_value() -> None:
    def choice(*labels: str) -> bytes:
        return form({"id": "c", "type": "radio", "key": "k", "values": [{"label": label, "value": label.lower()} for label in labels]})

    assert told(choice("Ja"), choice("Ja", "Nein")) == [("changed", "k", [("Auswahlwerte", "Ja (ja)", "Ja (ja), Nein (nein)")])]


def test_each_of_our_forms_is_equal_to_itself() -> None:
    for name, content in model_files.own().items():
        if name.endswith(".form"):
            assert compare.compare(content, content) == (), name
