"""The tricky forms, by hand: what the viewer's own source, or a person in front of it, made us look at."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.browser.differential.compare import Case

Drawn = dict[str, Any]
BERLIN = ZoneInfo("Europe/Berlin")


def drawn(kind: str, name: str, **more: Any) -> Drawn:
    """Return a component whose id and key are its name."""
    where = "path" if kind in ("group", "dynamiclist") else "key"
    label = {"dateLabel": name, "timeLabel": name} if kind == "datetime" else {"label": name}
    return {"type": kind, "id": name, where: name, **label, **more}


def text(name: str, **more: Any) -> Drawn:
    return drawn("textfield", name, **more)


def number(name: str, **more: Any) -> Drawn:
    return drawn("number", name, **more)


def options(*values: Any) -> list[Drawn]:
    return [{"label": f"Option {number}", "value": value} for number, value in enumerate(values)]


def write(name: str, value: str, *at: int) -> Drawn:
    return {"do": "write", "id": name, "at": list(at), "value": value}


def do(what: str, name: str, value: Any = None, *at: int) -> Drawn:
    return {"do": what, "id": name, "at": list(at), "value": value}


def one(component: Drawn, *typed: Drawn, **variables: Any) -> Case:
    return Case([component], variables, typed)


def typed(component: Drawn, value: str, **variables: Any) -> Case:
    return Case([component], variables, [write(component["id"], value)])


SHORT = {"minLength": 3, "maxLength": 5}
PEOPLE = drawn("dynamiclist", "leute", components=[text("name", validate={"required": True}), number("alter", validate={"min": 18})])
HIDE_X = {"hide": '=schalter = "x"'}

CASES: dict[str, Case] = {
    # ---- texts
    "a length is counted without the spaces around": typed(text("t", validate=SHORT), "  ab  "),
    "a length is counted without no-break spaces and a byte order mark": typed(text("t", validate=SHORT), "\u00a0\ufeffabcde\u3000"),
    "a length is counted in the browser's units": typed(text("t", validate=SHORT), "😀😀😀"),
    "only spaces are shorter than one": typed(text("t", validate={"minLength": 1}), "   "),
    "an empty text is not too short": typed(text("t", validate=SHORT), ""),
    "a pattern is looked for anywhere": typed(text("t", validate={"pattern": "[0-9]{2}"}), "ab12cd"),
    "a pattern sees the spaces around": typed(text("t", validate={"pattern": "^[a-z]+$"}), " ab "),
    "a pattern with its own words": typed(text("t", validate={"pattern": "^[A-Z]", "patternErrorMessage": "Groß beginnen."}), "ab"),
    "a pattern's letters are ASCII": typed(text("t", validate={"pattern": r"^\w+$"}), "Müller"),
    "a pattern's digits are ASCII": typed(text("t", validate={"pattern": r"^\d+$"}), "٣"),
    "a pattern's end is the end": typed(text("t", validate={"pattern": "^a$"}), "a "),
    "a pattern is no expression": typed(text("t", validate={"pattern": "=x"}), "=x"),
    "an empty pattern is none": typed(text("t", validate={"pattern": ""}), "egal"),
    "limits of a length from variables": typed(text("t", validate={"minLength": "=kurz", "maxLength": "=kurz + 1"}), "abcde", kurz=3),
    "a limit that is null is none": typed(text("t", validate={"minLength": "=gibt_es_nicht"}), "a"),
    "required and empty": one(text("t", validate={"required": True})),
    "an e-mail address": typed(text("t", validate={"validationType": "email"}), "amt@detmold.example"),
    "no e-mail address": typed(text("t", validate={"validationType": "email"}), "amt@@detmold.example"),
    "an e-mail address with an umlaut": typed(text("t", validate={"validationType": "email"}), "müller@detmold.example"),
    "an e-mail address with a hyphen at the wrong place": typed(text("t", validate={"validationType": "email"}), "a@-detmold.example"),
    "an e-mail address with a space": typed(text("t", validate={"validationType": "email"}), " a@detmold.example"),
    "a telephone number": typed(text("t", validate={"validationType": "phone"}), "+495231977123"),
    "a telephone number with 00": typed(text("t", validate={"validationType": "phone"}), "00495231977123"),
    "a telephone number with spaces": typed(text("t", validate={"validationType": "phone"}), "+49 5231 977123"),
    "a national telephone number": typed(text("t", validate={"validationType": "phone"}), "05231977123"),
    "a text area keeps its lines": typed(drawn("textarea", "t", validate={"maxLength": 9}), "eins\nzwei"),
    "a text field of the case with line breaks": one(text("t"), t="eins\nzwei"),
    "a text field of the case that holds a number": one(text("t"), t=Decimal("12.5")),
    "a text field of the case that holds yes": one(text("t"), t=True),
    "a text field of the case that holds a list": one(text("t", validate={"required": True}), t=["a"]),
    # ---- numbers
    "three decimals where two are allowed": typed(number("n", decimalDigits=2), "5.005"),
    "decimals that are zero do not count": typed(number("n", decimalDigits=1), "5.500"),
    "no decimals allowed": typed(number("n", decimalDigits=0), "5.5"),
    "a comma": typed(number("n", decimalDigits=2), "5,25"),
    "minus zero": typed(number("n", validate={"min": 0}), "-0"),
    "minus zero as text": typed(number("n", serializeToString=True), "-0"),
    "an exponent": typed(number("n", validate={"max": 999}), "1e3"),
    "an exponent as text": typed(number("n", serializeToString=True), "1e3"),
    "a point at the end": typed(number("n", serializeToString=True, decimalDigits=2), "5."),
    "a point at the beginning": typed(number("n", serializeToString=True, decimalDigits=2), ".5"),
    "no number": typed(number("n", validate={"required": True}), "abc"),
    "zero is something": typed(number("n", validate={"required": True, "min": 1}), "0"),
    "zero at the limit": typed(number("n", validate={"min": 0}), "0"),
    "a step with decimals": typed(number("n", increment="0.05", decimalDigits=2), "1.15"),
    "beside a step with decimals": typed(number("n", increment="0.05", decimalDigits=2), "1.16"),
    "beside a negative step": typed(number("n", increment="3"), "-4"),
    "a limit from the case": typed(number("n", validate={"max": "=grenze"}), "100.01", grenze=Decimal("100.00")),
    "a limit that is a text": typed(number("n", validate={"max": "=grenze"}), "11", grenze="9"),
    "a limit that is no number": typed(number("n", validate={"min": '="abc"'}), "11"),
    "a limit that is null for a number": typed(number("n", validate={"min": "=unbekannt"}), "-11"),
    "the sum of a case kept as text": one(number("n", serializeToString=True, decimalDigits=2), n=Decimal("1405.70")),
    "the sum of a case as a number": one(number("n", decimalDigits=2), n=Decimal("1405.70")),
    "a text of the case that is a number": one(number("n"), n="12.50"),
    "a text of the case that is none": one(number("n", validate={"required": True}), n="zwölf"),
    # ---- choices
    "an option of the case that is not offered": one(drawn("radio", "r", values=options("a", "b")), r="z"),
    "a required option of the case that is not offered": one(drawn("select", "r", values=options("a"), validate={"required": True}), r="z"),
    "an option that is a number": one(drawn("radio", "r", values=options(1, 2)), do("choose", "r", 1)),
    "an option that is a number with decimals": one(drawn("radio", "r", values=options(Decimal("1.5"), 2)), do("choose", "r", 0)),
    "an option that is zero": one(drawn("radio", "r", values=options(0, 1), validate={"required": True}), do("choose", "r", 0)),
    "an option that is no": one(drawn("radio", "r", values=options(False, True), validate={"required": True}), do("choose", "r", 0)),
    "an option that is a context": one(drawn("select", "r", valuesKey="wahl"), do("pick", "r", 1), wahl=[{"label": "A", "value": {"id": 1}}, {"label": "B", "value": {"id": 2, "satz": Decimal("2.5")}}]),
    "options that are numbers of the case": one(drawn("radio", "r", valuesKey="wahl"), do("choose", "r", 1), wahl=[Decimal("1.10"), Decimal("2.20")]),
    "options that are dates of the case": one(drawn("select", "r", valuesKey="wahl"), do("pick", "r", 0), wahl=[date(2026, 9, 1)]),
    "options from an expression over dates": one(drawn("radio", "r", valuesExpression="=for d in tage return {label: string(d), value: d}"), do("choose", "r", 1), tage=[date(2026, 9, 1), date(2026, 9, 2)]),
    "options without value or label are left out": one(drawn("radio", "r", valuesKey="wahl"), do("choose", "r", 1), wahl=[None, "", {}, {"label": "A"}, {"value": {"x": 1}}, {"value": "b"}, "c"]),
    "options from an expression over what was typed": Case([text("t"), drawn("radio", "r", valuesExpression='=if t = "x" then ["a", "b"] else ["c"]')], {}, [write("t", "x"), do("choose", "r", 1)]),
    "an option that went away": Case([text("t"), drawn("radio", "r", valuesExpression='=if t = "x" then ["a", "b"] else ["c"]', validate={"required": True})], {}, [write("t", "x"), do("choose", "r", 1), write("t", "y")]),
    "a list of options that is null": one(drawn("select", "r", valuesKey="fehlt", validate={"required": True})),
    "a select that was emptied": one(drawn("select", "r", values=options("a", "b"), validate={"required": True}), do("unpick", "r"), r="a"),
    "a checklist ticked and unticked": one(drawn("checklist", "c", values=options("a", "b", "c")), do("choose", "c", 2), do("choose", "c", 0), do("choose", "c", 2)),
    "a checklist with nothing ticked": one(drawn("checklist", "c", values=options("a"), validate={"required": True})),
    "a checklist of the case with more than is offered": one(drawn("checklist", "c", values=options("a", "b")), c=["b", "z"]),
    "a taglist": one(drawn("taglist", "c", values=options("a", "b", "c")), do("tag", "c", 1), do("tag", "c", 1), do("untag", "c", 0)),
    "a checkbox unticked": one(drawn("checkbox", "c", validate={"required": True})),
    "a checkbox ticked": one(drawn("checkbox", "c", validate={"required": True}), do("tick", "c")),
    "a checkbox of the case that holds a text": one(drawn("checkbox", "c", validate={"required": True}), c="true"),
    # ---- dates
    "a date": one(drawn("datetime", "d", subtype="date"), do("date", "d", "1.9.2026")),
    "no date": one(drawn("datetime", "d", subtype="date", validate={"required": True}), do("date", "d", "hallo")),
    "a date of the case": one(drawn("datetime", "d", subtype="date"), d=date(2026, 9, 1)),
    "a passed date is emptied": one(drawn("datetime", "d", subtype="date", disallowPassedDates=True, validate={"required": True}), d=date(2026, 8, 16)),
    "today is not passed": one(drawn("datetime", "d", subtype="date", disallowPassedDates=True), do("date", "d", "17.8.2026")),
    "a time": one(drawn("datetime", "d", subtype="time"), do("time", "d", "10:37 am")),
    "a time by the minute": one(drawn("datetime", "d", subtype="time", timeInterval=1, use24h=True), do("time", "d", "10:37")),
    "a time with its offset": one(drawn("datetime", "d", subtype="time", timeSerializingFormat="utc_offset", use24h=True), do("time", "d", "0:30")),
    "a time in UTC": one(drawn("datetime", "d", subtype="time", timeSerializingFormat="utc_normalized", use24h=True), do("time", "d", "0:30")),
    "an instant in UTC across midnight": one(drawn("datetime", "d", subtype="datetime", timeSerializingFormat="utc_normalized", use24h=True), do("date", "d", "1.9.2026"), do("time", "d", "0:30")),
    "an instant with its offset in winter": one(drawn("datetime", "d", subtype="datetime", timeSerializingFormat="utc_offset", use24h=True), do("date", "d", "1.12.2026"), do("time", "d", "23:45")),
    "an instant without offset": one(drawn("datetime", "d", subtype="datetime", timeSerializingFormat="no_timezone", use24h=True), do("date", "d", "1.9.2026"), do("time", "d", "8:15")),
    "a date without its time is nothing": one(drawn("datetime", "d", subtype="datetime", validate={"required": True}), do("date", "d", "1.9.2026")),
    "an instant of the case": one(drawn("datetime", "d", subtype="datetime", timeSerializingFormat="utc_offset"), d=datetime(2026, 9, 1, 8, 15, tzinfo=BERLIN)),
    "an instant of the case beside the interval": one(drawn("datetime", "d", subtype="datetime", timeSerializingFormat="utc_offset"), d=datetime(2026, 9, 1, 8, 20, tzinfo=BERLIN)),
    # ---- conditions
    "a hidden field is dropped": Case([text("schalter"), text("t", conditional=HIDE_X)], {}, [write("t", "da"), write("schalter", "x")]),
    "a hidden field is not required": Case([text("schalter"), text("t", conditional=HIDE_X, validate={"required": True})], {}, [write("schalter", "x")]),
    "a shown field is required": Case([text("schalter"), text("t", conditional=HIDE_X, validate={"required": True})], {}, [write("schalter", "y")]),
    "a hidden group with something required in it": Case([text("schalter"), drawn("group", "g", conditional=HIDE_X, components=[text("t", validate={"required": True})])], {}, [write("schalter", "x")]),
    "a hidden group without a path": Case([text("schalter"), drawn("group", "g", path="", conditional=HIDE_X, components=[text("t", validate={"required": True})])], {}, [write("schalter", "x")]),
    "a hidden list": Case([text("schalter"), {**PEOPLE, "conditional": HIDE_X}], {}, [write("schalter", "x")]),
    "an expression over a hidden field": Case([text("schalter"), number("n", conditional=HIDE_X), drawn("expression", "e", expression="=n + 1")], {}, [write("n", "5"), write("schalter", "x")]),
    "a hidden expression": Case([text("schalter"), drawn("expression", "e", expression="=1 + 1", conditional=HIDE_X), drawn("expression", "f", expression="=e")], {}, [write("schalter", "x")]),
    "a condition that is null shows": Case([text("t", conditional={"hide": "=unbekannt > 5"}, validate={"required": True})]),
    "a condition over a number of the case": Case([text("t", conditional={"hide": "=betrag > 50"}, validate={"required": True})], {"betrag": Decimal("84.50")}),
    "a condition over an empty text": Case([text("a"), text("t", conditional={"hide": '=a = ""'}, validate={"required": True})]),
    "a condition over an empty text as null": Case([text("a"), text("t", conditional={"hide": "=a = null"}, validate={"required": True})]),
    "a condition over an unticked box": Case([drawn("checkbox", "a"), text("t", conditional={"hide": "=not(a)"}, validate={"required": True})]),
    "a condition over nothing chosen": Case([drawn("radio", "a", values=options("x")), text("t", conditional={"hide": "=a = null"}, validate={"required": True})]),
    "a condition over what is ticked": Case([drawn("checklist", "a", values=options("x", "y")), text("t", conditional={"hide": '=not(list contains(a, "y"))'}, validate={"required": True})], {}, [do("choose", "a", 1)]),
    "a condition over a date": Case([drawn("datetime", "a", subtype="date"), text("t", conditional={"hide": '=date(a) < date("2027-01-01")'}, validate={"required": True})], {}, [do("date", "a", "1.9.2026")]),
    "a condition over a time": Case([drawn("datetime", "a", subtype="time", use24h=True), text("t", conditional={"hide": '=time(a) < time("12:00:00")'}, validate={"required": True})], {}, [do("time", "a", "10:15")]),
    "a condition over a date of the case": Case([text("t", conditional={"hide": "=date(frist) > today()"}, validate={"required": True})], {"frist": date(2026, 9, 1)}),
    "two fields of which one hides the other": Case([text("a", conditional={"hide": '=b = "x"'}), text("b", conditional={"hide": '=a = "x"'})], {}, [write("a", "x")]),
    "a chain of conditions": Case([text("a"), text("b", conditional={"hide": '=a = "x"'}), text("c", conditional={"hide": "=b = null"}), text("d", conditional={"hide": "=c = null"}, validate={"required": True})], {}, [write("a", "x")]),
    # ---- not to be typed
    "a read-only field is sent": one(text("t", readonly=True), write("t", "anders"), t="fest"),
    "a read-only field under a rule": one(number("n", readonly=True, validate={"min": 10}), n=5),
    "a required read-only field without a value": one(text("t", readonly=True, validate={"required": True})),
    "a read-only choice that is not offered": one(drawn("radio", "r", readonly=True, values=options("a")), r="z"),
    "a read-only date that passed": one(drawn("datetime", "d", subtype="date", readonly=True, disallowPassedDates=True), d=date(2020, 1, 1)),
    "read-only by an expression": Case([text("schalter"), text("t", readonly='=schalter = "x"')], {"schalter": "x", "t": "fest"}, [write("t", "anders")]),
    "not read-only by an expression": Case([text("schalter"), text("t", readonly='=schalter = "x"')], {"t": "fest"}, [write("t", "anders")]),
    "a disabled field is not sent": one(text("t", disabled=True, validate={"required": True}), t="fest"),
    "a disabled field by an expression that is false": one(text("t", disabled="=false", validate={"required": True}), t="fest"),
    "an expression over a disabled field": Case([number("n", disabled=True), drawn("expression", "e", expression="=n * 2")], {"n": Decimal("2.5")}),
    "an expression over a read-only field": Case([number("n", readonly=True), drawn("expression", "e", expression="=n * 2")], {"n": Decimal("2.5")}),
    # ---- defaults
    "a default": one(text("t", defaultValue="vorgabe")),
    "a default emptied": one(text("t", defaultValue="vorgabe"), write("t", "")),
    "a default and a value of null": one(text("t", defaultValue="vorgabe"), t=None),
    "a default number": one(number("n", defaultValue=5)),
    "a default that is not offered": one(drawn("select", "s", values=options("a"), defaultValue="z")),
    "a default date": one(drawn("datetime", "d", subtype="date", defaultValue="2026-12-24")),
    "a default that is false": one(drawn("checkbox", "c", defaultValue=False), c=True),
    # ---- expressions
    "expressions over expressions, the later first": Case([drawn("expression", "c", expression="=b + 1"), drawn("expression", "b", expression="=a + 1"), drawn("expression", "a", expression="=n + 1"), number("n")], {}, [write("n", "1"), write("n", "2")]),
    "an expression at the end": Case([number("n"), drawn("expression", "e", expression="=n * 2", computeOn="presubmit")], {}, [write("n", "4")]),
    "an expression at the end over one at the end": Case([number("n"), drawn("expression", "e", expression="=n * 2", computeOn="presubmit"), drawn("expression", "f", expression="=e + 1", computeOn="presubmit")], {}, [write("n", "4")]),
    "an expression that gives a context": Case([number("n"), drawn("expression", "e", expression="={a: n, b: [n, n + 1]}")], {}, [write("n", "4")]),
    "an expression that gives a text": Case([text("t"), drawn("expression", "e", expression='=upper case(t) + "!"')], {}, [write("t", "a")]),
    "an expression that gives a day": Case([drawn("datetime", "d", subtype="date"), drawn("expression", "e", expression='=date(d) + duration("P14D")')], {}, [do("date", "d", "1.9.2026")]),
    "an expression that gives null": Case([drawn("expression", "e", expression="=unbekannt + 1")]),
    "an expression over a sum kept as text": Case([number("n", serializeToString=True), drawn("expression", "e", expression="=number(n) * 2")], {}, [write("n", "4.50")]),
    "a condition over a sum kept as text": Case([number("n", serializeToString=True), text("t", conditional={"hide": "=n > 9"}, validate={"required": True})], {}, [write("n", "10.00")]),
    "an expression over the whole list": Case([drawn("dynamiclist", "l", components=[number("n")]), drawn("expression", "e", expression="=sum(l.n)"), drawn("expression", "k", expression="=count(l)")], {}, [do("add", "l"), write("n", "1.5", 0), write("n", "2", 1)]),
    "a condition over the whole list": Case([drawn("dynamiclist", "l", components=[number("n")]), text("t", conditional={"hide": "=count(l[item.n > 1]) > 0"}, validate={"required": True})], {}, [do("add", "l"), write("n", "1.5", 0), write("n", "2", 1)]),
    # ---- groups and lists
    "a group with a path": Case([drawn("group", "g", path="person.wohnung", components=[text("ort", validate={"required": True}), text("plz", key="post.plz")])], {"person": {"wohnung": {"ort": "Detmold"}}}, [write("plz", "32756")]),
    "a list that begins with one row": Case([PEOPLE]),
    "a list that begins with three rows": Case([{**PEOPLE, "defaultRepetitions": 3}], {}, [write("name", "A", 1)]),
    "a list that begins with none": Case([{**PEOPLE, "defaultRepetitions": 0}]),
    "a list of the case": Case([PEOPLE], {"leute": [{"name": "A", "alter": 20}, {"name": "B", "alter": 5}]}),
    "a row taken out": Case([PEOPLE], {"leute": [{"name": "A", "alter": 20}, {"name": "B", "alter": 5}]}, [do("remove", "leute", 1)]),
    "a row added": Case([PEOPLE], {}, [write("name", "A", 0), do("add", "leute"), write("alter", "3", 1)]),
    "a fixed list": Case([{**PEOPLE, "allowAddRemove": False, "defaultRepetitions": 2}], {}, [do("add", "leute"), write("name", "A", 1)]),
    "what may not be typed stays with its row": Case([drawn("dynamiclist", "l", components=[text("id", readonly=True), text("t")])], {"l": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}, [do("remove", "l", 0), do("add", "l"), write("t", "zu b", 0), write("t", "neu", 2)]),
    "a condition over the own row": Case([drawn("dynamiclist", "l", components=[text("a"), text("t", conditional={"hide": '=this.a = "x"'}, validate={"required": True})])], {}, [do("add", "l"), write("a", "x", 0)]),
    "a name without this is the form's": Case([text("a"), drawn("dynamiclist", "l", components=[text("a"), text("t", conditional={"hide": '=a = "x"'}, validate={"required": True})])], {}, [write("a", "x")]) if False else Case([text("b", key="a"), drawn("dynamiclist", "l", components=[text("a"), text("t", conditional={"hide": '=a = "x"'}, validate={"required": True})])], {}, [write("b", "x")]),
    "a condition over the form from a row": Case([text("a"), drawn("dynamiclist", "l", components=[text("t", conditional={"hide": '=parent.a = "x"'}, validate={"required": True})])], {}, [write("a", "x")]),
    "a row's number": Case([drawn("dynamiclist", "l", defaultRepetitions=2, components=[text("t", conditional={"hide": "=i[1] = 2"}, validate={"required": True})])]),
    "a row's number computed with": Case([drawn("dynamiclist", "l", defaultRepetitions=2, components=[drawn("expression", "e", expression="=i[1] * 10"), text("t")])], {}, [write("t", "a", 0), write("t", "b", 1)]),
    "a list in a list": Case([drawn("dynamiclist", "l", components=[text("a"), drawn("dynamiclist", "m", components=[text("t", validate={"required": True}), drawn("expression", "e", expression="=string(i[1]) + \".\" + string(i[2]) + parent.a")])])], {}, [do("add", "m", None, 0), write("a", "x", 0), write("t", "da", 0, 1)]),
    "a list in a group in a list in a group": Case([drawn("group", "g", path="aussen", components=[drawn("dynamiclist", "l", components=[drawn("group", "h", path="innen", components=[drawn("dynamiclist", "m", components=[number("n", validate={"max": "=parent.grenze"})])]), number("grenze")])])], {}, [do("add", "l"), write("grenze", "5", 1), write("n", "6", 1, 0), write("n", "7", 0, 0)]),
    "the parent's parent": Case([text("a"), drawn("dynamiclist", "l", components=[drawn("dynamiclist", "m", components=[number("n", validate={"max": "=parent.parent.grenze"})])]), number("grenze")], {}, [write("grenze", "5"), write("n", "6", 0, 0)]),
    "expressions from row to row": Case([drawn("dynamiclist", "l", defaultRepetitions=3, components=[number("n"), drawn("expression", "e", expression="=if i[1] = 1 then this.n else this.n + parent.l[i[1] - 1].e")])], {}, [write("n", "1", 0), write("n", "2", 1), write("n", "3", 2)]),
    "read-only in a row by the row": Case([drawn("dynamiclist", "l", components=[drawn("checkbox", "fest"), text("t", readonly="=this.fest")])], {"l": [{"fest": True, "t": "alt"}, {"fest": False, "t": "alt"}]}, [write("t", "neu", 0), write("t", "neu", 1)]),
    "a file": one(drawn("filepicker", "f", validate={"required": True}), do("file", "f", ["a.pdf"])),
    "no file": one(drawn("filepicker", "f", validate={"required": True})),
    "a component without a key beside the others": Case([{"type": kind, "id": f"x{kind}", **more} for kind, more in {"text": {"text": "# {{a}}"}, "separator": {}, "spacer": {"height": 20}, "button": {"label": "B", "action": "submit"}, "image": {"source": "=bild"}, "table": {"label": "T", "dataSource": "=liste", "rowCount": 5, "columns": [{"key": "a", "label": "A"}]}, "documentPreview": {"label": "D", "dataSource": "=papiere"}}.items()] + [text("a", validate={"required": True})], {"liste": [{"a": 1}]}, [write("a", "x")]),
}  # fmt: skip
