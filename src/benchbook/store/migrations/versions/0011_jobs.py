"""What jobs are called in lists."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_OF_RUNS = """
UPDATE jobs SET title = (SELECT runs.model || ' on ' || runs.task FROM runs WHERE runs.id = jobs.subject)
WHERE kind = 'run'
"""


def upgrade() -> None:
    """Add the column; runs that were queued before have the names of model and task."""
    op.add_column("jobs", sa.Column("title", TEXT))
    op.execute(_OF_RUNS)
