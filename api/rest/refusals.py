"""Refused deployments as the interfaces tell them: every fault in the message, the page that shows all of them last, and Camunda's `details`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import url_for

from api import app, deploying
from api.rest import entrance
from engine import deployments
from engine.protocol import Finding


def keep(refused: deployments.Refused, files: Mapping[str, bytes], *, name: str, source: str) -> deployments.Refused:
    """Keep the refused files of the caller's tenant and return the refusal with the address of the page that shows them."""
    session = app.session()
    kept = deploying.keep(
        app.database(), files, refused.findings, name=name, source=source, tenant_id=session.tenant_id, by=session.login
    )  # fmt: skip
    page = url_for("rejections_page.show", rejection_uuid=kept)
    return deployments.Refused(refused.findings, seen_at=f"{entrance.base_url()}{page}")


def problems(files: Mapping[str, bytes], findings: Sequence[Finding]) -> dict[str, dict[str, list[object]]]:
    """Return the findings as Camunda's `details`: file -> errors and warnings with line and element."""
    found: dict[str, dict[str, list[object]]] = {file: {"errors": [], "warnings": []} for file in files}
    for finding in findings:
        found[finding.file][f"{finding.severity}s"].append(_problem(finding))
    return found


def _problem(finding: Finding) -> dict[str, object]:
    element = finding.element_id or None
    return {
        "message": f"{finding.message} {finding.remedy}".strip(), "line": finding.line, "column": 0, "mainElementId": element,
        "elementIds": [element] if element else [],
    }  # fmt: skip
