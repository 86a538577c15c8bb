"""Whatever strangers send to an interface: a refusal as JSON with a message, never a bug, and nothing half done."""

from __future__ import annotations

import json
import random
import urllib.parse

import pytest
from sqlalchemy import text

from api.rest import description, entrance
from tests.api.rest.conftest import Caller, Office
from tests.api.rest.models import BOUNDARY, deploy, diagram, multipart, started

SEEDS = range(300)
JUNK = (
    "", "x", "0", "-1", "null", "%00", "%ff", "..", "a/b", "9" * 40, "ü" * 300, "';--", "11111111-2222-3333-4444-555555555555", "%", "{}",
    "anhoerung:1:11111111-2222-3333-4444-555555555555", "a:b:c:d", "\\", " ", "%ed%a0%80", "count", "key",
)  # fmt: skip
SCALARS = (
    None, True, False, 0, -1, 1.5, 10**30, 2**63, "", "x", "a\0b", "\ud800", "ü" * 5000, [], {}, [[]], {"a": {}}, {"value": {}}, ["x", 1],
    {"x": {"value": 1, "type": "Geld"}}, {"x": {"value": "AAAA", "type": "Bytes"}}, {"@zahl": "x"}, {"x": {"value": {"@zahl": "x"}}},
    {"__x": {"value": 1}}, [{"name": "x", "operator": "eq", "value": [1]}], {"x": None}, {"x": {"value": "2026-99-99", "type": "Date"}},
)  # fmt: skip
BODIES = (
    b"", b"{", b"[]", b"null", b"NaN", b'{"a":NaN}', b"[" * 5000, b'{"a":1,"a":2}', b"\xff\xfe", b"1e999999", b'{"a":' + b"9" * 5000 + b"}",
    b'"\\ud800"', b"\0", b"%PDF-1.7", b"a=b&c=d", b'{"variables":{"x":{"value":1e-300}}}',
)  # fmt: skip
TYPES = (
    "application/json", "application/json; charset=utf-8", "text/plain", "application/xml", "multipart/form-data",
    f"multipart/form-data; boundary={BOUNDARY}", "application/x-www-form-urlencoded", "", "x",
)  # fmt: skip


def body_of(chance: random.Random, names: list[str]) -> bytes:
    if chance.random() < 0.3:
        return chance.choice(BODIES)
    if chance.random() < 0.2:
        files = {
            chance.choice(("a.bpmn", "b.dmn", "c.form", "d.exe", "e.typ")): chance.choice(("", "<a/>", "[", "\0", diagram()[:500]))
            for _ in range(2)
        }
        return multipart({"deployment-name": chance.choice(JUNK), "tenant-id": chance.choice(JUNK)}, ("x.bpmn", "<x"), files)
    chosen = chance.sample(names, min(len(names), 3)) + ["variables"] * (chance.random() < 0.3)
    return json.dumps({name: chance.choice(SCALARS) for name in chosen}).encode()


@pytest.mark.parametrize("part", range(4))
def test_no_request_ever_becomes_a_bug(office: Office, part: int) -> None:
    callers = [office.client(login) for login in ("jörg", "anna", "olga", "bote")]
    assert deploy(callers[0], diagram()).status_code == 200
    routes = description.routes(office.flask)
    known = started(office, "anna")
    for seed in list(SEEDS)[part::4]:
        chance = random.Random(seed)
        ask(chance, chance.choice(routes), chance.choice(callers), known, f"seed {seed}")
    for number, route in list(enumerate(routes))[part::4]:  # each at least once, by somebody who may
        chance = random.Random(number)
        roles = route.operation.roles
        login = "olga" if not roles or {"claims_clerk", "team_lead", "designer", "worker"} & set(roles) else "jörg"
        ask(chance, route, office.client(login), known, f"route {number}")


def ask(chance: random.Random, route: description.Route, caller: Caller, known: str, which: str) -> None:
    """Send one hostile request to a route and look at the answer."""
    path = route.path
    for argument in route.arguments:
        value = known if chance.random() < 0.4 else chance.choice(JUNK)
        path = path.replace(f"{{{argument}}}", urllib.parse.quote(value, safe="%/:"))
    query = {name: chance.choice((*JUNK, "true", "5")) for name in (*route.operation.query, "unbekannt") if chance.random() < 0.15}
    answer = caller.client.open(
        path,
        method=route.method if chance.random() < 0.9 else chance.choice(("GET", "POST", "PUT", "DELETE", "PATCH")),
        query_string=urllib.parse.urlencode(query, safe="%"),
        data=body_of(chance, [*(route.operation.body or {}), "x"]),
        content_type=chance.choice(TYPES[:2] if chance.random() < 0.7 else TYPES),
        headers={"Authorization": caller.header if chance.random() < 0.95 else chance.choice(("Basic", "Bearer x", "Basic ####"))},
    )
    where = f"{which}: {route.method} {path} {query} -> {answer.status_code}"
    assert answer.status_code < 500, where
    if answer.status_code >= 400:
        told = answer.get_json()
        assert answer.headers["Content-Type"] in ("application/json", "application/problem+json"), where
        assert told.get("message") or told.get("detail") or told.get("error_description"), where


@pytest.mark.parametrize("path", ["/engine-rest/message", "/v2/process-instances", "/oauth/token", "/engine-rest/process-instance"])
def test_a_body_too_large_is_told_as_json(office: Office, path: str) -> None:
    answer = office.client("bote").post(path, data=b"x" * (entrance.MAX_BODY + 1), content_type="application/json")

    assert answer.status_code == 413 or (path == "/oauth/token" and answer.status_code == 400)
    assert answer.is_json


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "keine Datei"),
        ({"a.bpmn": "<x/>" + " " * (2 * 1024 * 1024)}, "größer als 2 MB"),
        ({"a.bpmn": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "DOCTYPE"),
        ({"a.exe": "x"}, "Endung"),
        ({"..": "x"}, "Endung"),
        ({f"{number}.form": "{}" for number in range(501)}, "zu viele"),
    ],
)  # fmt: skip
def test_hostile_uploads_are_refused_with_a_reason(office: Office, files: dict[str, str], told: str) -> None:
    designer = office.client("jörg")

    answer = designer.post(
        "/engine-rest/deployment/create", data=multipart({}, None, files), content_type=f"multipart/form-data; boundary={BOUNDARY}"
    )

    assert answer.status_code == 400, answer.get_json()
    assert told in answer.get_json()["message"]


def test_a_refused_deployment_and_a_failed_start_leave_nothing(office: Office) -> None:
    with office.database.look() as tx:
        before = tx.execute(text("select (select count(*) from deployment), (select count(*) from definition)")).one()
    designer = office.client("jörg")

    assert deploy(designer, diagram("neu"), name="neu.bpmn", kaputt="<kaputt").status_code == 400
    assert designer.post("/engine-rest/process-definition/key/neu/start", {}).status_code == 404

    with office.database.look() as tx:
        assert tx.execute(text("select (select count(*) from deployment), (select count(*) from definition)")).one() == before
