"""Process variables keep value and type through JSON and MessagePack; what cannot be stored is refused where it enters."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import errors, feel, values

BERLIN = ZoneInfo("Europe/Berlin")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=4),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, UTC, BERLIN, timezone(timedelta(hours=5, minutes=30))])).filter(lambda d: not d.fold),
    st.times().map(lambda t: t.replace(fold=0)),
    st.timedeltas(),
    st.integers(-5000, 5000).map(feel.YearsMonths),
)
NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=20).filter(
    lambda n: not n.startswith(("@", "__"))
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_values_come_back_the_same_from_messagepack_and_from_json(variables: dict[str, object]) -> None:
    checked = values.check(variables)

    assert values.unpack(values.pack(checked)) == checked
    assert values.from_json(values.to_json(checked)) == checked
    assert values.from_jsonable(values.jsonable(checked)) == checked
    assert values.to_json(values.unpack(values.pack(checked))) == values.to_json(checked)


def test_amounts_keep_their_cents_and_integers_become_exact_numbers() -> None:
    checked = values.check({"betrag": Decimal("84.50"), "anzahl": 3, "gross": Decimal("1E+3")})

    assert values.to_json(checked) == '{"anzahl":{"@zahl":"3"},"betrag":{"@zahl":"84.50"},"gross":{"@zahl":"1000"}}'
    assert str(checked["gross"]) == "1000"


def test_a_datetime_without_a_zone_stays_one_and_one_with_a_zone_keeps_it() -> None:
    checked = values.check({"ohne": datetime(2026, 8, 17, 8), "mit": datetime(2026, 8, 17, 8, tzinfo=BERLIN), "um": time(8, 30)})  # noqa: DTZ001

    back = values.unpack(values.pack(checked))
    assert back["ohne"].tzinfo is None
    assert back["mit"].tzinfo.key == "Europe/Berlin"
    assert back["um"] == time(8, 30)


@pytest.mark.parametrize(
    "number",
    [Decimal("1E+5000000"), Decimal("1E-5000000"), Decimal("0E+5000000"), Decimal("1E+101"), Decimal("1E-101"), 10**400, -(10**400)],
)
def test_a_number_with_a_huge_exponent_is_refused_and_not_written_out(number: object) -> None:
    with pytest.raises(errors.InvalidInput, match="zu groß oder zu genau"):
        values.check({"x": number})


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")])
def test_what_is_no_finite_number_is_refused(number: Decimal) -> None:
    with pytest.raises(errors.InvalidInput, match="keine endliche Zahl"):
        values.check({"x": [number]})


@pytest.mark.parametrize("name", ["", "a\x00b", "a\ud800", "\udfff", "@zahl", "__class__", "x" * 201, 5, None])
def test_a_name_that_cannot_be_stored_is_refused(name: object) -> None:
    with pytest.raises(errors.InvalidInput, match="Variablenname"):
        values.check({name: 1})  # type: ignore[dict-item]  # what comes from outside


@pytest.mark.parametrize("key", ["a\x00b", "a\ud800", "@datum", "x" * 201, 5])
def test_a_key_inside_a_value_that_cannot_be_stored_is_refused(key: object) -> None:
    with pytest.raises(errors.InvalidInput, match="Schlüssel"):
        values.check({"x": [{key: 1}]})


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1.5, "Gleitkommazahl"),
        ("a\x00", "Zeichen"),
        ("\ud834", "Zeichen"),
        ("ä" * 40_000, "länger als 64 KB"),
        (object(), "Typ object"),
        ({1, 2}, "Typ set"),
        ([0] * 100_001, "mehr als 100000 Werte"),
    ],
)
def test_what_is_no_value_is_refused_with_its_path(value: object, told: str) -> None:
    with pytest.raises(errors.InvalidInput, match=told):
        values.check({"x": {"y": value}})


def test_values_nested_too_deep_are_refused() -> None:
    nested: object = 1
    for _ in range(40):
        nested = [nested]

    with pytest.raises(errors.InvalidInput, match="tiefer als 32"):
        values.check({"x": nested})


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5), (Decimal("7"), 7), (Decimal("1E+2"), 100), (Decimal("3.0"), 3), (" 12 ", 12), ("0", 0),
        ("²", None), ("1.5", None), (Decimal("1.5"), None), (-1, None), (True, None), (None, None), ("9" * 5000, None), (10**9, None),
        (Decimal("NaN"), None), ([1], None), (date(2026, 1, 1), None),
    ],
)  # fmt: skip
def test_a_whole_number_is_read_from_values_and_texts_alike(value: object, number: int | None) -> None:
    assert values.whole(value) == number


def test_an_unshared_value_has_lists_and_dicts_of_its_own() -> None:
    one: dict[str, object] = {"liste": [{"a": 1}], "text": "x"}

    other = values.unshared(one)
    other["liste"][0]["a"] = 2

    assert one == {"liste": [{"a": 1}], "text": "x"}
