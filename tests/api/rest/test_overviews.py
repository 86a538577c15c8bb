"""What an operator's client shows at a glance: where instances stand, how many, who did what, who works here; and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from engine import clock, incidents, worker
from tests.api.rest.conftest import Office
from tests.api.rest.models import deploy, diagram, started
from tests.engine.spiff.bpmn import boundary, chain, flow, node, timer, user

TWICE = "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
SEND = '<bpmn:serviceTask id="senden" name="Senden" camunda:type="external" camunda:topic="versand_ueberblick"/>'


def inner(suffix: str) -> str:
    return (
        node("startEvent", f"s{suffix}")
        + user(f"zeichnen{suffix}")
        + node("endEvent", f"e{suffix}")
        + chain(f"s{suffix}", f"zeichnen{suffix}", f"e{suffix}")
    )


WIDE = (
    node("startEvent", "s") + node("parallelGateway", "g") + user("viele", TWICE) + node("subProcess", "teil", inner("1") + TWICE)
    + node("callActivity", "ruf", TWICE, calledElement="gerufen_ueberblick") + node("subProcess", "einfach", inner("2")) + SEND
    + boundary("frist", "senden", timer("timeDuration", "P7D")) + node("endEvent", "e") + chain("s", "g", "viele", "e") + chain("g", "teil", "e")
    + chain("g", "ruf", "e") + chain("g", "einfach", "e") + chain("g", "senden", "e") + flow("frist", "e")
)  # fmt: skip
CALLED = node("startEvent", "s") + user("innen") + node("endEvent", "e") + chain("s", "innen", "e")


@pytest.fixture(scope="module")
def view(office: Office) -> Office:
    """The office with two running instances that stand at many places, one of them with a failed job."""
    files = {"anruf": diagram("gerufen_ueberblick", inner=CALLED)}
    answer = deploy(office.client("jörg"), diagram("ueberblick", inner=WIDE), name="ueberblick.bpmn", **files)
    assert answer.status_code == 200, answer.get_json()
    return office


@pytest.fixture(scope="module")
def stuck(view: Office) -> str:
    """Return an instance whose job has failed for the last time."""
    found = started(view, "anna", "ueberblick")
    bote = view.client("bote")
    asked = {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "versand_ueberblick", "lockDuration": 1000}]}
    (job,) = bote.post("/engine-rest/external-task/fetchAndLock", asked).get_json()
    told = {"workerId": "w", "errorMessage": "Papierstau", "errorDetails": "Zeile 1\nZeile 2", "retries": 0}
    assert bote.post(f"/engine-rest/external-task/{job['id']}/failure", told).status_code == 204
    started(view, "anna", "ueberblick")
    return found


def shape(tree: dict[str, Any]) -> Any:
    """Return a tree as nested pairs of activity id and what is inside, in a fixed order."""
    return tree["activityId"], sorted(shape(child) for child in tree["childActivityInstances"])


def test_the_tree_shows_where_an_instance_stands_inside_of_what(view: Office, stuck: str) -> None:
    tree = view.client("anna").get(f"/engine-rest/process-instance/{stuck}/activity-instances").get_json()

    assert tree["id"] == stuck
    assert shape(tree) == ("ueberblick", [
        ("einfach", [("zeichnen2", [])]), ("ruf#multiInstanceBody", [("ruf", [("innen", [])]), ("ruf", [("innen", [])])]), ("senden", []),
        ("teil#multiInstanceBody", [("teil", [("zeichnen1", [])]), ("teil", [("zeichnen1", [])])]),
        ("viele#multiInstanceBody", [("viele", []), ("viele", [])]),
    ])  # fmt: skip
    (sending,) = [child for child in tree["childActivityInstances"] if child["activityId"] == "senden"]
    assert (sending["activityType"], sending["parentActivityInstanceId"], len(sending["incidentIds"])) == ("serviceTask", stuck, 1)


def test_statistics_count_instances_by_element_and_by_version(view: Office, stuck: str) -> None:
    anna = view.client("anna")

    by_element = anna.get("/engine-rest/process-definition/key/ueberblick/statistics?failedJobs=true&incidents=true").get_json()
    by_version = anna.get("/engine-rest/process-definition/statistics?failedJobs=true&incidents=true").get_json()

    assert {one["id"]: one["instances"] for one in by_element} == {"senden": 2, "viele": 4, "zeichnen1": 4, "zeichnen2": 2, "ruf": 4}
    (sending,) = [one for one in by_element if one["id"] == "senden"]
    assert (sending["failedJobs"], sending["incidents"]) == (1, [{"incidentType": "failedJob", "incidentCount": 1}])
    (own,) = [one for one in by_version if one["definition"]["key"] == "ueberblick"]
    assert (own["instances"], own["failedJobs"], own["incidents"]) == (2, 1, [{"incidentType": "failedJob", "incidentCount": 1}])
    assert own["id"] == own["definition"]["id"]
    assert own["@class"].endswith("ProcessDefinitionStatisticsResultDto")
    plain = anna.get("/engine-rest/process-definition/statistics").get_json()
    assert all(one["failedJobs"] == 0 and one["incidents"] == [] for one in plain)
    theirs = view.client("olga").get("/engine-rest/process-definition/key/ueberblick/statistics").get_json()
    assert theirs == [], "another city's instances are not counted"


def test_a_failed_job_is_looked_into_and_tried_again(view: Office) -> None:
    instance, anna = started(view, "anna", "ueberblick"), view.client("anna")
    with view.database.begin(view.detmold) as tx:
        job = tx.execute(text("update job set retries = 0, error = 'Kaputt' where instance_id = (select id from process_instance where uuid = :u)"
                              " returning id, instance_id"), {"u": instance}).one()  # fmt: skip
        now = clock.now(tx, view.detmold)
        incidents.open_incident(
            tx, view.detmold, kind="job", message="Kaputt", now=now, instance_id=job.instance_id, element_id="senden", wait_id=job.id
        )

    trace = anna.get(f"/engine-rest/job/{job.id}/stacktrace")
    assert (trace.status_code, trace.mimetype, trace.get_data(as_text=True)) == (200, "text/plain", "Kaputt")
    assert view.client("paul").post(f"/engine-rest/job/{job.id}/execute").status_code == 403
    assert view.client("olga").post(f"/engine-rest/job/{job.id}/execute").status_code == 404
    assert anna.post(f"/engine-rest/job/{job.id}/execute").status_code == 204
    assert anna.get(f"/engine-rest/job/{job.id}").get_json()["retries"] == 1

    (told,) = anna.get(f"/engine-rest/history/incident?processInstanceId={instance}").get_json()
    assert (told["open"], told["resolved"], told["incidentMessage"]) == (False, True, "Kaputt")
    assert told["endTime"]
    assert anna.get(f"/engine-rest/incident/count?processInstanceId={instance}").get_json() == {"count": 0}
    assert anna.get(f"/engine-rest/history/incident/count?processInstanceId={instance}&open=true").get_json() == {"count": 0}


def test_a_deadline_is_not_brought_forward(view: Office) -> None:
    instance, anna = started(view, "anna", "ueberblick"), view.client("anna")
    (timer_job,) = anna.get(f"/engine-rest/job?processInstanceId={instance}&timers=true").get_json()

    refused = anna.post(f"/engine-rest/job/{timer_job['id']}/execute")

    assert (refused.status_code, "24.08.2026" in refused.get_json()["message"]) == (400, True)
    assert anna.get(f"/engine-rest/job/{timer_job['id']}").status_code == 200


def test_who_did_what_is_told_newest_first(view: Office) -> None:
    instance, anna = started(view, "anna", "ueberblick"), view.client("anna")
    task = anna.get(f"/engine-rest/task?processInstanceId={instance}&taskDefinitionKey=zeichnen2").get_json()[0]
    assert anna.post(f"/engine-rest/task/{task['id']}/complete", {}).status_code == 204
    assert anna.put(f"/engine-rest/process-instance/{instance}/variables/ort", {"value": "Lage", "type": "String"}).status_code == 204
    assert anna.delete(f"/engine-rest/process-instance/{instance}").status_code == 204
    worker.settle(view.database, view.world_id)

    told = anna.get(f"/engine-rest/history/user-operation?processInstanceId={instance}").get_json()

    assert [(one["operationType"], one["entityType"]) for one in told] == [
        ("Delete", "ProcessInstance"), ("SetVariable", "Variable"), ("Complete", "Task"), ("Create", "ProcessInstance"),
    ]  # fmt: skip
    assert {one["userId"] for one in told} == {f"{view.prefix}anna"}
    assert (told[2]["taskId"], told[0]["annotation"]) == (task["id"], "Über die Schnittstelle abgebrochen.")
    path = f"/engine-rest/history/user-operation?processInstanceId={instance}"
    assert len(anna.get(f"{path}&operationType=Complete&maxResults=5").get_json()) == 1
    oldest_first = anna.get(f"{path}&sortBy=timestamp&sortOrder=asc").get_json()
    assert oldest_first == list(reversed(told))
    assert anna.get(f"{path.replace('user-operation', 'user-operation/count')}").get_json() == {"count": 4}
    assert anna.get("/engine-rest/history/user-operation").status_code == 400
    assert view.client("olga").get(path).get_json() == []


def test_passed_elements_are_sorted_and_counted(view: Office, stuck: str) -> None:
    path, anna = f"/engine-rest/history/activity-instance?processInstanceId={stuck}", view.client("anna")

    by_name = [one["activityId"] for one in anna.get(f"{path}&sortBy=activityId&sortOrder=desc").get_json()]

    assert by_name == sorted(by_name, reverse=True)
    ended = [one["endTime"] for one in anna.get(f"{path}&sortBy=endTime&sortOrder=asc").get_json()]
    assert ended[-1] is None
    assert ended[0] is not None
    assert anna.get(path.replace("activity-instance?", "activity-instance/count?")).get_json() == {"count": len(by_name)}
    assert anna.get(f"{path}&sortBy=farbe").status_code == 400


def test_a_task_list_learns_who_works_here_in_which_roles(view: Office) -> None:
    anna, me = view.client("anna"), f"{view.prefix}anna"

    roles = anna.get(f"/engine-rest/identity/groups?userId={me}").get_json()

    assert {one["id"] for one in roles["groups"]} == {"claims_clerk", "team_lead"}
    assert all(one["name"] for one in roles["groups"])
    people = anna.get("/engine-rest/user?sortBy=userId&sortOrder=asc").get_json()
    assert [one["id"] for one in people] == sorted(f"{view.prefix}{login}" for login in ("anna", "bote", "jörg", "paul", "wolf"))
    assert [one["id"] for one in anna.get("/engine-rest/user?memberOfGroup=designer").get_json()] == [f"{view.prefix}jörg"]
    assert anna.get("/engine-rest/user/count").get_json() == {"count": 5}
    assert anna.get(f"/engine-rest/user/{me}/profile").get_json()["lastName"] == "anna"
    assert anna.get(f"/engine-rest/user/{view.prefix}olga/profile").status_code == 404, "she works for another city"
    assert {one["id"] for one in anna.get(f"/engine-rest/group?member={me}").get_json()} == {"claims_clerk", "team_lead"}
    assert anna.get("/engine-rest/group/count").get_json()["count"] > 5


@pytest.mark.parametrize("path", [
    "process-definition/suspended", "process-definition/key/ueberblick/suspended", "process-instance/suspended", "process-instance/{}/suspended",
    "job/suspended",
])  # fmt: skip
def test_nothing_is_suspended_and_that_is_said(view: Office, stuck: str, path: str) -> None:
    anna, address = view.client("anna"), f"/engine-rest/{path.format(stuck)}"

    refused = anna.put(address, {"suspended": True, "processDefinitionKey": "ueberblick", "includeProcessInstances": True})

    assert (refused.status_code, "nicht angehalten" in refused.get_json()["message"]) == (400, True)
    assert anna.put(address, {"suspended": False}).status_code == 204, "nothing is suspended: that holds already"
    assert anna.get("/engine-rest/process-instance/count?suspended=true").get_json() == {"count": 0}


def test_an_instance_is_not_put_elsewhere_and_that_is_said(view: Office, stuck: str) -> None:
    body = {"instructions": [{"type": "startBeforeActivity", "activityId": "senden"}]}

    refused = view.client("anna").post(f"/engine-rest/process-instance/{stuck}/modification", body)

    assert (refused.status_code, "umstellen" in refused.get_json()["message"]) == (400, True)


def test_an_incident_of_a_planned_start_is_told_like_any_other(view: Office) -> None:
    with view.database.begin(view.detmold) as tx:
        incidents.open_incident(tx, view.detmold, kind="start", message="Beginnt nicht", now=clock.now(tx, view.detmold))

    found = view.client("anna").get("/engine-rest/incident?incidentType=failedJob&incidentMessage=Beginnt%20nicht").get_json()

    assert [(one["incidentType"], one["processInstanceId"]) for one in found] == [("failedJob", None)]


def test_the_files_of_a_deployment_are_listed_and_read(view: Office) -> None:
    jörg, content = view.client("jörg"), diagram("dateien_ueberblick")
    made = deploy(jörg, content, name="dateien.bpmn").get_json()["id"]
    base = f"/engine-rest/deployment/{made}/resources"

    (listed,) = jörg.get(base).get_json()

    assert (listed["name"], listed["deploymentId"]) == ("dateien.bpmn", made)
    assert jörg.get(f"{base}/{listed['id']}").get_json() == listed
    data = jörg.get(f"{base}/{listed['id']}/data")
    assert (data.status_code, data.mimetype, data.get_data(as_text=True)) == (200, "application/octet-stream", content)
    for missing in (f"{base}/{made}", f"{base}/x/data", f"/engine-rest/deployment/{listed['id']}/resources"):
        assert jörg.get(missing).status_code == 404, missing
