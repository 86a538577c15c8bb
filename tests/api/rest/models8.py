"""Diagrams as Camunda Modeler writes them for Camunda 8, and the multipart body that it sends."""

from __future__ import annotations

import itertools

from werkzeug.test import TestResponse

from tests.api.rest.conftest import Caller
from tests.api.rest.models import BOUNDARY

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="d"
  targetNamespace="http://bpmn.io/schema/bpmn" modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.9.0">
"""


def task(element_id: str, job_type: str, *, retries: int = 3, headers: str = "", mappings: str = "") -> str:
    """Return a service task whose work is a job of that type."""
    drawn = f"<zeebe:taskHeaders>{headers}</zeebe:taskHeaders>" if headers else ""
    drawn += f"<zeebe:ioMapping>{mappings}</zeebe:ioMapping>" if mappings else ""
    return (
        f'<bpmn:serviceTask id="{element_id}" name="{element_id}"><bpmn:extensionElements>'
        f'<zeebe:taskDefinition type="{job_type}" retries="{retries}"/>{drawn}</bpmn:extensionElements></bpmn:serviceTask>'
    )


def caught(element_id: str, attached_to: str, code: str) -> str:
    """Return a boundary event that catches an error of that code; the file needs `error(code)`."""
    return (
        f'<bpmn:boundaryEvent id="{element_id}" attachedToRef="{attached_to}"><bpmn:errorEventDefinition errorRef="e_{code}"/>'
        "</bpmn:boundaryEvent>"
    )


def flows(*ids: str) -> str:
    """Return the sequence flows of a chain of elements."""
    return "".join(f'<bpmn:sequenceFlow id="von_{a}_zu_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in itertools.pairwise(ids))


def process(key: str, body: str, *, codes: tuple[str, ...] = (), more: str = "") -> str:
    """Return a file with one process that begins with `beginn` and ends with `ende`."""
    errors = "".join(f'<bpmn:error id="e_{code}" name="{code}" errorCode="{code}"/>' for code in codes)
    return (
        f'{HEAD}{errors}{more}<bpmn:process id="{key}" name="{key}" isExecutable="true"><bpmn:startEvent id="beginn"/>{body}'
        '<bpmn:endEvent id="ende"/></bpmn:process></bpmn:definitions>'
    )


def deploy(caller: Caller, files: dict[str, str], tenant: str = "<default>") -> TestResponse:
    """Press the Modeler's button."""
    parts = [f'Content-Disposition: form-data; name="tenantId"\r\n\r\n{tenant}']
    parts += [
        f'Content-Disposition: form-data; name="resources"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n{content}'
        for name, content in files.items()
    ]
    body = ("".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{BOUNDARY}--\r\n").encode()
    return caller.client.post(
        "/v2/deployments", data=body, headers={"Authorization": caller.header}, content_type=f"multipart/form-data; boundary={BOUNDARY}"
    )
