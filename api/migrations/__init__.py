"""Bring a database to the state of this version: one Alembic history for the tables of all rooms."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL

from engine import db

HERE = Path(__file__).parent
SQL = HERE.parents[1] / "engine" / "sql"


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, on an open connection of the owner."""
    made = Config()
    made.set_main_option("script_location", str(HERE))
    made.attributes["connection"] = connection
    return made


def migrate(owner: URL | Engine) -> str:
    """Upgrade to the newest revision as the owner of the tables; return its name."""
    engine = owner if isinstance(owner, Engine) else create_engine(owner)
    with engine.begin() as connection:
        command.upgrade(config(connection), "head")
        refresh_functions(connection)
    if not isinstance(owner, Engine):
        engine.dispose()
    return newest()


def refresh_functions(connection: Connection) -> None:
    """Bring the database's functions to the text of this version; only the application role may call them."""
    for file in sorted(SQL.glob("*.sql")):
        connection.exec_driver_sql(file.read_text(encoding="utf-8").replace("%", "%%"))
    connection.exec_driver_sql("revoke execute on all functions in schema public from public")
    connection.exec_driver_sql(f"grant execute on all functions in schema public to {db.APP_ROLE}")


def newest() -> str:
    """Return the newest revision this version of the program knows."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""
