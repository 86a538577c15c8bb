"""Files that a page's form sends beside what was typed: parts named by the key that form-js gave them (`files::…`)."""

from __future__ import annotations

from flask import request

from api import app
from engine import documents, errors, files

MAX_KEY = 100


def chosen() -> dict[str, list[files.Draft]]:
    """Return key -> the files sent under it. Raises errors.InvalidInput for too much at once."""
    limits = app.database().runtime.file_limits
    found: dict[str, list[files.Draft]] = {}
    for key, part in request.files.items(multi=True):
        if not key.startswith(documents.PREFIX) or len(key) > MAX_KEY:
            raise errors.InvalidInput("Eine Datei gehört zu keinem Feld. Bitte die Seite neu laden und die Datei noch einmal auswählen.")
        content = part.read(limits.file_mb * files.MEGABYTE + 1)
        found.setdefault(key, []).append(files.draft(part.filename or "", content, limits))
    files.refuse_too_much([one for drafts in found.values() for one in drafts], limits)
    return found
