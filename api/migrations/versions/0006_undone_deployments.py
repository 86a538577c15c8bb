"""Deployments that were taken back: who, when and why; their definitions stay, marked."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MARKED = "(undone_at is null) = (undone_by is null) and (undone_at is null) = (undone_reason is null)"


def upgrade() -> None:
    op.execute("alter table deployment add column if not exists undone_at timestamptz")
    op.execute("alter table deployment add column if not exists undone_by text")
    op.execute("alter table deployment add column if not exists undone_reason text")
    op.execute("alter table deployment drop constraint if exists ck_deployment_undone")
    op.execute(f"alter table deployment add constraint ck_deployment_undone check ({MARKED})")
    op.execute("alter table definition add column if not exists undone boolean not null default false")
    op.execute("create index if not exists ix_definition_undone on definition (world_id) where undone")


def downgrade() -> None:
    raise RuntimeError("a schema is not taken back; restore a backup instead")
