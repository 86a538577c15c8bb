"""Rejected deployments: their files and findings, for a while."""

from __future__ import annotations

from alembic import op

from api import migrations

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_missing_tables(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("a schema is not taken back; restore a backup instead")
