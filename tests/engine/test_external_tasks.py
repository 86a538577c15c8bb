"""Jobs for programs outside: who gets which, what they see, tries and priorities, and polls that wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from engine import errors, external_tasks, history, incidents, instances, jobs, polls, replay
from engine.db import Database
from engine.external_tasks import Wanted
from engine.listings import listing as listings
from engine.listings.external_tasks import EXTERNAL_TASKS
from tests.conftest import START, World
from tests.engine.spiff.bpmn import boundary, chain, io, job, node, user
from tests.engine.test_durable import deploy, start, waiting

LEASE = timedelta(seconds=30)
PLAIN = node("startEvent", "s") + job("j", "außen") + node("endEvent", "e") + chain("s", "j", "e")
ERROR = '<bpmn:errorEventDefinition errorRef="e_a"/>'
CAUGHT = PLAIN + boundary("b", "j", ERROR) + user("nacharbeit") + node("endEvent", "e2") + chain("b", "nacharbeit", "e2")


def fetch(
    database: Database, world: World, *wanted: Wanted, worker: str = "w1", limit: int = 10, by_time: str | None = None
) -> Sequence[external_tasks.ExternalTask]:
    with database.begin(world.detmold) as tx:
        asked = wanted or (Wanted("außen", LEASE),)
        return external_tasks.fetch(tx, world.detmold, asked, worker=worker, limit=limit, by_time=by_time)  # type: ignore[arg-type]


def keys(found: Sequence[external_tasks.ExternalTask]) -> list[str]:
    return [task.business_key for task in found]


def test_a_job_that_kills_its_workers_outside_becomes_an_incident_and_the_next_one_is_handed_out(database: Database, world: World) -> None:
    deploy(database, world, ("p", PLAIN))
    start(database, world, business_key="tödlich")
    for _ in range(jobs.MAX_ATTEMPTS):
        assert keys(fetch(database, world, Wanted("außen", timedelta(seconds=-1)))) == ["tödlich"]
    start(database, world, business_key="gesund")

    found = fetch(database, world)

    assert keys(found) == ["gesund"]
    with database.begin(world.detmold) as tx:
        (incident,) = incidents.open_ones(tx, world.detmold)
    assert (incident.business_key, "10-mal begonnen" in incident.message) == ("tödlich", True)


def test_each_condition_of_a_topic_counts(database: Database, world: World) -> None:
    deploy(database, world, ("p", PLAIN), ("q", PLAIN))
    start(database, world, "p", "A", betrag=Decimal("1.50"), art="x")
    start(database, world, "p", "B", betrag=Decimal(2), art="y")
    start(database, world, "q", "C", betrag=Decimal(2), wahr=True)
    definition_of_q = database_definition(database, world, "q")

    def found(**condition: object) -> list[str]:
        with database.begin(world.detmold) as tx:
            taken = external_tasks.fetch(tx, world.detmold, [Wanted("außen", LEASE, **condition)], worker="w")  # type: ignore[arg-type]
            tx.rollback()
        return keys(taken)

    assert found() == ["A", "B", "C"]
    assert found(business_key="B") == ["B"]
    assert found(process_keys=("q",)) == ["C"]
    assert found(definitions=(definition_of_q,)) == ["C"]
    assert found(variables={"betrag": Decimal("1.5")}) == ["A"]
    assert found(variables={"betrag": 2, "art": "y"}) == ["B"]
    assert found(variables={"wahr": True}) == ["C"]
    assert found(variables={"fehlt": None}) == []
    assert found(version_tag="v1") == []


def database_definition(database: Database, world: World, key: str) -> object:
    with database.look() as tx:
        return tx.execute(text("select uuid from definition where world_id = :w and key = :k"), {"w": world.id, "k": key}).scalar_one()


def test_the_most_urgent_comes_first_then_the_oldest_and_the_limit_holds_over_all_topics(database: Database, world: World) -> None:
    other = PLAIN.replace("außen", "anders")
    deploy(database, world, ("p", PLAIN), ("q", other))
    for key, process in (("A", "p"), ("B", "q"), ("C", "p")):
        start(database, world, process, key)
    with database.begin(world.detmold) as tx:
        (urgent,) = listings.rows(tx, EXTERNAL_TASKS, world.detmold, {"process_instance_business_key": "C"})
        external_tasks.set_priority(tx, world.detmold, urgent.id, 90)

    first = fetch(database, world, Wanted("außen", LEASE), Wanted("anders", LEASE), limit=2)
    rest = fetch(database, world, Wanted("außen", LEASE), Wanted("anders", LEASE), worker="w2")

    assert keys(first) == ["C", "A"]
    assert keys(rest) == ["B"]
    assert (rest[0].worker, rest[0].attempts) == ("w2", 1)


def test_a_topic_of_our_own_is_refused_by_name(database: Database, world: World) -> None:
    database.runtime.topics["außen"] = jobs.Topic("außen", (), (), lambda *_: {})
    deploy(database, world, ("p", PLAIN))
    start(database, world)

    with pytest.raises(errors.NotAllowed, match="„außen“ erledigt die Plattform selbst"):
        fetch(database, world)
    with database.begin(world.detmold) as tx:
        (listed,) = listings.rows(tx, EXTERNAL_TASKS, world.detmold, {})
        with pytest.raises(errors.NotAllowed):
            external_tasks.lock(tx, world.detmold, listed.id, worker="w", lease=LEASE)
        with pytest.raises(errors.NotAllowed):
            external_tasks.set_retries(tx, world.detmold, listed.id, 0, by="anna", now=START)


def test_a_lease_that_ran_out_goes_to_the_next_worker_and_the_first_is_told(database: Database, world: World) -> None:
    deploy(database, world, ("p", PLAIN))
    start(database, world)
    (late,) = fetch(database, world, Wanted("außen", timedelta(milliseconds=-1)))
    with pytest.raises(errors.Conflict, match="abgelaufen"), database.begin(world.detmold) as tx:
        jobs.extend(tx, world.detmold, late.id, worker="w1", lease=LEASE)

    (taken,) = fetch(database, world, worker="w2")

    assert taken.id == late.id
    with pytest.raises(errors.Conflict, match="„w2“ übernommen"), database.begin(world.detmold) as tx:
        jobs.complete(tx, world.detmold, late.id, {}, worker="w1", now=START)
    with pytest.raises(errors.Conflict, match="„w2“ übernommen"), database.begin(world.detmold) as tx:
        external_tasks.lock(tx, world.detmold, late.id, worker="w1", lease=LEASE)
    with database.begin(world.detmold) as tx:
        jobs.complete(tx, world.detmold, taken.id, {}, worker="w2", now=START)
    with pytest.raises(errors.NotFound), database.begin(world.detmold) as tx:
        jobs.complete(tx, world.detmold, taken.id, {}, worker="w2", now=START)


def test_tries_set_by_hand_open_and_close_the_incident(database: Database, world: World) -> None:
    deploy(database, world, ("p", PLAIN))
    start(database, world)
    (task,) = fetch(database, world)
    assert task.retries_told is False
    with database.begin(world.detmold) as tx:
        jobs.fail(tx, world.detmold, task.id, "Kein Papier", worker="w1", now=START, retries=0, details="Zeile 1\nZeile 2")
        assert external_tasks.error_details(tx, world.detmold, task.id) == "Zeile 1\nZeile 2"
        assert [i.message for i in incidents.open_ones(tx, world.detmold)] == ["Kein Papier"]
    assert fetch(database, world) == []

    with database.begin(world.detmold) as tx:
        external_tasks.set_retries(tx, world.detmold, task.id, 2, by="anna", now=START)
        assert incidents.open_ones(tx, world.detmold) == []

    (again,) = fetch(database, world)
    assert (again.retries, again.retries_told, again.error) == (2, True, "Kein Papier")
    with pytest.raises(errors.InvalidInput), database.begin(world.detmold) as tx:
        external_tasks.set_retries(tx, world.detmold, task.id, -1, by="anna", now=START)


def test_local_variables_reach_the_outputs_and_nothing_else_and_replay_knows_them(database: Database, world: World) -> None:
    body = node("startEvent", "s") + job("j", "außen", io({"summe": "=betrag"}, {"ergebnis": "=antwort + summe"})) + user("u")
    deploy(database, world, ("p", body + node("endEvent", "e") + chain("s", "j", "u", "e")))
    instance = start(database, world, betrag=Decimal(5))
    (task,) = fetch(database, world)
    with database.begin(world.detmold) as tx:
        assert external_tasks.visible(tx, world.detmold, [task]) == {task.id: ({"summe": 5}, {"betrag": 5, "summe": 5})}

        jobs.complete(tx, world.detmold, task.id, {"global": "g"}, worker="w1", now=START, local={"antwort": Decimal(2)})

    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, instance.id) == {"betrag": 5, "global": "g", "ergebnis": 7}
        assert replay.replay(tx, world.detmold, instance.id).identical
        assert history.verify(tx, world.detmold, instance.id) is None
    with pytest.raises(errors.NotFound), database.begin(world.detmold) as tx:
        jobs.complete(tx, world.detmold, task.id, {}, worker="w1", now=START)


@pytest.mark.parametrize("count", [2, 40])  # from 31 on each round is kept in a row of its own
def test_a_job_inside_a_loop_sees_its_own_round_and_the_process_around_it(database: Database, world: World, count: int) -> None:
    loop = '<bpmn:multiInstanceLoopCharacteristics isSequential="false" camunda:collection="posten" camunda:elementVariable="stück"/>'
    body = node("startEvent", "s") + job("j", "außen", loop) + node("endEvent", "e") + chain("s", "j", "e")
    deploy(database, world, ("p", body))
    items = [f"s{number:02}" for number in range(count)]
    start(database, world, posten=items, betrag=Decimal(1))

    found = fetch(database, world, limit=100)
    with database.begin(world.detmold) as tx:
        seen = external_tasks.visible(tx, world.detmold, found)

    assert sorted(str(local["stück"]) for local, _ in seen.values()) == items
    assert all(everything["betrag"] == 1 and everything["posten"] == items for _, everything in seen.values())
    assert all("betrag" not in local for local, _ in seen.values())


def test_an_error_is_caught_where_it_is_drawn_with_its_variables_and_a_variable_may_be_called_message(
    database: Database, world: World
) -> None:
    deploy(database, world, ("p", CAUGHT))
    instance = start(database, world)
    (task,) = fetch(database, world)

    with database.begin(world.detmold) as tx:
        jobs.bpmn_error(tx, world.detmold, task.id, "FEHLER", "Kein Konto", {"message": "eigene"}, worker="w1", now=START)

    assert waiting(database, world) == ["nacharbeit"]
    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, instance.id)["message"] == "eigene"
        assert replay.replay(tx, world.detmold, instance.id).identical


def test_an_error_nobody_catches_changes_nothing(database: Database, world: World) -> None:
    deploy(database, world, ("p", PLAIN))
    start(database, world)
    (task,) = fetch(database, world)

    with pytest.raises(errors.Incident, match="nirgends gefangen"), database.begin(world.detmold) as tx:
        jobs.bpmn_error(tx, world.detmold, task.id, "FEHLER", "Kein Konto", {}, worker="w1", now=START)

    with database.begin(world.detmold) as tx:
        assert external_tasks.get(tx, world.detmold, task.id).worker == "w1"


def test_lists_show_what_is_asked_for_of_the_tenant_alone(database: Database, world: World) -> None:
    deploy(database, world, ("p", PLAIN))
    for key in ("A", "B", "C"):
        start(database, world, "p", key)
    (held, _) = fetch(database, world, limit=2)

    def listed(tx: Connection, order: str | None = None, first: int = 0, **given: object) -> list[str]:
        return [
            row.business_key
            for row in listings.rows(
                tx,
                EXTERNAL_TASKS,
                world.detmold,
                given,
                listings.Page(first=first, orders=() if order is None else (listings.Order(order),)),
            )
        ]

    with database.begin(world.detmold) as tx:
        assert listed(tx, locked=True) == ["A", "B"]
        assert listed(tx, not_locked=True) == ["C"]
        assert listed(tx, worker_id="w1", topic_name="außen", activity_id_in=["j"], with_retries_left=True) == ["A", "B"]
        assert listed(tx, process_instance_id_in=[held.instance_uuid]) == ["A"]
        assert listed(tx, external_task_id_in=[]) == []
        external_tasks.set_priority(tx, world.detmold, held.id, 90)
        assert listed(tx, order="task_priority", first=1) == ["C", "A"]
        assert listed(tx, priority_higher_than_or_equals=51) == ["A"]
        assert listings.count(tx, EXTERNAL_TASKS, world.detmold, {"priority_higher_than_or_equals": 50}) == 3
    with database.begin(world.oerlinghausen) as tx:
        assert listings.count(tx, EXTERNAL_TASKS, world.oerlinghausen, {}) == 0
        with pytest.raises(errors.NotFound):
            external_tasks.get(tx, world.oerlinghausen, held.id)
        assert external_tasks.fetch(tx, world.oerlinghausen, [Wanted("außen", LEASE)], worker="fremd") == []


def waited(found: polls.Polls, world: World, seconds: float, woken: list[float]) -> threading.Thread:
    """Park a poll in a thread of its own; it notes how long it was parked when it is woken."""
    ready = threading.Event()

    def wait() -> None:
        with found.parked(world.detmold, ["außen", "nichts"]) as spot:
            assert spot is not None
            began = time.monotonic()
            ready.set()
            if spot.wait(began + seconds):
                woken.append(time.monotonic() - began)

    thread = threading.Thread(target=wait)
    thread.start()
    assert ready.wait(5)
    return thread


def test_a_parked_poll_is_woken_by_the_job_holds_no_connection_and_one_job_wakes_one(database: Database, world: World) -> None:
    deploy(database, world, ("p", PLAIN))
    found, woken = polls.Polls(database), list[float]()
    threads = [waited(found, world, 3, woken) for _ in range(3)]
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of the queue pool

    start(database, world)
    deadline = time.monotonic() + 5
    while not woken and time.monotonic() < deadline:
        threads[0].join(0.02)
    assert len(woken) == 1
    assert woken[0] < 2

    fetch(database, world)
    for thread in threads:
        thread.join(10)
    assert len(woken) == 1


def test_a_poll_without_a_job_ends_in_time_and_a_full_house_parks_nobody(database: Database, world: World) -> None:
    found = polls.Polls(database, room=1)
    with found.parked(world.detmold, ["außen"]) as spot, found.parked(world.detmold, ["außen"]) as second:
        assert second is None
        assert spot is not None
        began = time.monotonic()
        assert spot.wait(began + 0.2) is False
        assert 0.15 < time.monotonic() - began < 1
    with found.parked(world.detmold, ["außen"]) as free:
        assert free is not None


def test_a_lease_that_runs_out_wakes_a_parked_poll(database: Database, world: World) -> None:
    deploy(database, world, ("p", PLAIN))
    start(database, world)
    fetch(database, world, Wanted("außen", timedelta(milliseconds=300)))

    woken: list[float] = []
    waited(polls.Polls(database), world, 5, woken).join(10)

    assert woken
    assert woken[0] < 3


def test_two_fetchers_share_two_hundred_jobs_and_each_is_done_once(database: Database, world: World) -> None:
    deploy(database, world, ("p", PLAIN))
    for number in range(200):
        start(database, world, "p", f"K{number}")
    done: list[str] = []

    def work(name: str) -> None:
        while found := fetch(database, world, worker=name, limit=7):
            for task in found:
                with database.begin(world.detmold) as tx:
                    jobs.complete(tx, world.detmold, task.id, {"von": name}, worker=name, now=START)
                done.append(task.business_key)

    workers = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(2)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(60)

    assert sorted(done) == sorted(f"K{number}" for number in range(200))
    with database.begin(world.detmold) as tx:
        assert listings.count(tx, EXTERNAL_TASKS, world.detmold, {}) == 0
        ended = tx.execute(text("select variables ->> 'von', count(*) from process_instance where status = 'completed' group by 1")).all()
    assert sum(count for _, count in ended) == 200
