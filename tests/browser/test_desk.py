"""A clerk's days in the browser, from the file of claims to the cleared address; an auditor replays them; a designer checks a diagram."""

from __future__ import annotations

import pytest

from api import background, model_files
from engine import worker
from tests.api.conftest import PAGES, ROWS
from tests.browser.conftest import Door

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SLIDER = "#wiedergabe-regler"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible_and_quiet(door: Door, path: str) -> None:
    door.enter("anna").open(path)


def test_a_clerk_imports_duns_prints_and_clears_an_address_and_an_auditor_replays_it(door: Door) -> None:
    city, desk = door.city, door.enter("anna")
    page = desk.page

    # The file of claims, with one line that cannot be taken.
    desk.open("/einspielen")
    rows = [row.format(slug="detmold", ref="BR7") for row in ROWS] + [ROWS[1].format(slug="detmold", ref="BR8").replace("248,37", "viel")]
    page.locator("#datei").set_input_files({"name": "juli.csv", "mimeType": "text/csv", "buffer": "\r\n".join(rows).encode()})
    desk.press("Einspielen")
    background.rooms(city.database)
    worker.settle(city.database, city.seeded.world_id)
    page.reload()
    desk.check()
    assert "Alle angenommenen Zeilen sind übernommen." in page.locator("#stand").inner_text()
    assert "viel" in page.get_by_role("region", name="Abgewiesene Zeilen").inner_text()

    # After the days of grace the Mahnlauf.
    desk.open("/uhr")
    page.get_by_label("Vorstellen bis").fill("2026-09-04")
    desk.press("Uhr vorstellen")
    assert "04.09.2026" in page.locator("#jetzt").inner_text()
    desk.open("/mahnlauf")
    desk.press("Mahnlauf starten")
    desk.check()
    assert "Schreiben entstehen" in page.locator(".meldung.gut").inner_text()
    worker.settle(city.database, city.seeded.world_id)

    # The letter, and the letter that came back.
    desk.open("/akten?suche=BR71")
    page.get_by_role("link", name="BR71").first.click()
    desk.check()
    assert "Mahnung" in page.locator("main").inner_text()
    letter = page.locator("a[href^='/schreiben/']").first.get_attribute("href")
    printed = page.context.request.get(door.address + str(letter))
    assert printed.body()[:5] == b"%PDF-"
    file_url = page.url
    page.get_by_text("Rücklauf vermerken").first.click()
    page.get_by_label("Grund laut Post").first.fill("unbekannt verzogen")
    desk.press("Vermerken")
    worker.settle(city.database, city.seeded.world_id)

    # The task that comes of it: first faulty, then right, and done once.
    page.goto(file_url)
    page.get_by_role("link", name="Anschrift", exact=False).first.click()
    desk.check()
    desk.picture("aufgabe")
    page.locator("#erledigen").click()
    told = page.locator("#formular-meldung")
    told.wait_for()
    assert "zu berichtigen" in told.inner_text()
    page.get_by_label("Neue Anschrift gefunden", exact=False).check()
    for label, value in {"Straße": "Neue Straße", "Hausnummer": "7", "Postleitzahl": "33813", "Ort": "Oerlinghausen"}.items():
        page.get_by_label(label, exact=False).fill(value)
    page.get_by_label("Wie wurde ermittelt?", exact=False).fill("Meldebehörde angefragt")
    with page.expect_navigation():
        page.locator("#erledigen").click()
    desk.check()
    worker.settle(city.database, city.seeded.world_id)

    # The auditor sees the same case and has it computed again.
    page.goto(file_url)
    replay = page.locator("a[href^='/wiedergabe/']").first.get_attribute("href")
    auditor = door.enter("paul")
    auditor.open(str(replay))
    seen = auditor.page
    seen.locator("#diagramm svg").first.wait_for()
    assert "identisch" in seen.locator("#urteil").inner_text()
    assert "nicht identisch" not in seen.locator("#urteil").inner_text()
    auditor.picture("wiedergabe")
    end = seen.locator("#wiedergabe-stand").inner_text()
    seen.locator(SLIDER).focus()
    seen.keyboard.press("Home")
    seen.keyboard.press("ArrowRight")
    assert seen.locator("#wiedergabe-stand").inner_text() != end
    auditor.check()


def test_a_designer_sees_every_fault_of_a_diagram_at_once_and_on_the_diagram(door: Door) -> None:
    desk = door.enter("dora")
    own = model_files.own()
    name = next(path for path in own if path.endswith("mahnung.bpmn"))
    broken = (
        own[name]
        .decode()
        .replace("=mahnbar_ab<", "=mahnbar_ab +<")
        .replace('formRef="anschrift_klaeren"', 'formRef="gibt_es_nicht"')
        .replace('= "neue_anschrift"', '= "neue_anschrift')  # three marks close together: none may lie on another
        .replace('= "nicht_bekannt_gegeben"', '= "nicht_bekannt_gegeben')
        .encode()
    )

    desk.open("/prozesse/pruefen")
    desk.page.locator("#dateien").set_input_files({"name": "mahnung.bpmn", "mimeType": "application/xml", "buffer": broken})
    desk.press("Prüfen und bereitstellen")
    desk.page.locator(".diagramm[data-bereit]").wait_for()
    desk.check()
    desk.page.get_by_role("button", name="Anschrift klären, Befund 2 zeigen").click()
    desk.page.locator(".djs-element.marke-gewaehlt").wait_for()
    desk.picture("pruefen")

    assert "Nichts wurde bereitgestellt" in desk.page.get_by_role("status").first.inner_text()
    faults = desk.page.get_by_role("region", name="Befunde").locator("tr[data-befund]").all_inner_texts()
    assert len(faults) == 4, faults
    assert "wartewoche_vorbei" in faults[0]
    assert "gibt_es_nicht" in faults[1]
    assert "anschrift_entschieden_zu_anschrift_speichern" in faults[2]


def test_one_city_does_not_find_the_file_of_the_other(door: Door) -> None:
    desk = door.enter("olga")

    desk.open("/akten?suche=DE91")

    assert desk.page.get_by_role("link", name="DE91").count() == 0
