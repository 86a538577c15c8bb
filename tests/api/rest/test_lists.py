"""What programs may look at: every list, its filters, pages and counts, and nothing of another city."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from api.rest import lists
from engine import clock, incidents, instances
from engine.listings import definitions, variables, waits
from engine.listings import instances as listed
from engine.listings.external_tasks import EXTERNAL_TASKS
from engine.listings.user_tasks import OPEN_TASKS
from tests.api.rest.conftest import Caller, Office
from tests.api.rest.models import deploy, diagram, started

LISTS = {
    "/process-instance": listed.RUNNING, "/job": waits.JOBS, "/incident": waits.INCIDENTS, "/history/process-instance": listed.HISTORIC,
    "/history/task": waits.USER_TASKS, "/history/variable-instance": variables.HISTORIC, "/variable-instance": variables.RUNNING,
}  # fmt: skip
ALL_LISTS = LISTS | {
    "/task": OPEN_TASKS, "/external-task": EXTERNAL_TASKS, "/history/incident": waits.HISTORIC_INCIDENTS,
    "/process-definition": definitions.PROCESS_DEFINITIONS, "/deployment": definitions.DEPLOYMENTS,
}  # fmt: skip
WAITING = (
    '<bpmn:startEvent id="beginn"/><bpmn:parallelGateway id="teilen"/>'
    '<bpmn:userTask id="pruefen" name="Prüfen"/>'
    '<bpmn:serviceTask id="senden" name="Senden" camunda:type="external" camunda:topic="fremdes_thema"/>'
    '<bpmn:intermediateCatchEvent id="frist" name="Frist"><bpmn:timerEventDefinition><bpmn:timeDuration>P7D</bpmn:timeDuration>'
    "</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    '<bpmn:endEvent id="a"/><bpmn:endEvent id="b"/><bpmn:endEvent id="c"/>'
    '<bpmn:sequenceFlow id="f0" sourceRef="beginn" targetRef="teilen"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="teilen" targetRef="pruefen"/><bpmn:sequenceFlow id="f2" sourceRef="pruefen" targetRef="a"/>'
    '<bpmn:sequenceFlow id="f3" sourceRef="teilen" targetRef="senden"/><bpmn:sequenceFlow id="f4" sourceRef="senden" targetRef="b"/>'
    '<bpmn:sequenceFlow id="f5" sourceRef="teilen" targetRef="frist"/><bpmn:sequenceFlow id="f6" sourceRef="frist" targetRef="c"/>'
)


@pytest.fixture(scope="module")
def running(office: Office) -> dict[str, list[str]]:
    """Return login -> instances: three of Detmold (one cancelled), two of Oerlinghausen; each with a task, a job, a timer."""
    answer = deploy(office.client("jörg"), diagram("warten", inner=WAITING), name="warten.bpmn")
    assert answer.status_code == 200, answer.get_json()
    made = {
        "anna": [started(office, "anna", "warten", betrag=betrag, ort="Lage", plz="32791", bezahlt=False) for betrag in (100, 84, 7)],
        "olga": [started(office, "olga", "warten", betrag=100, ort="Oerlinghausen") for _ in range(2)],
    }
    assert office.client("anna").delete(f"/engine-rest/process-instance/{made['anna'][2]}").status_code == 204
    for tenant_id in (office.detmold, office.oerlinghausen):
        with office.database.begin(tenant_id) as tx:
            row = tx.execute(text("select id, instance_id from job where element_id = 'senden' order by instance_id limit 1")).one()
            incidents.open_incident(
                tx, tenant_id, kind="job", message="Kein Papier", now=clock.now(tx, tenant_id), instance_id=row.instance_id,
                element_id="senden", wait_id=row.id,
            )  # fmt: skip
    return made


def ids(caller: Caller, address: str) -> list[str]:
    answer = caller.get(f"/engine-rest{address}")
    assert answer.status_code == 200, answer.get_json()
    return [one["id"] for one in answer.get_json()]


@pytest.mark.parametrize("path", LISTS)
def test_each_list_its_count_and_both_ways_of_asking_agree_and_hold_no_row_of_another_city(
    office: Office, running: dict[str, list[str]], path: str
) -> None:
    anna, olga = office.client("anna"), office.client("olga")

    own, foreign = ids(anna, path), ids(olga, path)
    posted = anna.post(f"/engine-rest{path}", {"processDefinitionId": None, "tenantIdIn": ["detmold"]})

    assert own
    assert foreign
    assert not set(own) & set(foreign)
    assert [one["id"] for one in posted.get_json()] == own
    assert all(one["tenantId"] == "detmold" for one in posted.get_json())
    assert anna.get(f"/engine-rest{path}/count").get_json() == {"count": len(own)}
    assert anna.post(f"/engine-rest{path}/count", {}).get_json() == {"count": len(own)}
    assert ids(anna, f"{path}?maxResults=1&firstResult=1") == own[1:2]
    assert ids(anna, f"{path}?withoutTenantId=true") == []
    assert anna.get(f"/engine-rest{path}?tenantIdIn=oerlinghausen").status_code == 403
    assert ids(office.client("bote"), f"{path}?tenantIdIn=oerlinghausen") == foreign


SAMPLES = {
    "text": "x", "texts": "x,y", "whole": "1", "flag": "true", "instant": "2026-08-17T08:00:00.000+0200", "comparisons": "ort_eq_Lage",
}  # fmt: skip


@pytest.mark.parametrize("path", ALL_LISTS)
def test_each_declared_filter_and_order_runs_on_the_database(office: Office, running: dict[str, list[str]], path: str) -> None:
    anna = office.client("anna")
    declared = ALL_LISTS[path]

    for name, one in declared.filters.items():
        value = running["anna"][0] if one.kind in ("uuid", "uuids") else SAMPLES[one.kind]
        if not one.is_public:
            continue
        answer = anna.get(f"/engine-rest{path}", query_string={lists.camel(name): value})
        assert answer.status_code == 200, (name, answer.get_json())
    assert anna.get("/engine-rest/incident?incidentType=failedJob").status_code == 200
    for order in (name for name, found in declared.orders.items() if ":variable" not in found):
        answer = anna.get(f"/engine-rest{path}?sortBy={lists.camel(order)}&sortOrder=desc")
        assert answer.status_code == 200, (order, answer.get_json())


@pytest.mark.parametrize(
    ("condition", "places"),
    [
        ("betrag_eq_100", [0]), ("betrag_neq_100", [1]), ("betrag_gt_84", [0]), ("betrag_gteq_84", [0, 1]), ("betrag_lt_84.5", [1]),
        ("ort_like_La%25", [0, 1]), ("ort_eq_Lage,betrag_lteq_84", [1]), ("bezahlt_eq_false", [0, 1]), ("gibt_es_nicht_eq_1", []),
        ("ort_eq_100", []), ("plz_eq_32791", [0, 1]), ("ort_like_La%5C%5C", []), ("ort_like_La%5Cge", [0, 1]),
    ],
)  # fmt: skip
def test_instances_are_found_by_their_variables(office: Office, running: dict[str, list[str]], condition: str, places: list[int]) -> None:
    assert ids(office.client("anna"), f"/process-instance?variables={condition}") == [running["anna"][place] for place in places]


def test_conditions_in_a_body_compare_by_type(office: Office, running: dict[str, list[str]]) -> None:
    anna = office.client("anna")

    def found(**condition: object) -> int:
        return len(anna.post("/engine-rest/process-instance", {"variables": [condition]}).get_json())

    assert found(name="betrag", operator="eq", value=100) == 1
    assert found(name="betrag", operator="eq", value="100") == 0
    assert found(name="bezahlt", operator="neq", value=True) == 2


def test_other_filters_mean_what_camunda_means(office: Office, running: dict[str, list[str]]) -> None:
    anna, (first, second, cancelled) = office.client("anna"), running["anna"]

    assert ids(anna, "/process-instance?activityIdIn=pruefen") == [first, second]
    assert ids(anna, "/process-instance?withIncident=true") == [first]
    assert ids(anna, f"/process-instance?processInstanceIds={second},{cancelled}") == [second]
    assert ids(anna, "/process-instance?businessKeyLike=K-%25&processDefinitionKey=warten") == [first, second]
    assert ids(anna, "/process-instance?processDefinitionKeyIn=x&processDefinitionKeyIn=warten") == [first, second]
    assert ids(anna, "/history/process-instance?finished=true") == [cancelled]
    assert ids(anna, "/history/process-instance?sortBy=endTime&sortOrder=desc")[0] == cancelled
    assert anna.get("/engine-rest/job?timers=true&processInstanceId=" + first).get_json()[0]["dueDate"].startswith("2026-08-24T08:00:00")


@pytest.mark.parametrize(
    "query",
    ["x=1", "variables=betrag", "variables=_eq_1", "processDefinitionId=abc", "maxResults=viele", "sortBy=drop table", "sortOrder=auf",
     "active=ja", "processInstanceIds=1,2", "tenantIdIn=detmold,oerlinghausen", "active=true&active=false",
     "businessKeyLike=%5C", "businessKeyLike=a%5C%5C%5C", "variables=ort_like_%5C", "tenantIdIn=detmold&tenantIdIn=oerlinghausen"],
)  # fmt: skip
def test_a_filter_that_is_not_understood_is_refused(office: Office, query: str) -> None:
    answer = office.client("bote").get(f"/engine-rest/process-instance?{query}")

    assert (answer.status_code, answer.get_json()["type"]) == (400, "InvalidRequestException")


def test_of_each_or_query_one_filter_must_hold(office: Office, running: dict[str, list[str]]) -> None:
    anna, (first, second, _) = office.client("anna"), running["anna"]

    def found(path: str, **body: object) -> list[str]:
        answer = anna.post(f"/engine-rest{path}", {"processDefinitionId": None, "sorting": None, **body})
        assert answer.status_code == 200, answer.get_json()
        counted = anna.post(f"/engine-rest{path}/count", body).get_json()
        assert counted == {"count": len(answer.get_json())}
        return [one.get("processInstanceId") or one["id"] for one in answer.get_json()]

    def equal(value: object) -> dict[str, object]:
        return {"name": "betrag", "operator": "eq", "value": value}

    assert found("/process-instance", orQueries=[{"variables": [equal(100), equal(84)]}]) == [first, second]
    assert found("/process-instance", orQueries=[{"variables": [equal(100)], "processInstanceIds": [second]}]) == [first, second]
    assert found("/process-instance", orQueries=[{"withIncident": True, "businessKey": "K-2"}, {"businessKey": "K-1"}]) == [first]
    assert found("/process-instance", variables=[equal(84)], orQueries=[{"withIncident": True, "active": True}]) == [second]
    assert found("/process-instance", orQueries=[]) == found("/process-instance", orQueries=[{}]) == [first, second]
    assert found("/task", orQueries=[{"name": "Nein", "nameLike": "Prü%"}]) == [first, second]
    assert found("/task", orQueries=[{"assignee": "x", "candidateGroup": "y", "includeAssignedTasks": True}]) == []
    assert found("/history/process-instance", orQueries=[{"finished": True, "withIncidents": True}]) == [first, running["anna"][2]]
    assert found("/variable-instance", orQueries=[{"variableName": "ort", "variableNameLike": "pl%"}]) == [first, first, second, second]


def test_lists_are_sorted_by_several_and_by_variables(office: Office, running: dict[str, list[str]]) -> None:
    anna, (first, second, cancelled) = office.client("anna"), running["anna"]

    def found(path: str, *sorting: dict[str, object]) -> list[str]:
        answer = anna.post(f"/engine-rest{path}", {"sorting": list(sorting)})
        assert answer.status_code == 200, answer.get_json()
        return [one.get("processInstanceId") or one["id"] for one in answer.get_json()]

    by_amount = {"sortBy": "processVariable", "parameters": {"variable": "betrag", "type": "Integer"}}
    assert found("/task", by_amount | {"sortOrder": "asc"}) == [second, first], "84 before 100: by number, not by text"
    assert found("/task", {"sortBy": "name", "sortOrder": "asc"}, by_amount | {"sortOrder": "desc"}) == [first, second]
    assert found("/history/process-instance", {"sortBy": "businessKey"}, {"sortBy": "endTime", "sortOrder": "asc"})[0] == cancelled
    assert found("/history/process-instance", {"sortBy": None, "sortOrder": None}) == [first, second, cancelled]


@pytest.mark.parametrize(
    "body",
    [
        {"orQueries": [{"farbe": "rot"}]}, {"orQueries": ["x"]}, {"orQueries": {}, "x": 1}, {"orQueries": [{"orQueries": [{"active": True}]}]},
        {"orQueries": [{"sorting": [{"sortBy": "name"}]}]}, {"orQueries": [{"tenantIdIn": ["detmold"]}]}, {"orQueries": [{}] * 21},
        {"sorting": [{"sortBy": "farbe"}]}, {"sorting": [{"sortBy": "processVariable"}]}, {"sorting": ["name"]},
        {"sorting": [{"sortBy": "name"}] * 11}, {"sorting": [{"sortBy": "name", "sortOrder": "auf"}]},
        {"sorting": [{"sortBy": "processVariable", "parameters": {"farbe": "x"}}]},
    ],
)  # fmt: skip
def test_groups_and_orders_that_are_not_understood_are_refused(office: Office, body: dict[str, object]) -> None:
    for path in ("/task", "/task/count") if "orQueries" in body else ("/task",):
        answer = office.client("anna").post(f"/engine-rest{path}", body)
        assert (answer.status_code, answer.get_json()["type"]) == (400, "InvalidRequestException"), answer.get_json()


def test_an_ended_instance_is_gone_from_the_running_and_told_in_history_with_who_and_why(
    office: Office, running: dict[str, list[str]]
) -> None:
    anna, cancelled = office.client("anna"), running["anna"][2]

    told = anna.get(f"/engine-rest/history/process-instance/{cancelled}").get_json()

    assert anna.get(f"/engine-rest/process-instance/{cancelled}").status_code == 404
    assert (told["state"], told["businessKey"], told["startUserId"]) == ("EXTERNALLY_TERMINATED", "K-1", office.prefix + "anna")
    assert told["deleteReason"] == "Über die Schnittstelle abgebrochen."
    assert told["startTime"].startswith("2026-08-17T08:00:00")


def test_the_activities_of_an_instance_tell_where_it_was_and_where_it_stands(office: Office, running: dict[str, list[str]]) -> None:
    anna = office.client("anna")

    walked = anna.get(f"/engine-rest/history/activity-instance?processInstanceId={running['anna'][0]}").get_json()
    open_ones = anna.post(
        "/engine-rest/history/activity-instance", {"processInstanceId": running["anna"][0], "unfinished": True}
    ).get_json()
    cancelled = anna.get(f"/engine-rest/history/activity-instance?processInstanceId={running['anna'][2]}&canceled=true").get_json()

    types = {one["activityId"]: one["activityType"] for one in walked}
    assert types == {
        "beginn": "startEvent", "teilen": "parallelGateway", "pruefen": "userTask", "senden": "serviceTask", "frist": "intermediateCatchEvent",
    }  # fmt: skip
    assert {one["activityId"] for one in open_ones} == {"pruefen", "senden", "frist"}
    assert {one["activityId"] for one in cancelled} == {"pruefen", "senden", "frist"}
    assert anna.get("/engine-rest/history/activity-instance").status_code == 400


def test_a_foreign_row_is_not_found_by_its_id(office: Office, running: dict[str, list[str]]) -> None:
    anna, theirs = office.client("anna"), running["olga"][0]
    with office.database.begin(office.oerlinghausen) as tx:
        job = tx.execute(text("select id from job limit 1")).scalar_one()
        incident = tx.execute(text("select uuid from incident limit 1")).scalar_one()

    for path in (
        f"/process-instance/{theirs}", f"/process-instance/{theirs}/variables", f"/process-instance/{theirs}/variables/ort",
        f"/history/process-instance/{theirs}", f"/job/{job}", f"/incident/{incident}",
    ):  # fmt: skip
        assert anna.get(f"/engine-rest{path}").status_code == 404, path
    assert anna.delete(f"/engine-rest/process-instance/{theirs}").status_code == 404
    assert anna.put(f"/engine-rest/process-instance/{theirs}/variables/ort", {"value": "x"}).status_code == 404
    assert anna.put(f"/engine-rest/job/{job}/retries", {"retries": 3}).status_code == 404
    assert anna.get(f"/engine-rest/history/activity-instance?processInstanceId={theirs}").get_json() == []
    with office.database.begin(office.oerlinghausen) as tx:
        found = instances.get(tx, office.oerlinghausen, UUID(theirs))
        assert instances.variables_of(tx, office.oerlinghausen, found.id)["ort"] == "Oerlinghausen"
