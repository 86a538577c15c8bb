"""Topic `read_claim`: what is open of a claim now, and whether it rests; for gateways before an act.

inputs   forderung_id (text); optional: schuldner_id (text): its hold instead of the main debtor's
outputs  offener_betrag, offene_hauptforderung, saeumniszuschlag_betrag, mahngebuehr_betrag, kosten_betrag (euros, today), bezahlt (boolean),
         gesperrt (boolean), sperre_grund, sperre_bis, schuldner_ids (texts, the main debtor first), vollstreckungsbehoerde (slug)
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import errors, jobs
from engine.protocol import Variables
from processes import money
from processes.casefile import charges, claims, debtors, holds, ledger, tenants

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the state of the claim today; nothing is written."""
    claim = claims.find(tx, UUID(str(job.variables["forderung_id"])))
    wanted = job.variables.get("schuldner_id")
    debtor_id = debtors.find(tx, UUID(str(wanted))).id if wanted else claim.debtor_id
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
    "read_claim",
    ("forderung_id",),
    (
        "offener_betrag", "offene_hauptforderung", "saeumniszuschlag_betrag", "mahngebuehr_betrag", "kosten_betrag", "bezahlt", "gesperrt",
        "sperre_grund", "sperre_bis", "schuldner_ids", "vollstreckungsbehoerde",
    ),
    record,
)  # fmt: skip
