"""Camunda's File variables: set as multipart or base64, read as bytes, on the store of the forms; documents as Camunda 8 reads them."""

from __future__ import annotations

import base64
import io
import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from api import wiring
from engine import clock, deployments, external_tasks, files, instances, user_tasks
from tests import sample_files
from tests.api.rest.conftest import Caller, Office
from tests.engine.spiff.bpmn import chain, file, job, node, process, user
from tests.engine.spiff.bpmn import io as mapped

BASE = "/engine-rest"
FORM = {
    "type": "default", "id": "beleg", "schemaVersion": 19, "components": [
        {"type": "filepicker", "id": "Datei_1", "key": "beleg", "label": "Beleg", "accept": ".pdf", "validate": {"required": True}},
    ],
}  # fmt: skip
FIRST = mapped({"erster": "=belege[1]"})
MODELS = {
    "frei.bpmn": file(process(node("startEvent", "s") + user("a") + node("endEvent", "e") + chain("s", "a", "e"), key="frei")),
    "gebunden.bpmn": file(process(
        node("startEvent", "s") + node("userTask", "a", camunda_formRef="beleg", camunda_formRefBinding="latest") + node("endEvent", "e")
        + chain("s", "a", "e"), key="gebunden",
    )),
    "auftrag.bpmn": file(process(
        node("startEvent", "s") + job("pruefen", "datei_pruefen", FIRST) + node("endEvent", "e") + chain("s", "pruefen", "e"), key="auftrag",
    )),
    "beleg.form": json.dumps(FORM).encode(),
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(office: Office) -> Office:
    with office.database.begin(office.detmold) as tx:
        now = clock.now(tx, office.detmold)
        deployments.deploy(tx, MODELS, world_id=office.world_id, name="Dateien", by="jörg", now=now, readers=wiring.READERS)
    return office


def start(desk: Office, key: str, business_key: str, **variables: object) -> instances.Instance:
    with desk.database.begin(desk.detmold) as tx:
        now = clock.now(tx, desk.detmold)
        return instances.start(tx, key, business_key, variables, tenant_id=desk.detmold, now=now, by="test")


def task_of(desk: Office, instance: instances.Instance) -> UUID:
    with desk.database.begin(desk.detmold) as tx:
        return user_tasks.of_instance(tx, desk.detmold, instance.id)[0].id


def typed(content: bytes, name: str = "bescheid.pdf", **info: str) -> dict[str, object]:
    return {"type": "File", "value": base64.b64encode(content).decode(), "valueInfo": {"filename": name, **info}}


def upload(caller: Caller, path: str, content: bytes, name: str = "bescheid.pdf", kind: str | None = "File") -> int:
    data: dict[str, object] = {"data": (io.BytesIO(content), name, "application/octet-stream")} | ({"valueType": kind} if kind else {})
    return caller.post(f"{BASE}{path}", data=data, content_type="multipart/form-data").status_code


def stored(desk: Office, instance: instances.Instance) -> dict[str, object]:
    with desk.database.begin(desk.detmold) as tx:
        return instances.variables_of(tx, desk.detmold, instance.id)


def kept(desk: Office, key: str) -> list[tuple[str, str, str]]:
    with desk.database.begin(desk.detmold) as tx:
        return [(one.name, one.source, one.kept_by) for one in files.of_key(tx, desk.detmold, key)]


@pytest.mark.parametrize("at", ["instance", "task"])
def test_a_file_is_set_as_multipart_and_read_as_bytes_with_its_name(desk: Office, at: str) -> None:
    instance, anna = start(desk, "frei", f"F-{at}"), desk.client("anna")
    path = f"/process-instance/{instance.uuid}" if at == "instance" else f"/task/{task_of(desk, instance)}"

    assert upload(anna, f"{path}/variables/beleg/data", sample_files.PDF, "Bescheid Müller.pdf") == 204

    shown = anna.get(f"{BASE}{path}/variables/beleg").get_json()
    assert shown == {"type": "File", "value": None, "valueInfo": {"filename": "Bescheid Müller.pdf", "mimeType": "application/pdf"}}
    assert anna.get(f"{BASE}{path}/variables").get_json()["beleg"] == shown
    answer = anna.get(f"{BASE}{path}/variables/beleg/data")
    assert (answer.status_code, answer.data, answer.content_type) == (200, sample_files.PDF, "application/pdf")
    assert "filename*=UTF-8''Bescheid%20M%C3%BCller.pdf" in answer.headers["Content-Disposition"]
    read = anna.get(f"{BASE}/execution/{instance.uuid}/localVariables/beleg/data")
    assert (read.status_code, read.data) == (200, sample_files.PDF)
    value = stored(desk, instance)["beleg"]
    assert isinstance(value, dict)
    assert "Müller" not in json.dumps(value, default=str)
    document = anna.get(f"/v2/documents/{value['documentId']}?contentHash={value['contentHash']}")
    assert (document.status_code, document.data) == (200, sample_files.PDF)
    assert kept(desk, f"F-{at}") == [("Bescheid Müller.pdf", "Schnittstelle" if at == "instance" else "a", f"{desk.prefix}anna")]


def test_files_come_with_a_start_with_variables_and_with_the_end_of_a_task(desk: Office) -> None:
    anna = desk.client("anna")
    begun = anna.post(
        f"{BASE}/process-definition/key/frei/start",
        {"businessKey": "F-alle", "variables": {"eins": typed(sample_files.PDF)}, "withVariablesInReturn": True},
    ).get_json()
    assert begun["variables"]["eins"]["valueInfo"]["filename"] == "bescheid.pdf"
    path = f"{BASE}/process-instance/{begun['id']}/variables"

    assert anna.put(f"{path}/zwei", typed(sample_files.TEXT, "zwei.txt", encoding="UTF-8")).status_code == 204
    assert anna.post(path, {"modifications": {"drei": typed(sample_files.PNG, "drei.png", mimetype="egal/x")}}).status_code == 204
    text_file = anna.get(f"{path}/zwei/data")
    with desk.database.begin(desk.detmold) as tx:
        instance = instances.get(tx, desk.detmold, UUID(begun["id"]))
    task = f"{BASE}/task/{task_of(desk, instance)}"
    assert anna.post(f"{task}/complete", {"variables": {"vier": typed(sample_files.CSV, "vier.csv")}}).status_code == 204

    assert text_file.content_type == "text/plain; charset=UTF-8"
    assert {name for name, _, _ in kept(desk, "F-alle")} == {"bescheid.pdf", "zwei.txt", "drei.png", "vier.csv"}
    assert set(stored(desk, instance)) == {"eins", "zwei", "drei", "vier"}


def test_a_form_takes_the_file_of_a_program_by_its_rules(desk: Office) -> None:
    instance, anna = start(desk, "gebunden", "F-form"), desk.client("anna")
    task = f"{BASE}/task/{task_of(desk, instance)}"

    wrong = anna.post(f"{task}/submit-form", {"variables": {"beleg": typed(sample_files.PNG, "foto.png")}})
    missing = anna.post(f"{task}/submit-form", {"variables": {}})
    done = anna.post(f"{task}/submit-form", {"variables": {"beleg": typed(sample_files.PDF)}})

    assert wrong.status_code == missing.status_code == 400
    assert "keine der gewünschten Arten (.pdf)" in wrong.get_json()["message"]
    assert "Bitte eine Datei auswählen" in missing.get_json()["message"]
    assert done.status_code == 204
    assert kept(desk, "F-form") == [("bescheid.pdf", "a", f"{desk.prefix}anna")]
    (value,) = stored(desk, instance)["beleg"]  # type: ignore[misc]  # a list of references
    assert value["metadata"]["contentType"] == "application/pdf"


def test_a_worker_reads_the_one_file_of_a_list_through_an_input_and_gives_one_back(desk: Office) -> None:
    anna, wolf = desk.client("anna"), desk.client("wolf")
    begun = anna.post(f"{BASE}/process-definition/key/frei/start", {"businessKey": "F-quelle", "variables": {"x": typed(sample_files.PDF)}})
    with desk.database.begin(desk.detmold) as tx:
        source = instances.variables_of(tx, desk.detmold, instances.get(tx, desk.detmold, UUID(begun.get_json()["id"])).id)["x"]
    instance = start(desk, "auftrag", "F-auftrag", belege=[source, source])
    topic = {"topicName": "datei_pruefen", "lockDuration": 60000}
    (locked,) = wolf.post(f"{BASE}/external-task/fetchAndLock", {"workerId": "w", "maxTasks": 1, "topics": [topic]}).get_json()
    assert locked["variables"]["erster"]["valueInfo"] == {"filename": "bescheid.pdf", "mimeType": "application/pdf"}
    assert locked["variables"]["belege"]["type"] == "Json"
    assert "fileName" not in locked["variables"]["belege"]["value"]

    read = wolf.get(f"{BASE}/execution/{instance.uuid}/localVariables/erster/data")
    several = wolf.get(f"{BASE}/process-instance/{instance.uuid}/variables/belege/data")
    done = wolf.post(
        f"{BASE}/external-task/{locked['id']}/complete",
        {"workerId": "w", "variables": {"bericht": {**typed(sample_files.TEXT, "bericht.txt"), "type": "file"}}},
    )

    assert (read.status_code, read.data) == (200, sample_files.PDF)
    assert several.status_code == 400
    assert "/v2/documents/files::" in several.get_json()["message"]
    assert done.status_code == 204, done.get_data(as_text=True)
    assert kept(desk, "F-auftrag") == [("bericht.txt", "pruefen", f"{desk.prefix}wolf")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"type": "File", "value": None, "valueInfo": {"filename": "x.pdf"}}, "Der Inhalt der Datei fehlt"),
        ({"type": "File", "value": "", "valueInfo": {"filename": "x.pdf"}}, "vorher load() aufrufen"),
        ({"type": "File", "value": "%%%", "valueInfo": {"filename": "x.pdf"}}, "nicht base64-kodiert"),
        ({"type": "File", "value": "QUJD", "valueInfo": {}}, "„valueInfo.filename“ fehlt"),
        ({"type": "File", "value": "QUJD", "valueInfo": {"filename": "x.pdf"}}, "keine PDF-Datei"),
        ({"type": "File", "value": "QUJD", "valueInfo": {"filename": "x.txt", "encoding": "UTF-8\r\nX: y"}}, "kein Zeichensatz"),
        ({"type": "Bytes", "value": "QUJD"}, "Der Typ Bytes wird hier nicht angenommen"),
        ({"type": "Json", "value": '{"documentId": "files::00000000-0000-0000-0000-000000000007"}'}, "hochladen statt nennen"),
    ],
)
def test_what_is_no_file_is_refused_with_the_reason(desk: Office, given: object, told: str) -> None:
    instance, anna = start(desk, "frei", "F-falsch"), desk.client("anna")

    answer = anna.put(f"{BASE}/process-instance/{instance.uuid}/variables/beleg", given)

    assert answer.status_code == 400
    assert told in answer.get_json()["message"]
    assert kept(desk, "F-falsch") == []


def test_a_multipart_without_data_or_of_another_kind_is_refused(desk: Office) -> None:
    instance, anna = start(desk, "frei", "F-teil"), desk.client("anna")
    path = f"/process-instance/{instance.uuid}/variables/beleg/data"

    assert upload(anna, path, sample_files.PDF, kind="Bytes") == 400
    assert upload(anna, path, b"MZ", "x.exe") == 400
    assert anna.post(f"{BASE}{path}", {"x": 1}).status_code == 415
    assert upload(desk.client("paul"), path, sample_files.PDF) == 403
    assert upload(anna, f"/process-instance/{UUID(int=7)}/variables/beleg/data", sample_files.PDF) == 404
    assert kept(desk, "F-teil") == []


def test_another_city_reads_neither_variable_nor_document(desk: Office) -> None:
    instance, anna, olga = start(desk, "frei", "F-fremd"), desk.client("anna"), desk.client("olga")
    upload(anna, f"/process-instance/{instance.uuid}/variables/beleg/data", sample_files.PDF)
    document = stored(desk, instance)["beleg"]
    assert isinstance(document, dict)

    refused = [
        olga.get(path).status_code
        for path in (
            f"{BASE}/process-instance/{instance.uuid}/variables/beleg/data", f"{BASE}/execution/{instance.uuid}/localVariables/beleg/data",
            f"/v2/documents/{document['documentId']}", "/v2/documents/irgendwas",
        )
    ]  # fmt: skip

    assert refused == [404] * 4
    assert anna.get(f"/v2/documents/{document['documentId']}?contentHash=00").status_code == 400


def test_a_file_of_a_step_that_fails_is_not_kept(desk: Office) -> None:
    wolf = desk.client("wolf")
    instance = start(desk, "auftrag", "F-weg", belege=[])
    with desk.database.begin(desk.detmold) as tx:
        wanted = [external_tasks.Wanted("datei_pruefen", timedelta(seconds=60))]
        (locked,) = external_tasks.fetch(tx, desk.detmold, wanted, worker="ein anderer", limit=10)
        assert locked.instance_id == instance.id

    refused = wolf.post(
        f"{BASE}/external-task/{locked.id}/complete", {"workerId": "w", "variables": {"b": typed(sample_files.TEXT, "b.txt")}}
    )

    assert refused.status_code in (400, 500)
    assert kept(desk, "F-weg") == []
    with desk.database.begin(desk.detmold) as tx:
        query = text("select count(*) from kept_file where name = 'b.txt'")
        assert tx.execute(query).scalar() == 0
