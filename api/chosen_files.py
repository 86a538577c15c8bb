"""Files that came with a form: by the key that stands for them in what was typed, judged before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

import forms
from engine import documents, files

Chosen = Mapping[str, Sequence[files.Draft]]


def shown(chosen: Chosen | None) -> dict[str, list[forms.Chosen]]:
    """Return the files as the form's rules see them, with their names."""
    return {
        key: [forms.Chosen(documents.with_names(one.reference, {one.uuid: one.name}), one.problem) for one in drafts]
        for key, drafts in (chosen or {}).items()
    }


def keep(
    tx: Connection,
    form: forms.Form,
    values: Mapping[str, object],
    chosen: Chosen | None,
    *,
    tenant_id: int,
    source: str,
    business_key: str,
    by: str,
    now: datetime,
) -> None:
    """Keep the files that the checked values refer to; what came for a field that is hidden or not in the form is dropped."""
    fields = {documents.id_of(one): component.label for component, one in forms.placed(form, values)}
    wanted = [one for drafts in (chosen or {}).values() for one in drafts if one.uuid in fields]
    labels = {one.uuid: fields[one.uuid] for one in wanted}
    files.keep(tx, tenant_id, wanted, business_key=business_key, source=source, by=by, now=now, fields=labels)
