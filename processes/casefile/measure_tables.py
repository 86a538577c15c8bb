"""The tables of measures: seizures and field orders with their frozen claims, and the desk's queries.

They belong to the enforcing authority (`tenant_id`); a creditor sees what concerns its claims in ledger and timeline. Money is
in cents. Names and addresses stand in `third_party` and in notes only; a measure is known outside by its uuid.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from engine import tables as engine_tables
from processes.casefile import tables

metadata = engine_tables.metadata


def _tenant() -> Column[int]:
    return Column("tenant_id", BigInteger, nullable=False)


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(), nullable=False)


def _uuid() -> Column[object]:
    return Column("uuid", UUID(as_uuid=True), nullable=False, server_default=text("gen_random_uuid()"))


def _measure_id() -> Column[int]:
    return Column("measure_id", BigInteger, nullable=False)


def _of_measure() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "measure_id"], ["measure.tenant_id", "measure.id"])


def _key() -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint("tenant_id", "id")


third_party = Table(  # Drittschuldner: bank, employer, tenant of the debtor, insurance
    "third_party",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("land", Text),
    Column("account", Text),  # IBAN, contract or personnel number by which the third party finds the debtor
    Column("created_at", DateTime(timezone=True), nullable=False),
    _key(),
    UniqueConstraint("uuid"),
)

measure = Table(
    "measure",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    Column("case_number", Text, nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, ... within the case; business key <case_number>/M<number>
    Column("kind", Text, nullable=False),
    Column("seizure_kind", Text),
    Column("state", Text, nullable=False),
    Column("third_party_id", BigInteger),
    Column("debtor_is_natural", Boolean, nullable=False),
    Column("protected_account", Text),  # ja, nein, unbekannt: as known when the order was prepared
    Column("prepared_on", Date, nullable=False),
    Column("frozen_on", Date),
    Column("fee_cent", BigInteger, nullable=False),
    Column("travel_cent", BigInteger, nullable=False),
    Column("outlay_cent", BigInteger, nullable=False),
    Column("total_cent", BigInteger, nullable=False),  # demanded in one sum: frozen claims, fee, travel, outlays
    Column("distance_km", Integer),
    Column("safety_note", Text),  # notiz:<uuid>
    Column("reason", Text),  # notiz:<uuid>
    Column("issued_on", Date),
    Column("served_on", Date),
    Column("declaration_due_on", Date),
    Column("payable_from_on", Date),
    Column("limited_to_cent", BigInteger),
    Column("result", Text),
    Column("finished_on", Date),
    _key(),
    UniqueConstraint("uuid"),
    UniqueConstraint("tenant_id", "case_number", "number"),
    ForeignKeyConstraint(["tenant_id", "third_party_id"], ["third_party.tenant_id", "third_party.id"]),
    CheckConstraint("kind in ('pfaendung', 'aussendienst')", name="measure_kind"),
    CheckConstraint(
        "seizure_kind is null or seizure_kind in ('konto', 'lohn', 'miete', 'steuererstattung', 'versicherung', 'sonstige')",
        name="measure_seizure_kind",
    ),
    CheckConstraint("state in ('entwurf', 'eingefroren', 'ausgefertigt', 'zugestellt', 'erklaert', 'beendet')", name="measure_state"),
    CheckConstraint("fee_cent >= 0 and travel_cent >= 0 and outlay_cent >= 0 and total_cent >= 0", name="measure_amounts"),
    CheckConstraint("(state = 'beendet') = (finished_on is not null)", name="measure_finished"),
)
Index("measure_open", measure.c.tenant_id, measure.c.case_number, postgresql_where=measure.c.finished_on.is_(None))

measure_claim = Table(  # the bundle as frozen at the release; a draft's rows are what it would freeze
    "measure_claim",
    metadata,
    _tenant(),
    _measure_id(),
    Column("creditor_tenant_id", BigInteger, nullable=False),
    Column("claim_id", BigInteger, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("principal_cent", BigInteger, nullable=False),  # weight of forced payments
    Column("surcharge_cent", BigInteger, nullable=False),
    Column("dunning_fee_cent", BigInteger, nullable=False),
    Column("costs_cent", BigInteger, nullable=False),
    Column("held_since", Date),  # a hold came while the measure runs
    Column("hold_decision", Text),
    PrimaryKeyConstraint("tenant_id", "measure_id", "creditor_tenant_id", "claim_id"),
    _of_measure(),
    ForeignKeyConstraint(["creditor_tenant_id", "claim_id"], ["claim.tenant_id", "claim.id"]),
)
Index("measure_claim_claim", measure_claim.c.creditor_tenant_id, measure_claim.c.claim_id)

outside_claim = Table(  # joined the case after the bundle was frozen: "nicht in der Maßnahme"
    "outside_claim",
    metadata,
    _tenant(),
    _measure_id(),
    Column("creditor_tenant_id", BigInteger, nullable=False),
    Column("claim_id", BigInteger, nullable=False),
    Column("decision", Text, nullable=False),
    Column("decided_on", Date, nullable=False),
    PrimaryKeyConstraint("tenant_id", "measure_id", "creditor_tenant_id", "claim_id"),
    _of_measure(),
    ForeignKeyConstraint(["creditor_tenant_id", "claim_id"], ["claim.tenant_id", "claim.id"]),
    CheckConstraint("decision in ('ergaenzen', 'naechste_massnahme', 'abwarten')", name="outside_claim_decision"),
)

third_party_declaration = Table(  # the five answers of § 316 Abs. 1 AO, § 840 Abs. 1 ZPO
    "third_party_declaration",
    metadata,
    _tenant(),
    _measure_id(),
    Column("received_on", Date),  # null: none came
    Column("acknowledged", Text, nullable=False),  # ja, teilweise, nein, keine_erklaerung
    Column("acknowledged_cent", BigInteger),
    Column("others_claim", Boolean),
    Column("seized_before", Boolean),
    Column("seized_before_cent", BigInteger),
    Column("exempted_907", Boolean),
    Column("protected_account", Boolean),
    Column("joint_account", Boolean),
    Column("note", Text),  # notiz:<uuid>
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", "measure_id"),
    _of_measure(),
    CheckConstraint("acknowledged in ('ja', 'teilweise', 'nein', 'keine_erklaerung')", name="third_party_declaration_answer"),
)

desk_query = Table(  # one question to one register, with its legal basis and its reason; own papers are a row too
    "desk_query",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    Column("case_number", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("reason", Text),  # notiz:<uuid>: why for this claim (only a reasoned query interrupts limitation)
    Column("asked_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("result", Text),  # treffer, kein_treffer, keine_antwort
    Column("found", JSONB, nullable=False),  # kinds of what was found: konto, lohn, miete, ...
    Column("note", Text),  # notiz:<uuid>
    Column("answered_on", Date),
    _key(),
    UniqueConstraint("uuid"),
    CheckConstraint("result is null or result in ('treffer', 'kein_treffer', 'keine_antwort')", name="desk_query_result"),
)
Index("desk_query_case", desk_query.c.tenant_id, desk_query.c.case_number)

visit = Table(  # one attempt of a field officer; place and persons are notes
    "visit",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    _measure_id(),
    Column("number", Integer, nullable=False),
    Column("visited_at", DateTime(timezone=True), nullable=False),
    Column("time_of_day", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("demand_cent", BigInteger, nullable=False),  # recomputed on the day
    Column("place", Text),  # notiz:<uuid>
    Column("persons", Text),  # notiz:<uuid>
    Column("signed", Boolean),
    Column("unsigned_reason", Text),
    Column("note", Text),  # notiz:<uuid>
    Column("officer", Text, nullable=False),
    _key(),
    UniqueConstraint("uuid"),
    UniqueConstraint("tenant_id", "measure_id", "number"),
    _of_measure(),
    CheckConstraint("time_of_day in ('vormittags', 'nachmittags', 'abends')", name="visit_time_of_day"),
    CheckConstraint(
        "outcome in ('bezahlt', 'teilzahlung', 'ratenzahlung', 'nicht_angetroffen', 'verweigert', 'gepfaendet', 'fruchtlos')",
        name="visit_outcome",
    ),
)

seized_item = Table(
    "seized_item",
    metadata,
    _tenant(),
    Column("visit_id", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("description", Text, nullable=False),  # notiz:<uuid> or words of a list
    Column("seal_number", Text, nullable=False),
    Column("kept_at", Text, nullable=False),
    Column("estimate_cent", BigInteger),
    PrimaryKeyConstraint("tenant_id", "visit_id", "position"),
    ForeignKeyConstraint(["tenant_id", "visit_id"], ["visit.tenant_id", "visit.id"]),
    CheckConstraint("kept_at in ('belassen', 'mitgenommen')", name="seized_item_kept_at"),
)

cash_receipt = Table(  # serial numbers without gaps per authority and year
    "cash_receipt",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    _measure_id(),
    Column("visit_id", BigInteger, nullable=False),
    Column("amount_cent", BigInteger, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("officer", Text, nullable=False),
    Column("payment_id", BigInteger),
    Column("settled_on", Date),
    Column("counted_cent", BigInteger),
    Column("settled_by", Text),
    _key(),
    UniqueConstraint("uuid"),
    UniqueConstraint("tenant_id", "year", "serial"),
    UniqueConstraint("tenant_id", "visit_id"),
    _of_measure(),
    ForeignKeyConstraint(["tenant_id", "visit_id"], ["visit.tenant_id", "visit.id"]),
    ForeignKeyConstraint(["tenant_id", "payment_id"], ["payment.tenant_id", "payment.id"]),
    CheckConstraint("amount_cent > 0", name="cash_receipt_amount"),
)

OWN = (
    third_party, measure, measure_claim, outside_claim, third_party_declaration, desk_query, visit, seized_item, cash_receipt,
)  # fmt: skip
CASEFILE = tables.metadata  # the foreign keys above need the case file's tables on the same metadata

for _table in OWN:
    engine_tables.tenant_rls[_table.name] = "own"
