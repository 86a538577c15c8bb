"""The engine's tables. Every key leads with the tenant, so that one tenant's rows stay together and a larger cluster can shard.

The other indexes end with the tenant: where a table is young and has no statistics yet, PostgreSQL takes all indexes that begin with
the tenant for equally good, and reads every row of the tenant to find one (measured: 11 million instead of 16 thousand).

Other rooms hang their tables on `metadata` and enter them in `tenant_rls`; the migration gives each its row-level policy.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Table name -> who sees a row: `own` the tenant, `shared` the tenant and its enforcing authority, `world` all tenants of the world.
tenant_rls: dict[str, Literal["own", "shared", "world"]] = {}


def _tenant() -> Column[int]:
    return Column("tenant_id", BigInteger, nullable=False)


def _uuid(*, default: bool = True) -> Column[object]:
    return Column("uuid", UUID(as_uuid=True), nullable=False, server_default=text("gen_random_uuid()") if default else None)


def _instant(name: str, *, nullable: bool = False, now: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=text("clock_timestamp()") if now else None)


world = Table(
    "world",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    _instant("virtual_now", nullable=True),
    CheckConstraint("kind in ('production', 'sandbox')", name="kind"),
    CheckConstraint("(kind = 'sandbox') = (virtual_now is not null)", name="clock"),
)

tenant = Table(
    "tenant",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("world_id", BigInteger, ForeignKey("world.id"), nullable=False),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("world_id", "slug"),
)

resource = Table(
    "resource",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

deployment = Table(
    "deployment",
    metadata,
    Column("world_id", BigInteger, ForeignKey("world.id"), nullable=False),
    Column("id", BigInteger, Identity(), nullable=False),
    _uuid(),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False, server_default=""),
    Column("deployed_by", Text, nullable=False),
    _instant("deployed_at"),
    # Taken back: who, when and why. The row stays, and so do its definitions: the auditor sees them, and no number is given twice.
    _instant("undone_at", nullable=True),
    Column("undone_by", Text),
    Column("undone_reason", Text),
    PrimaryKeyConstraint("world_id", "id"),
    CheckConstraint("(undone_at is null) = (undone_by is null) and (undone_at is null) = (undone_reason is null)", name="undone"),
)

# Files that `check` refused, for a while: who brought them, from where, and what was found. `digest`: of the files, so that the same ones
# refused again renew the row. `findings`: an array of the values of each. Bytes of their own, not a `resource`: those stay for good.
rejected_deployment = Table(
    "rejected_deployment",
    metadata,
    _tenant(),
    Column("id", BigInteger, Identity(), nullable=False),
    _uuid(),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("rejected_by", Text, nullable=False),
    _instant("rejected_at"),
    Column("digest", LargeBinary, nullable=False),
    Column("findings", JSONB, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("warnings", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("uuid", "tenant_id"),
    UniqueConstraint("digest", "rejected_by", "tenant_id"),
    Index("ix_rejected_deployment_rejected_at", "rejected_at", "tenant_id"),
)

rejected_file = Table(
    "rejected_file",
    metadata,
    _tenant(),
    Column("rejection_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "rejection_id", "number"),
    ForeignKeyConstraint(["tenant_id", "rejection_id"], ["rejected_deployment.tenant_id", "rejected_deployment.id"], ondelete="CASCADE"),
)

# kind: bpmn, dmn, form or letter; key: process id, decision id, form id, letter name. A new version only for new content.
definition = Table(
    "definition",
    metadata,
    Column("world_id", BigInteger, ForeignKey("world.id"), nullable=False),
    Column("id", BigInteger, Identity(), nullable=False),
    _uuid(),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("file", Text, nullable=False),
    Column("sha256", LargeBinary, ForeignKey("resource.sha256"), nullable=False),
    Column("deployment_id", BigInteger, nullable=False),
    Column("meta", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("undone", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("world_id", "id"),
    UniqueConstraint("world_id", "kind", "key", "version"),
    UniqueConstraint("world_id", "uuid"),
    ForeignKeyConstraint(["world_id", "deployment_id"], ["deployment.world_id", "deployment.id"]),
    CheckConstraint("kind in ('bpmn', 'dmn', 'form', 'letter')", name="kind"),
    Index("ix_definition_undone", "world_id", postgresql_where=text("undone")),
)

# What an instance keeps while it lives: its process and every process, form and letter it may need, as definition ids.
bundle = Table(
    "bundle",
    metadata,
    Column("world_id", BigInteger, ForeignKey("world.id"), nullable=False),
    Column("id", BigInteger, Identity(), nullable=False),
    Column("process_key", Text, nullable=False),
    Column("definition_ids", ARRAY(BigInteger), nullable=False),
    PrimaryKeyConstraint("world_id", "id"),
    UniqueConstraint("world_id", "process_key", "definition_ids"),
)

process_instance = Table(
    "process_instance",
    metadata,
    _tenant(),
    Column("id", BigInteger, Identity(), nullable=False),
    _uuid(default=False),
    Column("bundle_id", BigInteger, nullable=False),
    Column("process_key", Text, nullable=False),
    Column("business_key", Text, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("variables", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("chain_head", LargeBinary, nullable=False),
    Column("started_by", Text, nullable=False),
    _instant("started_at"),
    _instant("ended_at", nullable=True),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("uuid", "tenant_id"),
    CheckConstraint("status in ('running', 'completed', 'terminated', 'cancelled')", name="status"),
    Index("ix_process_instance_business_key", "business_key", "tenant_id"),
    Index("ix_process_instance_running", "process_key", "tenant_id", postgresql_where=text("status = 'running'")),
    postgresql_with={"fillfactor": 60},
)


def _of_instance() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "instance_id"], ["process_instance.tenant_id", "process_instance.id"])


def _wait(*columns: SchemaItem) -> list[SchemaItem]:
    return [
        _tenant(),
        Column("id", UUID(as_uuid=True), nullable=False),
        Column("instance_id", BigInteger, nullable=False),
        Column("element_id", Text, nullable=False),
        Column("label", Text, nullable=False),
        Column("scope", Text, nullable=False),
        Column("child", BigInteger),
        *columns,
        PrimaryKeyConstraint("tenant_id", "id"),
        _of_instance(),
    ]


# A child of a multi-instance activity with many: its part of the state of the instance. The `child` of a wait names it.
loop_child = Table(
    "loop_child",
    metadata,
    _tenant(),
    Column("instance_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "instance_id", "number"),
    _of_instance(),
    postgresql_with={"fillfactor": 60},
)

OPEN_TASK_ORDER = "coalesce(due_at, timestamptz '9999-01-01 00:00+00')"

user_task = Table(
    "user_task",
    metadata,
    *_wait(
        Column("form", Text),
        Column("assignee", Text),
        Column("candidate_groups", ARRAY(Text), nullable=False),
        Column("candidate_users", ARRAY(Text), nullable=False),
        _instant("due_at", nullable=True),
        _instant("follow_up_at", nullable=True),
        Column("priority", SmallInteger, nullable=False),
        Column("variables", JSONB, nullable=False),
        Column("properties", JSONB, nullable=False),
        _instant("created_at"),
        _instant("ended_at", nullable=True),
        Column("ended_by", Text),
        Column("outcome", Text),
        Index("ix_user_task_instance", "instance_id", "tenant_id"),
        # In the order of the task lists: the most urgent first, those without a date last.
        Index("ix_user_task_open", "tenant_id", text(OPEN_TASK_ORDER), "id", postgresql_where=text("ended_at is null")),
    ),
)

timer = Table(
    "timer",
    metadata,
    *_wait(
        _instant("due_at"),
        Column("parked", Boolean, nullable=False, server_default=text("false")),
        Index("ix_timer_due", "due_at", postgresql_where=text("not parked")),
        Index("ix_timer_instance", "instance_id", "tenant_id"),
    ),
)

job = Table(
    "job",
    metadata,
    *_wait(
        Column("topic", Text, nullable=False),
        Column("variables", JSONB, nullable=False),
        Column("properties", JSONB, nullable=False),
        Column("priority", SmallInteger, nullable=False),
        Column("retries", SmallInteger, nullable=False),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("locked_by", Text),
        _instant("locked_until", nullable=True),
        Column("error", Text),
        Column("error_details", Text),
        Column("last_worker", Text),  # outside, who took it last; kept after a failure
        # Somebody outside has said how many tries are left. Until then a worker outside is told none, and decides itself (Camunda).
        Column("retries_told", Boolean, nullable=False, server_default=text("false")),
        _instant("created_at"),
        # In the order in which jobs are taken.
        Index("ix_job_next", "topic", text("priority desc"), "created_at", postgresql_where=text("retries > 0")),
        Index("ix_job_instance", "instance_id", "tenant_id"),
    ),
)

# kind: message, signal or condition; key: what a message must be correlated with.
subscription = Table(
    "subscription",
    metadata,
    *_wait(
        Column("kind", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("key", Text),
        Column("process_key", Text, nullable=False),
        Index("ix_subscription_name", "key", "name", "tenant_id"),
        Index("ix_subscription_instance", "instance_id", "tenant_id"),
    ),
)

# A start that the clock will make, of the newest version of a process: the next planned time of a timer start event.
# cycle: the rhythm (null: once); number: of the planned time, counted from 1, in the cycle that began at `begun_at`.
# parked: a planned start that failed; its incident decides.
scheduled_start = Table(
    "scheduled_start",
    metadata,
    _tenant(),
    Column("id", UUID(as_uuid=True), nullable=False, server_default=text("gen_random_uuid()")),
    Column("process_key", Text, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("cycle", Text),
    _instant("begun_at"),
    Column("number", Integer, nullable=False),
    _instant("due_at"),
    Column("parked", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("tenant_id", "id"),
    Index("ix_scheduled_start_due", "due_at", postgresql_where=text("not parked")),
)

# A message on its way: written with the sender's commit, delivered in a transaction under the receiver (`tenant_id`).
# instance_id, wait_id: the one receiver of a signal. start_event: the start event of `process_key` that the signal triggers.
outbox = Table(
    "outbox",
    metadata,
    _tenant(),
    Column("id", BigInteger, Identity(), nullable=False),
    Column("message_id", UUID(as_uuid=True), nullable=False, server_default=text("gen_random_uuid()")),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", Text),
    Column("process_key", Text),
    Column("variables", JSONB, nullable=False),
    Column("optional", Boolean, nullable=False),
    Column("sender_tenant_id", BigInteger, nullable=False),
    Column("sender_instance_id", BigInteger),
    Column("instance_id", BigInteger),
    Column("wait_id", UUID(as_uuid=True)),
    Column("start_event", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("parked", Boolean, nullable=False, server_default=text("false")),
    _instant("created_at", now=True),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("message_id", "tenant_id"),
    Index("ix_outbox_waiting", "id", postgresql_where=text("not parked")),
)

incident = Table(
    "incident",
    metadata,
    _tenant(),
    Column("id", BigInteger, Identity(), nullable=False),
    _uuid(),
    Column("instance_id", BigInteger),
    Column("kind", Text, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("wait_id", UUID(as_uuid=True)),
    Column("message", Text, nullable=False),
    _instant("opened_at"),
    _instant("resolved_at", nullable=True),
    Column("resolved_by", Text),
    Column("resolution", Text),
    PrimaryKeyConstraint("tenant_id", "id"),
    _of_instance(),
    Index("ix_incident_of_instance", "instance_id", "tenant_id", postgresql_where=text("resolved_at is null")),
    Index("ix_incident_open", "tenant_id", "id", postgresql_where=text("resolved_at is null")),
    CheckConstraint("kind in ('job', 'timer', 'message', 'step', 'start')", name="kind"),
)

# One row per command. `payload` is canonical JSON of stimulus, events and resolved versions; hash = sha256(previous || payload).
history = Table(
    "history",
    metadata,
    _tenant(),
    Column("instance_id", BigInteger, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    _instant("effective_at"),
    _instant("recorded_at", now=True),
    Column("payload", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "instance_id", "seq"),
    _of_instance(),
)

tenant_rls |= {
    table.name: "own"
    for table in (
        rejected_deployment, rejected_file, process_instance, loop_child, user_task, timer, job, subscription, scheduled_start, incident, history,
    )
}  # fmt: skip
tenant_rls["outbox"] = "world"
APPEND_ONLY = {"history"}
