"""Diagrams and forms as Camunda Modeler writes them, and the multipart body that it sends, byte for byte."""

from __future__ import annotations

import json

from werkzeug.test import TestResponse

from api.rest import description
from tests.api.rest.conftest import Caller, Office

BOUNDARY = "----WebKitFormBoundaryN3w7zZpQx1mK0Yca"
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="d"
  targetNamespace="http://bpmn.io/schema/bpmn" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.24.0">
"""


def diagram(key: str = "anhoerung", *, inner: str = "", form: str = "", attributes: str = "", tag: str = "") -> str:
    """Return a process with one user task; `inner` may replace its body."""
    version_tag = f' camunda:versionTag="{tag}"' if tag else ""
    body = inner or (
        f'<bpmn:startEvent id="beginn"{attributes}><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>'
        f'<bpmn:userTask id="schreiben_pruefen" name="Schreiben prüfen"{form}><bpmn:incoming>f1</bpmn:incoming>'
        "<bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>"
        '<bpmn:endEvent id="ende"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="f1" sourceRef="beginn" targetRef="schreiben_pruefen"/>'
        '<bpmn:sequenceFlow id="f2" sourceRef="schreiben_pruefen" targetRef="ende"/>'
    )
    return (
        f'{HEAD}<bpmn:process id="{key}" name="Anhörung" isExecutable="true" camunda:historyTimeToLive="P180D"{version_tag}>\n{body}\n'
        "</bpmn:process></bpmn:definitions>"
    )


def form(form_id: str = "anhoerung_pruefen") -> str:
    field = {"type": "textfield", "key": "vermerk", "label": "Vermerk", "id": "f1", "validate": {"required": True}}
    return json.dumps({"type": "default", "id": form_id, "schemaVersion": 19, "components": [field]})


def multipart(fields: dict[str, str], diagram_part: tuple[str, str] | None, attachments: dict[str, str]) -> bytes:
    """Return the body of the Modeler's request: fields, then a part per file named after the file; `"` as %22, umlauts as UTF-8."""
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    files = [(*diagram_part, "text/xml")] if diagram_part else []
    files += [(name, content, "application/octet-stream") for name, content in attachments.items()]
    for name, content, content_type in files:
        escaped = name.replace('"', "%22")
        parts.append(
            f'Content-Disposition: form-data; name="{escaped}"; filename="{escaped}"\r\nContent-Type: {content_type}\r\n\r\n{content}'
        )
    return ("".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{BOUNDARY}--\r\n").encode()


def deploy(
    caller: Caller,
    content: str | None,
    *,
    name: str = "anhoerung.bpmn",
    tenant: str | None = None,
    path: str = "/engine-rest",
    **attachments: str,
) -> TestResponse:
    """Press the Modeler's button."""
    fields = {"deployment-name": name.rpartition(".")[0], "deployment-source": "Camunda Modeler", "enable-duplicate-filtering": "true"}
    if tenant:
        fields["tenant-id"] = tenant
    files = {f"{stem}.{'bpmn' if text.startswith('<') else 'form'}": text for stem, text in attachments.items()}
    body = multipart(fields, None if content is None else (name, content), files)
    headers = {"Authorization": caller.header, "Accept": "application/json", "Origin": "file://"}
    return caller.client.post(
        f"{path}/deployment/create", data=body, headers=headers, content_type=f"multipart/form-data; boundary={BOUNDARY}"
    )


SAMPLES = {"text": "x", "whole": 1, "flag": True, "texts": ["x"], "object": {}, "list": [], "any": "x"}


def required(route: description.Route) -> dict[str, object]:
    """Return the least body that a route reads."""
    return {name: SAMPLES[one.kind] for name, one in (route.operation.body or {}).items() if one.required}


def started(office: Office, login: str, key: str = "anhoerung", **variables: object) -> str:
    """Start an instance and return its id."""
    given = {name: {"value": value} for name, value in variables.items()}
    answer = office.client(login).post(f"/engine-rest/process-definition/key/{key}/start", {"businessKey": "K-1", "variables": given})
    assert answer.status_code == 200, answer.get_json()
    return str(answer.get_json()["id"])
