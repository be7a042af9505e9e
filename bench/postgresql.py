"""The store of a million answers on PostgreSQL, too: the rows that SQLite has, by COPY."""

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from benchbook.store.store import Store
from benchbook.store.tables import metadata


@contextmanager
def postgresql_of(folder: Path) -> Iterator[str]:
    """The URL of a database with all that the SQLite store of the folder has."""
    with _server(folder) as url:
        # This makes the tables.
        Store.open(url, folder / "blobs").close()
        with psycopg.connect(url, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM runs LIMIT 1").fetchone():
                _copy(folder / "benchbook.db", connection)
                # What PostgreSQL does by itself within minutes: clear up, and count what there is.
                connection.execute("VACUUM ANALYZE")
        yield url


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    if url := os.environ.get("BENCH_POSTGRESQL"):
        yield url
        return
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from databases import kept_postgresql  # noqa: PLC0415 - of the tests

    with kept_postgresql(folder / "postgresql") as url:
        yield url


def _copy(path: Path, connection: psycopg.Connection) -> None:
    """Row by row as they are kept: both databases keep the same text, and times in UTC."""
    began = time.perf_counter()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source, connection.transaction():
        connection.execute("SET LOCAL TIME ZONE 'UTC'")
        for table in metadata.sorted_tables:
            names = [column.name for column in table.columns]
            into = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
            )
            with connection.cursor().copy(into) as copy:
                for row in source.execute(f"SELECT {', '.join(map(_quoted, names))} FROM {_quoted(table.name)}"):
                    copy.write_row(row)
            print(f"{table.name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)


def _quoted(name: str) -> str:
    return f'"{name}"'
