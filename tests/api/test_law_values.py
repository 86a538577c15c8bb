"""What nobody has confirmed is marked: in the tables, in the file, beside its letters, in the replay."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from api import diagram_rows, law_values, model_files
from engine import deployments, history, worker
from engine.db import Database
from engine.spiff import model, reader
from processes import runs
from tests.api.conftest import City
from tests.conftest import START, World
from tests.engine.spiff.bpmn import chain, node, user
from tests.engine.test_durable import complete, deploy, start
from tests.engine.test_durable_more import RULE


@pytest.fixture(scope="module")
def dunned(city: City) -> City:
    """The city after its Mahnlauf: fees are booked, letters are out."""
    tenant_id = city.seeded.tenants["detmold"]
    later = START + timedelta(days=20)
    worker.run_until(city.database, city.seeded.world_id, later)
    with city.database.begin(tenant_id) as tx:
        run_id = runs.start(tx, tenant_id, by="test", now=later)
    runs.process(lambda: city.database.begin(tenant_id), tenant_id, run_id)
    worker.settle(city.database, city.seeded.world_id)
    return city


def test_every_row_of_the_law_stands_in_its_table_with_its_source(city: City) -> None:
    with city.database.begin(city.seeded.tenants["detmold"]) as tx:
        found = {table.key: table for table in law_values.tables(tx, city.seeded.tenants["detmold"])}

    fee = found["mahngebuehr"].rows[0]
    assert fee.source.startswith("§ 9, § 17 VO VwVG NRW")
    assert ("Land", '"NW"') in fee.conditions
    assert not fee.is_confirmed
    page = city.client("paul").get("/rechtswerte").get_data(as_text=True)
    assert all(f'id="{row.rule}"' in page for table in found.values() for row in table.rows)
    assert page.count("marke-klein warnung") == sum(table.unconfirmed for table in found.values())


@pytest.mark.parametrize(
    ("said", "confirmed"), [("Kämmerei, 3.8.2026", True), ("unbestätigt", False), ("Fachkonzept, unbestätigt", False), ("", False)]
)
def test_only_a_name_confirms_a_row(said: str, confirmed: bool) -> None:
    row = law_values.Row("a", "A", "r1", (), (), "", "", "", said)

    assert row.is_confirmed is confirmed


def test_a_row_that_was_confirmed_in_a_later_version_stays_marked_where_the_earlier_one_counted(database: Database, world: World) -> None:
    rule = '<bpmn:businessRuleTask id="r" name="r" camunda:decisionRef="gebuehr" camunda:resultVariable="g" camunda:mapDecisionResult="singleEntry"/>'
    twice = node("startEvent", "s") + rule + user("u") + rule.replace('"r"', '"r2"') + user("v") + node("endEvent", "e")
    table = RULE.replace("</rule>", "<annotationEntry><text>{said}</text></annotationEntry></rule>").replace(
        '<rule id="r">', '<annotation name="bestätigt von"/><rule id="r">'
    )
    first, second = (table.format(fee=fee, said=said).encode() for fee, said in ((5, "unbestätigt"), (7, "Kämmerei, 3.8.2026")))
    deploy(database, world, ("p", twice + chain("s", "r", "u", "r2", "v", "e")), extra={"gebuehr.dmn": first})
    instance = start(database, world, betrag=Decimal(1))
    with database.begin(world.detmold) as tx:
        deployments.deploy(tx, {"gebuehr.dmn": second}, world_id=world.id, name="neu", by="t", now=START, readers={})

    complete(database, world, "u")

    with database.begin(world.detmold) as tx:
        found = law_values.of_commands(tx, world.detmold, history.read(tx, world.detmold, instance.id))
        (weak,) = law_values.unconfirmed(tx, world.detmold, [instance.id])
    assert {row.results[0][1]: row.is_confirmed for row in found.values()} == {"5": False, "7": True}
    assert weak.results[0][1] == "5"


def test_the_file_marks_fee_and_letter_that_rest_on_unconfirmed_rows(dunned: City) -> None:
    with dunned.database.begin(dunned.seeded.tenants["detmold"]) as tx:
        claim = tx.execute(text("select uuid from claim where reference = 'DE92'")).scalar_one()

    page = dunned.client("paul").get(f"/akten/forderung/{claim}").get_data(as_text=True)

    assert '§ 9 VO VwVG NRW <span class="marke-klein warnung">unbestätigt</span>' in page
    assert "mit unbestätigten Rechtswerten" in page
    assert "Mahngebühr</a>: § 9, § 17 VO VwVG NRW" in page


def test_the_replay_names_rule_source_and_that_nobody_confirmed_it(dunned: City) -> None:
    with dunned.database.begin(dunned.seeded.tenants["detmold"]) as tx:
        query = "select uuid from process_instance where business_key = 'detmold/DE92/1'"
        instance = tx.execute(text(query)).scalar_one()

    page = dunned.client("paul").get(f"/wiedergabe/{instance}").get_data(as_text=True)

    assert "mahngebuehr_r1 (§ 9, § 17 VO VwVG NRW" in page
    assert "; unbestätigt)" in page


def test_the_table_beside_a_diagram_says_what_the_diagram_says(city: City) -> None:
    with city.database.begin(city.seeded.tenants["detmold"]) as tx:
        query = text(
            "select uuid from definition where world_id = :w and kind = 'bpmn' and key = 'pfaendung' order by version desc limit 1"
        )
        process = tx.execute(query, {"w": city.seeded.world_id}).scalar_one()
    page = city.client("paul").get(f"/prozesse/{process}").get_data(as_text=True)

    drawn = _pfaendung()
    for element in model.walk(drawn.elements):
        if element.label:
            assert f'<span class="kennung">{element.id}</span>' in page, element.id
    with city.flask.test_request_context():
        rows = {row.id: row for row in diagram_rows.of(drawn)}
    assert rows["pfaendung_freigeben"].who == "Teamleitung"
    assert ("zurück", "Pfändung vorbereiten") in rows["freigegeben"].following
    assert all(target != "(Verzweigung)" for row in rows.values() for _, target in row.following)


def _pfaendung() -> model.Process:
    name, content = next((name, content) for name, content in model_files.own().items() if name.endswith("pfaendung.bpmn"))
    parsed = reader.Reader(content, name).read()
    assert parsed is not None
    process = parsed.process("pfaendung")
    assert process is not None
    return process


def test_who_may_only_read_is_offered_nothing_to_record(dunned: City) -> None:
    with dunned.database.begin(dunned.seeded.tenants["detmold"]) as tx:
        claim = tx.execute(text("select uuid from claim where reference = 'DE92'")).scalar_one()

    read = dunned.client("paul").get(f"/akten/forderung/{claim}").get_data(as_text=True)
    work = dunned.client("anna").get(f"/akten/forderung/{claim}").get_data(as_text=True)

    for act in ("/akten/zahlung", "/akten/sperre", "/akten/einwendung", "/akten/ruecklauf"):
        assert act not in read
        assert act in work
