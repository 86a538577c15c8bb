"""`vollstreckung test-processes --mutate`: does a scenario notice when a diagram loses a gateway or an event?

Each faulty copy (processes.mutations) is played with the scenarios that reach the element at fault until one fails. A copy that
all of them pass is a survivor: nobody would notice the fault. Decision tables are held against their examples in the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from api import scenario_pool, scenario_tests
from engine import deployments
from engine.db import Database
from processes import mutations
from processes.mutations import Mutant
from processes.scenario_stage import Outcome

FORM_REFUSES = (
    "Ohne Grund nimmt schon das Formular „Maßnahme entscheiden“ den Außendienst nicht an (Szenario innendienst_uebersprungen);"
    " das Gateway hält, wenn der Prozess anders aufgerufen wird (tests/processes/test_slice_b_field.py)."
)
ONLY_AFTER_A_FAULT = "Zwischen Einfrieren und Ausfertigen wartet nichts. Der Weg gilt, wenn die Ausfertigung gestört ist und die Maßnahme dann aufgehoben wird."
# Copies whose fault no scenario can meet, with the reason; the key is Mutant.name.
EXCUSED: Mapping[str, str] = {
    "aussendienst: innendienst_belegt_pruefen (immer „ja“)": FORM_REFUSES,
    "aussendienst: auftrag_verwerfen_zusammen (der Weg von innendienst_belegt_pruefen endet hier)": FORM_REFUSES,
    "pfaendung: schon_ausgefertigt (immer „ja“)": ONLY_AFTER_A_FAULT,
    "pfaendung: aufhebung_festhalten_zusammen (der Weg von schon_ausgefertigt endet hier)": ONLY_AFTER_A_FAULT,
    "mahnung: bezahlt (fehlt)": "Nur im Wettlauf von Buchung und Fristablauf (tests/processes/test_races.py).",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a faulty copy. `noticed_by`: the scenario and its first fault, or `check` with its finding; None: it survived."""

    mutant: Mutant
    noticed_by: str | None
    played: int


def of_diagrams(files: Mapping[str, bytes]) -> list[Mutant]:
    """Return the faulty copies of every diagram, without those that are excused."""
    found = [mutant for name, content in sorted(files.items()) if name.endswith(".bpmn") for mutant in mutations.of_diagram(content, name)]
    return [mutant for mutant in found if mutant.name not in EXCUSED]


class Watchers:
    """Which scenarios meet a fault, the shortest first; those that name the element in what they expect before the others."""

    def __init__(self, outcomes: Iterable[Outcome], files: Mapping[str, bytes]) -> None:
        calls = scenario_tests.calls_of(files)
        self.taken: list[tuple[Outcome, set[tuple[str, str]]]] = [
            (outcome, {(scenario_tests.process_of(place, calls), id_) for place, ids in outcome.reached.items() for id_ in ids})
            for outcome in sorted(outcomes, key=lambda outcome: len(outcome.scenario.acts))
        ]

    def of(self, mutant: Mutant) -> list[Outcome]:
        """Return the outcomes of the scenarios that take an element or sequence flow that shows the fault."""
        shows = {(mutant.process, id_) for id_ in mutant.noticeable}
        found = [outcome for outcome, taken in self.taken if shows & taken]
        naming = [outcome for outcome in found if mutant.element in outcome.scenario.path.read_text("utf-8")]
        return naming if mutant.silent else naming + [outcome for outcome in found if outcome not in naming]


def judge(database: Database, mutant: Mutant, watching: Sequence[Outcome], files: Mapping[str, bytes]) -> Verdict:
    """Play the scenarios with the faulty copy until one fails."""
    faulty = {**files, mutant.file: mutant.content}
    for played, outcome in enumerate(watching, start=1):
        try:
            again = scenario_tests.play(
                database, outcome.scenario, faulty, world=f"{mutant.name}, {outcome.scenario.process}/{outcome.scenario.path.stem}"
            )
        except deployments.Refused as refused:
            return Verdict(mutant, f"check: {str(refused).splitlines()[-1]}", played)
        if again.faults:
            return Verdict(mutant, f"{outcome.scenario.process}/{outcome.scenario.path.stem}: {again.faults[0]}", played)
    return Verdict(mutant, None, len(watching))


@dataclass(frozen=True, slots=True)
class Task:
    """A faulty copy and the scenarios that meet the fault."""

    mutant: Mutant
    watching: tuple[Outcome, ...]


def tasks(outcomes: Sequence[Outcome], files: Mapping[str, bytes], *, whole: bool) -> list[Task]:
    """Return what to judge: the copies of all diagrams (`whole`), or of those only whose own scenarios were played."""
    watchers, played = Watchers(outcomes, files), {outcome.scenario.process for outcome in outcomes}
    return [Task(mutant, tuple(watchers.of(mutant))) for mutant in of_diagrams(files) if whole or mutant.process in played]


def judged(task: Task) -> Verdict:
    """Judge in a process of the pool."""
    return judge(scenario_pool.database(), task.mutant, task.watching, scenario_pool.files())
