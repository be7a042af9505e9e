"""Verdicts over two answers, by a rubric, and in place of an earlier one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Say which other answer was looked at, by which rubric, and what no longer counts."""
    for name in ("other_generation_id", "rubric", "supersedes"):
        op.add_column("scores", sa.Column(name, TEXT))
