"""File pickers on the server: which kinds `accept` means, what is told at deployment, what conditions see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import pytest

import forms
from engine import documents, media_types
from engine.protocol import Finding
from forms import attachments

NOW = datetime(2026, 8, 17, 6, 0, tzinfo=UTC)


def drawn(*components: Mapping[str, object]) -> bytes:
    listed = [{"id": f"c{number}", **component} for number, component in enumerate(components)]
    return json.dumps({"id": "f", "schemaVersion": 19, "type": "default", "components": listed}).encode()


def picker(**more: object) -> dict[str, object]:
    return {"type": "filepicker", "key": "beleg", "label": "Beleg", **more}


def chosen(name: str, number: int = 1, problem: str = "") -> forms.Chosen:
    uuid = UUID(int=number)
    kind = media_types.EXTENSIONS[media_types.extension(name)]
    return forms.Chosen(documents.with_names(documents.reference(uuid, b"x" * 32, kind, 5), {uuid: name}), problem)


def validate(
    components: tuple[Mapping[str, object], ...], given: Mapping[str, object], *came: forms.Chosen, **variables: object
) -> forms.Result:
    return forms.validate(forms.read(drawn(*components)), given, variables, now=NOW, chosen={"files::neu": came})


@pytest.mark.parametrize(
    ("accept", "accepted"),
    [
        (".pdf", {"a.pdf"}), ("image/*", {"a.png", "a.jpg", "a.tif"}), (" .PDF , .docx", {"a.pdf", "a.docx"}), ("text/csv", {"a.csv"}),
        (".jpeg", {"a.jpg"}), ("*/*", {"a.pdf", "a.png", "a.jpg", "a.tif", "a.csv", "a.docx"}), (".exe,.pdf", {"a.pdf"}),
        ('=if nur_bild then "image/*" else ".pdf"', {"a.png", "a.jpg", "a.tif"}), ("", {"a.pdf", "a.png", "a.jpg", "a.tif", "a.csv", "a.docx"}),
    ],
)  # fmt: skip
def test_accept_names_extensions_and_kinds_and_is_a_rule(accept: str, accepted: set[str]) -> None:
    names = ("a.pdf", "a.png", "a.jpg", "a.tif", "a.csv", "a.docx")

    taken = {name for name in names if validate((picker(accept=accept),), {"beleg": "files::neu"}, chosen(name), nur_bild=True).is_valid}

    assert taken == accepted


def test_several_files_are_taken_only_where_the_form_says_so() -> None:
    both = (chosen("a.pdf", 1), chosen("b.pdf", 2))

    assert "nur eine Datei" in validate((picker(),), {"beleg": "files::neu"}, *both).errors["c0"]
    assert validate((picker(multiple=True),), {"beleg": "files::neu"}, *both).is_valid
    assert validate((picker(multiple="=mehrere"),), {"beleg": ["files::neu", "files::neu"]}, *both, mehrere=True).is_valid
    assert not validate((picker(multiple="=mehrere"),), {"beleg": "files::neu"}, *both, mehrere=False).is_valid


def test_a_condition_sees_what_was_chosen_and_a_hidden_picker_is_dropped() -> None:
    name = {"type": "textfield", "key": "name", "label": "Name", "validate": {"required": True}, "conditional": {"hide": "=beleg = null"}}
    hidden = picker(conditional={"hide": "=ohne = true"}, validate={"required": True})
    box = {"type": "checkbox", "key": "ohne", "label": "Ohne"}

    assert list(validate((picker(), name), {"beleg": "files::neu"}, chosen("a.pdf")).errors) == ["c1"]
    assert validate((picker(), name), {"beleg": None}).values == {"beleg": None}
    assert validate((hidden, box), {"beleg": "files::neu", "ohne": True}, chosen("a.exe.pdf", problem="schlecht")).values == {"ohne": True}


def test_kept_files_are_taken_from_the_server_and_no_others() -> None:
    kept = dict(chosen("alt.pdf", 7).document)
    forged = {**kept, "contentHash": "0" * 64, "metadata": {"fileName": "x"}}

    assert validate((picker(),), {"beleg": [forged]}, beleg=[kept]).values == {"beleg": [kept]}
    assert validate((picker(),), {"beleg": kept["documentId"]}, woanders={"tief": [kept]}).values == {"beleg": [kept]}
    assert "gehört nicht zu diesem Vorgang" in validate((picker(),), {"beleg": [kept]}).errors["c0"]
    assert validate((picker(readonly=True),), {"beleg": "files::neu"}, chosen("a.pdf"), beleg=[kept]).values == {"beleg": [kept]}
    assert validate((picker(disabled=True),), {"beleg": "files::neu"}, chosen("a.pdf"), beleg=[kept]).values == {}


@pytest.mark.parametrize(
    "raw", [7, True, {}, {"documentId": 7}, [[]], [None], ["files::"], ["files::neu"] * 501, {"documentId": "files::neu'"}]
)
def test_what_is_no_choice_is_told_at_the_field(raw: object) -> None:
    assert list(validate((picker(),), {"beleg": raw}).errors) == ["c0"]


@pytest.mark.parametrize(
    ("accept", "severity", "told"),
    [
        (".exe", "error", "niemand könnte eine Datei wählen"), ("audio/*,.mp3", "error", "niemand könnte"),
        (".pdf,.doc", "warning", "Dateien der Art .doc werden nicht angenommen"), ("{{art}}", "error", "Platzhalter"),
        (".pdf,image/*", None, ""), ("=arten", None, ""), ("=(", "error", ""),
    ],
)  # fmt: skip
def test_kinds_that_nobody_could_bring_are_told_at_deployment(accept: str, severity: str | None, told: str) -> None:
    found: tuple[Finding, ...] = forms.check(drawn(picker(accept=accept)), "f.form")

    assert [one.severity for one in found] == ([severity] if severity else [])
    assert all(told in one.message and one.element_id == "c0" for one in found)


def test_files_are_found_in_groups_and_rows() -> None:
    group = {"type": "group", "id": "g", "path": "konto", "components": [{"id": "p1", **picker()}]}
    rows = {"type": "dynamiclist", "id": "l", "path": "posten", "components": [{"id": "p2", **picker(key="foto", label="Foto")}]}
    form = forms.read(drawn(group, rows))
    one, two = dict(chosen("a.pdf", 1).document), dict(chosen("b.pdf", 2).document)

    placed = list(forms.placed(form, {"konto": {"beleg": [one]}, "posten": [{"foto": [two]}, {"foto": None}, "x"], "fremd": [one]}))

    assert [(component.label, document) for component, document in placed] == [("Beleg", one), ("Foto", two)]
    assert attachments.tokens(" .a, ,B") == [".a", "b"]
