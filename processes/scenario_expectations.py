"""What a scenario expects: letters, balances, open tasks, processes, elements, variables, incidents, the report of an import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from engine import history, incidents, instances
from processes import money, scenarios
from processes.casefile import claims, ledger, letters
from processes.scenario_stage import Scene
from processes.scenarios import BERLIN


def compare(scene: Scene, where: str, then: Mapping[str, object]) -> None:
    """Note as faults what is not as `then` says; an incident that it does not name is one."""
    for kind, expected in then.items():
        EXPECTATIONS[kind](scene, where, expected)
    if then and "stoerungen" not in then:
        _stoerungen(scene, where, [])


def _aufgaben(scene: Scene, where: str, expected: Any) -> None:
    found = sorted(task.element_id for task in scene.open_tasks(None, None))
    if found != sorted(str(element) for element in expected):
        scene.fault(where, f"Offene Aufgaben sind {found}, erwartet werden {sorted(expected)}.")


def _konto(scene: Scene, where: str, expected: Any) -> None:
    for reference, wanted in expected.items():
        found = _balance(scene, str(reference))
        for name, amount in wanted.items():
            actual = found.get(str(name), Decimal(0))
            if actual != Decimal(str(amount)):
                scene.fault(where, f"{reference}: {name} ist {actual}, erwartet wird {amount}.")


def _balance(scene: Scene, reference: str) -> dict[str, Decimal]:
    """Return the open euros per component of a claim (Kassenzeichen, or Kassenzeichen/op_nr) or of a case (`fall`)."""
    today = scene.now().astimezone(BERLIN).date()
    if reference == "fall":
        tenant_id = scene.stage.tenants["detmold"]
        with scene.stage.transaction(tenant_id) as tx:
            found = ledger.case_balance(tx, tenant_id, scene.case_number(), today)
    else:
        key, _, item = reference.partition("/")
        tenant_id = scene.stage.tenants[scene.slug_of(key)]
        with scene.stage.transaction(tenant_id) as tx:
            claim = claims.by_key(tx, tenant_id, key, item or "1")
            if claim is None:
                return {}
            found = ledger.balance(tx, claim.uuid, today)
    return {**{name: money.euro(cent) for name, cent in found.open_cent.items()}, "gesamt": money.euro(found.total_cent)}


def _schreiben(scene: Scene, where: str, expected: Any) -> None:
    written = _new_letters(scene)
    if len(written) != len(expected):
        scene.fault(where, f"Geschrieben wurden {[letter.template for letter in written]}, erwartet werden {len(expected)} Schreiben.")
    left = list(written)
    for wanted in expected:
        fitting = [letter for letter in left if letter.template == wanted.get("vorlage")]
        if not fitting:
            scene.fault(where, f"Das Schreiben „{wanted.get('vorlage')}“ fehlt.")
            continue
        # Letters of one run have no order among themselves: compare with the one that deviates least.
        match = min(fitting, key=lambda letter: len(_deviations(letter, wanted)))
        left.remove(match)
        for deviation in _deviations(match, wanted):
            scene.fault(where, deviation)


def _new_letters(scene: Scene) -> list[letters.Letter]:
    found: list[letters.Letter] = []
    for tenant_id, tx in scene.stage.each_tenant():
        found += letters.since(tx, tenant_id, scene.scenario.starts_at)
    fresh = [letter for letter in found if letter.uuid not in scene.seen_letters]
    scene.seen_letters |= {letter.uuid for letter in fresh}
    return fresh


def _prozesse(scene: Scene, where: str, expected: Any) -> None:
    for key, wanted in expected.items():
        states: list[str] = []
        for tenant_id, tx in scene.stage.each_tenant():
            query = text("select status from process_instance where tenant_id = :t and process_key = :k order by id")
            states += [row.status for row in tx.execute(query, {"t": tenant_id, "k": str(key)})]
        running = sum(state == "running" for state in states)
        actual = "keiner" if not states else "offen" if running else "beendet"
        if actual != wanted:
            scene.fault(where, f"Prozess „{key}“ ist {actual}, erwartet wird {wanted}.")


def _elemente(scene: Scene, where: str, expected: Any) -> None:
    reached = set().union(*collect_reached(scene).values())
    for element in expected:
        if element not in reached:
            scene.fault(where, f"Das Element „{element}“ wurde nicht erreicht.")


def _nicht_elemente(scene: Scene, where: str, expected: Any) -> None:
    reached = set().union(*collect_reached(scene).values())
    for element in expected:
        if element in reached:
            scene.fault(where, f"Das Element „{element}“ wurde erreicht.")


def _variablen(scene: Scene, where: str, expected: Any) -> None:
    for key, wanted in expected.items():
        found: dict[str, object] = {}
        for tenant_id, tx in scene.stage.each_tenant():
            query = text("select id from process_instance where tenant_id = :t and process_key = :k order by id")
            for row in tx.execute(query, {"t": tenant_id, "k": str(key)}).all():
                found |= instances.variables_of(tx, tenant_id, row.id)
        for name, value in wanted.items():
            if not _same(found.get(str(name)), value):
                scene.fault(where, f"Variable „{name}“ von „{key}“ ist {found.get(str(name))}, erwartet wird {value}.")


def _stoerungen(scene: Scene, where: str, expected: Any) -> None:
    found: list[str] = []
    for tenant_id, tx in scene.stage.each_tenant():
        found += [incident.message for incident in incidents.open_ones(tx, tenant_id)]
    for message in found:
        if not any(str(part) in message for part in expected):
            scene.fault(where, f"Störung: {message}")
    for part in expected:
        if not any(str(part) in message for message in found):
            scene.fault(where, f"Die Störung „{part}“ fehlt.")


def _bericht(scene: Scene, where: str, expected: Any) -> None:
    for name, value in expected.items():
        actual = getattr(scene.last_report, scenarios.REPORTED[name])
        if actual != value:
            scene.fault(where, f"Einspielbericht: {name} ist {actual}, erwartet wird {value}.")


EXPECTATIONS: Mapping[str, Callable[[Scene, str, Any], None]] = {
    "aufgaben": _aufgaben,
    "konto": _konto,
    "schreiben": _schreiben,
    "prozesse": _prozesse,
    "elemente": _elemente,
    "nicht_elemente": _nicht_elemente,
    "variablen": _variablen,
    "stoerungen": _stoerungen,
    "bericht": _bericht,
}


def collect_reached(scene: Scene) -> dict[str, set[str]]:
    """Return (and keep) the elements of each process and scope that completed, were activated, or whose flow was taken."""
    for tenant_id, tx in scene.stage.each_tenant():
        rows = tx.execute(text("select id, process_key, bundle_id from process_instance where tenant_id = :t"), {"t": tenant_id}).all()
        for row in rows:
            for command in history.read(tx, tenant_id, row.id):
                for kind, element, scope, _ in command.content["events"]:
                    if kind in ("element_activated", "element_completed", "flow_taken") and element:
                        scene.outcome.reached.setdefault(f"{row.process_key}/{scope}", set()).add(element)
    return scene.outcome.reached


def _same(actual: object, expected: object) -> bool:
    if isinstance(expected, Decimal | int) and not isinstance(expected, bool):
        try:
            return Decimal(str(actual)) == Decimal(expected)
        except ArithmeticError:
            return False
    if isinstance(expected, date):
        return str(actual) in (expected.isoformat(), f"{expected:%d.%m.%Y}")
    return actual == expected


def _deviations(letter: letters.Letter, wanted: Mapping[str, object]) -> list[str]:
    values = letter.inputs.get("werte")
    facts = values if isinstance(values, Mapping) else letter.inputs
    return [
        f"Schreiben „{letter.template}“: {name} ist {facts.get(name)}, erwartet wird {value}."
        for name, value in wanted.items()
        if name != "vorlage" and not _same(facts.get(name), value)
    ]
