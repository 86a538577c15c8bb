"""Starts by the clock: planned at deployment, made once at their planned time, ended by the next version, never lost by a failure."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from engine import clock, contents, deployments, errors, history, incidents, instances, messages, replay, start_schedule, starts, worker
from engine.db import Database
from engine.spiff import schedule
from tests.conftest import START, World
from tests.engine.spiff.bpmn import chain, file, flow, message, node, process, script, timer, user

BERLIN = ZoneInfo("Europe/Berlin")


def clocked(kind: str, value: str, *, key: str = "pruefung", element: str = "zeit", extra: str = "") -> str:
    """A process that a timer starts and that waits for a person."""
    return process(
        node("startEvent", element, timer(kind, value)) + extra + user("u") + node("endEvent", "e") + chain(element, "u", "e"), key=key
    )


def deploy(
    database: Database, world: World, drawn: str, *, tenant_id: int | None = None, now: datetime | None = None
) -> deployments.Deployment:
    tenant_id = tenant_id or world.detmold
    with database.begin(tenant_id) as tx:
        at = now or clock.now(tx, tenant_id)
        files = {"p.bpmn": file(drawn)}
        return deployments.deploy(tx, files, world_id=world.id, name="T", by="test", now=at, readers={}, tenant_id=tenant_id)


def started(database: Database, tenant_id: int) -> list[tuple[str, datetime]]:
    """Business key and start of every instance, oldest first."""
    with database.begin(tenant_id) as tx:
        rows = tx.execute(text("select business_key, started_at from process_instance order by id")).all()
    return [(row.business_key, row.started_at) for row in rows]


def planned(database: Database, tenant_id: int) -> list[start_schedule.Listed]:
    with database.begin(tenant_id) as tx:
        return start_schedule.of_tenant(tx, tenant_id)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[misc, arg-type]


# ---------------------------------------------------------------- when
@pytest.mark.parametrize(
    ("kind", "value", "days", "expected"),
    [
        ("timeDate", "2026-08-20T08:00:00", 10, [berlin(2026, 8, 20, 8)]),
        ("timeDuration", "P2D", 10, [berlin(2026, 8, 19, 8)]),
        ("timeCycle", "R3/P1D", 10, [berlin(2026, 8, day, 8) for day in (18, 19, 20)]),
        ("timeCycle", "R2/2026-08-20T06:30:00/P1W", 30, [berlin(2026, 8, 20, 6, 30), berlin(2026, 8, 27, 6, 30)]),
        ("timeCycle", "0 0 6 * * ?", 3, [berlin(2026, 8, day, 6) for day in (18, 19, 20)]),
        ("timeCycle", "0 0 6 ? * MON", 15, [berlin(2026, 8, 24, 6), berlin(2026, 8, 31, 6)]),
    ],
)
def test_a_process_starts_at_its_planned_times(
    database: Database, world: World, kind: str, value: str, days: int, expected: list[datetime]
) -> None:
    deploy(database, world, clocked(kind, value))

    report = worker.run_until(database, world.id, START + timedelta(days=days))

    assert report.starts == len(expected)
    assert started(database, world.detmold) == [(f"pruefung/{at.astimezone(BERLIN):%Y-%m-%dT%H:%M}", at) for at in expected]


def test_a_monthly_start_counts_from_its_beginning_and_meets_the_end_of_each_month() -> None:
    cycle = schedule.cycle_of("R/2027-01-31T06:00:00/P1M")
    begun = berlin(2026, 12, 1)

    due = []
    number, at = cycle.following(begun, 0, begun) or (0, begun)
    for _ in range(4):
        due.append(at.astimezone(BERLIN).date().isoformat())
        number, at = cycle.following(begun, number, at) or (0, begun)

    assert due == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]


def test_a_clock_that_finds_no_end_of_work_says_where_it_stands_and_goes_on_from_there(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(database, world, clocked("timeCycle", "0 0 6 * * ?"))

    with monkeypatch.context() as patience:
        patience.setattr(worker, "MAX_ROUNDS", 3)
        with pytest.raises(errors.InvalidState, match=r"27\.08\.2026.*3 Zeitpunkten.*steht jetzt auf dem 20\.08\.2026, 06:00 Uhr"):
            worker.run_until(database, world.id, START + timedelta(days=10))
    stopped = len(started(database, world.detmold))
    report = worker.run_until(database, world.id, START + timedelta(days=10))

    assert (stopped, report.starts) == (3, 7)


def test_a_daily_start_keeps_its_time_of_day_across_both_changes_of_the_clock(database: Database, world: World) -> None:
    worker.run_until(database, world.id, berlin(2026, 10, 24, 0))
    deploy(database, world, clocked("timeCycle", "0 30 2 * * ?"))

    worker.run_until(database, world.id, berlin(2026, 10, 27, 0))
    autumn = started(database, world.detmold)
    worker.run_until(database, world.id, berlin(2027, 3, 27, 0))
    before = len(started(database, world.detmold))
    worker.run_until(database, world.id, berlin(2027, 3, 30, 0))
    spring = started(database, world.detmold)[before:]

    # On 25.10. the hour from 2 to 3 comes twice: the start happens once. On 28.03. it does not come: the start is an hour later.
    assert [f"{at.astimezone(BERLIN):%d. %H:%M}" for _, at in autumn] == ["24. 02:30", "25. 02:30", "26. 02:30"]
    assert [f"{at.astimezone(BERLIN):%d. %H:%M}" for _, at in spring] == ["27. 02:30", "28. 03:30", "29. 02:30"]


@pytest.mark.parametrize("passed", [0, 1, 2, 3, 5, 8, 1000, 123_457])
def test_planned_times_that_a_standstill_missed_are_skipped_however_many(passed: int) -> None:
    cycle = schedule.cycle_of("R/PT1M")
    now = START + timedelta(minutes=passed, seconds=1)

    assert cycle.following(START, 0, now) == (passed + 1, START + timedelta(minutes=passed + 1))


def test_a_cycle_is_over_after_its_repetitions_even_when_some_were_missed() -> None:
    cycle = schedule.cycle_of("R3/P1D")

    assert cycle.following(START, 2, START + timedelta(days=2)) == (3, START + timedelta(days=3))
    assert cycle.following(START, 3, START + timedelta(days=3)) is None
    assert cycle.following(START, 1, START + timedelta(days=9)) is None


def test_starts_and_timers_happen_in_the_order_of_their_times(database: Database, world: World) -> None:
    waiting = process(
        node("startEvent", "ws") + node("intermediateCatchEvent", "wt", timer("timeDuration", "PT36H")) + node("endEvent", "we")
        + chain("ws", "wt", "we"), key="wartet",
    )  # fmt: skip
    deploy(database, world, clocked("timeCycle", "R2/P1D") + waiting)
    with database.begin(world.detmold) as tx:
        instances.start(tx, "wartet", "W", {}, tenant_id=world.detmold, now=START, by="test")

    worker.run_until(database, world.id, START + timedelta(days=3))

    with database.begin(world.detmold) as tx:
        rows = tx.execute(text("select kind, effective_at from history where actor in ('zeitplan', 'timer') order by recorded_at")).all()
    assert [(row.kind, row.effective_at - START) for row in rows] == [
        ("started", timedelta(days=1)), ("timer_due", timedelta(hours=36)), ("started", timedelta(days=2)),
    ]  # fmt: skip


# ---------------------------------------------------------------- versions and tenants
def test_a_new_version_ends_the_starts_of_the_old_one(database: Database, world: World) -> None:
    deploy(database, world, clocked("timeCycle", "R/P1D"))
    worker.run_until(database, world.id, START + timedelta(days=1))

    deploy(database, world, clocked("timeCycle", "R/P7D"))
    worker.run_until(database, world.id, START + timedelta(days=9))

    assert [at - START for _, at in started(database, world.detmold)] == [timedelta(days=1), timedelta(days=8)]
    deploy(database, world, process(node("startEvent", "s") + node("endEvent", "e") + chain("s", "e"), key="pruefung"))
    assert planned(database, world.detmold) == []


def test_the_same_content_again_leaves_the_schedule_alone(database: Database, world: World) -> None:
    deploy(database, world, clocked("timeCycle", "R/P2D"))
    worker.run_until(database, world.id, START + timedelta(days=1))

    deploy(database, world, clocked("timeCycle", "R/P2D"))

    assert [one.due_at for one in planned(database, world.detmold)] == [START + timedelta(days=2)]


def test_the_city_that_deploys_starts_and_a_new_version_of_another_city_takes_over(database: Database, world: World) -> None:
    deploy(database, world, clocked("timeCycle", "R/P1D"))
    assert planned(database, world.oerlinghausen) == []

    deploy(database, world, clocked("timeCycle", "R/PT12H"), tenant_id=world.oerlinghausen)
    worker.run_until(database, world.id, START + timedelta(days=1))

    assert planned(database, world.detmold) == []
    assert started(database, world.detmold) == []
    assert len(started(database, world.oerlinghausen)) == 2


def test_nobody_ends_the_schedule_of_a_world_that_is_not_theirs(database: Database, world: World) -> None:
    deploy(database, world, clocked("timeCycle", "R/P1D"))
    with database.look() as tx:
        other = tx.execute(
            text("insert into world (name, kind) values ('andere ' || gen_random_uuid(), 'production') returning id")
        ).scalar_one()
        stranger = tx.execute(
            text("insert into tenant (world_id, slug, name) values (:w, 'x', 'X') returning id"), {"w": other}
        ).scalar_one()

    with database.begin(stranger) as tx:
        tx.execute(text("select end_scheduled_starts(:w, 'pruefung')"), {"w": world.id})

    assert len(planned(database, world.detmold)) == 1


def test_a_process_may_have_several_start_events_and_each_begins_at_its_own(database: Database, world: World) -> None:
    body = (
        node("startEvent", "von_hand") + node("startEvent", "taeglich", timer("timeCycle", "R1/P1D")) + node("startEvent", "gemeldet", message("m_a"))
        + script("a", "weg", '"hand"') + script("b", "weg", '"zeit"') + script("c", "weg", '"meldung"') + user("u") + node("endEvent", "e")
        + chain("von_hand", "a", "u", "e") + chain("taeglich", "b", "u") + chain("gemeldet", "c", "u")
    )  # fmt: skip
    deploy(database, world, process(body, key="pruefung"))
    with database.begin(world.detmold) as tx:
        instances.start(tx, "pruefung", "H", {}, tenant_id=world.detmold, now=START, by="anna")
        messages.send(tx, "nachricht_a", "M", {}, tenant_id=world.detmold, now=START)
    worker.run_until(database, world.id, START + timedelta(days=1))

    with database.begin(world.detmold) as tx:
        rows = tx.execute(text("select business_key, variables ->> 'weg' as weg from process_instance order by id")).all()
        assert [row.weg for row in rows] == ["hand", "meldung", "zeit"]
        assert all(replay.replay(tx, world.detmold, row.id).identical for row in tx.execute(text("select id from process_instance")))


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize("value", ["=frist", "=null", "R3/PT10S", "0 0 25 * * ?"])
def test_a_time_that_cannot_be_planned_refuses_the_deployment(database: Database, world: World, value: str) -> None:
    with pytest.raises(deployments.Refused, match="zeit"):
        deploy(database, world, clocked("timeCycle", value))

    assert planned(database, world.detmold) == []


def test_a_start_in_the_past_is_told_and_starts_nothing(database: Database, world: World) -> None:
    made = deploy(database, world, clocked("timeDate", "2020-01-01T08:00:00"))

    assert [(one.severity, one.element_id) for one in made.findings if "Vergangenheit" in one.message] == [("warning", "zeit")]
    assert planned(database, world.detmold) == []


def test_without_a_tenant_a_timer_start_is_refused(database: Database, world: World) -> None:
    files = {"p.bpmn": file(clocked("timeCycle", "R/P1D"))}

    with pytest.raises(deployments.Refused, match="Mandanten"), database.begin(world.detmold) as tx:
        deployments.deploy(tx, files, world_id=world.id, name="T", by="test", now=START, readers={})


def test_a_start_event_needs_a_name_that_stands_before_the_start(database: Database, world: World) -> None:
    drawn = file(process(node("startEvent", "s", message("m_x")) + node("endEvent", "e") + chain("s", "e")))
    content = drawn.replace(b'<bpmn:message id="m_a"', b'<bpmn:message id="m_x" name="${welche}"/><bpmn:message id="m_a"')

    findings = contents.check({"p.bpmn": content}, {})

    assert ["fester Name" in one.remedy or "festen Namen" in one.remedy for one in findings if one.element_id == "s"] == [True]


# ---------------------------------------------------------------- failures and rivals
FAILING = (
    node("startEvent", "zeit", timer("timeCycle", "R/P1D")) + node("exclusiveGateway", "g") + user("u") + user("v") + node("endEvent", "e")
    + chain("zeit", "g") + flow("g", "u", "1 = 2") + flow("g", "v", "2 = 3") + chain("u", "e") + chain("v", "e")
)  # fmt: skip


def test_a_failing_start_is_an_incident_and_the_schedule_goes_on(database: Database, world: World) -> None:
    deploy(database, world, process(FAILING, key="pruefung"))

    report = worker.run_until(database, world.id, START + timedelta(days=2))

    assert report.starts == 0
    assert started(database, world.detmold) == []
    with database.begin(world.detmold) as tx:
        first, second = incidents.open_ones(tx, world.detmold)
        assert (first.kind, first.element_id) == ("start", "g")
        assert "Der geplante Start von „pruefung“" in first.message
    assert [one.due_at for one in planned(database, world.detmold) if not one.parked] == [START + timedelta(days=3)]

    deploy(database, world, clocked("timeCycle", "R/P7D"))  # mended
    with database.begin(world.detmold) as tx:
        incidents.retry(tx, world.detmold, first.uuid, by="anna", reason="Diagramm berichtigt", now=START)
        incidents.dismiss(tx, world.detmold, second.uuid, by="anna", reason="nicht mehr nötig", now=START)
    worker.run_until(database, world.id, START + timedelta(days=2))

    assert [key for key, _ in started(database, world.detmold)] == ["pruefung/2026-08-18T08:00"]
    assert [one.due_at for one in planned(database, world.detmold)] == [START + timedelta(days=9)]


def test_a_retried_start_that_fails_again_waits_for_its_incident_again(database: Database, world: World) -> None:
    deploy(database, world, process(FAILING, key="pruefung"))
    worker.run_until(database, world.id, START + timedelta(days=1))

    with database.begin(world.detmold) as tx:
        (incident,) = incidents.open_ones(tx, world.detmold)
        incidents.retry(tx, world.detmold, incident.uuid, by="anna", reason="versucht", now=START)
    worker.run_until(database, world.id, START + timedelta(days=1))

    with database.begin(world.detmold) as tx:
        assert [one.kind for one in incidents.open_ones(tx, world.detmold)] == ["start"]
    assert sorted(one.parked for one in planned(database, world.detmold)) == [False, True]


def test_many_workers_start_a_planned_process_once(database: Database, world: World) -> None:
    deploy(database, world, clocked("timeCycle", "R/P1D"))
    with database.look() as tx:
        clock.set_virtual(tx, world.id, START + timedelta(days=1))
    with database.begin(world.detmold) as tx:
        start_id = tx.execute(text("select id from scheduled_start")).scalar_one()
    gate = threading.Barrier(4)
    made: list[object] = []

    def rival() -> None:
        gate.wait()
        with database.begin(world.detmold) as tx:
            made.append(starts.fire(tx, world.detmold, start_id, now=clock.now(tx, world.detmold)))

    rivals = [threading.Thread(target=rival) for _ in range(4)]
    for one in rivals:
        one.start()
    for one in rivals:
        one.join()

    assert sum(one is not None for one in made) == 1
    assert len(started(database, world.detmold)) == 1


def test_after_a_standstill_a_process_starts_once_and_keeps_its_rhythm(database: Database, world: World) -> None:
    deploy(database, world, clocked("timeCycle", "R/PT1H"))
    with database.look() as tx:
        clock.set_virtual(tx, world.id, START + timedelta(days=3, minutes=20))

    worker.run_once(database)

    assert [key for key, _ in started(database, world.detmold)] == ["pruefung/2026-08-17T09:00"]
    assert [one.due_at for one in planned(database, world.detmold)] == [START + timedelta(days=3, hours=1)]


def test_a_started_instance_replays_and_its_chain_holds(database: Database, world: World) -> None:
    deploy(database, world, clocked("timeCycle", "R1/P1D"))
    worker.run_until(database, world.id, START + timedelta(days=1))

    with database.begin(world.detmold) as tx:
        identity = tx.execute(text("select id from process_instance")).scalar_one()
        (command,) = history.read(tx, world.detmold, identity)
        assert (command.kind, command.actor, command.content["stimulus"]["name"]) == ("started", "zeitplan", "zeit")
        assert replay.replay(tx, world.detmold, identity).identical
        assert history.verify(tx, world.detmold, identity) is None
