"""Alembic's entry: runs on the connection that `gateway.store.migrate` hands over."""

from alembic import context

from gateway.store.migrate import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
