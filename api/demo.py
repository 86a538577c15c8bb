"""`vollstreckung demo`: everything on one machine: database, web server, worker, two cities, their claims, logins."""

from __future__ import annotations

import json
import os
import secrets
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.table import Table
from sqlalchemy import text

from api import background, bundles, console, seeding, serving, supervisor, wiring
from api.auth import users
from engine import clock, config, errors, worker
from engine.db import Database
from processes import imports
from processes.casefile import worlds

BERLIN = ZoneInfo("Europe/Berlin")
WORLD = "demo"
STARTS_ON = date(2026, 8, 17)
SAMPLES = Path(__file__).parents[1] / "processes" / "sample_data"
PEOPLE: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "sachbearbeitung": ("Sachbearbeitung Detmold", {"detmold": ("claims_clerk", "treasury")}),
    "zweite_person": ("Zweite Person Detmold", {"detmold": ("claims_clerk", "team_lead")}),
    "aussendienst": ("Vollziehungsdienst Detmold", {"detmold": ("field_officer",)}),
    "leitung": ("Leitung Detmold", {"detmold": ("authority_head", "team_lead")}),
    "kasse": ("Zahlungsabwicklung Detmold", {"detmold": ("treasury",)}),
    "gestaltung": ("Prozessgestaltung Detmold", {"detmold": ("designer",)}),
    "pruefung": ("Rechnungsprüfung Detmold", {"detmold": ("auditor",)}),
    "oerlinghausen": ("Sachbearbeitung Oerlinghausen", {"oerlinghausen": ("claims_clerk", "creditor_clerk", "treasury")}),
}


def run(*, seed_only: bool, until: date | None, as_json: bool) -> int:
    """Set up what is missing, then serve until Ctrl-C. With `until`, only move the clock; with `seed_only`, only set up."""
    settings = config.load()
    if not seed_only and until is None:
        serving.refuse_taken_port(settings.port)
    bundles.ensure()
    console.err.print("Datenbank starten ...")
    database = wiring.open_database(settings)
    try:
        serving.refuse_demo_in_production(database)
        logins = seed(database, settings.data_dir)
        world_id = _world_id(database)
        if until is not None:
            report = worker.run_until(database, world_id, evening_of(database, world_id, until))
            _tell_clock(report, until, as_json=as_json)
            return 0
        address = f"http://127.0.0.1:{settings.port}"
        if seed_only:
            _tell(address, logins, settings.data_dir, as_json=as_json, running=False)
            return 0
        programs = [
            supervisor.Program("Webserver", ["-m", "api.cli", "serve", "--port", str(settings.port)], {}),
            supervisor.Program("Worker", ["-m", "api.cli", "work"], {}),
        ]
        return supervisor.run(programs, on_ready=lambda: _ready(address, logins, settings.data_dir, as_json=as_json))
    finally:
        database.close()


def seed(database: Database, data_dir: Path) -> dict[str, str]:
    """Create the demo world once: cities, agreement, users, models, claims. Return login -> password."""
    store = data_dir / "demo_logins.json"
    with database.look() as tx:
        world = worlds.by_name(tx, WORLD)
    if world is None:
        with console.progress() as progress:
            bar = progress.add_task("Städte, Vereinbarung und Modelle", total=None)
            seeded = seeding.sandbox(database, WORLD, clock=datetime.combine(STARTS_ON, time(8), BERLIN))
            progress.update(bar, total=1, completed=1)
    else:
        with database.look() as tx:
            rows = tx.execute(text("select slug, id from tenant where world_id = :w"), {"w": world.id}).all()
        seeded = seeding.Seeded(world.id, {row.slug: row.id for row in rows})
    logins = people(database, seeded, store)
    _claims(database, seeded)
    return logins


def people(database: Database, seeded: seeding.Seeded, store: Path) -> dict[str, str]:
    """Return the demo's logins with their passwords, made once and kept in `store` for its owner only."""
    if store.exists():
        known: dict[str, str] = json.loads(store.read_text(encoding="utf-8"))
        return known
    logins = {login: secrets.token_urlsafe(12) for login in PEOPLE}
    store.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(store, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(logins, file, indent=2)
    with database.look() as tx:
        for login, (name, roles) in PEOPLE.items():
            exists = tx.execute(text("select 1 from user_account where login = :l"), {"l": login}).first()
            if exists:
                users.set_password(tx, login, logins[login])
            else:
                users.create(tx, login, name, logins[login], {seeded.tenants[slug]: given for slug, given in roles.items()}, is_demo=True)
    return logins


def _claims(database: Database, seeded: seeding.Seeded) -> None:
    for slug, tenant_id in seeded.tenants.items():
        content = (SAMPLES / f"forderungen_{slug}.csv").read_bytes()
        joint = (SAMPLES / f"forderungen_{slug}_gesamtschuldner.csv").read_bytes()
        with database.begin(tenant_id) as tx:
            received = imports.receive(
                tx, tenant_id=tenant_id, name=f"forderungen_{slug}.csv", content=content, by="demo", now=clock.now(tx, tenant_id),
                joint_name=f"forderungen_{slug}_gesamtschuldner.csv", joint_content=joint,
            )  # fmt: skip
        if received.is_repeat and (received.joint is None or received.joint.is_repeat):
            continue
        with console.progress() as progress:
            bar = progress.add_task(f"Forderungen {slug}", total=received.lines)
            imports.process(
                lambda tenant_id=tenant_id: database.begin(tenant_id), received, clock=lambda tx, tenant_id=tenant_id: clock.now(tx, tenant_id),  # type: ignore[misc]
                by="demo", progress=lambda done, total, bar=bar: progress.update(bar, completed=done),  # type: ignore[misc]
            )  # fmt: skip
            progress.update(bar, completed=received.lines)
    worker.settle(database, seeded.world_id)
    background.rooms(database)


def _world_id(database: Database) -> int:
    with database.look() as tx:
        world = worlds.by_name(tx, WORLD)
    if world is None:
        raise RuntimeError("the demo world was not created")
    return world.id


def evening_of(database: Database, world_id: int, until: date) -> datetime:
    """Return the evening of a day. Raises errors.InvalidInput where the sandbox's clock has passed it."""
    evening = datetime.combine(until, time(18), BERLIN)
    with database.look() as tx:
        now = tx.execute(text("select virtual_now from world where id = :w"), {"w": world_id}).scalar_one()
    if now is not None and evening < now:
        raise errors.InvalidInput(
            f"Die Uhr der Sandbox steht schon auf dem {now.astimezone(BERLIN):%d.%m.%Y, %H:%M} Uhr und geht nur vorwärts."
        )
    return evening


def _ready(address: str, logins: dict[str, str], data_dir: Path, *, as_json: bool) -> None:
    if not serving.answers(address):
        console.err.print(
            f"Der Webserver antwortet noch nicht unter {address}. Auf einem langsamen oder belasteten Rechner bitte noch etwas warten; "
            "kommt er gar nicht, stehen seine Meldungen oben."
        )
    _tell(address, logins, data_dir, as_json=as_json)


def _tell(address: str, logins: dict[str, str], data_dir: Path, *, as_json: bool, running: bool = True) -> None:
    if as_json:
        console.emit_json({"address": address, "logins": logins, "data_dir": str(data_dir)})
        return
    table = Table(title=f"vollstreckung läuft: {address}" if running else "Die Sandbox ist eingerichtet")
    table.add_column("Benutzer")
    table.add_column("Passwort")
    table.add_column("Rolle")
    for login, password in logins.items():
        table.add_row(login, password, PEOPLE[login][0])
    console.out.print(table)
    console.out.print(
        "Sandbox mit erfundenen Personen; die Uhr steht anfangs auf dem 17.08.2026. "
        + ("Beenden mit Strg-C." if running else f"„vollstreckung demo“ startet sie unter {address}.")
    )


def _tell_clock(report: worker.Report, until: date, *, as_json: bool) -> None:
    answer = {"until": until, "timers": report.timers, "jobs": report.jobs, "messages": report.messages, "incidents": len(report.incidents)}
    if as_json:
        console.emit_json(answer)
    else:
        console.out.print(
            f"Die Uhr steht auf dem {until:%d.%m.%Y}: {report.timers} Fristen, {report.jobs} Aufträge, {report.messages} Nachrichten, "
            f"{len(report.incidents)} Störungen."
        )
