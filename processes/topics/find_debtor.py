"""Find the debtor of a claim that comes into enforcement, and who of other cities may be the same person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import cases, debtors, tenants


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the authority's slug and Land, and proposals (schuldner_id, beschriftung: number and reasons, no names). Never decides."""
    debtor = debtors.find(tx, given.uuid(job.variables, "schuldner_id"))
    proposed = debtors.propose_matches(tx, debtor)
    # Only where claims of two cities would meet: the other one has an open case here, and this one has none yet.
    alone = cases.open_case_of(tx, job.tenant_id, debtor) is None
    matches = [match for match in proposed if alone and cases.open_case_of(tx, job.tenant_id, match.debtor) is not None]
    return {
        "mandant": tenants.find(tx, job.tenant_id).slug,
        "bundesland": tenants.profile(tx, job.tenant_id).land,
        "vorschlaege": [
            {
                "schuldner_id": str(match.debtor.uuid),
                "beschriftung": f"{tenants.find(tx, match.debtor.tenant_id).name}, Nr. {match.debtor.number}: {', '.join(match.reasons)}",
            }
            for match in matches
        ],
    }


TOPIC = jobs.Topic(
    name="find_debtor",
    label="Schuldner suchen",
    purpose="Schlägt vor, wer in anderen Städten dieselbe Person sein könnte; entschieden wird in einer Aufgabe.",
    inputs=(parameters.FORDERUNG, parameters.SCHULDNER),
    outputs=(
        parameters.MANDANT,
        parameters.LAND,
        jobs.Parameter(
            "vorschlaege", "Vorschläge", "Liste von Kontexten mit schuldner_id und beschriftung (Stadt, Nummer, Gründe; keine Namen)."
        ),
    ),
    record=record,
)
