"""Read XML that strangers send: no DOCTYPE, no entities, no network, bounded in bytes, depth and elements."""

from __future__ import annotations

from lxml import etree

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 20_000


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
        raise BrokenXml(f"Die Datei ist kein gültiges XML: {fault}", line) from fault
    # Looked for again after parsing: the bytes of another encoding (UTF-16) do not spell it as above.
    if root.getroottree().docinfo.internalDTD is not None:
        raise BrokenXml("Eine DOCTYPE- oder ENTITY-Angabe ist nicht erlaubt.")
    if sum(1 for _ in root.iter("*")) > MAX_ELEMENTS:
        raise BrokenXml(f"Die Datei hat mehr als {MAX_ELEMENTS} Elemente.")
    return root


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
