"""The office served by the real server process, as the tests of real clients use it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

import requests
from sqlalchemy import text

from tests import clients
from tests.api.rest.conftest import PASSWORD, Office
from tests.api.rest.serving import Worker

# What the worker's process is started with: camunda-external-task-client-js, camunda-external-task-client-python3,
# operaton-external-task-client-python3, camunda-client.
CLIENTS: dict[str, Callable[[], list[str]]] = {
    "js": lambda: [clients.tool("node"), str(clients.FOLDER / "worker.mjs")],
    "camunda": lambda: [sys.executable, str(clients.FOLDER / "worker_sync.py"), "camunda"],
    "operaton": lambda: [sys.executable, str(clients.FOLDER / "worker_sync.py"), "operaton"],
    "async": lambda: [sys.executable, str(clients.FOLDER / "worker_async.py")],
}


@dataclass
class Server:
    """The office at an address; `login` is the account of its workers."""

    office: Office
    address: str

    @property
    def login(self) -> str:
        return f"{self.office.prefix}bote"

    @property
    def base(self) -> str:
        return f"{self.address}/engine-rest"

    def worker(self, client: str, suffix: str) -> Worker:
        """Start a worker with one of the real clients for the topics with a suffix."""
        clients.ensure()
        return Worker([*CLIENTS[client](), self.base, self.login, PASSWORD, suffix], client)

    def call(self, method: str, path: str, body: object = None, *, stream: bool = False) -> requests.Response:
        """Ask the server. stream: come back when the answer has begun; whoever reads it waits for the rest."""
        # The account's password has an umlaut: sent as the clients send it, in UTF-8.
        auth = (self.login.encode(), PASSWORD.encode())
        return requests.request(method, f"{self.base}{path}", json=body, auth=auth, timeout=30, stream=stream)

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


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds that another process brings about."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        pause.wait(0.05)
    raise AssertionError("waited in vain")
