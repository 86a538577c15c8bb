"""Fields that depend on one another on the server alone; that the browser says the same is tested with the real viewer."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import forms

NOW = datetime(2026, 8, 17, 6, 0, tzinfo=UTC)


def form(*components: dict[str, Any]) -> forms.Form:
    return forms.read(json.dumps({"id": "f", "schemaVersion": 19, "type": "default", "components": components}).encode())


def field(kind: str, name: str, **more: Any) -> dict[str, Any]:
    where = "path" if kind == "dynamiclist" else "key"
    return {"type": kind, "id": name, where: name, "label": name, **more}


def test_a_condition_that_gives_null_hides_unless_the_field_was_seen_and_sent() -> None:
    drawn = form(field("textfield", "t", conditional={"hide": "=unbekannt > 5"}, validate={"required": True}))

    unseen = forms.validate(drawn, {}, {}, now=NOW)
    seen = forms.validate(drawn, {"t": ""}, {}, now=NOW)

    assert (unseen.values, unseen.errors) == ({}, {})
    assert list(seen.errors) == ["t"]


def test_what_is_computed_from_rows_and_in_rows_is_the_servers_whatever_is_sent() -> None:
    rows = field(
        "dynamiclist",
        "l",
        components=[field("number", "n"), field("expression", "e", expression="=this.n * parent.satz + i[1]", computeOn="presubmit")],
    )
    drawn = form(rows, field("expression", "summe", expression="=sum(l.e)"))

    result = forms.validate(drawn, {"l": [{"n": "1.5", "e": 99}, {"n": "2"}], "summe": 7}, {"satz": Decimal(10)}, now=NOW)

    assert result.values == {"l": [{"n": Decimal("1.5"), "e": Decimal(16)}, {"n": Decimal(2), "e": Decimal(22)}], "summe": Decimal(38)}


def test_a_read_only_value_stays_with_its_row_and_none_can_be_made_up() -> None:
    drawn = form(field("dynamiclist", "l", components=[field("textfield", "nr", readonly=True), field("textfield", "t")]))
    given = {"l": [{"nr": "1"}, {"nr": "2"}, {"nr": "3"}]}

    result = forms.validate(drawn, {"l": [{"nr": "2", "t": "b"}, {"nr": "9", "t": "neu"}]}, given, now=NOW)

    assert result.values == {"l": [{"nr": "2", "t": "b"}, {"nr": None, "t": "neu"}]}


def test_the_rows_of_a_fixed_list_cannot_be_left_out() -> None:
    drawn = form(
        field(
            "dynamiclist",
            "l",
            allowAddRemove=False,
            defaultRepetitions=2,
            components=[field("textfield", "t", validate={"required": True})],
        )
    )

    assert sorted(forms.validate(drawn, {"l": [{"t": "a"}]}, {}, now=NOW).errors) == ["t[1]"]
    assert "höchstens 2 Zeilen" in forms.validate(drawn, {"l": [{"t": "a"}] * 3}, {}, now=NOW).errors["l"]


def test_rows_within_rows_have_a_limit_together() -> None:
    drawn = form(field("dynamiclist", "l", components=[field("dynamiclist", "m", components=[field("textfield", "t")])]))

    result = forms.validate(drawn, {"l": [{"m": [{"t": "x"}] * 300}] * 300}, {}, now=NOW)

    assert all("1000 Zeilen im ganzen Formular" in message for message in result.errors.values())
    assert result.errors


def test_a_form_that_never_comes_to_rest_refuses_and_says_so() -> None:
    drawn = form(field("textfield", "t"), field("expression", "a", expression="=if a = 1 then 2 else 1"))

    result = forms.validate(drawn, {"t": "x"}, {}, now=NOW)

    assert result.values == {}
    assert "hängt von sich selbst ab" in result.errors["a"]


def test_a_chosen_date_of_the_case_stays_a_date() -> None:
    choice = field("select", "s", valuesExpression="=for d in tage return {label: string(d), value: d}")

    result = forms.validate(form(choice), {"s": "2026-09-01"}, {"tage": [date(2026, 9, 1)]}, now=NOW)

    assert result.values == {"s": date(2026, 9, 1)}


def test_prefilled_numbers_are_numbers_in_the_browser_and_notes_are_not_shown() -> None:
    drawn = form(field("number", "n"), field("number", "s", serializeToString=True), field("textarea", "t"))
    variables = {
        "n": Decimal("84.50"),
        "s": Decimal("84.50"),
        "t": f"notiz:{UUID(int=1)}",
        "lang": Decimal("12345678901234567.25"),
        "ganz": Decimal("3.00"),
    }

    data = forms.browser_data(forms.prefill(drawn, variables, now=NOW))

    assert data == {"n": 84.5, "s": "84.50", "t": None, "lang": "12345678901234567.25", "ganz": 3}


def test_a_row_in_which_only_a_zero_was_entered_is_kept() -> None:
    drawn = form(field("dynamiclist", "l", components=[field("number", "n"), field("checkbox", "c"), field("textfield", "t")]))

    result = forms.validate(drawn, {"l": [{"n": 0, "c": False, "t": ""}, {"n": None, "c": False, "t": ""}]}, {}, now=NOW)

    assert result.values == {"l": [{"n": Decimal(0), "c": False, "t": None}]}


def test_a_reference_to_a_note_is_the_servers_to_give_and_a_text_that_begins_like_one_is_a_text() -> None:
    drawn = form(field("textarea", "t"))

    forged = forms.validate(drawn, {"t": f" notiz:{UUID(int=1)}"}, {}, now=NOW)
    written = forms.validate(drawn, {"t": "notiz: Rückruf erbeten"}, {}, now=NOW)

    assert list(forged.errors) == ["t"]
    assert written.values == {"t": "notiz: Rückruf erbeten"}


def test_what_is_no_list_is_not_shown_where_several_may_be_chosen() -> None:
    options = [{"label": "A", "value": "a"}]
    drawn = form(field("checklist", "c", values=options), field("taglist", "d", values=options, defaultValue=["a"]))

    data = forms.prefill(drawn, {"c": "a", "d": 7}, now=NOW)

    assert data == {"c": [], "d": ["a"]}
