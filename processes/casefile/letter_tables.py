"""The tables of letters and of runs over many claims. They belong to the tenant that writes the letter or starts the run."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from engine import tables as engine_tables

metadata = engine_tables.metadata

# A letter is ordered in the transaction of its step and printed from `inputs` afterwards, always to the same bytes.
letter = Table(
    "letter",
    metadata,
    Column("tenant_id", BigInteger, nullable=False),
    Column("uuid", UUID(as_uuid=True), nullable=False),
    Column("template", Text, nullable=False),
    Column("bundle_id", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("case_number", Text),
    Column("claim_uuids", ARRAY(UUID(as_uuid=True)), nullable=False),
    Column("measure_uuid", UUID(as_uuid=True)),
    Column("inputs", JSONB, nullable=False),
    Column("sandbox", Boolean, nullable=False),
    Column("posted_on", Date, nullable=False),
    Column("ordered_at", DateTime(timezone=True), nullable=False),
    Column("pdf", LargeBinary),
    Column("sha256", LargeBinary),
    Column("returned_on", Date),
    Column("return_reason", Text),
    PrimaryKeyConstraint("tenant_id", "uuid"),
    Index("ix_letter_case", "tenant_id", "case_number"),
    Index("ix_letter_claims", "claim_uuids", postgresql_using="gin"),
    Index("ix_letter_unprinted", "tenant_id", "ordered_at", postgresql_where=text("pdf is null")),
)

bulk_run = Table(
    "bulk_run",
    metadata,
    Column("tenant_id", BigInteger, nullable=False),
    Column("uuid", UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("run_on", Date, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("tenant_id", "uuid"),
)

# state: waiting, taken (its process went on to the letter), arrived (its fee is booked, it waits for the others), left (not taken).
bulk_item = Table(
    "bulk_item",
    metadata,
    Column("tenant_id", BigInteger, nullable=False),
    Column("run_uuid", UUID(as_uuid=True), nullable=False),
    Column("claim_uuid", UUID(as_uuid=True), nullable=False),
    Column("debtor_uuid", UUID(as_uuid=True), nullable=False),
    Column("letter_uuid", UUID(as_uuid=True)),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("reason", Text),
    PrimaryKeyConstraint("tenant_id", "run_uuid", "claim_uuid"),
    ForeignKeyConstraint(["tenant_id", "run_uuid"], ["bulk_run.tenant_id", "bulk_run.uuid"]),
    Index("ix_bulk_item_letter", "tenant_id", "letter_uuid"),
)

for _table in (letter, bulk_run, bulk_item):
    engine_tables.tenant_rls[_table.name] = "own"
