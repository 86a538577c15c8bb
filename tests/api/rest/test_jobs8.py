"""Camunda 8's workers over REST: taking jobs, ending them, and what is refused with which status."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from engine import history, incidents, instances, keys, replay
from tests.api.rest import models8
from tests.api.rest.conftest import Caller, Office
from tests.api.rest.models8 import caught, flows, task

PROBLEM = "application/problem+json"
HEADERS = '<zeebe:header key="drucker" value="Schwarz"/>'
MAPPINGS = '<zeebe:input source="=betrag * 2" target="eigene"/>'
PRINTING = (
    task("drucken", "drucken8", headers=HEADERS, mappings=MAPPINGS) + caught("kaputt", "drucken", "PAPIER")
    + '<bpmn:exclusiveGateway id="weiche"/><bpmn:endEvent id="ohne"/>'
    + flows("beginn", "drucken", "weiche") + flows("kaputt", "ohne")
    + '<bpmn:sequenceFlow id="f" sourceRef="weiche" targetRef="ende"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
    '=weg = "a"</bpmn:conditionExpression></bpmn:sequenceFlow>'
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(office: Office) -> Office:
    """The office with a process whose job is for outside, drawn for Camunda 8."""
    files = {"druck8.bpmn": models8.process("druck8", PRINTING, codes=("PAPIER",))}
    answer = models8.deploy(office.client("jörg"), files)
    assert answer.status_code == 200, answer.get_json()
    return office


def begin(shop: Office, **given: object) -> str:
    """Start an instance and return its key."""
    body = {"processDefinitionId": "druck8", "businessId": f"D-{uuid.uuid4()}", "variables": {"betrag": 5, **given}}
    answer = shop.client("anna").post("/v2/process-instances", body)
    assert answer.status_code == 200, answer.get_json()
    return str(answer.get_json()["processInstanceKey"])


def activate(caller: Caller, **more: object) -> TestResponse:
    body = {"type": "drucken8", "worker": "w1", "timeout": 60_000, "maxJobsToActivate": 50, "requestTimeout": -1, **more}
    return caller.post("/v2/jobs/activation", body)


def job_of(shop: Office, key: str, **more: object) -> dict[str, Any]:
    """Take all jobs and return that of the instance."""
    answer = activate(shop.client("bote"), **more)
    assert (answer.status_code, answer.content_type) == (200, "application/json"), answer.get_json()
    (found,) = [job for job in answer.get_json()["jobs"] if job["processInstanceKey"] == key]
    return dict(found)


def test_a_taken_job_shows_all_that_workers_read(shop: Office) -> None:
    key = begin(shop, titel="Müll", genau=0.1, liste=[1, {"a": None}])

    job = job_of(shop, key)

    assert (job["type"], job["worker"], job["elementId"], job["retries"]) == ("drucken8", "w1", "drucken", 3)
    assert (job["processDefinitionId"], job["processDefinitionVersion"], job["tenantId"]) == ("druck8", 1, "detmold")
    assert job["customHeaders"] == {"drucker": "Schwarz"}
    assert job["variables"] == {"betrag": 5, "titel": "Müll", "genau": 0.1, "liste": [1, {"a": None}], "eigene": 10}
    for name in ("jobKey", "processInstanceKey", "processDefinitionKey", "elementInstanceKey"):
        assert 0 < int(job[name]) < 2**63, name
    assert (job["kind"], job["listenerEventType"], job["userTask"], job["tags"]) == ("BPMN_ELEMENT", "UNSPECIFIED", None, [])
    with shop.database.look() as tx:
        now = int(tx.execute(text("select extract(epoch from now()) * 1000")).scalar_one())
    assert 30_000 < job["deadline"] - now < 90_000
    assert activate(shop.client("wolf"), worker="w2").get_json() == {"jobs": []}, "it is taken"


def test_only_wanted_variables_come(shop: Office) -> None:
    job = job_of(shop, begin(shop, titel="Müll"), fetchVariable=["titel", "fehlt"])

    assert job["variables"] == {"titel": "Müll"}


def test_a_job_is_completed_once_and_history_names_the_account(shop: Office) -> None:
    key, bote = begin(shop), shop.client("bote")
    path = f"/v2/jobs/{job_of(shop, key)['jobKey']}"

    assert shop.client("olga").post(f"{path}/completion", {}).status_code == 404, "another city"
    assert shop.client("anna").post(f"{path}/completion", {}).status_code == 403, "no account for programs"
    done = bote.post(f"{path}/completion", {"variables": {"weg": "a", "summe": 12.5}})
    again = bote.post(f"{path}/completion", {"variables": {"weg": "a"}})

    assert (done.status_code, done.data) == (204, b"")
    assert (again.status_code, again.content_type, again.get_json()["title"]) == (404, PROBLEM, "NOT_FOUND")
    assert shop.client("anna").get(f"/v2/process-instances/{key}").get_json()["state"] == "COMPLETED"
    with shop.database.begin(shop.detmold) as tx:
        last = history.read(tx, shop.detmold, int(key))[-1]
        assert instances.variables_of(tx, shop.detmold, int(key))["summe"] == Decimal("12.5")
        assert replay.replay(tx, shop.detmold, int(key)).identical
    assert (last.kind, last.actor) == ("job_completed", f"{shop.prefix}bote")


def test_of_two_who_end_the_same_job_at_once_one_is_answered_with_success(shop: Office) -> None:
    for verb, body in (("completion", {"variables": {"weg": "a"}}), ("error", {"errorCode": "PAPIER"}), ("failure", {"retries": 1})):
        path = f"/v2/jobs/{job_of(shop, begin(shop))['jobKey']}/{verb}"
        together = threading.Barrier(2)

        def end(login: str, path: str = path, body: dict[str, object] = body, together: threading.Barrier = together) -> int:
            caller = shop.client(login)
            together.wait(10)
            return caller.post(path, body).status_code

        with ThreadPoolExecutor(2) as threads:
            answers = sorted(threads.map(end, ("bote", "wolf")))

        assert answers in ([204, 404], [204, 409]), verb


def test_what_nobody_holds_is_in_the_wrong_state(shop: Office) -> None:
    key, bote = begin(shop), shop.client("bote")
    path = f"/v2/jobs/{job_of(shop, key)['jobKey']}"
    assert bote.post(f"{path}/failure", {"retries": 1, "retryBackOff": 60_000, "errorMessage": "Papierstau"}).status_code == 204

    answers = [
        bote.post(f"{path}/{verb}", {"errorCode": "PAPIER"} if verb == "error" else {}) for verb in ("completion", "failure", "error")
    ]

    assert [(answer.status_code, answer.get_json()["title"]) for answer in answers] == [(409, "CONFLICT")] * 3
    assert activate(bote).get_json() == {"jobs": []}, "it waits for its next try"


def test_a_failure_without_tries_is_an_incident_that_more_tries_close(shop: Office) -> None:
    key, bote, anna = begin(shop), shop.client("bote"), shop.client("anna")
    path = f"/v2/jobs/{job_of(shop, key)['jobKey']}"

    assert bote.post(f"{path}/failure", {"errorMessage": "Papierstau", "variables": {"seite": 7}}).status_code == 204

    assert activate(bote).get_json() == {"jobs": []}
    (incident,) = anna.post("/v2/incidents/search", {"filter": {"processInstanceKey": key}}).get_json()["items"]
    assert (incident["errorMessage"], incident["errorType"], incident["elementId"]) == ("Papierstau", "JOB_NO_RETRIES", "drucken")
    assert f"/v2/jobs/{incident['jobKey']}" == path
    (listed,) = anna.post("/v2/jobs/search", {"filter": {"jobKey": incident["jobKey"]}}).get_json()["items"]
    assert (listed["state"], listed["retries"], listed["errorMessage"], listed["worker"]) == ("FAILED", 0, "Papierstau", "w1")
    assert bote.client.patch(path, json={"changeset": {"retries": 2}}, headers={"Authorization": bote.header}).status_code == 204
    assert bote.post(f"/v2/incidents/{incident['incidentKey']}/resolution", {}).status_code == 204, "resolved it stays"
    again = job_of(shop, key)
    assert (again["retries"], again["variables"]["seite"]) == (2, 7)
    with shop.database.begin(shop.detmold) as tx:
        assert [one for one in incidents.open_ones(tx, shop.detmold) if one.instance_id == int(key)] == []
        assert "seite" not in instances.variables_of(tx, shop.detmold, int(key)), "it belongs to the task alone"


def test_an_error_is_caught_or_becomes_an_incident(shop: Office) -> None:
    keys_, bote = [begin(shop), begin(shop)], shop.client("bote")
    jobs = {job["processInstanceKey"]: job["jobKey"] for job in activate(bote).get_json()["jobs"]}

    for key, code in zip(keys_, ("PAPIER", "UNBEKANNT"), strict=True):
        answer = bote.post(
            f"/v2/jobs/{jobs[key]}/error", {"errorCode": code, "errorMessage": "Kein Papier", "variables": {"grund": "leer"}}
        )
        assert answer.status_code == 204, answer.get_json()

    anna = shop.client("anna")
    assert [anna.get(f"/v2/process-instances/{key}").get_json()["state"] for key in keys_] == ["COMPLETED", "ACTIVE"]
    (incident,) = anna.post(f"/v2/process-instances/{keys_[1]}/incidents/search", {}).get_json()["items"]
    assert "UNBEKANNT" in incident["errorMessage"]


def test_what_the_process_cannot_go_on_with_is_an_incident_and_no_answer_of_success(shop: Office) -> None:
    key, bote = begin(shop), shop.client("bote")
    path = f"/v2/jobs/{job_of(shop, key)['jobKey']}"

    stuck = bote.post(f"{path}/completion", {"variables": {"weg": "nirgends"}})

    assert (stuck.status_code, "Störung" in stuck.get_json()["detail"]) == (409, True)
    with shop.database.begin(shop.detmold) as tx:
        assert "weg" not in instances.variables_of(tx, shop.detmold, int(key)), "nothing of the step is stored"


def test_a_worker_prolongs_its_job_until_its_time_is_over(shop: Office) -> None:
    key, bote = begin(shop), shop.client("bote")
    job = job_of(shop, key)
    patch = {"path": f"/v2/jobs/{job['jobKey']}", "headers": {"Authorization": bote.header}}

    prolonged = bote.client.patch(json={"changeset": {"timeout": 3_600_000, "retries": None}}, **patch)
    (listed,) = bote.post("/v2/jobs/search", {"filter": {"processInstanceKey": key}}).get_json()["items"]
    with shop.database.begin(shop.detmold) as tx:
        tx.execute(text("update job set locked_until = now() - interval '1 second' where instance_id = :i"), {"i": int(key)})
    late = bote.client.patch(json={"changeset": {"timeout": 60_000}}, **patch)

    assert (prolonged.status_code, listed["state"]) == (204, "CREATED")
    assert datetime.fromisoformat(listed["deadline"]).timestamp() * 1000 - job["deadline"] > 3_000_000
    assert late.status_code == 409
    assert job_of(shop, key, worker="w2")["worker"] == "w2", "another has it now"
    assert bote.client.patch(json={"changeset": {"timeout": 60_000}}, **patch).status_code == 204, "and prolongs it"


def test_a_type_that_the_platform_serves_is_not_for_outside(shop: Office) -> None:
    refused = activate(shop.client("bote"), type="post_charge")

    assert (refused.status_code, "erledigt die Plattform selbst" in refused.get_json()["detail"]) == (403, True)


def test_a_job_belongs_to_the_city_that_is_asked_for(shop: Office) -> None:
    key, bote = begin(shop), shop.client("bote")

    elsewhere = activate(bote, tenantIds=["oerlinghausen"])
    several = activate(bote, tenantIds=["detmold", "oerlinghausen"])
    denied = activate(shop.client("wolf"), tenantIds=["oerlinghausen"])

    assert elsewhere.get_json() == {"jobs": []}
    assert (several.status_code, denied.status_code) == (400, 403)
    assert job_of(shop, key, tenantIds=["<default>"])["tenantId"] == "detmold"


@pytest.mark.parametrize("change", [
    {"type": None}, {"type": ""}, {"timeout": 0}, {"timeout": "viel"}, {"maxJobsToActivate": 0}, {"maxJobsToActivate": -5}, {"farbe": "rot"},
    {"withLease": True}, {"tenantFilter": "ASSIGNED"}, {"fetchVariable": [1]}, {"requestTimeout": 1.5}, {"worker": 5},
])  # fmt: skip
def test_broken_activations_are_problems(shop: Office, change: dict[str, object]) -> None:
    answer = activate(shop.client("bote"), **change)

    assert (answer.status_code, answer.content_type) == (400, PROBLEM), answer.get_json()


@pytest.mark.parametrize("key", ["0", "abc", "9" * 19, "9" * 40, "-1", "1.5", "٣", "11111111-2222-3333-4444-555555555555"])
def test_a_key_that_names_nothing_is_not_found(shop: Office, key: str) -> None:
    for verb in ("completion", "failure", "error"):
        answer = shop.client("bote").post(f"/v2/jobs/{key}/{verb}", {"errorCode": "x"} if verb == "error" else {})
        assert (answer.status_code, answer.content_type) == (404, PROBLEM), answer.get_json()


@pytest.mark.parametrize("body", [
    None, {}, {"changeset": {}}, {"changeset": []}, {"changeset": {"retries": 0}}, {"changeset": {"retries": -1}},
    {"changeset": {"timeout": 0}}, {"changeset": {"farbe": 1}}, {"changeset": {"retries": "3"}},
])  # fmt: skip
def test_changes_that_cannot_be_are_refused(shop: Office, body: object) -> None:
    bote = shop.client("bote")

    answer = bote.client.patch("/v2/jobs/1", json=body, headers={"Authorization": bote.header})

    assert answer.status_code == 400, answer.get_json()


def test_the_number_of_a_row_leads_back_to_it_and_to_no_other(shop: Office) -> None:
    key = begin(shop)
    with shop.database.begin(shop.detmold) as tx:
        job_id: UUID = tx.execute(text("select id from job where instance_id = :i"), {"i": int(key)}).scalar_one()
        assert keys.find(tx, shop.detmold, "job", keys.of(job_id)) == job_id
        assert keys.find(tx, shop.detmold, "job", keys.of(job_id) + 1) is None
        assert keys.find(tx, shop.oerlinghausen, "job", keys.of(job_id)) is None
        numbers = tx.execute(text(f"select {keys.sql('id')} as number, id from job")).all()
    assert all(row.number == keys.of(row.id) for row in numbers)


def test_where_two_jobs_have_one_number_neither_is_taken_for_the_other(shop: Office) -> None:
    first, second = begin(shop), begin(shop)
    path = f"/v2/jobs/{job_of(shop, first)['jobKey']}/completion"
    with shop.database.begin(shop.detmold) as tx:
        rows = tx.execute(text("select instance_id, id from job where instance_id in (:a, :b)"), {"a": first, "b": second})
        ids = {row.instance_id: row.id for row in rows}
        alike = {"id": UUID(int=ids[int(first)].int ^ 1), "other": ids[int(second)]}
        tx.execute(text("update job set id = :id where id = :other"), alike)

    refused = shop.client("bote").post(path, {"variables": {"weg": "a"}})

    assert (refused.status_code, "nicht eindeutig" in refused.get_json()["detail"]) == (409, True)
    with shop.database.begin(shop.detmold) as tx:
        tx.execute(text("update job set id = :other where id = :id"), alike)
    assert shop.client("bote").post(path, {"variables": {"weg": "a"}}).status_code == 204
