"""The tables of kept files: their bytes once per tenant and content, and each file that people or programs brought."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import UUID

from engine import tables

# content null: the last file with these bytes was erased.
file_content = Table(
    "file_content",
    tables.metadata,
    Column("tenant_id", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary),
    PrimaryKeyConstraint("tenant_id", "sha256"),
)

# source: the task, start form or interface it came by; field: of the form; an erased file keeps who, when and its hash, not its name.
kept_file = Table(
    "kept_file",
    tables.metadata,
    Column("tenant_id", BigInteger, nullable=False),
    Column("uuid", UUID(as_uuid=True), nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("encoding", Text, nullable=False, server_default=""),
    Column("business_key", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("field", Text, nullable=False, server_default=""),
    Column("kept_by", Text, nullable=False),
    Column("kept_at", DateTime(timezone=True), nullable=False),
    Column("erased_at", DateTime(timezone=True)),
    Column("erased_by", Text),
    Column("erased_reason", Text),
    PrimaryKeyConstraint("tenant_id", "uuid"),
    ForeignKeyConstraint(["tenant_id", "sha256"], ["file_content.tenant_id", "file_content.sha256"]),
    CheckConstraint("(erased_at is null) = (erased_by is null) and (erased_at is null) = (erased_reason is null)", name="erased"),
    Index("ix_kept_file_business_key", "business_key", "tenant_id"),
    Index("ix_kept_file_content", "sha256", "tenant_id"),
)

for _table in (file_content, kept_file):
    tables.tenant_rls[_table.name] = "own"
