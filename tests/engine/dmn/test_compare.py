"""Two versions of a decision table are put together row by row; settings are compared in words."""

from __future__ import annotations

from api import model_files
from engine.dmn import compare
from processes import law

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="k" name="{name}">
<decisionTable hitPolicy="{policy}"><input id="i" label="Betrag"><inputExpression typeRef="number"><text>betrag</text></inputExpression></input>
<output id="o" name="gebuehr" typeRef="number"/>{rules}</decisionTable></decision></definitions>"""


def table(*rules: tuple[str, str, str], name: str = "K", policy: str = "FIRST") -> bytes:
    """Return a table; rules: (id, test, result)."""
    drawn = "".join(
        f'<rule id="{key}"><inputEntry><text>{test}</text></inputEntry><outputEntry><text>{value}</text></outputEntry></rule>'
        for key, test, value in rules
    )
    return TABLE.format(rules=drawn, name=name, policy=policy).encode()


def rows(before: bytes, after: bytes) -> list[tuple[str, int | None, int | None]]:
    return [(row.kind, row.number_before, row.number_after) for row in compare.compare(before, after, "k").rows]


A, B, C = ("a", "1", "10"), ("b", "2", "20"), ("c", "3", "30")


def test_rows_added_removed_changed_and_moved_are_told_apart() -> None:
    assert rows(table(A, B), table(A, B)) == [("same", 1, 1), ("same", 2, 2)]
    assert rows(table(A, B), table(A, C, B)) == [("same", 1, 1), ("added", None, 2), ("same", 2, 3)]
    assert rows(table(A, B, C), table(A, C)) == [("same", 1, 1), ("removed", 2, None), ("same", 3, 2)]
    assert rows(table(A, B), table(B)) == [("removed", 1, None), ("same", 2, 1)]
    assert sorted(kind for kind, *_ in rows(table(A, B, C), table(C, A, B))) == ["moved", "same", "same"]
    assert sorted(kind for kind, *_ in rows(table(A, B), table())) == ["removed", "removed"]


def test_a_changed_cell_is_named_and_a_new_id_for_the_same_rule_is_no_change() -> None:
    (row,) = compare.compare(table(A), table(("a", "1", "11")), "k").rows

    assert (row.kind, row.changed) == ("changed", {"a:gebuehr"})
    assert rows(table(A, B), table(("neu", "1", "10"), B)) == [("same", 1, 1), ("same", 2, 2)]


def test_columns_that_ask_for_the_same_stay_apart() -> None:
    drawn = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="k" name="K">
    <decisionTable><input id="i" label="ab"><inputExpression><text>betrag</text></inputExpression></input>
    <input id="j" label="bis"><inputExpression><text>betrag</text></inputExpression></input><output id="o" name="gebuehr"/>
    <annotation/><annotation/><rule id="a"><inputEntry><text>&gt;= {ab}</text></inputEntry><inputEntry><text>&lt; 50</text></inputEntry>
    <outputEntry><text>5</text></outputEntry><annotationEntry><text>{note}</text></annotationEntry><annotationEntry><text>fest</text></annotationEntry>
    </rule></decisionTable></decision></definitions>"""

    found = compare.compare(drawn.format(ab=10, note="alt").encode(), drawn.format(ab=20, note="neu").encode(), "k")

    (row,) = found.rows
    assert (row.kind, sorted(found.columns[name] for name in row.changed)) == ("changed", ["Anmerkung", "ab"])
    assert list(found.columns.values()) == ["ab", "bis", "gebuehr", "Anmerkung", "Anmerkung"]


def test_a_changed_annotation_is_a_change_as_the_modeler_writes_it() -> None:
    before, after = (
        table(A).replace(b'<rule id="a">', f'<rule id="a"><description>{source}</description>'.encode()) for source in ("§ 1", "§ 2")
    )

    found = compare.compare(before, after, "k")

    (row,) = found.rows
    assert (row.kind, [found.columns[name] for name in row.changed]) == ("changed", ["Anmerkung"])


def test_settings_are_compared_in_words() -> None:
    (changed,) = compare.compare(table(A), table(A, name="Gebühr", policy="UNIQUE"), "k").settings

    assert [(detail.name, detail.before, detail.after) for detail in changed.details] == [
        ("Name", "K", "Gebühr"),
        ("Trefferart", "FIRST", "UNIQUE"),
    ]


def test_each_of_our_tables_is_equal_to_itself() -> None:
    for name, content in model_files.own().items():
        if name.endswith(".dmn"):
            found = compare.compare(content, content, name.removesuffix(".dmn"), law.FUNCTIONS)
            assert (found.settings, {row.kind for row in found.rows}) == ((), {"same"}), name
