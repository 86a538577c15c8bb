"""Files that a page's form sends beside what was typed: parts named by the key that form-js gave them (`files::…`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from api import app
from engine import documents, errors, files, media_types

MAX_KEY = 100
STAYS = "X-Formular"  # sent by a page that stays while it sends files


@contextmanager
def chosen() -> Iterator[dict[str, list[files.Draft]]]:
    """Give key -> the files sent under it, as long as the caller works with them. Raises errors.InvalidInput for too much at once.

    Until here they lie on disk, where the request was parsed. Only so many forms hold theirs in memory at a time; the others wait.
    """
    if not request.files:
        yield {}
        return
    with app.room_for_files():
        yield _read()


def _read() -> dict[str, list[files.Draft]]:
    limits = app.database().runtime.file_limits
    found: dict[str, list[files.Draft]] = {}
    for key, part in request.files.items(multi=True):
        if not key.startswith(documents.PREFIX) or len(key) > MAX_KEY:
            raise errors.InvalidInput("Eine Datei gehört zu keinem Feld. Bitte die Seite neu laden und die Datei noch einmal auswählen.")
        content = part.read(limits.file_mb * files.MEGABYTE + 1)
        found.setdefault(key, []).append(files.draft(part.filename or "", content, limits))
    files.refuse_too_much([one for drafts in found.values() for one in drafts], limits)
    return found


def limits() -> dict[str, object]:
    """Return what a page's file pickers tell before anything is sent."""
    return {"dateigrenzen": app.database().runtime.file_limits, "dateiarten": " ".join(media_types.EXTENSIONS)}


def went_on(response: Response) -> bool:
    """Return whether a page was sent on to the next one: what it asked for is done."""
    return response.status_code in (302, 303) or (response.status_code == 204 and STAYS in request.headers)


def go_on(address: str) -> ResponseReturnValue:
    """Send the browser to the next page; one that stayed while it sent files is told where to go."""
    return Response(status=204, headers={"Location": address}) if STAYS in request.headers else redirect(address)
