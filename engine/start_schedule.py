"""The schedule of timer start events: what a deployment plans, and the planned time after a planned time.

Planned for the tenant that deployed. A schedule belongs to the newest version of its process only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from engine import errors, feel
from engine.protocol import Finding, Severity
from engine.spiff import model, reader, schedule


@dataclass(frozen=True, slots=True)
class Planned:
    """The next planned time of a timer start event. `cycle`: its rhythm as text, None where it happens once.

    number: of the planned time, counted from 1, in the cycle that began at `begun_at`.
    """

    process_key: str
    element_id: str
    cycle: str | None
    begun_at: datetime
    number: int
    due_at: datetime


# ---------------------------------------------------------------- planning
def of_files(
    files: Mapping[str, bytes], functions: Iterable[feel.Function], now: datetime, tenant_id: int | None
) -> tuple[dict[str, list[Planned]], tuple[Finding, ...]]:
    """Return process key -> what its timer start events plan, seen from `now`, and what is wrong with them."""
    planned: dict[str, list[Planned]] = {}
    findings: list[Finding] = []
    offered = tuple(functions)
    for file, content in files.items():
        parsed = reader.Reader(content, file, offered).read() if file.lower().endswith(".bpmn") else None
        for process in parsed.processes if parsed else ():
            if process.executable:
                made = planned[process.id] = []
                _of_process(file, process, offered, now, tenant_id, made, findings)
    return planned, tuple(findings)


def _of_process(
    file: str,
    process: model.Process,
    functions: tuple[feel.Function, ...],
    now: datetime,
    tenant_id: int | None,
    planned: list[Planned],
    findings: list[Finding],
) -> None:
    for element in process.elements:
        event = element.event
        if element.kind != "start_event" or event is None or event.kind != "timer" or event.timer is None or event.timer.names:
            continue  # what hangs on variables is told by the checks

        def tell(message: str, remedy: str, *, warning: bool = False, told: model.Element = element) -> None:
            severity: Severity = "warning" if warning else "error"
            findings.append(Finding(file, told.line, told.id, told.label, message, remedy, severity))

        if tenant_id is None:
            tell("Ein Zeitstart gehört der Stadt, die bereitstellt.", "Bitte für einen Mandanten bereitstellen.")
            continue
        try:
            value, _ = event.timer.value({}, now=now, functions=functions)
            found = _first(process.id, element, event.timer_kind or "date", value, now)
        except (feel.FeelError, schedule.BadSchedule) as fault:
            tell(f"Zeit des Starts: {fault}", "Bitte eine Zeit angeben, die ohne Variablen feststeht.")
            continue
        if found is not None:
            planned.append(found)
        else:
            tell(f"Der Zeitstart „{event.timer.source}“ liegt in der Vergangenheit und startet nichts.", "Bitte prüfen.", warning=True)


def _first(process_key: str, element: model.Element, kind: str, value: object, now: datetime) -> Planned | None:
    if kind == "cycle":
        cycle = _cycle_text(value)
        following = schedule.cycle_of(cycle).following(now, 0, now)
        return None if following is None else Planned(process_key, element.id, cycle, now, *following)
    due = schedule.duration_of(value).after(now) if kind == "duration" else schedule.instant_of(value)
    return Planned(process_key, element.id, None, now, 1, due) if due >= now else None


def _cycle_text(value: object) -> str:
    """Return the text of a cycle; a duration is one without end."""
    return f"R/{feel.text_of(feel.enter(value))}" if isinstance(value, timedelta | feel.YearsMonths) else str(value)


# ---------------------------------------------------------------- storing
def replace(tx: Connection, process_key: str, planned: Sequence[Planned], *, world_id: int, tenant_id: int | None) -> None:
    """End what older versions of the process planned in the world, and plan what the new one draws."""
    tx.execute(text("select end_scheduled_starts(:w, :p)"), {"w": world_id, "p": process_key})
    insert = text(
        "insert into scheduled_start (tenant_id, process_key, element_id, cycle, begun_at, number, due_at)"
        " values (:t, :p, :e, :c, :b, :n, :d)"
    )
    for one in planned:
        parameters = {"t": tenant_id, "p": one.process_key, "e": one.element_id, "c": one.cycle, "b": one.begun_at, "n": one.number}
        tx.execute(insert, parameters | {"d": one.due_at})
    if planned:
        tx.execute(text("select pg_notify('vollstreckung_work', '')"))


@dataclass(frozen=True, slots=True)
class Listed:
    """A planned start as people see it."""

    process_key: str
    element_id: str
    cycle: str | None
    due_at: datetime
    parked: bool


def of_tenant(tx: Connection, tenant_id: int) -> list[Listed]:
    """Return what is planned for a tenant, soonest first."""
    query = text(
        "select process_key, element_id, cycle, due_at, parked from scheduled_start where tenant_id = :t order by due_at, process_key, id"
    )
    return [Listed(*row) for row in tx.execute(query, {"t": tenant_id})]


def following(cycle: str, begun_at: datetime, number: int, now: datetime) -> tuple[int, datetime] | None:
    """Return (number, instant) of the next planned time later than `now`, or None after the last one."""
    try:
        return schedule.cycle_of(cycle).following(begun_at, number, now)
    except schedule.BadSchedule as fault:
        raise errors.Incident(f"Zeit des Starts: {fault}") from fault
