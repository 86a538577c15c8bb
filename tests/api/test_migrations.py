"""Several processes bring one database to the state of this version at the same time."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from sqlalchemy.engine import URL

from api import migrations


def test_processes_that_migrate_at_once_wait_for_one_another(owner_url: URL) -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        revisions = set(pool.map(migrations.migrate, [owner_url] * 8))

    assert revisions == {migrations.newest()}
