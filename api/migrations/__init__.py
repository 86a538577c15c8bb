"""Bring a database to the state of this version: one Alembic history for the tables of all rooms."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect
from sqlalchemy.engine import URL

from api import tables
from engine import db

HERE = Path(__file__).parent
SQL = HERE.parents[1] / "engine" / "sql"
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


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, on an open connection of the owner."""
    made = Config()
    made.set_main_option("script_location", str(HERE))
    made.attributes["connection"] = connection
    return made


def migrate(owner: URL | Engine) -> str:
    """Upgrade to the newest revision as the owner of the tables; return its name. Who asks for the same meanwhile, waits."""
    engine = owner if isinstance(owner, Engine) else create_engine(owner)
    with engine.begin() as connection:
        # Web server and worker begin together, and PostgreSQL lets only one of them replace a function.
        connection.exec_driver_sql("select pg_advisory_xact_lock(hashtextextended('migrate', 0))")
        command.upgrade(config(connection), "head")
        refresh_functions(connection)
    if not isinstance(owner, Engine):
        engine.dispose()
    return newest()


def create_missing_tables(connection: Connection) -> None:
    """Create every table that the database lacks, with grants, row-level security and append-only trigger.

    Each revision that brings new tables calls this: on a new database the first revision has made them all already.
    """
    there = set(inspect(connection).get_table_names())
    missing = [table for table in tables.metadata.sorted_tables if table.name not in there]
    tables.metadata.create_all(connection, tables=missing)
    refresh_functions(connection)  # some read these tables, and the triggers below call one
    for table in missing:
        name = table.name
        rights = "select, insert" if name in tables.APPEND_ONLY else "select, insert, update, delete"
        connection.exec_driver_sql(f'grant {rights} on "{name}" to {db.APP_ROLE}')
        if name in tables.tenant_rls:
            using, check = POLICIES[tables.tenant_rls[name]]
            connection.exec_driver_sql(f'alter table "{name}" enable row level security')
            connection.exec_driver_sql(f'create policy tenants on "{name}" using ({using}) with check ({check})')
        if name in tables.APPEND_ONLY:
            connection.exec_driver_sql(
                f'create trigger append_only before update or delete or truncate on "{name}" for each statement execute function refuse_change()'
            )
    connection.exec_driver_sql(f"grant usage on all sequences in schema public to {db.APP_ROLE}")


def refresh_functions(connection: Connection) -> None:
    """Bring the database's functions to the text of this version; only the application role may call them."""
    for file in sorted(SQL.glob("*.sql")):
        connection.exec_driver_sql(file.read_text(encoding="utf-8").replace("%", "%%"))
    connection.exec_driver_sql("revoke execute on all functions in schema public from public")
    connection.exec_driver_sql(f"grant execute on all functions in schema public to {db.APP_ROLE}")


def newest() -> str:
    """Return the newest revision this version of the program knows."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""
