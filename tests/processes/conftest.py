"""The stage of the scenarios: a database of their own, so that no other test meets their worlds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from api import model_files, scenario_tests
from engine.db import Database
from processes import scenarios
from processes.scenario_stage import Outcome


class Played:
    """Plays each scenario once, when it is first asked for."""

    def __init__(self, database: Database, files: Mapping[str, bytes]) -> None:
        self.database = database
        self.files = files
        self.outcomes: dict[Path, Outcome] = {}

    def __getitem__(self, path: Path) -> Outcome:
        if path not in self.outcomes:
            self.outcomes[path] = scenario_tests.play(self.database, scenarios.read(path), self.files)
        return self.outcomes[path]


@pytest.fixture(scope="session")
def played() -> Iterator[Played]:
    with scenario_tests.throw_away_database() as database:
        yield Played(database, model_files.own())
