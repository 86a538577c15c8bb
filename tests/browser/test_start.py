"""A clerk starts a process by hand with its start form and finds the first task; the clock's plan stands beside it."""

from __future__ import annotations

import pytest

from tests.api.conftest import City
from tests.api.test_start_page import office
from tests.browser.conftest import Door

__all__ = ["office"]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_clerk_starts_a_process_and_stands_before_its_task(door: Door, office: City) -> None:
    desk = door.enter("ben")
    page = desk.page

    desk.open("/prozesse")
    page.get_by_role("link", name="Starten und geplante Starts").click()
    desk.check()
    assert "0 0 6 * * ?" in page.get_by_role("region", name="Geplante Starts").inner_text()
    page.get_by_role("link", name="Antrag prüfen").click()
    desk.check()
    page.get_by_label("Aktenzeichen oder Stichwort").fill("A-1")
    page.get_by_role("button", name="Starten", exact=True).click()
    page.locator("#formular-meldung:visible").wait_for()
    desk.check()
    page.get_by_label("Grund").fill("Umzug")
    desk.press("Starten")

    desk.check()
    assert page.get_by_role("heading", level=1).inner_text() == "pruefen"
    assert "„Antrag prüfen“ ist gestartet." in page.locator("main").inner_text()
