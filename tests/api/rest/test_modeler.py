"""Deploy and start as an unmodified Camunda Modeler does it, request for request (captured from its own client code)."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text

from api import model_files
from tests.api.rest.conftest import Office
from tests.api.rest.models import deploy, diagram, form, multipart, started

BROKEN = (
    '<bpmn:startEvent id="beginn"/><bpmn:serviceTask id="brief_senden" name="Brief senden" camunda:class="de.stadt.Brief"/>'
    '<bpmn:userTask id="pruefen" name="Prüfen" camunda:formRef="gibt_es_nicht" camunda:formRefBinding="deployment"/>'
    '<bpmn:exclusiveGateway id="weiche" name="Betrag?"/><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="beginn" targetRef="brief_senden"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="brief_senden" targetRef="pruefen"/>'
    '<bpmn:sequenceFlow id="f3" sourceRef="pruefen" targetRef="weiche"/>'
    '<bpmn:sequenceFlow id="f4" sourceRef="weiche" targetRef="a"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${betrag &gt; '
    "</bpmn:conditionExpression></bpmn:sequenceFlow>"
    '<bpmn:sequenceFlow id="f5" sourceRef="weiche" targetRef="b"/>'
)


def test_the_probe_without_credentials_is_told_401_so_that_the_modeler_asks_for_them(office: Office) -> None:
    answer = office.flask.test_client().get("/engine-rest/deployment?maxResults=0", headers={"Origin": "file://"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/json")
    assert answer.headers["Access-Control-Allow-Origin"] == "file://"


def test_the_connection_check_with_credentials_is_an_empty_list(office: Office) -> None:
    answer = office.client("jörg").get("/engine-rest/deployment?maxResults=0")

    assert (answer.status_code, answer.get_json()) == (200, [])


def test_a_diagram_with_its_form_is_deployed_and_started_without_a_business_key(office: Office) -> None:
    designer = office.client("jörg")

    answer = deploy(
        designer, diagram(form=' camunda:formRef="anhoerung_pruefen" camunda:formRefBinding="deployment"'), anhoerung_pruefen=form()
    )
    made = answer.get_json()

    assert answer.status_code == 200, made
    (definition,) = made["deployedProcessDefinitions"].values()
    assert (definition["key"], definition["version"], definition["resource"]) == ("anhoerung", 1, "anhoerung.bpmn")
    assert (made["name"], made["source"], made["tenantId"]) == ("anhoerung", "Camunda Modeler", "detmold")
    begun = designer.post(f"/engine-rest/process-definition/{definition['id']}/start", {"businessKey": None, "variables": None})
    assert begun.status_code == 200, begun.get_json()
    assert begun.get_json() | {"id": "x"} == {
        "links": [], "id": "x", "definitionId": definition["id"], "definitionKey": "anhoerung", "businessKey": None, "caseInstanceId": None,
        "ended": False, "suspended": False, "tenantId": "detmold",
    }  # fmt: skip


def test_the_same_files_again_are_no_new_version_and_no_new_deployment_but_name_what_is_there(office: Office) -> None:
    designer = office.client("jörg")
    first = deploy(designer, diagram("wiederholt"), name="wiederholt.bpmn").get_json()

    again = deploy(designer, diagram("wiederholt"), name="wiederholt.bpmn").get_json()

    assert again == first
    assert next(iter(again["deployedProcessDefinitions"].values()))["version"] == 1


def test_the_own_diagrams_process_comes_first_even_if_an_attachment_is_sent_before(office: Office) -> None:
    designer = office.client("jörg")
    body = multipart({"deployment-name": "x"}, ("zuerst.bpmn", diagram("zuerst")), {"anhang.bpmn": diagram("anhang")})
    head, own, attached, tail = body.split(b"------WebKitFormBoundaryN3w7zZpQx1mK0Yca")[1:]
    turned = b"".join(b"------WebKitFormBoundaryN3w7zZpQx1mK0Yca" + part for part in (head, attached, own, tail))

    answer = designer.client.post(
        "/engine-rest/deployment/create",
        data=turned,
        headers={"Authorization": designer.header},
        content_type="multipart/form-data; boundary=----WebKitFormBoundaryN3w7zZpQx1mK0Yca",
    )

    assert answer.get_data(as_text=True).index('"zuerst:1:') < answer.get_data(as_text=True).index('"anhang:1:')


@pytest.mark.parametrize("name", ["Anhörung „grün“.bpmn", 'mit "Anführung".bpmn', "ordner/unter.bpmn"])
def test_file_names_with_umlauts_and_quotes_arrive_whole(office: Office, name: str) -> None:
    made = deploy(office.client("jörg"), diagram("namen"), name=name).get_json()

    (definition,) = made["deployedProcessDefinitions"].values()
    assert definition["key"] == "namen"
    if definition["version"] == 1 and "/" not in name:
        assert definition["resource"] == name


def test_a_form_alone_is_deployed_from_its_own_tab(office: Office) -> None:
    answer = deploy(office.client("jörg"), form("nur_formular"), name="nur_formular.form")

    assert (answer.status_code, answer.get_json()["deployedProcessDefinitions"]) == (200, None)


def test_two_files_with_one_key_are_refused(office: Office) -> None:
    answer = deploy(office.client("jörg"), form("doppelt"), name="a.form", b=form("doppelt"))

    assert answer.status_code == 400
    assert "„doppelt“ gibt es auch in a.form" in answer.get_json()["message"]


def test_an_old_version_is_started_by_its_id_and_the_latest_by_its_key(office: Office) -> None:
    designer = office.client("jörg")
    (old,) = deploy(designer, diagram("zwei", tag="rel-1"), name="zwei.bpmn").get_json()["deployedProcessDefinitions"]
    (new,) = deploy(designer, diagram("zwei", tag="rel-2"), name="zwei.bpmn").get_json()["deployedProcessDefinitions"]

    by_id = designer.post(f"/engine-rest/process-definition/{old}/start", {}).get_json()
    by_key = designer.post("/engine-rest/process-definition/key/zwei/tenant-id/detmold/start", {}).get_json()

    assert (by_id["definitionId"], by_key["definitionId"]) == (old, new)
    tagged = designer.get("/engine-rest/process-definition?key=zwei&versionTagLike=rel-1%25&sortBy=version&sortOrder=desc").get_json()
    assert [(one["id"], one["versionTag"], one["historyTimeToLive"]) for one in tagged] == [(old, "rel-1", 180)]
    running = designer.get(f"/engine-rest/process-instance/{by_id['id']}").get_json()
    assert running["definitionId"] == old


def test_a_deployment_nobody_uses_is_taken_back_and_one_in_use_is_not(office: Office) -> None:
    designer = office.client("jörg")
    used = deploy(designer, diagram("zurueck"), name="zurueck.bpmn").get_json()
    started(office, "anna", "zurueck")
    unused = deploy(designer, diagram("zurueck", tag="2"), name="zurueck.bpmn").get_json()

    cascading = designer.delete(f"/engine-rest/deployment/{unused['id']}?cascade=true")
    refused = designer.delete(f"/engine-rest/deployment/{used['id']}")
    taken_back = designer.delete(f"/engine-rest/deployment/{unused['id']}?cascade=false&skipCustomListeners=true")

    assert (cascading.status_code, refused.status_code, taken_back.status_code) == (400, 409, 204)
    assert "kann nicht zurückgenommen werden" in refused.get_json()["message"]
    assert designer.get(f"/engine-rest/deployment/{unused['id']}").status_code == 404
    (left,) = designer.get("/engine-rest/process-definition?key=zurueck").get_json()
    assert (left["version"], left["deploymentId"]) == (1, used["id"])
    assert designer.get("/engine-rest/process-definition/key/zurueck").get_json()["version"] == 1
    assert designer.post(f"/engine-rest/process-definition/{next(iter(unused['deployedProcessDefinitions']))}/start", {}).status_code == 404


def test_a_broken_diagram_is_refused_with_a_line_per_fault_that_suffices_to_mend_it(office: Office) -> None:
    answer = deploy(office.client("jörg"), diagram("kaputt", inner=BROKEN), name="kaputt.bpmn")
    told = answer.get_json()

    assert (answer.status_code, answer.headers["Content-Type"], told["type"], told["code"]) == (
        400,
        "application/json",
        "ParseException",
        0,
    )
    lines = [line for line in told["message"].splitlines() if line.startswith("* ")]
    for element, label in (("brief_senden", "Brief senden"), ("pruefen", "Prüfen"), ("f4", None)):
        own = [line for line in lines if f", {element}" in line]
        assert own
        assert all(line.startswith("* kaputt.bpmn, Zeile ") and (label is None or f"„{label}“" in line) for line in own)
    assert any("External" in line for line in lines)
    problems = told["details"]["kaputt.bpmn"]["errors"]
    assert len(problems) == len(lines) >= 4
    assert {"message", "line", "column", "mainElementId", "elementIds"} == set(problems[0])
    sent = diagram("kaputt", inner=BROKEN).splitlines()
    tags = {one["mainElementId"]: sent[one["line"] - 1][one["column"] - 1 :] for one in problems}
    for element, tag in (("brief_senden", "serviceTask"), ("pruefen", "userTask"), ("f4", "sequenceFlow")):
        assert tags[element].startswith(f'<bpmn:{tag} id="{element}"')
    with office.database.look() as tx:
        assert tx.execute(text("select count(*) from definition where key = 'kaputt'")).scalar_one() == 0


def test_a_diagram_with_thousands_of_faults_is_answered_in_time_with_a_message_that_can_be_read(office: Office) -> None:
    tasks = [f'<bpmn:serviceTask id="brief_{number}" name="{"Brief " * 2000}" camunda:class="de.stadt.Brief"/>' for number in range(20)]
    tasks += [f'<bpmn:serviceTask id="brief_{number}" name="Brief" camunda:class="de.stadt.Brief"/>' for number in range(20, 2000)]
    flows = [f'<bpmn:sequenceFlow id="f{number}" sourceRef="brief_{number}" targetRef="brief_{number + 1}"/>' for number in range(1999)]
    begin = '<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="brief_0"/>'

    before = time.perf_counter()
    answer = deploy(office.client("jörg"), diagram("viele", inner="\n".join([begin, *tasks, *flows])), name="viele.bpmn")
    seconds = time.perf_counter() - before

    told = answer.get_json()
    assert (answer.status_code, seconds < 5) == (400, True), seconds
    assert len(told["details"]["viele.bpmn"]["errors"]) == 2000, "the program is told all"
    lines = [line for line in told["message"].splitlines() if line.startswith("* viele.bpmn, Zeile ")]
    assert len(lines) == 100
    assert "und 1900 weitere Befunde" in told["message"]
    assert len(told["message"]) < 64_000


def test_a_slash_too_many_is_redirected_without_losing_the_body(office: Office) -> None:
    answer = deploy(office.client("jörg"), diagram("schraeg"), name="schraeg.bpmn", path="/engine-rest/")

    assert answer.status_code == 308
    assert answer.headers["Location"].endswith("/engine-rest/deployment/create")


def test_a_wrong_password_and_a_missing_role_say_so(office: Office) -> None:
    designer, auditor = office.client("jörg"), office.client("paul")
    designer.header = "Basic " + "bmllbWFuZDpmYWxzY2g="

    wrong, forbidden = deploy(designer, diagram()), deploy(auditor, diagram())

    assert (wrong.status_code, wrong.get_json()["message"]) == (401, "Benutzername oder Passwort stimmen nicht.")
    assert (forbidden.status_code, forbidden.get_json()["type"]) == (403, "AuthorizationException")


def test_the_tenant_field_chooses_the_city(office: Office) -> None:
    olga = office.client("olga")

    own, foreign = deploy(olga, diagram("stadt"), tenant="oerlinghausen"), deploy(olga, diagram("stadt"), tenant="detmold")

    assert (own.status_code, own.get_json()["tenantId"]) == (200, "oerlinghausen")
    assert (foreign.status_code, "Mandanten „detmold“" in foreign.get_json()["message"]) == (403, True)


def test_all_models_of_the_house_are_checked_and_deployed_within_the_modelers_five_seconds(office: Office) -> None:
    files = model_files.own()
    body = multipart({"deployment-name": "alles"}, None, {name: content.decode() for name, content in files.items()})
    designer = office.client("jörg")

    before = time.perf_counter()
    answer = designer.client.post(
        "/engine-rest/deployment/create",
        data=body,
        headers={"Authorization": designer.header},
        content_type="multipart/form-data; boundary=----WebKitFormBoundaryN3w7zZpQx1mK0Yca",
    )

    assert answer.status_code == 200, answer.get_json()
    assert time.perf_counter() - before < 5


def test_the_links_of_the_success_messages_lead_to_our_pages(office: Office) -> None:
    client = office.flask.test_client()
    found = client.get("/.well-known/camunda-automation-platform/webapps")
    assert (found.status_code, set(found.get_json())) == (200, {"adminUrl", "cockpitUrl", "tasklistUrl"})
    behind_tls = client.get("/.well-known/camunda-automation-platform/webapps", headers={"X-Forwarded-Proto": "https"}).get_json()
    assert all(address.startswith("https://localhost/") for address in behind_tls.values())
    base = found.get_json()["cockpitUrl"].removeprefix("http://localhost")
    made = deploy(office.client("jörg"), diagram("verlinkt"), name="verlinkt.bpmn").get_json()
    instance = started(office, "anna", "verlinkt")

    client.post("/anmelden", data={"login": office.prefix + "anna", "passwort": "geheim-genug-pässwörter"})
    query = f'[{{"type":"id","operator":"eq","value":"{made["id"]}"}}]'
    models = client.get(f"{base}/repository", query_string={"deploymentsQuery": query}, follow_redirects=True)
    replayed = client.get(f"{base}/process-instance/{instance}", follow_redirects=True)

    assert (models.status_code, replayed.status_code) == (200, 200)
    assert models.request.path == "/prozesse"
    page = models.get_data(as_text=True)
    assert "verlinkt" in page
    assert "namen" not in page
    assert replayed.request.path == f"/wiedergabe/{instance}"


@pytest.mark.parametrize(
    "path", ["/modeler/repository?deploymentsQuery=%5B", "/modeler/repository?deploymentsQuery=1", "/modeler/process-instance/x"]
)
def test_broken_links_are_never_a_bug(office: Office, path: str) -> None:
    client = office.flask.test_client()
    client.post("/anmelden", data={"login": office.prefix + "anna", "passwort": "geheim-genug-pässwörter"})

    assert client.get(path, follow_redirects=True).status_code in (200, 404)
