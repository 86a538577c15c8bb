"""Parked polls: programs outside wait for jobs of their topics without a transaction, and without asking the database each.

Whatever their number, one connection listens and one question per moment finds for which topics there is a job; of the polls parked
for it, as many are woken as there are jobs. NOTIFY only hastens: a lease or a wait for the next try that ran out is found by the clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog

from engine.db import Database

log = structlog.get_logger(__name__)

ROOM = 64
LOOK_SECONDS = 1.0  # at the latest
PAUSE_SECONDS = 0.02  # at the earliest, however many jobs are opened
REST_SECONDS = 0.25  # of a poll that was woken and found nothing that fits it


@dataclass(eq=False)
class Spot:
    """The place of one parked poll. `turn`: when it was woken last; who was woken least recently is next."""

    keys: frozenset[tuple[int, str]]
    closing: threading.Event
    turn: int = 0
    woken: threading.Event = field(default_factory=threading.Event)
    fruitless: bool = False

    @property
    def is_let_go(self) -> bool:
        """Return whether the server is about to stop."""
        return self.closing.is_set()

    def wait(self, until: float) -> bool:
        """Wait until there may be a job, or until the instant `until` of time.monotonic(); return whether there may be one."""
        if self.fruitless:
            self.closing.wait(min(REST_SECONDS, max(0.0, until - time.monotonic())))
        self.fruitless = self.woken.wait(max(0.0, until - time.monotonic()))
        self.woken.clear()
        return self.fruitless and not self.closing.is_set()


class Polls:
    """A resource: the parked polls of this process; `room` bounds how many may park."""

    def __init__(self, database: Database, room: int = ROOM) -> None:
        self.database = database
        self.room = room
        self._spots: list[Spot] = []
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None
        self._turn = 0
        self._closing = threading.Event()

    def close(self) -> None:
        """Let all parked polls go, and park none any more: the server is about to stop."""
        self._closing.set()
        with self._lock:
            for spot in self._spots:
                spot.woken.set()

    @contextmanager
    def parked(self, tenant_id: int, topics: Sequence[str]) -> Iterator[Spot | None]:
        """Take a place for the time of the block; None when there is no room, or the server stops."""
        spot = Spot(frozenset((tenant_id, topic) for topic in topics), self._closing)
        with self._lock:
            full = len(self._spots) >= self.room or self._closing.is_set()
            if not full:
                self._spots.append(spot)
                if self._listener is None:
                    self._listener = threading.Thread(target=self._listen, name="parked polls", daemon=True)
                    self._listener.start()
        try:
            yield None if full else spot
        finally:
            with self._lock:
                if spot in self._spots:
                    self._spots.remove(spot)

    # ---------------------------------------------------------------- the listening thread
    def _listen(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        while self._wanted():
            try:
                if connection is None:
                    connection = self.database.listener()
                    self._look(connection)  # what came before we listened
                for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                    pass
                for _ in connection.notifies(timeout=0):
                    pass  # of a burst, all at once
                self._look(connection)
                self._closing.wait(PAUSE_SECONDS)
            except psycopg.Error:
                log.warning("database not reachable, parked polls wait on")
                if connection is not None:
                    connection.close()
                connection = None
                self._closing.wait(LOOK_SECONDS)
        if connection is not None:
            connection.close()

    def _wanted(self) -> bool:
        """Return whether polls are parked; the last one takes the listener with it."""
        with self._lock:
            if not self._spots:
                self._listener = None
            return bool(self._spots)

    def _look(self, connection: psycopg.Connection[Any]) -> None:
        """Wake as many polls as there are jobs for them."""
        with self._lock:
            keys = sorted({key for spot in self._spots for key in spot.keys})
        if not keys:
            return
        query = "select tenant_id, topic, jobs from topics_with_jobs(%s::bigint[], %s::text[])"
        rows = connection.execute(query, ([tenant for tenant, _ in keys], [topic for _, topic in keys])).fetchall()
        with self._lock:
            for tenant_id, topic, jobs in rows:
                waiting = [spot for spot in self._spots if (tenant_id, topic) in spot.keys and not spot.woken.is_set()]
                for spot in sorted(waiting, key=lambda spot: spot.turn)[: int(str(jobs))]:
                    self._turn += 1
                    spot.turn = self._turn
                    spot.woken.set()
