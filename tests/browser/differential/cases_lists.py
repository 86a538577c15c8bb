"""The tricky forms by hand: groups and lists within one another, and what has no value."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from tests.browser.differential.compare import Case
from tests.browser.differential.drawing import do, drawn, number, one, text, write

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = drawn("dynamiclist", "leute", components=[text("name", validate={"required": True}), number("alter", validate={"min": 18})])

SHOWN: dict[str, dict[str, Any]] = {
    "text": {"text": "# {{a}}"},
    "separator": {},
    "spacer": {"height": 20},
    "button": {"label": "B", "action": "submit"},
    "image": {"source": "=bild"},
    "table": {"label": "T", "dataSource": "=liste", "rowCount": 5, "columns": [{"key": "a", "label": "A"}]},
    "documentPreview": {"label": "D", "dataSource": "=papiere"},
}

CASES: dict[str, Case] = {
    # ---- groups and lists
    "a group with a path": Case(
        [drawn("group", "g", path="person.wohnung", components=[text("ort", validate={"required": True}), text("plz", key="post.plz")])],
        {"person": {"wohnung": {"ort": "Detmold"}}},
        [write("plz", "32756")],
    ),
    "a list that begins with one row": Case([PEOPLE]),
    "a list that begins with three rows": Case([{**PEOPLE, "defaultRepetitions": 3}], {}, [write("name", "A", 1)]),
    "a list that begins with none": Case([{**PEOPLE, "defaultRepetitions": 0}]),
    "a list of the case": Case([PEOPLE], {"leute": [{"name": "A", "alter": 20}, {"name": "B", "alter": 5}]}),
    "a hidden field in a group of a row is empty for its row": Case(
        [
            drawn(
                "dynamiclist",
                "l",
                components=[
                    drawn(
                        "group",
                        "g",
                        components=[
                            number("n"),
                            text("a", conditional={"hide": "=this.g.n != 4"}),
                            text("t", conditional={"hide": '=this.g.a = ""'}, validate={"required": True}),
                        ],
                    )
                ],
            )
        ]
    ),
    "a row with a zero": Case([PEOPLE], {}, [write("name", "A", 0), do("add", "leute"), write("alter", "0", 1)]),
    "a row with nothing but a zero": Case([drawn("dynamiclist", "l", components=[number("n")])], {}, [write("n", "0", 0)]),
    "a row taken out": Case([PEOPLE], {"leute": [{"name": "A", "alter": 20}, {"name": "B", "alter": 5}]}, [do("remove", "leute", 1)]),
    "a row added": Case([PEOPLE], {}, [write("name", "A", 0), do("add", "leute"), write("alter", "3", 1)]),
    "a fixed list": Case([{**PEOPLE, "allowAddRemove": False, "defaultRepetitions": 2}], {}, [do("add", "leute"), write("name", "A", 1)]),
    "what may not be typed stays with its row": Case(
        [drawn("dynamiclist", "l", components=[text("id", readonly=True), text("t")])],
        {"l": [{"id": "a"}, {"id": "b"}, {"id": "c"}]},
        [do("remove", "l", 0), do("add", "l"), write("t", "zu b", 0), write("t", "neu", 2)],
    ),
    "a condition over the own row": Case(
        [drawn("dynamiclist", "l", components=[text("a"), text("t", conditional={"hide": '=this.a = "x"'}, validate={"required": True})])],
        {},
        [do("add", "l"), write("a", "x", 0)],
    ),
    "a name without this is the form's": Case(
        [
            text("b", key="a"),
            drawn("dynamiclist", "l", components=[text("a"), text("t", conditional={"hide": '=a = "x"'}, validate={"required": True})]),
        ],
        {},
        [write("b", "x")],
    ),
    "a condition over the form from a row": Case(
        [
            text("a"),
            drawn("dynamiclist", "l", components=[text("t", conditional={"hide": '=parent.a = "x"'}, validate={"required": True})]),
        ],
        {},
        [write("a", "x")],
    ),
    "a row's number": Case(
        [
            drawn(
                "dynamiclist",
                "l",
                defaultRepetitions=2,
                components=[text("t", conditional={"hide": "=i[1] = 1"}, validate={"required": True})],
            )
        ]
    ),
    "a row's number computed with": Case(
        [drawn("dynamiclist", "l", defaultRepetitions=2, components=[drawn("expression", "e", expression="=i[1] * 10"), text("t")])],
        {},
        [write("t", "a", 0), write("t", "b", 1)],
    ),
    "a list in a list": Case(
        [
            drawn(
                "dynamiclist",
                "l",
                components=[
                    text("a"),
                    drawn(
                        "dynamiclist",
                        "m",
                        components=[
                            text("t", validate={"required": True}),
                            drawn("expression", "e", expression='=string(i[1]) + "." + string(i[2]) + parent.a'),
                        ],
                    ),
                ],
            )
        ],
        {},
        [do("add", "m", None, 0), write("a", "x", 0), write("t", "da", 0, 1)],
    ),
    "a list in a group in a list in a group": Case(
        [
            drawn(
                "group",
                "g",
                path="aussen",
                components=[
                    drawn(
                        "dynamiclist",
                        "l",
                        components=[
                            drawn(
                                "group",
                                "h",
                                path="innen",
                                components=[drawn("dynamiclist", "m", components=[number("n", validate={"max": "=parent.grenze"})])],
                            ),
                            number("grenze"),
                        ],
                    )
                ],
            )
        ],
        {},
        [do("add", "l"), write("grenze", "5", 1), write("n", "6", 1, 0), write("n", "7", 0, 0)],
    ),
    "the parent's parent": Case(
        [
            text("a"),
            drawn(
                "dynamiclist",
                "l",
                components=[drawn("dynamiclist", "m", components=[number("n", validate={"max": "=parent.parent.grenze"})])],
            ),
            number("grenze"),
        ],
        {},
        [write("grenze", "5"), write("n", "6", 0, 0)],
    ),
    "expressions from row to row": Case(
        [
            drawn(
                "dynamiclist",
                "l",
                defaultRepetitions=3,
                components=[
                    number("n"),
                    drawn("expression", "e", expression="=if i[1] = 1 then this.n else this.n + parent.l[i[1] - 1].e"),
                ],
            )
        ],
        {},
        [write("n", "1", 0), write("n", "2", 1), write("n", "3", 2)],
    ),
    "read-only in a row by the row": Case(
        [drawn("dynamiclist", "l", components=[drawn("checkbox", "fest"), text("t", readonly="=this.fest")])],
        {"l": [{"fest": True, "t": "alt"}, {"fest": False, "t": "alt"}]},
        [write("t", "neu", 0), write("t", "neu", 1)],
    ),
    "a file": one(drawn("filepicker", "f", validate={"required": True}), do("file", "f", ["a.pdf"])),
    "no file": one(drawn("filepicker", "f", validate={"required": True})),
    "a component without a key beside the others": Case(
        [{"type": kind, "id": f"x{kind}", **more} for kind, more in SHOWN.items()] + [text("a", validate={"required": True})],
        {"liste": [{"a": 1}]},
        [write("a", "x")],
    ),
}
