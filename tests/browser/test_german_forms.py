"""What the form viewer says it says in German: every text of its translation, and those that it does not hand to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from api import bundles

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("viewer")]

SOURCE = bundles.FRONTEND / "node_modules" / "@bpmn-io" / "form-js-viewer" / "dist" / "index.es.js"
TRANSLATED = re.compile(r"""translate\((?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")
WRITTEN = re.compile(r"""(?:placeholder|"aria-label"|title|alt|children|Message)(?: =|:) (?:'([^']*)'|"([^"]*)"|`([^`]*)`)""")
OURS = re.compile(r"""^  (?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\w+)):""", re.MULTILINE)
# The mark of the maker stays as it is; our own file picker says nothing of this; HELLO is an example in a comment.
LEFT = {"bpmn.io", "Powered by bpmn.io", "Browse", "HELLO {you}", "No files selected", "{value} files selected"}


def texts(pattern: re.Pattern[str], source: str) -> set[str]:
    return {"".join(part or "" for part in found).replace("\\'", "'").replace('\\"', '"') for found in pattern.findall(source)}


def test_every_text_of_the_viewers_translation_has_a_german_one() -> None:
    bundles.ensure()
    asked = texts(TRANSLATED, SOURCE.read_text(encoding="utf-8")) - LEFT

    ours = texts(OURS, (bundles.FRONTEND / "german.js").read_text(encoding="utf-8"))

    assert len(asked) > 35
    assert asked - ours == set()
    assert ours - asked == set()  # no text is kept that nobody asks for any more


def test_texts_that_the_viewer_writes_itself_are_replaced_when_the_bundle_is_built() -> None:
    bundles.ensure()
    written = {text for text in texts(WRITTEN, SOURCE.read_text(encoding="utf-8")) if re.match("[A-Z]", text)}

    build = (bundles.FRONTEND / "build.mjs").read_text(encoding="utf-8")

    assert {text for text in written - LEFT if text not in build} == set()


SCHEMA: dict[str, Any] = {
    "id": "formular", "type": "default", "schemaVersion": 19,
    "components": [
        {"type": "number", "id": "betrag", "key": "betrag", "label": "Betrag", "decimalDigits": 2, "serializeToString": True, "validate": {"max": "99.5"}},
        {"type": "dynamiclist", "id": "leute", "path": "leute", "label": "Leute", "components": [
            {"type": "textfield", "id": "name", "key": "name", "label": "Name"},
            {"type": "dynamiclist", "id": "kinder", "path": "kinder", "label": "Kinder", "components": [
                {"type": "textfield", "id": "vorname", "key": "vorname", "label": "Vorname"}]}]},
        {"type": "button", "id": "senden", "label": "Weiter", "action": "submit"},
        {"type": "button", "id": "leeren", "label": "Von vorn", "action": "reset"},
    ],
}  # fmt: skip
DATA = {"betrag": "4.10", "leute": [{"name": "A", "kinder": [{"vorname": "B"}, {"vorname": "C"}]}, {"name": "D", "kinder": []}]}


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A form of its own with our bundle, as a page shows it after the server refused something."""
    bundles.ensure()
    told = {"name[1]": "„Name“: Bitte ausfüllen.", "vorname[0][1]": "„Vorname“: Die Schreibweise stimmt nicht."}
    links = "".join(f'<a href="#formular" data-feld="{place}">{text}</a>' for place, text in told.items())
    parts = {"schema": SCHEMA, "daten": DATA, "fehler": told}
    scripts = "".join(f'<script type="application/json" id="formular-{name}">{json.dumps(part)}</script>' for name, part in parts.items())
    page = chromium.new_context(locale="de-DE", timezone_id="Europe/Berlin").new_page()
    page.set_content(
        f'<!doctype html><meta charset="utf-8"><div id="formular-meldung" hidden></div>{links}<div id="formular"></div>'
        f'<form id="aufgabe-absenden"><input type="hidden" name="daten"><button>Erledigen</button></form>{scripts}'
    )
    page.add_script_tag(path=bundles.DIST / "form.js")
    page.locator("#formular[data-bereit]").wait_for()
    yield page
    page.context.close()


def test_a_number_is_shown_and_typed_with_a_comma(page: Page) -> None:
    box = page.get_by_label("Betrag")
    expect(box).to_have_value("4,10")

    box.press("ArrowUp")
    stepped = box.input_value()
    box.fill("")
    box.press_sequentially("1234,567")
    box.press("Tab")

    assert stepped == "4,11"
    expect(box).to_have_value("1234,56")
    expect(page.get_by_text("Höchstens 99,5.")).to_be_visible()


def test_what_the_server_found_in_a_row_stands_at_its_field_and_the_link_leads_there(page: Page) -> None:
    first, second = page.locator('[id$="-name_1"]'), page.locator('[id$="-vorname_0_1"]')

    for box, text in ((first, "Bitte ausfüllen"), (second, "Die Schreibweise")):
        expect(box).to_have_attribute("aria-invalid", "true")
        page.locator("a[data-feld]", has_text=text).click()
        expect(box).to_be_focused()

    expect(page.locator('[aria-invalid="true"]')).to_have_count(2)


def test_buttons_drawn_in_a_form_send_it_and_put_it_back(page: Page) -> None:
    page.evaluate("document.getElementById('aufgabe-absenden').submit = () => { document.title = 'gesendet'; }")
    box = page.get_by_label("Betrag")

    box.fill("7,50")
    page.get_by_role("button", name="Von vorn").click()
    expect(box).to_have_value("4,10")
    box.fill("8")
    page.get_by_role("button", name="Weiter").click()

    expect(page).to_have_title("gesendet")
    assert json.loads(page.locator("[name=daten]").input_value())["betrag"] == "8"
