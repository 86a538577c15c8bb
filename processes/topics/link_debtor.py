"""Record that a person confirmed two debtors to be the same; reversible."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import debtors


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Store the link; no variables."""
    first = debtors.find(tx, given.uuid(job.variables, "schuldner_id"))
    second = debtors.find(tx, given.uuid(job.variables, "zuordnung"))
    reasons = next((match.reasons for match in debtors.propose_matches(tx, first) if match.debtor.key == second.key), ())
    debtors.link(
        tx,
        authority_tenant_id=job.tenant_id,
        first=first,
        second=second,
        reasons=reasons,
        by=given.text(job.variables, "bearbeiter"),
        now=now,
    )
    return {}


TOPIC = jobs.Topic(
    name="link_debtor",
    label="Schuldner zuordnen",
    purpose="Hält fest, dass eine Person zwei Schuldner als dieselben bestätigt hat; es lässt sich zurücknehmen.",
    inputs=(
        parameters.SCHULDNER,
        jobs.Parameter("zuordnung", "Derselbe wie", "Kennung des anderen Schuldners, aus den Vorschlägen von „Schuldner suchen“ gewählt."),
        parameters.BEARBEITER,
    ),
    outputs=(),
    record=record,
)
