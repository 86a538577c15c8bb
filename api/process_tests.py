"""`vollstreckung test-processes`: play every scenario, tell what none reached and, on demand, which faulty diagram none notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api import console, model_files, mutation_tests, scenario_pool, scenario_tests
from engine import errors
from processes import scenario_stage, scenarios

MAX_SHOWN = 40


def run(paths: Sequence[Path], *, only: str | None = None, as_json: bool = False, mutate: bool = False) -> int:
    """Play the scenarios below `paths` (ours by default); print what failed and what none reached. Return the exit code.

    mutate: afterwards hold the scenarios against every faulty copy of the diagrams; a copy that nobody notices is a failure too.
    """
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise errors.InvalidInput(f"„{missing[0]}“ gibt es nicht. Bitte den Pfad prüfen.")
    found = [scenarios.read(path) for path in scenarios.find(paths or [model_files.HOUSE / "processes"])]
    if not found:
        where = ", ".join(str(path) for path in paths)
        raise errors.InvalidInput(
            f"Unter {where} liegt kein Szenario. Gesucht wird <ordner>/scenarios/*.yaml; „vollstreckung try --save“ schreibt eines."
        )
    chosen = [scenario for scenario in found if only is None or only in scenario.title or only in str(scenario.path)]
    files = model_files.own()
    verdicts: list[mutation_tests.Verdict] = []
    with (
        scenario_tests.throw_away_database() as database,
        console.progress(quiet=as_json) as progress,
        scenario_pool.open_pool(database, files) as pool,
    ):
        bar = progress.add_task("Szenarien", total=len(chosen))
        outcomes = scenario_pool.each(pool, _played, chosen, lambda: progress.advance(bar))
        passed = sum(outcome.passed for outcome in outcomes)
        if mutate and passed == len(outcomes):
            tasks = mutation_tests.tasks(outcomes, files, whole=not (paths or only))
            bar = progress.add_task("Fehlerhafte Diagramme", total=len(tasks))
            verdicts = scenario_pool.each(pool, mutation_tests.judged, tasks, lambda: progress.advance(bar))
    unreached, total = scenario_tests.missing(outcomes, files, whole=not (paths or only))
    survivors = [verdict.mutant.name for verdict in verdicts if verdict.noticed_by is None]
    answer: dict[str, Any] = {
        "scenarios": len(outcomes), "passed": passed, "failed": len(outcomes) - passed, "elements": total,
        "reached": total - sum(len(ids) for ids in unreached.values()), "not_reached": unreached,
        "faults": {str(outcome.scenario.path): outcome.faults for outcome in outcomes if outcome.faults},
    }  # fmt: skip
    if mutate:
        answer |= {"mutants": len(verdicts), "survivors": survivors}
    if as_json:
        console.emit_json(answer)
    else:
        _print(outcomes, unreached, answer)
    return 0 if passed == len(outcomes) and outcomes and not survivors else 1


def _played(scenario: scenarios.Scenario) -> scenario_stage.Outcome:
    return scenario_tests.play(scenario_pool.database(), scenario, scenario_pool.files())


def _print(outcomes: Sequence[scenario_stage.Outcome], missing: dict[str, list[str]], answer: Mapping[str, Any]) -> None:
    for outcome in outcomes:
        mark = "[green]bestanden[/green]" if outcome.passed else "[red]gescheitert[/red]"
        console.out.print(f"{mark}  {outcome.scenario.process}: {outcome.scenario.title}", highlight=False)
        for fault in outcome.faults:
            console.out.print(f"           {fault}", markup=False, highlight=False)
    for process, ids in missing.items():
        shown = ", ".join(ids[:MAX_SHOWN]) + (" …" if len(ids) > MAX_SHOWN else "")
        console.out.print(f"Kein Szenario erreicht in {process}: {shown}", markup=False, highlight=False)
    for name in answer.get("survivors", ()):
        console.out.print(f"Kein Szenario bemerkt: {name}", markup=False, highlight=False)
    if "mutants" in answer:
        console.out.print(f"{answer['mutants']} fehlerhafte Diagramme, {len(answer['survivors'])} unbemerkt.")
    counts = f"{answer['scenarios']} Szenarien, {answer['passed']} bestanden, {answer['failed']} gescheitert"
    console.out.print(f"{counts}; {answer['reached']} von {answer['elements']} Elementen erreicht.")
