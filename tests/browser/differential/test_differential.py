"""The same form, the same inputs: the viewer in Chromium and the server come to the same verdict and the same data.

Where they mean to differ the reason stands in `compare.LISTED` and in the cases of DIFFERENT. More random forms, from a seed up to another:
FORM_SEEDS=1000:4000 pytest tests/browser/differential
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Error

import forms
from engine import feel
from forms import expression_checks, patterns
from tests.browser.differential import cases_conditions, cases_fields, cases_lists, compare, generator, viewer
from tests.browser.differential.compare import LISTED, NOW, Case
from tests.browser.differential.drawing import do, drawn, number, one, options, text, typed, write
from tests.browser.differential.viewer import Viewer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("viewer")]
BERLIN = ZoneInfo("Europe/Berlin")
ROOT = Path(__file__).parents[3]
FIRST, _, LAST = os.environ.get("FORM_SEEDS", "0:320").partition(":")
SEEDS = range(int(FIRST), int(LAST))
CHUNK = 40
TABLE = {**cases_fields.CASES, **cases_conditions.CASES, **cases_lists.CASES}
# What the server says or keeps, where it is stricter than the browser on purpose.
DIFFERENT: dict[str, tuple[Case, str]] = {
    "only spaces where something is required": (typed(text("t", validate={"required": True}), "   "), LISTED["blank"]),
    "a day of the case that has passed": (
        one(drawn("datetime", "d", subtype="date", disallowPassedDates=True, validate={"required": True}), d=date(2026, 8, 16)),
        LISTED["passed"],
    ),
    "a time of the case beside the interval": (
        one(drawn("datetime", "d", subtype="datetime", timeSerializingFormat="utc_offset"), d=datetime(2026, 9, 1, 8, 20, tzinfo=BERLIN)),
        LISTED["interval"],
    ),
    "an address without a dot": (typed(text("t", validate={"validationType": "email"}), "amt@detmold"), LISTED["dot"]),
    "typed, then locked by another field": (
        Case([text("schalter"), text("t", readonly='=schalter = "x"')], {"t": "alt"}, [write("t", "neu"), write("schalter", "x")]),
        LISTED["locked"],
    ),
}


@pytest.fixture(scope="module")
def shown(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    page = viewer.opened(chromium, tmp_path_factory.mktemp("viewer"), NOW)
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield Viewer(page)
    page.context.close()
    assert not faults


@pytest.mark.parametrize("name", TABLE)
def test_both_agree_on_the_tricky_ones(name: str, shown: Viewer) -> None:
    outcome = compare.judge(shown, TABLE[name])

    assert outcome.differences == ()
    assert (outcome.listed, outcome.excused, outcome.seen.faults) == ((), "", ())


@pytest.mark.parametrize("name", DIFFERENT)
def test_where_they_differ_the_server_is_stricter_and_there_is_a_reason(name: str, shown: Viewer) -> None:
    case, reason = DIFFERENT[name]

    outcome = compare.judge(shown, case)

    assert (outcome.differences, outcome.listed) == ((), (reason,))


@pytest.mark.parametrize("first", range(SEEDS.start, SEEDS.stop, CHUNK))
def test_both_agree_on_random_forms(first: int, shown: Viewer) -> None:
    told: Counter[str] = Counter()

    for seed in range(first, min(first + CHUNK, SEEDS.stop)):
        case = generator.case(seed)
        outcome = compare.judge(shown, case)
        told.update(["forms", *(["excused"] if outcome.excused else []), *(["with errors"] if outcome.result.errors else [])])
        if outcome.differences and not outcome.excused:
            small = generator.shrunk(case, lambda smaller: _differs(shown, smaller))
            pytest.fail(f"seed {seed}: {compare.judge(shown, small).differences}\n{generator.told(small)}")

    assert told["excused"] < told["forms"] / 4  # else the rest proves little
    assert told["with errors"] > told["forms"] / 10


def _differs(shown: Viewer, case: Case) -> bool:
    outcome = compare.judge(shown, case)
    return bool(outcome.differences) and not outcome.excused


def test_what_a_person_types_key_by_key_is_what_the_server_reads(shown: Viewer) -> None:
    case = Case(
        [
            text("name", validate={"required": True}), number("betrag", decimalDigits=2, serializeToString=True, validate={"min": 1}),
            drawn("checkbox", "ja"), drawn("radio", "wahl", values=options("a", "b")), drawn("textarea", "grund"),
            drawn("datetime", "tag", subtype="date"), drawn("select", "land", values=options("nw", "he"), searchable=True),
            drawn("expression", "doppelt", expression="=number(betrag) * 2"),
        ]
    )  # fmt: skip
    page = shown.page
    schema = forms.browser_data(case.form.schema)
    assert isinstance(schema, dict)
    shown.show(schema, {})

    def field(name: str) -> str:
        return f'[id$="-{name}"]'

    page.locator(field("name")).press_sequentially("Müller-Lüdenscheid 😀")
    page.locator(field("betrag")).press_sequentially("1a.2,34567")  # letters, a second point and a third decimal are not taken
    page.locator(field("betrag")).press("ArrowUp")
    page.locator(field("ja")).press("Space")
    page.locator(field("wahl-1")).check()
    page.locator(field("grund")).press_sequentially("eins\nzwei")
    page.locator(field("tag-date")).press_sequentially("1.9.2026")
    page.locator(field("tag-date")).press("Tab")
    page.locator(field("land")).press_sequentially("Option 1")
    page.locator(".fjs-dropdownlist-item.focused", has_text="Option 1").wait_for()
    page.locator(field("land")).press("Enter")
    outcome = compare.compared(case.form, case, shown.submitted())

    assert outcome.differences == ()
    assert {name: str(value) for name, value in outcome.result.values.items()} == {
        "name": "Müller-Lüdenscheid 😀", "betrag": "1.24", "ja": "True", "wahl": "b", "grund": "eins\nzwei", "tag": "2026-09-01", "land": "he",
        "doppelt": "2.48",
    }  # fmt: skip


def test_what_is_computed_at_the_end_from_what_is_computed_at_the_end_only_the_server_knows(shown: Viewer) -> None:
    """The viewer computes all of them at once when it submits, so the second sees the first as it was before."""
    case = TABLE["an expression at the end over one at the end"]
    schema = forms.browser_data(case.form.schema)
    assert isinstance(schema, dict)

    seen = shown.fill(schema, {}, case.actions, steady=False)
    result = forms.validate(case.form, seen.data, {}, now=NOW)

    assert (seen.data["e"], seen.data["f"]) == (8, None)
    assert (result.values["e"], result.values["f"]) == (8, 9)


@pytest.mark.parametrize("name", ["auftrag_vorbereiten", "pfaendung_vorbereiten"])
def test_amounts_among_our_own_options_have_their_cents_in_both(name: str, shown: Viewer) -> None:
    form = forms.read((ROOT / "forms" / "definitions" / f"{name}.form").read_bytes())
    component = next(component for component in forms.walk(form.components) if component.options_expression is not None)
    assert component.options_expression is not None
    amounts = {"100": "100,00", "84.50": "84,50", "84.55": "84,55", "0.29": "0,29", "1234.01": "1234,01"}
    claims = [
        {"kassenzeichen": "DE1", "op_nr": "2", "forderungsart": "Steuer", "offener_betrag": Decimal(text), "forderung_id": 1}
        for text in amounts
    ]

    browser = shown.feel([f"={component.options_expression.text}"], {"forderungen": forms.browser_data(claims)})[0]
    server: Any = component.options_expression.evaluate({"forderungen": claims}, now=NOW)

    expected = [f"DE1/2 Steuer (offen {text} €)" for text in amounts.values()]
    assert [option["label"] for option in browser] == [option["label"] for option in server] == expected


def test_a_day_is_later_than_today_in_the_browser_when_it_is_today(shown: Viewer) -> None:
    """Its days begin at midnight in Greenwich, its today in Berlin; `>=` and `<` are the same in both."""
    case = Case(
        [drawn("datetime", "d", subtype="date"), drawn("expression", "e", expression="=date(d) > today()")],
        {},
        [do("date", "d", "17.8.2026")],
    )

    outcome = compare.judge(shown, case)

    assert (outcome.seen.data["e"], outcome.result.values["e"]) == (True, False)


def test_patterns_that_are_let_through_mean_the_same_in_both(shown: Viewer) -> None:
    rng = Random(7)
    parts = [*"abZ0.^$/äß-, &~{}", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", "[a-z]", "[^a]", r"[\d-]", r"[a\]b]", r"[^\s]", r"[\W]", r"\b", r"\B", r"\.",
             "(a|b)", "(?:ab)", "(?=a)", "(?!b)", "(?<=a)", "(?<!a)", "(?<x>a)", r"\k<x>", r"\1", r"\u00e4", r"\x41", r"\t", r"\/", r"\0", r"\a", r"\v",
             r"\_", "[[]", "[a--b]", r"\p{L}", "(?i)a", r"\01"]  # fmt: skip
    counts = ["", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "{,2}", "{2,1}", "++"]
    texts = ["", "a", "b", "ab", "aa", "Z", "0", "a b", "a\u00a0b", "ä", "ß", "\n", "a\nb", "A", "_", "-", "a-b", ".", "/",
             "٣", "\u2028", "ſ", "K", "aa\n", "\t",
             "\\", "\x0b", "\x07", "&", "\x00", "]", "}", "{", "\ufeff", "\x1c", "\x85"]  # fmt: skip
    drawn_patterns = {"".join(rng.choice(parts) + rng.choice(counts) for _ in range(rng.randint(1, 3))) for _ in range(1500)}
    allowed = sorted(pattern for pattern in drawn_patterns if patterns.problem(pattern) is None)

    found = shown.page.evaluate("([patterns, texts]) => patterns.map((p) => texts.map((t) => new RegExp(p).test(t)))", [allowed, texts])

    assert len(allowed) > 300
    ours = [[patterns.matches(pattern, text) for text in texts] for pattern in allowed]
    assert [pattern for pattern, one, other in zip(allowed, found, ours, strict=True) if one != other] == []


def test_addresses_and_telephone_numbers_are_judged_alike(shown: Viewer) -> None:
    rng = Random(11)
    component = [text("t", validate={"validationType": "phone"}), text("e", validate={"validationType": "email"})]
    numbers = {
        rng.choice(("+", "00", "", "x+")) + str(code) + "".join(rng.choices("0123456789", k=rng.randint(3, 9))) for code in range(1, 1000)
    }
    letters = ["a", "B", "1", ".", "-", "@", "_", "ä", " ", "+", "/", "b.de", "@x.de"]
    addresses = {"".join(rng.choices(letters, k=rng.randint(2, 8))) + rng.choice(("", "@amt.de", "@a-b.example")) for _ in range(1500)}
    given = [(number, address) for number, address in zip(sorted(numbers), sorted(addresses) * 2, strict=False)]
    form = Case(component).form

    shown.show(Case(component).schema, {})
    found = shown.judged(["t", "e"], given)

    ours = [forms.validate(form, {"t": number, "e": address}, {}, now=NOW).errors for number, address in given]
    wrong = [
        pair
        for pair, (phone, email), errors in zip(given, found, ours, strict=True)
        if phone != ("t" in errors) or (email != ("e" in errors) and "." in pair[1].rpartition("@")[2])
    ]
    assert sum(not phone for phone, _ in found) > 100
    assert sum(not email for _, email in found) > 50
    assert wrong == []


def test_functions_that_are_refused_are_those_that_the_viewer_lacks(shown: Viewer) -> None:
    shown.show(Case([text("t")]).schema, {})
    spoken = [name for name in feel.BUILTINS if " and " not in name]  # those are read as a condition when nothing is called

    known = shown.known(spoken)

    assert set(spoken) - known == expression_checks.UNKNOWN_TO_BROWSER


@pytest.mark.parametrize(
    ("components", "shows"),
    [
        ([text("formular")], False),
        ([text("a"), text("b", key="a", conditional={"hide": "=true"})], False),
        ([text("a"), text("b", key="a.b")], False),
        ([text("b", key="a.b"), text("a")], False),
        ([drawn("dynamiclist", "l", components=[text("x")]), text("y", key="l.y")], False),
        ([text("a", key="a.b"), text("c", key="a.c")], True),
        ([drawn("group", "g", components=[text("a")]), drawn("group", "h", path="g", components=[text("b")])], True),
        ([drawn("dynamiclist", "l", components=[text("x"), drawn("dynamiclist", "m", components=[text("y", key="x")])])], True),
    ],
)  # fmt: skip
def test_forms_that_the_viewer_does_not_show_are_refused(components: list[dict[str, Any]], shows: bool, shown: Viewer) -> None:
    case = Case(components)

    findings = forms.check(json.dumps(case.schema).encode(), "formular.form")

    assert (findings == ()) == shows
    if shows:
        shown.show(case.schema, {})
    else:
        with pytest.raises(Error, match="already"):
            shown.show(case.schema, {})
