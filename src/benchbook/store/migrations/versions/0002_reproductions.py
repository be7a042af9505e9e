"""Runs that carry out another run once more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Say which run that is."""
    op.add_column("runs", sa.Column("reproduces", TEXT))
