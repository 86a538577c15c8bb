"""Given: two cities with profiles, an agreement and a small `mahnung` that waits; claims that come in as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, text

from engine import clock, deployments
from engine.db import Database
from engine.runtime import Runtime
from processes import imports
from processes.casefile import agreements, claims, tenants
from tests.conftest import START, World
from tests.engine.spiff import bpmn

CLERK = "sachbearbeitung"
MAHNUNG = (
    bpmn.node("startEvent", "forderung_uebernommen") + bpmn.user("warten") + bpmn.node("endEvent", "ende")
    + bpmn.chain("forderung_uebernommen", "warten", "ende")
)  # fmt: skip
LINE = {
    "op_nr": "1", "forderungsart": "Grundsteuer B", "bescheid_vom": "15.01.2026", "faellig_am": "15.08.2026", "rechtsform": "nat",
    "nachname": "Muster", "vorname": "Mara", "geburtsdatum": "01.02.1980", "strasse": "Lange Straße", "hausnummer": "1", "plz": "32756",
    "ort": "Detmold", "land": "DE",
}  # fmt: skip


def settle_in(database: Database, world: World, *, process: str = MAHNUNG) -> None:
    """Give both cities their profile and agreement, and deploy a `mahnung`."""
    for tenant_id, slug in ((world.detmold, "detmold"), (world.oerlinghausen, "oerlinghausen")):
        with database.begin(tenant_id) as tx:
            tenants.set_profile(tx, tenant_id, tenants.SAMPLES[slug][1])
    with database.begin(world.oerlinghausen) as tx:
        agreements.conclude(
            tx, creditor_tenant_id=world.oerlinghausen, enforcing_tenant_id=world.detmold, mode="delegierend", kinds=(),
            valid_from=date(2017, 4, 1), concluded_on=date(2017, 3, 1),
        )  # fmt: skip
    with database.begin(world.detmold) as tx:
        files = {"mahnung.bpmn": bpmn.file(bpmn.process(process, key="mahnung"))}
        deployments.deploy(tx, files, world_id=world.id, name="Test", by="test", now=START, readers={})


def second_database(app_url: object) -> Database:
    """Return another pool on the same database, as another process of the program would have."""
    from sqlalchemy import create_engine

    return Database(create_engine(app_url, pool_size=2), Runtime())  # type: ignore[arg-type]  # a URL from the fixture


def csv(slug: str, rows: Sequence[Mapping[str, str]]) -> bytes:
    """Return a claims file: each row over the defaults of LINE."""
    full = [{"mandant": slug, **LINE, **row} for row in rows]
    columns = sorted({column for row in full for column in row})
    lines = [";".join(columns), *(";".join(row.get(column, "") for column in columns) for row in full)]
    return "\r\n".join(lines).encode()


def bring_in(
    database: Database, tenant_id: int, content: bytes, *, joint: bytes | None = None, size: int = imports.CHUNK_LINES
) -> imports.Report:
    """Import a claims file to the end and return its report."""
    with database.begin(tenant_id) as tx:
        received = imports.receive(
            tx, tenant_id=tenant_id, name="forderungen.csv", content=content, joint_content=joint, by=CLERK, now=clock.now(tx, tenant_id)
        )
    imports.process(lambda: database.begin(tenant_id), received, clock=lambda tx: clock.now(tx, tenant_id), by=CLERK, size=size)
    with database.begin(tenant_id) as tx:
        return imports.report(tx, received)


def take_claims(database: Database, tenant_id: int, slug: str, *rows: Mapping[str, str]) -> list[claims.Claim]:
    """Import the rows and return their claims in the same order."""
    report = bring_in(database, tenant_id, csv(slug, rows))
    assert report.accepted == len(rows), report.rejected_lines
    with database.begin(tenant_id) as tx:
        found = [claims.by_key(tx, tenant_id, row["kassenzeichen"], row.get("op_nr", "1")) for row in rows]
    return [claim for claim in found if claim is not None]


def open_case(tx: Connection, enforcing_tenant_id: int, number: str, *found: claims.Claim) -> None:
    """Bundle claims in a case as the `uebernahme` process does."""
    first = found[0]
    tx.execute(
        text(
            "insert into enforcement_case (tenant_id, number, debtor_tenant_id, debtor_id, opened_at)"
            " values (:t, :n, :dt, :d, now())"
        ),
        {"t": enforcing_tenant_id, "n": number, "dt": first.tenant_id, "d": first.debtor_id},
    )  # fmt: skip
    for claim in found:
        tx.execute(
            text(
                "insert into case_claim (tenant_id, claim_id, debtor_id, enforcing_tenant_id, case_number, joined_at)"
                " values (:t, :c, :d, :e, :n, now())"
            ),
            {"t": claim.tenant_id, "c": claim.id, "d": claim.debtor_id, "e": enforcing_tenant_id, "n": number},
        )


def outbox(tx: Connection, sender_tenant_id: int) -> list[tuple[str, str, dict[str, object]]]:
    """Return (name, key, variables) of the messages that the sender's tenant can see, in order."""
    rows = tx.execute(text("select name, key, variables from outbox where sender_tenant_id = :s order by id"), {"s": sender_tenant_id})
    return [(row.name, row.key, row.variables) for row in rows]
