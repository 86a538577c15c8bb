"""Read XML that strangers send: no DOCTYPE, no entities, no network, bounded in bytes, depth and elements."""

from __future__ import annotations

import re
from xml.parsers import expat

from lxml import etree

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 20_000
MAX_LINE = 2**16 - 1  # that libxml2 holds at an element
MAX_NAME = 80  # signs of a name in a message


# What libxml2 finds wrong with people's files, in German.
FAULTS = {
    "ERR_DOCUMENT_EMPTY": "Sie ist leer oder beginnt nicht mit „<“",
    "ERR_DOCUMENT_END": "Hinter dem Ende steht noch etwas",
    "ERR_TAG_NOT_FINISHED": "Sie bricht ab, ein Element ist nicht geschlossen",
    "ERR_TAG_NAME_MISMATCH": "Ein Element wird mit einem anderen Namen geschlossen, als es begonnen hat",
    "ERR_GT_REQUIRED": "Ein Element ist nicht mit „>“ geschlossen",
    "ERR_SPACE_REQUIRED": "Ein Element ist nicht mit „>“ geschlossen, oder zwischen zwei Angaben fehlt ein Leerzeichen",
    "ERR_LT_IN_ATTRIBUTE": "In einem Wert steht „<“; gemeint ist „&lt;“",
    "ERR_ATTRIBUTE_REDEFINED": "Ein Attribut steht zweimal am selben Element",
    "NS_ERR_ATTRIBUTE_REDEFINED": "Ein Attribut steht zweimal am selben Element",
    "ERR_ATTRIBUTE_NOT_STARTED": "Der Wert eines Attributs steht nicht in Anführungszeichen",
    "ERR_ATTRIBUTE_NOT_FINISHED": "Ein Anführungszeichen ist nicht geschlossen",
    "ERR_ATTRIBUTE_WITHOUT_VALUE": "Ein Attribut hat keinen Wert",
    "ERR_INVALID_CHAR": "Sie enthält ein Zeichen, das in XML nicht vorkommen darf",
    "ERR_INVALID_ENCODING": "Ihre Zeichen passen nicht zur angegebenen Kodierung",
    "ERR_UNSUPPORTED_ENCODING": "Die angegebene Kodierung gibt es nicht",
    "ERR_UNDECLARED_ENTITY": "Eine Entität (&…;) ist nicht erklärt",
    "ERR_ENTITYREF_SEMICOL_MISSING": "Ein „&“ steht allein; gemeint ist „&amp;“",
    "ERR_NAME_REQUIRED": "Ein „&“ oder „<“ steht allein; gemeint ist „&amp;“ oder „&lt;“",
    "ERR_COMMENT_NOT_FINISHED": "Ein Kommentar (<!-- … -->) ist nicht geschlossen",
    "ERR_HYPHEN_IN_COMMENT": "In einem Kommentar stehen zwei Bindestriche",
    "ERR_CDATA_NOT_FINISHED": "Ein CDATA-Abschnitt ist nicht geschlossen",
    "ERR_RESERVED_XML_NAME": "Die Zeile „<?xml … ?>“ steht nicht ganz am Anfang",
    "ERR_RESOURCE_LIMIT": "Sie ist zu tief verschachtelt, oder ein Text darin ist zu lang",
    "NS_ERR_UNDEFINED_NAMESPACE": "Ein Namensraum (z. B. camunda:) ist nicht erklärt",
}
# The same where libxml2 names what it means, and the names are worth reading.
NAMED = (
    (r"Opening and ending tag mismatch: (\S+) line (\d+) and (\S+)$", "Das Element „{0}“ aus Zeile {1} wird mit „/{2}“ geschlossen"),
    (r"Premature end of data in tag (\S+) line (\d+)$", "Sie bricht ab, das Element „{0}“ aus Zeile {1} ist nicht geschlossen"),
    (r"Namespace prefix (\S+) .*is not defined$", 'Das Präfix „{0}:“ ist nicht erklärt; es fehlt xmlns:{0}="…" am Anfang der Datei'),
    (r"Attribute (\S+) redefined$", "Das Attribut „{0}“ steht zweimal am selben Element"),
    (r"Entity '(\S+)' not defined$", "Die Entität „&{0};“ ist nicht erklärt"),
)
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class BrokenXml(ValueError):
    """The bytes are not XML that we read. `line` counts from 1; the message is German."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def read(content: bytes) -> etree._Element:
    """Return the root element. Raises BrokenXml."""
    if len(content) > MAX_BYTES:
        raise BrokenXml(f"Die Datei ist größer als {MAX_BYTES // 1024 // 1024} MB.")
    declaration = _DECLARATION.search(content)
    if declaration is not None:
        raise BrokenXml("Eine DOCTYPE- oder ENTITY-Angabe ist nicht erlaubt.", content.count(b"\n", 0, declaration.start()) + 1)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        line = fault.lineno or 1 if isinstance(fault, etree.XMLSyntaxError) else 1
        raise BrokenXml(f"Die Datei ist kein gültiges XML: {_german(fault)}.", line) from fault
    # Looked for again after parsing: the bytes of another encoding (UTF-16) do not spell it as above.
    if root.getroottree().docinfo.internalDTD is not None:
        raise BrokenXml("Eine DOCTYPE- oder ENTITY-Angabe ist nicht erlaubt.")
    if sum(1 for _ in root.iter("*")) > MAX_ELEMENTS:
        raise BrokenXml(f"Die Datei hat mehr als {MAX_ELEMENTS} Elemente.")
    _note_lines(root, content)
    return root


def _note_lines(root: etree._Element, content: bytes) -> None:
    """Note at each element the line where its start tag begins; libxml2 notes the one where the tag ends."""
    lines: list[int] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: lines.append(parser.CurrentLineNumber)
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError):  # an encoding that only libxml2 reads: its lines are near enough
        return
    for element, line_number in zip(root.iter("*"), lines, strict=True):
        if line_number != line(element) and line_number <= MAX_LINE:
            element.sourceline = line_number  # type: ignore[assignment]  # lxml's stubs know no type for it


def _german(fault: Exception) -> str:
    words = re.sub(r", line \d+, column \d+.*", "", str(fault), flags=re.DOTALL).strip()
    for pattern, told in NAMED:
        names = re.match(pattern, words)
        if names is not None:
            return told.format(*(name[:MAX_NAME] for name in names.groups()))
    code = getattr(fault, "code", None)
    known = next((told for name, told in FAULTS.items() if getattr(etree.ErrorTypes, name) == code), None)
    return known or f"Sie folgt nicht den Regeln von XML (auf Englisch: {words})"


def local(element: etree._Element) -> str:
    """Return the tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: etree._Element) -> str:
    """Return the namespace of the tag, or the empty string."""
    return _namespace(element.tag)


def namespaces(root: etree._Element) -> set[str]:
    """Return the namespaces of all tags and attributes; the empty string stands for none."""
    return {_namespace(name) for element in root.iter("*") for name in (element.tag, *element.attrib)}


def _namespace(name: object) -> str:
    return str(name).rpartition("}")[0].removeprefix("{")


def line(element: etree._Element) -> int:
    """Return the line the element starts on, from 1."""
    line_number: int | None = getattr(element, "sourceline", None)
    return line_number or 1
