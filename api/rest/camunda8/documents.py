"""Documents: the bytes of a file by the reference that stands in a variable, as Camunda 8's clients ask."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint

from api import app
from api.pages import file_page
from api.rest.operations import Field, operation
from engine import documents, errors, files

bp = Blueprint("rest8_documents", __name__)


@bp.get("/v2/documents/<document_id>")
@operation(
    "Die Datei, auf die eine Variable verweist", query={"storeId": Field("text", "ohne Wirkung"), "contentHash": Field("text", "SHA-256 der Datei")},
    answer="die Bytes", content="application/octet-stream",
)  # fmt: skip
def get(document_id: str, query: dict[str, Any]) -> object:
    uuid: UUID | None = documents.id_of({"documentId": document_id})
    if uuid is None:
        raise errors.NotFound(
            f"Eine Datei mit der Kennung „{document_id[:80]}“ gibt es nicht. Kennungen beginnen mit „{documents.PREFIX}“."
        )
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        file, content = files.content(tx, session.tenant_id, uuid)
    if query["contentHash"] not in (None, file.sha256.hex()):
        raise errors.InvalidInput("„contentHash“ ist nicht die Prüfsumme dieser Datei.")
    return file_page.answer(file, content)
