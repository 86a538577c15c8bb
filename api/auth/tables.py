"""Users, their roles per tenant, sessions and failed logins. No tenant's row-level policy: they are read before a tenant is known."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from engine import tables as engine_tables

metadata = engine_tables.metadata

user_account = Table(
    "user_account",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()")),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("is_demo", Boolean, nullable=False, server_default=text("false")),
)

user_role = Table(
    "user_role",
    metadata,
    Column("user_id", UUID(as_uuid=True), ForeignKey("user_account.id"), nullable=False),
    Column("tenant_id", BigInteger, ForeignKey("tenant.id"), nullable=False),
    Column("role", Text, nullable=False),
    PrimaryKeyConstraint("user_id", "tenant_id", "role"),
)

# Only the hash of the session's key is stored: who reads the table cannot take a session over.
user_session = Table(
    "user_session",
    metadata,
    Column("key_hash", LargeBinary, primary_key=True),
    Column("user_id", UUID(as_uuid=True), ForeignKey("user_account.id"), nullable=False),
    Column("tenant_id", BigInteger, ForeignKey("tenant.id"), nullable=False),
    Column("csrf", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
)

login_failure = Table(
    "login_failure",
    metadata,
    Column("login", Text, nullable=False),
    Column("failed_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Index("ix_login_failure_login", "login", "failed_at"),
)

# Bearer tokens of programs. As with sessions, only the hash is stored. `password_digest`: of the password's hash when the token was
# issued; a new password ends the tokens of the old one.
access_token = Table(
    "access_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("user_id", UUID(as_uuid=True), ForeignKey("user_account.id"), nullable=False),
    Column("tenant_id", BigInteger, ForeignKey("tenant.id"), nullable=False),
    Column("password_digest", LargeBinary, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_access_token_expires", "expires_at"),
)

# A person tries models in a sandbox world of its own; `home_tenant_id` is where the session came from, `began` what the scenario starts
# with, `hat` what is added to the login while the person acts as a second one: where four eyes are asked for, nobody could go on alone.
trial = Table(
    "trial",
    metadata,
    Column("world_id", BigInteger, ForeignKey("world.id"), primary_key=True),
    Column("user_id", UUID(as_uuid=True), ForeignKey("user_account.id"), nullable=False),
    Column("home_tenant_id", BigInteger, ForeignKey("tenant.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("processes", JSONB, nullable=False),
    Column("began", JSONB, nullable=False),
    Column("hat", Text, nullable=False, server_default=""),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("ended_at", DateTime(timezone=True)),
)

trial_act = Table(
    "trial_act",
    metadata,
    Column("world_id", BigInteger, ForeignKey("trial.world_id"), nullable=False),
    Column("id", BigInteger, Identity(), nullable=False),
    Column("done_at", DateTime(timezone=True), nullable=False),
    Column("act", Text, nullable=False),
    PrimaryKeyConstraint("world_id", "id"),
)
