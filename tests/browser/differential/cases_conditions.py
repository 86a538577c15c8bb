"""The tricky forms by hand: conditions, what cannot be typed, defaults, expressions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.browser.differential.compare import Case
from tests.browser.differential.drawing import do, drawn, number, one, options, text, write

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = drawn("dynamiclist", "leute", components=[text("name", validate={"required": True}), number("alter", validate={"min": 18})])
HIDE_X = {"hide": '=schalter = "x"'}

CASES: dict[str, Case] = {
    # ---- conditions
    "a hidden field is dropped": Case([text("schalter"), text("t", conditional=HIDE_X)], {}, [write("t", "da"), write("schalter", "x")]),
    "a hidden field is not required": Case(
        [text("schalter"), text("t", conditional=HIDE_X, validate={"required": True})], {}, [write("schalter", "x")]
    ),
    "a shown field is required": Case(
        [text("schalter"), text("t", conditional=HIDE_X, validate={"required": True})], {}, [write("schalter", "y")]
    ),
    "a hidden group with something required in it": Case(
        [text("schalter"), drawn("group", "g", conditional=HIDE_X, components=[text("t", validate={"required": True})])],
        {},
        [write("schalter", "x")],
    ),
    "a hidden group without a path": Case(
        [text("schalter"), drawn("group", "g", path="", conditional=HIDE_X, components=[text("t", validate={"required": True})])],
        {},
        [write("schalter", "x")],
    ),
    "a hidden list": Case([text("schalter"), {**PEOPLE, "conditional": HIDE_X}], {}, [write("schalter", "x")]),
    "an expression over a hidden field": Case(
        [text("schalter"), number("n", conditional=HIDE_X), drawn("expression", "e", expression="=n + 1")],
        {},
        [write("n", "5"), write("schalter", "x")],
    ),
    "a hidden expression": Case(
        [text("schalter"), drawn("expression", "e", expression="=1 + 1", conditional=HIDE_X), drawn("expression", "f", expression="=e")],
        {},
        [write("schalter", "x")],
    ),
    "a condition that is null shows": Case([text("t", conditional={"hide": "=unbekannt > 5"}, validate={"required": True})]),
    "a condition over a number of the case": Case(
        [text("t", conditional={"hide": "=betrag > 50"}, validate={"required": True})], {"betrag": Decimal("84.50")}
    ),
    "a condition over an empty text": Case([text("a"), text("t", conditional={"hide": '=a = ""'}, validate={"required": True})]),
    "a condition over an empty text as null": Case([text("a"), text("t", conditional={"hide": "=a = null"}, validate={"required": True})]),
    "a condition over an unticked box": Case(
        [drawn("checkbox", "a"), text("t", conditional={"hide": "=not(a)"}, validate={"required": True})]
    ),
    "a condition over nothing chosen": Case(
        [drawn("radio", "a", values=options("x")), text("t", conditional={"hide": "=a = null"}, validate={"required": True})]
    ),
    "a condition over what is ticked": Case(
        [
            drawn("checklist", "a", values=options("x", "y")),
            text("t", conditional={"hide": '=not(list contains(a, "y"))'}, validate={"required": True}),
        ],
        {},
        [do("choose", "a", 1)],
    ),
    "a condition over a date": Case(
        [
            drawn("datetime", "a", subtype="date"),
            text("t", conditional={"hide": '=date(a) < date("2027-01-01")'}, validate={"required": True}),
        ],
        {},
        [do("date", "a", "1.9.2026")],
    ),
    "a condition over a time": Case(
        [
            drawn("datetime", "a", subtype="time", use24h=True),
            text("t", conditional={"hide": '=time(a) < time("12:00:00")'}, validate={"required": True}),
        ],
        {},
        [do("time", "a", "10:15")],
    ),
    "a condition over a date of the case": Case(
        [text("t", conditional={"hide": "=date(frist) > today()"}, validate={"required": True})], {"frist": date(2026, 9, 1)}
    ),
    "two fields of which one hides the other": Case(
        [text("a", conditional={"hide": '=b = "x"'}), text("b", conditional={"hide": '=a = "x"'})], {}, [write("a", "x")]
    ),
    "a chain of conditions": Case(
        [
            text("a"),
            text("b", conditional={"hide": '=a = "x"'}),
            text("c", conditional={"hide": "=b = null"}),
            text("d", conditional={"hide": "=c = null"}, validate={"required": True}),
        ],
        {},
        [write("a", "x")],
    ),
    # ---- not to be typed
    "a read-only field is sent": one(text("t", readonly=True), write("t", "anders"), t="fest"),
    "a read-only field under a rule": one(number("n", readonly=True, validate={"min": 10}), n=5),
    "a required read-only field without a value": one(text("t", readonly=True, validate={"required": True})),
    "a read-only choice that is not offered": one(drawn("radio", "r", readonly=True, values=options("a")), r="z"),
    "a read-only date that passed": one(
        drawn("datetime", "d", subtype="date", readonly=True, disallowPassedDates=True), d=date(2020, 1, 1)
    ),
    "read-only by an expression": Case(
        [text("schalter"), text("t", readonly='=schalter = "x"')], {"schalter": "x", "t": "fest"}, [write("t", "anders")]
    ),
    "not read-only by an expression": Case(
        [text("schalter"), text("t", readonly='=schalter = "x"')], {"t": "fest"}, [write("t", "anders")]
    ),
    "a disabled field is not sent": one(text("t", disabled=True, validate={"required": True}), t="fest"),
    "a disabled field by an expression that is false": one(text("t", disabled="=false", validate={"required": True}), t="fest"),
    "an expression over a disabled field": Case(
        [number("n", disabled=True), drawn("expression", "e", expression="=n * 2")], {"n": Decimal("2.5")}
    ),
    "an expression over a read-only field": Case(
        [number("n", readonly=True), drawn("expression", "e", expression="=n * 2")], {"n": Decimal("2.5")}
    ),
    # ---- defaults
    "a default": one(text("t", defaultValue="vorgabe")),
    "a default emptied": one(text("t", defaultValue="vorgabe"), write("t", "")),
    "a default and a value of null": one(text("t", defaultValue="vorgabe"), t=None),
    "a default number": one(number("n", defaultValue=5)),
    "a default that is not offered": one(drawn("select", "s", values=options("a"), defaultValue="z")),
    "a default date": one(drawn("datetime", "d", subtype="date", defaultValue="2026-12-24")),
    "a default that is false": one(drawn("checkbox", "c", defaultValue=False), c=True),
    # ---- expressions
    "expressions over expressions, the later first": Case(
        [
            drawn("expression", "c", expression="=b + 1"),
            drawn("expression", "b", expression="=a + 1"),
            drawn("expression", "a", expression="=n + 1"),
            number("n"),
        ],
        {},
        [write("n", "1"), write("n", "2")],
    ),
    "an expression at the end": Case(
        [number("n"), drawn("expression", "e", expression="=n * 2", computeOn="presubmit")], {}, [write("n", "4")]
    ),
    "an expression at the end over one at the end": Case(
        [
            number("n"),
            drawn("expression", "e", expression="=n * 2", computeOn="presubmit"),
            drawn("expression", "f", expression="=e + 1", computeOn="presubmit"),
        ],
        {},
        [write("n", "4")],
    ),
    "an expression that gives a context": Case(
        [number("n"), drawn("expression", "e", expression="={a: n, b: [n, n + 1]}")], {}, [write("n", "4")]
    ),
    "an expression that gives a text": Case(
        [text("t"), drawn("expression", "e", expression='=upper case(t) + "!"')], {}, [write("t", "a")]
    ),
    "an expression that gives a day": Case(
        [drawn("datetime", "d", subtype="date"), drawn("expression", "e", expression='=date(d) + duration("P14D")')],
        {},
        [do("date", "d", "1.9.2026")],
    ),
    "an expression that gives null": Case([drawn("expression", "e", expression="=unbekannt + 1")]),
    "an expression over a sum kept as text": Case(
        [number("n", serializeToString=True), drawn("expression", "e", expression="=number(n) * 2")], {}, [write("n", "4.50")]
    ),
    "a condition over a sum kept as text": Case(
        [number("n", serializeToString=True), text("t", conditional={"hide": "=n > 9"}, validate={"required": True})],
        {},
        [write("n", "10.00")],
    ),
    "an expression over the whole list": Case(
        [
            drawn("dynamiclist", "l", components=[number("n")]),
            drawn("expression", "e", expression="=sum(l.n)"),
            drawn("expression", "k", expression="=count(l)"),
        ],
        {},
        [do("add", "l"), write("n", "1.5", 0), write("n", "2", 1)],
    ),
    "a condition over the whole list": Case(
        [
            drawn("dynamiclist", "l", components=[number("n")]),
            text("t", conditional={"hide": "=count(l[item.n > 1]) > 0"}, validate={"required": True}),
        ],
        {},
        [do("add", "l"), write("n", "1.5", 0), write("n", "2", 1)],
    ),
}
