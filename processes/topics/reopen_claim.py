"""Topic `reopen_claim`: what a claim's process needs to begin again when a payment that had settled it was taken back.

inputs   forderung_id (text)
outputs  im_fall (boolean: an open case bundles the claim and recomputes by itself), and what a `mahnung` knows at its start
         (intake.start_variables): ids, euros and dates as of today
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import money
from processes.casefile import charges, claims, debtors, holds, intake, ledger, tenants

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the state of the claim today; nothing is written."""
    claim = claims.find(tx, UUID(str(job.variables["forderung_id"])))
    today = now.astimezone(BERLIN).date()
    main = claims.debtors_of(tx, claim)[0]
    hold = holds.is_held(tx, claim, claim.debtor_id, today)
    fees_cent = sum(booking.amount_cent for booking in charges.standing(tx, claim, ledger.MAHNGEBUEHR))
    balance = ledger.balance(tx, claim.uuid, today)
    variables = intake.start_variables(
        claim, debtors.by_id(tx, claim.tenant_id, claim.debtor_id),
        slug=tenants.find(tx, claim.tenant_id).slug, profile=tenants.profile(tx, claim.tenant_id),
        hold_reason=hold.reason if hold else None, hold_until=hold.until_on if hold else None,
    )  # fmt: skip
    return {
        **variables,
        **charges.open_sums(balance),
        "mahnung_am": main.dunned_on,
        "mahnfrist_bis": main.dunning_deadline_on,
        "mahngebuehr": money.euro(fees_cent) if main.dunned_on else None,
        "im_fall": bool(claims.open_cases(tx, claim)),
    }


TOPIC = jobs.Topic(
    "reopen_claim",
    ("forderung_id",),
    (
        "mandant", "bundesland", "feiertagskalender", "kassenzeichen", "op_nr", "forderungsart", "hauptforderung", "kosten", "bescheid_vom",
        "bekanntgegeben_am", "faellig_am", "rechtskraft_am", "mahnung_am", "mahnfrist_bis", "mahngebuehr", "mahnsperre_grund",
        "mahnsperre_bis", "schuldner_id", "rechtsform", "bekanntgaberecht", "offener_betrag", "offene_hauptforderung",
        "saeumniszuschlag_betrag", "im_fall",
    ),
    record,
)  # fmt: skip
