"""What the program's words are called on screen: people, roles, processes, keys. Looked up once per request."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app, g

from api.auth import users
from engine import deployments
from engine.db import Database
from processes.casefile import words

GROUPS = {
    "claims_clerk": "Sachbearbeitung", "field_officer": "Vollziehungsdienst", "team_lead": "Teamleitung",
    "authority_head": "Leitung der Vollstreckungsbehörde", "treasury": "Zahlungsabwicklung", "creditor_clerk": "Gläubigerstelle",
    "auditor": "Rechnungsprüfung", "designer": "Prozessgestaltung", "admin": "Administration",
}  # fmt: skip
AUTOMATIC = "automatisch"
BY_ITSELF = {"timer": "Frist", "nachricht": "Nachricht", "signal": "Signal"}


def register(app: Flask) -> None:
    """Offer the names to the templates."""
    app.jinja_env.filters.update(
        wer=person, wer_genau=person_and_login, gruppe=group, gruppen=groups, prozess=process, schluessel=key_text, wort=words.spelled,
        anzahl=count,
    )  # fmt: skip


def person(login: str | None) -> str:
    """Return the name of a user; whatever is no user did it by itself (a topic, a deadline, a message)."""
    if "names_of_people" not in g:
        with _database().look() as tx:
            g.names_of_people = users.names(tx)
    return cast(dict[str, str], g.names_of_people).get(login or "", AUTOMATIC)


def person_and_login(login: str) -> str:
    """Return the name with the login, as an auditor needs it; for what went by itself its cause."""
    name = person(login)
    return f"{name} ({login})" if name != AUTOMATIC else BY_ITSELF.get(login, AUTOMATIC)


def group(name: str) -> str:
    """Return the German name of a role."""
    return GROUPS.get(name, name)


def groups(names: tuple[str, ...]) -> str:
    """Return the German names of several roles."""
    return ", ".join(group(name) for name in names)


def process(key: str | None) -> str:
    """Return the name that the diagram gives a process."""
    if not key or g.get("session") is None:
        return key or "–"
    if "names_of_processes" not in g:
        with _database().begin(g.session.tenant_id) as tx:
            g.names_of_processes = deployments.process_names(tx, g.session.tenant_id)
    return cast(dict[str, str], g.names_of_processes).get(key, key)


def key_text(business_key: str | None) -> str:
    """Return a business key as people say it: Kassenzeichen/Posten without slug and inner ids, or the case number."""
    if not business_key:
        return "–"
    parts = business_key.split("/")
    return "/".join(parts[1:3]) if len(parts) >= 3 else business_key


def count(number: int, one: str, many: str) -> str:
    """Return a number with its noun: "1 Frist", "2 Fristen"."""
    return f"{number} {one if number == 1 else many}"


def _database() -> Database:
    return cast(Database, current_app.config["DATABASE"])
