"""The way in for programs: credentials with every request, JSON for every refusal, the Modeler's origin, the choice of a tenant."""

from __future__ import annotations

import pytest

from tests.api.rest.conftest import PASSWORD, Office

JSON = "application/json"
MODELER = "file://"


def test_without_credentials_the_answer_is_401_as_json_and_never_a_login_page(office: Office) -> None:
    answer = office.flask.test_client().get("/engine-rest/version", headers={"Accept": "text/html"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (401, JSON)
    assert answer.get_json()["message"] == "Bitte mit Benutzername und Passwort anmelden (HTTP Basic oder Bearer)."
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_an_umlaut_in_login_and_password_works_in_both_encodings(office: Office, encoding: str) -> None:
    header = office.header("jörg", encoding)

    answer = office.flask.test_client().get("/engine-rest/version", headers={"Authorization": header})

    assert (answer.status_code, answer.headers["Content-Type"], answer.get_json()) == (200, JSON, {"version": "7.24.0"})


def test_a_cookie_of_a_page_opens_nothing_here(office: Office) -> None:
    client = office.flask.test_client()
    assert client.post("/anmelden", data={"login": office.prefix + "anna", "passwort": PASSWORD}).status_code == 302
    assert client.get("/aufgaben").status_code == 200, "the session's cookie opens the pages"

    assert client.get("/engine-rest/version").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/engine-rest/gibt-es-nicht", 404), ("DELETE", "/engine-rest/version", 405), ("GET", "/v2/gibt-es-nicht", 404)],
)
def test_unknown_addresses_and_methods_are_told_as_json(office: Office, method: str, path: str, status: int) -> None:
    answer = office.flask.test_client().open(path, method=method, headers={"Authorization": office.header("jörg")})

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == ("application/problem+json" if path.startswith("/v2") else JSON)
    assert answer.get_json().get("message") or answer.get_json()["detail"]


@pytest.mark.parametrize(("origin", "allowed"), [(MODELER, MODELER), ("null", "null"), ("https://fremd.example", None)])
def test_the_modelers_pages_may_read_answers_and_no_origin_is_refused(office: Office, origin: str, allowed: str | None) -> None:
    client = office.flask.test_client()

    preflight = client.options("/engine-rest/deployment/create", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    answer = client.get("/engine-rest/version", headers={"Origin": origin, "Authorization": office.header("jörg")})
    refused = client.get("/engine-rest/version", headers={"Origin": origin})

    assert (preflight.status_code, answer.status_code, refused.status_code) == (204, 200, 401)
    assert {one.headers.get("Access-Control-Allow-Origin") for one in (preflight, answer, refused)} == {allowed}
    if allowed:
        assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]


def test_a_tenant_is_an_engine_of_its_own_name(office: Office) -> None:
    bote = office.client("bote")

    assert bote.get("/engine-rest/engine").get_json() == [{"name": "detmold"}, {"name": "oerlinghausen"}]
    assert bote.get("/engine-rest/engine/oerlinghausen/version").status_code == 200
    refused = bote.get("/engine-rest/engine/lemgo/version")
    assert refused.status_code == 403
    assert "keine Rolle für den Mandanten „lemgo“" in refused.get_json()["message"]


@pytest.mark.parametrize("path", ["/engine-rest/version?x=1", "/engine-rest/version?x=%00", "/engine-rest/a%00b"])
def test_what_is_not_understood_is_refused_and_never_ignored(office: Office, path: str) -> None:
    assert office.client("jörg").get(path).status_code == 400
