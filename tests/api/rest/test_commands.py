"""What programs may do: start by form, set variables, send messages and signals, try again; each in the right role and for one city."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from api import strict_json
from engine import clock, incidents, timers, worker
from tests.api.rest.conftest import Caller, Office
from tests.api.rest.models import HEAD, deploy, diagram, form, started

MESSAGES = (
    '<bpmn:message id="m" name="antwort"/><bpmn:message id="m0" name="antrag"/><bpmn:signal id="sg" name="feierabend"/>'
    '<bpmn:process id="{key}" name="Post" isExecutable="true" camunda:historyTimeToLive="P180D">'
    '<bpmn:startEvent id="beginn"/><bpmn:startEvent id="antrag_da"><bpmn:messageEventDefinition messageRef="m0"/></bpmn:startEvent>'
    '<bpmn:exclusiveGateway id="zusammen"/>'
    '<bpmn:receiveTask id="warten" name="Warten" messageRef="m"/>'
    '<bpmn:boundaryEvent id="ende_des_tages" attachedToRef="warten"><bpmn:signalEventDefinition signalRef="sg"/></bpmn:boundaryEvent>'
    '<bpmn:userTask id="pruefen" name="Prüfen"/><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>'
    '<bpmn:sequenceFlow id="f0" sourceRef="beginn" targetRef="zusammen"/><bpmn:sequenceFlow id="f1" sourceRef="antrag_da" targetRef="zusammen"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="zusammen" targetRef="warten"/><bpmn:sequenceFlow id="f3" sourceRef="warten" targetRef="pruefen"/>'
    '<bpmn:sequenceFlow id="f4" sourceRef="pruefen" targetRef="a"/><bpmn:sequenceFlow id="f5" sourceRef="ende_des_tages" targetRef="b"/>'
    "</bpmn:process></bpmn:definitions>"
)
TIMER = (
    '<bpmn:startEvent id="beginn"/><bpmn:intermediateCatchEvent id="frist" name="Frist"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    '<bpmn:serviceTask id="senden" name="Senden" camunda:type="external" camunda:topic="fremd"/><bpmn:endEvent id="ende"/>'
    '<bpmn:sequenceFlow id="f0" sourceRef="beginn" targetRef="frist"/><bpmn:sequenceFlow id="f1" sourceRef="frist" targetRef="senden"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="senden" targetRef="ende"/>'
)


@pytest.fixture(scope="module")
def post(office: Office) -> str:
    answer = deploy(office.client("jörg"), HEAD + MESSAGES.format(key="post"), name="post.bpmn")
    assert answer.status_code == 200, answer.get_json()
    return "post"


def begin(office: Office, login: str, business_key: str, **variables: object) -> str:
    given = {name: {"value": value} for name, value in variables.items()}
    answer = office.client(login).post("/engine-rest/process-definition/key/post/start", {"businessKey": business_key, "variables": given})
    assert answer.status_code == 200, answer.get_json()
    return str(answer.get_json()["id"])


def stands_at(caller: Caller, instance: str) -> set[str]:
    answer = caller.get(f"/engine-rest/history/activity-instance?processInstanceId={instance}&unfinished=true")
    return {one["activityId"] for one in answer.get_json()}


# ---------------------------------------------------------------- starting
def test_a_business_key_that_is_too_long_begins_nothing(office: Office, post: str) -> None:
    anna = office.client("anna")

    longest, longer = (anna.post("/engine-rest/process-definition/key/post/start", {"businessKey": "K" * most}) for most in (255, 256))

    assert (longest.status_code, longer.status_code) == (200, 400)
    assert "255 Zeichen" in longer.get_json()["message"]


def test_a_start_form_is_told_shown_and_checked(office: Office) -> None:
    designer, anna = office.client("jörg"), office.client("anna")
    attributes = ' camunda:formRef="anhoerung_pruefen" camunda:formRefBinding="latest"'
    made = deploy(designer, diagram("mit_formular", attributes=attributes), name="mit_formular.bpmn", anhoerung_pruefen=form())
    assert made.status_code == 200, made.get_json()
    path = "/engine-rest/process-definition/key/mit_formular"

    told, shown = anna.get(f"{path}/startForm").get_json(), anna.get(f"{path}/deployed-start-form").get_json()
    empty = anna.post(f"{path}/submit-form", {"variables": {}, "businessKey": "K-7"})
    right = anna.post(f"{path}/submit-form", {"variables": {"vermerk": {"value": "eilt", "type": "String"}}, "businessKey": "K-7"})

    assert told["camundaFormRef"] == {"key": "anhoerung_pruefen", "binding": "latest", "version": None}
    assert shown == json.loads(form())
    assert anna.get(f"{path}/form-variables").get_json() == {}
    assert empty.status_code == 400
    assert "„Vermerk“: Bitte ausfüllen." in empty.get_json()["message"]
    assert (right.status_code, right.get_json()["businessKey"]) == (200, "K-7")


def test_a_start_form_that_is_not_deployed_is_a_finding(office: Office) -> None:
    attributes = ' camunda:formRef="fehlt_ganz" camunda:formRefBinding="latest"'

    answer = deploy(office.client("jörg"), diagram("ohne_formular", attributes=attributes), name="ohne_formular.bpmn")

    assert answer.status_code == 400
    assert "Das Formular „fehlt_ganz“ gibt es nicht." in answer.get_json()["message"]


def test_a_form_or_table_with_a_fault_of_its_own_is_not_told_as_missing_too(office: Office) -> None:
    broken = form("kaputtes_formular").replace('"textfield"', '"html"')
    attributes = ' camunda:formRef="kaputtes_formular" camunda:formRefBinding="latest"'

    answer = deploy(office.client("jörg"), diagram("formular_kaputt", attributes=attributes), name="formular_kaputt.bpmn", k=broken)

    assert answer.status_code == 400
    assert "Die Komponente „html“ ist nicht erlaubt." in answer.get_json()["message"]
    assert "gibt es nicht" not in answer.get_json()["message"]


def test_whoever_the_diagram_does_not_name_cannot_start_it(office: Office) -> None:
    named = diagram("nur_kasse").replace('isExecutable="true"', 'isExecutable="true" camunda:candidateStarterGroups="treasury"')
    assert deploy(office.client("jörg"), named, name="nur_kasse.bpmn").status_code == 200

    path = "/engine-rest/process-definition/key/nur_kasse/start"
    assert office.client("jörg").post(path, {}).status_code == 200  # the designer tries out in a sandbox
    refused = office.client("anna").post(path, {})
    assert (refused.status_code, "nur: treasury" in refused.get_json()["message"]) == (403, True)


def test_a_designer_starts_nothing_in_production(office: Office, post: str) -> None:
    with office.database.look() as tx:
        tx.execute(text("update world set kind = 'production', virtual_now = null where id = :w"), {"w": office.world_id})
    try:
        refused = office.client("jörg").post("/engine-rest/process-definition/key/post/start", {})
    finally:
        with office.database.look() as tx:
            now = tx.execute(text("select timestamptz '2026-08-17 06:00+00'")).scalar_one()
            tx.execute(text("update world set kind = 'sandbox', virtual_now = :now where id = :w"), {"w": office.world_id, "now": now})

    assert (refused.status_code, "Sandbox" in refused.get_json()["message"]) == (403, True)


# ---------------------------------------------------------------- variables
def test_variables_are_read_set_and_removed_with_exact_numbers(office: Office, post: str) -> None:
    anna, instance = office.client("anna"), begin(office, "anna", "V-1", betrag=1)
    path = f"/engine-rest/process-instance/{instance}/variables"

    put = anna.client.put(
        f"{path}/betrag", data='{"value": 84.50, "type": "Double"}', content_type="application/json", headers={"Authorization": anna.header}
    )
    posted = anna.post(path, {"modifications": {"ort": {"value": "Lage", "type": "String"}, "liste": {"value": "[1.10]", "type": "Json"}}})
    read = strict_json.loads(anna.get(path).get_data(as_text=True))

    assert (put.status_code, posted.status_code) == (204, 204)
    assert read == {
        "betrag": {"type": "Double", "value": Decimal("84.50"), "valueInfo": {}},
        "ort": {"type": "String", "value": "Lage", "valueInfo": {}},
        "liste": {"type": "Json", "value": "[1.10]", "valueInfo": {}},
    }
    assert anna.get(f"{path}/betrag/data").get_data(as_text=True) == "84.50"
    assert anna.post(path, {"deletions": ["ort"]}).status_code == 204
    assert anna.get(f"{path}/ort").status_code == 404
    assert anna.client.delete(f"{path}/liste", headers={"Authorization": anna.header}).status_code == 204
    assert anna.client.delete(f"{path}/liste", headers={"Authorization": anna.header}).status_code == 204
    assert set(anna.get(path).get_json()) == {"betrag"}
    assert anna.post(path, {"modifications": {"ort": {"value": None}}}).status_code == 204
    assert anna.get(f"{path}/ort").get_json() == {"type": "Null", "value": None, "valueInfo": {}}
    assert anna.get(f"{path}/gibt_es_nicht").status_code == 404
    assert anna.get(f"/engine-rest/execution/{instance}/localVariables/ort/data").status_code == 400
    assert office.client("paul").put(f"{path}/betrag", {"value": 1}).status_code == 403
    assert anna.put(f"{path}/betrag", {"value": "x", "type": "Integer"}).status_code == 400


# ---------------------------------------------------------------- messages
def test_a_message_reaches_the_one_who_waits_and_says_whom(office: Office, post: str) -> None:
    anna = office.client("anna")
    one, other = begin(office, "anna", "M-1", akte="A"), begin(office, "anna", "M-2", akte="B")

    by_key = anna.post(
        "/engine-rest/message", {"messageName": "antwort", "businessKey": "M-1", "resultEnabled": True, "correlationKeys": None}
    )
    by_variable = anna.post("/engine-rest/message", {
        "messageName": "antwort", "correlationKeys": {"akte": {"value": "B", "type": "String"}},
        "processVariables": {"ergebnis": {"value": 7, "type": "Integer"}},
    })  # fmt: skip

    assert by_key.status_code == 200, by_key.get_json()
    (result,) = by_key.get_json()
    assert (result["resultType"], result["execution"]["processInstanceId"], result["processInstance"]) == ("Execution", one, None)
    assert (by_variable.status_code, by_variable.get_data()) == (204, b"")
    assert stands_at(anna, one) == stands_at(anna, other) == {"pruefen"}
    assert anna.get(f"/engine-rest/process-instance/{other}/variables/ergebnis").get_json()["value"] == 7


def test_a_message_for_nobody_or_for_two_is_told_and_moves_none_unless_all_are_meant(office: Office, post: str) -> None:
    anna = office.client("anna")
    pair = [begin(office, "anna", "M-3"), begin(office, "anna", "M-3")]

    two = anna.post("/engine-rest/message", {"messageName": "antwort", "businessKey": "M-3"})
    nobody = anna.post("/engine-rest/message", {"messageName": "antwort", "businessKey": "M-99"})
    unknown = anna.post("/engine-rest/message", {"messageName": "nie gehört"})
    assert [one.status_code for one in (two, nobody, unknown)] == [400, 400, 400]
    assert two.get_json()["type"] == "MismatchingMessageCorrelationException"
    assert "2 Vorgänge" in two.get_json()["message"]
    assert all(stands_at(anna, one) == {"warten"} for one in pair)

    everybody = anna.post("/engine-rest/message", {"messageName": "antwort", "businessKey": "M-3", "all": True, "resultEnabled": True})
    assert {one["execution"]["id"] for one in everybody.get_json()} == set(pair)
    assert all(stands_at(anna, one) == {"pruefen"} for one in pair)


def test_a_message_that_begins_a_process_answers_with_the_new_instance(office: Office, post: str) -> None:
    body = {"messageName": "antrag", "businessKey": "M-5", "resultEnabled": True, "processVariables": {"akte": {"value": "C"}}}

    (result,) = office.client("bote").post("/engine-rest/message", body).get_json()

    assert (result["resultType"], result["execution"], result["processInstance"]["businessKey"]) == ("ProcessDefinition", None, "M-5")
    refused = office.client("bote").post("/engine-rest/message", body | {"processInstanceId": result["processInstance"]["id"]})
    assert refused.status_code == 400


def test_messages_and_signals_stay_in_their_city(office: Office, post: str) -> None:
    anna, olga = office.client("anna"), office.client("olga")
    ours, theirs = begin(office, "anna", "M-6"), begin(office, "olga", "M-6")

    assert olga.post("/engine-rest/message", {"messageName": "antwort", "businessKey": "M-6"}).status_code == 204
    assert (stands_at(anna, ours), stands_at(olga, theirs)) == ({"warten"}, {"pruefen"})
    assert olga.post("/engine-rest/message", {"messageName": "antwort", "processInstanceId": ours}).status_code == 400
    assert anna.post("/engine-rest/signal", {"name": "feierabend", "tenantId": "oerlinghausen"}).status_code == 403
    assert anna.post("/engine-rest/signal", {"name": "feierabend"}).status_code == 204
    worker.settle(office.database, office.world_id)
    assert anna.get(f"/engine-rest/history/process-instance/{ours}").get_json()["state"] == "COMPLETED"
    assert olga.get(f"/engine-rest/history/process-instance/{theirs}").get_json()["state"] == "ACTIVE"


# ---------------------------------------------------------------- trying again
def test_retries_open_and_close_incidents_of_jobs_and_let_a_parked_timer_fire(office: Office) -> None:
    anna = office.client("anna")
    assert deploy(office.client("jörg"), diagram("fristen", inner=TIMER), name="fristen.bpmn").status_code == 200
    instance = started(office, "anna", "fristen")
    (timer,) = anna.get(f"/engine-rest/job?processInstanceId={instance}").get_json()
    with office.database.begin(office.detmold) as tx:
        row = tx.execute(text("select id, instance_id from timer where id = :i"), {"i": timer["id"]}).one()
        timers.park(tx, office.detmold, row.id)
        incidents.open_incident(
            tx, office.detmold, kind="timer", message="Kaputt", now=clock.now(tx, office.detmold), instance_id=row.instance_id,
            element_id="frist", wait_id=row.id,
        )  # fmt: skip

    (failed,) = anna.get("/engine-rest/job?withException=true&noRetriesLeft=true").get_json()
    (told,) = anna.get(f"/engine-rest/incident?incidentType=failedJob&processInstanceId={instance}").get_json()
    assert (failed["exceptionMessage"], told["configuration"], told["incidentMessage"]) == ("Kaputt", timer["id"], "Kaputt")
    assert anna.put(f"/engine-rest/job/{timer['id']}/retries", {"retries": 0}).status_code == 400
    assert anna.put(f"/engine-rest/job/{timer['id']}/retries", {"retries": 1}).status_code == 204
    assert anna.get(f"/engine-rest/incident?processInstanceId={instance}").get_json() == []
    worker.run_until(office.database, office.world_id, clock_plus_two_days(office))
    (job,) = anna.get(f"/engine-rest/job?processInstanceId={instance}").get_json()
    assert job["retries"] == 3
    assert anna.put(f"/engine-rest/job/{job['id']}/retries", {"retries": 0}).status_code == 204
    (told,) = anna.get(f"/engine-rest/incident?incidentType=failedExternalTask&processInstanceId={instance}").get_json()
    assert (told["configuration"], told["incidentType"]) == (job["id"], "failedExternalTask")
    assert anna.put(f"/engine-rest/job/{job['id']}/retries", {"retries": 5}).status_code == 204
    assert anna.get(f"/engine-rest/job/{job['id']}").get_json()["retries"] == 5
    assert anna.put(f"/engine-rest/job/{job['id']}/retries", {"retries": 10**6}).status_code == 400
    assert office.client("paul").put(f"/engine-rest/job/{job['id']}/retries", {"retries": 5}).status_code == 403


def clock_plus_two_days(office: Office) -> datetime:
    with office.database.begin(office.detmold) as tx:
        return clock.now(tx, office.detmold) + timedelta(days=2)
