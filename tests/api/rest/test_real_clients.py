"""The real, unmodified clients for external tasks against the real server: each walks every way of ending a job."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.engine import URL

from engine import clock, deployments, history, incidents, instances, replay
from tests import clients
from tests.api.rest.conftest import PASSWORD, Office
from tests.api.rest.serving import Worker, served
from tests.clients import processes

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("clients")]

GIVEN = {
    "betrag": {"value": 2.25, "type": "Double"}, "anzahl": {"value": 3, "type": "Integer"}, "gross": {"value": 2**40, "type": "Long"},
    "titel": {"value": "Müllgebühr „B“", "type": "String"}, "wahr": {"value": True, "type": "Boolean"}, "leer": {"value": None, "type": "Null"},
    "frist": {"value": "2026-09-01T10:00:00.000+0200", "type": "Date"}, "daten": {"value": '{"posten":[1,2.5,"ä"]}', "type": "Json"},
}  # fmt: skip


@dataclass
class Server:
    office: Office
    address: str

    @property
    def login(self) -> str:
        return f"{self.office.prefix}bote"

    def call(self, method: str, path: str, body: object = None) -> requests.Response:
        # The account's password has an umlaut: sent as the clients send it, in UTF-8.
        auth = (self.login.encode(), PASSWORD.encode())
        return requests.request(method, f"{self.address}/engine-rest{path}", json=body, auth=auth, timeout=30)

    def start(self, key: str, business_key: str, variables: object = None) -> str:
        answer = self.call("POST", f"/process-definition/key/{key}/start", {"businessKey": business_key, "variables": variables or {}})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def status(self, uuid: str) -> str:
        with self.office.database.begin(self.office.detmold) as tx:
            return str(tx.execute(text("select status from process_instance where uuid = :u"), {"u": uuid}).scalar_one())

    def ended(self, uuid: str) -> None:
        """Wait until the instance has ended as drawn."""
        until(lambda: self.status(uuid) == "completed")


# What the worker's process is started with: camunda-external-task-client-js, camunda-external-task-client-python3,
# operaton-external-task-client-python3, camunda-client.
CLIENTS = {
    "js": lambda: [clients.tool("node"), str(clients.FOLDER / "worker.mjs")],
    "camunda": lambda: [sys.executable, str(clients.FOLDER / "worker_sync.py"), "camunda"],
    "operaton": lambda: [sys.executable, str(clients.FOLDER / "worker_sync.py"), "operaton"],
    "async": lambda: [sys.executable, str(clients.FOLDER / "worker_async.py")],
}


@pytest.fixture(scope="module", params=CLIENTS)
def worker(server: Server, request: pytest.FixtureRequest) -> Iterator[Worker]:
    clients.ensure()
    made = Worker([*CLIENTS[request.param](), f"{server.address}/engine-rest", server.login, PASSWORD, f"_{request.param}"], request.param)
    yield made
    made.stop()


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that another process brings about."""
    pause = threading.Event()
    for _ in range(300):
        if holds():
            return
        pause.wait(0.05)
    raise AssertionError("waited in vain")


@pytest.fixture(scope="module")
def server(office: Office, app_url: URL) -> Iterator[Server]:
    with office.database.begin(office.detmold) as tx:
        now = clock.now(tx, office.detmold)
        files = {name: content for suffix in CLIENTS for name, content in processes.files(f"_{suffix}").items()}
        deployments.deploy(tx, files, world_id=office.world_id, name="Clients", by="test", now=now, readers={})
    with served(app_url) as address:
        yield Server(office, address)


def test_a_worker_completes_with_typed_variables_extends_its_lock_and_reports_an_error_the_diagram_catches(
    server: Server, worker: Worker
) -> None:
    uuid = server.start(f"gang_{worker.name}", "G1", GIVEN)

    server.ended(uuid)

    (told,) = worker.of("rechnen")[-1:]
    assert (told["retries"], told["key"]) == (None, "G1")
    assert told.get("properties", {"drucker": "Schwarz"}) == {"drucker": "Schwarz"}
    office = server.office
    with office.database.begin(office.detmold) as tx:
        found = instances.get(tx, office.detmold, UUID(uuid))
        stored = instances.variables_of(tx, office.detmold, found.id)
        commands = history.read(tx, office.detmold, found.id)
        assert replay.replay(tx, office.detmold, found.id).identical
    given = {name: stored.pop(name) for name in GIVEN}
    assert {name: stored.pop(f"echo_{name}") for name in GIVEN} == given
    assert given["betrag"] == Decimal("2.25")
    assert given["daten"] == {"posten": [1, Decimal("2.5"), "ä"]}
    assert stored == {"summe": Decimal("4.5"), "gesehen": 42, "grund": "konto"}
    assert [command.kind for command in commands] == ["started", "job_completed", "job_completed", "bpmn_error"]
    assert {command.actor for command in commands} == {server.login}
    assert commands[-1].content["events"][-1][0] == "instance_completed"


def test_a_worker_fails_until_an_incident_and_goes_on_when_it_is_mended(server: Server, worker: Worker) -> None:
    before = len(worker.of("gescheitert"))
    uuid = server.start(f"stoerung_{worker.name}", "S1")

    told = worker.wait("gescheitert", before + 2)[before:]

    assert [line["retries"] for line in told] == [1, 0]
    until(lambda: server.call("GET", f"/external-task/count?noRetriesLeft=true&processInstanceId={uuid}").json() == {"count": 1})
    (task,) = server.call("GET", f"/external-task?processInstanceId={uuid}").json()
    assert (task["retries"], task["errorMessage"], task["topicName"]) == (0, "Papierstau", f"scheitern_{worker.name}")
    assert server.call("GET", f"/external-task/{task['id']}/errorDetails").text == "Zeile 1\nZeile 2"
    office = server.office
    with office.database.begin(office.detmold) as tx:
        instance = instances.get(tx, office.detmold, UUID(uuid))
        assert [i.message for i in incidents.open_ones(tx, office.detmold) if i.instance_id == instance.id] == ["Papierstau"]
        instances.set_variables(
            tx, office.detmold, instance.id, {"repariert": True}, reason="Papier nachgelegt", by="anna", now=clock.now(tx, office.detmold)
        )

    assert server.call("PUT", f"/external-task/{task['id']}/retries", {"retries": 1}).status_code == 204

    server.ended(uuid)
    with office.database.begin(office.detmold) as tx:
        assert [i for i in incidents.open_ones(tx, office.detmold) if i.instance_id == instance.id] == []
