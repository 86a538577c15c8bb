"""Play scenarios beside each other: one process per core, each with its own connections to the throw-away database."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import TypeVar

import structlog
from sqlalchemy import create_engine

from api import wiring
from engine.db import Database

MOST_PROCESSES = 8
TASKS_PER_DATABASE = 50  # every world leaves its diagrams in the caches
Task = TypeVar("Task")
Result = TypeVar("Result")

_url: list[str] = []
_database: list[Database] = []
_files: dict[str, bytes] = {}
_tasks = count()


@contextmanager
def open_pool(database: Database, files: Mapping[str, bytes]) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool whose processes have the database and the model files at hand (`database`, `files`)."""
    url = database.engine.url.render_as_string(hide_password=False)
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    # Not forked: a copy of an open connection would be used by two processes.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(url, dict(files))) as pool:
        yield pool


def each(pool: ProcessPoolExecutor, work: Callable[[Task], Result], tasks: Iterable[Task], done: Callable[[], object]) -> list[Result]:
    """Return the results in the order of the tasks; `done` is called as each one ends."""
    futures: list[Future[Result]] = []
    for task in tasks:
        future = pool.submit(work, task)
        future.add_done_callback(lambda _: done())
        futures.append(future)
    return [future.result() for future in futures]


def database() -> Database:
    """Return the database of this process of the pool, from time to time with empty caches."""
    if next(_tasks) % TASKS_PER_DATABASE == 0:
        for used in _database:
            used.close()
        # Not by ending the process after so many tasks: ProcessPoolExecutor waits for ever when all end at once (Python 3.11).
        _database[:] = [Database(create_engine(_url[0], pool_size=2), wiring.runtime())]
    return _database[0]


def files() -> Mapping[str, bytes]:
    """Return the model files of this process of the pool."""
    return _files


def _begin(url: str, files: dict[str, bytes]) -> None:
    logging.disable(logging.CRITICAL)  # a faulty diagram fails as it should; the verdict tells it
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    _url.append(url)
    _files.update(files)
