"""An index of what happens rarely in a run: of a hundred thousand events nobody looks through all for a warning."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the index."""
    rare = sa.text("kind <> 'sample_done'")
    columns = ["run_id", "kind", "seq"]
    op.create_index("run_events_rare", "run_events", columns, sqlite_where=rare, postgresql_where=rare)
