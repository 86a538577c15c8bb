"""What the Python clients offer beside workers: they start, look, claim, submit and send over the real server, unmodified."""

from __future__ import annotations

import asyncio
import base64
import importlib
import uuid
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import requests
from camunda_client import CamundaEngineClient, ExternalTaskClient, VariableValueSchema
from camunda_client.clients.dto import AuthData
from camunda_client.clients.engine.dto import GetTaskVariableDTO, UpdateTaskVariableDTO
from camunda_client.clients.engine.schemas.body import (
    GetHistoryTasksFilterSchema,
    GetTasksFilterSchema,
    HistoricProcessInstanceFilterSchema,
    HistoryVariableInstanceFilterSchema,
    SendCorrelationMessageSchema,
    UpdateProcessVariablesSchema,
    VariableInstanceFilterSchema,
)
from camunda_client.clients.engine.schemas.query import ProcessInstanceQuerySchema
from camunda_client.clients.engine.schemas.response import TaskSchema
from camunda_client.clients.schemas import PaginationParams
from sqlalchemy.engine import URL

from api.auth import users
from engine import clock, deployments
from tests.api.rest.clients_server import Server
from tests.api.rest.conftest import PASSWORD, Office
from tests.api.rest.serving import served
from tests.clients import processes
from tests.engine.spiff.bpmn import chain, file, message, node, process, user

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("clients")]

POST = node("startEvent", "s") + node("intermediateCatchEvent", "warten", message()) + user("lesen") + node("endEvent", "e")
FILES = {"post.bpmn": file(process(POST + chain("s", "warten", "lesen", "e"), key="post_m"))}


@pytest.fixture(scope="module")
def server(office: Office, app_url: URL) -> Iterator[Server]:
    with office.database.begin(office.detmold) as tx:
        now = clock.now(tx, office.detmold)
        files = FILES | processes.files("_m")
        deployments.deploy(tx, files, world_id=office.world_id, name="Engine", by="test", now=now, readers={})
    with served(app_url) as address:
        yield Server(office, address)


@pytest.mark.parametrize("family", ["camunda", "operaton"])
def test_the_synchronous_clients_start_look_and_correlate(server: Server, family: str) -> None:
    engine = importlib.import_module(f"{family}.client.engine_client")
    client = engine.EngineClient(server.base, {"auth_basic": {"username": server.login, "password": PASSWORD}})
    mark = str(uuid.uuid4())

    made = client.start_process("post_m", {"titel": "Müll", "marke": mark, "anzahl": 3}, business_key=mark)
    (found,) = client.get_process_instance("post_m", [f"marke_eq_{mark}", "anzahl_gt_2"])
    assert (found["id"], found["businessKey"]) == (made["id"], mark)
    assert base64.b64decode(client.get_process_instance_variable(made["id"], "titel")).decode() == "Müll"
    with pytest.raises(Exception, match="received 404"):
        client.start_process("gibt_es_nicht", {})
    (result,) = client.correlate_message("nachricht_a", business_key=mark, process_variables={"antwort": "ja"})
    assert result["resultType"] == "Execution"
    with pytest.raises(Exception, match="received 400"):
        client.correlate_message("nachricht_a", business_key=mark)
    assert client.get_jobs(0, 5, process_instance_id=made["id"]) == []

    credentials = {"grant_type": "client_credentials", "client_id": server.login, "client_secret": PASSWORD}
    token = requests.post(f"{server.address}/oauth/token", data=credentials, timeout=10).json()["access_token"]
    bearer = engine.EngineClient(server.base, {"auth_bearer": {"access_token": token}})
    assert [one["id"] for one in bearer.get_process_instance("post_m", [f"marke_eq_{mark}"])] == [made["id"]]


def test_the_asynchronous_client_reads_every_answer_it_has_a_schema_for(server: Server) -> None:
    person = uuid.uuid4()  # this client takes users to be UUIDs
    with server.office.database.look() as tx:
        users.create(tx, str(person), "Clara", PASSWORD, {server.office.detmold: ("claims_clerk", "team_lead", "worker")})

    asyncio.run(_walk(server, person))


async def _walk(server: Server, person: UUID) -> None:
    auth, mark = AuthData(str(person), PASSWORD), str(uuid.uuid4())
    client = CamundaEngineClient(server.base, auth, httpx.AsyncHTTPTransport())
    page = PaginationParams(maxResults=10, firstResult=0)
    text = VariableValueSchema(value="Müll", type="String")

    made = await client.start_process("post_m", mark, {"titel": text, "anzahl": VariableValueSchema(value=3, type="Integer")})
    assert await client.start_process("post_m", tenant_id="detmold", business_key=str(uuid.uuid4()))
    assert [one.id for one in await client.get_process_instances(ProcessInstanceQuerySchema(business_key=mark))] == [made.id]
    await client.send_correlation_message(SendCorrelationMessageSchema(message_name="nachricht_a", business_key=mark))
    (task,) = await client.get_tasks(GetTasksFilterSchema(process_instance_id=made.id, task_definition_key="lesen"), page)
    assert (await client.get_tasks_count(GetTasksFilterSchema(process_instance_id=made.id))).count == 1
    assert await client.get_task(task.id) == task

    await client.claim_task(task.id, person)
    assert [link.user_id for link in await client.get_identity_links(task.id)] == [person]
    await client.unclaim_task(task.id)
    await client.set_assignee_task(task.id, person)
    await client.update_task(task.id, schema=(await _task(client, task.id)).model_copy(update={"priority": 80}))
    assert (await _task(client, task.id)).priority == 80
    for local in (False, True):
        await client.update_task_variable(UpdateTaskVariableDTO(task.id, f"neu_{local}", text, local))
        found = await client.get_task_variable(GetTaskVariableDTO(task.id, f"neu_{local}", is_local_variable=local))
        assert found is not None
        assert found.value == "Müll"
    assert await client.get_task_variable(GetTaskVariableDTO(task.id, "fehlt")) is None
    typed = await client.get_typed_task_variable(GetTaskVariableDTO(task.id, "anzahl"), int)
    assert typed is not None
    assert typed.value == 3
    changes = UpdateProcessVariablesSchema(modifications={"titel": VariableValueSchema(value="Neu", type="String")})
    await client.update_variable_instances(process_instance_id=made.id, schema=changes)
    names = {one.name for one in await client.get_variable_instances_post(VariableInstanceFilterSchema(process_instance_id_in=[made.id]))}
    assert names == {"titel", "anzahl", "neu_False"}

    await client.submit_task_form(task.id, {"gelesen": VariableValueSchema(value=True, type="Boolean")})

    assert await client.get_task(task.id) is None
    past = await client.get_history_process_instance(made.id)
    assert past is not None
    assert past.state is not None
    assert past.state.value == "COMPLETED"
    (listed,) = await client.get_history_process_instances(HistoricProcessInstanceFilterSchema(process_instance_business_key=mark), page)
    assert listed == past
    (done,) = await client.get_history_tasks(GetHistoryTasksFilterSchema(process_instance_id=made.id), page)
    assert (done.task_definition_key, done.assignee) == ("lesen", str(person))
    kept = await client.get_history_variable_instances_post(HistoryVariableInstanceFilterSchema(process_instance_id=made.id))
    assert {one.name: one.value for one in kept} == {"titel": "Neu", "anzahl": 3, "neu_False": "Müll", "gelesen": True}

    await _fail_and_delete(server, client, auth, mark)


async def _fail_and_delete(server: Server, client: CamundaEngineClient, auth: AuthData, mark: str) -> None:
    made = await client.start_process("zaehlen_m", mark)
    worker = ExternalTaskClient("asyncio", server.base, auth, httpx.AsyncHTTPTransport())
    (job,) = await worker.fetch_and_lock(["zaehlen_m"], business_key=mark, lock_timeout=timedelta(0))
    await worker.failure(job.id, error_message="Papierstau", error_details="Zeile 1\nZeile 2")
    failed = await client.get_external_task(job.id)
    assert failed is not None
    assert (failed.retries, failed.error_message, failed.worker_id) == (0, "Papierstau", "asyncio")
    assert await client.get_external_task_error_details(job.id) == "Zeile 1\nZeile 2"
    incidents = await client.get_incidents("failedExternalTask")
    assert [one.incident_message for one in incidents if one.process_instance_id == made.id] == ["Papierstau"]
    await client.delete_process(str(made.id))
    assert await client.get_external_task(job.id) is None


async def _task(client: CamundaEngineClient, ident: UUID) -> TaskSchema:
    found = await client.get_task(ident)
    assert found is not None
    return found
