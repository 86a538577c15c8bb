"""Start a process by hand: what was typed into its start form is checked there, free text is kept in the case file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

import forms
from api import chosen_files, completion
from engine import deployments, errors, instances
from engine.spiff import reader


def form_of(tx: Connection, process_key: str, version: int, *, tenant_id: int) -> forms.Form | None:
    """Return the start form of a version of a process in its latest version, or None where none is drawn."""
    file, content = deployments.content(tx, "bpmn", process_key, version, tenant_id=tenant_id)
    process = reader.process_of(content, file, process_key)
    if process is None or process.start_form is None:
        return None
    return forms.read(deployments.content(tx, "form", process.start_form, tenant_id=tenant_id)[1])


def submit(
    tx: Connection,
    process_key: str,
    version: int,
    business_key: str,
    submitted: Mapping[str, object],
    *,
    tenant_id: int,
    by: str,
    now: datetime,
    chosen: chosen_files.Chosen | None = None,
) -> instances.Instance:
    """Start a version of a process with what its form brought. Raises errors.InvalidInput with one message per field; nothing is stored then."""
    form = form_of(tx, process_key, version, tenant_id=tenant_id)
    given = dict(submitted)
    if form is not None:
        result = forms.validate(form, submitted, {}, now=now, context={}, chosen=chosen_files.shown(chosen))
        if not result.is_valid:
            raise errors.InvalidInput("Bitte die markierten Felder berichtigen. Es wurde nichts gespeichert.", result.errors)
        given = completion.kept(
            tx, form, result.values, chosen, tenant_id=tenant_id, label=process_key, business_key=business_key, by=by, now=now
        )
    return instances.start(tx, process_key, business_key, given, tenant_id=tenant_id, now=now, by=by, version=version)
