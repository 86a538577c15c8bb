"""The durable layer on a real PostgreSQL: every command stored once, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from engine import clock, deployments, errors, feel, history, incidents, instances, jobs, messages, replay, user_tasks, worker
from engine.db import Database
from engine.runtime import Runtime
from tests.conftest import START, World
from tests.engine.spiff import bpmn
from tests.engine.spiff.bpmn import boundary, chain, event_subprocess, file, flow, io, job, message, node, process, script, timer, user

BODY = (
    node("startEvent", "s") + user("u") + boundary("frist", "u", timer("timeDuration", "P14D")) + script("x", "doppelt", "betrag * 2")
    + job("j", inner=io({"summe": "=doppelt"})) + node("exclusiveGateway", "g", default="g_e") + user("v") + node("endEvent", "e")
    + node("endEvent", "e2") + chain("s", "u", "x", "j", "g") + flow("g", "v", "betrag > 100") + flow("g", "e") + chain("v", "e") + chain("frist", "e2")
)  # fmt: skip


def deploy(database: Database, world: World, *bodies: tuple[str, str], extra: dict[str, bytes] | None = None) -> None:
    with database.begin(world.detmold) as tx:
        files = {f"{key}.bpmn": file(process(body, key=key)) for key, body in bodies} | (extra or {})
        deployments.deploy(tx, files, world_id=world.id, name="Test", by="test", now=START, readers={})


def start(database: Database, world: World, key: str = "p", business_key: str = "K1", **variables: object) -> instances.Instance:
    with database.begin(world.detmold) as tx:
        return instances.start(tx, key, business_key, variables, tenant_id=world.detmold, now=clock.now(tx, world.detmold), by="test")


def complete(database: Database, world: World, element: str, *, by: str = "anna", **submitted: object) -> user_tasks.Completion:
    with database.begin(world.detmold) as tx:
        (task,) = [t for t in user_tasks.open_tasks(tx, world.detmold) if t.element_id == element]
        return user_tasks.complete(tx, world.detmold, task.id, submitted, by=by, now=clock.now(tx, world.detmold))


def waiting(database: Database, world: World, business_key: str = "K1") -> list[str]:
    with database.begin(world.detmold) as tx:
        return [task.element_id for task in user_tasks.of_key(tx, world.detmold, business_key)]


def echo(done: list[object]) -> jobs.Topic:
    def record(tx: Connection, taken: jobs.Job, result: object, now: datetime) -> dict[str, object]:
        done.append(taken.variables["summe"])
        return {"ergebnis": taken.variables["summe"]}

    return jobs.Topic("thema", (jobs.Parameter("summe"),), (jobs.Parameter("ergebnis"),), record)


def test_an_instance_runs_through_task_job_and_gateway_and_replays_identically(database: Database, world: World) -> None:
    done: list[object] = []
    database.runtime.topics["thema"] = echo(done)
    deploy(database, world, ("p", BODY))
    instance = start(database, world)

    completion = complete(database, world, "u", betrag=Decimal("60.50"))
    assert completion.step.outcome is None
    worker.settle(database, world.id)

    assert done == [Decimal("121.00")]
    with database.begin(world.detmold) as tx:
        found = instances.get(tx, world.detmold, instance.uuid)
        assert found.status == "completed"
        assert instances.variables_of(tx, world.detmold, instance.id)["ergebnis"] == Decimal("121.00")
        assert replay.replay(tx, world.detmold, instance.id).identical
        assert history.verify(tx, world.detmold, instance.id) is None


def test_a_double_click_is_a_conflict_that_says_who_and_when(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    start(database, world)
    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.open_tasks(tx, world.detmold)
    complete(database, world, "u", betrag=1)

    with pytest.raises(errors.Conflict, match=r"anna am 17\.08\.2026"), database.begin(world.detmold) as tx:
        user_tasks.complete(tx, world.detmold, task.id, {}, by="ben", now=START)


def test_a_failed_step_leaves_nothing_half_done(database: Database, world: World) -> None:
    body = (
        node("startEvent", "s")
        + user("u")
        + node("exclusiveGateway", "g")
        + user("a")
        + user("b")
        + node("endEvent", "e")
        + chain("s", "u", "g")
    )
    body += flow("g", "a", "x = 1") + flow("g", "b", "x = 2") + chain("a", "e") + chain("b", "e")
    deploy(database, world, ("p", body))
    instance = start(database, world)

    with pytest.raises(errors.Incident, match="keine Bedingung"):
        complete(database, world, "u", x=3)

    assert waiting(database, world) == ["u"]
    with database.begin(world.detmold) as tx:
        assert len(history.read(tx, world.detmold, instance.id)) == 1
    complete(database, world, "u", x=2)
    assert waiting(database, world) == ["b"]


def test_virtual_time_fires_timers_in_order_and_completes_no_human_task(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    start(database, world, business_key="K1")
    start(database, world, business_key="K2")

    early = worker.run_until(database, world.id, START + timedelta(days=13))
    assert early.timers == 0
    assert waiting(database, world) == ["u"]
    late = worker.run_until(database, world.id, START + timedelta(days=20))

    assert late.timers == 2
    assert waiting(database, world) == []
    with database.begin(world.detmold) as tx:
        assert clock.now(tx, world.detmold) == START + timedelta(days=20)
        command = history.read(tx, world.detmold, instances.of_key(tx, world.detmold, "K1")[0].id)[-1]
        assert command.effective_at == START + timedelta(days=14)


def test_the_clock_goes_forward_only_and_never_in_production(database: Database, world: World) -> None:
    with pytest.raises(errors.InvalidInput, match="zurückgestellt"), database.look() as tx:
        clock.set_virtual(tx, world.id, START - timedelta(days=1))
    with database.look() as tx:
        production = tx.execute(
            text("insert into world (name, kind) values (gen_random_uuid()::text, 'production') returning id")
        ).scalar_one()
    with pytest.raises(errors.NotAllowed, match="Produktiv"), database.look() as tx:
        clock.set_virtual(tx, production, START)


def test_a_message_reaches_a_waiting_instance_of_another_city_in_a_transaction_of_its_own(database: Database, world: World) -> None:
    receiver = (
        node("startEvent", "s")
        + node("intermediateCatchEvent", "post", message())
        + user("n")
        + node("endEvent", "e")
        + chain("s", "post", "n", "e")
    )
    deploy(database, world, ("p", receiver))
    with database.begin(world.oerlinghausen) as tx:
        instances.start(tx, "p", "K9", {}, tenant_id=world.oerlinghausen, now=START, by="test")

    with database.begin(world.detmold) as tx:
        messages.send(tx, "nachricht_a", "K9", {"betrag": 5}, tenant_id=world.detmold, to_tenant_id=world.oerlinghausen, now=START)
    assert worker.settle(database, world.id).messages == 1

    with database.begin(world.oerlinghausen) as tx:
        assert [task.element_id for task in user_tasks.open_tasks(tx, world.oerlinghausen)] == ["n"]
    assert waiting(database, world, "K9") == []


def test_a_message_starts_a_process_and_one_that_nobody_expects_is_an_incident(database: Database, world: World) -> None:
    body = node("startEvent", "s", message()) + user("u") + node("endEvent", "e") + chain("s", "u", "e")
    deploy(database, world, ("p", body))

    with database.begin(world.detmold) as tx:
        messages.send(tx, "nachricht_a", "NEU", {}, tenant_id=world.detmold, now=START, process_key="p")
        messages.send(tx, "nachricht_b", "NIEMAND", {}, tenant_id=world.detmold, now=START)
        messages.send(tx, "nachricht_b", "NIEMAND", {}, tenant_id=world.detmold, now=START, optional=True)
    report = worker.settle(database, world.id)

    assert waiting(database, world, "NEU") == ["u"]
    assert len(report.incidents) == 1
    with database.begin(world.detmold) as tx:
        (incident,) = incidents.open_ones(tx, world.detmold)
        assert "erwartet niemand" in incident.message


def test_a_failing_job_is_an_incident_and_goes_on_after_a_retry(database: Database, world: World) -> None:
    broken = [True]

    def record(tx: Connection, taken: jobs.Job, result: object, now: datetime) -> dict[str, object]:
        if broken[0]:
            raise errors.Incident("Der Drucker ist aus.")
        return {}

    database.runtime.topics["thema"] = jobs.Topic("thema", (jobs.Parameter("summe"),), (), record)
    deploy(database, world, ("p", BODY))
    start(database, world)
    complete(database, world, "u", betrag=500)
    worker.settle(database, world.id)

    with database.begin(world.detmold) as tx:
        (incident,) = incidents.open_ones(tx, world.detmold)
        assert (incident.message, incident.element_id) == ("Der Drucker ist aus.", "j")
        broken[0] = False
        incidents.retry(tx, world.detmold, incident.uuid, by="anna", reason="Drucker eingeschaltet", now=START)
    worker.settle(database, world.id)

    assert waiting(database, world) == ["v"]
    with database.begin(world.detmold) as tx:
        assert incidents.open_ones(tx, world.detmold) == []


def test_a_lost_lease_is_taken_over_and_the_first_worker_is_refused(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    start(database, world)
    complete(database, world, "u", betrag=5)
    with database.begin(world.detmold) as tx:
        job_id = tx.execute(text("select id from job")).scalar_one()
        assert jobs.take(tx, world.detmold, job_id, worker="a", lease=timedelta(seconds=-1)) is not None
    with database.begin(world.detmold) as tx:
        second = jobs.take(tx, world.detmold, job_id, worker="b")
        assert second is not None
        assert second.attempts == 2

    with pytest.raises(errors.Conflict, match="b"), database.begin(world.detmold) as tx:
        jobs.complete(tx, world.detmold, job_id, {}, worker="a", now=START)
    with database.begin(world.detmold) as tx:
        jobs.complete(tx, world.detmold, job_id, {}, worker="b", now=START)


def test_the_same_files_make_no_new_version_and_a_fault_stores_nothing(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    with database.begin(world.detmold) as tx:
        again = deployments.deploy(tx, {"p.bpmn": file(process(BODY))}, world_id=world.id, name="x", by="t", now=START, readers={})
        assert [(d.version, d.is_new) for d in again.definitions] == [(1, False)]

    with pytest.raises(deployments.Refused, match="nichts wurde bereitgestellt") as refused, database.begin(world.detmold) as tx:
        deployments.deploy(
            tx,
            {"p.bpmn": b"<kaputt", "q.bpmn": file(process(user("allein"), key="q"))},
            world_id=world.id,
            name="x",
            by="t",
            now=START,
            readers={},
        )
    assert {finding.file for finding in refused.value.findings} == {"p.bpmn", "q.bpmn"}


def test_a_running_instance_keeps_the_process_it_began_with(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    start(database, world, business_key="ALT")
    shorter = node("startEvent", "s") + user("neu") + node("endEvent", "e") + chain("s", "neu", "e")
    deploy(database, world, ("p", shorter))
    start(database, world, business_key="NEU")

    assert waiting(database, world, "ALT") == ["u"]
    assert waiting(database, world, "NEU") == ["neu"]
    database.runtime.topics["thema"] = echo([])
    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.of_key(tx, world.detmold, "ALT")
        user_tasks.complete(tx, world.detmold, task.id, {"betrag": 500}, by="anna", now=START)
    worker.settle(database, world.id)
    assert waiting(database, world, "ALT") == ["v"]


def test_one_city_never_sees_the_rows_of_the_other(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    instance = start(database, world)

    with database.begin(world.oerlinghausen) as tx:
        for table in ("process_instance", "user_task", "timer", "job", "subscription", "history", "incident", "outbox"):
            assert tx.execute(text(f"select count(*) from {table}")).scalar_one() == 0, table
        with pytest.raises(errors.NotFound):
            instances.get(tx, world.oerlinghausen, instance.uuid)
    with pytest.raises(DBAPIError, match="row-level security"), database.begin(world.oerlinghausen) as tx:
        tx.execute(
            text("insert into incident (tenant_id, kind, element_id, message, opened_at) values (:t, 'job', '', '', now())"),
            {"t": world.detmold},
        )


def test_history_can_not_be_changed_by_the_application_nor_by_the_owner_by_accident(
    database: Database, world: World, owner: Connection
) -> None:
    deploy(database, world, ("p", BODY))
    start(database, world)

    for statement in ("update history set actor = 'x'", "delete from history", "truncate history"):
        with pytest.raises(DBAPIError), database.begin(world.detmold) as tx:
            tx.execute(text(statement))
        with pytest.raises(DBAPIError, match="nur zum Anfügen"):
            owner.execute(text(statement))


def tamper(owner: Connection, statement: str) -> None:
    owner.execute(text("set session_replication_role = replica"))
    owner.execute(text(statement))
    owner.execute(text("set session_replication_role = origin"))


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("update history set payload = replace(payload, '60.50', '61.50') where instance_id = {id} and seq = 1", "verändert"),
        ("delete from history where instance_id = {id} and seq = 1", "fehlt"),
        ("delete from history where instance_id = {id} and seq = 2", "Am Ende"),
    ],
)
def test_a_change_behind_our_back_breaks_the_chain_and_replay_names_it(
    database: Database, world: World, owner: Connection, statement: str, told: str
) -> None:
    database.runtime.topics["thema"] = echo([])
    deploy(database, world, ("p", BODY))
    instance = start(database, world)
    complete(database, world, "u", betrag=Decimal("60.50"))
    worker.settle(database, world.id)

    tamper(owner, statement.format(id=instance.id))

    with database.begin(world.detmold) as tx:
        breach = history.verify(tx, world.detmold, instance.id)
        assert breach is not None
        assert told in breach.message
        assert not replay.replay(tx, world.detmold, instance.id).identical


def test_replay_against_a_changed_condition_names_the_event(database: Database, world: World) -> None:
    database.runtime.topics["thema"] = echo([])
    deploy(database, world, ("p", BODY))
    instance = start(database, world)
    complete(database, world, "u", betrag=Decimal(500))
    worker.settle(database, world.id)
    changed = file(process(BODY.replace("betrag &gt; 100", "betrag &gt; 900")))

    with database.begin(world.detmold) as tx:
        assert replay.replay(tx, world.detmold, instance.id).identical
        replayed = replay.replay(tx, world.detmold, instance.id, against={"p.bpmn": changed})

    assert replayed.difference is not None
    assert replayed.difference.element_id == "g_v"
    assert "betrag > 900" in replayed.difference.replayed


def test_four_eyes_are_two_persons(database: Database, world: World) -> None:
    props = '<bpmn:extensionElements><camunda:properties><camunda:property name="four_eyes_of" value="a"/></camunda:properties></bpmn:extensionElements>'
    body = node("startEvent", "s") + user("a") + user("b", props) + node("endEvent", "e") + chain("s", "a", "b", "e")
    deploy(database, world, ("p", body))
    start(database, world)
    complete(database, world, "a", by="anna")

    with pytest.raises(errors.NotAllowed, match="Vier-Augen"):
        complete(database, world, "b", by="anna")
    complete(database, world, "b", by="ben")
    assert waiting(database, world) == []


def test_claiming_tells_who_has_the_task(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    start(database, world)
    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.open_tasks(tx, world.detmold)
        user_tasks.claim(tx, world.detmold, task.id, by="anna")
        user_tasks.claim(tx, world.detmold, task.id, by="anna")

    with pytest.raises(errors.Conflict, match="anna"), database.begin(world.detmold) as tx:
        user_tasks.claim(tx, world.detmold, task.id, by="ben")


def test_the_cache_of_live_instances_changes_nothing(database: Database, world: World, app_url: object) -> None:
    inner = node("startEvent", "es", message(), isInterrupting="false") + user("eu") + node("endEvent", "ee") + chain("es", "eu", "ee")
    body = BODY + event_subprocess("esp", inner)
    payloads = []
    for keep in (True, False):
        database.runtime = Runtime(keep_live=keep)
        database.engine.dispose()
        database.runtime.topics["thema"] = echo([])
        fresh = Database(database.engine, database.runtime)
        deploy(fresh, world, ("p", body))
        instance = start(fresh, world, business_key=f"K{keep}")
        with fresh.begin(world.detmold) as tx:
            for _ in range(3):
                messages.correlate(tx, "nachricht_a", f"K{keep}", {"n": 1}, tenant_id=world.detmold, now=START, by="x")
        with fresh.begin(world.detmold) as tx:
            kinds = [[event[:3] for event in command.content["events"]] for command in history.read(tx, world.detmold, instance.id)]
            assert replay.replay(tx, world.detmold, instance.id).identical
        payloads.append(kinds)

    assert payloads[0] == payloads[1]


def test_a_rolled_back_step_is_forgotten_by_the_cache(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    start(database, world)

    def fails() -> None:
        with database.begin(world.detmold) as tx:
            (task,) = user_tasks.open_tasks(tx, world.detmold)
            user_tasks.complete(tx, world.detmold, task.id, {"betrag": 1}, by="anna", now=START)
            raise RuntimeError("the commit never comes")

    with pytest.raises(RuntimeError):
        fails()

    assert waiting(database, world) == ["u"]
    complete(database, world, "u", betrag=2)
    with database.begin(world.detmold) as tx:
        (instance,) = instances.of_key(tx, world.detmold, "K1")
        assert instances.variables_of(tx, world.detmold, instance.id)["betrag"] == Decimal(2)


def test_functions_of_the_house_are_recorded_and_replayed(database: Database, world: World) -> None:
    database.runtime.functions = (feel.Function("verdopple", ("x",), lambda x: x * 2, "§ 1 Beispielgesetz"),)
    body = node("startEvent", "s") + script("x", "y", "verdopple(betrag)") + user("u") + node("endEvent", "e") + chain("s", "x", "u", "e")
    deploy(database, world, ("p", body))
    instance = start(database, world, betrag=Decimal(21))

    with database.begin(world.detmold) as tx:
        events = history.read(tx, world.detmold, instance.id)[0].content["events"]
        assert ["function_called", "", "", {"arguments": [Decimal(21)], "name": "verdopple", "result": Decimal(42)}] in events
        assert replay.replay(tx, world.detmold, instance.id).identical


def test_sandbox_and_effective_time(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    instance = start(database, world)

    with database.begin(world.detmold) as tx:
        (command,) = history.read(tx, world.detmold, instance.id)
    assert command.effective_at == START
    assert command.recorded_at != START
    assert command.recorded_at > datetime(2026, 1, 1, tzinfo=UTC)
    assert bpmn.START == START
