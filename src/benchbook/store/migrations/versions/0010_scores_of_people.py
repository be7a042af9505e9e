"""An index of what people say of a run's answers: comparisons leave it out."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the index."""
    human = sa.text("author = 'human'")
    columns = ["run_id", "author", "name", "value", "generation_id"]
    op.create_index("scores_human", "scores", columns, sqlite_where=human, postgresql_where=human)
