"""The tables: one a noun, a column for each field that is asked for, and bodies as JSON.

Columns are named after the record's fields. One with a path repeats something from within a body, so that questions
need not open it. Bodies stand last: what stands before them is read without them.
"""

from typing import Any

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint, text
from sqlalchemy.types import TypeEngine

from benchbook.store.columns import AnyText, JsonText, UtcTime

SCHEMA = "0011"
"""The version of these tables: the newest of `migrations/versions`."""

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    }
)


def _id() -> Column[str]:
    return Column("id", AnyText, primary_key=True)


def _part(name: str, foreign: str = "") -> Column[Any]:
    """A part of a key that names the row in place of an id."""
    return Column(name, AnyText, *([ForeignKey(foreign)] if foreign else []), primary_key=True)


def _in(table: str, name: str) -> Column[str]:
    return Column(name, AnyText, ForeignKey(f"{table}.id"), nullable=False)


def _field(name: str, kind: type[TypeEngine[Any]], path: str = "") -> Column[Any]:
    return Column(name, kind, nullable=False, info={"path": path or name})


def _optional(name: str, kind: type[TypeEngine[Any]], path: str = "") -> Column[Any]:
    return Column(name, kind, info={"path": path or name})


def _only_where(condition: str) -> dict[str, Any]:
    """For PostgreSQL the same is said once it is needed: SQLAlchemy would import all of its drivers."""
    return {"sqlite_where": text(condition)}


def made_for_postgresql() -> None:
    """See to it that the tables can be made there."""
    for index in (index for table in metadata.sorted_tables for index in table.indexes):
        index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]


datasets = Table(
    "datasets",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _field("name", AnyText),
    _field("version", AnyText),
    _field("size", Integer),
    _field("reader", JsonText),
    _field("slices", JsonText),
    UniqueConstraint("version"),
)

samples = Table(
    "samples",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _in("datasets", "dataset_id"),
    _field("position", Integer),
    _field("key", AnyText, "row.key"),
    _field("slices", JsonText, "row.slices"),
    _field("row", JsonText),
    UniqueConstraint("dataset_id", "key"),
    UniqueConstraint("dataset_id", "position"),
)

experiments = Table(
    "experiments",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _field("name", AnyText),
    _field("fingerprint", AnyText),
    _field("spec", JsonText),
    Index("experiments_name", "name", "id"),
)

artifacts = Table(
    "artifacts",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _in("experiments", "experiment_id"),
    _field("name", AnyText),
    _field("media_type", AnyText),
    _field("sha256", AnyText),
    _field("size", Integer),
    Index("artifacts_experiment", "experiment_id", "id"),
)

runs = Table(
    "runs",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _in("experiments", "experiment_id"),
    _field("position", Integer),
    _in("datasets", "dataset_id"),
    _field("fingerprint", AnyText),
    _optional("model", AnyText),
    _optional("task", AnyText),
    _optional("rubric", AnyText),
    _field("status", AnyText),
    _field("attempt", Integer),
    _field("total", Integer),
    _optional("reproduces", AnyText),
    _optional("error", AnyText),
    _optional("started_at", UtcTime),
    _optional("finished_at", UtcTime),
    _optional("stopped", JsonText),
    _field("environment", JsonText),
    _field("spec", JsonText),
    UniqueConstraint("experiment_id", "position"),
)

run_events = Table(
    "run_events",
    metadata,
    _part("run_id", "runs.id"),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    _field("id", AnyText),
    _field("created_at", UtcTime),
    _field("attempt", Integer),
    _field("kind", AnyText),
    _field("subject", AnyText),
    _field("body", JsonText),
    # A run begins, warns and ends a few times; that a sample is done happens by the hundred thousand.
    Index("run_events_rare", "run_id", "kind", "seq", **_only_where("kind <> 'sample_done'")),
)

generations = Table(
    "generations",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _in("runs", "run_id"),
    _in("samples", "sample_id"),
    _field("epoch", Integer),
    # Which attempt of the run brought it: a later one may replace what failed.
    _field("attempt", Integer),
    _optional("cost", Double),
    _optional("error", AnyText),
    _optional("stop_reason", AnyText),
    _optional("latency", Double),
    _optional("input_tokens", Integer),
    _optional("output_tokens", Integer),
    _optional("cached", Boolean),
    _field("prompt", JsonText),
    _optional("output", JsonText),
    UniqueConstraint("run_id", "sample_id", "epoch"),
    Index("generations_failed", "run_id", **_only_where("error IS NOT NULL")),
    Index("generations_latency", "run_id", "latency", **_only_where("latency IS NOT NULL")),
    Index("generations_cost", "run_id", "cost", **_only_where("cost IS NOT NULL")),
)

scores = Table(
    "scores",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _in("runs", "run_id"),
    _in("generations", "generation_id"),
    _field("author", AnyText),
    _field("author_id", AnyText),
    _field("author_version", AnyText),
    _field("name", AnyText, "verdict.name"),
    _optional("value", Double, "verdict.value"),
    _optional("label", AnyText, "verdict.label"),
    _optional("error", AnyText, "verdict.error"),
    _optional("other_generation_id", AnyText),
    _optional("rubric", AnyText),
    _optional("supersedes", AnyText),
    _field("verdict", JsonText),
    Index("scores_generation", "generation_id", "run_id", "name"),
    Index("scores_other", "other_generation_id", **_only_where("other_generation_id IS NOT NULL")),
    Index("scores_run", "run_id", "name", "value", "label", "generation_id"),
    # What people say has no part in comparisons, and is taken out of what all say.
    Index("scores_human", "run_id", "author", "name", "value", "generation_id", **_only_where("author = 'human'")),
    Index("scores_supersedes", "supersedes", **_only_where("supersedes IS NOT NULL")),
    # The same code says the same of the same answer: it speaks once in a run. Models and people may speak again.
    Index(
        "scores_code_once",
        "generation_id",
        "name",
        "author_id",
        "author_version",
        "run_id",
        unique=True,
        **_only_where("author = 'code'"),
    ),
)

metrics = Table(
    "metrics",
    metadata,
    _part("run_id", "runs.id"),
    _part("name"),
    _part("score"),
    _part("slice"),
    _field("id", AnyText),
    _field("created_at", UtcTime),
    _optional("value", Double),
    _optional("low", Double),
    _optional("high", Double),
    _field("n", Integer),
    _field("excluded", Integer),
)

users = Table(
    "users",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _field("name", AnyText),
    _field("role", AnyText),
    _field("disabled", Boolean),
    # No field of the record: what is shown to nobody is not in it.
    Column("password", AnyText),
    UniqueConstraint("name"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _in("users", "user_id"),
    _field("name", AnyText),
    _field("scopes", JsonText),
    _optional("last_used_at", UtcTime),
    _optional("revoked_at", UtcTime),
    Column("sha256", AnyText, nullable=False),
    UniqueConstraint("sha256"),
    Index("api_keys_user", "user_id", "id"),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _in("users", "user_id"),
    _field("kind", AnyText),
    _field("expires_at", UtcTime),
    Column("sha256", AnyText, nullable=False),
    UniqueConstraint("sha256"),
    Index("sessions_user", "user_id"),
)

jobs = Table(
    "jobs",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _field("kind", AnyText),
    _field("subject", AnyText),
    _optional("title", AnyText),
    _field("status", AnyText),
    _field("priority", Integer),
    _optional("not_before", UtcTime),
    _optional("gpus", Integer),
    _field("after", JsonText),
    _field("alone", AnyText),
    _field("attempt", Integer),
    _field("crashes", Integer),
    _field("stop_requested", Boolean),
    _optional("node", AnyText),
    _optional("worker", AnyText),
    _optional("process", AnyText),
    _field("slots", JsonText),
    _optional("lease_until", UtcTime),
    _optional("started_at", UtcTime),
    _optional("finished_at", UtcTime),
    _optional("error", AnyText),
    _field("spec", JsonText),
    _optional("result", JsonText),
    Index("jobs_open", "status", **_only_where("status IN ('queued', 'running')")),
    Index("jobs_subject", "subject", "id"),
    # A run waits once: whoever queues it a second time is told so.
    Index("jobs_run_once", "subject", unique=True, **_only_where("kind = 'run' AND status IN ('queued', 'running')")),
)

reviews = Table(
    "reviews",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _field("name", AnyText),
    _field("status", AnyText),
    _optional("closed_at", UtcTime),
    _field("learnt", Integer),
    _field("waves", Integer),
    _field("spec", JsonText),
    UniqueConstraint("name"),
)

review_items = Table(
    "review_items",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _in("reviews", "review_id"),
    _in("generations", "generation_id"),
    _optional("other_generation_id", AnyText),
    _in("samples", "sample_id"),
    _field("wave", Integer),
    _field("wanted", Integer),
    _field("votes", Integer),
    _field("status", AnyText),
    _optional("position", Integer),
    _optional("chance", Double),
    _optional("judged", Double),
    _field("unsure", Double),
    _field("reasons", JsonText),
    Index("review_items_status", "review_id", "status", "position"),
    Index("review_items_generation", "generation_id"),
)

assignments = Table(
    "assignments",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _in("reviews", "review_id"),
    _in("review_items", "item_id"),
    _field("reviewer", AnyText),
    _field("role", AnyText),
    _field("status", AnyText),
    _field("lease_until", UtcTime),
    _field("swapped", Boolean),
    _field("rounds", Integer),
    _field("opened_at", UtcTime),
    _optional("done_at", UtcTime),
    _field("seconds", Double),
    _optional("reason", AnyText),
    _optional("draft", JsonText),
    _optional("first", JsonText),
    _field("score_ids", JsonText),
    # A person has an item once, whatever two processes try at the same time.
    UniqueConstraint("item_id", "reviewer"),
    Index("assignments_reviewer", "review_id", "reviewer", "status"),
)

baselines = Table(
    "baselines",
    metadata,
    _id(),
    _field("created_at", UtcTime),
    _field("name", AnyText),
    _field("task", AnyText),
    _field("model", AnyText),
    _field("branch", AnyText),
    Column("run_id", AnyText, ForeignKey("runs.id"), info={"path": "run_id"}),
    _optional("sha256", AnyText),
    _field("removed", Boolean),
    Index("baselines_name", "name", "id"),
)
