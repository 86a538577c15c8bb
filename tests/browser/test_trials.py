"""A designer tries a diagram of her own in the browser: begin, start, end a job by hand, let time pass, save the scenario."""

from __future__ import annotations

import pytest

from tests.api.test_trials import own_diagram
from tests.browser.conftest import Door

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_designer_tries_a_diagram_and_saves_the_walk(door: Door) -> None:
    desk = door.enter("dora")
    page = desk.page

    desk.open("/probelauf")
    page.locator("#dateien").set_input_files({"name": "probe.bpmn", "mimeType": "text/xml", "buffer": own_diagram()})
    page.get_by_label("ohne Forderungen beginnen").check()
    desk.press("Probelauf beginnen")
    desk.check()
    page.locator("#variablen").fill('{warten_bis: date("2026-09-01")}')
    page.locator("#schluessel").fill("P1")
    desk.press("Starten")
    desk.check()
    page.get_by_text("Von Hand erledigen").click()
    page.get_by_label("Ergebnis, z. B.").fill("{ergebnis: 150.25}")
    desk.press("Erledigen")
    desk.check()
    desk.press("Uhr bis zum nächsten Ereignis")
    desk.check()
    desk.picture("probelauf")

    assert "ansehen" in page.get_by_role("region", name="Was jetzt wartet").inner_text()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Als Szenario speichern").click()
    assert "fremdes_programm" in saved.value.path().read_text(encoding="utf-8")
    desk.press("Probelauf beenden")
    desk.check()
    assert "Probelauf ist beendet" in page.locator(".meldung.gut").inner_text()
