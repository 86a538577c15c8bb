"""A served city: seeded world, users with roles, and test clients that are logged in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from api import app, seeding, wiring
from api.auth import users
from engine import clock, worker
from engine.db import Database
from processes import imports
from tests.conftest import START

PASSWORD = "ein-langes-passwort"
PAGES = (
    "/aufgaben",
    "/akten",
    "/akten?suche=Mara",
    "/mahnlauf",
    "/einspielen",
    "/prozesse",
    "/prozesse/elementvorlagen",
    "/prozesse/fassungen",
    "/prozesse/pruefen",
    "/probelauf",
    "/rechtswerte",
    "/starten",
    "/stoerungen",
    "/uhr",
)
ROWS = (
    "mandant;kassenzeichen;op_nr;forderungsart;bescheid_vom;faellig_am;betrag;schuldner_nr;rechtsform;nachname;vorname;strasse;hausnummer;plz;ort;land",
    "{slug};{ref}1;1;Grundsteuer B;15.01.2026;15.08.2026;248,37;S1;nat;<img src=x onerror=alert(1)>;Mara;Lange Straße;1;32756;Detmold;DE",
    "{slug};{ref}2;1;Hundesteuer;15.01.2026;01.07.2026;120,00;S2;nat;=cmd|' /C calc'!A0;Max;Kurze Straße;2;32756;Detmold;DE",
)


@dataclass
class City:
    """A seeded world: its application, tenants and how to get in."""

    flask: Flask
    database: Database
    seeded: seeding.Seeded
    prefix: str

    def client(self, login: str) -> FlaskClient:
        """Return a client logged in as `<prefix><login>`."""
        client = self.flask.test_client()
        answer = client.post("/anmelden", data={"login": self.prefix + login, "passwort": PASSWORD})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return client

    def token(self, client: FlaskClient) -> str:
        page = client.get("/uhr").get_data(as_text=True)
        return page.split('name="token" value="', 1)[1].split('"', 1)[0]

    def bring_in(self, slug: str, reference: str) -> None:
        """Import two claims for a city."""
        tenant_id = self.seeded.tenants[slug]
        content = "\r\n".join(row.format(slug=slug, ref=reference) for row in ROWS).encode()
        with self.database.begin(tenant_id) as tx:
            received = imports.receive(tx, tenant_id=tenant_id, name="f.csv", content=content, by="test", now=clock.now(tx, tenant_id))
        imports.process(lambda: self.database.begin(tenant_id), received, clock=lambda tx: clock.now(tx, tenant_id), by="test")
        with self.database.begin(tenant_id) as tx:
            assert imports.report(tx, received).accepted == 2, imports.report(tx, received)
        worker.settle(self.database, self.seeded.world_id)


@pytest.fixture(scope="module")
def city(app_url: object) -> Iterator[City]:
    """Detmold and Oerlinghausen with users, models and two claims each; one world per test module."""
    from sqlalchemy import create_engine

    database = Database(create_engine(app_url, pool_size=5), wiring.runtime())  # type: ignore[call-overload]  # a URL from the fixture
    with database.look() as tx:
        prefix = f"w{tx.execute(text('select count(*) from world')).scalar_one()}_"
    seeded = seeding.sandbox(database, f"api {prefix}", clock=START)
    detmold, oerlinghausen = seeded.tenants["detmold"], seeded.tenants["oerlinghausen"]
    with database.look() as tx:
        for login, roles in {
            "anna": {detmold: ("claims_clerk", "treasury", "team_lead")},
            "ben": {detmold: ("claims_clerk",)},
            "lena": {detmold: ("team_lead", "authority_head")},
            "olga": {oerlinghausen: ("claims_clerk", "creditor_clerk", "treasury", "team_lead")},
            "paul": {detmold: ("auditor",)},
            "dora": {detmold: ("designer",)},
        }.items():
            users.create(tx, prefix + login, login.capitalize(), PASSWORD, roles, is_demo=True)
    made = City(app.create_app(database), database, seeded, prefix)
    made.bring_in("detmold", "DE9")
    made.bring_in("oerlinghausen", "OE9")
    yield made
    database.close()
