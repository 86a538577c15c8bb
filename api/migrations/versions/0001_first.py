"""The first schema: tables of all rooms, functions, row-level security, grants, append-only triggers."""

from __future__ import annotations

from alembic import op

from api import migrations
from engine import db

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    role = db.APP_ROLE
    exists = connection.exec_driver_sql(f"select 1 from pg_roles where rolname = '{role}'").scalar()
    if not exists:
        connection.exec_driver_sql(f"create role {role} nologin nosuperuser nobypassrls")
    connection.exec_driver_sql(f"grant usage on schema public to {role}")
    migrations.create_missing_tables(connection)


def downgrade() -> None:
    raise RuntimeError("the first schema is not taken back; restore a backup instead")
