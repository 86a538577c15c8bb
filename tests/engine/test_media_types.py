"""What a file is, told by its bytes; and the names under which files are kept."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine import files, media_types
from tests import sample_files

DOCM = sample_files.packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")


@pytest.mark.parametrize("name", sample_files.BY_NAME)
def test_each_kind_is_known_by_its_bytes_and_by_no_other_name(name: str) -> None:
    content = sample_files.BY_NAME[name]
    told = media_types.tell(name, content)

    assert told == media_types.Told(media_types.EXTENSIONS[media_types.extension(name)])
    others = {suffix for suffix, kind in media_types.EXTENSIONS.items() if kind != told.media_type}
    accepted = {suffix for suffix in others if media_types.tell(f"x.{suffix}", content).media_type is not None}
    assert accepted <= ({"txt", "csv"} if told.media_type in (media_types.TEXT, media_types.CSV, media_types.EML) else set())


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("leer.pdf", b"", "leer"),
        ("seite.pdf", b"<html><script>alert(1)</script></html>", "keine PDF-Datei"),
        ("abgebrochen.pdf", sample_files.PDF[:-7], "beschädigt"),
        ("bild.png", b"GIF89a<script>", "keine PNG-Datei"),
        ("text.txt", b"MZ\x90\x00\x03", "keine TXT-Datei"),
        ("makro.docx", DOCM, "keine DOCX-Datei"),
        ("tabelle.docx", sample_files.XLSX, "keine DOCX-Datei"),
        ("kaputt.docx", sample_files.DOCX[:40], "keine DOCX-Datei"),
        ("programm.exe", b"MZ\x90", "„.exe“ werden nicht angenommen. Möglich sind PDF"),
        ("seite.html", b"<html>", "werden nicht angenommen"),
        ("bild.svg", b"<svg/>", "werden nicht angenommen"),
        ("ohne", b"text", "ohne Endung"),
    ],
)
def test_what_is_not_kept_is_refused_with_the_reason(name: str, content: bytes, problem: str) -> None:
    told = media_types.tell(name, content)

    assert told.media_type is None
    assert problem in told.problem


def test_a_zip_with_an_endless_directory_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    many = sample_files.packed("[Content_Types].xml", "word/document.xml", *(f"x{number:0200}" for number in range(5000)))
    small = bytearray(sample_files.DOCX)
    small[-10:-6] = (2**31).to_bytes(4, "little")
    monkeypatch.setattr(media_types.zipfile, "ZipFile", None)  # whoever opens it fails

    assert media_types.tell("a.docx", many).media_type is None
    assert media_types.tell("a.docx", bytes(small)).media_type is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Bescheid Müller.pdf", "Bescheid Müller.pdf"),
        ("C:\\Akten\\..\\geheim.pdf", "geheim.pdf"),
        ("../../etc/passwd", "passwd"),
        ("rechnung\u202efdp.exe.pdf", "rechnungfdp.exe.pdf"),
        ('a<b>:"c"|?*.pdf', "abc.pdf"),
        ("zwei\r\nZeilen.pdf", "zweiZeilen.pdf"),
        ("  .pdf", "pdf"),
        ("", "datei"),
        ("...", "datei"),
        ("Mu\u0308ller.pdf", "Müller.pdf"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_name_is_made_safe_and_stays_readable(given: str, kept: str) -> None:
    assert files.clean_name(given) == kept


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.binary(max_size=200))
@example("a.odt", b"PK\x03\x04" + bytes(40))
def test_no_name_and_no_bytes_break_the_check(name: str, content: bytes) -> None:
    draft = files.draft(name, content, files.Limits())

    assert 0 < len(draft.name) <= files.MAX_NAME
    assert not set(draft.name) & files.FORBIDDEN
    assert bool(draft.problem) == (draft.media_type == "")
