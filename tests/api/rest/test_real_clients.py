"""The real, unmodified clients for external tasks against the real server: each walks every way of ending a job."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy.engine import URL

from engine import bulk, clock, deployments, documents, files, history, incidents, instances, replay
from tests import clients, sample_files
from tests.api.rest.clients_server import CLIENTS, Server, until
from tests.api.rest.conftest import PASSWORD, Office
from tests.api.rest.serving import ROOT, Worker, served
from tests.clients import processes

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("clients")]

GIVEN = {
    "betrag": {"value": 2.25, "type": "Double"}, "anzahl": {"value": 3, "type": "Integer"}, "gross": {"value": 2**40, "type": "Long"},
    "titel": {"value": "Müllgebühr „B“", "type": "String"}, "wahr": {"value": True, "type": "Boolean"}, "leer": {"value": None, "type": "Null"},
    "frist": {"value": "2026-09-01T10:00:00.000+0200", "type": "Date"}, "daten": {"value": '{"posten":[1,2.5,"ä"]}', "type": "Json"},
}  # fmt: skip


@pytest.fixture(scope="module")
def server(office: Office, app_url: URL) -> Iterator[Server]:
    with office.database.begin(office.detmold) as tx:
        now = clock.now(tx, office.detmold)
        suffixes = (*(f"_{name}" for name in CLIENTS), "_zwei", "_tot")
        models = {name: content for suffix in suffixes for name, content in processes.files(suffix).items()} | processes.ARCHIVE
        deployments.deploy(tx, models, world_id=office.world_id, name="Clients", by="test", now=now, readers={})
    with served(app_url) as address:
        yield Server(office, address)


@pytest.fixture(scope="module", params=CLIENTS)
def worker(server: Server, request: pytest.FixtureRequest) -> Iterator[Worker]:
    made = server.worker(request.param, f"_{request.param}")
    yield made
    made.stop()


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


def test_the_javascript_client_reads_a_file_variable_and_gives_files_back(server: Server) -> None:
    worker = server.worker("js", "_js")
    given = {"type": "File", "value": base64.b64encode(sample_files.TEXT).decode(), "valueInfo": {"filename": "Zähler Müller.txt"}}
    uuid = server.start("stempeln_js", "F1", {"beleg": given})

    server.ended(uuid)

    (told,) = worker.of("gestempelt")
    worker.stop()
    assert (told["name"], told["kind"]) == ("Zähler Müller.txt", "text/plain")
    office = server.office
    with office.database.begin(office.detmold) as tx:
        found = instances.variables_of(tx, office.detmold, instances.get(tx, office.detmold, UUID(uuid)).id)
        made = {name: files.content(tx, office.detmold, documents.id_of(found[name])) for name in ("ergebnis", "kopie")}
    assert made["kopie"][0].name == "Zähler Müller.txt"
    assert made["kopie"][1] == sample_files.TEXT
    assert (made["ergebnis"][0].name, made["ergebnis"][0].encoding) == ("gestempelt.txt", "UTF-8")
    assert made["ergebnis"][1] == sample_files.TEXT + b"gestempelt"
    assert {made[name][0].source for name in made} == {"auftrag"}


def test_two_workers_share_two_hundred_jobs_and_each_is_done_once(server: Server) -> None:
    office, keys = server.office, [f"Z{number}" for number in range(200)]
    with office.database.begin(office.detmold) as tx:
        now = clock.now(tx, office.detmold)
        started = bulk.start(tx, "zaehlen_zwei", [(key, {}) for key in keys], tenant_id=office.detmold, now=now, by="test")
    pair = [server.worker(client, "_zwei") for client in ("js", "camunda")]

    until(lambda: server.call("GET", "/external-task/count?topicName=zaehlen_zwei").json() == {"count": 0}, seconds=60)

    until(lambda: len([line for made in pair for line in made.of("gezählt")]) == 200)
    for made in pair:
        assert not made.of("error"), made.of("error")
        made.stop()
    done = [str(line["key"]) for made in pair for line in made.of("gezählt")]
    assert sorted(done) == sorted(keys)
    with office.database.begin(office.detmold) as tx:
        for instance in started.instances.values():
            assert [command.kind for command in history.read(tx, office.detmold, instance.id)] == ["started", "job_completed"]


def test_the_job_of_a_killed_worker_goes_to_another_when_its_lock_has_run_out(server: Server) -> None:
    uuid = server.start("haengen_tot", "H1")
    first = server.worker("js", "_tot")
    (held,) = first.wait("hängt")
    first.stop()
    second = server.worker("camunda", "_tot")

    (taken,) = second.wait("übernommen")
    server.ended(uuid)
    second.stop()

    assert taken["id"] == held["id"]
    late = server.call("POST", f"/external-task/{held['id']}/complete", {"workerId": "javascript"})
    assert (late.status_code, late.json()["type"]) == (404, "RestException")


@pytest.mark.parametrize(("language", "number"), [("python", 0), ("javascript", 0), ("python", 1)])
def test_the_workers_of_the_guide_run_as_they_stand_there(server: Server, language: str, number: int) -> None:
    guide = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    programs = re.findall(rf"```{language}\n(.*?)```", guide, re.DOTALL)
    assert len(programs) == {"python": 2, "javascript": 1}[language], "each is run here"
    program = programs[number]
    clients.ensure()
    place = clients.FOLDER / "node_modules" / f".guide_{language}.{'py' if language == 'python' else 'mjs'}"  # where its imports are found
    place.write_text(program, encoding="utf-8")
    environment = {**os.environ, "ADRESSE": server.address, "LOGIN": server.login, "PASSWORT": PASSWORD}
    command = [sys.executable if language == "python" else clients.tool("node"), str(place)]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        good = server.start("archiv", "A1", {"titel": {"value": "Müll", "type": "String"}})
        untitled = server.start("archiv", "A2", {"titel": {"value": "", "type": "String"}})
        server.ended(good)
        server.ended(untitled)
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(10)

    with server.office.database.begin(server.office.detmold) as tx:
        found = {uuid: instances.get(tx, server.office.detmold, UUID(uuid)).id for uuid in (good, untitled)}
        assert instances.variables_of(tx, server.office.detmold, found[good])["archiv_nr"] == "A-Müll"
        last = history.read(tx, server.office.detmold, found[untitled])[-1]
    assert (last.kind, last.content["stimulus"]["name"]) == ("bpmn_error", "OHNE_TITEL")
