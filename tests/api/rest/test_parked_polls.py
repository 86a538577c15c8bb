"""Requests that wait for jobs, on the real server: they are woken at once, one per job, and take nothing from the pages."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from sqlalchemy.engine import URL

from engine import clock, deployments
from tests.api.rest.clients_server import Server, until
from tests.api.rest.conftest import PASSWORD, Office
from tests.api.rest.serving import served
from tests.clients import processes

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("clients")]

PARKED = 20
PATIENCE = 30_000  # milliseconds; no test below takes so long


@pytest.fixture(scope="module")
def server(office: Office, app_url: URL) -> Iterator[Server]:
    """A server with two threads for pages."""
    with office.database.begin(office.detmold) as tx:
        now = clock.now(tx, office.detmold)
        deployments.deploy(tx, processes.files("_p"), world_id=office.world_id, name="Warten", by="test", now=now, readers={})
    with served(app_url, threads=2) as address:
        yield Server(office, address)


def poll(server: Server, number: int, milliseconds: int, begun: Callable[[], object] = lambda: None) -> list[dict[str, Any]]:
    """Ask for one job; return the answer. begun: what to do when it has begun, which is when the poll is parked."""
    body = {
        "workerId": f"w{number}", "maxTasks": 1, "asyncResponseTimeout": milliseconds,
        "topics": [{"topicName": "zaehlen_p", "lockDuration": 60_000}, {"topicName": "nichts", "lockDuration": 1000}],
    }  # fmt: skip
    answer = server.call("POST", "/external-task/fetchAndLock", body, stream=True)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json"), answer.text
    begun()
    found: list[dict[str, Any]] = answer.json()
    return found


def test_pages_answer_beside_many_parked_polls_and_each_job_goes_to_one_of_them(server: Server) -> None:
    server.call("GET", "/version")  # the password is remembered: the polls below need no argon2 each
    parked = threading.Barrier(PARKED + 1)
    with ThreadPoolExecutor(PARKED) as threads:
        waiting = [threads.submit(poll, server, number, PATIENCE, lambda: parked.wait(30)) for number in range(PARKED)]
        parked.wait(30)
        for _ in range(5):
            assert requests.get(f"{server.address}/health", timeout=5).ok, "pages have threads of their own"
        assert not any(future.done() for future in waiting)

        first = {server.start("zaehlen_p", f"P{number}") for number in range(3)}
        until(lambda: sum(future.done() for future in waiting) >= 3, seconds=5)
        served = [future.result() for future in waiting if future.done()]
        rest = {server.start("zaehlen_p", f"P{number}") for number in range(3, PARKED)}
        answers = [future.result(PATIENCE / 1000) for future in waiting]

    assert {task["processInstanceId"] for tasks in served for task in tasks} == first
    assert len(served) == 3, "whoever was woken for nothing waits on"
    assert {task["processInstanceId"] for tasks in answers for task in tasks} == first | rest
    assert [len(tasks) for tasks in answers] == [1] * PARKED


def test_a_poll_is_answered_with_nothing_when_its_patience_ends(server: Server) -> None:
    before = time.monotonic()

    assert poll(server, 1, 400) == []
    assert 0.4 <= time.monotonic() - before < 10


def test_a_program_that_died_while_it_waited_is_given_no_job(server: Server) -> None:
    address, port = server.address.removeprefix("http://").split(":")
    topic = {"topicName": "haengen_p", "lockDuration": 600_000}
    body = json.dumps({"workerId": "dies", "maxTasks": 1, "asyncResponseTimeout": 30_000, "topics": [topic]})
    key = base64.b64encode(f"{server.login}:{PASSWORD}".encode()).decode()
    head = f"POST /engine-rest/external-task/fetchAndLock HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {key}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((address, int(port)), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        assert b"200 OK" in connection.recv(4096), "it is parked: the answer has begun"

    uuid = server.start("haengen_p", "D1")
    asked = {"workerId": "lives", "maxTasks": 1, "asyncResponseTimeout": 5000, "topics": [topic]}
    (task,) = server.call("POST", "/external-task/fetchAndLock", asked).json()

    assert (task["processInstanceId"], task["workerId"]) == (uuid, "lives")


def test_a_poll_without_patience_is_answered_at_once(server: Server) -> None:
    began = time.monotonic()

    assert poll(server, 1, 0) == []
    assert time.monotonic() - began < 1


def test_the_server_stops_although_polls_are_parked(office: Office, app_url: URL, server: Server) -> None:
    ended: list[str] = []
    begun = threading.Event()

    def park(other: Server) -> None:
        try:
            ended.append(f"answered {poll(other, 1, PATIENCE, begun.set)}")
        except requests.RequestException:
            ended.append("cut off")

    with served(app_url, threads=2) as address:
        other = Server(office, address)
        other.call("GET", "/version")
        parked = threading.Thread(target=park, args=(other,))
        parked.start()
        assert begun.wait(30)
        began = time.monotonic()
    stopped = time.monotonic() - began
    parked.join(30)

    assert stopped < 6, "as soon as somebody stops the server, parked polls are let go"
    assert len(ended) == 1
