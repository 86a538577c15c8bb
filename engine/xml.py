"""Read XML that strangers send: no DOCTYPE, no entities, no network, bounded in bytes, depth and elements."""

from __future__ import annotations

from lxml import etree

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 20_000


# libxml2's words for what happens to people's files, in German.
FAULTS = {
    "ERR_DOCUMENT_EMPTY": "Sie ist leer oder beginnt nicht mit „<“",
    "ERR_DOCUMENT_END": "Hinter dem Ende steht noch etwas",
    "ERR_TAG_NOT_FINISHED": "Sie bricht ab, ein Element ist nicht geschlossen",
    "ERR_TAG_NAME_MISMATCH": "Ein Element wird mit einem anderen Namen geschlossen, als es begonnen hat",
    "ERR_GT_REQUIRED": "Ein Element ist nicht mit „>“ geschlossen",
    "ERR_LT_IN_ATTRIBUTE": "In einem Wert steht „<“; gemeint ist „&lt;“",
    "ERR_ATTRIBUTE_REDEFINED": "Ein Attribut steht zweimal am selben Element",
    "ERR_INVALID_CHAR": "Sie enthält ein Zeichen, das in XML nicht vorkommen darf",
    "ERR_INVALID_ENCODING": "Ihre Zeichen passen nicht zur angegebenen Kodierung",
    "ERR_UNSUPPORTED_ENCODING": "Die angegebene Kodierung gibt es nicht",
    "ERR_UNDECLARED_ENTITY": "Eine Entität (&…;) ist nicht erklärt",
    "ERR_NAME_REQUIRED": "Ein „&“ oder „<“ steht allein; gemeint ist „&amp;“ oder „&lt;“",
    "ERR_ATTRIBUTE_NOT_STARTED": "Der Wert eines Attributs steht nicht in Anführungszeichen",
    "ERR_RESOURCE_LIMIT": "Sie ist zu tief verschachtelt, oder ein Text darin ist zu lang",
    "NS_ERR_UNDEFINED_NAMESPACE": "Ein Namensraum (z. B. camunda:) ist nicht erklärt",
}


class BrokenXml(ValueError):
    """The bytes are not XML that we read. `line` counts from 1; the message is German."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def read(content: bytes) -> etree._Element:
    """Return the root element. Raises BrokenXml."""
    if len(content) > MAX_BYTES:
        raise BrokenXml(f"Die Datei ist größer als {MAX_BYTES // 1024 // 1024} MB.")
    if b"<!DOCTYPE" in content.upper() or b"<!ENTITY" in content.upper():
        line = content[: max(content.upper().find(b"<!DOCTYPE"), content.upper().find(b"<!ENTITY"))].count(b"\n") + 1
        raise BrokenXml("Eine DOCTYPE- oder ENTITY-Angabe ist nicht erlaubt.", line)
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
    return root


def _german(fault: Exception) -> str:
    code = getattr(fault, "code", None)
    return next(
        (text for name, text in FAULTS.items() if getattr(etree.ErrorTypes, name) == code), str(fault).partition(", line ")[0].strip()
    )


def local(element: etree._Element) -> str:
    """Return the tag without its namespace."""
    return etree.QName(element).localname


def namespace(element: etree._Element) -> str:
    """Return the namespace of the tag, or the empty string."""
    return etree.QName(element).namespace or ""


def line(element: etree._Element) -> int:
    """Return the line the element starts on, from 1."""
    line_number: int | None = getattr(element, "sourceline", None)
    return line_number or 1
