"""A diagram that lost a gateway or an event must fail a scenario; a fee row that changed must change the figures of S01.

Every eighth faulty copy here; all of them with `pytest -m slow` or `vollstreckung test-processes --mutate`.
"""

from __future__ import annotations

import pytest

from api import model_files, mutation_tests, scenario_tests, wiring
from engine import contents
from processes import law, mutations, scenarios
from processes.mutations import Mutant
from tests.processes.conftest import Played
from tests.processes.test_scenarios import PATHS

pytestmark = pytest.mark.xdist_group("scenarios")
FILES = model_files.own()
MUTANTS = mutation_tests.of_diagrams(FILES)
STEP = 8
S01 = model_files.HOUSE / "processes/mahnung/scenarios/s01_grundsteuer_verspaetet.yaml"


def survivors(played: Played, mutants: list[Mutant]) -> list[str]:
    watchers = mutation_tests.Watchers([played[path] for path in PATHS], played.files)
    verdicts = [mutation_tests.judge(played.database, mutant, watchers.of(mutant), played.files) for mutant in mutants]
    return [verdict.mutant.name for verdict in verdicts if verdict.noticed_by is None]


@pytest.mark.parametrize("process", sorted({mutant.process for mutant in MUTANTS}))
def test_a_scenario_notices_a_lost_gateway_or_event(process: str, played: Played) -> None:
    sample = [mutant for mutant in MUTANTS[::STEP] if mutant.process == process]

    assert survivors(played, sample) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_scenario_notices_every_lost_gateway_and_event(played: Played, request: pytest.FixtureRequest) -> None:
    if "slow" not in request.config.option.markexpr:
        pytest.skip("on demand: pytest -m slow")

    assert survivors(played, MUTANTS) == []


def test_what_is_excused_still_exists() -> None:
    names = {mutant.name for file, content in FILES.items() if file.endswith(".bpmn") for mutant in mutations.of_diagram(content, file)}

    assert set(mutation_tests.EXCUSED) <= names


def test_a_faulty_copy_is_still_a_diagram_that_can_run() -> None:
    known = {kind: [file.rsplit(".")[0] for file in FILES if contents.kind_of(file) == kind] for kind in contents.KINDS.values()}
    refused = []

    for mutant in MUTANTS[::STEP]:
        found = contents.check(
            {mutant.file: mutant.content},
            wiring.READERS,
            functions=law.FUNCTIONS,
            beside=contents.Beside({kind: dict.fromkeys(keys, ()) for kind, keys in known.items()}),
        )
        refused += [mutant.name for finding in found if finding.severity == "error" and "keinen Halt" not in finding.message]

    assert refused == []


@pytest.mark.parametrize("changed", [("6.00", "6.50"), (", 1, ", ", 2, "), ("50, 6.00", "150, 6.00")])
def test_another_fee_row_changes_the_figures_of_s01(changed: tuple[str, str], played: Played) -> None:
    row = "wertgebuehr(bemessung, 50, 6.00, 1, 52.00)"
    table = FILES["mahngebuehr.dmn"].decode()
    assert row in table

    files = {**played.files, "mahngebuehr.dmn": table.replace(row, row.replace(*changed)).encode()}
    outcome = scenario_tests.play(played.database, scenarios.read(S01), files, world=f"S01 mit {changed[1]}")

    assert played[S01].faults == []
    assert any("gebuehr" in fault for fault in outcome.faults), outcome.faults
