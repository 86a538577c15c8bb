"""A deployment is taken back when nobody uses it: refused with every reason, traced, and never a number twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from engine import bundles, contents, deployments, errors, instances, start_schedule, withdrawals
from engine.db import Database
from tests.conftest import START, World
from tests.engine.spiff.bpmn import chain, file, io, job, node, process, timer, user
from tests.engine.test_durable import start
from tests.engine.test_durable_more import RULE

ANY = contents.Reader(keys=lambda content, name: [(name.rpartition(".")[0], name)], check=lambda content, name: ())


def line(*keys: str) -> str:
    return node("startEvent", "s") + "".join(user(key) for key in keys) + node("endEvent", "e") + chain("s", *keys, "e")


def put(database: Database, world: World, files: dict[str, bytes | str]) -> UUID:
    """Deploy files; a text is the body of the process of the file's name."""
    made = {name: file(process(body, key=name.removesuffix(".bpmn"))) if isinstance(body, str) else body for name, body in files.items()}
    with database.begin(world.detmold) as tx:
        readers = {"form": ANY, "letter": ANY}
        return deployments.deploy(
            tx, made, world_id=world.id, name="Test", by="dora", now=START, readers=readers, tenant_id=world.detmold
        ).uuid


def undo(database: Database, world: World, deployment: UUID, reason: str = "Versehen") -> withdrawals.Withdrawn:
    with database.begin(world.detmold) as tx:
        return withdrawals.undo(tx, deployment, reason=reason, tenant_id=world.detmold, by="dora", now=START + timedelta(hours=1))


def reasons(database: Database, world: World, deployment: UUID) -> tuple[str, ...]:
    with pytest.raises(withdrawals.Refused) as refused:
        undo(database, world, deployment)
    with database.begin(world.detmold) as tx:
        assert withdrawals.reasons(tx, deployment, tenant_id=world.detmold) == refused.value.reasons
    return refused.value.reasons


def test_the_version_before_is_the_latest_again_and_the_trace_stays(database: Database, world: World) -> None:
    put(database, world, {"p.bpmn": line("a")})
    start(database, world, business_key="K1")
    mistaken = put(database, world, {"p.bpmn": line("falsch")})
    for _ in range(2):  # looked at meanwhile: then it is kept in memory
        with database.begin(world.detmold) as tx:
            bundles.for_start(tx, "p", tenant_id=world.detmold)

    made = undo(database, world, mistaken)

    assert made.versions == (("bpmn", "p", 2, 1),)
    again = start(database, world, business_key="K2")
    with database.begin(world.detmold) as tx:
        assert instances.get(tx, world.detmold, again.uuid).bundle_id == instances.of_key(tx, world.detmold, "K1")[0].bundle_id
        row = tx.execute(text("select * from deployment where uuid = :u"), {"u": mistaken}).one()
        assert (row.undone_by, row.undone_reason, row.undone_at) == ("dora", "Versehen", START + timedelta(hours=1))
        listed = [(one.version, one.undone_at is not None) for one in deployments.processes(tx, world.detmold)]
        assert listed == [(2, True), (1, False)]


def test_files_are_checked_against_what_is_left(database: Database, world: World) -> None:
    put(database, world, {"p.bpmn": line("a")})
    put(database, world, {"q.bpmn": line("a")})

    undo(database, world, put(database, world, {"p.bpmn": line("falsch"), "r.bpmn": line("b")}))

    with database.begin(world.detmold) as tx:
        found = deployments.beside(tx, world.id)
    assert found.versions == {"bpmn": {"p": {"version:1"}, "q": {"version:1"}}}
    assert set(found.latest) == {("bpmn", "p"), ("bpmn", "q")}
    assert b"falsch" not in found.latest["bpmn", "p"][1]


def test_a_number_is_never_given_twice_and_the_same_content_may_come_again(database: Database, world: World) -> None:
    put(database, world, {"p.bpmn": line("a")})
    undo(database, world, put(database, world, {"p.bpmn": line("b")}))

    assert put(database, world, {"p.bpmn": line("a")}) is not None
    again = put(database, world, {"p.bpmn": line("b")})

    with database.begin(world.detmold) as tx:
        assert [one.version for one in deployments.processes(tx, world.detmold)] == [3, 2, 1]
        assert bundles.for_start(tx, "p", tenant_id=world.detmold)[1].process.elements[1].id == "b"
    undo(database, world, again)
    with database.begin(world.detmold) as tx:
        assert bundles.for_start(tx, "p", tenant_id=world.detmold)[1].process.elements[1].id == "a"


def test_the_first_version_can_be_taken_back_and_then_there_is_none(database: Database, world: World) -> None:
    first = put(database, world, {"p.bpmn": line("a")})

    assert undo(database, world, first).versions == (("bpmn", "p", 1, None),)

    with pytest.raises(errors.NotFound, match="gibt es nicht"):
        start(database, world)


def test_instances_running_and_ended_and_those_of_other_cities_are_reasons(database: Database, world: World) -> None:
    put(database, world, {"p.bpmn": line("a")})
    mistaken = put(database, world, {"p.bpmn": line("b")})
    running = start(database, world, business_key="K1")
    with database.begin(world.oerlinghausen) as tx:
        instances.start(tx, "p", "O1", {}, tenant_id=world.oerlinghausen, now=START, by="test")

    assert reasons(database, world, mistaken) == (
        "Vorgang „K1“ (p) läuft mit Prozess „p“ Fassung 2.",
        "Stadt Oerlinghausen: 1 laufende und 0 beendete Vorgänge mit Prozess „p“ Fassung 2.",
    )
    with database.begin(world.detmold) as tx:
        instances.cancel(tx, world.detmold, running.id, reason="Test", by="anna", now=START)
    assert "lief mit" in reasons(database, world, mistaken)[0]


def test_a_later_version_is_taken_back_first(database: Database, world: World) -> None:
    put(database, world, {"p.bpmn": line("a")})
    second = put(database, world, {"p.bpmn": line("b")})
    third = put(database, world, {"p.bpmn": line("c")})

    assert reasons(database, world, second) == ("Prozess „p“ hat schon die Fassung 3. Bitte zuerst deren Bereitstellung zurücknehmen.",)

    undo(database, world, third)
    assert undo(database, world, second).versions == (("bpmn", "p", 2, 1),)


def test_what_remaining_diagrams_need_is_not_taken_away(database: Database, world: World) -> None:
    needed = put(database, world, {"q.bpmn": line("a"), "f.form": b"F", "gebuehr.dmn": RULE.format(fee=5).encode()})
    body = (
        node("startEvent", "s") + node("callActivity", "ruf", calledElement="q") + node("userTask", "u", camunda_formRef="f")
        + node("businessRuleTask", "r", camunda_decisionRef="gebuehr", camunda_resultVariable="x") + node("endEvent", "e") + chain("s", "ruf", "u", "r", "e")
    )  # fmt: skip
    put(database, world, {"p.bpmn": body})

    told = reasons(database, world, needed)

    assert set(told) == {
        "„r“ in „p“ Fassung 1 braucht Entscheidung „gebuehr“.",
        "„ruf“ in „p“ Fassung 1 braucht Prozess „q“.",
        "„u“ in „p“ Fassung 1 braucht Formular „f“.",
    }


def test_a_form_that_a_running_process_does_not_show_is_no_reason(database: Database, world: World) -> None:
    shown = node("startEvent", "s") + node("userTask", "u", camunda_formRef="f") + node("endEvent", "e") + chain("s", "u", "e")
    put(database, world, {"p.bpmn": shown, "o.bpmn": line("a"), "f.form": b"F1"})
    mistaken = put(database, world, {"f.form": b"F2"})
    start(database, world, "o", business_key="O1")

    assert undo(database, world, mistaken).versions == (("form", "f", 2, 1),)

    other = put(database, world, {"f.form": b"F3"})
    start(database, world, business_key="K1")
    assert reasons(database, world, other) == ("Vorgang „K1“ (p) läuft mit Formular „f“ Fassung 3.",)


def test_a_decision_that_only_an_older_running_version_asks_is_not_taken_away(database: Database, world: World) -> None:
    needed = put(database, world, {"gebuehr.dmn": RULE.format(fee=5).encode()})
    rule = node("businessRuleTask", "r", camunda_decisionRef="gebuehr", camunda_resultVariable="x")
    put(database, world, {"p.bpmn": node("startEvent", "s") + user("u") + rule + node("endEvent", "e") + chain("s", "u", "r", "e")})
    start(database, world, business_key="K1")
    put(database, world, {"p.bpmn": line("ohne")})

    told = reasons(database, world, needed)

    assert told == ("Stadt Detmold: 1 laufende Vorgänge von „p“ können noch nach der Entscheidung „gebuehr“ fragen.",)


def test_a_letter_whose_name_a_running_process_computes_may_be_any_and_is_not_taken_away(database: Database, world: World) -> None:
    computed = job("j", "thema", io({"vorlage": "${brief}"}))
    put(
        database,
        world,
        {"p.bpmn": node("startEvent", "s") + computed + node("endEvent", "e") + chain("s", "j", "e"), "bescheid.typ": b"B1"},
    )
    later = put(database, world, {"bescheid.typ": b"B2"})
    start(database, world, business_key="K1", brief="bescheid")

    told = reasons(database, world, later)

    assert told == ("Vorgang „K1“ (p) läuft mit Schreiben „bescheid“ Fassung 2.",)


def test_a_table_taken_back_is_asked_no_more(database: Database, world: World) -> None:
    rule = node("businessRuleTask", "r", camunda_decisionRef="gebuehr", camunda_resultVariable="x")
    body = node("startEvent", "s") + rule + user("u") + node("endEvent", "e") + chain("s", "r", "u", "e")
    put(database, world, {"p.bpmn": body, "gebuehr.dmn": RULE.format(fee=5).encode()})
    mistaken = put(database, world, {"gebuehr.dmn": RULE.format(fee=7).encode()})

    undo(database, world, mistaken)

    instance = start(database, world, betrag=1)
    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, instance.id)["x"] is not None
        used = tx.execute(text("select payload from history where instance_id = :i"), {"i": instance.id}).scalar_one()
        versions = tx.execute(
            text("select uuid::text from definition where kind = 'dmn' and world_id = :w and version = 1"), {"w": world.id}
        )
        assert versions.scalar_one() in used


def test_the_starts_of_the_version_before_are_planned_again(database: Database, world: World) -> None:
    def drawn(cycle: str) -> str:
        return node("startEvent", "s", timer("timeCycle", cycle)) + node("endEvent", "e") + chain("s", "e")

    put(database, world, {"p.bpmn": drawn("R/P1D")})
    mistaken = put(database, world, {"p.bpmn": drawn("R/PT1H")})

    undo(database, world, mistaken)

    with database.begin(world.detmold) as tx:
        assert [(one.cycle, one.due_at) for one in start_schedule.of_tenant(tx, world.detmold)] == [
            ("R/P1D", START + timedelta(days=1, hours=1))
        ]


def test_taking_back_needs_a_reason_a_known_deployment_and_happens_once(database: Database, world: World) -> None:
    mistaken = put(database, world, {"p.bpmn": line("a")})

    with pytest.raises(errors.InvalidInput, match="warum"):
        undo(database, world, mistaken, reason="  ")
    with pytest.raises(errors.NotFound):
        undo(database, world, uuid4())
    undo(database, world, mistaken)
    with pytest.raises(errors.InvalidState, match="dora schon am"):
        undo(database, world, mistaken)
