"""A large claims file whose import is killed in the middle: the next run goes on, nothing twice, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from engine import clock
from engine.db import Database
from processes import imports
from tests.conftest import World
from tests.processes import city

ROOT = Path(__file__).parents[2]
LINES = int(os.environ.get("IMPORT_LINES", "5000"))
KILL_AFTER = LINES // 3
IMPORTER = """
import sys
from sqlalchemy import create_engine
from engine import clock
from engine.db import Database
from engine.runtime import Runtime
from processes import imports

database, tenant_id = Database(create_engine(sys.argv[1], pool_size=2), Runtime()), int(sys.argv[2])
with database.begin(tenant_id) as tx:
    (received,) = imports.unfinished(tx, tenant_id)
imports.process(
    lambda: database.begin(tenant_id), received, clock=lambda tx: clock.now(tx, tenant_id), by="import",
    progress=lambda done, lines: print(done, flush=True),
)
"""


def large_file(lines: int) -> bytes:
    rows = [
        {"kassenzeichen": f"DE27{number:07d}", "betrag": f"{number % 900 + 10},{number % 100:02d}", "schuldner_nr": f"S{number // 3:06d}",
         "nachname": f"Name{number // 3}", "vorname": "Mara"}
        for number in range(lines)
    ]  # fmt: skip
    return city.csv("detmold", rows)


@pytest.mark.timeout(3600)
def test_an_import_killed_in_the_middle_goes_on_and_takes_every_claim_once(database: Database, world: World, app_url: URL) -> None:
    city.settle_in(database, world)
    content = large_file(LINES)
    with database.begin(world.detmold) as tx:
        imports.receive(tx, tenant_id=world.detmold, name="gross.csv", content=content, by="import", now=clock.now(tx, world.detmold))

    importer = subprocess.Popen(
        [sys.executable, "-c", IMPORTER, app_url.render_as_string(hide_password=False), str(world.detmold)],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert importer.stdout is not None
    for line in importer.stdout:
        if int(line) >= KILL_AFTER:
            os.kill(importer.pid, signal.SIGKILL)
            break
    assert importer.wait(timeout=30) == -signal.SIGKILL
    with database.begin(world.detmold) as tx:
        taken = tx.execute(text("select count(*) from claim")).scalar_one()
        assert KILL_AFTER <= taken < LINES, "the kill came in the middle"

    report = city.bring_in(database, world.detmold, content)

    assert (report.lines, report.accepted, report.rejected, report.duplicate) == (LINES, LINES, 0, 0)
    with database.begin(world.detmold) as tx:
        counts = {
            name: tx.execute(text(f"select count(*) from {name} where tenant_id = :t"), {"t": world.detmold}).scalar_one()
            for name in ("claim", "claim_debtor", "booking", "process_instance", "user_task")
        }
        keys = tx.execute(text("select count(distinct business_key) from process_instance where tenant_id = :t"), {"t": world.detmold})
        assert counts == dict.fromkeys(counts, LINES)
        assert keys.scalar_one() == LINES
        assert tx.execute(text("select count(*) from debtor")).scalar_one() == -(-LINES // 3)
        assert imports.unfinished(tx, world.detmold) == []


def test_a_crash_inside_a_chunk_leaves_only_whole_chunks(database: Database, world: World) -> None:
    city.settle_in(database, world)
    content = large_file(25)
    with database.begin(world.detmold) as tx:
        received = imports.receive(
            tx, tenant_id=world.detmold, name="klein.csv", content=content, by="import", now=clock.now(tx, world.detmold)
        )
    with pytest.raises(RuntimeError, match="power cut"):
        _crash_after_a_chunk(database, world, received)

    with database.begin(world.detmold) as tx:
        assert tx.execute(text("select count(*) from claim")).scalar_one() == 0
        assert tx.execute(text("select count(*) from process_instance")).scalar_one() == 0
    assert city.bring_in(database, world.detmold, content, size=10).accepted == 25


def _crash_after_a_chunk(database: Database, world: World, received: imports.Received) -> None:
    with database.begin(world.detmold) as tx:
        assert imports.process_chunk(tx, received, by="import", now=clock.now(tx, world.detmold), size=10) == 10
        raise RuntimeError("power cut")
