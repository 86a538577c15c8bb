"""`vollstreckung test-processes`: every scenario in a fresh world of a throw-away database, and what no scenario reached."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine

from api import completion, console, migrations, model_files, seeding, wiring
from engine import db, errors, worker
from engine.db import Database
from engine.spiff import model, reader
from processes import scenario_runner, scenarios

PASSWORD = "scenario"
MAX_SHOWN = 40
MAX_MOMENTS = 1_000


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
) -> scenario_runner.Outcome:
    """Play one scenario in a world of its own, by default named like it."""
    seeded = seeding.sandbox(database, world or f"{scenario.process}/{scenario.path.stem}", clock=scenario.starts_at, files=files)

    def move(until: datetime) -> None:
        moments = count(1)

        def still(moment: datetime) -> None:
            if next(moments) > MAX_MOMENTS:
                raise errors.InvalidState(f"Die Uhr kommt nicht über den {moment:%d.%m.%Y} hinaus: Ein Timer folgt auf den anderen.")

        worker.run_until(database, seeded.world_id, until, progress=still)

    stage = scenario_runner.Stage(seeded.world_id, seeded.tenants, database.begin, move, completion.complete)
    return scenario_runner.play(scenario, stage)


def run(paths: Sequence[Path], *, only: str | None = None, as_json: bool = False) -> int:
    """Play the scenarios below `paths` (ours by default); print what failed and what none reached. Return the exit code."""
    found = [scenarios.read(path) for path in scenarios.find(paths or [model_files.HOUSE / "processes"])]
    chosen = [scenario for scenario in found if only is None or only in scenario.title or only in str(scenario.path)]
    files = model_files.own()
    outcomes: list[scenario_runner.Outcome] = []
    with throw_away_database() as database, console.progress(quiet=as_json) as progress:
        bar = progress.add_task("Szenarien", total=len(chosen))
        for scenario in chosen:
            outcomes.append(play(database, scenario, files))
            progress.advance(bar)
    played = {scenario.process for scenario in chosen}
    elements = {process: ids for process, ids in elements_of(files).items() if process in played or not (paths or only)}
    calls = calls_of(files)
    reached: dict[str, set[str]] = {}
    for outcome in outcomes:
        for place, ids in outcome.reached.items():
            reached.setdefault(process_of(place, calls), set()).update(ids)
    missing = {process: sorted(ids - reached.get(process, set())) for process, ids in elements.items() if ids - reached.get(process, set())}
    passed = sum(outcome.passed for outcome in outcomes)
    total = sum(len(ids) for ids in elements.values())
    answer = {
        "scenarios": len(outcomes), "passed": passed, "failed": len(outcomes) - passed, "elements": total,
        "reached": total - sum(len(ids) for ids in missing.values()), "not_reached": missing,
        "faults": {str(outcome.scenario.path): outcome.faults for outcome in outcomes if outcome.faults},
    }  # fmt: skip
    if as_json:
        console.emit_json(answer)
    else:
        _print(outcomes, missing, answer)
    return 0 if passed == len(outcomes) and outcomes else 1


def elements_of(files: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Return process -> ids of its elements."""
    return {process: {element.id for element in elements} for process, elements in _drawn(files)}


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


def _print(outcomes: Sequence[scenario_runner.Outcome], missing: dict[str, list[str]], answer: dict[str, object]) -> None:
    for outcome in outcomes:
        mark = "[green]bestanden[/green]" if outcome.passed else "[red]gescheitert[/red]"
        console.out.print(f"{mark}  {outcome.scenario.process}: {outcome.scenario.title}", highlight=False)
        for fault in outcome.faults:
            console.out.print(f"           {fault}", markup=False, highlight=False)
    for process, ids in missing.items():
        shown = ", ".join(ids[:MAX_SHOWN]) + (" …" if len(ids) > MAX_SHOWN else "")
        console.out.print(f"Kein Szenario erreicht in {process}: {shown}", markup=False, highlight=False)
    counts = f"{answer['scenarios']} Szenarien, {answer['passed']} bestanden, {answer['failed']} gescheitert"
    console.out.print(f"{counts}; {answer['reached']} von {answer['elements']} Elementen erreicht.")
