"""Files chosen in a form: sent with it, checked at its fields, kept with its step, shown in the file, handed out as downloads."""

from __future__ import annotations

import io
import json
import threading
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from werkzeug.test import TestResponse

from api import app, auditing, wiring
from engine import clock, deployments, files, instances, user_tasks
from tests import sample_files
from tests.api.conftest import City
from tests.engine.spiff.bpmn import chain, file, node, process

KEY = "detmold/DE91/1"
CHOOSE = {
    "type": "default", "id": "belege", "schemaVersion": 19, "components": [
        {"type": "textfield", "id": "Feld_1", "key": "grund", "label": "Grund", "validate": {"required": True, "maxLength": 10}},
        {"type": "filepicker", "id": "Datei_1", "key": "beleg", "label": "Beleg", "accept": ".pdf,image/*", "validate": {"required": True}},
        {"type": "filepicker", "id": "Datei_2", "key": "weitere", "label": "Weitere", "multiple": True},
        {"type": "filepicker", "id": "Datei_3", "key": "nie", "label": "Nie", "conditional": {"hide": "=true"}},
        {"type": "dynamiclist", "id": "Liste_1", "path": "posten", "isRepeating": True, "allowAddRemove": True, "components": [
            {"type": "filepicker", "id": "Datei_4", "key": "foto", "label": "Foto"},
        ]},
    ],
}  # fmt: skip
SEEN = {
    "type": "default", "id": "belege_ansehen", "schemaVersion": 19, "components": [
        {"type": "filepicker", "id": "Datei_1", "key": "beleg", "label": "Beleg", "readonly": True},
        {"type": "filepicker", "id": "Datei_2", "key": "weitere", "label": "Weitere", "multiple": True},
        {"type": "documentPreview", "id": "Vorschau_1", "label": "Ansicht", "dataSource": "=beleg"},
    ],
}  # fmt: skip
TASK = {"camunda_candidateGroups": "claims_clerk", "camunda_formRefBinding": "latest"}
FLOW = process(
    node("startEvent", "s")
    + node("userTask", "waehlen", camunda_formRef="belege", **TASK)
    + node("userTask", "ansehen", camunda_formRef="belege_ansehen", **TASK)
    + node("endEvent", "e")
    + chain("s", "waehlen", "ansehen", "e"),
    key="belege_sammeln",
)
BEGIN = process(
    node("startEvent", "s", camunda_formRef="belege", camunda_formRefBinding="latest")
    + node("userTask", "ansehen", camunda_formRef="belege_ansehen", **TASK) + node("endEvent", "e") + chain("s", "ansehen", "e"), key="antrag",
).replace("isExecutable", 'name="Antrag mit Belegen" camunda:candidateStarterGroups="claims_clerk" isExecutable')  # fmt: skip


@pytest.fixture(scope="module")
def office(city: City) -> City:
    """The city with a process whose tasks ask for files."""
    detmold = city.seeded.tenants["detmold"]
    with city.database.begin(detmold) as tx:
        brought = {
            "belege_sammeln.bpmn": file(FLOW), "antrag.bpmn": file(BEGIN), "belege.form": json.dumps(CHOOSE).encode(),
            "belege_ansehen.form": json.dumps(SEEN).encode(),
        }  # fmt: skip
        deployments.deploy(
            tx, brought, world_id=city.seeded.world_id, name="Belege", by="dora", now=clock.now(tx, detmold), readers=wiring.READERS,
            topics=wiring.topic_offers(), tenant_id=detmold,
        )  # fmt: skip
    return city


def begin(city: City, key: str = KEY) -> instances.Instance:
    detmold = city.seeded.tenants["detmold"]
    with city.database.begin(detmold) as tx:
        return instances.start(tx, "belege_sammeln", key, {}, tenant_id=detmold, now=clock.now(tx, detmold), by="test")


def task_of(city: City, instance: instances.Instance) -> user_tasks.UserTask:
    with city.database.begin(instance.tenant_id) as tx:
        (task,) = user_tasks.of_instance(tx, instance.tenant_id, instance.id)
        return task


def send(city: City, client: FlaskClient, address: str, data: object, *parts: tuple[str, str, bytes], **fields: str) -> TestResponse:
    """Send a form with files, each (key, name, bytes)."""
    sent: dict[str, object] = {"token": city.token(client), "daten": json.dumps(data), **fields}
    for key, name, content in parts:
        sent.setdefault(key, []).append((io.BytesIO(content), name, "application/octet-stream"))  # type: ignore[attr-defined]  # a list
    return client.post(address, data=sent, content_type="multipart/form-data")


def variables(city: City, instance: instances.Instance) -> dict[str, object]:
    with city.database.begin(instance.tenant_id) as tx:
        return instances.variables_of(tx, instance.tenant_id, instance.id)


def kept(city: City, key: str) -> list[files.File]:
    detmold = city.seeded.tenants["detmold"]
    with city.database.begin(detmold) as tx:
        return files.of_key(tx, detmold, key)


GOOD = {"grund": "Umzug", "beleg": "files::a", "weitere": "files::b", "posten": [{"foto": "files::c"}]}
PARTS = (
    ("files::a", "Bescheid Müller.pdf", sample_files.PDF), ("files::b", "liste.csv", sample_files.CSV),
    ("files::b", "brief.docx", sample_files.DOCX), ("files::c", "foto.png", sample_files.PNG),
)  # fmt: skip


def test_chosen_files_are_kept_with_the_step_and_shown_in_the_claims_file_with_download(office: City) -> None:
    instance, client = begin(office), office.client("ben")

    answer = send(office, client, f"/aufgaben/{task_of(office, instance).id}", GOOD, *PARTS)

    assert answer.status_code == 302, answer.get_data(as_text=True)
    found = variables(office, instance)
    by_name = {one.name: one for one in kept(office, KEY)}
    assert found["beleg"] == [by_name["Bescheid Müller.pdf"].reference]
    assert found["weitere"] == [by_name["liste.csv"].reference, by_name["brief.docx"].reference]
    assert found["posten"] == [{"foto": [by_name["foto.png"].reference]}]
    assert by_name["Bescheid Müller.pdf"].kept_by.endswith("ben")
    claim = client.get("/akten?suche=DE91").get_data(as_text=True).split("/akten/forderung/", 1)[1].split('"', 1)[0]
    page = client.get(f"/akten/forderung/{claim}").get_data(as_text=True)
    assert "Bescheid Müller.pdf" in page
    assert "waehlen: Beleg" in page
    download = client.get(f"/dateien/{by_name['Bescheid Müller.pdf'].uuid}")
    assert (download.status_code, download.data, download.content_type) == (200, sample_files.PDF, "application/pdf")
    assert download.headers["Content-Disposition"] == (
        f"attachment; filename=\"Bescheid M_ller.pdf\"; filename*=UTF-8''{quote('Bescheid Müller.pdf')}"
    )
    assert download.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert download.headers["Cache-Control"] == "no-store"


def test_only_so_many_forms_hold_their_files_in_memory_and_the_others_wait_their_turn(
    office: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = threading.BoundedSemaphore(1)
    monkeypatch.setitem(office.flask.config, "ROOM_FOR_FILES", room)
    waiting, other, client, second = begin(office, "K-wartet"), begin(office, "K-ohne"), office.client("ben"), office.client("ben")
    refused = send(office, client, f"/aufgaben/{task_of(office, waiting).id}", {**GOOD, "grund": ""}, *PARTS)
    address, answers = f"/aufgaben/{task_of(office, waiting).id}", list[TestResponse]()
    sending = threading.Thread(target=lambda: answers.append(send(office, client, address, GOOD, *PARTS)))

    with room:
        sending.start()
        without = send(office, second, f"/aufgaben/{task_of(office, other).id}", {"grund": "Umzug"})
        sending.join(0.3)
        is_waiting = sending.is_alive()
    sending.join(20)

    assert (refused.status_code, without.status_code) == (422, 422)
    assert is_waiting
    assert [answer.status_code for answer in answers] == [302]
    assert room.acquire(blocking=False)


def test_who_belongs_elsewhere_or_nowhere_gets_no_file(office: City) -> None:
    instance, client = begin(office, "K-getrennt"), office.client("ben")
    send(office, client, f"/aufgaben/{task_of(office, instance).id}", GOOD, *PARTS)
    file_id = kept(office, "K-getrennt")[0].uuid

    assert office.client("olga").get(f"/dateien/{file_id}").status_code == 404
    assert office.flask.test_client().get(f"/dateien/{file_id}").status_code == 302
    assert client.get("/dateien/00000000-0000-0000-0000-000000000007").status_code == 404


@pytest.mark.parametrize(
    ("changed", "parts", "field", "told"),
    [
        ({"beleg": None}, PARTS[1:], "Datei_1", "„Beleg“: Bitte eine Datei auswählen."),
        ({}, (("files::a", "liste.csv", sample_files.CSV), *PARTS[1:]), "Datei_1", "„liste.csv“ ist keine der gewünschten Arten (.pdf,image/*)"),
        ({}, (("files::a", "b.pdf", b"<html>"), *PARTS[1:]), "Datei_1", "„b.pdf“: Die Datei ist beschädigt oder keine PDF-Datei"),
        ({}, (("files::a", "b.pdf", b""), *PARTS[1:]), "Datei_1", "„b.pdf“: Die Datei ist leer"),
        ({}, (*PARTS, ("files::a", "c.pdf", sample_files.PDF)), "Datei_1", "„Beleg“: Bitte nur eine Datei auswählen."),
        ({}, (*PARTS, ("files::c", "p.exe", b"MZ")), "Datei_4[0]", "„.exe“ werden nicht angenommen"),
        ({"beleg": "files::fehlt"}, PARTS, "Datei_1", "nicht mitgekommen oder gehört nicht zu diesem Vorgang"),
        ({"beleg": "files::00000000-0000-0000-0000-000000000007"}, PARTS, "Datei_1", "gehört nicht zu diesem Vorgang"),
        ({"grund": "viel zu lang für das Feld"}, PARTS, "Feld_1", "Höchstens 10 Zeichen"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_told_at_the_field_and_nothing_is_kept(
    office: City, changed: dict[str, object], parts: tuple[tuple[str, str, bytes], ...], field: str, told: str
) -> None:
    instance, client = begin(office, "K-falsch"), office.client("ben")

    answer = send(office, client, f"/aufgaben/{task_of(office, instance).id}", {**GOOD, **changed}, *parts)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    faults = json.loads(page.split('id="formular-fehler">', 1)[1].split("</script>", 1)[0])
    assert list(faults) == [field]
    assert told in faults[field]
    assert kept(office, "K-falsch") == []
    assert task_of(office, instance).element_id == "waehlen"


def test_a_file_of_another_case_is_not_taken_even_by_who_knows_its_id(office: City) -> None:
    first, second, client = begin(office, "K-eins"), begin(office, "K-zwei"), office.client("ben")
    send(office, client, f"/aufgaben/{task_of(office, first).id}", GOOD, *PARTS)
    foreign = kept(office, "K-eins")[0].reference | {"metadata": {}}

    answer = send(office, client, f"/aufgaben/{task_of(office, second).id}", {**GOOD, "weitere": [foreign]}, PARTS[0], PARTS[3])

    assert answer.status_code == 422
    assert "gehört nicht zu diesem Vorgang" in answer.get_data(as_text=True)


def test_a_hidden_or_unknown_field_keeps_no_file(office: City) -> None:
    instance, client = begin(office, "K-versteckt"), office.client("ben")
    given = {**GOOD, "nie": "files::b", "weitere": None, "gibtesnicht": "files::b"}

    answer = send(office, client, f"/aufgaben/{task_of(office, instance).id}", given, *PARTS)

    assert answer.status_code == 302
    assert sorted(one.name for one in kept(office, "K-versteckt")) == ["Bescheid Müller.pdf", "foto.png"]
    assert "nie" not in variables(office, instance)


def test_a_later_task_shows_the_files_keeps_read_only_ones_and_takes_more_or_fewer(office: City) -> None:
    instance, client = begin(office, "K-spaeter"), office.client("ben")
    send(office, client, f"/aufgaben/{task_of(office, instance).id}", GOOD, *PARTS)
    before = variables(office, instance)
    later = task_of(office, instance)
    page = client.get(f"/aufgaben/{later.id}").get_data(as_text=True)
    shown = json.loads(page.split('id="formular-daten">', 1)[1].split("</script>", 1)[0])
    assert shown["beleg"][0]["metadata"] == {
        "fileName": "Bescheid Müller.pdf", "contentType": "application/pdf", "size": len(sample_files.PDF),
    }  # fmt: skip

    mixed = {"beleg": "files::a", "weitere": [shown["weitere"][1], {"documentId": "files::n"}]}
    answer = send(office, client, f"/aufgaben/{later.id}", mixed, PARTS[0], ("files::n", "neu.txt", sample_files.TEXT))

    assert answer.status_code == 302, answer.get_data(as_text=True)
    after = variables(office, instance)
    new = next(one for one in kept(office, "K-spaeter") if one.name == "neu.txt")
    assert after["beleg"] == before["beleg"]
    assert after["weitere"] == [before["weitere"][1], new.reference]  # type: ignore[index]  # a list of references
    assert len(kept(office, "K-spaeter")) == 5


def test_a_start_form_takes_files_too(office: City) -> None:
    client = office.client("ben")

    answer = send(office, client, "/starten/antrag", GOOD, *PARTS, schluessel="A-21")

    assert answer.status_code == 302, answer.get_data(as_text=True)
    assert {(one.name, one.source, one.field) for one in kept(office, "A-21")} == {
        ("Bescheid Müller.pdf", "antrag", "Beleg"), ("liste.csv", "antrag", "Weitere"), ("brief.docx", "antrag", "Weitere"),
        ("foto.png", "antrag", "Foto"),
    }  # fmt: skip
    refused = send(office, client, "/starten/antrag", {**GOOD, "grund": ""}, *PARTS, schluessel="A-22")
    assert refused.status_code == 422
    assert kept(office, "A-22") == []


def test_too_much_is_told_and_nothing_typed_is_lost(office: City) -> None:
    instance, client = begin(office, "K-viel"), office.client("ben")
    many = [("files::b", f"{number}.txt", b"x") for number in range(51)]

    answer = send(office, client, f"/aufgaben/{task_of(office, instance).id}", GOOD, *many)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "höchstens 50 Dateien und 50 MB" in page
    assert "Umzug" in page


def test_a_part_for_no_field_and_a_foreign_page_are_refused(office: City) -> None:
    instance, client = begin(office, "K-fremd"), office.client("ben")
    address = f"/aufgaben/{task_of(office, instance).id}"

    strange = send(office, client, address, GOOD, ("datei", "x.txt", b"x"))
    without_token = client.post(address, data={"daten": "{}", "files::a": (io.BytesIO(b"x"), "x.txt")}, content_type="multipart/form-data")

    assert (strange.status_code, without_token.status_code) == (422, 403)
    assert "gehört zu keinem Feld" in strange.get_data(as_text=True)


def test_verify_counts_the_files_and_the_replay_page_names_them(office: City) -> None:
    instance, client = begin(office, "K-wieder"), office.client("ben")
    send(office, client, f"/aufgaben/{task_of(office, instance).id}", GOOD, *PARTS)

    page = client.get(f"/wiedergabe/{instance.uuid}").get_data(as_text=True)

    assert "beleg = [Datei „Bescheid Müller.pdf“]" in page
    with office.database.begin(office.seeded.tenants["detmold"]) as tx:
        held = tx.execute(text("select count(*) from history where payload like '%Bescheid%'")).scalar()
    assert held == 0


def test_the_command_line_verifies_the_files_and_names_a_changed_one(
    office: City, app_url: URL, owner: Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    instance, client = begin(office, "K-pruefen"), office.client("ben")
    own = ("files::a", "einzeln.pdf", sample_files.PDF + b"\n%%EOF einzeln")
    send(office, client, f"/aufgaben/{task_of(office, instance).id}", {**GOOD, "weitere": None}, own, PARTS[3])
    (changed,) = [one for one in kept(office, "K-pruefen") if one.name == "einzeln.pdf"]
    monkeypatch.setenv("DATABASE_URL", app_url.set(drivername="postgresql").render_as_string(hide_password=False))

    auditing.verify(as_json=True)
    before = json.loads(capsys.readouterr().out)
    owner.execute(text("update file_content set content = 'x' where sha256 = :s"), {"s": changed.sha256})
    code = auditing.verify(as_json=True)
    after = json.loads(capsys.readouterr().out)
    auditing.verify(as_json=False)
    told = capsys.readouterr().out

    assert str(changed.uuid) not in json.dumps(before)
    assert code == 1
    assert after["files_broken"] == before["files_broken"] + 1
    assert f"Der Inhalt der Datei {changed.uuid} wurde verändert." in [breach["message"] for breach in after["file_breaches"]]
    assert f"{after['files']} Dateien geprüft" in told


def test_a_team_lead_erases_a_wrong_file_with_a_reason_and_the_file_says_so(office: City) -> None:
    instance, clerk, lead = begin(office, "detmold/DE92/1"), office.client("ben"), office.client("lena")
    send(office, clerk, f"/aufgaben/{task_of(office, instance).id}", GOOD, *PARTS)
    claim = clerk.get("/akten?suche=DE92").get_data(as_text=True).split("/akten/forderung/", 1)[1].split('"', 1)[0]
    page, wrong = f"/akten/forderung/{claim}", next(one for one in kept(office, "detmold/DE92/1") if one.name == "foto.png")

    def erase(client: FlaskClient, reason: str) -> TestResponse:
        given = {"token": office.token(client), "zurueck": page, "datei": str(wrong.uuid), "grund": reason}
        return client.post("/akten/datei-loeschen", data=given)

    assert "Endgültig löschen" not in clerk.get(page).get_data(as_text=True)
    assert erase(clerk, "falsch").status_code == 403
    assert erase(lead, " ").status_code == 422
    assert erase(lead, "falsche Person").status_code == 302
    assert erase(lead, "noch einmal").status_code == 409

    told = lead.get(page).get_data(as_text=True)
    assert "gelöscht am 17.08.2026 von Lena: falsche Person" in told
    assert "foto.png" not in told
    assert clerk.get(f"/dateien/{wrong.uuid}").status_code == 404
    assert len(kept(office, "detmold/DE92/1")) == 4


@pytest.mark.parametrize(
    ("size", "told"), [(0, "0 Byte"), (1023, "1023 Byte"), (1024, "1 KB"), (20 * 1024 * 1024, "20,0 MB"), (1_500_000, "1,4 MB")]
)
def test_a_size_is_told_in_the_units_of_the_limits(size: int, told: str) -> None:
    assert app.size_text(size) == told
