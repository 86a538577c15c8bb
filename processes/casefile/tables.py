"""The tables of the case file. Every key leads with the tenant; money is in cents; names stand only in `debtor_person`.

A row belongs to the tenant whose claim or debtor it is (`tenant_id`, the creditor). Rows that the enforcing authority must see
also carry `enforcing_tenant_id` and are `shared`: visible to both. Bookings and payments are never changed or deleted.
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
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from engine import tables as engine_tables

metadata = engine_tables.metadata


def _tenant() -> Column[int]:
    return Column("tenant_id", BigInteger, nullable=False)


def _enforcing() -> Column[int]:
    return Column("enforcing_tenant_id", BigInteger, nullable=False)


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(), nullable=False)


def _uuid() -> Column[object]:
    return Column("uuid", UUID(as_uuid=True), nullable=False, server_default=text("gen_random_uuid()"))


def _instant(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _key() -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint("tenant_id", "id")


tenant_profile = Table(
    "tenant_profile",
    metadata,
    _tenant(),
    Column("official_name", Text, nullable=False),  # Stadt Detmold
    Column("office", Text, nullable=False),  # Fachbereich, der im Briefkopf steht
    Column("street", Text, nullable=False),
    Column("postcode", Text, nullable=False),
    Column("town", Text, nullable=False),  # also the place of the Kasse
    Column("phone", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("website", Text, nullable=False),
    Column("account_holder", Text, nullable=False),
    Column("iban", Text, nullable=False),
    Column("bic", Text, nullable=False),
    Column("bank", Text, nullable=False),
    Column("land", Text, nullable=False),  # NW, SL: chooses the law
    Column("holiday_calendar", Text, nullable=False),  # of the place of the Kasse, see processes.law.deadlines
    Column("creditor_id", Text, nullable=False),  # Gläubiger-Identifikationsnummer
    PrimaryKeyConstraint("tenant_id"),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
)

debtor = Table(
    "debtor",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    _enforcing(),
    Column("number", Text, nullable=False),  # schuldner_nr, unique within the tenant only
    Column("legal_form", Text, nullable=False),
    _instant("created_at"),
    _key(),
    UniqueConstraint("number", "tenant_id"),
    UniqueConstraint("uuid"),
)
Index("debtor_enforcing", debtor.c.enforcing_tenant_id, debtor.c.id)

debtor_person = Table(  # the only table with names and addresses; erasing a row breaks nothing
    "debtor_person",
    metadata,
    _tenant(),
    Column("debtor_id", BigInteger, nullable=False),
    _enforcing(),
    Column("last_name", Text),
    Column("first_name", Text),
    Column("company", Text),
    Column("born_on", Date),
    Column("representative", Text),
    Column("street", Text, nullable=False),
    Column("house_number", Text),
    Column("postcode", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("email", Text),
    Column("match_key", Text, nullable=False),  # folded name, for proposals
    _instant("updated_at"),
    PrimaryKeyConstraint("tenant_id", "debtor_id"),
    ForeignKeyConstraint(["tenant_id", "debtor_id"], ["debtor.tenant_id", "debtor.id"]),
)
Index("debtor_person_match", debtor_person.c.match_key)
Index("debtor_person_born", debtor_person.c.born_on)

debtor_link = Table(  # confirmed identity of two debtors, also across tenants; belongs to the authority that confirmed it
    "debtor_link",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    Column("first_tenant_id", BigInteger, nullable=False),
    Column("first_debtor_id", BigInteger, nullable=False),
    Column("second_tenant_id", BigInteger, nullable=False),
    Column("second_debtor_id", BigInteger, nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("confirmed_by", Text, nullable=False),
    _instant("confirmed_at"),
    Column("revoked_by", Text),
    _instant("revoked_at", nullable=True),
    Column("revoked_because", Text),
    _key(),
    UniqueConstraint("uuid"),
    ForeignKeyConstraint(["first_tenant_id", "first_debtor_id"], ["debtor.tenant_id", "debtor.id"]),
    ForeignKeyConstraint(["second_tenant_id", "second_debtor_id"], ["debtor.tenant_id", "debtor.id"]),
)
Index(
    "debtor_link_open",
    debtor_link.c.tenant_id,
    debtor_link.c.first_tenant_id,
    debtor_link.c.first_debtor_id,
    debtor_link.c.second_tenant_id,
    debtor_link.c.second_debtor_id,
    unique=True,
    postgresql_where=debtor_link.c.revoked_at.is_(None),
)

agreement = Table(  # cooperation: who enforces which claims of whom, from when to when
    "agreement",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    _enforcing(),
    Column("mode", Text, nullable=False),
    Column("claim_kinds", JSONB, nullable=False),  # empty list: all kinds
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("distribution", Text, nullable=False),  # how a payment without designation is shared between creditors
    Column("legal_basis", Text, nullable=False),
    Column("concluded_on", Date, nullable=False),
    _key(),
    UniqueConstraint("uuid"),
    CheckConstraint("mode in ('delegierend', 'mandatierend')", name="agreement_mode"),
    CheckConstraint("distribution in ('anteilig', 'faelligkeit')", name="agreement_distribution"),
    CheckConstraint("enforcing_tenant_id <> tenant_id", name="agreement_partners"),
)

claims_file = Table(
    "claims_file",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("columns", JSONB, nullable=False),
    Column("claims_file_id", BigInteger),  # of a joint debtors file: the claims file it came with
    Column("lines", Integer, nullable=False),
    Column("received_by", Text, nullable=False),
    _instant("received_at"),
    _instant("finished_at", nullable=True),
    _key(),
    UniqueConstraint("kind", "sha256", "tenant_id"),
    UniqueConstraint("uuid"),
    CheckConstraint("kind in ('forderungen', 'gesamtschuldner')", name="claims_file_kind"),
)

claims_line = Table(
    "claims_line",
    metadata,
    _tenant(),
    Column("file_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),  # line number in the file, header = 1
    Column("verdict", Text, nullable=False),
    Column("line_key", Text),  # kassenzeichen/op_nr, for joint debtors with /schuldner_nr
    Column("kind", Text, nullable=False),
    Column("parsed", JSONB),
    Column("raw", Text),  # kept for rejected lines, to send them back
    Column("faults", JSONB, nullable=False),
    _instant("processed_at", nullable=True),
    PrimaryKeyConstraint("tenant_id", "file_id", "number"),
    ForeignKeyConstraint(["tenant_id", "file_id"], ["claims_file.tenant_id", "claims_file.id"]),
    CheckConstraint("verdict in ('angenommen', 'abgewiesen', 'doppelt')", name="claims_line_verdict"),
)
Index(  # one accepted line per key: an item cannot come in twice, from no file and no concurrent import
    "claims_line_accepted",
    claims_line.c.tenant_id,
    claims_line.c.kind,
    claims_line.c.line_key,
    unique=True,
    postgresql_where=claims_line.c.verdict == "angenommen",
)
Index(
    "claims_line_waiting",
    claims_line.c.tenant_id,
    claims_line.c.file_id,
    claims_line.c.number,
    postgresql_where=text("verdict = 'angenommen' and processed_at is null"),
)

claim = Table(
    "claim",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    _enforcing(),
    Column("reference", Text, nullable=False),  # Kassenzeichen
    Column("item_number", Text, nullable=False),  # op_nr
    Column("kind", Text, nullable=False),  # Forderungsart
    Column("rank", Text, nullable=False),  # § 225 Abs. 2 AO, see processes.law.allocation
    Column("bears_surcharge", Boolean, nullable=False),
    Column("principal_cent", BigInteger, nullable=False),
    Column("costs_cent", BigInteger, nullable=False),
    Column("period_from", Date),
    Column("period_to", Date),
    Column("notice_on", Date, nullable=False),
    Column("notified_on", Date),
    Column("due_on", Date, nullable=False),  # as the notice says
    Column("payable_on", Date, nullable=False),  # moved to a working day at the place of the Kasse
    Column("grace_until", Date, nullable=False),  # § 240 Abs. 3 AO
    Column("final_on", Date),
    Column("dunned_on", Date),
    Column("dunning_deadline_on", Date),
    Column("dunning_fee_cent", BigInteger),
    Column("debtor_id", BigInteger, nullable=False),
    Column("file_id", BigInteger),
    Column("line_number", Integer),
    _instant("created_at"),
    _key(),
    UniqueConstraint("reference", "item_number", "tenant_id"),
    UniqueConstraint("uuid"),
    ForeignKeyConstraint(["tenant_id", "debtor_id"], ["debtor.tenant_id", "debtor.id"]),
    CheckConstraint("principal_cent > 0 and costs_cent >= 0", name="claim_amounts"),
)
Index("claim_enforcing", claim.c.reference, claim.c.enforcing_tenant_id)
Index("claim_debtor_id", claim.c.debtor_id, claim.c.tenant_id)

claim_debtor = Table(  # the unit of enforceability: notified, dunned, deadline, hold each for itself
    "claim_debtor",
    metadata,
    _tenant(),
    Column("claim_id", BigInteger, nullable=False),
    Column("debtor_id", BigInteger, nullable=False),
    _enforcing(),
    Column("role", Text, nullable=False),
    Column("notified_on", Date),
    Column("dunned_on", Date),
    Column("dunning_deadline_on", Date),
    Column("enforceable_from", Date),
    _instant("joined_at"),
    PrimaryKeyConstraint("tenant_id", "claim_id", "debtor_id"),
    ForeignKeyConstraint(["tenant_id", "claim_id"], ["claim.tenant_id", "claim.id"]),
    ForeignKeyConstraint(["tenant_id", "debtor_id"], ["debtor.tenant_id", "debtor.id"]),
    CheckConstraint("role in ('schuldner', 'gesamtschuldner', 'erbe')", name="claim_debtor_role"),
)
Index("claim_debtor_debtor", claim_debtor.c.debtor_id, claim_debtor.c.tenant_id)

enforcement_case = Table(  # belongs to the enforcing authority; one open case per debtor
    "enforcement_case",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    Column("number", Text, nullable=False),  # Fallnummer
    Column("debtor_tenant_id", BigInteger, nullable=False),
    Column("debtor_id", BigInteger, nullable=False),
    _instant("opened_at"),
    _instant("closed_at", nullable=True),
    Column("result", Text),
    _key(),
    UniqueConstraint("number", "tenant_id"),
    UniqueConstraint("uuid"),
    ForeignKeyConstraint(["debtor_tenant_id", "debtor_id"], ["debtor.tenant_id", "debtor.id"]),
)
Index(
    "enforcement_case_open",
    enforcement_case.c.tenant_id,
    enforcement_case.c.debtor_tenant_id,
    enforcement_case.c.debtor_id,
    unique=True,
    postgresql_where=enforcement_case.c.closed_at.is_(None),
)

case_claim = Table(  # which claims of which debtor are bundled in a case; the creditor sees its own rows
    "case_claim",
    metadata,
    _tenant(),
    Column("claim_id", BigInteger, nullable=False),
    Column("debtor_id", BigInteger, nullable=False),
    _enforcing(),
    Column("case_number", Text, nullable=False),
    _instant("joined_at"),
    _instant("left_at", nullable=True),
    Column("result", Text),
    PrimaryKeyConstraint("tenant_id", "claim_id", "debtor_id", "case_number"),
    ForeignKeyConstraint(
        ["tenant_id", "claim_id", "debtor_id"], ["claim_debtor.tenant_id", "claim_debtor.claim_id", "claim_debtor.debtor_id"]
    ),
)  # fmt: skip
Index("case_claim_case", case_claim.c.enforcing_tenant_id, case_claim.c.case_number)

payment = Table(  # belongs to the tenant that took the money; append-only, a reversal is a row of its own
    "payment",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    Column("reference", Text, nullable=False),
    Column("amount_cent", BigInteger, nullable=False),  # negative: reversal
    Column("value_on", Date, nullable=False),
    _instant("booked_at"),
    Column("method", Text, nullable=False),
    Column("is_forced", Boolean, nullable=False),
    Column("receipt", Text),
    Column("measure_id", Text),
    Column("case_number", Text),
    Column("rest_cent", BigInteger, nullable=False),  # over-paid, to be refunded by a person's decision
    Column("reverses_id", BigInteger),
    Column("reason", Text),
    Column("booked_by", Text, nullable=False),
    _key(),
    UniqueConstraint("uuid"),
    UniqueConstraint("receipt", "tenant_id"),
    ForeignKeyConstraint(["tenant_id", "reverses_id"], ["payment.tenant_id", "payment.id"]),
    UniqueConstraint("reverses_id", "tenant_id"),
    CheckConstraint("method in ('ueberweisung', 'bar', 'drittschuldner', 'lastschrift')", name="payment_method"),
    CheckConstraint("amount_cent <> 0", name="payment_amount"),
)

booking = Table(  # the ledger: the account is a claim, or a case for the fees of its measures
    "booking",
    metadata,
    _tenant(),  # creditor of the claim, or the enforcing authority for its fees
    _id(),
    _uuid(),
    _enforcing(),
    Column("beneficiary_tenant_id", BigInteger, nullable=False),  # whose money it is
    Column("claim_id", BigInteger),
    Column("case_number", Text),
    Column("kind", Text, nullable=False),
    Column("component", Text, nullable=False),  # of a payment or write-down: what it settles; else the same as kind
    Column("amount_cent", BigInteger, nullable=False),  # positive: owed; negative: settled or taken back
    Column("value_on", Date, nullable=False),
    Column("surcharge_on", Date, nullable=False),  # from when it counts for the surcharge: value_on, the due date within the grace
    _instant("booked_at"),
    Column("payment_tenant_id", BigInteger),
    Column("payment_id", BigInteger),
    Column("measure_id", Text),
    Column("reverses_id", BigInteger),
    Column("source", Text, nullable=False),  # what caused it: file line, job, payment
    Column("law", Text, nullable=False),
    Column("booked_by", Text, nullable=False),
    _key(),
    UniqueConstraint("uuid"),
    UniqueConstraint("source", "tenant_id"),
    ForeignKeyConstraint(["tenant_id", "claim_id"], ["claim.tenant_id", "claim.id"]),
    ForeignKeyConstraint(["payment_tenant_id", "payment_id"], ["payment.tenant_id", "payment.id"]),
    ForeignKeyConstraint(["tenant_id", "reverses_id"], ["booking.tenant_id", "booking.id"]),
    CheckConstraint("(claim_id is null) <> (case_number is null)", name="booking_account"),
    CheckConstraint("amount_cent <> 0", name="booking_amount"),
    CheckConstraint(
        "kind in ('hauptforderung','kosten','mahngebuehr','saeumniszuschlag','pfaendungsgebuehr','wegegeld','auslagen','zahlung','absetzung')"
        " and component in ('hauptforderung','kosten','mahngebuehr','saeumniszuschlag','pfaendungsgebuehr','wegegeld','auslagen')"
        " and (kind in ('zahlung','absetzung') or kind = component)",
        name="booking_kind",
    ),
)
Index("booking_claim", booking.c.claim_id, booking.c.id, booking.c.tenant_id)
Index("booking_case", booking.c.case_number, booking.c.id, booking.c.tenant_id, postgresql_where=booking.c.case_number.is_not(None))
Index("booking_payment", booking.c.payment_id, booking.c.payment_tenant_id)

hold = Table(
    "hold",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    _enforcing(),
    Column("claim_id", BigInteger, nullable=False),
    Column("debtor_id", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until_on", Date),
    Column("follow_up_on", Date),
    _instant("set_at"),
    Column("set_by", Text, nullable=False),
    _instant("lifted_at", nullable=True),
    Column("lifted_by", Text),
    _key(),
    UniqueConstraint("uuid"),
    ForeignKeyConstraint(
        ["tenant_id", "claim_id", "debtor_id"], ["claim_debtor.tenant_id", "claim_debtor.claim_id", "claim_debtor.debtor_id"]
    ),
)  # fmt: skip
Index("hold_open", hold.c.tenant_id, hold.c.claim_id, hold.c.debtor_id, unique=True, postgresql_where=hold.c.lifted_at.is_(None))

note = Table(  # free text of people; erasable; the history holds only its id
    "note",
    metadata,
    _tenant(),
    _id(),
    _uuid(),
    Column("business_key", Text),
    Column("case_number", Text),
    Column("claim_tenant_id", BigInteger),
    Column("claim_id", BigInteger),
    Column("task_id", UUID(as_uuid=True)),  # a comment on a user task
    Column("subject", Text, nullable=False),  # what it is about, e.g. the label of the form field
    Column("body", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    _instant("written_at"),
    _key(),
    UniqueConstraint("uuid"),
)
Index("note_case", note.c.case_number, note.c.tenant_id)
Index("note_task", note.c.task_id, note.c.tenant_id, postgresql_where=note.c.task_id.is_not(None))
Index("note_claim", note.c.claim_id, note.c.claim_tenant_id, note.c.tenant_id)

timeline_entry = Table(  # what happened, in words without names; for people, not for the auditor (engine history is)
    "timeline_entry",
    metadata,
    _tenant(),
    _id(),
    _enforcing(),
    Column("claim_id", BigInteger),
    Column("case_number", Text),
    Column("kind", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("amount_cent", BigInteger),
    Column("effective_on", Date, nullable=False),
    _instant("recorded_at"),
    Column("by", Text, nullable=False),
    Column("source", Text),
    _key(),
)
Index("timeline_claim", timeline_entry.c.claim_id, timeline_entry.c.tenant_id)
Index("timeline_case", timeline_entry.c.case_number, timeline_entry.c.enforcing_tenant_id)

OWN = (tenant_profile, debtor_link, claims_file, claims_line, enforcement_case, payment, note)
SHARED = (debtor, debtor_person, agreement, claim, claim_debtor, case_claim, booking, hold, timeline_entry)
APPEND_ONLY = (payment, booking)

for _table in OWN:
    engine_tables.tenant_rls[_table.name] = "own"
for _table in SHARED:
    engine_tables.tenant_rls[_table.name] = "shared"
engine_tables.APPEND_ONLY.update(_table.name for _table in APPEND_ONLY)
