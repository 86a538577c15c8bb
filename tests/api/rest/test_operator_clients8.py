"""Camunda 8's official Python client, unmodified, over real HTTP: it reads every answer against its own models and refuses what lacks a field."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from camunda_orchestration_sdk import CamundaClient
from camunda_orchestration_sdk import models as m
from werkzeug.serving import make_server

from tests.api.rest import models8
from tests.api.rest.conftest import PASSWORD, Office
from tests.api.rest.models import form
from tests.api.rest.models8 import flows, task

USER_TASK = (
    '<bpmn:userTask id="pruefen" name="Prüfen"><bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="pruefen_op8"/>'
    '<zeebe:assignmentDefinition candidateGroups="claims_clerk"/><zeebe:ioMapping><zeebe:input source="=1" target="nur_hier"/></zeebe:ioMapping>'
    "</bpmn:extensionElements></bpmn:userTask>"
)
WAITING = '<bpmn:intermediateCatchEvent id="warten" name="Warten"><bpmn:messageEventDefinition messageRef="m_antwort"/></bpmn:intermediateCatchEvent>'
MESSAGE = (
    '<bpmn:message id="m_antwort" name="antwort8"><bpmn:extensionElements><zeebe:subscription correlationKey="=aktenzeichen"/>'
    "</bpmn:extensionElements></bpmn:message>"
)
BODY = USER_TASK + WAITING + task("drucken", "drucken_op8") + flows("beginn", "pruefen", "warten", "drucken", "ende")


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    files = {"akte8.bpmn": models8.process("akte8", BODY, more=MESSAGE), "pruefen_op8.form": form("pruefen_op8")}
    deployed = models8.deploy(office.client("jörg"), files)
    assert deployed.status_code == 200, deployed.get_json()
    server = make_server("127.0.0.1", 0, office.flask, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_the_client_walks_an_instance_from_its_start_to_its_end(office: Office, address: str) -> None:
    account = {
        "CAMUNDA_REST_ADDRESS": address, "CAMUNDA_AUTH_STRATEGY": "BASIC", "CAMUNDA_BASIC_AUTH_USERNAME": f"{office.prefix}anna",
        "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
    }  # fmt: skip
    with CamundaClient(configuration=account) as client:
        _walk(office, client)


def _walk(office: Office, client: Any) -> None:
    me = client.get_authentication()
    assert (me.username, [one.tenant_id for one in me.tenants]) == (f"{office.prefix}anna", ["detmold"])
    (definition,) = client.search_process_definitions(
        data=m.ProcessDefinitionSearchQuery(filter_=m.ProcessDefinitionFilter(process_definition_id="akte8"))
    ).items
    assert (definition.version, definition.resource_name, definition.has_start_form) == (1, "akte8.bpmn", False)
    assert 'id="akte8"' in client.get_process_definition_xml(definition.process_definition_key)

    started = client.create_process_instance(
        data=m.ProcessCreationByKey.from_dict({
            "processDefinitionKey": definition.process_definition_key, "businessId": "A-8", "variables": {"aktenzeichen": "A-8", "betrag": 2.5},
        })
    )  # fmt: skip
    key = started.process_instance_key
    assert client.get_process_instance(key).state == "ACTIVE"
    mine = {"filter": {"processInstanceKey": key}}
    assert [one.business_id for one in client.search_process_instances(data=m.ProcessInstanceSearchQuery.from_dict(mine)).items] == ["A-8"]
    found = client.search_variables(data=m.VariableSearchQuery.from_dict(mine | {"sort": [{"field": "name", "order": "DESC"}]})).items
    assert [(one.name, one.value) for one in found] == [("betrag", "2.5"), ("aktenzeichen", '"A-8"')]

    (open_task,) = client.search_user_tasks(
        data=m.UserTaskSearchQuery.from_dict({"filter": {"processInstanceKey": key, "state": "CREATED", "candidateGroup": "claims_clerk"}})
    ).items
    assert (open_task.name, open_task.assignee, open_task.form_key is not None) == ("Prüfen", None, True)
    task_key = open_task.user_task_key
    drawn = client.get_user_task_form(task_key)
    assert (drawn.form_id, json.loads(drawn.schema)["components"][0]["key"]) == ("pruefen_op8", "vermerk")
    seen = client.search_user_task_effective_variables(task_key, data=m.UserTaskEffectiveVariableSearchQueryRequest()).items
    assert {one.name: one.value for one in seen} == {"betrag": "2.5", "aktenzeichen": '"A-8"', "nur_hier": "1"}
    client.assign_user_task(task_key, data=m.UserTaskAssignmentRequest(assignee=f"{office.prefix}anna"))
    client.update_user_task(
        task_key, data=m.UserTaskUpdateRequest.from_dict({"changeset": {"priority": 80, "dueDate": "2026-09-01T10:00:00Z"}})
    )
    changed = client.get_user_task(task_key)
    assert (changed.assignee, changed.priority, changed.due_date.isoformat()) == (f"{office.prefix}anna", 80, "2026-09-01T10:00:00+00:00")
    client.complete_user_task(task_key, data=m.UserTaskCompletionRequest.from_dict({"variables": {"vermerk": "Geprüft"}}))
    assert client.get_user_task(task_key).state == "COMPLETED"

    (subscription,) = client.search_message_subscriptions(data=m.MessageSubscriptionSearchQuery.from_dict(mine)).items
    assert (subscription.message_name, subscription.correlation_key, subscription.element_id) == ("antwort8", "A-8", "warten")
    correlated = client.correlate_message(
        data=m.MessageCorrelationRequest.from_dict({"name": "antwort8", "correlationKey": "A-8", "variables": {"antwort": "ja"}})
    )
    assert correlated.process_instance_key == key

    (job,) = client.search_jobs(data=m.JobSearchQuery.from_dict(mine)).items
    assert (job.type_, job.state, job.element_id) == ("drucken_op8", "CREATED", "drucken")
    _break(office, int(key))
    (incident,) = client.search_incidents(data=m.IncidentSearchQuery.from_dict(mine)).items
    assert (incident.error_message, incident.job_key, incident.state) == ("Papierstau", job.job_key, "ACTIVE")
    assert client.get_incident(incident.incident_key).element_id == "drucken"
    client.resolve_incident(incident.incident_key)
    assert client.search_process_instance_incidents(key, data=m.IncidentSearchQuery()).items == []
    elements = client.search_element_instances(data=m.ElementInstanceSearchQuery.from_dict(mine)).items
    assert [(one.element_id, one.type_) for one in elements] == [
        ("beginn", "START_EVENT"), ("pruefen", "USER_TASK"), ("warten", "INTERMEDIATE_CATCH_EVENT"), ("drucken", "SERVICE_TASK"),
    ]  # fmt: skip

    assert client.publish_message(data=m.MessagePublicationRequest(name="niemand8")).message_key
    assert client.broadcast_signal(data=m.SignalBroadcastRequest(signal_name="laut8")).signal_key
    client.cancel_process_instance(key, data=m.CancelProcessInstanceRequest())
    assert client.get_process_instance(key).state == "TERMINATED"


def _break(office: Office, instance_number: int) -> None:
    """Let a worker fail for the last time."""
    bote = office.client("bote")
    asked = {"type": "drucken_op8", "timeout": 1000, "maxJobsToActivate": 50, "requestTimeout": -1}
    (job,) = [
        one for one in bote.post("/v2/jobs/activation", asked).get_json()["jobs"] if one["processInstanceKey"] == str(instance_number)
    ]
    assert bote.post(f"/v2/jobs/{job['jobKey']}/failure", {"errorMessage": "Papierstau"}).status_code == 204
