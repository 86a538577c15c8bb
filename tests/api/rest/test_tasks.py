"""User tasks over Camunda's REST: lists, who has a task, its form, comments, variables; the same rules as on the pages."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Any

import pytest

from api import wiring
from engine import clock, deployments, history, instances, replay
from tests.api.rest.conftest import Office
from tests.conftest import START
from tests.engine.spiff.bpmn import boundary, chain, file, io, node, process, user

FORM = {
    "id": "pruefbogen", "type": "default", "schemaVersion": 19, "components": [
        {"type": "number", "id": "f_betrag", "key": "betrag", "label": "Betrag", "validate": {"required": True, "max": 500}},
        {"type": "datetime", "subtype": "date", "id": "f_tag", "key": "tag", "label": "Tag", "dateLabel": "Tag"},
        {"type": "checkbox", "id": "f_ok", "key": "ok", "label": "In Ordnung"},
    ],
}  # fmt: skip
WITH_FORM = node(
    "userTask", "pruefen", io({"eigene": "=betrag"}), camunda_formRef="pruefbogen", camunda_formRefBinding="latest",
    camunda_candidateGroups="claims_clerk", camunda_priority="70", camunda_dueDate="2026-09-01T10:00:00+02:00",
)  # fmt: skip
ERROR, ESCALATION = '<bpmn:errorEventDefinition errorRef="e_a"/>', '<bpmn:escalationEventDefinition escalationRef="k_a"/>'
LOOP = node(
    "userTask", "einzeln",
    '<bpmn:multiInstanceLoopCharacteristics isSequential="true" camunda:collection="betraege" camunda:elementVariable="betrag"/>',
    camunda_formRef="pruefbogen", camunda_formRefBinding="latest",
)  # fmt: skip
FILES = {
    "pruefung.bpmn": file(process(
        node("startEvent", "s") + WITH_FORM + boundary("kaputt", "pruefen", ERROR) + boundary("gemeldet", "pruefen", ESCALATION, interrupting=False)
        + user("nacharbeit") + user("meldung") + node("endEvent", "e") + chain("s", "pruefen", "e") + chain("kaputt", "nacharbeit", "e")
        + chain("gemeldet", "meldung", "e"), key="pruefung",
    )),
    "formlos.bpmn": file(process(
        node("startEvent", "s") + user("frei") + user("danach") + node("endEvent", "e") + chain("s", "frei", "danach", "e"), key="formlos",
    )),
    "stapel.bpmn": file(process(node("startEvent", "s") + LOOP + node("endEvent", "e") + chain("s", "einzeln", "e"), key="stapel")),
    "pruefbogen.form": json.dumps(FORM).encode(),
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(office: Office) -> Office:
    """The office with two processes that wait for people."""
    with office.database.begin(office.detmold) as tx:
        deployments.deploy(tx, FILES, world_id=office.world_id, name="Aufgaben", by="test", now=START, readers=wiring.READERS)
    return office


def begin(desk: Office, key: str, **given: object) -> tuple[str, instances.Instance]:
    """Start an instance; return the id of its only task."""
    with desk.database.begin(desk.detmold) as tx:
        made = instances.start(
            tx, key, f"K-{uuid.uuid4()}", given, tenant_id=desk.detmold, now=clock.now(tx, desk.detmold), by="test"
        )  # fmt: skip
    (task,) = desk.client("anna").get(f"/engine-rest/task?processInstanceId={made.uuid}").get_json()
    return task["id"], made


def listed(desk: Office, **filters: object) -> list[str]:
    answer = desk.client("anna").post("/engine-rest/task", filters)
    assert answer.status_code == 200, answer.get_json()
    return [task["taskDefinitionKey"] for task in answer.get_json()]


def test_a_task_shows_what_a_task_list_needs(desk: Office) -> None:
    task_id, made = begin(desk, "pruefung", betrag=Decimal(5))

    task = desk.client("anna").get(f"/engine-rest/task/{task_id}").get_json()

    assert task["name"] == task["taskDefinitionKey"] == "pruefen"
    assert (task["priority"], task["suspended"], task["tenantId"]) == (70, False, "detmold")
    assert task["due"] == "2026-09-01T10:00:00.000+0200"
    assert task["camundaFormRef"] == {"key": "pruefbogen", "binding": "version", "version": 1}
    assert task["processInstanceId"] == task["executionId"] == str(made.uuid)
    assert task["processDefinitionId"].startswith("pruefung:1:")
    links = desk.client("anna").get(f"/engine-rest/task/{task_id}/identity-links").get_json()
    assert links == [{"userId": None, "groupId": "claims_clerk", "type": "candidate"}]
    other = desk.client("olga").get(f"/engine-rest/task/{task_id}")
    assert (other.status_code, other.content_type) == (404, "application/json")


def test_filters_find_tasks_and_unknown_ones_are_refused(desk: Office) -> None:
    _, made = begin(desk, "pruefung", betrag=Decimal("84.5"))
    mine = {"processInstanceBusinessKey": made.business_key}

    assert listed(desk, **mine, candidateGroup="claims_clerk", priority=70, dueBefore="2026-09-02T00:00:00.000+0200") == ["pruefen"]
    assert listed(desk, **mine, processVariables=[{"name": "betrag", "operator": "gt", "value": 84}]) == ["pruefen"]
    assert listed(desk, **mine, taskVariables=[{"name": "eigene", "operator": "eq", "value": 84.5}]) == ["pruefen"]
    assert listed(desk, **mine, candidateGroup="treasury") == []
    assert listed(desk, **mine, assigned=True) == []
    assert listed(desk, **mine, nameLike="prü%") == []
    assert listed(desk, **mine, assignee=None, orQueries=None) == ["pruefen"]
    answer = desk.client("anna").post("/engine-rest/task", {"farbe": "rot"})
    assert (answer.status_code, "„farbe“ wird hier nicht ausgewertet" in answer.get_json()["message"]) == (400, True)
    counted = desk.client("anna").get(f"/engine-rest/task/count?processInstanceBusinessKey={made.business_key}").get_json()
    assert counted == {"count": 1}


def test_a_task_is_claimed_once_given_back_and_assigned_by_who_leads(desk: Office) -> None:
    task_id, made = begin(desk, "pruefung", betrag=Decimal(5))
    anna, paul, bote = (desk.client(login) for login in ("anna", "paul", "bote"))
    path = f"/engine-rest/task/{task_id}"

    assert paul.post(f"{path}/claim", {}).status_code == 403, "an auditor only looks"
    assert bote.post(f"{path}/claim", {"userId": f"{desk.prefix}bote"}).status_code == 403, "not offered to this account"
    assert anna.post(f"{path}/claim", {"userId": f"{desk.prefix}anna"}).status_code == 204
    assert anna.post(f"{path}/claim", {"userId": f"{desk.prefix}anna"}).status_code == 204, "again: nothing changes"
    taken = anna.post(f"{path}/claim", {"userId": f"{desk.prefix}jörg"})
    assert (taken.status_code, taken.get_json()["type"]) == (409, "TaskAlreadyClaimedException")
    assert f"{desk.prefix}anna" in taken.get_json()["message"]
    assert listed(desk, processInstanceBusinessKey=made.business_key, candidateGroup="claims_clerk") == []
    assert listed(desk, processInstanceBusinessKey=made.business_key, candidateGroup="claims_clerk", includeAssignedTasks=True) == [
        "pruefen"
    ]
    assert anna.post(f"{path}/unclaim").status_code == 204

    assert anna.post(f"{path}/assignee", {"userId": "niemand"}).status_code == 400
    assert anna.post(f"{path}/assignee", {"userId": f"{desk.prefix}jörg"}).status_code == 204
    refused = desk.client("anna").post(f"{path}/complete", {"variables": {"betrag": {"value": 5}}})
    assert (refused.status_code, "zugewiesen" in refused.get_json()["message"]) == (403, True)
    for verb in ("delegate", "resolve", "identity-links"):
        answer = anna.post(f"{path}/{verb}", {"userId": "x"})
        assert (answer.status_code, "assignee" in answer.get_json()["message"]) == (400, True)


def test_a_task_sent_back_changes_its_plan_and_nothing_else(desk: Office) -> None:
    task_id, _ = begin(desk, "pruefung", betrag=Decimal(5))
    anna, path = desk.client("anna"), f"/engine-rest/task/{task_id}"
    task = anna.get(path).get_json()

    changed = task | {"due": "2026-10-01T08:00:00.000+0200", "followUp": None, "priority": 10, "assignee": f"{desk.prefix}anna"}
    assert anna.put(path, changed).status_code == 204

    assert anna.get(path).get_json() == changed
    refused = anna.put(path, task | {"name": "Anders"})
    assert (refused.status_code, "„name“" in refused.get_json()["message"]) == (400, True)
    assert desk.client("bote").put(path, task).status_code == 403


def test_the_form_is_shown_prefilled_and_decides_what_may_be_submitted(desk: Office) -> None:
    task_id, made = begin(desk, "pruefung", betrag=Decimal("84.5"), fremd="bleibt")
    anna, path = desk.client("anna"), f"/engine-rest/task/{task_id}"

    assert anna.get(f"{path}/form").get_json()["camundaFormRef"]["key"] == "pruefbogen"
    assert anna.get(f"{path}/deployed-form").get_json()["components"] == FORM["components"]
    shown = anna.get(f"{path}/form-variables?variableNames=betrag,fremd").get_json()
    assert (shown["betrag"]["value"], shown["fremd"]["value"]) == (84.5, "bleibt")

    def submit(**given: Any) -> Any:
        return anna.post(f"{path}/submit-form", {"variables": {name: {"value": value} for name, value in given.items()}})

    missing = submit(ok=True)
    assert (missing.status_code, "f_betrag" in missing.get_json()["message"]) == (400, True)
    assert submit(betrag=501).status_code == 400
    strange = submit(betrag=5, grenze=10**9)
    assert (strange.status_code, "„grenze“ ist kein Feld des Formulars „pruefbogen“" in strange.get_json()["message"]) == (400, True)
    done = anna.post(
        f"{path}/complete",
        {"withVariablesInReturn": True, "variables": {
            "betrag": {"value": 120.5, "type": "Double"}, "ok": {"value": True, "type": "Boolean"}, "fremd": {"value": "bleibt", "type": "String"},
            "tag": {"value": "2026-09-01T00:00:00.000+0200", "type": "Date"},
        }},
    )  # fmt: skip

    assert done.status_code == 200, done.get_json()
    assert done.get_json()["betrag"]["value"] == 120.5
    assert done.get_json()["tag"] == {"type": "Date", "value": "2026-09-01T00:00:00.000+0200", "valueInfo": {"feelType": "date"}}
    again = submit(betrag=5)
    assert (again.status_code, f"{desk.prefix}anna" in again.get_json()["message"]) == (409, True)
    assert anna.get(path).status_code == 404
    with desk.database.begin(desk.detmold) as tx:
        assert instances.get(tx, desk.detmold, made.uuid).status == "completed"
        assert replay.replay(tx, desk.detmold, made.id).identical


def test_the_form_of_a_task_in_a_loop_shows_what_its_own_round_is_about(desk: Office) -> None:
    task_id, _ = begin(desk, "stapel", betraege=[Decimal(7), Decimal(8)])

    shown = desk.client("anna").get(f"/engine-rest/task/{task_id}/form-variables").get_json()

    assert (shown["betrag"]["value"], shown["betraege"]["value"]) == (7, "[7,8]")


def test_a_task_without_a_form_sets_what_is_sent(desk: Office) -> None:
    task_id, made = begin(desk, "formlos")
    anna = desk.client("anna")

    assert anna.get(f"/engine-rest/task/{task_id}/deployed-form").status_code == 400
    answer = anna.post(f"/engine-rest/task/{task_id}/complete", {"variables": {"zahl": {"value": 3, "type": "Integer"}}})

    assert (answer.status_code, answer.data) == (204, b"")
    assert listed(desk, processInstanceBusinessKey=made.business_key) == ["danach"]
    with desk.database.begin(desk.detmold) as tx:
        assert instances.variables_of(tx, desk.detmold, made.id) == {"zahl": 3}


def test_errors_and_escalations_of_a_task_go_where_they_are_drawn(desk: Office) -> None:
    task_id, made = begin(desk, "pruefung", betrag=Decimal(5))
    anna, path = desk.client("anna"), f"/engine-rest/task/{task_id}"

    unknown = anna.post(f"{path}/bpmnError", {"errorCode": "UNBEKANNT"})
    assert (unknown.status_code, "nirgends gefangen" in unknown.get_json()["message"]) == (400, True)
    assert anna.post(f"{path}/bpmnEscalation", {"escalationCode": "MELDUNG"}).status_code == 204
    assert sorted(listed(desk, processInstanceBusinessKey=made.business_key)) == ["meldung", "pruefen"]
    given = {"errorCode": "FEHLER", "errorMessage": "Akte fehlt", "variables": {"grund": {"value": "akte"}}}
    assert anna.post(f"{path}/bpmnError", given).status_code == 204

    assert sorted(listed(desk, processInstanceBusinessKey=made.business_key)) == ["meldung", "nacharbeit"]
    with desk.database.begin(desk.detmold) as tx:
        assert instances.variables_of(tx, desk.detmold, made.id)["grund"] == "akte"


def test_variables_are_seen_and_set_as_the_task_sees_them(desk: Office) -> None:
    task_id, made = begin(desk, "pruefung", betrag=Decimal(5))
    anna, path = desk.client("anna"), f"/engine-rest/task/{task_id}"

    assert {name: one["value"] for name, one in anna.get(f"{path}/variables").get_json().items()} == {"betrag": 5, "eigene": 5}
    assert {name: one["value"] for name, one in anna.get(f"{path}/localVariables").get_json().items()} == {"eigene": 5}
    assert desk.client("paul").put(f"{path}/variables/betrag", {"value": 1}).status_code == 403
    assert anna.put(f"{path}/variables/betrag", {"value": 7, "type": "Integer"}).status_code == 204
    assert anna.put(f"{path}/localVariables/nur_hier", {"value": "x", "type": "String"}).status_code == 204
    assert anna.post(f"{path}/localVariables", {"modifications": {"eigene": {"value": 9}}, "deletions": ["nur_hier"]}).status_code == 204

    assert anna.get(f"{path}/variables/betrag").get_json()["value"] == 7
    assert anna.get(f"{path}/localVariables/eigene").get_json()["value"] == 9
    assert anna.get(f"{path}/localVariables/nur_hier").status_code == 404
    assert anna.get(f"{path}/localVariables/betrag").status_code == 404
    with desk.database.begin(desk.detmold) as tx:
        assert instances.variables_of(tx, desk.detmold, made.id) == {"betrag": 7}
        assert [c.actor for c in history.read(tx, desk.detmold, made.id)[1:]] == [f"{desk.prefix}anna"] * 3
        assert replay.replay(tx, desk.detmold, made.id).identical
    assert anna.get(f"/engine-rest/task/{uuid.uuid4()}/variables").status_code == 404


def test_comments_stand_with_the_task_and_in_the_file_of_the_city_alone(desk: Office) -> None:
    task_id, made = begin(desk, "formlos")
    anna, path = desk.client("anna"), f"/engine-rest/task/{task_id}"

    made_comment = anna.post(f"{path}/comment/create", {"message": "Bitte <b>zuerst</b> prüfen"})
    assert made_comment.status_code == 200, made_comment.get_json()
    assert anna.post(f"{path}/comment/create", {"message": " "}).status_code == 400
    assert desk.client("paul").post(f"{path}/comment/create", {"message": "x"}).status_code == 403

    (comment,) = anna.get(f"{path}/comment").get_json()
    assert (comment["message"], comment["userId"], comment["taskId"]) == ("Bitte <b>zuerst</b> prüfen", f"{desk.prefix}anna", task_id)
    assert anna.get(f"{path}/comment/{comment['id']}").get_json() == comment == made_comment.get_json()
    assert desk.client("olga").get(f"{path}/comment").status_code == 404
    assert comment["processInstanceId"] == str(made.uuid)


@pytest.mark.parametrize("verb", ["claim", "unclaim", "assignee", "complete", "submit-form", "bpmnError", "comment/create"])
@pytest.mark.parametrize(
    "body", [None, [], {"variables": []}, {"userId": 5}, {"variables": {"a": {"value": "x" * 70_000}}}, {"errorCode": "\u0000"}]
)
def test_broken_requests_are_refused_and_never_a_fault_of_ours(desk: Office, verb: str, body: object) -> None:
    for task in ("nichts", str(uuid.UUID(int=0))):
        answer = desk.client("anna").post(f"/engine-rest/task/{task}/{verb}", body)
        assert 400 <= answer.status_code < 500, answer.get_json()
        assert answer.get_json()["message"]
