"""Checked files in the browser: from a finding to the picture and back, by mouse and by keyboard, for each kind of file."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.api.conftest import PASSWORD
from tests.api.test_rejections_page import link_of, sent
from tests.api.test_versions_pages import changed
from tests.browser.conftest import Desk, Door
from tests.engine.spiff.bpmn import chain, file, node, process

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

DIAGRAM = changed(
    "mahnung.bpmn",
    ("=mahnbar_ab<", "=mahnbar_ab +<"),
    ('formRef="anschrift_klaeren" camunda:formRefBinding="deployment"', 'formRef="gibt_es_nicht" camunda:formKey="auch:dies"'),
)
OTHER = changed("innendienst.bpmn", ('camunda:formRef="', 'camunda:formRef="kein_'))
TABLE = changed("kleinbetrag.dmn", ("<text>10.00", "<text>10.00 +"))
FORM = changed("rest_pruefen.form", ('"type": "radio"', '"type": "radioo"'))
LETTER = changed("mahnung.typ", ("#", '#read("x")\n#'))
DRAWING = {"bpmndi": "BPMN/20100524/DI", "dc": "DD/20100524/DC"}
FILES = {"mahnung.bpmn": DIAGRAM, "innendienst.bpmn": OTHER, "kleinbetrag.dmn": TABLE, "rest_pruefen.form": FORM, "mahnung.typ": LETTER}


def in_folded_subprocess() -> bytes:
    """Return a diagram whose subprocess is folded, with a sheet of its own, and in it a task without its form."""

    def drawn(plane: str, *elements: str) -> str:
        shapes = "".join(
            f'<bpmndi:BPMNShape bpmnElement="{one}"><dc:Bounds x="{100 + 120 * place}" y="80" width="80" height="60"/></bpmndi:BPMNShape>'
            for place, one in enumerate(elements)
        )
        return f'<bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="{plane}">{shapes}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'

    inner = (
        node("startEvent", "ts")
        + node("userTask", "innen", camunda_formRef="gibt_es_nicht")
        + node("endEvent", "te")
        + chain("ts", "innen", "te")
    )
    body = node("startEvent", "s") + f'<bpmn:subProcess id="teil" name="Teil">{inner}</bpmn:subProcess>' + node("endEvent", "e")
    spaces = "".join(f' xmlns:{name}="http://www.omg.org/spec/{part}"' for name, part in DRAWING.items())
    content = (
        file(process(body + chain("s", "teil", "e"), key="gefaltet")).decode().replace("<bpmn:definitions", f"<bpmn:definitions{spaces}", 1)
    )
    sheets = drawn("gefaltet", "s", "teil", "e") + drawn("teil", "ts", "innen", "te")
    return content.replace("</bpmn:definitions>", f"{sheets}</bpmn:definitions>").encode()


def refused(door: Door, files: dict[str, bytes], *, width: int = 1280) -> Desk:
    """Deploy files in the browser and return the desk on the page of the refusal."""
    desk = door.enter("dora")
    desk.page.set_viewport_size({"width": width, "height": 900})
    desk.open("/prozesse/pruefen")
    desk.page.locator("#dateien").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files.items()]
    )
    desk.press("Prüfen und bereitstellen")
    desk.page.locator("#befundansicht[data-bereit]").wait_for()
    return desk


def test_a_finding_shows_its_element_and_an_element_its_findings(door: Door) -> None:
    desk = refused(door, {"mahnung.bpmn": DIAGRAM})
    page, told = desk.page, desk.page.locator("#befund-stand")
    page.locator(".diagramm[data-bereit]").wait_for()
    marks = page.locator(".befund-marke")
    names = [mark.get_attribute("aria-label") for mark in marks.all()]
    desk.check()

    assert names == ["1 Befund (1 Fehler): Wartewoche vorbei", "2 Befunde (2 Fehler): Anschrift klären"]
    page.get_by_role("button", name="Anschrift klären, Befund 2 zeigen").click()
    expect(told).to_have_text("Gezeigt im Diagramm: Anschrift klären, 2 Befunde (2 Fehler).")
    expect(page.locator("g.marke-gewaehlt")).to_have_attribute("data-element-id", "anschrift_klaeren")
    expect(page.locator("tr[data-gewaehlt]")).to_have_count(2)
    box, frame = page.locator("g.marke-gewaehlt").bounding_box(), page.locator(".diagramm").bounding_box()
    assert box is not None
    assert frame is not None
    assert frame["x"] < box["x"] < frame["x"] + frame["width"], "in sight"
    assert frame["y"] < box["y"] < frame["y"] + frame["height"], "in sight"
    page.locator("[data-element-id='anschrift_klaeren'] .djs-hit").first.click(position={"x": 50, "y": 60})
    expect(page.locator("#befund-2 .verweis")).to_be_focused()
    page.get_by_role("button", name="Ganz zeigen").click()
    page.get_by_role("button", name="1 Befund (1 Fehler): Wartewoche vorbei").click()
    expect(page.locator("#befund-1 .verweis")).to_be_focused()
    expect(page.locator("g.marke-gewaehlt")).to_have_attribute("data-element-id", "wartewoche_vorbei")
    desk.check()


def test_all_of_it_works_by_keyboard(door: Door) -> None:
    desk = refused(door, {"mahnung.bpmn": DIAGRAM, "kleinbetrag.dmn": TABLE})
    page, told = desk.page, desk.page.locator("#befund-stand")
    page.locator(".diagramm[data-bereit]").first.wait_for()

    page.locator("#befund-1 .verweis").focus()
    page.keyboard.press("Enter")
    expect(told).to_contain_text("Wartewoche vorbei")
    first, second = page.locator(".befund-marke").all()
    page.get_by_role("button", name="Ganz zeigen").focus()
    for _ in range(5):  # past the drawing itself to the first mark
        page.keyboard.press("Tab")
        if first.evaluate("mark => mark === document.activeElement"):
            break
    expect(first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#befund-2 .verweis")).to_be_focused()
    expect(told).to_contain_text("Anschrift klären, 2 Befunde")
    page.locator("#befund-4 .verweis").focus()
    page.keyboard.press("Enter")
    expect(told).to_contain_text("Gezeigt in der Datei: Kleinbetrag")
    expect(page.locator("#dateiwahl")).to_have_value("2")


def test_every_kind_of_file_shows_its_findings_in_place(door: Door) -> None:
    desk = refused(door, FILES)
    page = desk.page

    for name, place in {
        "innendienst.bpmn": "#bild-2 g.marke-gewaehlt", "kleinbetrag.dmn": "td.gewaehlt", "rest_pruefen.form": "tr.gewaehlt",
        "mahnung.typ": ".quelltext tr.gewaehlt",
    }.items():  # fmt: skip
        row = page.locator("tbody", has=page.locator("tr.datei", has_text=name)).locator("tr[data-befund]").first
        row.locator(".verweis").click()
        expect(page.locator(place)).to_be_visible()
        assert page.get_by_role("article").all_inner_texts(), name
        expect(page.get_by_role("article")).to_have_accessible_name(name)
        desk.check()
        if "bpmn" not in name:
            page.locator(f"{place} .befund-nummer").first.click()
            expect(row.locator(".verweis")).to_be_focused()
    page.get_by_label("Gezeigt wird").select_option("1")
    expect(page.locator("#bild-1 .befund-marke").first).to_be_visible()


def test_a_diagram_that_cannot_be_drawn_shows_its_lines_and_says_why(door: Door) -> None:
    undrawn = DIAGRAM.split(b"<bpmndi:")[0].replace(b'id="mahnung"', b'id="ohne_bild"') + b"</bpmn:definitions>"
    # Readable, but two elements have one id: the drawing leaves out what hangs on the second.
    doubled = DIAGRAM.replace(b'id="mahnung"', b'id="doppelt"').replace(b'id="wartewoche_vorbei"', b'id="anschrift_klaeren"')
    desk = refused(door, {"kaputt.bpmn": DIAGRAM[:3000], "ohne_bild.bpmn": undrawn, "doppelt.bpmn": doubled})
    page = desk.page

    for number, told in {"1": "kein gültiges XML", "2": "keine Zeichnung (BPMNDI)"}.items():
        page.get_by_label("Gezeigt wird").select_option(number)
        expect(page.locator(f"#datei-{number} .meldung")).to_contain_text(told)
        expect(page.locator(f"#datei-{number} .quelltext .gefunden").first).to_be_visible()
    page.locator("tbody", has=page.locator("tr.datei", has_text="doppelt.bpmn")).locator(".verweis").first.click()
    page.locator("#bild-3[data-bereit]").wait_for()
    expect(page.locator("#befund-stand")).to_contain_text("Gezeigt im Diagramm")
    expect(page.locator("#datei-3")).to_contain_text("Das Bild ist unvollständig")
    assert desk.told
    assert all("failed to import" in line for line in desk.told), "bpmn-js tells the console what it leaves out"
    desk.told.clear()
    desk.check()


def test_a_folded_subprocess_tells_of_what_is_wrong_inside_and_opens(door: Door) -> None:
    desk = refused(door, {"gefaltet.bpmn": in_folded_subprocess()})
    page = desk.page
    page.locator(".diagramm[data-bereit]").wait_for()
    desk.check()

    page.get_by_role("button", name="im Inneren von Teil").click()

    expect(page.locator("g.marke-gewaehlt")).to_have_attribute("data-element-id", "innen")
    expect(page.locator("g.marke-gewaehlt")).to_be_in_viewport()
    expect(page.locator("#befund-1 .verweis")).to_be_focused()
    desk.check()


def test_the_link_of_a_refusal_opens_after_the_login(door: Door) -> None:
    link = link_of(sent(door.city, {"mahnung.bpmn": DIAGRAM}))
    page = door.browser.new_context().new_page()

    page.goto(door.address + link)
    page.get_by_label("Benutzername").fill(door.city.prefix + "dora")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()

    page.locator(".befund-marke").first.wait_for()
    assert page.url == f"{door.address}{link}"


def test_on_a_narrow_screen_a_finding_brings_the_picture_and_a_mark_the_finding(door: Door) -> None:
    desk = refused(door, {"mahnung.bpmn": DIAGRAM}, width=420)
    page = desk.page

    page.get_by_role("button", name="Wartewoche vorbei, Befund 1 zeigen").click()
    expect(page.locator("g.marke-gewaehlt")).to_be_in_viewport()
    page.get_by_role("button", name="1 Befund (1 Fehler): Wartewoche vorbei").click()
    expect(page.locator("#befund-1 .verweis")).to_be_in_viewport()
    desk.check()
    for path in (page.url.removeprefix(desk.address), "/prozesse/abgelehnt", "/prozesse/pruefen"):
        desk.open(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path}: nothing scrolls sideways"
