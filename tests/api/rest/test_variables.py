"""Variables keep their value on the way through Camunda's shapes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import strict_json
from api.rest import variables
from engine import errors, feel

SCALARS = (
    st.none()
    | st.booleans()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=4)
    | st.dates()
    | st.integers(-62_135_596_800 + 10**5, 253_402_300_799 - 10**5).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
    | st.timedeltas(timedelta(-1000), timedelta(1000)).map(lambda d: timedelta(d.days, d.seconds))
    | st.builds(feel.YearsMonths, st.integers(-500, 500))
)


@settings(max_examples=200, deadline=None)
@given(SCALARS)
def test_a_value_comes_back_as_it_went_out(value: object) -> None:
    sent = strict_json.loads(strict_json.dumps(variables.typed(value)))

    assert variables.untyped("x", sent) == value


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers(-(10**30), 10**30).map(Decimal) | st.text('aä"\\\n'), st.lists, max_leaves=20))
def test_lists_travel_as_text_of_json_and_come_back(value: object) -> None:
    sent = variables.typed([value, {"k": value}])

    assert sent["type"] == "Json"
    assert variables.untyped("x", sent) == [value, {"k": value}]


@pytest.mark.parametrize(
    ("value", "type_name", "text"),
    [
        (Decimal("84.50"), "Double", "84.50"),
        (Decimal("12"), "Integer", "12"),
        (Decimal(2**40), "Long", str(2**40)),
        (Decimal(10**30), "Double", "1" + "0" * 30),
        (datetime(2013, 1, 23, 13, 42, 45, tzinfo=UTC), "Date", '"2013-01-23T14:42:45.000+0100"'),
        (date(2026, 7, 1), "Date", '"2026-07-01T00:00:00.000+0200"'),
        (date(1, 1, 1), "Date", '"0001-01-01T00:00:00.000+0000"'),
        (datetime(9999, 12, 31, 23, 30, tzinfo=UTC), "Date", '"9999-12-31T23:30:00.000+0000"'),
        (time(8, 30), "String", '"08:30:00"'),
        ([Decimal("1.10"), date(2026, 7, 1)], "Json", r'"[1.10,\"2026-07-01\"]"'),
        (None, "Null", "null"),
    ],
)
def test_each_type_has_camundas_name_and_spelling(value: object, type_name: str, text: str) -> None:
    made = variables.typed(value)

    assert (made["type"], strict_json.dumps(made["value"])) == (type_name, text)


@pytest.mark.parametrize(
    ("given_one", "value"),
    [
        ({"value": "x"}, "x"),
        ({"value": 7, "type": "integer"}, 7),
        ({"value": Decimal("1.10"), "type": "Double", "valueInfo": {}}, Decimal("1.10")),
        ({"value": "2013-01-23T14:42:45.000+0200", "type": "date"}, datetime(2013, 1, 23, 12, 42, 45, tzinfo=UTC)),
        ({"value": "2013-01-23T14:42:45Z", "type": "Date"}, datetime(2013, 1, 23, 14, 42, 45, tzinfo=UTC)),
        ({"value": "2013-01-23", "type": "Date"}, date(2013, 1, 23)),
        ({"value": '{"a": [1.10]}', "type": "json"}, {"a": [Decimal("1.10")]}),
        ({"value": [1, 2]}, [1, 2]),
        ({"value": None, "type": "null"}, None),
        ({}, None),
    ],
)
def test_what_clients_send_is_understood(given_one: dict[str, object], value: object) -> None:
    assert variables.untyped("x", given_one) == value


@pytest.mark.parametrize(
    "bad",
    [
        "x",
        {"wert": 1},
        {"value": "1", "type": "Integer"},
        {"value": True, "type": "Long"},
        {"value": 2**31, "type": "Integer"},
        {"value": Decimal("1.5"), "type": "Integer"},
        {"value": 1, "type": "Geld"},
        {"value": "QUJD", "type": "Bytes"},
        {"value": "gestern", "type": "Date"},
        {"value": "{", "type": "Json"},
        {"value": 1, "type": 1},
        {"value": "x", "type": "String", "valueInfo": {"feelType": "duration"}},
        {"value": "rO0", "type": "Object", "valueInfo": {"serializationDataFormat": "application/x-java-serialized-object"}},
    ],
)
def test_what_does_not_fit_is_refused_with_the_variables_name(bad: object) -> None:
    with pytest.raises(errors.InvalidInput, match="„betrag“"):
        variables.untyped("betrag", bad)


@pytest.mark.parametrize(
    "text",
    [
        "{", "NaN", '{"a":1,"a":2}', "[" * 41 + "]" * 41, "[" * 100_000, "1e400000", "1" * 5000, r'"\ud800"', r'{"\u0000":1}', "1e-400000",
        b"\xff", "",
    ],
)  # fmt: skip
def test_what_is_no_strict_json_is_unreadable(text: str | bytes) -> None:
    with pytest.raises(strict_json.Unreadable):
        strict_json.loads(text)
