"""Camunda 8's official, unmodified clients against the real server: their workers walk every way of ending a job."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests
from sqlalchemy.engine import URL

from api import wiring
from engine import bulk, clock, deployments, history, instances, replay
from tests import clients
from tests.api.rest import models8
from tests.api.rest.clients_server import Server, until
from tests.api.rest.conftest import PASSWORD, Office
from tests.api.rest.models import form
from tests.api.rest.models8 import caught, flows, task
from tests.api.rest.serving import Worker, served

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("clients")]

WORKERS = {
    "js8": lambda: [clients.tool("node"), str(clients.FOLDER / "worker8.mjs")],
    "python8": lambda: [sys.executable, str(clients.FOLDER / "worker8.py")],
}
HEADERS = '<zeebe:header key="drucker" value="Schwarz"/>'
GIVEN = {
    "betrag": Decimal("2.25"), "anzahl": 3, "gross": 2**40, "titel": "Müllgebühr „B“", "wahr": True, "leer": None,
    "daten": {"posten": [1, Decimal("2.5"), "ä"]},
}  # fmt: skip


def files(suffix: str) -> dict[str, bytes]:
    """Return diagrams with job types and process ids of their own, so that no worker is given the job of another test."""
    walk = (
        task("rechnung", f"rechnen{suffix}", headers=HEADERS) + task("lange_arbeit", f"lange{suffix}") + task("fehler", f"fehlerhaft{suffix}")
        + caught("gefangen", "fehler", "FEHLER") + '<bpmn:endEvent id="nicht_hier"/>'
        + flows("beginn", "rechnung", "lange_arbeit", "fehler", "nicht_hier") + flows("gefangen", "ende")
    )  # fmt: skip
    one = {
        name: task("auftrag", f"{topic}{suffix}") + flows("beginn", "auftrag", "ende")
        for name, topic in (("stoerung8", "scheitern"), ("zaehlen8", "zaehlen"))
    }
    drawn = {f"gang8{suffix}": models8.process(f"gang8{suffix}", walk, codes=("FEHLER",))}
    drawn |= {f"{name}{suffix}": models8.process(f"{name}{suffix}", body) for name, body in one.items()}
    return {f"{name}.bpmn": content.encode() for name, content in drawn.items()}


REVIEW = (
    '<bpmn:userTask id="pruefen" name="Prüfen"><bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="pruefen_js8"/>'
    "</bpmn:extensionElements></bpmn:userTask>" + flows("beginn", "pruefen", "ende")
)


@pytest.fixture(scope="module")
def server(office: Office, app_url: URL) -> Iterator[Server]:
    with office.database.begin(office.detmold) as tx:
        drawn = {name: content for suffix in (*WORKERS, "zwei", "warten") for name, content in files(f"_{suffix}").items()}
        now = clock.now(tx, office.detmold)
        drawn |= {"pruefen_js8.form": form("pruefen_js8").encode(), "akte_js8.bpmn": models8.process("akte_js8", REVIEW).encode()}
        deployments.deploy(tx, drawn, world_id=office.world_id, name="Clients 8", by="test", now=now, readers=wiring.READERS)
    with served(app_url) as address:
        yield Server(office, address)


def begun(server: Server, client: str, suffix: str) -> Worker:
    clients.ensure()
    return Worker([*WORKERS[client](), server.address, server.login, PASSWORD, suffix], client)


@pytest.fixture(scope="module", params=WORKERS)
def worker(server: Server, request: pytest.FixtureRequest) -> Iterator[Worker]:
    made = begun(server, request.param, f"_{request.param}")
    yield made
    made.stop()


def start(server: Server, key: str, business_key: str, given: dict[str, object]) -> instances.Instance:
    office = server.office
    with office.database.begin(office.detmold) as tx:
        now = clock.now(tx, office.detmold)
        return instances.start(tx, key, business_key, given, tenant_id=office.detmold, now=now, by="test")


def test_a_worker_completes_with_variables_prolongs_its_job_and_reports_an_error_the_diagram_catches(
    server: Server, worker: Worker
) -> None:
    made = start(server, f"gang8_{worker.name}", "G1", GIVEN)

    server.ended(str(made.uuid))

    (told,) = worker.wait("rechnen")[-1:]
    assert (told["retries"], told["instance"], told["headers"]) == (3, str(made.id), {"drucker": "Schwarz"})
    office = server.office
    with office.database.begin(office.detmold) as tx:
        stored = instances.variables_of(tx, office.detmold, made.id)
        commands = history.read(tx, office.detmold, made.id)
        assert replay.replay(tx, office.detmold, made.id).identical
    assert {name: stored.pop(name) for name in GIVEN} == {name: stored.pop(f"echo_{name}") for name in GIVEN} == GIVEN
    assert stored == {"summe": Decimal("4.5"), "grund": "konto"}
    assert [command.kind for command in commands] == ["started", "job_completed", "job_completed", "bpmn_error"]
    assert {command.actor for command in commands[1:]} == {server.login}


def test_a_worker_fails_until_an_incident_and_goes_on_when_it_is_mended(server: Server, worker: Worker) -> None:
    made, office = start(server, f"stoerung8_{worker.name}", "S1", {}), server.office
    told = worker.wait("gescheitert", 3)

    assert [(line["retries"], line["seite"]) for line in told] == [(2, None), (1, 3), (0, 3)]
    anna = office.client("anna")

    def open_incidents() -> list[dict[str, object]]:
        return list(anna.post(f"/v2/process-instances/{made.id}/incidents/search", {}).get_json()["items"])

    until(lambda: len(open_incidents()) == 1)
    (incident,) = open_incidents()
    assert (incident["errorMessage"], incident["errorType"]) == ("Papierstau", "JOB_NO_RETRIES")
    with office.database.begin(office.detmold) as tx:
        instances.set_variables(
            tx, office.detmold, made.id, {"repariert": True}, reason="Papier nachgelegt", by="anna", now=clock.now(tx, office.detmold)
        )

    body = {"json": {"changeset": {"retries": 1}}, "headers": {"Authorization": anna.header}}
    assert anna.client.patch(f"/v2/jobs/{incident['jobKey']}", **body).status_code == 204

    server.ended(str(made.uuid))
    assert open_incidents() == []


def test_a_waiting_request_is_woken_by_the_job_it_waits_for(server: Server) -> None:
    asked = {"type": "zaehlen_warten", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": 60_000}
    auth = (server.login.encode(), PASSWORD.encode())
    answered = requests.post(f"{server.address}/v2/jobs/activation", json=asked, auth=auth, timeout=90, stream=True)
    assert (answered.status_code, answered.headers["Content-Type"]) == (200, "application/json"), "it has begun, so it is parked"

    made = start(server, "zaehlen8_warten", "W1", {"nummer": 1})
    begun = time.monotonic()

    (job,) = answered.json()["jobs"]
    assert time.monotonic() - begun < 20, "woken, not run out"
    assert (job["processInstanceKey"], job["worker"], job["variables"]) == (str(made.id), server.login, {"nummer": 1})


def test_workers_of_both_languages_share_jobs_and_each_is_done_once(server: Server) -> None:
    office, numbers = server.office, list(range(100))
    with office.database.begin(office.detmold) as tx:
        now = clock.now(tx, office.detmold)
        given = [(f"Z{number}", {"nummer": number}) for number in numbers]
        started = bulk.start(tx, "zaehlen8_zwei", given, tenant_id=office.detmold, now=now, by="test")
    pair = [begun(server, client, "_zwei") for client in WORKERS]

    until(lambda: server.call("GET", "/external-task/count?topicName=zaehlen_zwei").json() == {"count": 0}, seconds=60)

    until(lambda: len([line for made in pair for line in made.of("gezählt")]) == 100)
    for made in pair:
        assert not made.of("error"), made.of("error")
        made.stop()
    assert sorted(int(str(line["key"])) for made in pair for line in made.of("gezählt")) == numbers
    with office.database.begin(office.detmold) as tx:
        for instance in started.instances.values():
            assert [command.kind for command in history.read(tx, office.detmold, instance.id)] == ["started", "job_completed"]


def test_what_a_task_list_and_an_operator_ask_is_answered_as_the_javascript_client_reads_it(server: Server) -> None:
    made, office = start(server, "akte_js8", "A1", {"betrag": Decimal("2.5"), "titel": "Müll"}), server.office
    clients.ensure()
    login = f"{office.prefix}anna"
    command = [clients.tool("node"), str(clients.FOLDER / "operator8.mjs"), server.address, login, PASSWORD, str(made.id)]

    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    told = {line.pop("what"): line for line in map(json.loads, ran.stdout.splitlines())}
    assert told == {
        "who": {"username": login, "version": "8.9.0"},
        "process": {"id": "akte_js8", "state": "ACTIVE", "drawn": True},
        "ProcessInstances": {"count": 1, "total": 1}, "Variables": {"count": 2, "total": 2}, "ElementInstances": {"count": 2, "total": 2},
        "Jobs": {"count": 0, "total": 0}, "MessageSubscriptions": {"count": 0, "total": 0}, "Incidents": {"count": 0, "total": 0},
        "task": {"name": "Prüfen", "form": "pruefen_js8", "seen": ["betrag", "titel"]},
        "done": {"state": "COMPLETED", "assignee": login},
    }  # fmt: skip
    server.ended(str(made.uuid))
