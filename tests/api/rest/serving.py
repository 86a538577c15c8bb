"""The real server process for tests that need HTTP as it is: granian on a free port, on the test's own database."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(app_url: URL, *, threads: int = 4) -> Iterator[str]:
    """Run the server and yield its address; it is stopped as an operator stops it."""
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": app_url.set(drivername="postgresql").render_as_string(hide_password=False)}
    arguments = [sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--threads", str(threads)]
    running = subprocess.Popen(arguments, cwd=ROOT, env=environment, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", running)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            raise


def wait_for(address: str, running: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    for _ in range(300):
        assert running.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            pause.wait(0.1)
    raise AssertionError("the server does not answer")


class Worker:
    """A worker of tests/clients in a process of its own; it tells what it does as lines of JSON."""

    def __init__(self, arguments: list[str], name: str) -> None:
        self.name = name
        self.told: list[dict[str, object]] = []
        self.news = threading.Condition()
        self.running = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
        )
        self.readers = [threading.Thread(target=target, daemon=True) for target in (self._read, self._drain)]
        self.errors: list[str] = []
        for reader in self.readers:
            reader.start()

    def _read(self) -> None:
        assert self.running.stdout is not None
        for line in self.running.stdout:
            with self.news:
                self.told.append(json.loads(line))
                self.news.notify_all()

    def _drain(self) -> None:
        assert self.running.stderr is not None
        self.errors += list(self.running.stderr)

    def wait(self, what: str, count: int = 1, seconds: float = 30) -> list[dict[str, object]]:
        """Wait until the worker has told something so often; return what it told then."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.of(what)) >= count or self.of("error"), seconds), (self.told, self.errors[-20:])
            assert not self.of("error"), self.told
            return self.of(what)

    def of(self, what: str) -> list[dict[str, object]]:
        return [line for line in self.told if line["what"] == what]

    def stop(self) -> None:
        os.killpg(self.running.pid, signal.SIGKILL)  # the wheel's `node` is a script that starts the real one
        self.running.wait(10)
        for reader in self.readers:
            reader.join(10)
        for pipe in (self.running.stdout, self.running.stderr):
            if pipe is not None:
                pipe.close()
