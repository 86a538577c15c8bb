"""Taking claims over: accepted lines of a claims file become debtors, claims, bookings, holds and running `mahnung` instances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from engine import bundles, instances
from processes import money
from processes.casefile import agreements, claim_kinds, claims, debtors, holds, ledger, tables, tenants, timeline
from processes.claim_lines import ClaimLine
from processes.law import deadlines

BERLIN = ZoneInfo("Europe/Berlin")
MAHNUNG = "mahnung"
PRINCIPAL_LAW, COSTS_LAW, FEE_LAW = "Leistungsbescheid", "§ 107 OWiG", "§ 9 VO VwVG NRW"


def take_over(
    tx: Connection, tenant_id: int, lines: Mapping[int, ClaimLine], *, file_id: int, by: str, now: datetime
) -> list[claims.Claim]:
    """Take over the accepted lines (by line number) of a file and start one `mahnung` for each; return the claims in that order."""
    today = now.astimezone(BERLIN).date()
    enforcing = {kind: agreements.enforcing_tenant(tx, tenant_id, kind, today) for kind in {line.forderungsart for line in lines.values()}}
    found = debtors.take_over(tx, tenant_id, _people(lines.values(), enforcing, tenant_id), now=now)
    profile = tenants.profile(tx, tenant_id)
    rows = [
        _claim_row(tenant_id, number, line, found[line.schuldner_nr].id, enforcing[line.forderungsart], profile, file_id, now)
        for number, line in lines.items()
    ]
    taken = claims.create_many(tx, rows, now=now)
    tx.execute(insert(tables.booking), [booking for claim in taken for booking in _bookings(claim, by, now)])
    slug = tenants.find(tx, tenant_id).slug
    bundle_id, process = bundles.for_start(tx, MAHNUNG, tenant_id=tenant_id)  # once per chunk: half of the time of a start
    for claim, line in zip(taken, lines.values(), strict=True):
        if line.mahnsperre_grund:
            holds.set(tx, claim, reason=line.mahnsperre_grund, until_on=line.mahnsperre_bis, by=by, now=now,
                      sender_tenant_id=tenant_id, announce=False)  # fmt: skip
        variables = start_variables(
            claim, found[line.schuldner_nr], slug=slug, profile=profile, hold_reason=line.mahnsperre_grund, hold_until=line.mahnsperre_bis
        )
        key = f"{slug}/{claim.text_key}"
        instances.start_bundle(tx, bundle_id, process, MAHNUNG, key, variables, tenant_id=tenant_id, now=now, by=by)
    timeline.add_many(tx, taken, kind="uebernommen", summary="Forderung übernommen", effective_on=today, by=by, now=now)
    return taken


def start_variables(
    claim: claims.Claim,
    debtor: debtors.Debtor,
    *,
    slug: str,
    profile: tenants.Profile,
    hold_reason: str | None,
    hold_until: date | None,
) -> dict[str, object]:
    """Return what a `mahnung` knows at its start: ids, euros and dates, no names."""
    kind = claim_kinds.kind_of(claim.kind)
    fee_cent = claim.dunning_fee_cent or 0
    return {
        "mandant": slug, "bundesland": profile.land, "feiertagskalender": profile.holiday_calendar, "forderung_id": str(claim.uuid),
        "kassenzeichen": claim.reference, "op_nr": claim.item_number, "forderungsart": claim.kind,
        "hauptforderung": money.euro(claim.principal_cent), "kosten": money.euro(claim.costs_cent),
        "bescheid_vom": claim.notice_on, "bekanntgegeben_am": claim.notified_on, "faellig_am": claim.due_on,
        "rechtskraft_am": claim.final_on, "mahnung_am": claim.dunned_on, "mahnfrist_bis": claim.dunning_deadline_on,
        "mahngebuehr": None if claim.dunning_fee_cent is None else money.euro(fee_cent),
        "mahnsperre_grund": hold_reason, "mahnsperre_bis": hold_until,
        "schuldner_id": str(debtor.uuid), "rechtsform": debtor.legal_form, "bekanntgaberecht": kind.notification_law,
        "offener_betrag": money.euro(claim.principal_cent + claim.costs_cent + fee_cent), "offene_hauptforderung": money.euro(claim.principal_cent),
    }  # fmt: skip


def _people(lines: Iterable[ClaimLine], enforcing: Mapping[str, int], tenant_id: int) -> dict[str, tuple[str, debtors.Person, int]]:
    """Return the debtors of the lines by number; whoever owes one claim that a partner enforces is visible to the partner."""
    people: dict[str, tuple[str, debtors.Person, int]] = {}
    for line in lines:
        person = debtors.Person(
            last_name=line.nachname, first_name=line.vorname, company=line.firma, born_on=line.geburtsdatum, representative=line.vertreter,
            street=line.strasse, house_number=line.hausnummer, postcode=line.plz, town=line.ort, country=line.land, email=line.email,
        )  # fmt: skip
        partner, before = enforcing[line.forderungsart], people.get(line.schuldner_nr)
        if before is not None:
            person, partner = before[1].updated(person), before[2] if partner == tenant_id else partner
        people[line.schuldner_nr] = (line.rechtsform, person, partner)
    return people


def _claim_row(
    tenant_id: int, number: int, line: ClaimLine, debtor_id: int, enforcing: int, profile: tenants.Profile, file_id: int, now: datetime
) -> dict[str, object]:
    kind = claim_kinds.kind_of(line.forderungsart)
    calendar = profile.holiday_calendar
    payable_on = deadlines.due_on(line.faellig_am, calendar)
    notified = line.bekanntgabe_am or deadlines.notified_on(line.bescheid_vom, kind.notification_law, calendar)
    return {
        "tenant_id": tenant_id, "enforcing_tenant_id": enforcing, "reference": line.kassenzeichen, "item_number": line.op_nr,
        "kind": kind.name, "rank": kind.rank, "bears_surcharge": kind.bears_surcharge, "principal_cent": line.betrag_cent,
        "costs_cent": line.kosten_cent, "period_from": line.zeitraum_von, "period_to": line.zeitraum_bis, "notice_on": line.bescheid_vom,
        "notified_on": notified, "due_on": line.faellig_am, "payable_on": payable_on,
        "grace_until": deadlines.grace_end(payable_on, calendar), "final_on": line.rechtskraft_am, "dunned_on": line.mahnung_am,
        "dunning_deadline_on": line.mahnfrist_bis, "dunning_fee_cent": line.mahngebuehr_cent, "debtor_id": debtor_id,
        "file_id": file_id, "line_number": number, "created_at": now,
    }  # fmt: skip


def _bookings(claim: claims.Claim, by: str, now: datetime) -> list[dict[str, object]]:
    dunned_on = claim.dunned_on or claim.payable_on
    posts = [(ledger.HAUPTFORDERUNG, claim.principal_cent, claim.notice_on, claim.payable_on, PRINCIPAL_LAW)]
    posts += [(ledger.KOSTEN, claim.costs_cent, claim.notice_on, claim.notice_on, COSTS_LAW)] if claim.costs_cent else []
    posts += [(ledger.MAHNGEBUEHR, claim.dunning_fee_cent, dunned_on, dunned_on, FEE_LAW)] if claim.dunning_fee_cent else []
    return [_booking_row(claim, post, by, now) for post in posts]


def _booking_row(claim: claims.Claim, post: tuple[str, int, date, date, str], by: str, now: datetime) -> dict[str, object]:
    kind, cent, value_on, surcharge_on, law = post
    return {
        "tenant_id": claim.tenant_id, "enforcing_tenant_id": claim.enforcing_tenant_id, "beneficiary_tenant_id": claim.tenant_id,
        "claim_id": claim.id, "kind": kind, "component": kind, "amount_cent": cent, "value_on": value_on, "surcharge_on": surcharge_on,
        "booked_at": now, "source": f"forderung:{claim.uuid}/{kind}", "law": law, "booked_by": by,
    }  # fmt: skip
