"""Chromium against the served application: every page is checked for accessibility and for messages of its console."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from api import bundles
from tests.api.conftest import PASSWORD, City, city

__all__ = ["city"]

ROOT = Path(__file__).parents[2]
AXE = ROOT / "api" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "docs" / "pictures"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
REFUSED = re.compile("responded with a status of (403|409|422)")  # the browser notes our own refusals as well
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass
class Desk:
    """A browser window of one person, and what its console said."""

    page: Page
    address: str
    city: City
    told: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Open a page and check it."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200, path
        self.check()

    def press(self, name: str) -> None:
        """Press the button of that name and wait for the next page."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state("load")

    def check(self) -> None:
        """Fail on a violation of WCAG 2.2 AA (axe) and on anything the console tells, such as a breach of the content policy."""
        self.page.wait_for_load_state("load")
        if self.page.locator("#formular").count():
            self.page.locator("#formular[data-bereit]").wait_for()
        # Through the debugger: the policy of the page forbids scripts that are not ours.
        self.page.evaluate(AXE.read_text(encoding="utf-8") + "; null")
        found = self.page.evaluate("async (tags) => (await axe.run(document, {runOnly: tags})).violations", RULES)
        told = [f"{rule['id']}: {rule['help']}: {[node['html'][:160] for node in rule['nodes']]}" for rule in found]
        assert not told, (self.page.url, told)
        assert not self.told, (self.page.url, self.told)

    def picture(self, name: str) -> None:
        """Keep a screenshot for the documentation when asked to (PICTURES=1)."""
        if os.environ.get("PICTURES"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=PICTURES / f"{name}.png")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(city: City) -> Iterator[str]:
    """The application on a real port, with its bundles."""
    bundles.ensure()
    server = make_server("127.0.0.1", 0, city.flask, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Door:
    """Lets people in, each with a window of their own."""

    def __init__(self, browser: Browser, address: str, city: City) -> None:
        self.browser, self.address, self.city = browser, address, city

    def enter(self, login: str) -> Desk:
        """Log in through the page and return the person's desk."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE", timezone_id="Europe/Berlin")
        page = context.new_page()
        page.set_default_timeout(10_000)
        desk = Desk(page, self.address, self.city)
        page.on(
            "console",
            lambda line: desk.told.append(line.text) if line.type in ("error", "warning") and not REFUSED.search(line.text) else None,
        )
        page.on("pageerror", lambda fault: desk.told.append(str(fault)))
        page.on("dialog", lambda dialog: dialog.accept())
        desk.open("/anmelden")
        page.get_by_label("Benutzername").fill(self.city.prefix + login)
        page.get_by_label("Passwort").fill(PASSWORD)
        desk.press("Anmelden")
        desk.check()
        return desk


@pytest.fixture
def door(chromium: Browser, address: str, city: City) -> Door:
    return Door(chromium, address, city)
