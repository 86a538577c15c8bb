"""Starting by hand: who the diagram names, with its start form; and what the clock will start."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from api import wiring
from engine import clock, deployments, instances
from tests.api.conftest import City
from tests.engine.spiff.bpmn import chain, file, node, process, timer

FORM = {
    "type": "default", "id": "antrag", "schemaVersion": 19, "components": [
        {"type": "textfield", "id": "Feld_1", "key": "grund", "label": "Grund", "validate": {"required": True}, "properties": {"ablage": "vorgang"}},
    ],
}  # fmt: skip
TASK = node("userTask", "pruefen", camunda_candidateGroups="claims_clerk")
BEGIN = node("startEvent", "s", camunda_formRef="antrag", camunda_formRefBinding="latest")
BY_HAND = process(BEGIN + TASK + node("endEvent", "e") + chain("s", "pruefen", "e"), key="antrag_pruefen").replace(
    "isExecutable", 'name="Antrag prüfen" camunda:candidateStarterGroups="claims_clerk" isExecutable'
)
BY_CLOCK = process(
    node("startEvent", "zs", timer("timeCycle", "0 0 6 * * ?")) + node("endEvent", "ze") + chain("zs", "ze"), key="tagesabschluss"
)


@pytest.fixture(scope="module")
def office(city: City) -> City:
    """The city with a process to start by hand and one that the clock starts."""
    detmold = city.seeded.tenants["detmold"]
    with city.database.begin(detmold) as tx:
        files = {"hand.bpmn": file(BY_HAND), "uhr.bpmn": file(BY_CLOCK), "antrag.form": json.dumps(FORM).encode()}
        deployments.deploy(
            tx, files, world_id=city.seeded.world_id, name="Starts", by="dora", now=clock.now(tx, detmold), readers=wiring.READERS,
            topics=wiring.topic_offers(), tenant_id=detmold,
        )  # fmt: skip
    return city


def send(city: City, login: str, **fields: str) -> tuple[int, str, str]:
    client = city.client(login)
    answer = client.post("/starten/antrag_pruefen", data={"token": city.token(client), **fields})
    return answer.status_code, answer.get_data(as_text=True), answer.headers.get("Location", "")


def test_who_may_start_sees_it_and_everybody_sees_what_the_clock_will_start(office: City) -> None:
    clerk = office.client("ben").get("/starten").get_data(as_text=True)
    auditor = office.client("paul").get("/starten").get_data(as_text=True)

    assert "/starten/antrag_pruefen" in clerk
    assert "/starten/antrag_pruefen" not in auditor
    assert "0 0 6 * * ?" in clerk
    assert "0 0 6 * * ?" in auditor
    assert "tagesabschluss" not in office.client("olga").get("/starten").get_data(as_text=True)
    assert "/starten/mahnung" not in clerk


def test_a_designer_starts_in_the_sandbox_what_names_nobody_as_from_the_modeler(office: City) -> None:
    client = office.client("dora")

    assert "/starten/antrag_pruefen" in client.get("/starten").get_data(as_text=True)
    assert "/starten/tagesabschluss" in client.get("/starten").get_data(as_text=True)
    answer = client.post("/starten/tagesabschluss", data={"token": office.token(client), "schluessel": "T-1", "daten": "{}"})
    assert answer.status_code == 302, answer.get_data(as_text=True)


def test_a_clerk_starts_a_process_with_its_form_and_stands_before_its_first_task(office: City) -> None:
    page = office.client("ben").get("/starten/antrag_pruefen")
    assert page.status_code == 200
    assert "Grund" in page.get_data(as_text=True)

    status, _, location = send(office, "ben", schluessel="A-17", daten='{"grund": "Umzug"}')

    assert status == 302
    assert location.startswith("/aufgaben/")
    with office.database.begin(office.seeded.tenants["detmold"]) as tx:
        row = tx.execute(text("select started_by, variables ->> 'grund' as grund from process_instance where business_key = 'A-17'")).one()
    assert row.started_by.endswith("ben")
    assert row.grund


def test_what_the_form_or_the_key_lacks_is_told_and_nothing_starts(office: City) -> None:
    without_reason = send(office, "ben", schluessel="A-18", daten="{}")
    without_key = send(office, "ben", schluessel=" ", daten='{"grund": "Umzug"}')

    assert without_reason[0] == without_key[0] == 422
    assert "Aktenzeichen oder Stichwort" in without_key[1]
    assert "Umzug" in without_key[1]
    with office.database.begin(office.seeded.tenants["detmold"]) as tx:
        assert tx.execute(text("select count(*) from process_instance where business_key in ('A-18', '')")).scalar() == 0


def test_who_is_not_named_and_what_is_not_startable_is_refused(office: City) -> None:
    assert send(office, "paul", schluessel="A-19", daten='{"grund": "x"}')[0] == 403
    assert office.client("ben").get("/starten/mahnung").status_code == 404
    assert office.client("ben").get("/starten/gibt-es-nicht").status_code == 404


def test_a_task_that_names_nobody_is_listed_for_who_draws_and_counted_for_whom_it_is_listed(office: City) -> None:
    lonely = process(
        node("startEvent", "s") + node("userTask", "verwaist") + node("endEvent", "e") + chain("s", "verwaist", "e"), key="verwaister"
    )
    detmold = office.seeded.tenants["detmold"]
    with office.database.begin(detmold) as tx:
        deployments.deploy(
            tx, {"verwaister.bpmn": file(lonely)}, world_id=office.seeded.world_id, name="Verwaist", by="dora", now=clock.now(tx, detmold),
            readers=wiring.READERS,
        )  # fmt: skip
        instances.start(tx, "verwaister", "V-1", {}, tenant_id=detmold, now=clock.now(tx, detmold), by="dora")

    drawn, clerk = (office.client(login).get("/aufgaben?art=verwaist").get_data(as_text=True) for login in ("dora", "ben"))

    assert "verwaist (1)" in drawn
    assert "V-1" in drawn
    assert "verwaist (1)" not in clerk
    assert "V-1" not in clerk
