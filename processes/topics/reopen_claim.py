"""Topic `reopen_claim`: what a claim's process needs to begin again when a payment that had settled it was taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, money, parameters
from processes.casefile import charges, claims, debtors, holds, intake, ledger, tenants

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Return the state of the claim today; nothing is written."""
    claim = claims.find(tx, given.uuid(job.variables, "forderung_id"))
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
    name="reopen_claim",
    label="Forderung wieder aufnehmen",
    purpose="Liest, womit der Vorgang einer Forderung neu beginnt, wenn die Zahlung, die sie erledigt hatte, storniert wurde.",
    inputs=(parameters.FORDERUNG,),
    outputs=(
        parameters.MANDANT,
        parameters.LAND,
        jobs.Parameter("feiertagskalender", "Feiertagskalender", "Kalender, nach dem Fristen gerechnet werden."),
        jobs.Parameter("kassenzeichen", "Kassenzeichen", "Kassenzeichen der Forderung."),
        jobs.Parameter("op_nr", "Nummer des Postens", "Nummer des offenen Postens unter dem Kassenzeichen."),
        jobs.Parameter("forderungsart", "Forderungsart", "Kürzel der Art, z. B. grundsteuer_b."),
        jobs.Parameter("hauptforderung", "Hauptforderung", "Ursprüngliche Hauptforderung in Euro."),
        jobs.Parameter("kosten", "Kosten", "Ursprüngliche Kosten in Euro."),
        jobs.Parameter("bescheid_vom", "Bescheid vom", "Tag des Bescheids; darf null sein."),
        jobs.Parameter("bekanntgegeben_am", "Bekanntgegeben am", "Tag der Bekanntgabe; darf null sein."),
        jobs.Parameter("faellig_am", "Fällig am", "Tag der Fälligkeit."),
        jobs.Parameter("rechtskraft_am", "Rechtskräftig am", "Tag der Rechtskraft; darf null sein."),
        jobs.Parameter("mahnung_am", "Gemahnt am", "Tag der Mahnung; null, wenn noch nicht gemahnt."),
        jobs.Parameter("mahnfrist_bis", "Mahnfrist bis", "Frist der Mahnung; null, wenn noch nicht gemahnt."),
        jobs.Parameter("mahngebuehr", "Mahngebühr", "Gebuchte Mahngebühr in Euro; null, wenn noch nicht gemahnt."),
        jobs.Parameter("mahnsperre_grund", "Grund der Sperre", "Weshalb die Forderung ruht; null, wenn sie nicht ruht."),
        jobs.Parameter("mahnsperre_bis", "Sperre bis", "Letzter Tag der Sperre; null, wenn sie kein Ende hat."),
        replace(parameters.SCHULDNER, hint="Kennung des ersten Schuldners der Forderung."),
        jobs.Parameter("rechtsform", "Rechtsform", "Rechtsform des Schuldners."),
        jobs.Parameter("bekanntgaberecht", "Recht der Bekanntgabe", "Nach welchem Gesetz bekannt gegeben wird."),
        parameters.OFFENER_BETRAG,
        parameters.OFFENE_HAUPTFORDERUNG,
        parameters.SAEUMNISZUSCHLAG,
        jobs.Parameter("im_fall", "Im Fall", "true, wenn ein offener Fall die Forderung bündelt und selbst neu rechnet."),
    ),
    record=record,
)
