"""A designer compares two versions of a diagram, tries a migration, moves the running instances, and takes a mistake back."""

from __future__ import annotations

import pytest

from tests.api.test_versions_pages import Office, changed, office
from tests.browser.conftest import Door

__all__ = ["office"]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_designer_compares_moves_and_takes_back(door: Door, office: Office) -> None:
    office.put(
        mahnung__bpmn=changed("mahnung.bpmn", ('name="Mahnung nötig?"', 'name="Muss gemahnt werden?"'), ('x="', 'x="1')),
        kleinbetrag__dmn=changed("kleinbetrag.dmn", ("<text>10.00", "<text>12.50")),
        rest_pruefen__form=changed("rest_pruefen.form", ("Was geschieht mit dem Rest?", "Was wird aus dem Rest?")),
        mahnung__typ=changed("mahnung.typ", ("#", "// geändert\n#")),
    )
    desk = door.enter("dora")
    page = desk.page

    desk.open("/prozesse")
    page.get_by_role("link", name="Fassungen vergleichen und umstellen").click()
    desk.check()

    desk.open("/prozesse/vergleich?art=bpmn&kennung=mahnung&von=1&auf=2")
    for drawn in ("#diagramm[data-bereit] .marke-geaendert", "#diagramm-vorher[data-bereit] .marke-geaendert"):
        page.locator(drawn).first.wait_for()
    desk.check()
    page.get_by_role("button", name="Muss gemahnt werden? im Diagramm zeigen").click()
    desk.picture("vergleich")
    assert "Muss gemahnt werden?" in page.get_by_role("region", name="Unterschiede").inner_text()
    for kind, key in (("dmn", "kleinbetrag"), ("form", "rest_pruefen"), ("letter", "mahnung")):
        desk.open(f"/prozesse/vergleich?art={kind}&kennung={key}&von=1&auf=2")

    desk.open("/prozesse/umstellen?kennung=mahnung&von=1&auf=2")
    desk.press("Probe mit den laufenden Vorgängen")
    desk.check()
    desk.picture("umstellen")
    assert "Nichts wurde geschrieben" in page.locator("#ergebnis").inner_text()
    page.get_by_label("Grund").fill("Frage deutlicher gestellt")
    desk.press("Umstellen")
    desk.check()
    assert "Vorgängen umgestellt." in page.locator("#ergebnis").inner_text()
    page.get_by_role("region", name="Vorgänge").get_by_role("link").first.click()
    desk.check()
    assert "identisch" in page.locator("#urteil").inner_text()
    page.locator("#diagramm[data-bereit]").wait_for()
    assert "Muss gemahnt" in page.locator("#diagramm").inner_text()
    page.locator("[data-zu-schritt='1']").click()
    page.locator("#diagramm").get_by_text("Mahnung nötig?").first.wait_for()
    page.get_by_role("button", name="Größer").click()
    desk.check()

    mistaken = office.put(rest_pruefen__form=changed("rest_pruefen.form", ("Was geschieht mit dem Rest?", "Versehen")))
    desk.open(f"/prozesse/bereitstellung/{mistaken}")
    page.get_by_label("Grund").fill("Aus Versehen")
    desk.press("Zurücknehmen")
    desk.check()
    assert "es gilt wieder 2" in page.locator(".meldung.gut").inner_text()
    desk.open(f"/prozesse/bereitstellung/{mistaken}")
