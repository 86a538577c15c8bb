"""`vollstreckung admin`: tenants with their profile, users with their roles, agreements between cities."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path

import yaml

from api import cities, console, deploying, model_files, wiring
from api.auth import users
from engine import clock, db, errors
from engine.db import Database
from processes.casefile import agreements, tenants, worlds

BY = "befehlszeile"
MAX_PROFILE_BYTES = 64 * 1024
WORDS = {
    "official_name": "Name im Briefkopf", "office": "Dienststelle", "street": "Straße und Hausnummer", "postcode": "Postleitzahl", "town": "Ort",
    "phone": "Telefon", "email": "E-Mail", "website": "Internet", "account_holder": "Kontoinhaber", "iban": "IBAN", "bic": "BIC",
    "bank": "Bank", "land": "Land, z. B. NW", "holiday_calendar": "Feiertagskalender am Ort der Kasse, z. B. NW",
    "creditor_id": "Gläubiger-Identifikationsnummer",
}  # fmt: skip


def profile_template() -> str:
    """Return a YAML file to fill in, one commented line per entry of the profile."""
    return "".join(f'{field.name}: ""  # {WORDS[field.name]}\n' for field in fields(tenants.Profile))


def read_profile(path: Path) -> tenants.Profile:
    """Return the profile of a YAML file. Raises errors.InvalidInput naming every missing, empty and unknown entry at once."""
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise console.unreadable(path, fault) from fault
    if len(content) > MAX_PROFILE_BYTES:
        raise errors.InvalidInput(f"„{path}“ ist für Stammdaten zu groß. Bitte die Vorlage verwenden (--print-profile).")
    try:
        entries = yaml.safe_load(content.decode("utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as fault:
        raise errors.InvalidInput(f"„{path}“ ist kein lesbares YAML: {fault}") from fault
    if not isinstance(entries, dict):
        raise errors.InvalidInput(f"„{path}“ enthält keine Stammdaten. Bitte die Vorlage verwenden (--print-profile).")
    known = {field.name for field in fields(tenants.Profile)}
    faults = {str(name): "Diesen Eintrag gibt es nicht." for name in entries if name not in known}
    faults |= {name: f"Bitte angeben: {WORDS[name]}." for name in known if not str(entries.get(name) or "").strip()}
    if faults:
        raise errors.InvalidInput(f"Die Stammdaten in „{path}“ sind nicht vollständig.", dict(sorted(faults.items())))
    return tenants.Profile(**{name: str(entries[name]).strip() for name in known})


def create_tenant(slug: str, profile: tenants.Profile, *, world: str, as_json: bool) -> None:
    """Create a production tenant; a new world is created with it and gets the models that the program ships.

    All or nothing. Raises errors.InvalidState for a sandbox world, errors.Conflict for a taken slug.
    """
    database = wiring.open_database()
    try:
        with database.look() as tx:
            found = worlds.by_name(tx, world)
            if found is not None and found.kind != worlds.PRODUCTION:
                raise errors.InvalidState(f"„{world}“ ist eine Sandbox. Bitte mit --world eine eigene Welt für den Betrieb nennen.")
            is_new = found is None
            if users.demo_users_exist(tx):
                raise errors.InvalidState(
                    "In dieser Datenbank gibt es Benutzer einer Demo. Bitte für den Betrieb eine eigene Datenbank nehmen."
                )
            made_in = found or worlds.create(tx, world, kind=worlds.PRODUCTION)
            tenant = tenants.create(tx, made_in.id, slug, profile.official_name)
            db.become(tx, tenant.id)
            tenants.set_profile(tx, tenant.id, profile)
            if is_new:
                now = clock.now(tx, tenant.id)
                deploying.deploy(tx, model_files.own(), name="Auslieferung", source="vollstreckung", tenant_id=tenant.id, by=BY, now=now)
    finally:
        database.close()
    if as_json:
        console.emit_json({"tenant": slug, "world": world, "new_world": is_new})
        return
    console.out.print(f"Mandant „{slug}“ ({profile.official_name}) in der Welt „{world}“ angelegt.", highlight=False)
    if is_new:
        console.out.print("Die mitgelieferten Modelle sind bereitgestellt.", highlight=False)


def create_user(login: str, name: str, *, roles: Sequence[str], tenant: str, password: str | None, as_json: bool) -> None:
    """Create a user with roles at a tenant; without a password one is drawn and told once."""
    drawn = password is None
    password = password if password is not None else secrets.token_urlsafe(15)
    database = wiring.open_database()
    try:
        with database.look() as tx:
            found = cities.named(tx, tenant)
            users.create(tx, login, name, password, {found.id: tuple(roles)})
    finally:
        database.close()
    _tell_password(login, password if drawn else None, as_json=as_json, done="angelegt")


def set_password(login: str, *, password: str | None, as_json: bool) -> None:
    """Give a user a new password, and end the user's sessions; without a password one is drawn and told once."""
    drawn = password is None
    password = password if password is not None else secrets.token_urlsafe(15)
    database = wiring.open_database()
    try:
        with database.look() as tx:
            users.set_password(tx, login, password)
            users.end_sessions(tx, login)
    finally:
        database.close()
    _tell_password(login, password if drawn else None, as_json=as_json, done="hat ein neues Passwort")


def deactivate_user(login: str, *, as_json: bool) -> None:
    """End a user's access at once; what the user did stays in history under the login."""
    database = wiring.open_database()
    try:
        with database.look() as tx:
            users.deactivate(tx, login)
    finally:
        database.close()
    if as_json:
        console.emit_json({"login": login, "active": False})
    else:
        console.out.print(f"„{login}“ kann sich nicht mehr anmelden; laufende Sitzungen sind beendet.", highlight=False)


def conclude_agreement(
    *, creditor: str, enforcing: str, mode: str, kinds: Sequence[str], valid_from: date, valid_to: date | None, concluded_on: date,
    as_json: bool,
) -> None:  # fmt: skip
    """Let one city enforce for another of the same world. Raises errors.InvalidInput, errors.Conflict."""
    database = wiring.open_database()
    try:
        owner, authority = _pair(database, creditor, enforcing)
        with database.begin(owner.id) as tx:
            made = agreements.conclude(
                tx, creditor_tenant_id=owner.id, enforcing_tenant_id=authority.id, mode=mode, kinds=tuple(kinds), valid_from=valid_from,
                valid_to=valid_to, concluded_on=concluded_on,
            )  # fmt: skip
    finally:
        database.close()
    if as_json:
        console.emit_json({**asdict(made), "claim_kinds": list(made.claim_kinds)})
        return
    until = f" bis {valid_to:%d.%m.%Y}" if valid_to else ""
    console.out.print(f"„{enforcing}“ vollstreckt für „{creditor}“ ab {valid_from:%d.%m.%Y}{until} ({mode}).", highlight=False)


def _pair(database: Database, creditor: str, enforcing: str) -> tuple[tenants.Tenant, tenants.Tenant]:
    with database.look() as tx:
        owner, authority = cities.named(tx, creditor), cities.named(tx, enforcing)
    if owner.world_id != authority.world_id:
        raise errors.InvalidInput(f"„{creditor}“ und „{enforcing}“ leben in verschiedenen Welten und können nicht zusammenarbeiten.")
    return owner, authority


def _tell_password(login: str, password: str | None, *, as_json: bool, done: str) -> None:
    if as_json:
        console.emit_json({"login": login, "password": password})
        return
    console.out.print(f"„{login}“ {done}.", highlight=False)
    if password is not None:
        console.out.print(f"Passwort (wird nicht noch einmal gezeigt): {password}", markup=False, highlight=False)
