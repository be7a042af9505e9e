"""Answers of models, kept in a file of their own beside the blobs, for all runs and processes of this machine.

The file may be deleted at any time: nothing refers to it. That is why it stands apart from the database, why it is a
local file also where the database is a server, and why nothing that goes wrong with it stops a run.
"""

import json
import sqlite3
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import JsonValue

from benchbook.errors import StoreError
from benchbook.protocols import Key
from benchbook.specs.outputs import Likelihood, Output

FORM = 1
"""The form of the file; a file of another is left alone."""
DELAY = 0.2
"""Seconds that answers are gathered before they are written together."""
PATIENCE = 60.0
"""Seconds that one process waits for another to have written."""
STAMP_EVERY = 3600.0
"""Seconds: when an answer was last used is known to that precision."""
OVERHEAD = 200
"""Bytes that an answer takes beside its text: key, index, times."""

_TABLES = """
CREATE TABLE IF NOT EXISTS sources (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, hits INTEGER NOT NULL, asked INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, source INTEGER NOT NULL, parameters TEXT NOT NULL, prompt BLOB NOT NULL,
    answer TEXT NOT NULL, sum INTEGER NOT NULL, made_at REAL NOT NULL, used_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_prompt ON answers (prompt);
"""
_SIZE = f"(length(answer) + length(parameters) + {OVERHEAD})"


class Known(NamedTuple):
    """An answer's key in words, and when it was given."""

    source: dict[str, Any]
    parameters: dict[str, Any]
    made_at: float


class Kept(NamedTuple):
    """What is kept of one model."""

    source: dict[str, Any]
    entries: int
    size: int
    hits: int
    """Questions that were answered from here, in all runs until now."""
    asked: int
    """Questions whose answers were put here."""
    oldest: float | None
    newest: float | None


class Pruned(NamedTuple):
    """What was removed."""

    entries: int
    size: int


@dataclass(frozen=True)
class _Arrival:
    key: Key
    answer: Output | Likelihood
    at: float


class Answers:
    """The cache as a run uses it, from one thread. Reading is done at once, writing by a thread, many at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._arrivals: dict[bytes, _Arrival] = {}
        """What is not written yet. The writer takes away what it has written."""
        self._lock = threading.Lock()
        self._hits: Counter[str] = Counter()
        self._stamps: set[bytes] = set()
        self._troubles: list[str] = []
        self._said: set[str] = set()
        self._closing = threading.Event()
        self._something = threading.Event()
        self._writer: threading.Thread | None = None
        self._reader = self._opened()
        self._usable = self._reader is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, key: Key) -> JsonValue | None:
        """What was kept under the key, or None."""
        if self._reader is None:
            return None
        arrival = self._arrivals.get(key.digest)
        found: JsonValue | None = arrival.answer.model_dump(mode="python") if arrival else self._read(key)
        if found is not None:
            with self._lock:
                self._hits[key.source] += 1
            self._wake()
        return found

    def put(self, key: Key, answer: Output | Likelihood) -> None:
        """Keep an answer, soon."""
        if self._usable:
            self._arrivals[key.digest] = _Arrival(key, answer, time.time())
            self._wake()

    def troubles(self) -> list[str]:
        """What went wrong since this was asked last."""
        told, self._troubles = self._troubles, []
        return told

    def flush(self) -> None:
        """Write what has gathered, now."""
        if self._writer is not None:
            self._closing.set()
            self._something.set()
            self._writer.join()
            self._writer = None
            self._closing.clear()

    def close(self) -> None:
        """Write what is left, and let go of the file."""
        self.flush()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _opened(self) -> sqlite3.Connection | None:
        try:
            return _connected(self.path)
        except StoreError as err:
            self._trouble(f"{err}; the run goes on without it")
            return None

    def _read(self, key: Key) -> JsonValue | None:
        if self._reader is None:
            return None
        try:
            found = self._reader.execute(
                "SELECT answer, sum, used_at FROM answers WHERE key = ?", [key.digest]
            ).fetchone()
        except sqlite3.Error as err:
            self._trouble(f"the cache {self.path} cannot be read ({err}); {_REMEDY}; the run goes on without it")
            self._usable = False
            self._reader.close()
            self._reader = None
            return None
        if found is None:
            return None
        answer, checksum, used_at = found
        known = _sound(answer, checksum)
        if known is None:
            self._trouble(f"the cache {self.path} holds damaged answers; their questions are asked again")
        elif time.time() - used_at > STAMP_EVERY:
            with self._lock:
                self._stamps.add(key.digest)
        return known

    def _trouble(self, message: str) -> None:
        """Said once: a thousand warnings help nobody."""
        if message not in self._said:
            self._said.add(message)
            self._troubles.append(message)

    def _wake(self) -> None:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_on, name="cache", daemon=True)
            self._writer.start()
        if not self._something.is_set():
            self._something.set()

    def _write_on(self) -> None:
        try:
            with closing(_connected(self.path)) as connection:
                while not self._closing.is_set():
                    self._something.wait()
                    self._closing.wait(DELAY)
                    self._something.clear()
                    self._write(connection)
                self._write(connection)
        except (sqlite3.Error, StoreError) as err:
            self._usable = False
            self._arrivals.clear()
            self._trouble(f"the cache {self.path} cannot be written ({err}); the run goes on, its answers are not kept")

    def _write(self, connection: sqlite3.Connection) -> None:
        """All that has gathered, in one transaction."""
        with self._lock:
            hits, self._hits = self._hits, Counter()
            stamps, self._stamps = self._stamps, set()
        arrivals = list(self._arrivals.items())
        if not (arrivals or hits):
            return
        with _transaction(connection):
            asked = Counter(arrival.key.source for _, arrival in arrivals)
            ids = {source: _source_id(connection, source) for source in {*asked, *hits}}
            connection.executemany(
                "UPDATE sources SET hits = hits + ?, asked = asked + ? WHERE id = ?",
                [(hits[source], asked[source], number) for source, number in ids.items()],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (_row(arrival, ids[arrival.key.source]) for _, arrival in arrivals),
            )
            now = time.time()
            connection.executemany("UPDATE answers SET used_at = ? WHERE key = ?", [(now, key) for key in stamps])
        for digest, arrival in arrivals:
            # What came for the same key in the meantime is written next time.
            if self._arrivals.get(digest) is arrival:
                del self._arrivals[digest]


def cache_beside(blobs: Path) -> Path:
    """Where the cache of the data folder is that holds these blobs."""
    return blobs.with_name("cache") / "answers.db"


def kept(path: Path) -> list[Kept]:
    """What is kept, source by source; nothing if there is no file. StoreError if it cannot be read."""
    with _looked_into(path) as connection:
        if connection is None:
            return []
        rows = connection.execute(
            "SELECT sources.source, count(key), coalesce(sum("
            + _SIZE
            + "), 0), hits, asked, min(made_at), max(made_at) "
            "FROM sources LEFT JOIN answers ON answers.source = sources.id GROUP BY sources.id ORDER BY sources.id"
        ).fetchall()
    return [Kept(json.loads(source), *figures) for source, *figures in rows]


def known_like(path: Path, key: Key) -> tuple[bool, list[Known]]:
    """Whether there is an answer under the key; and whatever else was answered to the same prompt, newest first."""
    with _looked_into(path) as connection:
        if connection is None:
            return False, []
        there = connection.execute("SELECT 1 FROM answers WHERE key = ?", [key.digest]).fetchone() is not None
        rows = connection.execute(
            "SELECT sources.source, parameters, made_at FROM answers JOIN sources ON sources.id = answers.source "
            "WHERE prompt = ? AND key <> ? ORDER BY made_at DESC LIMIT 20",
            [key.prompt, key.digest],
        ).fetchall()
    return there, [Known(json.loads(source), json.loads(said), made_at) for source, said, made_at in rows]


def among(path: Path, digests: Iterable[bytes]) -> set[bytes]:
    """Those of the keys, by their digests, that there are answers under."""
    with _looked_into(path) as connection:
        if connection is None:
            return set()
        asked = "SELECT 1 FROM answers WHERE key = ?"
        return {digest for digest in digests if connection.execute(asked, [digest]).fetchone()}


def prune(
    path: Path, *, made_before: float | None = None, max_size: int | None = None, model: str | None = None
) -> Pruned:
    """Remove what is older, or of that model (`*` stands for anything); then what was used longest ago, until the rest
    fits into `max_size` bytes. Without any of these, everything."""
    with _looked_into(path, write=True) as connection:
        if connection is None:
            return Pruned(0, 0)
        before = _total(connection)
        with _transaction(connection):
            if made_before is None and model is None and max_size is None:
                connection.execute("DELETE FROM answers")
            else:
                _remove(connection, made_before, model)
            if max_size is not None:
                _shrink(connection, max_size)
            connection.execute("DELETE FROM sources WHERE id NOT IN (SELECT source FROM answers)")
        _given_back(connection)
        after = _total(connection)
    return Pruned(before.entries - after.entries, before.size - after.size)


def discard(path: Path) -> None:
    """Remove the file itself, in whatever state it is."""
    try:
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
    except OSError as err:
        raise StoreError(f"the cache {path} cannot be removed: {err.strerror}") from err


_REMEDY = "`benchbook cache prune --all` makes a new one"


def _connected(path: Path) -> sqlite3.Connection:
    """The file with its tables, made if there is none; StoreError says what is wrong with it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as err:
        raise StoreError(f"the cache {path} cannot be opened: {err}; make its folder writable") from err
    try:
        _readied(connection, path)
    except (sqlite3.Error, StoreError) as err:
        connection.close()
        if isinstance(err, StoreError):
            raise
        raise StoreError(f"the cache {path} cannot be used: {err}; {_REMEDY}") from err
    return connection


def _readied(connection: sqlite3.Connection, path: Path) -> None:
    [form] = connection.execute("PRAGMA user_version").fetchone()
    if form not in (0, FORM):
        raise StoreError(f"the cache {path} has form {form}, and this benchbook knows {FORM}; {_REMEDY}")
    connection.execute("PRAGMA synchronous = NORMAL")
    if form == FORM:
        return
    _use_write_ahead_log(connection)
    with _transaction(connection):
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORM}")


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Readers and the writer do not wait for each other; the file keeps that mode."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as err:
            # Here SQLite does not wait by itself when two processes begin at once.
            if err.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def _looked_into(path: Path, *, write: bool = False) -> Iterator[sqlite3.Connection | None]:
    """The file, for somebody who asks about it; None if there is none."""
    if not path.exists():
        yield None
        return
    with closing(_connected(path)) as connection:
        try:
            yield connection
        except sqlite3.Error as err:
            done = "written" if write else "read"
            raise StoreError(f"the cache {path} cannot be {done}: {err}; {_REMEDY}") from err


def _source_id(connection: sqlite3.Connection, source: str) -> int:
    connection.execute("INSERT OR IGNORE INTO sources (source, hits, asked) VALUES (?, 0, 0)", [source])
    [number] = connection.execute("SELECT id FROM sources WHERE source = ?", [source]).fetchone()
    return int(number)


def _row(arrival: _Arrival, source: int) -> tuple[Any, ...]:
    key = arrival.key
    # ASCII, so that whatever a model wrote is harmless text to the database.
    answer = json.dumps(arrival.answer.model_dump(exclude_defaults=True), separators=(",", ":"))
    return key.digest, source, key.parameters, key.prompt, answer, zlib.crc32(answer.encode()), arrival.at, arrival.at


def _sound(answer: object, checksum: object) -> JsonValue | None:
    """What was kept, if it still is what it was."""
    if not isinstance(answer, str) or zlib.crc32(answer.encode(errors="replace")) != checksum:
        return None
    known: JsonValue = json.loads(answer)
    return known


def _total(connection: sqlite3.Connection) -> Pruned:
    return Pruned(*connection.execute(f"SELECT count(*), coalesce(sum({_SIZE}), 0) FROM answers").fetchone())  # noqa: S608 - a constant


def _remove(connection: sqlite3.Connection, made_before: float | None, model: str | None) -> None:
    """What is both: older than that, and of that model; either alone if only one is given."""
    sources = connection.execute("SELECT id, source FROM sources").fetchall()
    of_model = [
        number for number, source in sources if model is None or fnmatchcase(json.loads(source)["model"], model)
    ]
    if made_before is None and model is None:
        return
    moment = float("inf") if made_before is None else made_before
    connection.executemany(
        "DELETE FROM answers WHERE source = ? AND made_at < ?", [(number, moment) for number in of_model]
    )


def _shrink(connection: sqlite3.Connection, max_size: int) -> None:
    connection.execute(
        f"DELETE FROM answers WHERE key IN (SELECT key FROM (SELECT key, sum({_SIZE}) OVER "  # noqa: S608 - a constant
        "(ORDER BY used_at DESC, made_at DESC, key) AS upto FROM answers) WHERE upto > ?)",
        [max_size],
    )


def _given_back(connection: sqlite3.Connection) -> None:
    """What was removed leaves the disk; later, if somebody is reading just now."""
    try:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as err:
        if err.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
