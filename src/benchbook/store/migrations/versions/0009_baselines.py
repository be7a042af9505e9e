"""Baselines: which run is which, and was; and why a run was stopped before all was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table, and the column."""
    op.create_table(
        "baselines",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("task", TEXT, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("branch", TEXT, nullable=False),
        sa.Column("run_id", TEXT),
        sa.Column("sha256", TEXT),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="baselines_pk"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="baselines_run_id_fk"),
    )
    op.create_index("baselines_name", "baselines", ["name", "id"])
    op.add_column("runs", sa.Column("stopped", sa.Text()))
