"""Play a scenario in a fresh world of a throw-away database, and find what no scenario reached."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine

from api import migrations, sample_files, seeding, wiring
from engine import db, errors, worker
from engine.db import Database
from engine.spiff import model, reader
from processes import scenario_runner, scenario_stage, scenarios

PASSWORD = "scenario"
RACE = "nur_im_wettlauf"  # extension property of an element
MOST_TRANSACTIONS = 2_000  # the longest scenario needs a tenth


@contextmanager
def throw_away_database() -> Iterator[Database]:
    """Yield a migrated database in a temporary folder; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vollstreckung-szenarien-"))
    folder.chmod(0o755)
    server, owner = db.embedded(folder)
    try:
        db.make_app_role(owner, PASSWORD)
        migrations.migrate(owner)
        database = Database(create_engine(owner.set(username=db.APP_ROLE, password=PASSWORD)), wiring.runtime())
        yield database
        database.engine.dispose()
    finally:
        server.cleanup()  # type: ignore[attr-defined]  # the package is untyped
        shutil.rmtree(folder, ignore_errors=True)


def play(
    database: Database, scenario: scenarios.Scenario, files: Mapping[str, bytes], *, world: str | None = None
) -> scenario_stage.Outcome:
    """Play one scenario in a world of its own, by default named like it."""
    seeded = seeding.sandbox(database, world or f"{scenario.process}/{scenario.path.stem}", clock=scenario.starts_at, files=files)

    patient = _Patient(database)
    stage = scenario_stage.Stage(
        seeded.world_id,
        seeded.tenants,
        database.begin,
        lambda until: worker.run_until(patient, seeded.world_id, until),
        sample_files.complete,
    )
    return scenario_runner.play(scenario, stage)


class _Patient(Database):
    """The database for so many transactions only: a diagram may send its case in circles without end."""

    def __init__(self, database: Database) -> None:
        self.engine, self.runtime, self.left = database.engine, database.runtime, MOST_TRANSACTIONS

    @contextmanager
    def begin(self, tenant_id: int) -> Iterator[Connection]:
        self._less()
        with super().begin(tenant_id) as tx:
            yield tx

    @contextmanager
    def look(self) -> Iterator[Connection]:
        self._less()
        with super().look() as tx:
            yield tx

    def _less(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise errors.InvalidState("Der Fall läuft im Kreis, ohne dass ein Mensch oder ein Datum ihn anhält. Bitte das Diagramm prüfen.")


def missing(outcomes: Sequence[scenario_stage.Outcome], files: Mapping[str, bytes], *, whole: bool) -> tuple[dict[str, list[str]], int]:
    """Return process -> elements that no scenario reached, and how many elements there are; `whole`: of all processes."""
    played = {outcome.scenario.process for outcome in outcomes}
    elements = {process: ids for process, ids in elements_of(files).items() if process in played or whole}
    calls = calls_of(files)
    reached: dict[str, set[str]] = {}
    for outcome in outcomes:
        for place, ids in outcome.reached.items():
            reached.setdefault(process_of(place, calls), set()).update(ids)
    unreached = {
        process: sorted(ids - reached.get(process, set())) for process, ids in elements.items() if ids - reached.get(process, set())
    }
    return unreached, sum(len(ids) for ids in elements.values())


def elements_of(files: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Return process -> ids of its elements, without those that only a race reaches: there is none in virtual time."""
    return {process: {element.id for element in elements if RACE not in element.properties} for process, elements in _drawn(files)}


def calls_of(files: Mapping[str, bytes]) -> dict[tuple[str, str], str]:
    """Return (process, id of a call activity) -> the process that it calls."""
    return {(process, element.id): element.called for process, elements in _drawn(files) for element in elements if element.called}


def process_of(place: str, calls: Mapping[tuple[str, str], str]) -> str:
    """Return the process that a scope such as `beitreibung/massnahme/pfaendung_pruefen` belongs to, following its call activities."""
    process, *scopes = place.split("/")
    for scope in scopes:
        process = calls.get((process, re.split(r"\W", scope, maxsplit=1)[0]), process)
    return process


def _drawn(files: Mapping[str, bytes]) -> Iterator[tuple[str, list[model.Element]]]:
    for name, content in files.items():
        if name.endswith(".bpmn"):
            parsed = reader.Reader(content, name).read()
            for process in parsed.processes if parsed else ():
                yield process.id, list(model.walk(process.elements))
