"""Handing out kept files: always to be saved, never to be shown in our own pages' name."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from api import app
from engine import files

bp = Blueprint("file_page", __name__)

SANDBOX = "sandbox; default-src 'none'"


@bp.get("/dateien/<uuid:file_id>")
def download(file_id: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        file, content = files.content(tx, session.tenant_id, file_id)
    return answer(file, content)


def answer(file: files.File, content: bytes) -> Response:
    """Return the bytes as a download under their name (RFC 6266); nothing in them may run, whatever they are."""
    plain = "".join(sign if sign.isascii() and sign not in '"\\%' else "_" for sign in file.name)
    charset = f"; charset={file.encoding}" if file.encoding else ""
    response = Response(content, content_type=file.media_type + charset)
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    response.headers["Content-Security-Policy"] = SANDBOX
    return response
