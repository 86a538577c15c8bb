"""Deploy and start as Camunda Modeler does it for Camunda 8, and what it asks afterwards."""

from __future__ import annotations

import json

import pytest

from api.rest.camunda8 import incidents, jobs, messages, process_definitions, searches, user_tasks
from engine.listings import definitions, subscriptions, waits
from engine.listings import instances as listed
from engine.listings import variables as variable_listing
from engine.listings.external_tasks import EXTERNAL_TASKS
from engine.listings.user_tasks import ALL_TASKS
from tests.api.rest.conftest import Office
from tests.api.rest.models import form
from tests.api.rest.models8 import HEAD, deploy

PROBLEM = "application/problem+json"
NOTHING = {"items": [], "page": {"totalItems": 0, "hasMoreTotalItems": False, "startCursor": None, "endCursor": None}}
ZEEBE = (
    HEAD
    + """<bpmn:process id="{key}" name="Anhörung" isExecutable="true">
<bpmn:startEvent id="beginn"/>
<bpmn:userTask id="pruefen" name="Prüfen"><bpmn:extensionElements><zeebe:userTask/>
<zeebe:formDefinition formId="pruefen8"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="ende"/>
<bpmn:sequenceFlow id="f1" sourceRef="beginn" targetRef="pruefen"/><bpmn:sequenceFlow id="f2" sourceRef="pruefen" targetRef="{target}"/>
</bpmn:process></bpmn:definitions>"""
)


def test_topology_is_open_so_that_a_wrong_password_is_told_where_it_counts(office: Office) -> None:
    client = office.flask.test_client()

    topology = client.get("/v2/topology", headers={"Authorization": "Basic ZmFsc2NoOmZhbHNjaA=="})
    assert (topology.status_code, topology.get_json()["gatewayVersion"]) == (200, "8.9.0")
    refused = client.post("/v2/process-instances", json={})
    assert (refused.status_code, refused.headers["Content-Type"], refused.get_json()["title"]) == (401, PROBLEM, "UNAUTHORIZED")


def test_a_diagram_of_camunda_8_and_its_form_are_deployed_started_watched_and_cancelled(office: Office) -> None:
    jörg, anna = office.client("jörg"), office.client("anna")
    files = {"anhoerung8.bpmn": ZEEBE.format(key="anhoerung8", target="ende"), "pruefen8.form": form("pruefen8")}

    made = deploy(jörg, files)
    assert made.status_code == 200, made.get_json()
    process, drawn = (one[name] for one, name in zip(made.get_json()["deployments"], ("processDefinition", "form"), strict=True))
    assert (process["processDefinitionId"], process["resourceName"], process["tenantId"]) == ("anhoerung8", "anhoerung8.bpmn", "detmold")
    assert (drawn["formId"], drawn["resourceName"]) == ("pruefen8", "pruefen8.form")
    again = deploy(jörg, files).get_json()
    assert again == made.get_json()

    begun = jörg.post(
        "/v2/process-instances",
        {"processDefinitionKey": process["processDefinitionKey"], "variables": {"betrag": 84.5}, "tenantId": "<default>"},
    )
    assert begun.status_code == 200, begun.get_json()
    key = begun.get_json()["processInstanceKey"]
    assert (key.isdecimal(), begun.get_json()["processDefinitionVersion"]) == (True, 1)

    found = anna.post("/v2/process-instances/search", {"filter": {"processInstanceKey": key, "state": {"$eq": "ACTIVE"}}}).get_json()
    assert (found["page"]["totalItems"], found["items"][0]["processDefinitionId"]) == (1, "anhoerung8")
    others = {"filter": {"processInstanceKey": key, "state": "COMPLETED"}}
    assert anna.post("/v2/process-instances/search", others).get_json() == NOTHING
    (variable,) = anna.post("/v2/variables/search", {"filter": {"processInstanceKey": key}}).get_json()["items"]
    assert (variable["name"], variable["value"]) == ("betrag", "84.5")
    elements = anna.post("/v2/element-instances/search", {"filter": {"processInstanceKey": key}}).get_json()["items"]
    assert [(one["elementId"], one["state"]) for one in elements] == [("beginn", "COMPLETED"), ("pruefen", "ACTIVE")]
    assert anna.post(f"/v2/process-instances/{key}/incidents/search", {}).get_json()["items"] == []
    assert anna.post(f"/v2/process-instances/{key}/cancellation").status_code == 204
    assert anna.get(f"/v2/process-instances/{key}").get_json()["state"] == "TERMINATED"


def test_a_broken_diagram_is_a_problem_with_every_finding(office: Office) -> None:
    answer = deploy(office.client("jörg"), {"kaputt8.bpmn": ZEEBE.format(key="kaputt8", target="gibt_es_nicht")})

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, PROBLEM)
    assert "kaputt8.bpmn, Zeile" in answer.get_json()["detail"]


def test_one_city_sees_nothing_of_the_other_under_any_key(office: Office) -> None:
    anna, olga = office.client("anna"), office.client("olga")
    assert (
        deploy(
            office.client("jörg"), {"a.bpmn": ZEEBE.format(key="getrennt", target="ende"), "pruefen8.form": form("pruefen8")}
        ).status_code
        == 200
    )
    key = anna.post("/v2/process-instances", {"processDefinitionId": "getrennt"}).get_json()["processInstanceKey"]

    assert olga.get(f"/v2/process-instances/{key}").status_code == 404
    assert olga.post(f"/v2/process-instances/{key}/cancellation").status_code == 404
    for what in ("process-instances", "variables", "incidents", "element-instances"):
        found = olga.post(f"/v2/{what}/search", {"filter": {"processInstanceKey": key}}).get_json()
        assert found == NOTHING, what
    assert anna.post("/v2/process-instances", {"processDefinitionId": "getrennt", "tenantId": "oerlinghausen"}).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v2/process-instances", {}, 400),
        ("/v2/process-instances", {"processDefinitionId": "gibt_es_nicht"}, 404),
        ("/v2/process-instances", {"processDefinitionKey": "abc"}, 400),
        ("/v2/process-instances", {"processDefinitionKey": "9" * 30}, 400),
        ("/v2/process-instances", {"processDefinitionId": "x", "startInstructions": [{"elementId": "y"}]}, 400),
        ("/v2/process-instances/search", {"filter": {"unbekannt": 1}}, 400),
        ("/v2/process-instances/search", {"page": {"limit": -1}}, 400),
        ("/v2/element-instances/search", {}, 400),
        ("/v2/batch-operations/search", {}, 404),
        ("/v2/process-instances/search", {"sort": [{"field": "farbe"}]}, 400),
        ("/v2/process-instances/search", {"filter": {"state": "MÜDE"}}, 400),
        ("/v2/process-instances/search", {"filter": {"businessId": {"$like": "x*"}}}, 400),
        ("/v2/process-instances/search", {"page": {"after": "x"}}, 400),
        ("/v2/process-instances/abc/cancellation", {}, 404),
    ],
)
def test_what_is_not_understood_is_a_problem(office: Office, path: str, body: dict[str, object], status: int) -> None:
    answer = office.client("anna").post(path, body)

    assert (answer.status_code, answer.headers["Content-Type"], answer.get_json()["status"]) == (status, PROBLEM, status)


def test_a_program_gets_a_token_for_its_account_and_works_with_it(office: Office) -> None:
    client = office.flask.test_client()
    given = {
        "grant_type": "client_credentials",
        "client_id": office.prefix + "jörg",
        "client_secret": "geheim-genug-pässwörter",
        "audience": "zeebe",
    }

    issued = client.post("/oauth/token", data=given)
    token = issued.get_json()
    assert (issued.status_code, token["token_type"], token["expires_in"]) == (200, "Bearer", 3600)
    me = client.get("/v2/authentication/me", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert (me.get_json()["username"], me.get_json()["tenants"][0]["tenantId"]) == (office.prefix + "jörg", "detmold")

    for change, status, word in (
        ({"client_secret": "falsch"}, 401, "invalid_client"), ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": ""}, 401, "invalid_client"), ({"client_id": "a\0b"}, 400, "invalid_request"),
    ):  # fmt: skip
        refused = client.post("/oauth/token", data=given | change)
        assert (refused.status_code, refused.get_json()["error"]) == (status, word), json.dumps(change)


SEARCHES = {
    "process-instances": (listed.HISTORIC, searches.INSTANCES, searches.INSTANCE_ORDERS), "jobs": (EXTERNAL_TASKS, jobs.FILTERS, jobs.ORDERS),
    "variables": (variable_listing.HISTORIC, searches.VARIABLES, searches.VARIABLE_ORDERS),
    "user-tasks": (ALL_TASKS, user_tasks.FILTERS, user_tasks.ORDERS), "incidents": (waits.INCIDENTS, incidents.FILTERS, incidents.ORDERS),
    "process-definitions": (definitions.PROCESS_DEFINITIONS, process_definitions.FILTERS, process_definitions.ORDERS),
    "message-subscriptions": (subscriptions.MESSAGES, messages.FILTERS, messages.ORDERS),
}  # fmt: skip
WORDS = {"state": "ACTIVE", "hasIncident": True, "isLatestVersion": True}


@pytest.mark.parametrize("what", SEARCHES)
def test_each_declared_filter_and_order_of_a_search_runs_on_the_database(office: Office, what: str) -> None:
    anna, (listing, filters, orders) = office.client("anna"), SEARCHES[what]

    for name, ours in filters.items():
        value: object = {"whole": 1, "flag": True}.get(listing.filters[ours].kind, "x")
        value = "1" if name.endswith("Key") and value == 1 else WORDS.get(name, value)
        value = "CREATED" if (what, name) == ("user-tasks", "state") else value
        for asked in (value, {"$eq": value}, {"$in": [value, value]}):
            answer = anna.post(f"/v2/{what}/search", {"filter": {name: asked}})
            assert answer.status_code == 200, (name, answer.get_json())
        wrong = anna.post(f"/v2/{what}/search", {"filter": {name: {"$exists": True}}})
        assert (wrong.status_code, name in wrong.get_json()["detail"]) == (400, True)
    for name in orders:
        for direction in ("ASC", "DESC"):
            answer = anna.post(f"/v2/{what}/search", {"sort": [{"field": name, "order": direction}]})
            assert answer.status_code == 200, (name, answer.get_json())
