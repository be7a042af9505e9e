"""The connection to a database, and its schema brought up to date."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from benchbook.errors import Conflict, StoreError
from benchbook.store.tables import SCHEMA, made_for_postgresql, metadata

VERSION_TABLE = "benchbook_version"
MIGRATIONS = Path(__file__).with_name("migrations")
PATIENCE = 30
"""Seconds that one writer waits for another."""

_ALERT = {
    "connect_timeout": "10",
    "tcp_user_timeout": "20000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
"""So that a PostgreSQL server that has gone without a word is missed within half a minute."""


def opened(url: str) -> Engine:
    """The database at `url`, reachable and with the schema of this version; made if there is none."""
    place = _place(url)
    engine = _engine(place)
    try:
        with translated(engine):
            _bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def file_of(url: str) -> Path | None:
    """The file that the database at `url` is; None of a server's."""
    place = _place(url)
    return Path(place.database) if place.get_backend_name() == "sqlite" and place.database else None


def close(engine: Engine) -> None:
    """Let go of the database. What a thread still reads by is closed as soon as it is given back."""
    event.listen(engine, "checkin", lambda connection, _: connection.close())
    engine.dispose()


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """What the database refuses, as an error of ours that says what to do; nothing of the rows, no password."""
    try:
        yield
    except IntegrityError as err:
        raise Conflict(f"this contradicts what is stored already: {_reason(err.orig)}") from err
    except (DBAPIError, NoConnection, sqlite3.Error) as err:
        reason = _reason(err.orig if isinstance(err, DBAPIError) else err)
        told = f"the database {shown(engine.url)}: {reason}; {_advice(engine, reason)}"
        raise StoreError(told, passing=_passing(err)) from err


def shown(url: URL) -> str:
    """The URL as one may print it."""
    return url.set(query={}).render_as_string(hide_password=True)


def schema_version(connection: Connection) -> str | None:
    """Which migration the database is at; None if it has never seen one."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
    return version


def _place(url: str) -> URL:
    try:
        place = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(
            "the database URL cannot be read; it looks like sqlite:////folder/benchbook.db or "
            "postgresql://user:password@host:5432/database (special characters in a password are percent-encoded)"
        ) from None
    backend = place.get_backend_name()
    if backend in ("postgres", "postgresql"):
        return place.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f"the database URL begins with {place.drivername!r}; sqlite and postgresql are supported")
    if place.database in (None, "", ":memory:"):
        raise StoreError("the database URL names no file; write sqlite:////folder/benchbook.db")
    return place


def _engine(place: URL) -> Engine:
    if place.get_backend_name() == "postgresql":
        alert = place.update_query_dict({name: value for name, value in _ALERT.items() if name not in place.query})
        return create_engine(alert, pool_pre_ping=True, hide_parameters=True)
    _make_folder(Path(str(place.database)).parent)
    engine = create_engine(place, connect_args={"timeout": PATIENCE}, hide_parameters=True)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise StoreError(
            f"the folder {folder} cannot be made: {err.strerror}; set BENCHBOOK_HOME to a folder you may write to"
        ) from err


def _on_connect(connection: sqlite3.Connection, _: object) -> None:
    # Transactions begin where `_on_begin` says, not where Python's driver guesses.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    # The log is worked into the file every 32 MiB, not every 4: a run changes the pages of its indexes again and again.
    connection.execute("PRAGMA wal_autocheckpoint = 8192")


def _on_begin(connection: Connection) -> None:
    # A writer takes its turn at once: one that has read first could not wait any more.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _bring_up_to_date(engine: Engine) -> None:
    with engine.connect() as connection:
        version = schema_version(connection)
    if version == SCHEMA:
        return
    _refuse_newer(version)
    if engine.dialect.name == "sqlite":
        _use_write_ahead_log(engine)
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('benchbook migrations'))"))
        found = schema_version(connection)
        if found is None:
            _make(connection)
        elif found != SCHEMA:
            _migrate(connection)


def _refuse_newer(version: str | None) -> None:
    if version is not None and version > SCHEMA:
        raise StoreError(
            f"the database was written by a newer benchbook (schema {version}, this one knows {SCHEMA}); "
            "upgrade benchbook, or set BENCHBOOK_HOME or BENCHBOOK_DATABASE_URL to another database"
        )


def _use_write_ahead_log(engine: Engine) -> None:
    """Switch the file to write-ahead mode, which it then keeps: readers and the writer do not wait for each other."""
    deadline = time.monotonic() + PATIENCE
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        while True:
            try:
                driver.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as err:
                # Here SQLite does not wait by itself when two processes begin at once.
                if err.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return


def _make(connection: Connection) -> None:
    """The newest tables at once, as the migrations would make them one after the other."""
    if connection.dialect.name == "postgresql":
        made_for_postgresql()
    metadata.create_all(connection, checkfirst=False)
    key = PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc")
    version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32)), key)
    version.create(connection)
    connection.execute(version.insert(), {"version_num": SCHEMA})


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - only an upgrade pays for it
    from alembic.config import Config  # noqa: PLC0415 - likewise

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _passing(err: Exception) -> bool:
    """Whether waiting may help: the server is away or has no room for us, or somebody else is writing."""
    if not isinstance(err, DBAPIError):
        return isinstance(err, NoConnection)
    if isinstance(err.orig, sqlite3.Error):
        return getattr(err.orig, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    state = getattr(err.orig, "sqlstate", None)
    lost = isinstance(err, OperationalError) and (state is None or state.startswith(_AWAY))
    return err.connection_invalidated or lost


_AWAY = ("08", "57P", "53300")
"""SQLSTATE of a broken connection, of a server that shuts down or starts, and of one with too many connections."""


def _reason(err: BaseException | None) -> str:
    """The first line: those below repeat values."""
    return (str(err).strip().splitlines() or ["no reason given"])[0]


_ADVICE = {
    "not a database": "move that file away, or set BENCHBOOK_HOME to another folder",
    "malformed": "the file is damaged; put a copy of it back, or set BENCHBOOK_HOME to another folder",
    "locked": f"another process has been writing for {PATIENCE} seconds; wait for it or stop it",
    "full": "make room on the disk and try again; what was stored is kept",
    "readonly": "make the file and its folder writable, or set BENCHBOOK_HOME to another folder",
    "unable to open": "make the folder writable, or set BENCHBOOK_HOME to another",
    "already exists": "these tables are not benchbook's; give it a database of its own",
}


def _advice(engine: Engine, reason: str) -> str:
    for words, advice in _ADVICE.items():
        if words in reason:
            return advice
    if engine.dialect.name == "sqlite":
        return "see that the file and its folder are sound, or set BENCHBOOK_HOME to another folder"
    return "see that the server runs, and that BENCHBOOK_DATABASE_URL names a database and a user that exist"
