"""The first schema: tables of all rooms, functions, row-level security, grants, append-only triggers."""

from __future__ import annotations

from alembic import op

from api import migrations, tables
from engine import db

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ME = "nullif(current_setting('app.tenant', true), '')::bigint"
POLICIES = {
    "own": (f"tenant_id = {ME}", f"tenant_id = {ME}"),
    "shared": (f"tenant_id = {ME} or enforcing_tenant_id = {ME}", f"tenant_id = {ME} or enforcing_tenant_id = {ME}"),
    # A message may be written to another city of the same cooperation, and is read by its receiver only.
    "world": (
        f"tenant_id = {ME}",
        f"tenant_id = {ME} or tenant_id in (select o.id from tenant o join tenant m on m.world_id = o.world_id where m.id = {ME})",
    ),
}


def upgrade() -> None:
    connection = op.get_bind()
    tables.metadata.create_all(connection)
    role = db.APP_ROLE
    exists = connection.exec_driver_sql(f"select 1 from pg_roles where rolname = '{role}'").scalar()
    if not exists:
        connection.exec_driver_sql(f"create role {role} nologin nosuperuser nobypassrls")
    migrations.refresh_functions(connection)
    connection.exec_driver_sql(f"grant usage on schema public to {role}")
    for name in tables.metadata.tables:
        rights = "select, insert" if name in tables.APPEND_ONLY else "select, insert, update, delete"
        connection.exec_driver_sql(f'grant {rights} on "{name}" to {role}')
    connection.exec_driver_sql(f"grant usage on all sequences in schema public to {role}")
    for name, kind in tables.tenant_rls.items():
        using, check = POLICIES[kind]
        connection.exec_driver_sql(f'alter table "{name}" enable row level security')
        connection.exec_driver_sql(f'create policy tenants on "{name}" using ({using}) with check ({check})')
    for name in tables.APPEND_ONLY:
        connection.exec_driver_sql(
            f'create trigger append_only before update or delete or truncate on "{name}" for each statement execute function refuse_change()'
        )


def downgrade() -> None:
    raise RuntimeError("the first schema is not taken back; restore a backup instead")
