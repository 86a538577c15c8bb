"""Forms drawn inside a diagram, as .form files of their own: Camunda 8's embedded forms and Camunda 7's generated form fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from engine import xml
from engine.spiff import form_fields

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
CAMUNDA = form_fields.CAMUNDA
EMBEDDED = "camunda-forms:bpmn:"


@dataclass(frozen=True, slots=True)
class InnerForm:
    """A form inside a diagram: its content as a .form file, and where it stands. `drawn_as` is its name in the diagram."""

    content: bytes
    diagram: str
    line: int
    drawn_as: str


def key(drawn: etree._Element, name: str) -> str:
    """Return the form id under which a form inside the process around an element is deployed."""
    process = drawn if xml.local(drawn) == "process" else next(drawn.iterancestors(f"{BPMN}process"), None)
    return f"{process.get('id', '') if process is not None else ''}.{name}"


def embedded(drawn: etree._Element, name: str) -> etree._Element | None:
    """Return the embedded form of that name in the process around an element."""
    process = next(drawn.iterancestors(f"{BPMN}process"), None)
    forms = process.findall(f"{BPMN}extensionElements/{ZEEBE}userTaskForm") if process is not None else []
    return next((form for form in forms if form.get("id") == name), None)


def of_files(files: Mapping[str, bytes]) -> dict[str, InnerForm]:
    """Return file name -> form of every form drawn inside the diagrams; nothing of a broken file."""
    found: dict[str, InnerForm] = {}
    for file, content in files.items():
        if file.lower().endswith(".bpmn"):
            found |= _of_file(file, content)
    return found


def _of_file(file: str, content: bytes) -> dict[str, InnerForm]:
    try:
        root = xml.read(content)
    except xml.BrokenXml:
        return {}
    found: dict[str, InnerForm] = {}
    for form in root.iter(f"{ZEEBE}userTaskForm"):
        identity = key(form, form.get("id", ""))
        found[f"{identity}.form"] = InnerForm(_with_id(form.text or "", identity), file, xml.line(form), form.get("id", ""))
    for fields in root.iter(f"{CAMUNDA}formData"):
        owner = next(fields.iterancestors(f"{BPMN}userTask", f"{BPMN}startEvent"), None)
        if owner is not None and owner.get("id"):
            identity = key(owner, owner.get("id", ""))
            schema, _ = form_fields.schema(fields, identity)
            found[f"{identity}.form"] = InnerForm(_json(schema), file, xml.line(fields), owner.get("id", ""))
    return found


def _with_id(text: str, identity: str) -> bytes:
    """Return the JSON with the id it is deployed under; what is no JSON object stays, for the form's own check to tell."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        return text.encode()
    return _json(schema | {"id": identity}) if isinstance(schema, dict) else text.encode()


def _json(schema: Mapping[str, object]) -> bytes:
    return json.dumps(schema, ensure_ascii=False, indent=2).encode()
