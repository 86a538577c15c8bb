"""Scheduled starts of processes, and signals addressed to one receiver each."""

from __future__ import annotations

from alembic import op

from api import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(
        "alter table outbox add column if not exists instance_id bigint, add column if not exists wait_id uuid,"
        " add column if not exists start_event text"
    )
    connection.exec_driver_sql("alter table incident drop constraint ck_incident_kind")
    connection.exec_driver_sql(
        "alter table incident add constraint ck_incident_kind check (kind in ('job', 'timer', 'message', 'step', 'start'))"
    )
    migrations.create_missing_tables(connection)


def downgrade() -> None:
    raise RuntimeError("a schema is not taken back; restore a backup instead")
