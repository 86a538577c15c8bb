"""`vollstreckung serve`: the web server on one process with threads."""

from __future__ import annotations

import signal
import socket
import threading
import urllib.error
import urllib.request

from flask import Flask

from api import app, bundles, wiring
from api.auth import users
from engine import config, errors, polls
from engine.db import Database

READY_TRIES = 120
READY_PAUSE = 0.25


def serve(*, host: str, port: int | None, threads: int) -> None:
    """Serve until stopped. Refuses demo users beside a production tenant."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    bundles.ensure()
    settings = config.load()
    database = wiring.open_database(settings)
    refuse_demo_in_production(database)
    database.close()
    server = Granian(
        "api.serving:application", address=host, port=port or settings.port, interface=Interfaces.WSGI, factory=True, workers=1,
        # Parked polls of workers outside take none of the threads that pages need.
        blocking_threads=threads + polls.ROOM, log_access=False, log_level=LogLevels.error,
    )  # fmt: skip
    server.serve()


def application() -> Flask:
    """Return the application of this process (the server's factory)."""
    made = app.create_app(wiring.open_database())
    _let_go_when_stopped(made.config["POLLS"])
    return made


def _let_go_when_stopped(parked: polls.Polls) -> None:
    """Let parked polls go as soon as the process is told to stop: the server waits for every request that is not answered.

    By the wake-up socket, because the server sets the handlers of the signals itself, after this.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)  # open as long as the process lives

    def listen() -> None:
        while not set(reader.recv(64)) & {signal.SIGTERM, signal.SIGINT}:
            pass
        parked.close()

    threading.Thread(target=listen, name="stop of parked polls", daemon=True).start()


def refuse_taken_port(port: int) -> None:
    """Raise errors.InvalidState when another program listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as taken:
            raise errors.InvalidState(
                f"Port {port} ist schon belegt. Bitte das andere Programm beenden oder einen anderen Port nennen (VOLLSTRECKUNG_PORT)."
            ) from taken


def answers(address: str) -> bool:
    """Return whether the web server answers within READY_TRIES times READY_PAUSE seconds."""
    pause = threading.Event()
    for _ in range(READY_TRIES):
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            pause.wait(READY_PAUSE)
    return False


def refuse_demo_in_production(database: Database) -> None:
    """Raise errors.InvalidState when users of a demo live beside a production tenant."""
    with database.look() as tx:
        production = tx.exec_driver_sql("select 1 from world where kind = 'production' limit 1").first()
        if production is not None and users.demo_users_exist(tx):
            raise errors.InvalidState(
                "In dieser Datenbank gibt es einen Produktivmandanten und Benutzer einer Demo mit bekannten Namen. "
                "Bitte die Demo in einer eigenen Datenbank betreiben (VOLLSTRECKUNG_DATA_DIR oder DATABASE_URL)."
            )
