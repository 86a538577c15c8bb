"""Play a scenario in virtual time and compare what it expects.

Opens no transaction: the stage brings `transaction(tenant_id)`, `move(until)` and `complete(...)`, which are the very ones of the
program. A scenario acts only through claims files, runs, forms, messages, payments and the clock.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine import errors
from processes import scenario_acts, scenario_expectations
from processes.scenario_stage import Outcome, Scene, Stage
from processes.scenarios import Act, Scenario


def play(scenario: Scenario, stage: Stage) -> Outcome:
    """Play the scenario to its end, or to the first act that the program refuses unexpectedly."""
    scene = Scene(scenario, stage, Outcome(scenario))
    try:
        scenario_acts.bring_in(scene)
        for act in scenario.acts:
            if not _play(scene, act):
                break
        else:
            scenario_expectations.compare(scene, "Am Ende", scenario.then)
    except (errors.Rejected, errors.Incident) as refused:
        scene.outcome.faults.append(f"Unerwartet abgelehnt: {refused}")
    scenario_expectations.collect_reached(scene)
    return scene.outcome


def _play(scene: Scene, act: Act) -> bool:
    """Do one act and compare; return whether the scenario can go on."""
    where = f"Schritt {act.number}"
    if act.at is not None:
        scene.stage.move(act.at)
    if act.kind is not None:
        try:
            scenario_acts.do(scene, act)
        except errors.InvalidInput as refused:
            return _refused(scene, where, act, refused, refused.fields)
        except errors.Rejected as refused:
            return _refused(scene, where, act, refused, {})
        if act.refused is not None or act.form_errors:
            scene.fault(where, f"„{act.kind}“ sollte abgelehnt werden, wurde aber angenommen.")
    scene.stage.move(scene.now())
    scenario_expectations.compare(scene, where, act.then)
    return True


def _refused(scene: Scene, where: str, act: Act, refusal: errors.Rejected, fields: Mapping[str, str]) -> bool:
    if act.refused is not None and act.refused in str(refusal):
        return True
    if act.form_errors and all(part in fields.get(name, "") for name, part in act.form_errors.items()):
        return True
    told = "; ".join([str(refusal), *(f"{name}: {message}" for name, message in fields.items())])
    scene.fault(where, f"„{act.kind}“ wurde abgelehnt: {told}")
    return False
