"""Who outside took a job last, to be named after a failure."""

from __future__ import annotations

from alembic import op

from api import migrations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table job add column if not exists last_worker text")
    migrations.create_missing_tables(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("a schema is not taken back; restore a backup instead")
