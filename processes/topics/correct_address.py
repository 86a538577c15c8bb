"""Topic `correct_address`: store the address a person found for a debtor; the history only ever sees the notes' ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import errors, jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import debtors, notes

BERLIN = ZoneInfo("Europe/Berlin")
NOTE = "notiz:"


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Replace street, number, postcode and town of the debtor; name and country stay."""
    debtor = debtors.find(tx, given.uuid(job.variables, "schuldner_id"))
    street, postcode, town = (_kept_text(tx, job, name) for name in ("strasse", "plz", "ort"))
    if street is None or postcode is None or town is None:
        raise errors.Incident("Zur neuen Anschrift fehlen Straße, Postleitzahl oder Ort. Bitte die Aufgabe prüfen.", job.element_id)
    person = replace(debtor.person, street=street, house_number=_kept_text(tx, job, "hausnummer"), postcode=postcode, town=town)
    debtors.update_address(tx, debtor, person, now=now)
    return {"anschrift_seit": now.astimezone(BERLIN).date()}


def _kept_text(tx: Connection, job: jobs.Job, name: str) -> str | None:
    variables: Mapping[str, object] = job.variables
    value = given.optional_text(variables, name)
    if value is None or not value.startswith(NOTE):
        return value
    return notes.find(tx, job.tenant_id, UUID(value.removeprefix(NOTE))).body.strip()


TOPIC = jobs.Topic(
    name="correct_address",
    label="Anschrift berichtigen",
    purpose="Speichert die Anschrift, die jemand zu einem Schuldner gefunden hat; Name und Land bleiben.",
    inputs=(
        parameters.SCHULDNER,
        jobs.Parameter("strasse", "Straße", "Straße, wie das Formular sie abgelegt hat (Verweis auf eine Notiz oder Text)."),
        jobs.Parameter("hausnummer", "Hausnummer", "Hausnummer; darf fehlen.", is_optional=True),
        jobs.Parameter("plz", "Postleitzahl", "Postleitzahl, wie das Formular sie abgelegt hat."),
        jobs.Parameter("ort", "Ort", "Ort, wie das Formular ihn abgelegt hat."),
    ),
    outputs=(jobs.Parameter("anschrift_seit", "Anschrift seit", "Tag, ab dem die neue Anschrift gilt."),),
    record=record,
)
