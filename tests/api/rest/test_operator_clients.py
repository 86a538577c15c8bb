"""The official Python clients, unmodified, over real HTTP: start, find, message, variables, history, jobs and incidents."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import camunda.client.engine_client
import httpx
import operaton.client.engine_client
import pytest
from camunda_client import CamundaEngineClient, VariableValueSchema
from camunda_client.clients.dto import AuthData
from camunda_client.clients.engine import schemas
from camunda_client.clients.engine.schemas import body, query
from camunda_client.clients.schemas import PaginationParams
from sqlalchemy import text
from werkzeug.serving import make_server

from engine import clock, incidents
from tests.api.rest.conftest import PASSWORD, Office
from tests.api.rest.models import HEAD, deploy
from tests.api.rest.test_commands import MESSAGES


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    """The base address of a running server with the process `post`."""
    deployed = deploy(office.client("jörg"), HEAD + MESSAGES.format(key="post"), name="post.bpmn")
    assert deployed.status_code == 200, deployed.get_json()
    server = make_server("127.0.0.1", 0, office.flask, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/engine-rest"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("library", [camunda.client.engine_client, operaton.client.engine_client])
def test_the_clients_for_python_start_find_message_and_read(office: Office, address: str, library: Any) -> None:
    account = {"username": f"{office.prefix}anna", "password": PASSWORD}
    client = library.EngineClient(address, config={"auth_basic": account})
    key = f"P-{library.__name__[0]}"

    started = client.start_process("post", {"betrag": 84, "titel": "Müll"}, business_key=key)
    in_city = client.start_process("post", {}, tenant_id="detmold", business_key=f"{key}-2")
    found = client.get_process_instance("post", ["titel_eq_Müll", "betrag_gt_80"], ["detmold"])
    assert started["id"] in [one["id"] for one in found]
    assert in_city["id"] not in [one["id"] for one in found]

    (received,) = client.correlate_message("antwort", business_key=key, process_variables={"ergebnis": "ja"})
    assert received["execution"]["processInstanceId"] == started["id"]
    (received,) = client.correlate_message("antwort", process_instance_id=in_city["id"])
    assert received["resultType"] == "Execution"
    with pytest.raises(Exception, match="received 400 : MismatchingMessageCorrelationException : Die Nachricht „antwort“"):
        client.correlate_message("antwort", business_key="niemand")

    assert base64.b64decode(client.get_process_instance_variable(started["id"], "ergebnis")) == b"ja"
    assert client.get_process_instance_variable(started["id"], "betrag", with_meta=True)["type"] == "Integer"
    assert client.get_jobs(0, 10, tenant_ids=["detmold"], with_failure=True, process_instance_id=started["id"], task_name="x") == []
    with pytest.raises(Exception, match="received 404"):
        client.set_job_retry("11111111-2222-3333-4444-555555555555", 2)


def test_the_client_of_camunda_client_walks_through_an_instance(office: Office, address: str) -> None:
    asyncio.run(_walk(office, address))


async def _walk(office: Office, address: str) -> None:
    account = AuthData(username=f"{office.prefix}anna", password=PASSWORD)
    client = CamundaEngineClient(address, account, httpx.AsyncHTTPTransport())
    given = {"betrag": VariableValueSchema(value=2.5, type="Double"), "titel": VariableValueSchema(value="Müll", type="String")}

    started = await client.start_process("post", "C-1", given, tenant_id="detmold")
    other = await client.start_process("post", "C-2", given)
    found = await client.get_process_instances(
        query.ProcessInstanceQuerySchema(business_key="C-1", process_definition_key_in=["post", "x"])
    )
    assert [one.id for one in found] == [started.id]

    await client.update_variable_instances(
        process_instance_id=started.id,
        schema=body.UpdateProcessVariablesSchema(
            modifications={"ort": VariableValueSchema(value="Lage", type="String")}, deletions=["titel"]
        ),
    )
    listed = await client.get_variable_instances_post(body.VariableInstanceFilterSchema(process_instance_id_in=[started.id]))
    assert {one.name: one.value for one in listed} == {"betrag": 2.5, "ort": "Lage"}
    by_address = await client.get_variable_instances(query.VariableInstanceFilterParamsSchema(process_instance_id_in=[started.id]))
    assert {one.name for one in by_address} == {"betrag", "ort"}

    message = schemas.SendCorrelationMessageSchema(
        message_name="antwort",
        process_instance_id=started.id,
        process_variables={"ergebnis": VariableValueSchema(value=True, type="Boolean")},
    )
    await client.send_correlation_message(message)
    tasks = await client.get_history_tasks(
        schemas.GetHistoryTasksFilterSchema(process_instance_id=started.id), PaginationParams(maxResults=10, firstResult=0)
    )
    assert [(one.name, one.task_definition_key, one.end_time) for one in tasks] == [("Prüfen", "pruefen", None)]

    await client.delete_process(str(other.id))
    ended = await client.get_history_process_instance(other.id)
    assert ended is not None
    assert ended.state is not None
    assert (ended.state.value, ended.business_key) == ("EXTERNALLY_TERMINATED", "C-2")
    after = datetime(2026, 8, 17, tzinfo=UTC)
    listed_history = await client.get_history_process_instances(
        body.HistoricProcessInstanceFilterSchema(
            process_definition_key="post", unfinished=True, started_after=after, started_before=after + timedelta(days=1)
        )
    )
    assert started.id in [one.id for one in listed_history]
    variables = await client.get_history_variable_instances(query.HistoryVariableInstanceFilterParamsSchema(process_instance_id=other.id))
    assert {one.name for one in variables} == {"betrag", "titel"}

    with office.database.begin(office.detmold) as tx:
        row = tx.execute(text("select id from process_instance where uuid = :u"), {"u": started.id}).scalar_one()
        incidents.open_incident(
            tx, office.detmold, kind="job", message="Kein Papier", now=clock.now(tx, office.detmold), instance_id=row, element_id="senden"
        )
    told = await client.get_incidents(incident_type="failedJob")
    assert [(one.incident_message, one.process_instance_id) for one in told] == [("Kein Papier", started.id)]
    assert await client.get_history_process_instance(UUID(int=1)) is None
