"""What lists show of runs and answers without opening them; users, their keys and sessions."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from benchbook.store.columns import AnyText

revision = "0006"
down_revision = "0005"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)

_PAGE = 500

Values = Mapping[str, Any]


def upgrade() -> None:
    """Add the columns, and fill them from the bodies."""
    _add_to_runs()
    _add_to_generations()
    _replace_indexes_of_scores()
    _make_users()


def _add_to_runs() -> None:
    for name in ("model", "task", "rubric"):
        op.add_column("runs", sa.Column(name, TEXT))
    _fill("runs", "spec", _of_run, ("model", "task", "rubric"))


def _add_to_generations() -> None:
    op.add_column("generations", sa.Column("stop_reason", TEXT))
    op.add_column("generations", sa.Column("latency", sa.Double()))
    op.add_column("generations", sa.Column("input_tokens", sa.Integer()))
    op.add_column("generations", sa.Column("output_tokens", sa.Integer()))
    op.add_column("generations", sa.Column("cached", sa.Boolean()))
    names = ("stop_reason", "latency", "input_tokens", "output_tokens", "cached")
    _fill("generations", "output", _of_generation, names)
    for name in ("latency", "cost"):
        known = sa.text(f"{name} IS NOT NULL")
        columns = ["run_id", name]
        op.create_index(f"generations_{name}", "generations", columns, sqlite_where=known, postgresql_where=known)


def _replace_indexes_of_scores() -> None:
    op.drop_index("scores_generation", "scores")
    op.create_index("scores_generation", "scores", ["generation_id", "run_id", "name"])
    op.drop_index("scores_run", "scores")
    op.create_index("scores_run", "scores", ["run_id", "name", "value", "label", "generation_id"])


def _make_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("password", TEXT),
        sa.PrimaryKeyConstraint("id", name="users_pk"),
        sa.UniqueConstraint("name", name="users_name_key"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("last_used_at", TIME),
        sa.Column("revoked_at", TIME),
        sa.Column("sha256", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="api_keys_pk"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="api_keys_user_id_fk"),
        sa.UniqueConstraint("sha256", name="api_keys_sha256_key"),
    )
    op.create_index("api_keys_user", "api_keys", ["user_id", "id"])
    op.create_table(
        "sessions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="sessions_pk"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="sessions_user_id_fk"),
        sa.UniqueConstraint("sha256", name="sessions_sha256_key"),
    )
    op.create_index("sessions_user", "sessions", ["user_id"])


def _fill(table: str, body: str, values: Callable[[Any], Values], names: tuple[str, ...]) -> None:
    """Fill columns from the body of every row, a page at a time."""
    connection = op.get_bind()
    page = sa.text(f"SELECT id, {body} FROM {table} WHERE id > :after ORDER BY id LIMIT {_PAGE}")  # noqa: S608 - ours
    changes = ", ".join(f"{name} = :{name}" for name in names)
    change = sa.text(f"UPDATE {table} SET {changes} WHERE id = :id")  # noqa: S608 - ours
    after = ""
    while rows := connection.execute(page, {"after": after}).all():
        after = rows[-1].id
        filled = [{"id": key, **values(json.loads(text))} for key, text in rows if text is not None]
        if filled:
            connection.execute(change, filled)


def _of_run(spec: Any) -> Values:
    judging = spec.get("judging")
    rubric = judging["rubric"]["name"] if judging else None
    return {"model": _kept(spec["model"]["name"]), "task": _kept(spec["task"]["name"]), "rubric": rubric}


def _of_generation(output: Any) -> Values:
    usage = output.get("usage", {})
    return {
        "stop_reason": output.get("stop_reason", "unknown"),
        "latency": output.get("latency", 0.0),
        "input_tokens": usage.get("input_tokens", 0),
        "output_tokens": usage.get("output_tokens", 0),
        "cached": bool(output.get("cached", False)),
    }


def _kept(text: str) -> str:
    """Text as `AnyText` keeps it."""
    kept = AnyText().process_bind_param(text, op.get_bind().dialect)
    return kept or ""
