"""Topic `reverse_charge`: take a fee of a claim back, e.g. because a payment crossed the Mahnung.

What was already paid on the fee is moved to what is still open of the claim; what is left over becomes a note for a person.
A fee that does not stand (never booked, taken back before) is no fault: 0 is returned.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import errors, jobs
from engine.protocol import Variables
from processes import given, money, parameters
from processes.casefile import charges, claims, ledger, timeline

BERLIN = ZoneInfo("Europe/Berlin")


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Reverse the standing fee exactly once and return what is open."""
    kind = given.text(job.variables, "art")
    if kind not in charges.KINDS:
        raise errors.Incident(f"Als Art der Gebühr wird {' oder '.join(charges.KINDS)} erwartet, gefunden „{kind}“.", job.element_id)
    claim = claims.find(tx, given.uuid(job.variables, "forderung_id"))
    claims.lock(tx, [claim])
    today = now.astimezone(BERLIN).date()
    reversed_cent = charges.take_back(
        tx, claim, kind, source=f"job:{job.id}", law=given.text(job.variables, "grund"), by=job.element_id, now=now
    )
    if reversed_cent:
        timeline.add(tx, claim=claim, kind=f"{kind}_storniert", summary="Gebühr zurückgenommen", amount_cent=-reversed_cent,
                     effective_on=today, by=job.element_id, now=now, source=str(job.id))  # fmt: skip
    return {"storniert_betrag": money.euro(reversed_cent), **charges.open_sums(ledger.balance(tx, claim.uuid, today))}


TOPIC = jobs.Topic(
    name="reverse_charge",
    label="Gebühr zurücknehmen",
    purpose="Nimmt eine Gebühr zurück, z. B. weil sich Zahlung und Mahnung kreuzten; Gezahltes rückt auf das noch Offene.",
    inputs=(
        parameters.FORDERUNG,
        replace(parameters.GEBUEHR_ART, hint="Was zurückgenommen wird."),
        jobs.Parameter("grund", "Grund", "Kurzes Wort, kein Freitext: Es steht an der Buchung."),
    ),
    outputs=(
        jobs.Parameter("storniert_betrag", "Zurückgenommen", "Was zurückgenommen wurde, in Euro; 0, wenn keine Gebühr bestand."),
        *parameters.OPEN_SUMS,
    ),
    record=record,
)
