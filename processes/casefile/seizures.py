"""Seizures: service on the third party, the deadlines counted from it, its declaration, a limit of the amount."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select

from engine import errors, messages
from processes.casefile import measure_tables, measures


def record_service(
    tx: Connection, *, tenant_id: int, measure_id: UUID, served_on: date, by: str, now: datetime, announce: bool = True
) -> measures.Measure:
    """Record that the order was served on the third party and tell the process (`zustellung_erfolgt`). Law: § 309 Abs. 2 AO.

    Raises errors.InvalidState if the order was not issued, errors.InvalidInput for a day before that or in the future.
    """
    measure = measures.expect(measures.find(tx, tenant_id, measure_id), measures.AUSGEFERTIGT, measures.ZUGESTELLT)
    if measure.issued_on is None or not measure.issued_on <= served_on <= now.astimezone(measures.BERLIN).date():
        raise errors.InvalidInput(
            f"Die Zustellung am {served_on:%d.%m.%Y} liegt vor der Ausfertigung oder in der Zukunft.",
            {"zugestellt_am": "Bitte das Datum der Zustellungsurkunde angeben."},
        )
    if measure.state == measures.ZUGESTELLT and measure.served_on != served_on:
        raise errors.Conflict(f"Die Zustellung ist schon für den {measure.served_on:%d.%m.%Y} erfasst.")
    if measure.state == measures.AUSGEFERTIGT:
        measures.note(
            tx,
            measure,
            "massnahme_zugestellt",
            f"{measures.LABELS[measure.kind]} {measure.business_key} zugestellt",
            None,
            by=by,
            now=now,
            on=served_on,
        )
        measure = measures.change(tx, measure, {"state": measures.ZUGESTELLT, "served_on": served_on})
        if announce:
            payload = {"massnahme_id": str(measure.uuid), "zugestellt_am": served_on}
            messages.send(tx, "zustellung_erfolgt", measure.case_number, payload, tenant_id=tenant_id, now=now)
    return measure


def set_deadlines(tx: Connection, measure: measures.Measure, *, declaration_due_on: date, payable_from_on: date | None) -> measures.Measure:
    """Store the days counted from service: declaration (§ 316 Abs. 1 AO) and first payment (§ 835 Abs. 3 ZPO)."""
    return measures.change(tx, measure, {"declaration_due_on": declaration_due_on, "payable_from_on": payable_from_on})


def record_declaration(tx: Connection, measure: measures.Measure, answers: Mapping[str, object], *, now: datetime) -> measures.Measure:
    """Store the five answers of the third party (columns of `third_party_declaration`). Law: § 316 Abs. 1 AO, § 840 Abs. 1 ZPO."""
    measures.expect(measure, measures.ZUGESTELLT)
    values = {**answers, "tenant_id": measure.tenant_id, "measure_id": measure.id, "recorded_at": now}
    tx.execute(insert(measure_tables.third_party_declaration).values(**values))
    return measures.change(tx, measure, {"state": measures.ERKLAERT})


def declaration_of(tx: Connection, measure: measures.Measure) -> RowMapping | None:
    """Return the recorded declaration, if any."""
    c = measure_tables.third_party_declaration.c
    statement = select(*c).where(c.tenant_id == measure.tenant_id, c.measure_id == measure.id)
    return tx.execute(statement).mappings().one_or_none()


def limit(tx: Connection, measure: measures.Measure, amount_cent: int) -> measures.Measure:
    """Limit what is still to be collected. Raises errors.InvalidInput for nothing or more than the order."""
    if not 0 < amount_cent <= measure.total_cent:
        raise errors.InvalidInput(
            "Der Höchstbetrag liegt nicht zwischen 0,01 € und der Summe der Verfügung.", {"hoechstbetrag": "Bitte prüfen."}
        )
    return measures.change(tx, measure, {"limited_to_cent": amount_cent})


def third_party_of(tx: Connection, measure: measures.Measure) -> measures.ThirdParty | None:
    """Return the Drittschuldner of a seizure."""
    c = measure_tables.third_party.c
    statement = select(c.name, c.address, c.land, c.account).where(c.tenant_id == measure.tenant_id, c.id == measure.third_party_id)
    row = tx.execute(statement).mappings().one_or_none()
    return measures.ThirdParty(**row) if row else None
