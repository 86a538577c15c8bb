"""Small real files of every kind that is kept; nothing of them is anybody's."""

from __future__ import annotations

from api.sample_files import BY_EXTENSION, CSV, DOCX, EML, JPEG, MSG, ODS, ODT, PDF, PNG, TEXT, TIFF, XLSX, packed

__all__ = ["BY_EXTENSION", "BY_NAME", "CSV", "DOCX", "EML", "JPEG", "MSG", "ODS", "ODT", "PDF", "PNG", "TEXT", "TIFF", "XLSX", "packed"]

BY_NAME = {f"Beispiel.{extension}": content for extension, content in BY_EXTENSION.items()} | {"foto.JPG": JPEG}
