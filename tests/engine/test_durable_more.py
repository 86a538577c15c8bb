"""Jobs for workers outside, poison jobs, bound decisions, bulk commands, rival completions, paging, and a clock moved beside a worker."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from engine import (
    bulk,
    clock,
    deployments,
    errors,
    external_tasks,
    history,
    incidents,
    instances,
    jobs,
    messages,
    replay,
    user_tasks,
    worker,
)
from engine.db import Database
from engine.protocol import Stimulus
from tests.conftest import START, World
from tests.engine.spiff.bpmn import chain, file, flow, io, job, node, process, user
from tests.engine.test_durable import BODY, complete, deploy, start, tamper, waiting

THEMA = external_tasks.Wanted("thema", timedelta(seconds=30))
NICHTS = external_tasks.Wanted("nichts", timedelta(seconds=30))
JOB = node("startEvent", "s") + job("j", inner=io({"summe": "=betrag"})) + user("v") + node("endEvent", "e") + chain("s", "j", "v", "e")
RULE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="gebuehr" name="gebuehr">
<decisionTable id="t" hitPolicy="FIRST"><input id="i"><inputExpression id="ie" typeRef="number"><text>betrag</text></inputExpression></input>
<output id="o" name="gebuehr" typeRef="number"/><rule id="r"><inputEntry id="x"><text>-</text></inputEntry><outputEntry id="y"><text>{fee}</text>
</outputEntry></rule></decisionTable></decision></definitions>"""


def only_job(database: Database, world: World) -> jobs.Job:
    with database.begin(world.detmold) as tx:
        job_id = tx.execute(text("select id from job")).scalar_one()
        return jobs.get(tx, world.detmold, job_id)


def test_a_worker_outside_fetches_fails_retries_and_completes(database: Database, world: World) -> None:
    deploy(database, world, ("p", JOB))
    start(database, world, betrag=Decimal(5))

    with database.begin(world.detmold) as tx:
        (taken,) = external_tasks.fetch(tx, world.detmold, [THEMA], worker="außen")
        assert external_tasks.fetch(tx, world.detmold, [THEMA], worker="anderer") == []
        assert external_tasks.fetch(tx, world.detmold, [NICHTS], worker="anderer") == []
    with database.begin(world.detmold) as tx:
        jobs.extend(tx, world.detmold, taken.id, worker="außen", lease=timedelta(minutes=5))
        assert jobs.fail(tx, world.detmold, taken.id, "Papierstau", worker="außen", now=START) == 2
    with pytest.raises(errors.Conflict, match="nicht mehr vergeben"), database.begin(world.detmold) as tx:
        jobs.complete(tx, world.detmold, taken.id, {}, worker="außen", now=START)
    with database.begin(world.detmold) as tx:
        (again,) = external_tasks.fetch(tx, world.detmold, [THEMA], worker="außen")
        assert again.attempts == 2
        jobs.complete(tx, world.detmold, taken.id, {"ergebnis": Decimal(1)}, worker="außen", now=START)

    assert waiting(database, world) == ["v"]


def test_the_last_failure_outside_opens_an_incident_and_a_late_worker_cannot_spoil_it(database: Database, world: World) -> None:
    deploy(database, world, ("p", JOB))
    start(database, world, betrag=Decimal(5))
    with database.begin(world.detmold) as tx:
        (taken,) = external_tasks.fetch(tx, world.detmold, [THEMA], worker="außen")
        assert jobs.fail(tx, world.detmold, taken.id, "Kein Papier", worker="außen", now=START, retries=0) == 0

    with pytest.raises(errors.Conflict), database.begin(world.detmold) as tx:
        jobs.fail(tx, world.detmold, taken.id, "spät", worker="außen", now=START)
    with database.begin(world.detmold) as tx:
        (incident,) = incidents.open_ones(tx, world.detmold)
        assert (incident.message, incident.element_id, incident.business_key) == ("Kein Papier", "j", "K1")
        assert external_tasks.fetch(tx, world.detmold, [THEMA], worker="außen") == []
        with pytest.raises(errors.InvalidState, match="abbrechen"):
            incidents.dismiss(tx, world.detmold, incident.uuid, by="anna", reason="egal", now=START)
        instances.cancel(tx, world.detmold, taken.instance_id, reason="Irrtum", by="anna", now=START)
        assert incidents.open_ones(tx, world.detmold) == []


def test_a_job_that_kills_its_workers_becomes_an_incident(database: Database, world: World) -> None:
    deploy(database, world, ("p", JOB))
    start(database, world, betrag=Decimal(5))
    job_id = only_job(database, world).id
    for _ in range(jobs.MAX_ATTEMPTS):
        with database.begin(world.detmold) as tx:
            assert jobs.take(tx, world.detmold, job_id, worker="stirbt", lease=timedelta(seconds=-1)) is not None

    with database.begin(world.detmold) as tx:
        assert jobs.take(tx, world.detmold, job_id, worker="nächster") is None
    with database.begin(world.detmold) as tx:
        (incident,) = incidents.open_ones(tx, world.detmold)
        assert "10-mal begonnen" in incident.message
        incidents.retry(tx, world.detmold, incident.uuid, by="anna", reason="Speicher erweitert", now=START)
        assert jobs.take(tx, world.detmold, job_id, worker="nächster") is not None


@pytest.mark.parametrize("place", ["gather", "record"])
def test_a_topic_that_misses_its_data_is_an_incident_and_not_a_job_no_longer_wanted(database: Database, world: World, place: str) -> None:
    def missing(tx: Connection, taken: jobs.Job, *rest: object) -> dict[str, object]:
        raise errors.NotFound("Die Forderung gibt es nicht.")

    def fine(tx: Connection, taken: jobs.Job, result: object, now: datetime) -> dict[str, object]:
        return {}

    gather = missing if place == "gather" else None
    database.runtime.topics["thema"] = jobs.Topic("thema", (jobs.Parameter("summe"),), (), missing if place == "record" else fine, gather)
    deploy(database, world, ("p", JOB))
    start(database, world, betrag=Decimal(5))

    report = worker.settle(database, world.id)

    assert report.incidents == ["Die Forderung gibt es nicht."]
    assert only_job(database, world).attempts == 1


def test_in_virtual_time_a_failing_job_uses_up_its_tries_at_once(database: Database, world: World) -> None:
    def broken(tx: Connection, taken: jobs.Job, result: object, now: datetime) -> dict[str, object]:
        raise RuntimeError("kaputt")

    database.runtime.topics["thema"] = jobs.Topic("thema", (jobs.Parameter("summe"),), (), broken)
    deploy(database, world, ("p", JOB))
    start(database, world, betrag=Decimal(5))

    report = worker.run_until(database, world.id, START + timedelta(days=1))

    assert report.incidents == ["Unerwarteter Fehler (RuntimeError): kaputt"]
    assert only_job(database, world).attempts == 3


def test_two_people_complete_the_same_task_at_the_same_moment_and_one_is_told_who_was_faster(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    instance = start(database, world)
    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.open_tasks(tx, world.detmold)
    told: list[str] = []

    def second() -> None:
        try:
            with database.begin(world.detmold) as tx:
                user_tasks.complete(tx, world.detmold, task.id, {"betrag": 2}, by="ben", now=START)
        except errors.Conflict as conflict:
            told.append(str(conflict))

    with database.begin(world.detmold) as tx:
        user_tasks.complete(tx, world.detmold, task.id, {"betrag": 1}, by="anna", now=START)
        rival = threading.Thread(target=second)
        rival.start()
        rival.join(0.3)
        assert rival.is_alive(), "the rival waits for the lock"
    rival.join(10)

    assert len(told) == 1
    assert "anna am 17.08.2026 um 08:00" in told[0]
    with database.begin(world.detmold) as tx:
        assert len(history.read(tx, world.detmold, instance.id)) == 2


def test_a_page_of_tasks_goes_on_where_the_last_one_ended_also_without_due_dates(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    for number in range(5):
        start(database, world, business_key=f"K{number}")

    seen: list[object] = []
    after = None
    with database.begin(world.detmold) as tx:
        for _ in range(4):
            page = user_tasks.open_tasks(tx, world.detmold, after=after, limit=2)
            seen += [task.id for task in page]
            after = (page[-1].due_at, page[-1].id) if page else after

    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("beside", [False, True])
def test_the_tasks_that_follow_are_told_as_the_database_holds_them(database: Database, world: World, beside: bool) -> None:
    drawn = node(
        "userTask", "v", io({"summe": "=betrag * 2"}), camunda_formRef="f", camunda_candidateGroups="a,b", camunda_assignee="anna",
        camunda_dueDate="2026-09-01T00:00:00Z", camunda_followUpDate="2026-08-20T00:00:00Z", camunda_priority="70",
    )  # fmt: skip
    fork = node("startEvent", "s") + node("parallelGateway", "g") + user("u") + user("w") + drawn + node("endEvent", "e")
    deploy(database, world, ("p", fork + chain("s", "g", "u", "v", "e") + (chain("g", "w", "e") if beside else chain("v", "w", "e"))))
    start(database, world, betrag=Decimal("84.50"))

    told = complete(database, world, "u").next_tasks

    with database.begin(world.detmold) as tx:
        held = user_tasks.of_key(tx, world.detmold, "K1")
    assert {task.element_id for task in held} == ({"w", "v"} if beside else {"v"})
    assert sorted(told, key=lambda task: task.element_id) == sorted(held, key=lambda task: task.element_id)


def test_only_the_holder_gives_a_task_back(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    start(database, world)
    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.open_tasks(tx, world.detmold)
        user_tasks.claim(tx, world.detmold, task.id, by="anna")
        with pytest.raises(errors.Conflict, match="anna übernommen, nicht ben"):
            user_tasks.unclaim(tx, world.detmold, task.id, by="ben")
        user_tasks.unclaim(tx, world.detmold, task.id, by="anna")
        user_tasks.claim(tx, world.detmold, task.id, by="ben")


@pytest.mark.parametrize(("binding", "fee"), [("", 7), ('camunda:decisionRefBinding="deployment"', 5),
                                              ('camunda:decisionRefBinding="version" camunda:decisionRefVersion="1"', 5)])  # fmt: skip
def test_a_decision_is_bound_as_drawn_and_replay_uses_what_was_used(database: Database, world: World, binding: str, fee: int) -> None:
    rule = (
        f'<bpmn:businessRuleTask id="r" name="r" camunda:decisionRef="gebuehr" {binding} camunda:resultVariable="gebuehr"'
        ' camunda:mapDecisionResult="singleEntry"/>'
    )
    body = node("startEvent", "s") + user("u") + rule + user("v") + node("endEvent", "e") + chain("s", "u", "r", "v", "e")
    deploy(database, world, ("p", body), extra={"gebuehr.dmn": RULE.format(fee=5).encode()})
    instance = start(database, world, betrag=Decimal(1))
    with database.begin(world.detmold) as tx:
        files = {"gebuehr.dmn": RULE.format(fee=7).encode()}
        deployments.deploy(tx, files, world_id=world.id, name="neu", by="t", now=START, readers={})

    complete(database, world, "u")

    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, instance.id)["gebuehr"] == fee
        files = {"gebuehr.dmn": RULE.format(fee=9).encode()}
        deployments.deploy(tx, files, world_id=world.id, name="noch neuer", by="t", now=START, readers={})
    with database.begin(world.detmold) as tx:
        assert replay.replay(tx, world.detmold, instance.id).identical


def test_many_instances_in_one_transaction_and_one_bad_one_leaves_the_others_alone(database: Database, world: World) -> None:
    body = node("startEvent", "s") + user("u") + node("exclusiveGateway", "g") + node("endEvent", "e") + chain("s", "u", "g")
    deploy(database, world, ("p", body + flow("g", "e", "x = 1")))
    with database.begin(world.detmold) as tx:
        items = [("A", {}), ("B", {"currentUser": "frech"}), ("C", {})]
        started = bulk.start(tx, "p", items, tenant_id=world.detmold, now=START, by="lauf")
        assert sorted(started.instances) == [0, 2]
        assert "currentUser" in started.failed[1]
        assert instances.of_key(tx, world.detmold, "B") == []
    with database.begin(world.detmold) as tx:
        tasks = {task.instance_id: task.id for task in user_tasks.open_tasks(tx, world.detmold)}
        a, c = started.instances[0].id, started.instances[2].id
        commands = {
            i: Stimulus("user_task_completed", wait_id=tasks[i], variables={"x": Decimal(x)}, by="lauf") for i, x in ((a, 1), (c, 2))
        }
        done = bulk.advance(tx, world.detmold, commands, START)
        assert list(done.steps) == [a]
        assert "keine Bedingung" in done.failed[c]

    with database.begin(world.detmold) as tx:
        assert [found.status for found in instances.of_key(tx, world.detmold, "A")] == ["completed"]
        assert all(breach is None for _, breach in history.verify_all(tx, world.detmold))
        assert replay.replay(tx, world.detmold, a).identical
    assert waiting(database, world, "C") == ["u"]


def test_bulk_work_under_savepoints_keeps_what_succeeded(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))

    def act(tx: Connection, key: str) -> None:
        instances.start(tx, "p", key, {}, tenant_id=world.detmold, now=START, by="lauf")
        if key == "B":
            raise errors.InvalidInput("B fehlt etwas.")

    with database.begin(world.detmold) as tx:
        assert bulk.each(tx, ["A", "B", "C"], act) == {1: "B fehlt etwas."}

    assert [waiting(database, world, key) for key in "ABC"] == [["u"], [], ["u"]]


@pytest.mark.parametrize(
    "change",
    ["actor = 'eve'", "kind = 'x'", "effective_at = effective_at + interval '1 microsecond'",
     "recorded_at = recorded_at - interval '1 day'"],
)  # fmt: skip
def test_columns_beside_the_payload_are_chained_with_it(database: Database, world: World, owner: Connection, change: str) -> None:
    deploy(database, world, ("p", BODY))
    instance = start(database, world)

    tamper(owner, f"update history set {change} where instance_id = {instance.id} and seq = 0")

    with database.begin(world.detmold) as tx:
        breach = history.verify(tx, world.detmold, instance.id)
        assert breach is not None
        assert "verändert" in breach.message


def test_replay_finds_a_changed_input_even_when_the_whole_chain_was_computed_anew(
    database: Database, world: World, owner: Connection
) -> None:
    deploy(database, world, ("p", BODY))
    instance = start(database, world)
    complete(database, world, "u", betrag=Decimal("60.50"))
    rows = owner.execute(text("select seq, payload from history where instance_id = :i order by seq"), {"i": instance.id}).all()

    head = history.GENESIS
    for seq, payload in rows:
        forged = payload.replace('"variables":{"betrag":{"@zahl":"60.50"}}', '"variables":{"betrag":{"@zahl":"6.50"}}')
        head = hashlib.sha256(head + forged.encode()).digest()
        quoted = forged.replace("'", "''").replace(":", "\\:")
        tamper(
            owner, f"update history set payload = '{quoted}', hash = '\\x{head.hex()}' where instance_id = {instance.id} and seq = {seq}"
        )
    tamper(owner, f"update process_instance set chain_head = '\\x{head.hex()}' where id = {instance.id}")

    with database.begin(world.detmold) as tx:
        assert history.verify(tx, world.detmold, instance.id) is None
        replayed = replay.replay(tx, world.detmold, instance.id)
    assert replayed.difference is not None
    assert replayed.difference.seq == 1
    assert "60.50" in replayed.difference.recorded
    assert "6.50" in replayed.difference.replayed


def test_a_clock_moved_beside_a_worker_waits_for_the_job_the_worker_has_begun(database: Database, world: World) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(gathered: object) -> object:
        begun.set()
        assert go_on.wait(10)
        return gathered

    def record(tx: Connection, taken: jobs.Job, result: object, now: datetime) -> dict[str, object]:
        return {"wann": now}

    database.runtime.topics["thema"] = jobs.Topic("thema", (jobs.Parameter("summe"),), (jobs.Parameter("wann"),), record, work=slow)
    deploy(database, world, ("p", JOB))
    instance = start(database, world, betrag=Decimal(5))
    beside = threading.Thread(target=lambda: worker.run_once(database, name="nebenan"))
    beside.start()
    assert begun.wait(10)
    mover = threading.Thread(target=lambda: worker.run_until(database, world.id, START + timedelta(days=30)))
    mover.start()
    mover.join(0.3)
    assert mover.is_alive(), "the clock waits for the job"

    go_on.set()
    mover.join(10)
    beside.join(10)

    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, instance.id)["wann"] == START
        assert clock.now(tx, world.detmold) == START + timedelta(days=30)


def test_a_message_nobody_expects_can_be_thrown_away_with_a_reason(database: Database, world: World) -> None:
    with database.begin(world.detmold) as tx:
        messages.send(tx, "nachricht_b", "NIEMAND", {}, tenant_id=world.detmold, now=START)
    worker.settle(database, world.id)

    with database.begin(world.detmold) as tx:
        (incident,) = incidents.open_ones(tx, world.detmold)
        with pytest.raises(errors.InvalidInput):
            incidents.dismiss(tx, world.detmold, incident.uuid, by="anna", reason=" ", now=START)
        incidents.dismiss(tx, world.detmold, incident.uuid, by="anna", reason="Doppelt gesendet", now=START)
        with pytest.raises(errors.Conflict, match="anna"):
            incidents.retry(tx, world.detmold, incident.uuid, by="ben", reason="nochmal", now=START)
        assert tx.execute(text("select count(*) from outbox")).scalar_one() == 0


def test_variables_set_from_outside_stand_in_history_with_who_and_why(database: Database, world: World) -> None:
    deploy(database, world, ("p", BODY))
    instance = start(database, world, betrag=Decimal(1))

    with database.begin(world.detmold) as tx:
        with pytest.raises(errors.InvalidInput):
            instances.set_variables(tx, world.detmold, instance.id, {"betrag": Decimal(2)}, reason="", by="anna", now=START)
        instances.set_variables(tx, world.detmold, instance.id, {"betrag": Decimal(2)}, reason="Tippfehler", by="anna", now=START)

    with database.begin(world.detmold) as tx:
        command = history.read(tx, world.detmold, instance.id)[-1]
        assert (command.kind, command.actor, command.content["stimulus"]["name"]) == ("variables_set", "anna", "Tippfehler")
        assert instances.variables_of(tx, world.detmold, instance.id)["betrag"] == 2
        assert replay.replay(tx, world.detmold, instance.id).identical


def test_a_called_process_is_kept_although_its_file_was_replaced(database: Database, world: World) -> None:
    call = node("callActivity", "c", calledElement="q")
    caller = node("startEvent", "s") + user("u") + call + node("endEvent", "e") + chain("s", "u", "c", "e")
    called = node("startEvent", "qs") + user("{}") + node("endEvent", "qe") + chain("qs", "{}", "qe")
    with database.begin(world.detmold) as tx:
        both = file(process(caller), process(called.replace("{}", "alt"), key="q"))
        deployments.deploy(tx, {"alles.bpmn": both}, world_id=world.id, name="1", by="t", now=START, readers={})
    start(database, world)
    with database.begin(world.detmold) as tx:
        other = file(process(called.replace("{}", "neu"), key="q"))
        deployments.deploy(tx, {"alles.bpmn": other}, world_id=world.id, name="2", by="t", now=START, readers={})
    start(database, world, business_key="K2")
    database.runtime.definitions.clear()

    for key, expected in (("K1", "alt"), ("K2", "neu")):
        with database.begin(world.detmold) as tx:
            (task,) = user_tasks.of_key(tx, world.detmold, key)
            user_tasks.complete(tx, world.detmold, task.id, {}, by="anna", now=START)
        assert waiting(database, world, key) == [expected]
