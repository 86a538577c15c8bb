"""Texts of a form as German readers expect them; everything else untouched."""

from __future__ import annotations

import forms


def test_amounts_and_dates_in_texts_are_german_and_fields_stay_as_they_are() -> None:
    schema = {
        "type": "default",
        "components": [
            {"type": "text", "text": "offen **{{betrag}} €** seit {{ stand.am }}, {{name}}, {{count(liste)}}, {{fehlt}}"},
            {"type": "group", "components": [{"type": "text", "text": "{{betrag}}"}, {"type": "textfield", "key": "betrag", "label": "{{betrag}}"}]},
        ],
    }  # fmt: skip

    shown = forms.german_schema(schema, {"betrag": "1234567.80", "stand": {"am": "2026-08-17"}, "name": "12.34.56", "liste": []})

    text, group = shown["components"]  # type: ignore[misc]  # a list of two
    assert text["text"] == "offen **1.234.567,80 €** seit 17.08.2026, {{name}}, {{count(liste)}}, {{fehlt}}"
    assert group["components"] == [
        {"type": "text", "text": "1.234.567,80"},
        {"type": "textfield", "key": "betrag", "label": "{{betrag}}"},
    ]
    assert schema["components"][0]["text"].startswith("offen **{{betrag}}")  # type: ignore[index]  # the stored form is not touched
