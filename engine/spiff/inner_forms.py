"""Forms drawn inside a diagram, as .form files of their own: Camunda 8's embedded form and Camunda 7's generated form fields."""

from __future__ import annotations

import json

from lxml import etree

from engine import xml

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
EMBEDDED = "camunda-forms:bpmn:"


def key(drawn: etree._Element, name: str) -> str:
    """Return the form id under which a form inside the process around an element is deployed."""
    around: etree._Element | None = drawn
    while around is not None and xml.local(around) != "process":
        around = around.getparent()
    return f"{around.get('id', '') if around is not None else ''}.{name}"


def embedded(drawn: etree._Element, name: str) -> etree._Element | None:
    """Return the embedded form of that name in the process around an element."""
    process = next(drawn.iterancestors(f"{BPMN}process"), None)
    forms = process.findall(f"{BPMN}extensionElements/{ZEEBE}userTaskForm") if process is not None else []
    return next((form for form in forms if form.get("id") == name), None)


def of_file(content: bytes) -> dict[str, tuple[bytes, int]]:
    """Return form id -> (.form JSON, line in the diagram) of every form drawn inside; nothing of a broken file."""
    try:
        root = xml.read(content)
    except xml.BrokenXml:
        return {}
    found: dict[str, tuple[bytes, int]] = {}
    for form in root.iter(f"{ZEEBE}userTaskForm"):
        identity = key(form, form.get("id", ""))
        found[identity] = (_with_id(form.text or "", identity), xml.line(form))
    return found


def _with_id(text: str, identity: str) -> bytes:
    """Return the JSON with the id it is deployed under; what is no JSON object stays, for the form's own check to tell."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        return text.encode()
    if not isinstance(schema, dict):
        return text.encode()
    return json.dumps(schema | {"id": identity}, ensure_ascii=False, indent=2).encode()
