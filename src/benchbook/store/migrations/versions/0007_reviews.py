"""Reviews: what people look at, and who has what on the table. What stands in place of a score is found by it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text()
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _reviews()
    _items()
    _assignments()
    later = sa.text("supersedes IS NOT NULL")
    op.create_index("scores_supersedes", "scores", ["supersedes"], sqlite_where=later, postgresql_where=later)


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("closed_at", TIME),
        sa.Column("learnt", sa.Integer, nullable=False),
        sa.Column("waves", sa.Integer, nullable=False),
        sa.Column("spec", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="reviews_pk"),
        sa.UniqueConstraint("name", name="reviews_name_key"),
    )


def _items() -> None:
    op.create_table(
        "review_items",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("review_id", TEXT, nullable=False),
        sa.Column("generation_id", TEXT, nullable=False),
        sa.Column("other_generation_id", TEXT),
        sa.Column("sample_id", TEXT, nullable=False),
        sa.Column("wave", sa.Integer, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("votes", sa.Integer, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("chance", sa.Double),
        sa.Column("judged", sa.Double),
        sa.Column("unsure", sa.Double, nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="review_items_pk"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="review_items_review_id_fk"),
        sa.ForeignKeyConstraint(["generation_id"], ["generations.id"], name="review_items_generation_id_fk"),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name="review_items_sample_id_fk"),
    )
    op.create_index("review_items_status", "review_items", ["review_id", "status", "position"])
    op.create_index("review_items_generation", "review_items", ["generation_id"])


def _assignments() -> None:
    op.create_table(
        "assignments",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("review_id", TEXT, nullable=False),
        sa.Column("item_id", TEXT, nullable=False),
        sa.Column("reviewer", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("lease_until", TIME, nullable=False),
        sa.Column("swapped", sa.Boolean, nullable=False),
        sa.Column("rounds", sa.Integer, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("done_at", TIME),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("reason", TEXT),
        sa.Column("draft", JSON),
        sa.Column("first", JSON),
        sa.Column("score_ids", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="assignments_pk"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="assignments_review_id_fk"),
        sa.ForeignKeyConstraint(["item_id"], ["review_items.id"], name="assignments_item_id_fk"),
        sa.UniqueConstraint("item_id", "reviewer", name="assignments_item_id_reviewer_key"),
    )
    op.create_index("assignments_reviewer", "assignments", ["review_id", "reviewer", "status"])
