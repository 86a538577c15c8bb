"""Camunda Forms on the server: what a browser may send, and what it may not."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

import forms
from engine import errors

NOW = datetime(2026, 8, 17, 6, 0, tzinfo=UTC)
DEFINITIONS = sorted((Path(__file__).parents[2] / "forms" / "definitions").glob("*.form"))


def form(*components: dict[str, object]) -> forms.Form:
    drawn = [{"id": f"c{number}", **component} for number, component in enumerate(components)]
    return forms.read(json.dumps({"id": "f", "schemaVersion": 19, "type": "default", "components": drawn}).encode())


def number(**more: object) -> dict[str, object]:
    return {"type": "number", "key": "betrag", "label": "Betrag", "decimalDigits": 2, "serializeToString": True, **more}


def errors_of(component: dict[str, object], value: object, **variables: object) -> dict[str, str]:
    return forms.validate(form(component), {str(component["key"]): value}, variables, now=NOW).errors


@pytest.mark.parametrize(
    ("component", "value", "message"),
    [
        (number(validate={"required": True}), "", "Bitte ausfüllen"),
        (number(), "abc", "Zahl"),
        (number(), "5.005", "Nachkommastellen"),
        (number(validate={"min": 10}), "9.99", "Mindestens 10"),
        (number(validate={"max": "=grenze"}), "100.01", "Höchstens 100"),
        (number(increment="0.5"), "1.25", "Schritten"),
        (number(), True, "Zahl"),
        (number(), {"$ne": 1}, "Zahl"),
        ({"type": "textfield", "key": "t", "label": "Text", "validate": {"maxLength": 3}}, "abcd", "Höchstens 3"),
        ({"type": "textfield", "key": "t", "label": "Text", "validate": {"minLength": 3}}, " ab ", "Mindestens 3"),
        ({"type": "textfield", "key": "t", "label": "Text", "validate": {"pattern": "^[A-Z]{2}\\d+$"}}, "DE1\n", "Schreibweise"),
        ({"type": "textfield", "key": "t", "label": "Mail", "validate": {"validationType": "email"}}, "x@y", "E-Mail"),
        ({"type": "textarea", "key": "t", "label": "Text"}, "a\x00b", "Zeichen"),
        ({"type": "textfield", "key": "t", "label": "Text"}, ["a"], "Text"),
        ({"type": "checkbox", "key": "t", "label": "Haken", "validate": {"required": True}}, False, "ankreuzen"),
        ({"type": "radio", "key": "t", "label": "Wahl", "values": [{"label": "A", "value": "a"}]}, "b", "steht nicht zur Auswahl"),
        ({"type": "checklist", "key": "t", "label": "Wahl", "valuesKey": "liste"}, ["x", "z"], "„z“ steht nicht"),
        ({"type": "select", "key": "t", "label": "Wahl", "valuesExpression": "=for x in liste return {label: x, value: x}"}, "z", "„z“"),
        ({"type": "datetime", "subtype": "date", "key": "t", "dateLabel": "Tag"}, "31.12.2026", "Datum"),
        ({"type": "datetime", "subtype": "date", "key": "t", "dateLabel": "Tag", "disallowPassedDates": True}, "2026-08-16", "vor heute"),
        ({"type": "filepicker", "key": "t", "label": "Datei"}, {"x": 1}, "gehört nicht zu diesem Vorgang"),
    ],
)
def test_a_wrong_value_gets_a_german_message_at_its_field(component: dict[str, object], value: object, message: str) -> None:
    found = errors_of(component, value, grenze=Decimal(100), liste=["x", "y"])

    assert message in found["c0"]


def test_money_stays_exact_and_dates_become_dates() -> None:
    drawn = form(number(), {"type": "datetime", "subtype": "date", "key": "tag", "dateLabel": "Tag", "disallowPassedDates": True})

    result = forms.validate(drawn, {"betrag": "1405.70", "tag": "2026-08-17"}, {}, now=NOW)

    assert result.values == {"betrag": Decimal("1405.70"), "tag": date(2026, 8, 17)}


def test_unknown_hidden_disabled_and_readonly_fields_are_not_taken_from_the_browser() -> None:
    drawn = form(
        {"type": "textfield", "key": "frei", "label": "Frei"},
        {"type": "textfield", "key": "verborgen", "label": "V", "conditional": {"hide": '=frei = "x"'}, "validate": {"required": True}},
        {"type": "textfield", "key": "gesperrt", "label": "G", "disabled": True},
        {"type": "textfield", "key": "fest", "label": "F", "readonly": True},
        {"type": "expression", "key": "doppelt", "label": "D", "expression": "=zahl * 2"},
    )
    sent = {"frei": "x", "verborgen": "y", "gesperrt": "y", "fest": "böse", "doppelt": 99, "limit": 10**9, "__proto__": 1}

    result = forms.validate(drawn, sent, {"fest": "gut", "zahl": Decimal(4), "limit": Decimal(5)}, now=NOW)

    assert result.errors == {}
    assert result.values == {"frei": "x", "fest": "gut", "doppelt": Decimal(8)}


def test_a_dynamic_list_tells_the_row_and_drops_empty_rows() -> None:
    inner = [{"id": "was", "type": "textfield", "key": "was", "label": "Was"}, {"id": "wert", **number(key="wert", label="Wert")}]
    drawn = form({"type": "dynamiclist", "path": "sachen", "label": "Sachen", "components": inner})

    good = forms.validate(drawn, {"sachen": [{"was": "Uhr", "wert": "10"}, {"was": ""}]}, {}, now=NOW)
    bad = forms.validate(drawn, {"sachen": [{"was": "Uhr", "wert": "10"}, {"was": "Ring", "wert": "x"}]}, {}, now=NOW)
    many = forms.validate(drawn, {"sachen": [{}] * 501}, {}, now=NOW)

    assert good.values == {"sachen": [{"was": "Uhr", "wert": Decimal(10)}]}
    assert list(bad.errors) == ["wert[1]"]
    assert "höchstens" in many.errors["c0"]


def test_prefill_gives_variables_defaults_and_context_but_no_note_reference() -> None:
    drawn = form(
        number(),
        {"type": "textarea", "key": "grund", "label": "Grund"},
        {"type": "select", "key": "land", "label": "L", "values": [], "defaultValue": "NW"},
    )

    data = forms.prefill(
        drawn, {"betrag": Decimal("84.50"), "grund": f"notiz:{UUID(int=1)}"}, now=NOW, context={"akte": {"name": "Muster"}}
    )

    assert data["betrag"] == "84.50"
    assert data["land"] == "NW"
    assert data["akte"] == {"name": "Muster"}
    assert data["grund"] is None


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "JSON"),
        (b"[]", "kein Camunda Form"),
        (b'{"id": "f", "id": "g", "components": []}', "zweimal"),
        (b'{"id": "f", "schemaVersion": 99, "components": []}', "neuer"),
        (b'{"components": []}', "keine ID"),
        (b'{"id": "f", "components": [{"type": "html", "id": "h"}]}', "nicht erlaubt"),
        (b'{"id": "f", "components": [{"type": "neu", "id": "h"}]}', "unbekannt"),
        (b'{"id": "f", "components": [{"type": "textfield", "id": "h"}]}', "Schlüssel"),
        (b'{"id": "f", "components": [{"type": "textfield", "id": "h", "key": "a", "conditional": {"hide": "=1 +"}}]}', "unvollst"),
        (b'{"id": "f", "components": [{"type": "textfield", "id": "h", "key": "a", "validate": {"pattern": "(?P<x>a)"}}]}', "Muster"),
        (b'{"id": "f", "components": [{"type": "select", "id": "h", "key": "a"}]}', "keine Werte"),
        (b'{"id": "f", "components": ' + b"[" * 3000 + b"]" * 3000 + b"}", ""),
    ],
)  # fmt: skip
def test_a_broken_form_is_a_finding_with_a_remedy(content: bytes, part: str) -> None:
    findings = forms.check(content, "f.form")

    assert any(part in finding.message and finding.remedy for finding in findings)


def test_a_broken_form_is_refused_when_read() -> None:
    with pytest.raises(errors.InvalidInput, match="keine ID"):
        forms.read(b'{"components": []}')


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_our_own_forms_have_no_findings(path: Path) -> None:
    assert forms.check(path.read_bytes(), path.name) == ()
