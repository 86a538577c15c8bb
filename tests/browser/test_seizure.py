"""A clerk takes one claim from the file to the seized account: dunning, announcement, desk, seizure with four eyes, the bank's answer, its money."""

from __future__ import annotations

from datetime import date

import pytest

from api import background
from engine import worker
from tests.api.conftest import ROWS
from tests.browser.conftest import Desk, Door
from tests.browser.forms import choose, pick, write, write_day

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CLAIM = "{slug};SZ71;1;Gewerbesteuer;04.05.2026;08.06.2026;12.480,00;S7;nat;Wolter;Ida;Lange Straße;1;32756;Detmold;DE"


def settle(desk: Desk) -> None:
    background.rooms(desk.city.database)
    worker.settle(desk.city.database, desk.city.seeded.world_id)


def move_to(desk: Desk, day: date) -> None:
    desk.open("/uhr")
    desk.page.get_by_label("Vorstellen bis").fill(day.isoformat())
    desk.press("Uhr vorstellen")
    settle(desk)


def done(desk: Desk) -> None:
    desk.check()
    with desk.page.expect_navigation():
        desk.page.locator("#erledigen").click()
    desk.check()
    settle(desk)


def open_task(desk: Desk, case: str, name: str) -> None:
    desk.open(f"/aufgaben?suche={case}")
    desk.page.get_by_role("link", name=name).first.click()
    desk.check()


def test_a_clerk_works_a_case_from_the_file_of_claims_to_the_seizure(door: Door) -> None:
    desk = door.enter("anna")
    page = desk.page

    desk.open("/einspielen")
    content = "\r\n".join([ROWS[0], CLAIM.format(slug="detmold")])
    page.locator("#datei").set_input_files({"name": "gewerbesteuer.csv", "mimeType": "text/csv", "buffer": content.encode()})
    desk.press("Einspielen")
    settle(desk)
    move_to(desk, date(2026, 9, 4))
    desk.open("/mahnlauf")
    desk.press("Mahnlauf starten")
    settle(desk)
    move_to(desk, date(2026, 11, 2))

    # The announcement is out and its time is over: the desk decides.
    desk.open("/akten?suche=Wolter")
    case = page.get_by_role("link", name="DT-").inner_text()
    open_task(desk, case, "Ermittlung planen")
    choose(page, "Aus eigenen Unterlagen bekannt", "Konto")
    write(page, "Was genau ist bekannt?", "Beispielbank aus der Steuererklärung.")
    choose(page, "Abfragen bei anderen Stellen?", "Nein")
    write(page, "Warum keine Abfrage?", "Das Konto ist bekannt.")
    done(desk)
    open_task(desk, case, "Maßnahme entscheiden")
    choose(page, "Nächster Schritt", "Pfändung")
    pick(page, "Art der Pfändung", "Konto")
    done(desk)
    open_task(desk, case, "Pfändung vorbereiten")
    page.locator("#erledigen").click()
    assert "zu berichtigen" in page.locator("#formular-meldung").inner_text()
    desk.check()
    choose(page, "Forderungen in der Maßnahme", "SZ71")
    write(page, "Anschrift des Drittschuldners", "Domplatz 1 in 50667 Köln")
    page.locator(".fjs-form-field-textfield", has_text="Drittschuldner").first.locator("input").fill("Beispielbank")
    pick(page, "Land des Drittschuldners", "Nordrhein-Westfalen")
    write(page, "Woran erkennt der Drittschuldner", "DE89370400440532013000")
    choose(page, "Ist ein P-Konto bekannt?", "Nein")
    write(page, "Auslagen der Zustellung", "4.10")
    choose(page, "natürliche Person", "Ja")
    done(desk)

    # Whoever prepared it may not release it.
    open_task(desk, case, "Pfändung freigeben")
    assert "braucht eine zweite Person" in page.get_by_role("region", name="Formular").inner_text()
    assert page.locator("#erledigen").count() == 0
    lead = door.enter("lena")
    open_task(lead, case, "Pfändung freigeben")
    choose(lead.page, "Entscheidung", "Freigeben")
    done(lead)

    # The order goes out, is served, the bank declares and pays.
    case_url = f"/akten/fall/{case}"
    desk.open(case_url)
    page.get_by_label("Zugestellt am").fill("2026-11-02")
    desk.press("Erfassen")
    settle(desk)
    open_task(desk, case, "Drittschuldnererklärung")
    choose(page, "Erklärung", "Eingegangen")
    write_day(page, "Eingegangen am", "02.11.2026")
    choose(page, "Wird die Forderung anerkannt", "Ja, in voller")
    choose(page, "Erheben andere", "Nein")
    choose(page, "schon für andere gepfändet", "Nein")
    choose(page, "unpfändbar erklärt", "Nein")
    done(desk)
    desk.open(case_url)
    desk.picture("akte")
    text = page.locator("main").inner_text()
    assert "Pfändungsgebühr" in text
    assert "149,00 €" in text

    # The bank's money, after the month it has to wait: forced, on the measure.
    move_to(desk, date(2026, 12, 8))
    desk.open(case_url)
    page.get_by_text("Zahlung buchen").click()
    page.get_by_label("Betrag in Euro").fill("viel")
    page.get_by_label("Wertstellung").fill("2026-12-08")
    page.get_by_label("Art", exact=True).select_option(label="Drittschuldner Beispielbank auf M1")
    desk.press("Buchen")
    desk.check()
    assert "Erwartet wird ein Betrag" in page.locator(".meldung.fehler").inner_text()
    page.get_by_label("Betrag in Euro").fill("5.210,44")
    desk.press("Buchen")
    settle(desk)
    desk.open(case_url)
    timeline = page.get_by_role("region", name="Zeitleiste").inner_text()
    assert "Zahlung (Drittschuldner)\t5.057,34 €" in timeline
    assert "Zahlung (Drittschuldner)\t153,10 €" in timeline
    assert page.locator("a[href^='/schreiben/']").count() >= 3

    auditor = door.enter("paul")
    auditor.open(case_url)
    for link in auditor.page.locator("a[href^='/wiedergabe/']").all():
        page = auditor.page.context.new_page()
        page.goto(door.address + str(link.get_attribute("href")))
        assert page.locator("#urteil").inner_text().startswith("Nachgerechnet: identisch"), page.url
        page.close()
