"""Letters as paper: layout, fonts, GiroCode, standards, the same bytes every time; and what a deployment refuses in a template."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import errors
from processes import letters
from processes.topics import dispatch_letter
from tests.processes import letter_samples as samples


@pytest.mark.parametrize("name", sorted(samples.TEMPLATES))
def test_every_template_prints_with_our_fonts_as_an_archivable_and_accessible_file(name: str) -> None:
    pdf = letters.render(samples.sheet(name))

    file = pypdf.PdfReader(io.BytesIO(pdf))
    claimed = file.xmp_metadata
    root = file.trailer["/Root"].get_object()
    assert samples.font_names(pdf) == {"FiraSans-Regular", "FiraSans-Bold"}
    assert claimed is not None
    assert root["/MarkInfo"].get_object()["/Marked"] == True  # noqa: E712 - a PDF boolean
    assert str(root["/Lang"]).startswith("de")
    packet = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in packet
    assert "<pdfuaid:part>1</pdfuaid:part>" in packet
    assert letters.render(samples.sheet(name)) == pdf


def test_the_samples_cover_every_template_and_every_template_has_contents() -> None:
    assert set(samples.INPUTS) == set(samples.TEMPLATES) == set(dispatch_letter.WRITERS)


@pytest.mark.parametrize("name", sorted(samples.TEMPLATES))
def test_our_own_templates_have_no_findings(name: str) -> None:
    assert letters.check(samples.TEMPLATES[name].read_bytes(), f"{name}.typ") == ()


def test_the_layout_has_no_findings() -> None:
    (content,) = letters.own_shared().values()

    assert letters.check(content, f"{letters.SHARED}.typ") == ()


def test_the_girocode_of_a_dunning_letter_scans_as_the_bank_expects() -> None:
    pdf = letters.render(samples.sheet("mahnung"))

    assert samples.qr_payloads(pdf) == ["BCD\n002\n1\nSCT\n\nStadt Detmold\nDE89370400440532013000\nEUR257.37\n\n\nDE260900001"]


@pytest.mark.parametrize(("cent", "amount"), [(1, "EUR0.01"), (140570, "EUR1405.70"), (99_999_999_999, "EUR999999999.99")])
def test_a_girocode_always_has_two_decimals(cent: int, amount: str) -> None:
    assert letters.girocode(holder="K", iban="DE00", amount_cent=cent, reference="R").split("\n")[7] == amount


@pytest.mark.parametrize("cent", [0, -5, 100_000_000_000])
def test_an_amount_that_no_transfer_can_have_is_refused(cent: int) -> None:
    with pytest.raises(ValueError, match="cents"):
        letters.girocode(holder="K", iban="DE00", amount_cent=cent, reference="R")


def test_a_letter_shows_german_amounts_days_and_the_deadline() -> None:
    text = samples.words(letters.render(samples.sheet("mahnung")))

    assert "Bitte zahlen Sie 257,37 € bis 14. September 2026." in text
    assert "17.08.2026" in text
    assert "DE89 3704 0044 0532 0130 00" in text
    assert "Seite 1 von 1" in text


def test_only_sandbox_letters_are_marked_as_samples() -> None:
    real = samples.words(letters.render(samples.sheet("mahnung", sandbox=False)))

    assert "MUSTER" in samples.words(letters.render(samples.sheet("mahnung")))
    assert "MUSTER" not in real


def test_the_third_party_learns_no_cause() -> None:
    text = samples.words(letters.render(samples.sheet("pfaendung_drittschuldner")))

    assert "12.934,10 €" in text
    for cause in ("steuer", "Bescheid", "Kassenzeichen", "Mahngebühr"):
        assert cause not in text
    assert "innerhalb von zwei Wochen" in text
    assert "eines Monats" in text


def test_a_company_account_has_no_waiting_month() -> None:
    assert "Monatsfrist" not in samples.words(letters.render(samples.sheet("pfaendung_drittschuldner", natuerlich=False)))


@settings(max_examples=15, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1, max_size=30))
def test_what_people_write_is_never_markup(written: str) -> None:
    hostile = f'#panic("x") $1/0$ *{written}* `#read("/etc/passwd")`'
    recipient = {"name": hostile, "zeilen": [hostile], "anrede": hostile}

    pdf = letters.render(samples.sheet("quittung", empfaenger=recipient))

    assert '#panic("x") $1/0$' in samples.words(pdf)


@pytest.mark.parametrize(
    ("name", "printed"),
    [("Łukasz Żądło", "Łukasz Żądło"), ("Ольга", "Ольга"), ("Nguyễn", "Nguyễn"), ("李明", "??"), ("A\u0308pfel\u200b", "Äpfel")],
)
def test_a_name_in_any_script_is_printed_as_far_as_the_font_goes(name: str, printed: str) -> None:
    pdf = letters.render(samples.sheet("quittung", schuldner={**samples.PERSON, "name": name}))

    assert f"{printed}, geboren am" in samples.words(pdf)


def test_bytes_depend_on_the_inputs_alone() -> None:
    one, other = (letters.render(samples.sheet("mahnung", zeichen=reference)) for reference in ("DE1", "DE2"))

    assert hashlib.sha256(one).digest() != hashlib.sha256(other).digest()


def test_a_template_that_lacks_an_input_says_which() -> None:
    broken = replace(samples.sheet("quittung"), inputs={**samples.HEAD})

    with pytest.raises(errors.Incident, match="lässt sich nicht drucken"):
        letters.render(broken)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('#import "din5008.typ": *\n#b.zeichen', "nennt ihre Eingaben nicht"),
        ('// zeichen: x\n#import "din5008.typ": *\n#b.betrag', "„betrag“"),
        ('// zeichen: x\n#import "@preview/x:1.0.0": y', "lädt etwas anderes"),
        ('// zeichen: x\n#include "../geheim.typ"', "lädt etwas anderes"),
        ('// zeichen: x\n#import "din5008.typ": *\n#read("geheim")', "„read()“"),
        ('// zeichen: x\n#eval("1")', "„eval()“"),
    ],
)
def test_a_deployment_refuses_a_template_that(source: str, expected: str) -> None:
    findings = letters.check(source.encode(), "neu.typ")

    assert any(expected in finding.message for finding in findings)


def test_binary_content_is_one_finding() -> None:
    (finding,) = letters.check(b"\xff\xfe\x00", "neu.typ")

    assert "UTF-8" in finding.message
