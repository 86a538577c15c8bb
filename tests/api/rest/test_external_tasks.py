"""External tasks over Camunda's REST: what is answered to whom, and what is refused with which status."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api import wiring
from engine import clock, deployments, incidents, instances
from tests.api.rest.conftest import Office
from tests.conftest import START
from tests.engine.spiff.bpmn import boundary, chain, file, flow, io, job, node, process, user

PROPERTIES = "<camunda:properties><camunda:property name='drucker' value='Schwarz'/></camunda:properties>"
INPUT = io({"eigene": "=betrag * 2"}).replace("</bpmn:extensionElements>", f"{PROPERTIES}</bpmn:extensionElements>")
CHOICE = (
    node("startEvent", "s") + job("drucken", "drucken", INPUT) + node("exclusiveGateway", "g") + user("a") + user("b") + node("endEvent", "e")
    + chain("s", "drucken", "g") + flow("g", "a", 'weg = "a"') + flow("g", "b", 'weg = "b"') + chain("a", "e") + chain("b", "e")
    + boundary("kaputt", "drucken", '<bpmn:errorEventDefinition errorRef="e_a"/>') + user("nacharbeit") + chain("kaputt", "nacharbeit", "e")
)  # fmt: skip
OURS = node("startEvent", "s") + job("buchen", "post_charge") + node("endEvent", "e") + chain("s", "buchen", "e")
FILES = {"druck.bpmn": file(process(CHOICE, key="druck")), "eigen.bpmn": file(process(OURS, key="eigen"))}
BASE = "/engine-rest/external-task"


@pytest.fixture(scope="module")
def shop(office: Office) -> Office:
    """The office with a process whose job is for outside, and one whose job is our own worker's."""
    with office.database.begin(office.detmold) as tx:
        deployments.deploy(tx, FILES, world_id=office.world_id, name="Druckerei", by="test", now=START, readers=wiring.READERS)
    return office


def begin(shop: Office, key: str = "druck", **given: object) -> instances.Instance:
    with shop.database.begin(shop.detmold) as tx:
        given = {"betrag": Decimal(5), **given}
        now = clock.now(tx, shop.detmold)
        return instances.start(tx, key, f"E-{uuid.uuid4()}", given, tenant_id=shop.detmold, now=now, by="test")


def fetch(shop: Office, made: instances.Instance, login: str = "bote", worker: str = "w1", **topic: object) -> TestResponse:
    asked = {"topicName": "drucken", "lockDuration": 60_000, "businessKey": made.business_key, **topic}
    return shop.client(login).post(f"{BASE}/fetchAndLock", {"workerId": worker, "maxTasks": 5, "topics": [asked]})


def only(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.get_json()
    assert answer.content_type == "application/json", "with a charset the JavaScript client reads bytes"
    (found,) = answer.get_json()
    return dict(found)


def values_of(shown: Mapping[str, Any]) -> dict[str, object]:
    return {name: one["value"] for name, one in shown["variables"].items()}


def test_a_fetched_job_shows_all_that_clients_read(shop: Office) -> None:
    made = begin(shop, titel="Müll", tag=START.date(), liste=[1])

    task = only(fetch(shop, made, includeExtensionProperties=True))

    assert (task["topicName"], task["workerId"], task["activityId"], task["retries"]) == ("drucken", "w1", "drucken", None)
    assert (task["priority"], task["suspended"], task["tenantId"], task["businessKey"]) == (50, False, "detmold", made.business_key)
    assert task["processInstanceId"] == task["executionId"] == str(made.uuid)
    assert task["processDefinitionId"].startswith("druck:1:")
    assert task["lockExpirationTime"][-5:] in ("+0100", "+0200")
    assert task["extensionProperties"] == {"drucker": "Schwarz"}
    assert {name: one["type"] for name, one in task["variables"].items()} == {
        "betrag": "Integer", "titel": "String", "tag": "Date", "liste": "Json", "eigene": "Integer",
    }  # fmt: skip
    assert task["variables"]["liste"]["value"] == "[1]"
    assert fetch(shop, made, worker="w2").get_json() == [], "it is locked"


def test_filters_choose_jobs_and_variables(shop: Office) -> None:
    made = begin(shop, art="x")
    for none in ({"processVariables": {"art": "y"}}, {"processDefinitionKeyIn": ["andere"]}, {"tenantIdIn": ["oerlinghausen"]},
                 {"withoutTenantId": True}, {"processDefinitionVersionTag": "v1"}, {"businessKey": "andere"}):  # fmt: skip
        assert fetch(shop, made, **none).get_json() == [], none

    task = only(fetch(shop, made, processVariables={"art": "x", "betrag": 5}, variables=["art", "fehlt"], processDefinitionKey="druck"))
    assert values_of(task) == {"art": "x"}
    assert shop.client("bote").post(f"{BASE}/{task['id']}/unlock").status_code == 204
    local = only(fetch(shop, made, localVariables=True, processDefinitionId=task["processDefinitionId"]))
    assert values_of(local) == {"eigene": 10}


def test_only_the_holder_ends_a_job_and_only_once(shop: Office) -> None:
    made, bote = begin(shop), shop.client("bote")
    task = only(fetch(shop, made))
    path = f"{BASE}/{task['id']}"

    other = bote.post(f"{path}/complete", {"workerId": "w2", "variables": {"weg": {"value": "a"}}})
    assert (other.status_code, other.get_json()["type"], "„w1“" in other.get_json()["message"]) == (400, "RestException", True)
    assert bote.post(f"{path}/lock", {"workerId": "w2", "lockDuration": 1000}).status_code == 400
    again = bote.post(f"/engine-rest/job/{task['id']}/execute")
    assert (again.status_code, "bearbeitet gerade „w1“" in again.get_json()["message"]) == (409, True)
    assert bote.post(f"{path}/extendLock", {"workerId": "w1", "newDuration": 0}).status_code == 400
    assert bote.post(f"{path}/extendLock", {"workerId": "w1", "newDuration": 90_000}).status_code == 204
    assert shop.client("olga").post(f"{path}/complete", {"workerId": "w1"}).status_code == 404, "another city"
    assert shop.client("anna").post(f"{path}/complete", {"workerId": "w1"}).status_code == 403, "no account for programs"
    done = bote.post(f"{path}/complete", {"workerId": "w1", "variables": {"weg": {"value": "a", "type": "string"}}, "localVariables": None})
    assert (done.status_code, done.data) == (204, b"")
    again = bote.post(f"{path}/complete", {"workerId": "w1", "variables": {"weg": {"value": "a"}}})
    assert (again.status_code, again.get_json()["type"]) == (404, "RestException")
    for missing in (uuid.uuid4(), "nichts"):
        assert bote.get(f"{BASE}/{missing}").status_code == 404


def test_a_failure_without_tries_is_an_incident_as_camunda_reads_it(shop: Office) -> None:
    made, bote = begin(shop), shop.client("bote")
    path = f"{BASE}/{only(fetch(shop, made))['id']}"

    failed = bote.post(
        f"{path}/failure",
        {
            "workerId": "w1", "errorMessage": "Papierstau", "retries": None, "variables": {"zähler": {"value": 7}},
            "localVariables": {"seite": {"value": 3}},
        },
    )  # fmt: skip

    assert failed.status_code == 204
    shown = bote.get(path).get_json()
    assert (shown["retries"], shown["errorMessage"], shown["workerId"]) == (0, "Papierstau", "w1")
    assert bote.get(f"{path}/errorDetails").status_code == 204
    assert fetch(shop, made).get_json() == []
    with shop.database.begin(shop.detmold) as tx:
        assert [i.message for i in incidents.open_ones(tx, shop.detmold) if i.instance_id == made.id] == ["Papierstau"]
        assert instances.variables_of(tx, shop.detmold, made.id)["zähler"] == 7
    assert bote.put(f"{path}/retries", {"retries": -1}).status_code == 400
    assert bote.put(f"{path}/retries", {"retries": 2}).status_code == 204
    assert bote.put(f"{path}/priority", {"priority": 99}).status_code == 204
    again = only(fetch(shop, made, localVariables=True))
    assert (again["retries"], bote.get(path).get_json()["priority"]) == (2, 99)
    assert values_of(again) == {"eigene": 10, "seite": 3}, "the next try sees what the last one told for the job alone"


def test_what_the_process_cannot_go_on_with_is_an_incident_and_no_answer_of_success(shop: Office) -> None:
    made, bote = begin(shop), shop.client("bote")
    path = f"{BASE}/{only(fetch(shop, made))['id']}"

    stuck = bote.post(f"{path}/complete", {"workerId": "w1", "variables": {"weg": {"value": "nirgends"}}})

    assert stuck.status_code == 400
    assert "Störung" in stuck.get_json()["message"]
    with shop.database.begin(shop.detmold) as tx:
        (incident,) = [i for i in incidents.open_ones(tx, shop.detmold) if i.instance_id == made.id]
        assert "keine Bedingung" in incident.message
        assert "weg" not in instances.variables_of(tx, shop.detmold, made.id), "nothing of the step is stored"


def test_an_error_is_caught_or_becomes_an_incident(shop: Office) -> None:
    bote = shop.client("bote")
    caught, uncaught = begin(shop), begin(shop)
    first, second = only(fetch(shop, caught)), only(fetch(shop, uncaught))

    for task, code in ((first, "FEHLER"), (second, "UNBEKANNT")):
        answer = bote.post(f"{BASE}/{task['id']}/bpmnError", {"workerId": "w1", "errorCode": code, "errorMessage": "Kein Papier"})
        assert answer.status_code == 204, answer.get_json()

    waiting = shop.client("anna").get(f"/engine-rest/task?processInstanceId={caught.uuid}").get_json()
    assert [task["taskDefinitionKey"] for task in waiting] == ["nacharbeit"]
    with shop.database.begin(shop.detmold) as tx:
        (incident,) = [i for i in incidents.open_ones(tx, shop.detmold) if i.instance_id == uncaught.id]
    assert "UNBEKANNT" in incident.message


def test_a_topic_of_our_own_is_not_for_outside(shop: Office) -> None:
    made, bote = begin(shop, "eigen"), shop.client("bote")

    refused = fetch(shop, made, topicName="post_charge")

    assert (refused.status_code, "„post_charge“ erledigt die Plattform selbst" in refused.get_json()["message"]) == (403, True)
    (listed,) = bote.get(f"{BASE}?processInstanceId={made.uuid}").get_json()
    for verb in ("lock", "complete", "failure", "bpmnError", "extendLock", "unlock"):
        body = None if verb == "unlock" else {"workerId": "w1", "lockDuration": 1, "newDuration": 1, "errorCode": "x"}
        body = body and {name: value for name, value in body.items() if name in FIELDS[verb]}
        assert bote.post(f"{BASE}/{listed['id']}/{verb}", body).status_code == 403, verb
    assert bote.put(f"{BASE}/{listed['id']}/retries", {"retries": 1}).status_code == 403


FIELDS = {
    "lock": {"workerId", "lockDuration"}, "complete": {"workerId"}, "failure": {"workerId"}, "bpmnError": {"workerId", "errorCode"},
    "extendLock": {"workerId", "newDuration"},
}  # fmt: skip


@pytest.mark.parametrize("body", [
    None, [], {}, {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "t"}]},
    {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "t", "lockDuration": 0}]},
    {"workerId": "w", "maxTasks": -1, "topics": []}, {"workerId": "w", "maxTasks": 1, "topics": ["t"]},
    {"workerId": "w", "maxTasks": 1, "asyncResponseTimeout": 1_800_001, "topics": []},
    {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "t", "lockDuration": 1, "farbe": "rot"}]},
    {"workerId": "w", "maxTasks": 1, "sorting": [{"sortBy": "farbe"}], "topics": []},
    {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "t", "lockDuration": 1, "processDefinitionId": "x:1:y"}]},
    {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "t", "lockDuration": 1, "processVariables": {"x": [[["tief"]]]}}]},
    {"workerId": "w", "maxTasks": 10**14, "topics": [{"topicName": "t" * 5000, "lockDuration": 1}]},
    {"workerId": 5, "maxTasks": 1, "topics": []},
])  # fmt: skip
def test_broken_polls_are_answered_in_one_sentence(shop: Office, body: object) -> None:
    answer = shop.client("bote").post(f"{BASE}/fetchAndLock", body)

    assert answer.status_code in (200, 400), answer.get_json()
    assert answer.get_json() == [] or answer.get_json()["message"]


def test_lists_and_counts_find_jobs(shop: Office) -> None:
    made, bote = begin(shop), shop.client("bote")
    mine = f"processInstanceId={made.uuid}"
    task = only(fetch(shop, made))

    assert [one["id"] for one in bote.get(f"{BASE}?{mine}&locked=true&workerId=w1&topicName=drucken").get_json()] == [task["id"]]
    assert bote.get(f"{BASE}?{mine}&notLocked=true").get_json() == []
    assert bote.post(f"{BASE}/count", {"processInstanceId": str(made.uuid), "withRetriesLeft": True}).get_json() == {"count": 1}
    assert bote.get(f"{BASE}?sortBy=lockExpirationTime&sortOrder=desc&maxResults=1").status_code == 200
    assert shop.client("olga").get(f"{BASE}/{task['id']}").status_code == 404
