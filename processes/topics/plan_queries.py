"""Record what the own papers say and the queries that go out; each comes back as one task."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import desk

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return `abfragen_geplant`: one context per query (abfrage_id, art, rechtsgrundlage, frist_am). Law: § 5 VwVG NRW, § 249 AO."""
    variables, by = job.variables, given.text(job.variables, "bearbeiter")
    case_number = given.text(variables, "fallnummer")
    desk.know(
        tx, tenant_id=job.tenant_id, case_number=case_number, found=given.texts(variables, "bekannt"),
        note=given.optional_text(variables, "bekannt_notiz"), now=now,
    )  # fmt: skip
    default = now.astimezone(BERLIN).date() + timedelta(days=given.number(variables, "frist_tage"))
    asked = [
        desk.ask(
            tx, tenant_id=job.tenant_id, case_number=case_number, kind=given.text(wanted, "art"),
            legal_basis=given.text(wanted, "rechtsgrundlage"), reason=given.optional_text(wanted, "begruendung"),
            due_on=given.optional_day(wanted, "frist_am") or default, by=by, now=now,
        )
        for wanted in given.contexts(variables, "abfragen")
    ]  # fmt: skip
    return {
        "abfragen_geplant": [
            {"abfrage_id": str(query.uuid), "art": query.kind, "rechtsgrundlage": query.legal_basis, "frist_am": query.due_on}
            for query in asked
        ]
    }


TOPIC = jobs.Topic(
    name="plan_queries",
    label="Abfragen festhalten",
    purpose="Hält fest, was aus eigenen Unterlagen bekannt ist, und legt je Abfrage einen Eintrag mit Frist an.",
    inputs=(
        parameters.FALLNUMMER,
        jobs.Parameter("bekannt", "Bekannt", "Liste der bekannten Arten: konto, lohn, miete, steuererstattung, versicherung, sonstige."),
        jobs.Parameter("bekannt_notiz", "Notiz dazu", "Notiz aus dem Formular; darf null sein."),
        jobs.Parameter("abfragen", "Abfragen", "Liste von Kontexten mit art, rechtsgrundlage, begruendung und frist_am; leer: keine."),
        jobs.Parameter("frist_tage", "Frist in Tagen", "Gilt für Abfragen ohne eigenes Datum, ganze Zahl."),
        parameters.BEARBEITER,
    ),
    outputs=(
        jobs.Parameter("abfragen_geplant", "Geplante Abfragen", "Liste von Kontexten mit abfrage_id, art, rechtsgrundlage und frist_am."),
    ),
    record=record,
)
