"""Bearer tokens of programs."""

from __future__ import annotations

from alembic import op

from api import migrations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_missing_tables(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("a schema is not taken back; restore a backup instead")
