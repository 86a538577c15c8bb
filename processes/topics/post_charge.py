"""Topic `post_charge`: book a fee on a claim when the letter that causes it is posted, and the surcharge up to that day.

A Mahngebühr arises once per claim (§ 9 VO VwVG NRW): if one is booked and not taken back, no second one is.
Measures book their fees themselves, on their case.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import errors, jobs
from engine.protocol import Variables
from processes import given, money, parameters
from processes.casefile import charges, claims, ledger, timeline

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Book fee and surcharge exactly once per job and return what is open."""
    variables = job.variables
    kind, law = given.text(variables, "art"), given.optional_text(variables, "rechtsgrundlage") or ""
    if kind not in charges.KINDS:
        raise errors.Incident(f"Als Art der Gebühr wird {' oder '.join(charges.KINDS)} erwartet, gefunden „{kind}“.", job.element_id)
    amount_cent = given.optional_cent(variables, "betrag") or 0
    if amount_cent < 0 or (amount_cent and not law):
        raise errors.Incident("Eine Gebühr darf nicht negativ sein und braucht ihre Rechtsgrundlage.", job.element_id)
    claim = claims.find(tx, given.uuid(variables, "forderung_id"))
    claims.lock(tx, [claim])
    on = given.optional_day(variables, "wertstellung_am") or now.astimezone(BERLIN).date()
    deadline_on = given.optional_day(variables, "mahnfrist_bis")
    if deadline_on is not None:
        claims.set_dunned(tx, claim, [one.debtor_id for one in claims.debtors_of(tx, claim)], posted_on=on, deadline_on=deadline_on)
    booking = None
    if amount_cent and not (kind == ledger.MAHNGEBUEHR and charges.standing(tx, claim, kind)):
        booking = ledger.post(
            tx, ledger.of_claim(claim), kind, amount_cent, value_on=on, source=f"job:{job.id}", law=law, by=job.element_id, now=now
        )
        timeline.add(tx, claim=claim, kind=kind, summary="Mahngebühr gebucht" if kind == ledger.MAHNGEBUEHR else "Kosten gebucht",
                     amount_cent=amount_cent, effective_on=on, by=job.element_id, now=now, source=str(job.id))  # fmt: skip
    ledger.accrue(tx, claim, on, source=f"job:{job.id}", by=job.element_id, now=now)
    return {
        "buchung_id": str(booking.uuid) if booking else None,
        "gebuehr_betrag": money.euro(booking.amount_cent if booking else 0),
        **charges.open_sums(ledger.balance(tx, claim.uuid, on)),
    }


TOPIC = jobs.Topic(
    name="post_charge",
    label="Gebühr buchen",
    purpose="Bucht die Gebühr eines Schreibens und den Säumniszuschlag bis zu diesem Tag; eine Mahngebühr entsteht je Forderung nur einmal.",
    inputs=(
        parameters.FORDERUNG,
        parameters.GEBUEHR_ART,
        jobs.Parameter("betrag", "Betrag", "Gebühr in Euro; 0 oder null: keine Gebühr, nur der Säumniszuschlag."),
        jobs.Parameter("rechtsgrundlage", "Rechtsgrundlage", "Worauf die Gebühr beruht, z. B. § 9 VO VwVG NRW; steht am Konto."),
        jobs.Parameter("wertstellung_am", "Wertstellung", "Tag der Buchung; leer: heute.", is_optional=True),
        jobs.Parameter(
            "mahnfrist_bis",
            "Mahnfrist bis",
            "Die Forderung gilt ab der Wertstellung als gemahnt, mit dieser Frist; leer: nicht.",
            is_optional=True,
        ),
    ),
    outputs=(
        jobs.Parameter("buchung_id", "Buchung", "Kennung der Buchung; null, wenn keine Gebühr gebucht wurde."),
        jobs.Parameter("gebuehr_betrag", "Gebuchte Gebühr", "Was gebucht wurde, in Euro."),
        *parameters.OPEN_SUMS,
    ),
    record=record,
)
