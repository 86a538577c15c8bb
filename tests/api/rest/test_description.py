"""The description of the interfaces is made from their routes, and what it says of them is so."""

from __future__ import annotations

import pytest

from api.rest import description, faults
from tests.api.rest.conftest import Office
from tests.api.rest.models import required


def test_every_route_is_declared_and_described_once(office: Office) -> None:
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in office.flask.url_map.iter_rules()
        if faults.serves(rule.rule) and "engine" not in rule.arguments
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = description.openapi(office.flask)

    assert {(path, method) for path, one in described["paths"].items() for method in one} == served
    operations = [one for path in described["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations) > 60
    assert all(one["summary"] for one in operations)


def test_every_tenants_own_engine_offers_the_same_routes(office: Office) -> None:
    rules = {rule.rule for rule in office.flask.url_map.iter_rules() if faults.serves(rule.rule)}
    plain = {rule for rule in rules if rule.startswith("/engine-rest/") and "<engine>" not in rule}

    assert {rule.replace("/engine/<engine>", "") for rule in rules if "<engine>" in rule} == plain


def test_the_required_roles_are_those_described_and_nobody_else_gets_in(office: Office) -> None:
    auditor = office.client("paul")
    for route in description.routes(office.flask):
        path = route.path
        for argument in route.arguments:
            path = path.replace(f"{{{argument}}}", "11111111-2222-3333-4444-555555555555" if argument != "tenant" else "detmold")
        if "auditor" in route.operation.roles or not route.operation.roles:
            continue
        body = required(route)
        answer = auditor.client.open(path, method=route.method, json=body if body else None, headers={"Authorization": auditor.header})
        assert answer.status_code == 403, (route.method, route.path, answer.get_json())


def test_who_only_reads_is_offered_no_route_that_changes_something(office: Office) -> None:
    routes = description.routes(office.flask)
    lists = {route.path for route in routes if "maxResults" in route.operation.query}
    offered = {route.path for route in routes if route.method != "GET" and "auditor" in route.operation.roles}

    assert {path for path in offered - lists if not path.endswith(("/count", "/search"))} == {
        f"/engine-rest/task/{{task_id}}/{verb}" for verb in ("delegate", "resolve", "identity-links", "identity-links/delete")
    }, "these are refused to everybody"


@pytest.mark.parametrize("path", ["/api", "/api/openapi.json"])
def test_the_description_is_for_everybody_and_loads_nothing_from_elsewhere(office: Office, path: str) -> None:
    answer = office.flask.test_client().get(path)

    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "https://" not in answer.get_data(as_text=True)


def test_the_page_tells_how_to_connect_the_modeler(office: Office) -> None:
    page = office.flask.test_client().get("/api").get_data(as_text=True)

    assert "http://localhost/engine-rest" in page
    assert "POST /engine-rest/deployment/create" in page
    assert "Prozessgestaltung" in page
