"""Which version of a called process, a form or a decision a diagram means: latest, that of its deployment, a number or a tag."""

from __future__ import annotations

import json

import pytest

from api import wiring
from engine import bundles, clock, contents, deployments, errors, instances, user_tasks
from engine.db import Database
from tests.conftest import START, World
from tests.engine.spiff import bpmn, zeebe
from tests.engine.spiff.bpmn import chain, node

BEGIN, END = node("startEvent", "s"), node("endEvent", "e")
DMN = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:camunda="http://camunda.org/schema/1.0/dmn"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="x" name="x" namespace="n"><decision id="d" name="d"{attribute}>{inner}'
    '<variable name="d"/><literalExpression id="l"><text>{value}</text></literalExpression></decision></definitions>'
)


def deploy(database: Database, world: World, files: dict[str, bytes]) -> None:
    with database.begin(world.detmold) as tx:
        deployments.deploy(tx, files, world_id=world.id, name="Test", by="test", now=START, readers=wiring.READERS)


def start(database: Database, world: World, key: str = "p") -> instances.Instance:
    with database.begin(world.detmold) as tx:
        return instances.start(tx, key, "K1", {}, tenant_id=world.detmold, now=clock.now(tx, world.detmold), by="test")


def called(number: int, *, eight: bool) -> bytes:
    """Return version `number` of the called process: its task and its tag say which it is."""
    body = (
        node("startEvent", "cs") + node("userTask", f"fassung_{number}") + node("endEvent", "ce") + chain("cs", f"fassung_{number}", "ce")
    )
    if eight:
        return zeebe.file(zeebe.process(body, key="q", extensions=zeebe.tag("versionTag", value=f"v{number}")))
    return bpmn.file(bpmn.process(body, key="q").replace("isExecutable", f'camunda:versionTag="v{number}" isExecutable'))


def caller(binding: str, *, eight: bool) -> bytes:
    how, _, which = binding.partition(":")
    if eight:
        attributes = {"bindingType": how} | ({"versionTag": which} if which else {})
        return zeebe.file(zeebe.process(BEGIN + zeebe.call("a", "q", **attributes) + END + chain("s", "a", "e")))
    attributes = {"camunda_calledElementBinding": how}
    attributes |= {f"camunda_calledElement{how[0].upper()}{how[1:]}": which} if which else {}
    return bpmn.file(bpmn.process(BEGIN + node("callActivity", "a", calledElement="q", **attributes) + END + chain("s", "a", "e")))


@pytest.mark.parametrize(("binding", "eight", "version"), [
    ("latest", False, 3), ("deployment", False, 2), ("version:1", False, 1), ("versionTag:v1", False, 1),
    ("latest", True, 3), ("deployment", True, 2), ("versionTag:v2", True, 2),
])  # fmt: skip
def test_a_called_process_is_bound_as_drawn(database: Database, world: World, binding: str, eight: bool, version: int) -> None:
    deploy(database, world, {"q.bpmn": called(1, eight=eight)})
    deploy(database, world, {"p.bpmn": caller(binding, eight=eight), "q.bpmn": called(2, eight=eight)})
    deploy(database, world, {"q.bpmn": called(3, eight=eight)})

    start(database, world)

    with database.begin(world.detmold) as tx:
        assert [task.element_id for task in user_tasks.of_key(tx, world.detmold, "K1")] == [f"fassung_{version}"]


def form(number: int) -> bytes:
    component = {"type": "textfield", "id": f"Feld_{number}", "key": f"feld_{number}", "label": "Feld"}
    return json.dumps({"type": "default", "id": "f", "schemaVersion": 19, "versionTag": f"v{number}", "components": [component]}).encode()


@pytest.mark.parametrize(("attributes", "version"), [
    ({}, 3), ({"bindingType": "latest"}, 3), ({"bindingType": "deployment"}, 2), ({"bindingType": "versionTag", "versionTag": "v1"}, 1),
])  # fmt: skip
def test_a_form_is_kept_in_the_version_it_is_bound_to(database: Database, world: World, attributes: dict[str, str], version: int) -> None:
    diagram = zeebe.file(
        zeebe.process(BEGIN + zeebe.user("u", zeebe.tag("formDefinition", formId="f", **attributes)) + END + chain("s", "u", "e"))
    )
    deploy(database, world, {"f.form": form(1)})
    deploy(database, world, {"p.bpmn": diagram, "f.form": form(2)})
    deploy(database, world, {"f.form": form(3)})

    instance = start(database, world)

    with database.begin(world.detmold) as tx:
        assert bundles.pinned(tx, instance.bundle_id, "form", "f")[0] == version


def test_what_is_not_there_is_named_in_german(database: Database, world: World) -> None:
    deploy(database, world, {"q.bpmn": called(1, eight=False)})

    instance = start(database, world, "q")

    with database.begin(world.detmold) as tx:
        with pytest.raises(errors.NotFound, match=r"^Schreiben „bescheid“ gehört nicht zu den Modellen"):
            bundles.pinned(tx, instance.bundle_id, "letter", "bescheid")
        with pytest.raises(errors.NotFound, match=r"^Formular „antrag“ gibt es nicht"):
            deployments.content(tx, "form", "antrag", tenant_id=world.detmold)
        for version in (2, 2**40):
            with pytest.raises(errors.NotFound, match=f"^Prozess „q“ gibt es in der Fassung {version} nicht"):
                deployments.content(tx, "bpmn", "q", version, tenant_id=world.detmold)


@pytest.mark.parametrize("eight", [True, False])
def test_a_decision_is_asked_in_the_version_with_the_tag(database: Database, world: World, eight: bool) -> None:
    def decision(number: int) -> bytes:
        inner = f'<extensionElements><zeebe:versionTag value="v{number}"/></extensionElements>' if eight else ""
        return DMN.format(attribute="" if eight else f' camunda:versionTag="v{number}"', inner=inner, value=number * 10).encode()

    if eight:
        body = zeebe.decide("r", "d", "ergebnis", bindingType="versionTag", versionTag="v1") + zeebe.user("u")
        diagram = zeebe.file(zeebe.process(BEGIN + body + END + chain("s", "r", "u", "e")))
    else:
        drawn = {"camunda_decisionRef": "d", "camunda_decisionRefBinding": "versionTag", "camunda_decisionRefVersionTag": "v1"}
        drawn |= {"camunda_mapDecisionResult": "singleEntry", "camunda_resultVariable": "ergebnis"}
        body = node("businessRuleTask", "r", **drawn) + bpmn.user("u")
        diagram = bpmn.file(bpmn.process(BEGIN + body + END + chain("s", "r", "u", "e")))
    deploy(database, world, {"d.dmn": decision(1), "p.bpmn": diagram})
    deploy(database, world, {"d.dmn": decision(2)})

    instance = start(database, world)

    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, instance.id)["ergebnis"] == 10


@pytest.mark.parametrize(("binding", "shown"), [("versionTag:v9", "Eine Fassung mit dem Kennzeichen „v9“"), ("version:3", "Die Fassung 3")])
def test_a_version_that_does_not_exist_is_told_when_deploying(database: Database, world: World, binding: str, shown: str) -> None:
    deploy(database, world, {"q.bpmn": called(1, eight=binding.startswith("versionTag"))})

    with pytest.raises(deployments.Refused, match=f"{shown} des Prozesses „q“ gibt es nicht"):
        deploy(database, world, {"p.bpmn": caller(binding, eight=binding.startswith("versionTag"))})


def test_the_version_that_a_deployment_makes_may_be_bound_in_it(database: Database, world: World) -> None:
    deploy(database, world, {"q.bpmn": called(1, eight=False)})
    deploy(database, world, {"q.bpmn": called(2, eight=False), "p.bpmn": caller("version:2", eight=False)})

    start(database, world)

    with database.begin(world.detmold) as tx:
        assert [task.element_id for task in user_tasks.of_key(tx, world.detmold, "K1")] == ["fassung_2"]


def test_two_versions_of_one_thing_in_one_process_are_a_finding() -> None:
    first, second = zeebe.call("a", "q"), zeebe.call("b", "q", bindingType="deployment")
    diagram = zeebe.file(zeebe.process(BEGIN + first + second + END + chain("s", "a", "b", "e")))

    found = contents.check({"p.bpmn": diagram, "q.bpmn": called(1, eight=True)}, wiring.READERS)

    assert [(one.element_id, one.message) for one in found if one.severity == "error"] == [
        ("b", "Den Prozess „q“ verlangt der Prozess in zwei Fassungen.")
    ]


def test_two_versions_of_one_process_reached_over_a_third_are_told_when_starting(database: Database, world: World) -> None:
    middle = zeebe.file(
        zeebe.process(BEGIN + zeebe.call("m", "q", bindingType="versionTag", versionTag="v1") + END + chain("s", "m", "e"), key="r")
    )
    body = zeebe.call("a", "r") + zeebe.call("b", "q")
    deploy(database, world, {"q.bpmn": called(1, eight=True)})
    top = zeebe.file(zeebe.process(BEGIN + body + END + chain("s", "a", "b", "e")))
    deploy(database, world, {"q.bpmn": called(2, eight=True), "r.bpmn": middle, "p.bpmn": top})

    with pytest.raises(errors.InvalidState, match="in zwei Fassungen zugleich"):
        start(database, world)


def versions_called(database: Database, world: World) -> list[str]:
    with database.begin(world.detmold) as tx:
        return sorted(task.element_id for task in user_tasks.of_key(tx, world.detmold, "K1"))


def test_an_unchanged_caller_bound_to_its_deployment_is_a_new_version_where_what_it_calls_came_anew(
    database: Database, world: World
) -> None:
    p, first, second, third = caller("deployment", eight=False), *(called(number, eight=False) for number in (1, 2, 3))
    deploy(database, world, {"p.bpmn": p, "q.bpmn": first})
    start(database, world)
    deploy(database, world, {"p.bpmn": p, "q.bpmn": second})
    deploy(database, world, {"q.bpmn": third})
    start(database, world)
    assert versions_called(database, world) == ["fassung_1", "fassung_2"]

    deploy(database, world, {"p.bpmn": p, "q.bpmn": third})
    start(database, world)
    with database.begin(world.detmold) as tx:
        again = {"p.bpmn": p, "q.bpmn": third}
        made = deployments.deploy(tx, again, world_id=world.id, name="Test", by="test", now=START, readers=wiring.READERS)

    assert versions_called(database, world) == ["fassung_1", "fassung_2", "fassung_3"]
    assert [(one.key, one.version, one.is_new) for one in made.definitions] == [("p", 3, False), ("q", 3, False)]


def test_a_decision_bound_to_its_deployment_is_that_of_the_process_that_asks(database: Database, world: World) -> None:
    asks = node("businessRuleTask", "a", camunda_decisionRef="d", camunda_decisionRefBinding="deployment", camunda_mapDecisionResult="singleEntry",
                camunda_resultVariable="w")  # fmt: skip
    inner = node("startEvent", "cs") + asks + node("userTask", "u") + node("endEvent", "ce") + chain("cs", "a", "u", "ce")
    q = bpmn.file(bpmn.process(inner, key="q"))
    deploy(database, world, {"q.bpmn": q, "d.dmn": DMN.format(attribute="", inner="", value=1).encode()})
    deploy(database, world, {"d.dmn": DMN.format(attribute="", inner="", value=2).encode()})
    calls = node("callActivity", "c", calledElement="q")
    deploy(database, world, {"p.bpmn": bpmn.file(bpmn.process(BEGIN + calls + END + chain("s", "c", "e")))})

    started = start(database, world)

    # The caller came later than the second version of the table; the called process that asks came before it.
    with database.begin(world.detmold) as tx:
        (task,) = user_tasks.of_instance(tx, world.detmold, started.id)
        _, seen = instances.visible(tx, world.detmold, started.id, [task.id])[task.id]
    assert seen["w"] == 1
