"""The tricky inputs by hand: texts, numbers, choices, dates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.browser.differential.compare import Case
from tests.browser.differential.drawing import do, drawn, number, one, options, text, typed, write

BERLIN = ZoneInfo("Europe/Berlin")
SHORT = {"minLength": 3, "maxLength": 5}

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
    "an option that is a context": one(
        drawn("select", "r", valuesKey="wahl"),
        do("pick", "r", 1),
        wahl=[{"label": "A", "value": {"id": 1}}, {"label": "B", "value": {"id": 2, "satz": Decimal("2.5")}}],
    ),
    "options that are numbers of the case": one(
        drawn("radio", "r", valuesKey="wahl"), do("choose", "r", 1), wahl=[Decimal("1.10"), Decimal("2.20")]
    ),
    "options that are dates of the case": one(drawn("select", "r", valuesKey="wahl"), do("pick", "r", 0), wahl=[date(2026, 9, 1)]),
    "options from an expression over dates": one(
        drawn("radio", "r", valuesExpression="=for d in tage return {label: string(d), value: d}"),
        do("choose", "r", 1),
        tage=[date(2026, 9, 1), date(2026, 9, 2)],
    ),
    "options without value or label are left out": one(
        drawn("radio", "r", valuesKey="wahl"),
        do("choose", "r", 1),
        wahl=[None, "", {}, {"label": "A"}, {"value": {"x": 1}}, {"value": "b"}, "c"],
    ),
    "options from an expression over what was typed": Case(
        [text("t"), drawn("radio", "r", valuesExpression='=if t = "x" then ["a", "b"] else ["c"]')],
        {},
        [write("t", "x"), do("choose", "r", 1)],
    ),
    "an option that went away": Case(
        [text("t"), drawn("radio", "r", valuesExpression='=if t = "x" then ["a", "b"] else ["c"]', validate={"required": True})],
        {},
        [write("t", "x"), do("choose", "r", 1), write("t", "y")],
    ),
    "a list of options that is null": one(drawn("select", "r", valuesKey="fehlt", validate={"required": True})),
    "a select that was emptied": one(drawn("select", "r", values=options("a", "b"), validate={"required": True}), do("unpick", "r"), r="a"),
    "a checklist ticked and unticked": one(
        drawn("checklist", "c", values=options("a", "b", "c")), do("choose", "c", 2), do("choose", "c", 0), do("choose", "c", 2)
    ),
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
    "today is not passed": one(drawn("datetime", "d", subtype="date", disallowPassedDates=True), do("date", "d", "17.8.2026")),
    "a time": one(drawn("datetime", "d", subtype="time"), do("time", "d", "10:37 am")),
    "a time by the minute": one(drawn("datetime", "d", subtype="time", timeInterval=1, use24h=True), do("time", "d", "10:37")),
    "a time with its offset": one(
        drawn("datetime", "d", subtype="time", timeSerializingFormat="utc_offset", use24h=True), do("time", "d", "0:30")
    ),
    "a time in UTC": one(
        drawn("datetime", "d", subtype="time", timeSerializingFormat="utc_normalized", use24h=True), do("time", "d", "0:30")
    ),
    "an instant in UTC across midnight": one(
        drawn("datetime", "d", subtype="datetime", timeSerializingFormat="utc_normalized", use24h=True),
        do("date", "d", "1.9.2026"),
        do("time", "d", "0:30"),
    ),
    "an instant with its offset in winter": one(
        drawn("datetime", "d", subtype="datetime", timeSerializingFormat="utc_offset", use24h=True),
        do("date", "d", "1.12.2026"),
        do("time", "d", "23:45"),
    ),
    "an instant without offset": one(
        drawn("datetime", "d", subtype="datetime", timeSerializingFormat="no_timezone", use24h=True),
        do("date", "d", "1.9.2026"),
        do("time", "d", "8:15"),
    ),
    "a date without its time is nothing": one(
        drawn("datetime", "d", subtype="datetime", validate={"required": True}), do("date", "d", "1.9.2026")
    ),
    "an instant of the case": one(
        drawn("datetime", "d", subtype="datetime", timeSerializingFormat="utc_offset"), d=datetime(2026, 9, 1, 8, 15, tzinfo=BERLIN)
    ),
}
