"""Our element templates in Camunda Modeler's own library: it takes them all, and what they draw is checked and runs as they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Browser, Page
from sqlalchemy import text

from api import element_templates, wiring
from engine import clock, contents, deployments, instances, jobs, worker
from engine.db import Database
from processes import law
from processes.casefile import holds
from tests.browser.conftest import Door
from tests.clients import modeler
from tests.conftest import World
from tests.processes import city

ROOT = Path(__file__).parents[2]
LETTERS = {path.name: path.read_bytes() for path in ROOT.glob("processes/*/letters/*.typ")}
TABLES = {path.name: path.read_bytes() for path in ROOT.glob("processes/*/*.dmn")}
KINDS = list(wiring.all_topics()["dispatch_letter"].variants)
# Where an input stands in the diagram: element, attribute of its name, attribute of its value (none: its text).
INPUTS = {
    "camunda7": ("{http://camunda.org/schema/1.0/bpmn}inputParameter", "name", ""),
    "camunda8": ("{http://camunda.org/schema/zeebe/1.0}input", "target", "source"),
}


@pytest.fixture(scope="module")
def page(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    opened = modeler.open_page(chromium, tmp_path_factory.mktemp("modeler"))
    yield opened
    opened.close()


def ids(platform: str) -> list[str]:
    return [template["id"] for template in json.loads(element_templates.content(platform))]


def inputs(applied: modeler.Applied, platform: str) -> dict[str, str]:
    """Return the inputs that the diagram draws, by name."""
    tag, name, value = INPUTS[platform]
    drawn = etree.fromstring(applied.diagram).iter(tag)
    return {str(one.get(name)): str(one.get(value, "") if value else one.text or "") for one in drawn}


@pytest.mark.parametrize("platform", element_templates.PLATFORMS)
def test_the_modeler_takes_every_template_without_complaint_and_what_they_draw_has_no_finding(page: Page, platform: str) -> None:
    templates = element_templates.content(platform, "http://127.0.0.1:8080")
    wanted = {f"aufgabe_{number}": template for number, template in enumerate(ids(platform))}
    typed = {}
    if platform == "camunda8":
        wanted |= {f"schreiben_{kind}": "de.vollstreckung.dispatch_letter" for kind in KINDS}
        typed = {f"schreiben_{kind}": {"vorlage": kind} for kind in KINDS}

    applied = modeler.apply(page, platform, templates, wanted, typed)

    assert applied.told == ()
    assert applied.known == set(ids(platform))
    found = contents.check(
        {"vorlagen.bpmn": applied.diagram, **LETTERS, **TABLES}, wiring.READERS, functions=law.FUNCTIONS, topics=wiring.topic_offers()
    )
    assert list(found) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_asks_for_what_its_kind_needs_and_nothing_else_on_both_platforms(page: Page, kind: str) -> None:
    topic = wiring.all_topics()["dispatch_letter"]
    needed = {"vorlage", *(one.name for one in topic.inputs if kind in one.only_for)}

    seven = modeler.apply(page, "camunda7", element_templates.content("camunda7"), {"a": f"de.vollstreckung.dispatch_letter.{kind}"})
    eight = modeler.apply(
        page, "camunda8", element_templates.content("camunda8"), {"a": "de.vollstreckung.dispatch_letter"}, {"a": {"vorlage": kind}}
    )

    given7, given8 = inputs(seven, "camunda7"), inputs(eight, "camunda8")
    assert set(given7) == set(given8) == needed
    assert (given7["vorlage"], given8["vorlage"]) == (kind, kind)


@pytest.mark.parametrize("platform", element_templates.PLATFORMS)
def test_a_task_drawn_from_a_template_gets_its_inputs_does_its_work_and_keeps_its_results(
    page: Page, database: Database, world: World, platform: str
) -> None:
    database.runtime.topics |= wiring.all_topics()
    city.settle_in(database, world)
    (claim,) = city.take_claims(database, world.detmold, "detmold", {"kassenzeichen": "DE1", "betrag": "310,00", "schuldner_nr": "S1"})
    wanted = {"sperren": "de.vollstreckung.set_hold", "lesen": "de.vollstreckung.read_claim"}
    applied = modeler.apply(page, platform, element_templates.content(platform), wanted, {"sperren": {"grund": "Einwendung"}})
    with database.begin(world.detmold) as tx:
        now = clock.now(tx, world.detmold)
        deployments.deploy(
            tx, {"vorlagen.bpmn": applied.diagram}, world_id=world.id, name="Vorlagen", by="test", now=now, readers=wiring.READERS,
            topics=wiring.topic_offers(),
        )  # fmt: skip
        variables = {"forderung_id": str(claim.uuid)}
        instance = instances.start(tx, "vorlagen", "V-1", variables, tenant_id=world.detmold, now=now, by="test")
        job = jobs.get(tx, world.detmold, tx.execute(text("select id from job where instance_id = :i"), {"i": instance.id}).scalar_one())

    assert job.topic == "set_hold"
    assert dict(job.variables) == {"forderung_id": str(claim.uuid), "grund": "Einwendung", "bis": None}
    worker.settle(database, world.id)
    with database.begin(world.detmold) as tx:
        kept = instances.variables_of(tx, world.detmold, instance.id)
        assert instances.get(tx, world.detmold, instance.uuid).status == "completed"
        assert holds.is_held(tx, claim, claim.debtor_id, now.date()) is not None
    assert (kept["sperre_am"], kept["gesperrt"], kept["sperre_grund"], kept["sperre_bis"]) == (now.date(), True, "Einwendung", None)
    assert set(kept) == {
        *variables, *(one.name for topic in ("set_hold", "read_claim") for one in wiring.all_topics()[topic].outputs)
    }  # fmt: skip


@pytest.mark.parametrize("platform", element_templates.PLATFORMS)
def test_an_update_brings_what_is_new_and_keeps_what_was_typed(page: Page, platform: str) -> None:
    chosen = "de.vollstreckung.set_hold"
    (old,) = [template for template in json.loads(element_templates.content(platform)) if template["id"] == chosen]
    bis = next(one for one in old["properties"] if one["binding"].get("name") == "bis")
    added = bis | {"value": "=neu", "binding": bis["binding"] | {"name": "neu"}} | ({"id": "neu"} if "id" in bis else {})
    new = {**old, "version": old["version"] + 1, "properties": [*old["properties"], added]}

    applied = modeler.apply(
        page, platform, json.dumps([old]).encode(), {"a": chosen}, {"a": {"grund": "Stundung"}}, later=json.dumps([new]).encode()
    )

    given = inputs(applied, platform)
    assert (given["grund"], given["forderung_id"], given["neu"]) == ("Stundung", "=forderung_id", "=neu")
    assert f'modelerTemplateVersion="{new["version"]}"'.encode() in applied.diagram


@pytest.mark.parametrize("platform", element_templates.PLATFORMS)
def test_a_table_and_a_law_function_drawn_from_templates_give_their_result_and_leave_nothing_else(
    page: Page, database: Database, world: World, platform: str
) -> None:
    wanted = {
        "rechnen": "de.vollstreckung.rechnen.mahnfrist_ende", "fristen": "de.vollstreckung.tabelle.fristen_massnahme",
        "gebuehr": "de.vollstreckung.tabelle.pfaendungsgebuehr",
    }  # fmt: skip
    database.runtime.functions = law.FUNCTIONS
    applied = modeler.apply(page, platform, element_templates.content(platform), wanted)
    given = {
        "versandt_am": date(2026, 9, 1), "bekanntgaberecht": "AO", "bundesland": "NW", "summe_hauptforderungen": Decimal("84.50"),
    }  # fmt: skip
    with database.begin(world.detmold) as tx:
        now = clock.now(tx, world.detmold)
        files = {"vorlagen.bpmn": applied.diagram, **TABLES}
        deployments.deploy(tx, files, world_id=world.id, name="Vorlagen", by="test", now=now, readers=wiring.READERS)
        instance = instances.start(tx, "vorlagen", "V-2", given, tenant_id=world.detmold, now=now, by="test")

        assert instances.get(tx, world.detmold, instance.uuid).status == "completed"
        kept = dict(instances.variables_of(tx, world.detmold, instance.id))

    assert kept.pop("mahnfrist_bis") == law.feel_functions.mahnfrist_ende(date(2026, 9, 1), "AO", "NW")
    limits = kept.pop("fristen_massnahme_ergebnis")
    assert isinstance(limits, dict)
    assert {"bearbeitung", "freigabe", "abfrage"} <= set(limits)
    assert isinstance(kept.pop("pfaendungsgebuehr_ergebnis"), Decimal)
    assert kept == given


def test_the_link_of_a_template_opens_its_description_on_the_page(door: Door) -> None:
    desk = door.enter("anna")
    desk.open("/prozesse/elementvorlagen")

    desk.page.goto(f"{desk.address}/prozesse/elementvorlagen#set_hold")

    assert desk.page.locator("#set_hold").is_visible()
    assert not desk.page.locator("#post_charge").is_visible()
    desk.check()
