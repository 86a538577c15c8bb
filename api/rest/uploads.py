"""Model files as the Modeler uploads them: a part per file, the diagram of the open tab before its attachments."""

from __future__ import annotations

from flask import request

from api import model_files, strict_json
from api.rest import faults
from engine import errors

DIAGRAM = ("text/xml", "application/xml")  # also of a .dmn or .form; attachments come as application/octet-stream


def files() -> dict[str, bytes]:
    """Return file name -> content of the uploaded parts. Raises errors.InvalidInput, faults.Fault (415)."""
    if request.mimetype != "multipart/form-data":
        raise faults.Fault(415, "Erwartet wird multipart/form-data mit einem Teil je Datei, wie der Camunda Modeler es sendet.")
    parts = [part for _, part in request.files.items(multi=True) if part.filename]
    if not parts:
        raise errors.InvalidInput("Die Bereitstellung enthält keine Datei. Erwartet werden .bpmn, .dmn, .form oder .typ.")
    return model_files.received(sorted(parts, key=lambda part: part.mimetype not in DIAGRAM))


def text(name: str, otherwise: str = "") -> str:
    """Return a text field of the form, cut to what is stored. Raises errors.InvalidInput for what cannot be stored."""
    given = request.form.get(name, "").strip()[:255]
    if not strict_json.storable(given):
        raise errors.InvalidInput(f"„{name}“ enthält Zeichen, die nicht gespeichert werden können.")
    return given or otherwise
