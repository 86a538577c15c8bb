"""Files that people and programs bring, with their bytes once per tenant and content."""

from __future__ import annotations

from alembic import op

from api import migrations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_missing_tables(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("a schema is not taken back; restore a backup instead")
