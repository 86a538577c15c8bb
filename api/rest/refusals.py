"""Refused deployments as the interfaces tell them: every fault in the message, the page that shows all of them last, and Camunda's `details`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import url_for

from api import app, checked_files, deploying
from api.rest import entrance
from engine import contents, deployments
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
    """Return the findings as Camunda's `details`: file -> errors and warnings with line, column and element.

    column: where on that line the element's tag begins, else its first sign; from 1. 0 where the line is empty. (Camunda's column is
    where the tag ends; XML readers tell no other.)
    """
    found: dict[str, dict[str, list[object]]] = {file: {"errors": [], "warnings": []} for file in files}
    lines = {file: checked_files.lines_of(content, contents.kind_of(file)) for file, content in files.items()}
    for finding in findings:
        found[finding.file][f"{finding.severity}s"].append(_problem(finding, lines[finding.file]))
    return found


def _problem(finding: Finding, lines: Sequence[str]) -> dict[str, object]:
    element = finding.element_id or None
    return {
        "message": f"{finding.message} {finding.remedy}".strip(), "line": finding.line, "column": _column(finding, lines),
        "mainElementId": element, "elementIds": [element] if element else [],
    }  # fmt: skip


def _column(finding: Finding, lines: Sequence[str]) -> int:
    line = lines[finding.line - 1] if 1 <= finding.line <= len(lines) else ""
    named = line.find(f'id="{finding.element_id}"') if finding.element_id else -1
    tag = line.rfind("<", 0, named) if named >= 0 else -1
    return tag + 1 if tag >= 0 else len(line) - len(line.lstrip()) + 1 if line.strip() else 0
