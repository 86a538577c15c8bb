"""Clients of the interfaces for programs: a served sandbox with two cities, and accounts that log in with Basic."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from api import app, wiring
from api.auth import users
from engine.db import Database
from tests.conftest import START

PASSWORD = "geheim-genug-pässwörter"


@dataclass
class Office:
    """A sandbox world with Detmold and Oerlinghausen, its application and its accounts."""

    flask: Flask
    database: Database
    world_id: int
    detmold: int
    oerlinghausen: int
    prefix: str

    def header(self, login: str, encoding: str = "latin-1") -> str:
        """Return the header that Camunda Modeler sends for an account."""
        return "Basic " + base64.b64encode(f"{self.prefix}{login}:{PASSWORD}".encode(encoding)).decode()

    def client(self, login: str) -> Caller:
        return Caller(self.flask.test_client(), self.header(login))


@dataclass
class Caller:
    """Sends requests with one account's credentials."""

    client: FlaskClient
    header: str

    def get(self, path: str, **more: object) -> TestResponse:
        return self.client.get(path, headers={"Authorization": self.header, "Accept": "application/json"}, **more)

    def delete(self, path: str, **more: object) -> TestResponse:
        return self.client.delete(path, headers={"Authorization": self.header}, **more)

    def post(self, path: str, body: object = None, **more: object) -> TestResponse:
        return self._send("POST", path, body, more)

    def put(self, path: str, body: object = None, **more: object) -> TestResponse:
        return self._send("PUT", path, body, more)

    def _send(self, method: str, path: str, body: object, more: dict[str, object]) -> TestResponse:
        if body is not None:
            more |= {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.open(path, method=method, headers={"Authorization": self.header}, **more)


ACCOUNTS = {
    "jörg": {"detmold": ("designer",)},
    "anna": {"detmold": ("claims_clerk", "team_lead")},
    "olga": {"oerlinghausen": ("claims_clerk", "team_lead", "designer", "worker")},
    "paul": {"detmold": ("auditor",)},
    "wolf": {"detmold": ("worker",)},
    "bote": {"detmold": ("worker",), "oerlinghausen": ("worker",)},
}  # fmt: skip


@pytest.fixture(scope="module")
def office(app_url: object) -> Iterator[Office]:
    """A fresh sandbox world on 17.08.2026 per test module, without any deployment."""
    database = Database(create_engine(app_url, pool_size=5), wiring.runtime())
    with database.look() as tx:
        prefix = f"r{tx.execute(text('select count(*) from world')).scalar_one()}_"
        made = text("insert into world (name, kind, virtual_now) values (:n, 'sandbox', :now) returning id")
        world_id = tx.execute(made, {"n": f"rest {prefix}", "now": START}).scalar_one()
        add = text("insert into tenant (world_id, slug, name) values (:w, :s, :n) returning id")
        ids = {
            slug: tx.execute(add, {"w": world_id, "s": slug, "n": name}).scalar_one()
            for slug, name in {"detmold": "Stadt Detmold", "oerlinghausen": "Stadt Oerlinghausen"}.items()
        }
        for login, roles in ACCOUNTS.items():
            users.create(tx, prefix + login, login, PASSWORD, {ids[slug]: given for slug, given in roles.items()}, is_demo=True)
    yield Office(app.create_app(database), database, world_id, ids["detmold"], ids["oerlinghausen"], prefix)
    database.close()
