"""Alembic's entry: run on the connection that `migrate` opened."""

from alembic import context

from api import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
