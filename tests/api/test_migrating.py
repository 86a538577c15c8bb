"""The command that moves instances: hostile mapping files are refused with a German message, a good one does what it told."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import migrating
from engine import errors


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "nicht lesbar"),
        (b"{", "Zeile 1"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[]", "kein JSON-Objekt"),
        (b'"a"', "kein JSON-Objekt"),
        (b"null", "kein JSON-Objekt"),
        (b'{"a": 1}', "etwas anderes"),
        (b'{"a": ["b"]}', "etwas anderes"),
        (b'{"a": {"b": null}}', "etwas anderes"),
        (b'{"a": "b", "a": "c"}', "zweimal"),
        (b'{"a": NaN}', "kein JSON"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a": "\\ud800"}', "NUL oder halbe"),
        (b"[" * 100_000, "nicht lesbar"),
        (b'{"a": ' * 5000, "nicht lesbar"),
        (b'{"a": ' + b"9" * 5000 + b"}", "nicht lesbar"),
        (b'{"a": "' + b"x" * (1024 * 1024) + b'"}', "größer als 1 MB"),
    ],
)
def test_a_hostile_mapping_file_is_refused_with_what_is_expected(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "zuordnung.json"
    file.write_bytes(content)

    with pytest.raises(errors.InvalidInput) as refused:
        migrating.read_mapping(file)

    assert told in str(refused.value)
    assert "Erwartet wird" in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "fehlt.json", tmp_path):
        with pytest.raises(errors.InvalidInput, match="Bitte den Pfad prüfen"):
            migrating.read_mapping(path)


def test_a_good_mapping_is_read(tmp_path: Path) -> None:
    file = tmp_path / "zuordnung.json"
    file.write_text('{"a": "b", "c": null}', encoding="utf-8")

    assert migrating.read_mapping(file) == {"a": "b", "c": None}
