"""Children of multi-instance activities with many of them, a row each."""

from __future__ import annotations

from alembic import op

from api import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("user_task", "timer", "job", "subscription"):
        op.execute(f"alter table {table} add column if not exists child bigint")
    migrations.create_missing_tables(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("a schema is not taken back; restore a backup instead")
