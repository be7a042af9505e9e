import os
import pwd
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, make_url, text

from benchbook.errors import StoreError
from benchbook.records.jobs import Job
from benchbook.store import pages, queue, sample_pages, views
from benchbook.store.blobs import Blobs
from benchbook.store.database import MIGRATIONS, VERSION_TABLE
from benchbook.store.store import Store
from benchbook.store.tables import SCHEMA, metadata
from databases import postgresql_database
from store.planned import NOW, answered, failed, queued, rows, running
from store.writers import go, writers

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "store.md"


@pytest.fixture(params=["sqlite", "postgresql"])
def nowhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that has never been opened, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/made/on the way/benchbook.db"
        return
    with postgresql_database(request.getfixturevalue("postgresql")) as url:
        yield url


def test_a_first_start_makes_everything(nowhere: str, tmp_path: Path) -> None:
    with Store.open(nowhere, tmp_path / "blobs") as store:
        [run] = queued(store, rows(1))
    with Store.open(nowhere, tmp_path / "blobs") as store:
        assert views.run(store, run.id) == run


def test_the_migrations_make_the_tables_that_a_first_start_makes(nowhere: str, tmp_path: Path) -> None:
    with Store.open(nowhere, tmp_path / "blobs") as store, store.reading() as connection:
        made = described(connection)
    with Store.open(nowhere, tmp_path / "blobs") as store, store.writing() as connection:
        for table in (VERSION_TABLE, *(table.name for table in reversed(metadata.sorted_tables))):
            connection.execute(text(f"DROP TABLE {table}"))
        migrations = Config()
        migrations.set_main_option("script_location", str(MIGRATIONS))
        migrations.attributes["connection"] = connection
        command.upgrade(migrations, "0001")
    with Store.open(nowhere, tmp_path / "blobs") as store, store.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        assert described(connection) == made


def test_what_lists_show_is_filled_in_from_what_was_stored_before(nowhere: str, tmp_path: Path) -> None:
    with Store.open(nowhere, tmp_path / "blobs") as store:
        run, samples = running(store, rows(3))
        store.record(run, [answered(run, sample) for sample in samples[:2]] + [failed(run, samples[2])])
        queue.add(store, [Job(id="job-1", created_at=NOW, kind="run", subject=run.id)])
        as_before = [
            "ALTER TABLE jobs DROP COLUMN title",
            "DROP TABLE baselines",
            "ALTER TABLE runs DROP COLUMN stopped",
            *(f"DROP TABLE {table}" for table in ("sessions", "api_keys", "users")),
            *(f"DROP TABLE {table}" for table in ("assignments", "review_items", "reviews")),
            *(f"DROP INDEX generations_{column}" for column in ("latency", "cost")),
            *(f"DROP INDEX {index}" for index in ("scores_supersedes", "scores_human", "run_events_rare")),
            *(f"ALTER TABLE runs DROP COLUMN {column}" for column in ("model", "task", "rubric")),
            *(f"ALTER TABLE generations DROP COLUMN {column}" for column in ("stop_reason", "latency", "cached")),
            *(f"ALTER TABLE generations DROP COLUMN {column}" for column in ("input_tokens", "output_tokens")),
        ]
        before = ScriptDirectory(str(MIGRATIONS)).get_revision("0006").down_revision
        with store.writing() as connection:
            for statement in (*as_before, f"UPDATE {VERSION_TABLE} SET version_num = '{before}'"):
                connection.execute(text(statement))
    with Store.open(nowhere, tmp_path / "blobs") as store:
        assert [row.model for row in pages.runs(store).items] == [run.spec.model.name]
        assert [job.title for job in queue.jobs(store)] == [f"{run.model} on {run.task}"]
        found = sample_pages.samples(store, run).items
        assert [(row.latency_s, row.tokens, row.stop_reason, row.cached) for row in found] == [
            *[(0.25, 9, "stop", False)] * 2,
            (None, None, None, False),
        ]


def shown(index: Mapping[str, Any]) -> str:
    return str({**index, "dialect_options": {name: str(value) for name, value in index["dialect_options"].items()}})


def described(connection: Connection) -> dict[str, object]:
    """Every table with all that belongs to it. Columns in any order: a migration adds them at the end."""
    seen = inspect(connection)
    return {
        name: (
            sorted((column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(name)),
            seen.get_pk_constraint(name),
            sorted(seen.get_foreign_keys(name), key=str),
            sorted(seen.get_unique_constraints(name), key=str),
            sorted(shown(index) for index in seen.get_indexes(name)),
        )
        for name in seen.get_table_names()
    }


def test_the_newest_migration_is_the_schema_of_the_code() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


def test_processes_that_start_first_at_the_same_time_all_succeed(nowhere: str) -> None:
    with writers(2, nowhere) as together:
        for writer in together:
            go(writer)
        assert [writer.wait(30) for writer in together] == [0, 0]


def test_a_store_that_is_new_or_up_to_date_opens_without_the_migration_tool(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from benchbook.store.store import Store; "
        "Store.open(sys.argv[1], Path(sys.argv[2])).close(); sys.exit('alembic' in sys.modules)"
    )
    for _ in ("new", "up to date"):
        subprocess.run([sys.executable, "-c", code, f"sqlite:///{tmp_path}/benchbook.db", str(tmp_path)], check=True)


def test_sqlite_writes_ahead_and_keeps_references_sound(store: Store, database_url: str) -> None:
    if not database_url.startswith("sqlite"):
        return
    with store.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1}


def test_who_still_reads_when_a_store_is_closed_leaves_no_connection_open(store: Store) -> None:
    with store.reading() as connection:
        driver = connection.connection.driver_connection
        store.close()
        assert connection.scalar(text("SELECT 1")) == 1
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        driver.execute("SELECT 1")  # type: ignore[union-attr] # there is one


def test_a_newer_schema_is_refused_and_left_alone(store: Store, database_url: str, tmp_path: Path) -> None:
    with store.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match=f"schema 9999, this one knows {SCHEMA}.*upgrade benchbook"):
        Store.open(database_url, tmp_path / "blobs")
    with store.reading() as connection:
        assert connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) == "9999"


def test_the_tables_of_another_program_are_left_alone(nowhere: str, tmp_path: Path) -> None:
    with Store.open(nowhere, tmp_path / "blobs") as store, store.writing() as connection:
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    with pytest.raises(StoreError, match="already exists; these tables are not benchbook's"):
        Store.open(nowhere, tmp_path / "blobs")


def test_a_migration_that_breaks_leaves_nothing_behind(nowhere: str, tmp_path: Path) -> None:
    with Store.open(nowhere, tmp_path / "blobs") as store, store.writing() as connection:
        for table in (VERSION_TABLE, *(table.name for table in reversed(metadata.sorted_tables))):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("CREATE TABLE runs (id TEXT)"))
    with pytest.raises(StoreError, match="already exists"):
        Store.open(nowhere, tmp_path / "blobs")
    engine = create_engine(nowhere.replace("postgresql:", "postgresql+psycopg:"))
    assert inspect(engine).get_table_names() == ["runs"]
    engine.dispose()


def test_a_folder_that_may_not_be_written_is_told() -> None:
    with readonly_folder() as folder:
        with pytest.raises(StoreError, match=r"made: Permission denied; set BENCHBOOK_HOME"):
            Store.open(f"sqlite:///{folder}/new/benchbook.db", folder)
        with pytest.raises(StoreError, match="unable to open database file; make the folder writable"):
            Store.open(f"sqlite:///{folder}/benchbook.db", folder)
        with pytest.raises(StoreError, match="cannot be written: Permission denied"):
            Blobs(folder).put(b"body")


def test_a_file_that_may_not_be_written_is_told(sqlite_template: Path) -> None:
    with (
        readonly_folder(sqlite_template) as folder,
        pytest.raises(StoreError, match="make the file and its folder writable"),
        Store.open(f"sqlite:///{folder}/benchbook.db", folder) as store,
    ):
        queued(store, rows(1))


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "benchbook.db"
    path.write_text("a shopping list\n" * 100)
    with pytest.raises(StoreError, match="not a database; move that file away"):
        Store.open(f"sqlite:///{path}", tmp_path)
    assert path.read_text() == "a shopping list\n" * 100


def test_a_damaged_file_is_told(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "benchbook.db"
    whole = sqlite_template.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with (
        pytest.raises(StoreError, match="malformed; the file is damaged"),
        Store.open(f"sqlite:///{path}", tmp_path) as s,
    ):
        queued(s, rows(1))


def test_a_file_where_a_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(StoreError, match=r"cannot be made: .*; set BENCHBOOK_HOME"):
        Store.open(f"sqlite:///{tmp_path}/home/benchbook.db", tmp_path)


def test_a_server_that_does_not_answer_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="BENCHBOOK_DATABASE_URL") as caught:
        Store.open("postgresql://ada:geheim@127.0.0.1:1/bench?password=geheim", tmp_path)
    assert "postgresql+psycopg://ada:***@127.0.0.1:1/bench" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_database_that_does_not_exist_is_told(postgresql: str, tmp_path: Path) -> None:
    url = make_url(postgresql).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match='database "nowhere" does not exist; see that the server runs'):
        Store.open(url, tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "geheim",
        "postgresql://ada:geheim@host:port/bench",
        "mysql://ada:geheim@host/bench",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_a_url_that_names_no_store_is_told_without_the_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"the database URL .*sqlite") as caught:
        Store.open(url, tmp_path)
    assert "geheim" not in str(caught.value)


def test_what_is_in_sqlite_moves_to_postgresql_as_the_documentation_says(postgresql: str, tmp_path: Path) -> None:
    here = f"sqlite:///{tmp_path}/benchbook.db"
    with Store.open(here, tmp_path) as store:
        run, samples = running(store, rows(3))
        store.record(run, [answered(run, sample, text="nul \0, lone \ud800") for sample in samples])
        answers = list(views.generations(store, run.id))
    [script] = re.findall(r"```python\n(.*?)```", DOCUMENTATION.read_text(), flags=re.DOTALL)
    with postgresql_database(postgresql) as there:
        urls = iter((here, there))
        exec(re.sub(r'opened\(".*?"\)', lambda _: f"opened({next(urls)!r})", script), engines := dict[str, Engine]())
        for name in ("old", "new"):
            engines[name].dispose()
        with Store.open(there, tmp_path) as store:
            assert list(views.generations(store, run.id)) == answers


@contextmanager
def readonly_folder(*files: Path) -> Iterator[Path]:
    """A folder with copies of these files, none of which may be written, even by root: root looks as nobody."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in files:
            shutil.copyfile(file, folder / file.name)
            (folder / file.name).chmod(0o444)
        folder.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(pwd.getpwnam("nobody").pw_uid)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)
