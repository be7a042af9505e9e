"""The first tables: data sets, experiments and runs, and what comes of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text()
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    _data()
    _plans()
    _results()
    _figures()


def _data() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("reader", JSON, nullable=False),
        sa.Column("slices", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="datasets_pk"),
        sa.UniqueConstraint("version", name="datasets_version_key"),
    )
    op.create_table(
        "samples",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("dataset_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("slices", JSON, nullable=False),
        sa.Column("row", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="samples_pk"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="samples_dataset_id_fk"),
        sa.UniqueConstraint("dataset_id", "key", name="samples_dataset_id_key_key"),
        sa.UniqueConstraint("dataset_id", "position", name="samples_dataset_id_position_key"),
    )


def _plans() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("spec", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="experiments_pk"),
    )
    op.create_index("experiments_name", "experiments", ["name", "id"])
    op.create_table(
        "artifacts",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("experiment_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("media_type", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="artifacts_pk"),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiments.id"], name="artifacts_experiment_id_fk"),
    )
    op.create_index("artifacts_experiment", "artifacts", ["experiment_id", "id"])
    op.create_table(
        "runs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("experiment_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("dataset_id", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("error", TEXT),
        sa.Column("started_at", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("environment", JSON, nullable=False),
        sa.Column("spec", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="runs_pk"),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiments.id"], name="runs_experiment_id_fk"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="runs_dataset_id_fk"),
        sa.UniqueConstraint("experiment_id", "position", name="runs_experiment_id_position_key"),
    )


def _results() -> None:
    op.create_table(
        "run_events",
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "seq", name="run_events_pk"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="run_events_run_id_fk"),
    )
    op.create_table(
        "generations",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("sample_id", TEXT, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("cost", sa.Double),
        sa.Column("error", TEXT),
        sa.Column("prompt", JSON, nullable=False),
        sa.Column("output", JSON),
        sa.PrimaryKeyConstraint("id", name="generations_pk"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="generations_run_id_fk"),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name="generations_sample_id_fk"),
        sa.UniqueConstraint("run_id", "sample_id", "epoch", name="generations_run_id_sample_id_epoch_key"),
    )
    op.create_index(
        "generations_failed",
        "generations",
        ["run_id"],
        sqlite_where=sa.text("error IS NOT NULL"),
        postgresql_where=sa.text("error IS NOT NULL"),
    )


def _figures() -> None:
    op.create_table(
        "scores",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("generation_id", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("author_id", TEXT, nullable=False),
        sa.Column("author_version", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("label", TEXT),
        sa.Column("error", TEXT),
        sa.Column("verdict", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="scores_pk"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="scores_run_id_fk"),
        sa.ForeignKeyConstraint(["generation_id"], ["generations.id"], name="scores_generation_id_fk"),
    )
    op.create_index("scores_generation", "scores", ["generation_id"])
    op.create_index("scores_run", "scores", ["run_id", "name"])
    op.create_index(
        "scores_code_once",
        "scores",
        ["generation_id", "name", "author_id", "author_version"],
        unique=True,
        sqlite_where=sa.text("author = 'code'"),
        postgresql_where=sa.text("author = 'code'"),
    )
    op.create_table(
        "metrics",
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("score", TEXT, nullable=False),
        sa.Column("slice", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("low", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("excluded", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "name", "score", "slice", name="metrics_pk"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="metrics_run_id_fk"),
    )
