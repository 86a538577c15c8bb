"""Topic `read_claim`: what is open of a claim now, and whether it rests; for gateways before an act."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import errors, jobs
from engine.protocol import Variables
from processes import given, money, parameters
from processes.casefile import charges, claims, debtors, holds, ledger, tenants

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the state of the claim today; nothing is written."""
    claim = claims.find(tx, given.uuid(job.variables, "forderung_id"))
    is_asked = given.optional_text(job.variables, "schuldner_id") is not None
    debtor_id = debtors.find(tx, given.uuid(job.variables, "schuldner_id")).id if is_asked else claim.debtor_id
    answering = claims.debtors_of(tx, claim)
    if debtor_id not in {one.debtor_id for one in answering}:
        raise errors.Incident(f"Der Schuldner haftet nicht für die Forderung {claim.text_key}.", job.element_id)
    today = now.astimezone(BERLIN).date()
    balance, hold = ledger.balance(tx, claim.uuid, today), holds.is_held(tx, claim, debtor_id, today)
    return {
        **charges.open_sums(balance),
        "mahngebuehr_betrag": money.euro(balance.open_cent.get(ledger.MAHNGEBUEHR, 0)),
        "kosten_betrag": money.euro(balance.open_cent.get(ledger.KOSTEN, 0)),
        "bezahlt": balance.total_cent <= 0,
        "gesperrt": hold is not None,
        "sperre_grund": hold.reason if hold else None,
        "sperre_bis": hold.until_on if hold else None,
        "schuldner_ids": [str(one.debtor_uuid) for one in answering],
        "vollstreckungsbehoerde": tenants.find(tx, claim.enforcing_tenant_id).slug,
    }


TOPIC = jobs.Topic(
    name="read_claim",
    label="Forderungsstand lesen",
    purpose="Liest, was von einer Forderung heute offen ist und ob sie ruht, für Gateways vor einer Handlung.",
    inputs=(
        parameters.FORDERUNG,
        jobs.Parameter(
            "schuldner_id", "Schuldner", "Kennung des Schuldners, dessen Sperre zählt; leer: der erste der Forderung.", is_optional=True
        ),
    ),
    outputs=(
        parameters.OFFENER_BETRAG,
        parameters.OFFENE_HAUPTFORDERUNG,
        parameters.SAEUMNISZUSCHLAG,
        jobs.Parameter("mahngebuehr_betrag", "Mahngebühr", "Offene Mahngebühr in Euro."),
        jobs.Parameter("kosten_betrag", "Kosten", "Offene Kosten in Euro."),
        jobs.Parameter("bezahlt", "Bezahlt", "true, wenn nichts mehr offen ist."),
        jobs.Parameter("gesperrt", "Gesperrt", "true, wenn die Forderung ruht."),
        jobs.Parameter("sperre_grund", "Grund der Sperre", "Weshalb sie ruht; null, wenn sie nicht ruht."),
        jobs.Parameter("sperre_bis", "Sperre bis", "Letzter Tag der Sperre; null, wenn sie kein Ende hat."),
        replace(parameters.SCHULDNER_IDS, hint="Liste der Kennungen aller, die haften, der erste der Forderung voran."),
        parameters.BEHOERDE,
    ),
    record=record,
)
