"""Requests that wait for jobs: parked, they hold a thread of the server, but no transaction and no connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from flask import Response, current_app, stream_with_context

from api import app, strict_json
from engine import polls

MAX_PARKED = 60.0  # seconds; then an answer without jobs, which every client answers with the next request
BEAT_SECONDS = 1.0


def answer(topics: Sequence[str], seconds: float, fetch: Callable[[], list[object]], shape: Callable[[list[object]], object]) -> object:
    """Return what was fetched, in the answer's shape; where that is nothing, wait for jobs of the topics at most so many seconds."""
    found = fetch()
    if found or not topics or seconds <= 0:
        return shape(found)
    return Response(stream_with_context(_waiting(topics, seconds, fetch, shape)), content_type="application/json")


def _waiting(
    topics: Sequence[str], seconds: float, fetch: Callable[[], list[object]], shape: Callable[[list[object]], object]
) -> Iterator[str]:
    """Wait until there are jobs and yield the answer. Where too many wait already: do not wait.

    Meanwhile a space per beat, which JSON allows before a value: where the client is gone, the server closes us there, and no job is
    locked for a program that has died.
    """
    until = time.monotonic() + min(seconds, MAX_PARKED)
    parked = cast(polls.Polls, current_app.config["POLLS"])
    with parked.parked(app.session().tenant_id, topics) as spot:
        found = fetch() if spot is not None else []  # once more behind the parking: a job of the moment before wakes nobody
        while spot is not None and not found and not spot.is_let_go and time.monotonic() < until:
            woken = spot.wait(min(until, time.monotonic() + BEAT_SECONDS))
            yield " "
            found = fetch() if woken else []
    yield strict_json.dumps(shape(found))
