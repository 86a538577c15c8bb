"""Camunda 7's /migration: a plan is proposed, checked, and carried out on all or none."""

from __future__ import annotations

from typing import Any

import pytest

from engine import history, instances, replay
from tests.api.rest.conftest import Caller, Office
from tests.api.rest.models import deploy, diagram, started
from tests.engine.spiff.bpmn import boundary, chain, flow, node, timer, user

BASE = "/engine-rest/migration"


def body(task: str = "pruefen", *, days: int = 14, more: str = "") -> str:
    """Return a process: a task with a deadline, then a subprocess with another task; `more` stands in between."""
    inner = node("startEvent", "s2") + user("zeichnen") + node("endEvent", "e2") + chain("s2", "zeichnen", "e2")
    steps = ("s", task, *([more] if more else []), "teil", "e")
    return (
        node("startEvent", "s") + user(task) + boundary("frist", task, timer("timeDuration", f"P{days}D")) + flow("frist", "e")
        + (user(more) if more else "") + node("subProcess", "teil", inner) + node("endEvent", "e") + chain(*steps)
    )  # fmt: skip


VERSIONS = (body(), body("pruefen_neu", days=20), body(more="dazwischen"))


@pytest.fixture(scope="module")
def ids(office: Office) -> list[str]:
    """Deploy three versions of one process and one of another; return their ids."""
    jörg = office.client("jörg")
    found = []
    for inner in VERSIONS:
        answer = deploy(jörg, diagram("umzug", inner=inner), name="umzug.bpmn")
        assert answer.status_code == 200, answer.get_json()
        found.append(next(iter(answer.get_json()["deployedProcessDefinitions"])))
    other = deploy(jörg, diagram("anderer"), name="anderer.bpmn").get_json()
    return [*found, next(iter(other["deployedProcessDefinitions"]))]


def begin(office: Office, definition_id: str, count: int = 1) -> list[str]:
    made = []
    for _ in range(count):
        answer = office.client("anna").post(f"/engine-rest/process-definition/{definition_id}/start", {"businessKey": "U-1"})
        assert answer.status_code == 200, answer.get_json()
        made.append(str(answer.get_json()["id"]))
    return made


def generated(caller: Caller, source: str, target: str) -> dict[str, Any]:
    answer = caller.post(f"{BASE}/generate", {"sourceProcessDefinitionId": source, "targetProcessDefinitionId": target, "variables": None})
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def instruction(source: str, target: str, follows: bool = False) -> dict[str, object]:
    return {"sourceActivityIds": [source], "targetActivityIds": [target], "updateEventTrigger": follows}


def at(office: Office, instance: str) -> list[str]:
    listed = office.client("anna").get(f"/engine-rest/task?processInstanceId={instance}").get_json()
    return [f"{one['processDefinitionId'].split(':')[1]} {one['taskDefinitionKey']}" for one in listed]


def test_a_generated_plan_names_what_is_called_the_same_and_is_valid(office: Office, ids: list[str]) -> None:
    jörg = office.client("jörg")

    renamed, same = generated(jörg, ids[0], ids[1]), generated(jörg, ids[0], ids[2])

    assert (same["sourceProcessDefinitionId"], same["targetProcessDefinitionId"]) == (ids[0], ids[2])
    assert same["instructions"] == [
        instruction("pruefen", "pruefen"), instruction("frist", "frist", True), instruction("teil", "teil"), instruction("zeichnen", "zeichnen"),
    ]  # fmt: skip
    assert [one["sourceActivityIds"] for one in renamed["instructions"]] == [["teil"], ["zeichnen"]], "a likeness is no sameness"
    for plan in (renamed, same):
        assert jörg.post(f"{BASE}/validate", plan).get_json() == {"instructionReports": [], "variableReports": {}}


def test_a_plan_is_carried_out_on_those_it_names_with_an_entry_in_their_history(office: Office, ids: list[str]) -> None:
    jörg, (first, second, third) = office.client("jörg"), begin(office, ids[0], 3)
    plan = generated(jörg, ids[0], ids[1])
    plan["instructions"] += [instruction("pruefen", "pruefen_neu"), instruction("frist", "frist", True)]

    answer = jörg.post(
        f"{BASE}/execute",
        {
            "migrationPlan": plan, "processInstanceIds": [first], "processInstanceQuery": {"processInstanceIds": [second]},
            "skipCustomListeners": True, "skipIoMappings": True, "reason": "Neue Zuständigkeit",
        },
    )  # fmt: skip

    assert (answer.status_code, answer.data) == (204, b"")
    assert [at(office, one) for one in (first, second, third)] == [["2 pruefen_neu"], ["2 pruefen_neu"], ["1 pruefen"]]
    with office.database.begin(office.detmold) as tx:
        found = instances.get(tx, office.detmold, instances.UUID(first))
        last = history.read(tx, office.detmold, found.id)[-1]
        assert replay.replay(tx, office.detmold, found.id).identical
    assert (last.kind, last.actor, last.content["stimulus"]["name"]) == ("migrated", f"{office.prefix}jörg", "Neue Zuständigkeit")


def test_where_one_cannot_follow_none_is_moved(office: Office, ids: list[str]) -> None:
    jörg, (first, second) = office.client("jörg"), begin(office, ids[0], 2)
    (task,) = office.client("anna").get(f"/engine-rest/task?processInstanceId={second}").get_json()
    assert office.client("anna").post(f"/engine-rest/task/{task['id']}/complete", {}).status_code == 204
    plan = generated(jörg, ids[0], ids[2])
    plan["instructions"] = [one for one in plan["instructions"] if one["sourceActivityIds"] != ["zeichnen"]]

    for path in ("execute", "executeAsync"):
        answer = jörg.post(f"{BASE}/{path}", {"migrationPlan": plan, "processInstanceIds": [first, second]})

        told = answer.get_json()
        assert (answer.status_code, told["type"]) == (400, "MigratingProcessInstanceValidationException"), told
        assert (told["validationReport"]["processInstanceId"], "zeichnen" in told["validationReport"]["failures"][0]) == (second, True)
        assert [at(office, one) for one in (first, second)] == [["1 pruefen"], ["1 zeichnen"]]


def test_many_are_moved_in_portions_and_the_answer_is_a_batch_that_is_over(office: Office, ids: list[str]) -> None:
    jörg, made = office.client("jörg"), begin(office, ids[0], 3)
    plan = generated(jörg, ids[0], ids[2])

    answer = jörg.post(
        f"{BASE}/executeAsync", {"migrationPlan": plan, "processInstanceQuery": {"orQueries": [{"processInstanceIds": made}]}}
    )

    batch = answer.get_json()
    assert (answer.status_code, batch["type"], batch["totalJobs"], batch["jobsCreated"]) == (200, "instance-migration", 3, 3)
    assert [at(office, one) for one in made] == [["3 pruefen"]] * 3
    assert jörg.get("/engine-rest/batch").get_json() == []
    assert jörg.get(f"/engine-rest/batch/{batch['id']}").status_code == 404


@pytest.mark.parametrize(("given", "told"), [
    ([instruction("nie", "pruefen")], "alten Fassung nicht"), ([instruction("pruefen", "nie")], "neuen Fassung nicht"),
    ([instruction("pruefen", "teil")], "aber"),
    ([{"sourceActivityIds": ["pruefen", "teil"], "targetActivityIds": ["pruefen"]}], "genau einem"),
    ([{"sourceActivityIds": [], "targetActivityIds": ["pruefen"]}], "genau einem"),
    ([instruction("pruefen", "pruefen"), instruction("pruefen", "dazwischen")], "andere Anweisung"),
])  # fmt: skip
def test_instructions_that_cannot_be_are_told_one_by_one(office: Office, ids: list[str], given: list[dict[str, object]], told: str) -> None:
    jörg, (one,) = office.client("jörg"), begin(office, ids[0])
    plan = {"sourceProcessDefinitionId": ids[0], "targetProcessDefinitionId": ids[2], "instructions": given}

    checked = jörg.post(f"{BASE}/validate", plan)
    refused = jörg.post(f"{BASE}/execute", {"migrationPlan": plan, "processInstanceIds": [one]})

    (report,) = checked.get_json()["instructionReports"]
    assert told in " ".join(report["failures"]), report
    assert report["instruction"]["sourceActivityIds"] == given[-1]["sourceActivityIds"]
    assert (refused.status_code, refused.get_json()["type"]) == (400, "MigrationPlanValidationException")
    assert refused.get_json()["validationReport"] == checked.get_json()
    assert at(office, one) == ["1 pruefen"]


def test_an_event_that_is_drawn_otherwise_follows_the_new_drawing_and_the_plan_says_so(office: Office, ids: list[str]) -> None:
    plan = {
        "sourceProcessDefinitionId": ids[0], "targetProcessDefinitionId": ids[1],
        "instructions": [instruction("pruefen", "pruefen_neu"), instruction("frist", "frist")],
    }  # fmt: skip

    (report,) = office.client("jörg").post(f"{BASE}/validate", plan).get_json()["instructionReports"]

    assert report["instruction"]["sourceActivityIds"] == ["frist"]
    assert "updateEventTrigger" in report["failures"][0]


@pytest.mark.parametrize("change", [
    {"migrationPlan": None}, {"migrationPlan": {}}, {"migrationPlan": []}, {"processInstanceIds": []}, {"processInstanceIds": ["x"]},
    {"processInstanceIds": ["11111111-2222-3333-4444-555555555555"]}, {"processInstanceIds": None, "processInstanceQuery": {"farbe": "rot"}},
    {"processInstanceIds": None, "processInstanceQuery": {"businessKey": "gibt es nicht"}}, {"reason": "x" * 501}, {"farbe": "rot"},
])  # fmt: skip
def test_broken_requests_are_refused_and_move_nobody(office: Office, ids: list[str], change: dict[str, object]) -> None:
    jörg, (one,) = office.client("jörg"), begin(office, ids[0])
    request = {"migrationPlan": generated(jörg, ids[0], ids[2]), "processInstanceIds": [one]}

    for path in ("execute", "executeAsync"):
        answer = jörg.post(f"{BASE}/{path}", request | change)
        assert answer.status_code in (400, 404), answer.get_json()
        assert answer.get_json()["message"]
    assert at(office, one) == ["1 pruefen"]


def test_more_instances_than_a_list_may_name_are_refused_with_the_bound(office: Office, ids: list[str]) -> None:
    jörg = office.client("jörg")
    request = {"migrationPlan": generated(jörg, ids[0], ids[2]), "processInstanceIds": [ids[0].rpartition(":")[2]] * 1001}

    told = jörg.post(f"{BASE}/executeAsync", request)

    assert (told.status_code, "„processInstanceIds“" in told.get_json()["message"]) == (400, True)
    assert "eine Liste von Texten, höchstens 1000" in told.get_json()["message"]


def test_plans_between_what_does_not_belong_together_are_refused(office: Office, ids: list[str]) -> None:
    jörg = office.client("jörg")
    for source, target, status in (
        (ids[0], ids[3], 400), (ids[0], "umzug:9:11111111-2222-3333-4444-555555555555", 404), ("x", ids[1], 400),
        (ids[0].replace("umzug:1", "umzug:2"), ids[2], 404),
    ):  # fmt: skip
        pair = {"sourceProcessDefinitionId": source, "targetProcessDefinitionId": target}
        assert jörg.post(f"{BASE}/generate", pair).status_code == status, pair
        assert jörg.post(f"{BASE}/validate", pair | {"instructions": []}).status_code == status, pair
    filled = {"sourceProcessDefinitionId": ids[0], "targetProcessDefinitionId": ids[1], "variables": {"x": {"value": 1}}}
    assert jörg.post(f"{BASE}/generate", filled).status_code == 400


def test_only_designers_move_and_only_their_city(office: Office, ids: list[str]) -> None:
    (own,) = begin(office, ids[0])
    theirs = started(office, "olga", "umzug")
    plan = generated(office.client("jörg"), ids[0], ids[2])

    assert office.client("anna").post(f"{BASE}/execute", {"migrationPlan": plan, "processInstanceIds": [own]}).status_code == 403
    for path in ("execute", "executeAsync"):
        answer = office.client("jörg").post(f"{BASE}/{path}", {"migrationPlan": plan, "processInstanceIds": [own, theirs]})
        assert (answer.status_code, theirs in answer.get_json()["message"]) == (404, True)
    assert at(office, own) == ["1 pruefen"]
