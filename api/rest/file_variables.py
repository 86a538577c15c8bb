"""Variables of Camunda's type File: their bytes go beside the process, as those of a form do; the variable refers to them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, request
from sqlalchemy import Connection

from api import app, strict_json
from api.pages import file_page
from api.rest import faults, variables
from engine import clock, documents, errors, files, jobs

SOURCE = "Schnittstelle"
ENCODING = re.compile(r"[A-Za-z0-9._:-]{1,40}")


class Brought:
    """The files that came as values of one request; they are kept in the transaction of what the request does."""

    def __init__(self) -> None:
        self.drafts: list[files.Draft] = []

    def take(self, name: str, value: object, info: Mapping[str, object]) -> dict[str, object]:
        """Return the reference for a value of type File: base64, with its name in `valueInfo`. Raises errors.InvalidInput."""
        if not isinstance(value, str) or not value:
            raise errors.InvalidInput(
                f"Variable „{name}“: Der Inhalt der Datei fehlt. Erwartet wird er base64-kodiert in „value“ (im JavaScript-Client vorher load() "
                "aufrufen), oder als multipart unter …/variables/{Name}/data."
            )
        try:
            content = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as broken:
            raise errors.InvalidInput(f"Variable „{name}“: „value“ ist nicht base64-kodiert.") from broken
        return self.add(name, info.get("filename"), content, info.get("encoding"))

    def add(self, name: str, filename: object, content: bytes, encoding: object = None) -> dict[str, object]:
        """Return the reference for bytes under a file name. Raises errors.InvalidInput."""
        if not isinstance(filename, str) or not filename.strip():
            raise errors.InvalidInput(f"Variable „{name}“: „valueInfo.filename“ fehlt: der Name der Datei mit Endung.")
        if encoding is not None and (not isinstance(encoding, str) or (encoding and not ENCODING.fullmatch(encoding))):
            raise errors.InvalidInput(f"Variable „{name}“: „encoding“ ist kein Zeichensatz, z. B. UTF-8.")
        made = files.draft(filename, content, app.database().runtime.file_limits, encoding=encoding or "")
        if made.problem:
            raise errors.InvalidInput(f"Variable „{name}“: {made.problem}")
        self.drafts.append(made)
        return made.reference

    @property
    def chosen(self) -> dict[str, list[files.Draft]]:
        """The files by the reference that stands for them in a form's values."""
        return {f"{documents.PREFIX}{one.uuid}": [one] for one in self.drafts}

    def keep(self, tx: Connection, business_key: str, source: str = SOURCE) -> None:
        """Keep the files of what is known under a business key."""
        session = app.session()
        files.keep(
            tx, session.tenant_id, self.drafts, business_key=business_key, source=source, by=session.login,
            now=clock.now(tx, session.tenant_id),
        )  # fmt: skip

    def keep_for_job(self, tx: Connection, job_id: UUID) -> None:
        """Keep the files of a job's instance."""
        if self.drafts:
            self.keep(tx, *jobs.place_of(tx, app.session().tenant_id, job_id))


def uploaded(name: str) -> tuple[dict[str, object], Brought]:
    """Return the values and files of a multipart request that sets one variable: `data`, and `valueType` File (Camunda's way)."""
    if request.mimetype != "multipart/form-data":
        raise faults.Fault(415, "Erwartet wird multipart/form-data mit dem Teil „data“ und „valueType“ File.")
    kind = request.form.get("valueType", "File")
    part = request.files.get("data")
    if kind.lower() != "file" or part is None:
        raise errors.InvalidInput(f"Variable „{name[:80]}“: Erwartet werden der Teil „data“ mit Dateinamen und „valueType“ File.")
    brought = Brought()
    most = app.database().runtime.file_limits.file_mb * files.MEGABYTE
    encoding = part.mimetype_params.get("encoding") or part.mimetype_params.get("charset")
    return {name: brought.add(name, part.filename, part.read(most + 1), encoding)}, brought


def named(tx: Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables, of one place or by place, with the names of the files among them, for Camunda's `valueInfo.filename`."""
    found: dict[str, Any] = files.named(tx, app.session().tenant_id, values)
    return found


def answer(tx: Connection, value: object) -> Response:
    """Return a variable as bytes: those of its file, else its value as a text."""
    file = data(tx, value)
    if file is not None:
        return file
    told = variables.typed(value)["value"]
    return Response(told if isinstance(told, str) else strict_json.dumps(told), content_type="text/plain; charset=utf-8")


def data(tx: Connection, value: object) -> Response | None:
    """Return the bytes of a variable that holds one file, as a value or as the only one in a list; None for what holds none.

    Raises errors.InvalidInput for a list of several.
    """
    found = [documents.id_of(one) for one in documents.walk(value if isinstance(value, list) or documents.id_of(value) else None)]
    if not found:
        return None
    if len(found) > 1 or found[0] is None:
        told = ", ".join(f"/v2/documents/{documents.PREFIX}{one}" for one in found[:5])
        raise errors.InvalidInput(f"Die Variable hält {len(found)} Dateien. Bitte einzeln lesen: {told}")
    return file_page.answer(*files.content(tx, app.session().tenant_id, found[0]))
