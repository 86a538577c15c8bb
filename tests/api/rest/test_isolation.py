"""One city asks every route with the other city's ids: no row, no word of the other comes back, and nothing of the other changes."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from api.rest import description
from engine import clock, files, incidents, keys
from tests.api.rest.conftest import Office
from tests.api.rest.models import deploy, diagram, required, started
from tests.api.rest.test_lists import WAITING

SECRET = "Geheimnis von Oerlinghausen"
COUNTED = ("process_instance", "user_task", "job", "timer", "subscription", "incident", "history", "outbox")


@pytest.fixture(scope="module")
def theirs(office: Office) -> dict[str, str]:
    """Return the ids of what Oerlinghausen has: an instance, its task, job, timer, an incident, by the name of a path's argument.

    An external task is a job, although its argument is called like that of a user task.
    """
    assert deploy(office.client("olga"), diagram("getrennt", inner=WAITING), name="getrennt.bpmn").status_code == 200
    instance = started(office, "olga", "getrennt", geheim=SECRET)
    with office.database.begin(office.oerlinghausen) as tx:
        one = tx.execute(text("select id from process_instance where uuid = :u"), {"u": instance}).scalar_one()
        job = tx.execute(text("select id from job where instance_id = :i"), {"i": one}).scalar_one()
        incidents.open_incident(
            tx, office.oerlinghausen, kind="job", message=SECRET, now=clock.now(tx, office.oerlinghausen), instance_id=one,
            element_id="senden", wait_id=job,
        )  # fmt: skip
        number, incident = tx.execute(text("select id, uuid from incident where instance_id = :i"), {"i": one}).one()
        task = tx.execute(text("select id from user_task where instance_id = :i"), {"i": one}).scalar_one()
        draft = files.draft(f"{SECRET}.txt", SECRET.encode(), files.Limits())
        files.keep(tx, office.oerlinghausen, [draft], business_key="K", source="x", by="olga", now=clock.now(tx, office.oerlinghausen))
        document = draft.reference
    return {
        "instance_id": instance, "execution_id": instance, "instance_key": str(one), "job_id": str(job), "/external-task": str(job),
        "incident_id": str(incident), "task_id": str(task), "name": "geheim", "tenant": "oerlinghausen", "definition_id": "getrennt:1:x",
        "deployment_id": instance, "key": "getrennt", "comment_id": instance,
        "job_key": str(keys.of(job)),
        "user_task_key": str(keys.of(task)),
        "element_instance_key": str(keys.of(task)),
        "incident_key": str(number),
        "definition_key": "1",
        "batch_id": instance,
        "resource_id": instance,
        "document_id": str(document["documentId"]),
        "user_id": f"{office.prefix}olga",
    }  # fmt: skip


def counts(office: Office) -> list[int]:
    with office.database.begin(office.oerlinghausen) as tx:
        rows = [tx.execute(text(f"select count(*) from {table}")).scalar_one() for table in COUNTED]
        return [*rows, tx.execute(text("select coalesce(sum(rev), 0) from process_instance")).scalar_one()]


def test_no_route_shows_or_changes_a_row_of_the_other_city(office: Office, theirs: dict[str, str]) -> None:
    before, asked = counts(office), 0
    for login in ("anna", "jörg", "paul", "wolf"):
        caller = office.client(login)
        for route in description.routes(office.flask):
            unknown = [argument for argument in route.arguments if argument not in theirs]
            assert not unknown, f"{route.path}: say in this test what {unknown} is"
            task = theirs["/external-task" if route.path.startswith("/engine-rest/external-task") else "task_id"]
            path = route.path.replace("{task_id}", task)
            for argument in route.arguments:
                path = path.replace(f"{{{argument}}}", theirs[argument])
            for query in ("", f"?processInstanceId={theirs['instance_id']}") if "processInstanceId" in route.operation.query else ("",):
                body = required(route)
                if "processInstanceId" in (route.operation.body or {}):
                    body["processInstanceId"] = theirs["instance_id"]
                if "requestTimeout" in (route.operation.body or {}):
                    body["requestTimeout"] = -1  # who finds nothing here does not wait for it
                answer = caller.client.open(
                    path + query,
                    method=route.method,
                    json=body if route.method != "GET" else None,
                    headers={"Authorization": caller.header},
                )
                asked += 1
                told = answer.get_data(as_text=True)
                where = f"{login}: {route.method} {path}{query} -> {answer.status_code} {told[:200]}"
                assert answer.status_code < 500, where
                assert SECRET not in told, where
                assert not (answer.status_code < 400 and theirs["instance_id"] in told), where
    assert asked > 300
    assert counts(office) == before
