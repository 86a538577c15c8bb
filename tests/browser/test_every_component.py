"""A form with every component of Camunda Forms, filled in a real browser; what arrives in the process, the store and the file."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from api import wiring
from engine import clock, deployments, files, instances, user_tasks
from tests import sample_files
from tests.api.conftest import PASSWORD, City
from tests.browser import forms
from tests.browser.conftest import Desk, Door
from tests.engine.spiff.bpmn import chain, file, node, process

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

KEY = "detmold/DE91/1"
FORMS = Path(__file__).parents[1] / "forms"
TASK = {"camunda_candidateGroups": "claims_clerk", "camunda_formRefBinding": "latest"}
FLOW = process(
    node("startEvent", "s")
    + node("userTask", "ausfuellen", camunda_formRef="alle_komponenten", **TASK)
    + node("userTask", "ansehen", camunda_formRef="alle_anzeigen", **TASK)
    + node("endEvent", "e")
    + chain("s", "ausfuellen", "ansehen", "e"),
    key="alle",
)
BEGIN = process(
    node("startEvent", "s", camunda_formRef="ein_bescheid", camunda_formRefBinding="latest")
    + node("userTask", "ansehen", camunda_candidateGroups="claims_clerk") + node("endEvent", "e") + chain("s", "ansehen", "e"), key="anfangen",
).replace("isExecutable", 'name="Anfangen" camunda:candidateStarterGroups="claims_clerk" isExecutable')  # fmt: skip
START = {
    "type": "default", "id": "ein_bescheid", "schemaVersion": 19,
    "components": [{"type": "filepicker", "id": "Datei_1", "key": "bescheid", "label": "Bescheid", "validate": {"required": True}}],
}  # fmt: skip
GIVEN = {
    "kassenzeichen": "DE91", "staedte": [{"label": "Detmold", "value": "dt"}, {"label": "Lage", "value": "la"}], "worte": ["Eilt", "Alt"],
}  # fmt: skip


@pytest.fixture
def instance(city: City) -> instances.Instance:
    detmold = city.seeded.tenants["detmold"]
    with city.database.begin(detmold) as tx:
        brought = {"alle.bpmn": file(FLOW), "anfangen.bpmn": file(BEGIN), "ein_bescheid.form": json.dumps(START).encode()} | {
            name: (FORMS / name).read_bytes() for name in ("alle_komponenten.form", "alle_anzeigen.form")
        }
        now = clock.now(tx, detmold)
        deployments.deploy(
            tx, brought, world_id=city.seeded.world_id, name="Alle", by="dora", now=now, readers=wiring.READERS,
            topics=wiring.topic_offers(), tenant_id=detmold,
        )  # fmt: skip
        return instances.start(tx, "alle", KEY, GIVEN, tenant_id=detmold, now=now, by="test")


def open_task(desk: Desk, instance: instances.Instance) -> Page:
    with desk.city.database.begin(instance.tenant_id) as tx:
        (task,) = user_tasks.of_instance(tx, instance.tenant_id, instance.id)
    desk.open(f"/aufgaben/{task.id}")
    return desk.page


def choose_files(page: Page, field: str, *named: tuple[str, bytes], which: int = 0) -> None:
    """Choose files as the browser's dialog would."""
    given: list[Any] = [{"name": name, "mimeType": "application/x-anything", "buffer": content} for name, content in named]
    page.locator(f'input[data-dateifeld="{field}"]').nth(which).set_input_files(given)


def fill(page: Page) -> None:
    """Fill every component but the files, by keyboard where a keyboard does it."""
    page.get_by_label("E-Mail").focus()
    page.keyboard.type("mara@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("Zwei Zeilen\nText")
    page.keyboard.press("Tab")
    page.keyboard.type("84,5")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_label("Einverstanden")).to_be_checked()
    forms.choose(page, "Gründe", "Umzug")
    forms.choose(page, "Stundung", "Stundung")
    forms.pick(page, "Stadt", "Lage")
    page.get_by_label("Schlagworte").fill("Ei")
    page.keyboard.press("Enter")
    forms.write_day(page, "Ab wann", "01.09.2026")
    page.get_by_label("Anruf um").fill("14:30")
    page.keyboard.press("Tab")
    page.get_by_label("Bank").fill("Sparkasse")
    page.get_by_role("textbox", name="Was", exact=True).fill("Heizung")
    page.get_by_role("textbox", name="Euro", exact=True).first.fill("12.50")
    page.get_by_role("button", name="Hinzufügen").press("Enter")
    page.get_by_role("textbox", name="Was", exact=True).nth(1).press_sequentially("Wasser")  # key by key: the row was just drawn
    page.keyboard.press("Tab")


def test_every_component_reaches_the_process_and_the_chosen_files_the_case(door: Door, instance: instances.Instance) -> None:
    desk = door.enter("ben")
    page = open_task(desk, instance)
    fill(page)
    choose_files(page, "Datei_1", ("Bescheid Müller.pdf", sample_files.PDF))
    choose_files(page, "Datei_2", ("liste.csv", sample_files.CSV), ("foto.png", sample_files.PNG))
    choose_files(page, "Datei_2", ("brief.docx", sample_files.DOCX))
    choose_files(page, "Posten_Beleg", ("rechnung.txt", sample_files.TEXT))
    page.get_by_role("button", name="„brief.docx“ entfernen").press("Enter")
    desk.check()

    desk.press("Erledigen")

    desk.check()
    assert page.get_by_role("heading", level=1).inner_text() == "ansehen"
    assert "„ausfuellen“ ist erledigt." in page.locator("main").inner_text()
    with desk.city.database.begin(instance.tenant_id) as tx:
        found = instances.variables_of(tx, instance.tenant_id, instance.id)
        by_name = {one.name: one for one in files.of_key(tx, instance.tenant_id, KEY)}
    assert str(found.pop("begruendung")).startswith("notiz:")
    assert {name: value for name, value in found.items() if name not in GIVEN} == {
        "kontakt": "mara@example.org", "betrag": Decimal("84.5"), "einverstanden": True, "gruende": ["umzug"], "art": "stundung",
        "stadt": "la", "schlagworte": ["eilt"], "ab": date(2026, 9, 1), "anruf": time(14, 30), "doppelt": Decimal(169),
        "konto": {"bank": "Sparkasse", "fremd": False},
        "posten": [
            {"was": "Heizung", "euro": Decimal("12.50"), "beleg": [by_name["rechnung.txt"].reference]},
            {"was": "Wasser", "euro": None, "beleg": None},
        ],
        "bescheid": [by_name["Bescheid Müller.pdf"].reference],
        "belege": [by_name["liste.csv"].reference, by_name["foto.png"].reference],
    }  # fmt: skip


def test_what_was_typed_last_is_sent_though_the_field_was_not_left(door: Door, instance: instances.Instance) -> None:
    desk = door.enter("ben")
    page = open_task(desk, instance)
    fill(page)
    choose_files(page, "Datei_1", ("Bescheid Müller.pdf", sample_files.PDF))

    page.get_by_label("Bank").fill("Volksbank")
    with page.expect_navigation():
        page.evaluate("document.getElementById('aufgabe-absenden').requestSubmit()")

    with desk.city.database.begin(instance.tenant_id) as tx:
        konto = instances.variables_of(tx, instance.tenant_id, instance.id)["konto"]
    assert konto == {"bank": "Volksbank", "fremd": False}


def test_a_refused_form_loses_neither_text_nor_chosen_files(door: Door, instance: instances.Instance) -> None:
    desk = door.enter("ben")
    page = open_task(desk, instance)
    page.on("filechooser", lambda _: None)  # from here on dialogs are caught; asked for late, a busy machine opens one before
    page.get_by_role("button", name="Erledigen", exact=True).click()
    expect(page.locator("#formular-meldung")).to_contain_text("Felder sind noch zu berichtigen")
    desk.check()
    choose_files(page, "Datei_1", ("programm.exe", b"MZ"))
    expect(page.locator("#formular")).to_contain_text("„programm.exe“: Dateien dieser Art werden nicht angenommen. Möglich sind PDF, PNG")
    desk.check()
    fill(page)
    choose_files(page, "Datei_1", ("gar-kein.pdf", b"<html>"))
    choose_files(page, "Datei_2", ("liste.csv", sample_files.CSV))

    page.get_by_role("button", name="Erledigen", exact=True).click()

    summary = page.locator("[data-fehlerliste]")
    expect(summary).to_contain_text("„gar-kein.pdf“: Die Datei ist beschädigt oder keine PDF-Datei.")
    expect(summary).to_be_focused()
    desk.check()
    assert page.get_by_label("E-Mail").input_value() == "mara@example.org"
    expect(page.get_by_role("list", name="Ausgewählt für Belege")).to_contain_text("liste.csv")
    page.get_by_role("link", name="„Bescheid“:").press("Enter")
    button = page.get_by_role("button", name="Bescheid Andere Datei auswählen")
    expect(button).to_be_focused()
    with page.expect_file_chooser() as dialog:
        page.keyboard.press("Enter")
    dialog.value.set_files([{"name": "bescheid.pdf", "mimeType": "application/pdf", "buffer": sample_files.PDF}])
    expect(page.get_by_role("list", name="Ausgewählt für Bescheid")).to_contain_text("bescheid.pdf")

    desk.press("Erledigen")

    assert page.get_by_role("heading", level=1).inner_text() == "ansehen"
    with desk.city.database.begin(instance.tenant_id) as tx:
        found = {one.name for one in files.of_key(tx, instance.tenant_id, KEY) if one.kept_by.endswith("ben")}
    assert {"bescheid.pdf", "liste.csv"} <= found


def test_a_later_task_and_the_file_of_the_claim_show_and_hand_out_what_was_chosen(door: Door, instance: instances.Instance) -> None:
    desk = door.enter("ben")
    page = open_task(desk, instance)
    fill(page)
    choose_files(page, "Datei_1", ("Bescheid Müller.pdf", sample_files.PDF))
    choose_files(page, "Datei_2", ("foto.png", sample_files.PNG))
    desk.press("Erledigen")
    shown = page.locator("#formular")
    expect(shown.get_by_role("link", name="Bescheid Müller.pdf")).to_be_visible()
    expect(shown.get_by_role("button", name="Belege Weitere Datei auswählen")).to_be_visible()
    expect(shown.get_by_role("button", name="„Bescheid Müller.pdf“ entfernen")).to_have_count(0)
    expect(shown.locator(".fjs-documentPreview-image")).to_be_visible()
    desk.check()
    with page.expect_download() as download:
        shown.get_by_role("link", name="Bescheid Müller.pdf").click()
    assert download.value.suggested_filename == "Bescheid Müller.pdf"
    assert Path(download.value.path()).read_bytes() == sample_files.PDF
    desk.press("Erledigen")

    desk.open("/akten?suche=DE91")
    page.get_by_role("link", name="DE91").first.click()
    desk.check()
    page.get_by_role("region", name="Dateien").scroll_into_view_if_needed()
    with page.expect_download() as again:
        page.get_by_role("region", name="Dateien").get_by_role("link", name="foto.png").first.click()

    assert Path(again.value.path()).read_bytes() == sample_files.PNG
    with desk.city.database.begin(instance.tenant_id) as tx:
        assert instances.get(tx, instance.tenant_id, instance.uuid).status == "completed"


@pytest.mark.parametrize("is_cut", [False, True], ids=["answered", "cut off, as a server does that reads no large form of a stranger"])
def test_who_was_logged_out_meanwhile_logs_in_beside_and_sends_again(door: Door, instance: instances.Instance, is_cut: bool) -> None:
    desk = door.enter("ben")
    page = open_task(desk, instance)
    fill(page)
    choose_files(page, "Datei_1", ("bescheid.pdf", sample_files.PDF))
    with desk.city.database.look() as tx:
        tx.execute(text("delete from user_session"))
    if is_cut:
        page.route("**", lambda route: route.abort() if route.request.method == "POST" else route.fallback())

    page.get_by_role("button", name="Erledigen", exact=True).click()
    expect(page.locator("#formular-meldung")).to_contain_text("nicht mehr angemeldet. Bitte in einem zweiten Fenster anmelden")
    page.unroute("**")
    beside = page.context.new_page()
    beside.goto(desk.address + "/anmelden")
    beside.get_by_label("Benutzername").fill(desk.city.prefix + "ben")
    beside.get_by_label("Passwort").fill(PASSWORD)
    beside.get_by_role("button", name="Anmelden").click()
    beside.wait_for_url("**/aufgaben")
    desk.press("Erledigen")

    assert page.get_by_role("heading", level=1).inner_text() == "ansehen"


def test_a_task_that_somebody_else_ended_shows_what_was_typed_and_chosen(door: Door, instance: instances.Instance) -> None:
    desk = door.enter("ben")
    page = open_task(desk, instance)
    fill(page)
    choose_files(page, "Datei_1", ("bescheid.pdf", sample_files.PDF))
    with desk.city.database.begin(instance.tenant_id) as tx:
        (task,) = user_tasks.of_instance(tx, instance.tenant_id, instance.id)
        user_tasks.complete(tx, instance.tenant_id, task.id, {}, by="anna", now=clock.now(tx, instance.tenant_id))

    page.get_by_role("button", name="Erledigen", exact=True).click()

    typed = page.get_by_role("region", name="Nicht gespeicherte Eingaben")
    expect(typed).to_contain_text("mara@example.org")
    expect(typed).to_contain_text("bescheid.pdf")
    desk.check()


def test_a_start_form_keeps_its_files_when_it_is_refused(door: Door, instance: instances.Instance) -> None:
    desk = door.enter("ben")
    page = desk.page
    desk.open("/starten/anfangen")
    page.get_by_label("Aktenzeichen oder Stichwort").fill("B-1")
    choose_files(page, "Datei_1", ("gar-kein.pdf", b"<html>"))
    page.get_by_role("button", name="Starten", exact=True).click()
    expect(page.locator("[data-fehlerliste]")).to_contain_text("keine PDF-Datei")
    desk.check()
    choose_files(page, "Datei_1", ("bescheid.pdf", sample_files.PDF))

    desk.press("Starten")

    desk.check()
    assert "„Anfangen“ ist gestartet." in page.locator("main").inner_text()
    with desk.city.database.begin(instance.tenant_id) as tx:
        assert [one.name for one in files.of_key(tx, instance.tenant_id, "B-1")] == ["bescheid.pdf"]
