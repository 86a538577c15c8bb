"""Jobs for programs outside: details of a failure, tries told, and an index in the order in which jobs are taken."""

from __future__ import annotations

from alembic import op

from api import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table job add column if not exists error_details text")
    op.execute("alter table job add column if not exists retries_told boolean not null default false")
    op.execute("drop index if exists ix_job_open")
    op.execute("create index if not exists ix_job_next on job (topic, priority desc, created_at) where retries > 0")
    migrations.create_missing_tables(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("a schema is not taken back; restore a backup instead")
