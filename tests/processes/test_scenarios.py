"""Every scenario in processes/*/scenarios ends as it says, and together they reach every element of every diagram."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import model_files, scenario_tests
from processes import scenario_acts, scenario_expectations, scenarios
from tests.processes.conftest import Played

PATHS = scenarios.find([model_files.HOUSE / "processes"])
pytestmark = pytest.mark.xdist_group("scenarios")


@pytest.mark.parametrize("path", PATHS, ids=[f"{path.parent.parent.name}/{path.stem}" for path in PATHS])
def test_a_scenario_ends_as_it_says(path: Path, played: Played) -> None:
    outcome = played[path]

    assert outcome.faults == []


def test_every_element_of_every_diagram_is_reached_by_a_scenario(played: Played) -> None:
    outcomes = [played[path] for path in PATHS]

    missing, _ = scenario_tests.missing(outcomes, played.files, whole=True)

    assert missing == {}


def test_every_act_and_expectation_that_a_file_may_name_is_played() -> None:
    assert set(scenario_acts.ACTS) == scenarios.ACTS
    assert set(scenario_expectations.EXPECTATIONS) == scenarios.EXPECTATIONS
