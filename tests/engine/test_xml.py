"""XML that people send: refused in German with its place, and each element on the line where it begins."""

from __future__ import annotations

import re

import pytest

from engine import xml


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (b"", 1, "Sie ist leer oder beginnt nicht mit „<“"),
        (b"hallo", 1, "Sie ist leer oder beginnt nicht mit „<“"),
        (b"<a>\n<b>\n</a>", 3, "Das Element „b“ aus Zeile 2 wird mit „/a“ geschlossen"),
        (b"<a>\n<b>", 2, "Sie bricht ab, das Element „b“ aus Zeile 2 ist nicht geschlossen"),
        (b"<a>\n<b x='1'", 2, "Ein Element ist nicht mit „>“ geschlossen, oder zwischen zwei Angaben fehlt ein Leerzeichen"),
        (b'<a x="1"y="2"/>', 1, "zwischen zwei Angaben fehlt ein Leerzeichen"),
        (b"<a>\n&foo;</a>", 2, "Die Entität „&foo;“ ist nicht erklärt"),
        (b"<a>x & y</a>", 1, "Ein „&“ oder „<“ steht allein; gemeint ist „&amp;“ oder „&lt;“"),
        (b"<a>A&B</a>", 1, "Ein „&“ steht allein; gemeint ist „&amp;“"),
        (b'<a x="1<2"/>', 1, "In einem Wert steht „<“; gemeint ist „&lt;“"),
        (b"<a>\n<c:b/></a>", 2, "Das Präfix „c:“ ist nicht erklärt; es fehlt xmlns:c=\"…\""),
        (b'<a c:x="1"/>', 1, "Das Präfix „c:“ ist nicht erklärt"),
        (b'<a x="1" x="2"/>', 1, "Das Attribut „x“ steht zweimal am selben Element"),
        (b'<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>', 1, "Ein Attribut steht zweimal am selben Element"),
        (b"<a x=1/>", 1, "Der Wert eines Attributs steht nicht in Anführungszeichen"),
        (b'<a x="1', 1, "Ein Anführungszeichen ist nicht geschlossen"),
        (b"<a x/>", 1, "Ein Attribut hat keinen Wert"),
        (b"<a>\x01</a>", 1, "Sie enthält ein Zeichen, das in XML nicht vorkommen darf"),
        (b"<a>\xfc</a>", 1, "Ihre Zeichen passen nicht zur angegebenen Kodierung"),
        (b'<?xml version="1.0" encoding="foo"?><a/>', 1, "Die angegebene Kodierung gibt es nicht"),
        (b"<a/>\n<b/>", 2, "Hinter dem Ende steht noch etwas"),
        (b"<a><!-- x </a>", 1, "Ein Kommentar (<!-- … -->) ist nicht geschlossen"),
        (b"<a><!-- x -- y --></a>", 1, "In einem Kommentar stehen zwei Bindestriche"),
        (b"<a><![CDATA[x</a>", 1, "Ein CDATA-Abschnitt ist nicht geschlossen"),
        (b"\n<?xml version='1.0'?><a/>", 2, "Die Zeile „<?xml … ?>“ steht nicht ganz am Anfang"),
        (b"<a:b:c/>", 1, "Sie folgt nicht den Regeln von XML (auf Englisch: Failed to parse QName 'a:b:c')"),
    ],
)  # fmt: skip
def test_what_is_no_xml_is_told_in_german_with_its_place(content: bytes, line: int, told: str) -> None:
    with pytest.raises(xml.BrokenXml, match=re.escape(told)) as fault:
        xml.read(content)

    assert str(fault.value).startswith("Die Datei ist kein gültiges XML: ")
    assert fault.value.line == line
    assert "line" not in str(fault.value)


@pytest.mark.parametrize("declared", [b"<!DOCTYPE a>", b"<!doctype a [<!ENTITY b 'c'>]>"])
def test_a_declaration_is_refused_on_the_line_where_it_stands(declared: bytes) -> None:
    with pytest.raises(xml.BrokenXml, match="DOCTYPE- oder ENTITY-Angabe") as fault:
        xml.read(b"<?xml version='1.0'?>\n\n" + declared + b"\n<a/>")

    assert fault.value.line == 3


LONG_TAGS = '<?xml version="1.0" encoding="{}"?>\n<a\n  x=">"\n  y="ü">\n<b/><c\n>text\n</c>\n  <d\n    z="1"/></a>\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_an_element_is_on_the_line_where_its_start_tag_begins_however_long_that_is(encoding: str) -> None:
    root = xml.read(LONG_TAGS.format(encoding).encode(encoding))

    assert {element.tag: xml.line(element) for element in root.iter()} == {"a": 2, "b": 5, "c": 5, "d": 8}


def test_an_encoding_that_only_one_library_reads_is_read_all_the_same() -> None:
    root = xml.read(LONG_TAGS.format("gb18030").encode("gb18030"))

    assert [xml.line(element) for element in root.iter("b", "d")] == [5, 9]


def test_a_file_is_read_up_to_its_bound_and_not_above() -> None:
    content = b"<a>" + b" " * (xml.MAX_BYTES - 7) + b"</a>"

    assert xml.read(content).tag == "a"
    with pytest.raises(xml.BrokenXml, match="größer als 2 MB"):
        xml.read(content + b" ")
    assert len(xml.read(b"<a>" + b"<b/>" * (xml.MAX_ELEMENTS - 1) + b"</a>")) == xml.MAX_ELEMENTS - 1
    with pytest.raises(xml.BrokenXml, match="mehr als 20000 Elemente"):
        xml.read(b"<a>" + b"<b/>" * xml.MAX_ELEMENTS + b"</a>")


def test_lines_above_what_the_library_can_hold_do_no_harm() -> None:
    root = xml.read(b"<a>" + b"\n" * 70_000 + b"<b\nx='1'/></a>")

    assert xml.line(root) == 1
    assert xml.line(root[0]) >= 65_535
