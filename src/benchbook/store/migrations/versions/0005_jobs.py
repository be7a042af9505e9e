"""The queue: what waits for a worker, who works on it, and until when that holds."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text()
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "jobs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("not_before", TIME),
        sa.Column("gpus", sa.Integer),
        sa.Column("after", JSON, nullable=False),
        sa.Column("alone", TEXT, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("crashes", sa.Integer, nullable=False),
        sa.Column("stop_requested", sa.Boolean, nullable=False),
        sa.Column("node", TEXT),
        sa.Column("worker", TEXT),
        sa.Column("process", TEXT),
        sa.Column("slots", JSON, nullable=False),
        sa.Column("lease_until", TIME),
        sa.Column("started_at", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("error", TEXT),
        sa.Column("spec", JSON, nullable=False),
        sa.Column("result", JSON),
        sa.PrimaryKeyConstraint("id", name="jobs_pk"),
    )
    waiting = sa.text("status IN ('queued', 'running')")
    op.create_index("jobs_open", "jobs", ["status"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("jobs_subject", "jobs", ["subject", "id"])
    once = sa.text("kind = 'run' AND status IN ('queued', 'running')")
    op.create_index("jobs_run_once", "jobs", ["subject"], unique=True, sqlite_where=once, postgresql_where=once)
