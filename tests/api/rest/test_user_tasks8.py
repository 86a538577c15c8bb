"""Camunda 8's interface for people's work and for messages: who may, what is refused, and nothing half done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from engine import keys, user_tasks, worker
from tests.api.rest import models8
from tests.api.rest.conftest import Caller, Office
from tests.api.rest.models import form
from tests.api.rest.models8 import flows
from tests.engine.test_job_races import pid, wait_until_blocked

PROBLEM = "application/problem+json"
BODY = (
    '<bpmn:userTask id="pruefen" name="Prüfen"><bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="pruefen_ut8"/>'
    '<zeebe:assignmentDefinition candidateGroups="claims_clerk"/></bpmn:extensionElements></bpmn:userTask>'
    '<bpmn:userTask id="frei" name="Frei"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>'
    '<bpmn:receiveTask id="warten" name="Warten" messageRef="m_ut8"/>' + flows("beginn", "pruefen", "frei", "warten", "ende")
)
STARTED = (
    '<bpmn:startEvent id="post"><bpmn:messageEventDefinition messageRef="m_neu8"/></bpmn:startEvent>'
    '<bpmn:userTask id="lesen" name="Lesen"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>'
    + flows("post", "lesen", "ende")
)
MESSAGES = (
    '<bpmn:message id="m_ut8" name="rueckmeldung8"><bpmn:extensionElements><zeebe:subscription correlationKey="=aktenzeichen"/>'
    '</bpmn:extensionElements></bpmn:message><bpmn:message id="m_neu8" name="neuer_brief8"/>'
)


@pytest.fixture(scope="module")
def desk(office: Office) -> Office:
    """The office with a process of two user tasks and a message, and one that a message begins; both drawn for Camunda 8."""
    begun = models8.process("brief8", STARTED, more=MESSAGES).replace('<bpmn:startEvent id="beginn"/>', "")
    files = {"tisch8.bpmn": models8.process("tisch8", BODY, more=MESSAGES), "brief8.bpmn": begun, "pruefen_ut8.form": form("pruefen_ut8")}
    answer = models8.deploy(office.client("jörg"), files)
    assert answer.status_code == 200, answer.get_json()
    return office


def begin(desk: Office, number: str = "T-1") -> str:
    answer = desk.client("anna").post(
        "/v2/process-instances", {"processDefinitionId": "tisch8", "businessId": number, "variables": {"aktenzeichen": number}}
    )
    assert answer.status_code == 200, answer.get_json()
    return str(answer.get_json()["processInstanceKey"])


def task_of(desk: Office, key: str) -> str:
    """Return the path of the open task of an instance."""
    answer = desk.client("anna").post("/v2/user-tasks/search", {"filter": {"processInstanceKey": key, "state": "CREATED"}})
    (found,) = answer.get_json()["items"]
    return f"/v2/user-tasks/{found['userTaskKey']}"


def patch(caller: Caller, path: str, body: object) -> TestResponse:
    return caller.client.patch(path, json=body, headers={"Authorization": caller.header})


def state(desk: Office, path: str) -> tuple[str, str | None]:
    shown = desk.client("anna").get(path).get_json()
    return shown["state"], shown["assignee"]


def test_input_is_checked_against_the_form_and_a_refusal_changes_nothing(desk: Office) -> None:
    key, anna = begin(desk), desk.client("anna")
    path = task_of(desk, key)

    missing = anna.post(f"{path}/completion", {"variables": {}})
    strange = anna.post(f"{path}/completion", {"variables": {"vermerk": "x", "farbe": "rot"}})
    nobody = desk.client("paul").post(f"{path}/completion", {"variables": {"vermerk": "x"}})

    assert [(one.status_code, one.content_type) for one in (missing, strange, nobody)] == [(400, PROBLEM), (400, PROBLEM), (403, PROBLEM)]
    assert "„Vermerk“: Bitte ausfüllen" in missing.get_json()["detail"]
    assert state(desk, path) == ("CREATED", None)
    assert anna.post(f"{path}/completion", {"variables": {"vermerk": "Geprüft"}, "action": "complete"}).status_code == 204
    assert state(desk, path)[0] == "COMPLETED"
    late = anna.post(f"{path}/completion", {"variables": {"vermerk": "x"}})
    assert (late.status_code, late.get_json()["title"]) == (409, "CONFLICT")
    assert anna.get(f"{path}/form").status_code == 200, "what was filled in can be looked at"
    assert anna.get(f"{task_of(desk, key)}/form").status_code == 204


def test_a_task_is_taken_given_and_given_back_by_whoever_may(desk: Office) -> None:
    path, anna, wolf = task_of(desk, begin(desk)), desk.client("anna"), desk.client("wolf")
    me, designer = f"{desk.prefix}anna", f"{desk.prefix}jörg"

    assert wolf.post(f"{path}/assignment", {"assignee": f"{desk.prefix}wolf"}).status_code == 403, "it is offered to claims_clerk"
    assert wolf.post(f"{path}/assignment", {"assignee": designer}).status_code == 403, "only who leads gives to others"
    assert anna.post(f"{path}/assignment", {"assignee": "niemand"}).status_code == 400
    assert anna.post(f"{path}/assignment", {}).status_code == 400
    assert anna.post(f"{path}/assignment", {"assignee": me}).status_code == 204
    assert anna.post(f"{path}/assignment", {"assignee": designer, "allowOverride": False}).status_code == 409
    assert state(desk, path) == ("CREATED", me)
    assert anna.post(f"{path}/assignment", {"assignee": designer}).status_code == 204
    assert anna.post(f"{path}/completion", {"variables": {"vermerk": "x"}}).status_code == 403, "it is another's now"
    assert wolf.delete(f"{path}/assignee").status_code == 409
    assert anna.delete(f"{path}/assignee").status_code == 204
    assert anna.delete(f"{path}/assignee").status_code == 204, "nobody has it before, nobody after"
    assert state(desk, path) == ("CREATED", None)


def test_dates_and_priority_are_set_one_by_one_and_cleared_by_an_empty_text(desk: Office) -> None:
    path, anna = task_of(desk, begin(desk)), desk.client("anna")

    assert (
        patch(anna, path, {"changeset": {"dueDate": "2026-09-01T10:00:00Z", "followUpDate": "2026-08-20T10:00:00+02:00"}}).status_code
        == 204
    )
    assert patch(anna, path, {"changeset": {"priority": 70, "followUpDate": "", "dueDate": None}}).status_code == 204

    shown = anna.get(path).get_json()
    assert (shown["dueDate"], shown["followUpDate"], shown["priority"]) == ("2026-09-01T10:00:00.000Z", None, 70)
    for wrong in ({"priority": -1}, {"dueDate": "bald"}, {"candidateGroups": ["x"]}, {"farbe": "rot"}):
        assert patch(anna, path, {"changeset": wrong}).status_code == 400, wrong
    assert patch(desk.client("wolf"), path, {"changeset": {"priority": 1}}).status_code == 403


def test_who_takes_a_task_while_its_priority_is_changed_keeps_it(desk: Office, owner: Connection) -> None:
    path, wolf = task_of(desk, begin(desk)), f"{desk.prefix}wolf"

    with ThreadPoolExecutor(1) as pool:
        with desk.database.begin(desk.detmold) as tx:
            task_id = keys.find(tx, desk.detmold, "user_task", int(path.rpartition("/")[2]))
            assert task_id is not None
            user_tasks.claim(tx, desk.detmold, task_id, by=wolf)
            change = pool.submit(patch, desk.client("anna"), path, {"changeset": {"priority": 70}})
            wait_until_blocked(owner, pid(tx))
        assert change.result(30).status_code == 204

    shown = desk.client("anna").get(path).get_json()
    assert (shown["assignee"], shown["priority"]) == (wolf, 70)


def test_searches_sort_page_and_count(desk: Office) -> None:
    made, anna = [begin(desk, f"S-{number}") for number in range(3)], desk.client("anna")
    asked = {"filter": {"processInstanceKey": {"$in": made}, "elementId": "pruefen"}, "sort": [{"field": "businessId", "order": "DESC"}]}

    first = anna.post("/v2/user-tasks/search", asked | {"page": {"limit": 2}}).get_json()
    rest = anna.post("/v2/user-tasks/search", asked | {"page": {"after": first["page"]["endCursor"]}}).get_json()

    assert [one["businessId"] for one in first["items"]] == ["S-2", "S-1"]
    assert [one["businessId"] for one in rest["items"]] == ["S-0"]
    assert (first["page"]["totalItems"], rest["page"]["totalItems"]) == (3, 3)
    assert anna.post("/v2/user-tasks/search", {"filter": {"processInstanceKey": {"$in": []}}}).get_json()["items"] == []


def test_a_message_reaches_the_one_who_waits_or_begins_a_process_or_is_told_in_vain(desk: Office) -> None:
    key, anna, bote = begin(desk, "N-1"), desk.client("anna"), desk.client("bote")
    for given in ({"vermerk": "x"}, {}):
        assert anna.post(f"{task_of(desk, key)}/completion", {"variables": given}).status_code == 204

    (waiting,) = anna.post("/v2/message-subscriptions/search", {"filter": {"correlationKey": "N-1"}}).get_json()["items"]
    assert (waiting["processInstanceKey"], waiting["messageName"], waiting["elementId"]) == (key, "rueckmeldung8", "warten")

    wrong = bote.post("/v2/messages/correlation", {"name": "rueckmeldung8", "correlationKey": "N-2"})
    right = bote.post("/v2/messages/correlation", {"name": "rueckmeldung8", "correlationKey": "N-1", "variables": {"antwort": 1}})
    again = bote.post("/v2/messages/correlation", {"name": "rueckmeldung8", "correlationKey": "N-1"})
    begun = bote.post("/v2/messages/correlation", {"name": "neuer_brief8", "correlationKey": ""})

    assert [one.status_code for one in (wrong, right, again, begun)] == [404, 200, 404, 200]
    assert right.get_json()["processInstanceKey"] == key
    assert anna.get(f"/v2/process-instances/{key}").get_json()["state"] == "COMPLETED"
    assert anna.get(f"/v2/process-instances/{begun.get_json()['processInstanceKey']}").get_json()["processDefinitionId"] == "brief8"
    assert desk.client("paul").post("/v2/messages/correlation", {"name": "neuer_brief8"}).status_code == 403


def test_a_published_message_is_delivered_by_the_worker_and_missed_only_where_it_was_to_be_kept(desk: Office) -> None:
    bote, anna = desk.client("bote"), desk.client("anna")
    before = len(anna.get("/engine-rest/incident?incidentType=failedMessage").get_json())

    for body in (
        {"name": "neuer_brief8", "variables": {"von": "Bürger"}},
        {"name": "niemand8"},
        {"name": "niemand8", "timeToLive": 3_600_000},
    ):
        answer = bote.post("/v2/messages/publication", body)
        assert (answer.status_code, answer.get_json()["messageKey"].isdecimal()) == (200, True)
    worker.settle(desk.database, desk.world_id)

    assert anna.post("/v2/variables/search", {"filter": {"name": "von"}}).get_json()["items"][0]["value"] == '"Bürger"'
    assert len(anna.get("/engine-rest/incident?incidentType=failedMessage").get_json()) == before + 1
    assert bote.post("/v2/messages/publication", {"name": "neuer_brief8", "messageId": "x"}).status_code == 400
    with desk.database.begin(desk.detmold) as tx:
        missed = tx.execute(text("select max(id) from incident where kind = 'message'")).scalar_one()
    for answer in (bote.get(f"/v2/incidents/{missed}"), bote.post(f"/v2/incidents/{missed}/resolution", {})):
        assert (answer.status_code, answer.content_type) == (404, PROBLEM), "it belongs to no instance"


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/v2/user-tasks/{}"), ("GET", "/v2/user-tasks/{}/form"), ("POST", "/v2/user-tasks/{}/completion"), ("DELETE", "/v2/user-tasks/{}/assignee"),
    ("POST", "/v2/user-tasks/{}/effective-variables/search"), ("GET", "/v2/incidents/{}"), ("POST", "/v2/incidents/{}/resolution"),
    ("GET", "/v2/process-definitions/{}"), ("GET", "/v2/process-definitions/{}/xml"), ("GET", "/v2/process-definitions/{}/form"),
])  # fmt: skip
@pytest.mark.parametrize("key", ["9" * 18, "abc", "9" * 40, "-1"])
def test_a_key_that_names_nothing_is_not_found(desk: Office, method: str, path: str, key: str) -> None:
    anna = desk.client("anna")

    answer = anna.client.open(path.format(key), method=method, json=None if method == "GET" else {}, headers={"Authorization": anna.header})

    assert (answer.status_code, answer.content_type) == (404, PROBLEM), answer.get_json()


def test_variables_are_set_at_an_instance_and_at_a_task(desk: Office) -> None:
    key, anna = begin(desk, "V-1"), desk.client("anna")
    task_key = task_of(desk, key).rpartition("/")[2]
    at_instance, at_task = f"/v2/element-instances/{key}/variables", f"/v2/element-instances/{task_key}/variables"

    assert anna.put(at_instance, {"variables": {"ort": "Lage"}}).status_code == 204
    assert anna.put(at_task, {"variables": {"hier": 1}, "local": True}).status_code == 204
    assert anna.put(at_task, {"variables": {"ort": "Detmold"}}).status_code == 204

    def of(path: str, body: dict[str, object]) -> dict[str, str]:
        return {one["name"]: one["value"] for one in anna.post(path, body).get_json()["items"]}

    assert of("/v2/variables/search", {"filter": {"processInstanceKey": key}}) == {"aktenzeichen": '"V-1"', "ort": '"Detmold"'}
    assert of(f"/v2/user-tasks/{task_key}/effective-variables/search", {}) == {"aktenzeichen": '"V-1"', "hier": "1", "ort": '"Detmold"'}
    assert of(f"/v2/user-tasks/{task_key}/effective-variables/search", {"filter": {"name": "hier"}}) == {"hier": "1"}
    for wrong in ({}, {"variables": None}, {"variables": []}, {"variables": {"__x": 1}}):
        assert anna.put(at_instance, wrong).status_code == 400, wrong
    assert desk.client("olga").put(at_instance, {"variables": {"ort": "x"}}).status_code == 404
    assert desk.client("paul").put(at_instance, {"variables": {"ort": "x"}}).status_code == 403


def test_an_instance_is_moved_to_another_version_where_each_of_its_steps_is_named(desk: Office) -> None:
    jörg, first = desk.client("jörg"), models8.process("umzug8", BODY, more=MESSAGES)
    assert models8.deploy(jörg, {"umzug8.bpmn": first}).status_code == 200
    key = desk.client("anna").post("/v2/process-instances", {"processDefinitionId": "umzug8"}).get_json()["processInstanceKey"]
    deployed = models8.deploy(jörg, {"umzug8.bpmn": first.replace('"pruefen"', '"pruefen_neu"')}).get_json()
    target = deployed["deployments"][0]["processDefinition"]["processDefinitionKey"]
    path, named = f"/v2/process-instances/{key}/migration", [{"sourceElementId": "pruefen", "targetElementId": "pruefen_neu"}]

    for body, status in (
        ({"targetProcessDefinitionKey": target, "mappingInstructions": []}, 400), ({"mappingInstructions": named}, 400),
        ({"targetProcessDefinitionKey": "1" * 18, "mappingInstructions": named}, 404),
        ({"targetProcessDefinitionKey": target, "mappingInstructions": ["x"]}, 400),
    ):  # fmt: skip
        assert jörg.post(path, body).status_code == status, body
    assert desk.client("anna").post(path, {"targetProcessDefinitionKey": target, "mappingInstructions": named}).status_code == 403
    moved = jörg.post(path, {"targetProcessDefinitionKey": target, "mappingInstructions": named})

    assert moved.status_code == 204, moved.get_json()
    shown = desk.client("anna").get(task_of(desk, key)).get_json()
    assert (shown["elementId"], shown["processDefinitionVersion"], shown["processDefinitionKey"]) == ("pruefen_neu", 2, target)
