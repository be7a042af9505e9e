"""How Alembic runs our migrations: on the connection it is handed, within its transaction."""

from alembic import context

from benchbook.store.database import VERSION_TABLE
from benchbook.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    # SQLite changes most things about a table by copying it.
    render_as_batch=True,
)
context.run_migrations()
