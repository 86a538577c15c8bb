"""Topic `read_claim`: what is open of a claim now, and whether it rests; for gateways before an act.

inputs   forderung_id (text); optional: schuldner_id (text): its hold and deadlines instead of the main debtor's
outputs  offener_betrag, offene_hauptforderung, saeumniszuschlag_betrag, mahngebuehr_betrag, kosten_betrag (euros, today), bezahlt (boolean),
         gesperrt (boolean), sperre_grund, sperre_bis, bekanntgegeben_am, gemahnt_am, mahnfrist_bis, vollstreckbar_ab (dates or null)
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import errors, jobs
from engine.protocol import Variables
from processes import money
from processes.casefile import charges, claims, debtors, holds, ledger

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the state of the claim today; nothing is written."""
    claim = claims.find(tx, UUID(str(job.variables["forderung_id"])))
    wanted = job.variables.get("schuldner_id")
    debtor_id = debtors.find(tx, UUID(str(wanted))).id if wanted else claim.debtor_id
    link = next((one for one in claims.debtors_of(tx, claim) if one.debtor_id == debtor_id), None)
    if link is None:
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
        "bekanntgegeben_am": link.notified_on,
        "gemahnt_am": link.dunned_on,
        "mahnfrist_bis": link.dunning_deadline_on,
        "vollstreckbar_ab": link.enforceable_from,
    }


TOPIC = jobs.Topic(
    "read_claim",
    ("forderung_id",),
    (
        "offener_betrag", "offene_hauptforderung", "saeumniszuschlag_betrag", "mahngebuehr_betrag", "kosten_betrag", "bezahlt", "gesperrt",
        "sperre_grund", "sperre_bis", "bekanntgegeben_am", "gemahnt_am", "mahnfrist_bis", "vollstreckbar_ab",
    ),
    record,
)  # fmt: skip
