"""Read the claims of a case as of today: amounts, and the facts that enforceability depends on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import bundles

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return `forderungen_aktuell` (see bundles.facts) and `summe_offen`; `forderung_ids` given: only those claims."""
    variables = job.variables
    only = set(given.uuids(variables, "forderung_ids")) if variables.get("forderung_ids") is not None else None
    found = bundles.facts(
        tx,
        tenant_id=job.tenant_id,
        case_number=given.text(variables, "fallnummer"),
        calendar=given.text(variables, "bundesland"),
        on=now.astimezone(BERLIN).date(),
        only=only,
    )
    amounts = [amount for claim in found if isinstance(amount := claim["offener_betrag"], Decimal)]
    return {"forderungen_aktuell": found, "summe_offen": sum(amounts, Decimal(0))}


TOPIC = jobs.Topic(
    name="read_case_claims",
    label="Forderungen des Falls lesen",
    purpose="Liest die Forderungen eines Falls mit den Beträgen von heute und allem, wovon die Vollstreckbarkeit abhängt.",
    inputs=(
        parameters.FALLNUMMER,
        parameters.BUNDESLAND,
        jobs.Parameter("forderung_ids", "Nur diese Forderungen", "Liste von Kennungen; leer: alle des Falls.", is_optional=True),
    ),
    outputs=(
        jobs.Parameter("forderungen_aktuell", "Forderungen", "Liste von Kontexten, einer je Forderung, die früheste Fälligkeit zuerst."),
        jobs.Parameter("summe_offen", "Summe", "Was im Fall offen ist, in Euro."),
    ),
    record=record,
)
