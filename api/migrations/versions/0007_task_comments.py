"""Comments on user tasks: notes that know their task."""

from __future__ import annotations

from alembic import op

from api import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table note add column if not exists task_id uuid")
    op.execute("create index if not exists note_task on note (task_id, tenant_id) where task_id is not null")
    migrations.create_missing_tables(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("a schema is not taken back; restore a backup instead")
