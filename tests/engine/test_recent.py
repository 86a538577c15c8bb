"""What a worker keeps in memory has an end, and what went is read again."""

from __future__ import annotations

from decimal import Decimal

from engine import deployments, instances, recent, replay
from engine.db import Database
from tests.conftest import World
from tests.engine.spiff.bpmn import chain, node
from tests.engine.test_durable import deploy, start
from tests.engine.test_durable_more import RULE


def test_the_one_that_was_not_asked_for_goes_first() -> None:
    kept: recent.Recent[str, int] = recent.Recent(2)
    kept.keep("a", 1)
    kept.keep("b", 2)

    assert kept.get("a") == 1
    kept.keep("c", 3)

    assert len(kept) == 2
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)


def test_what_is_kept_again_takes_no_second_place() -> None:
    kept: recent.Recent[str, int] = recent.Recent(2)
    kept.keep("a", 1)
    kept.keep("b", 2)

    kept.keep("a", 3)
    kept.keep("c", 4)

    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (3, None, 4)


def test_a_worker_that_saw_many_versions_holds_few_and_computes_with_each_of_them(database: Database, world: World) -> None:
    rule = (
        '<bpmn:businessRuleTask id="r" name="r" camunda:decisionRef="gebuehr" camunda:resultVariable="gebuehr"'
        ' camunda:mapDecisionResult="singleEntry"/>'
    )
    body = node("startEvent", "s") + rule + node("userTask", "u") + node("endEvent", "e") + chain("s", "r", "u", "e")
    runtime, begun = database.runtime, []
    for kept in (runtime.definitions, runtime.models, runtime.bound, runtime.bundles, runtime.event_starts):
        kept.most = 3

    for fee in range(8):
        deploy(database, world, ("p", body.replace('name="r"', f'name="r{fee}"')), extra={"gebuehr.dmn": RULE.format(fee=fee).encode()})
        begun.append(start(database, world, business_key=f"K{fee}", betrag=Decimal(1)))

    for kept in (runtime.definitions, runtime.models, runtime.bound):
        assert len(kept) == 3
    with database.begin(world.detmold) as tx:
        assert [instances.variables_of(tx, world.detmold, one.id)["gebuehr"] for one in begun] == list(range(8))
        assert [replay.replay(tx, world.detmold, one.id).difference for one in begun] == [None] * 8
        assert deployments.event_starts(tx, "message", "nichts", tenant_id=world.detmold) == []
