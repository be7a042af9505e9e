"""Code that judges the same answer in another run speaks again; verdicts are found by the second of two answers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Let code say the same of an answer once in every run, and find pairs by either answer."""
    op.drop_index("scores_code_once", "scores")
    once = ["generation_id", "name", "author_id", "author_version", "run_id"]
    code = sa.text("author = 'code'")
    op.create_index("scores_code_once", "scores", once, unique=True, sqlite_where=code, postgresql_where=code)
    pair = sa.text("other_generation_id IS NOT NULL")
    op.create_index("scores_other", "scores", ["other_generation_id"], sqlite_where=pair, postgresql_where=pair)
