"""The command line, as a user has it: another process, a folder of its own."""

import json
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command import Benchbook, CountingServer, Result
from cli.starter import Starter
from databases import postgresql_database


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """The environment of the command: no terminal, its own data folder, no keys."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BENCHBOOK_")}
    return {**kept, "BENCHBOOK_HOME": str(home), "COLUMNS": "160"}


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """What starts commands in no time."""
    starter = Starter(tmp_path_factory.mktemp("starter"))
    yield starter
    starter.close()


@pytest.fixture
def benchbook(starter: Starter, environment: dict[str, str], tmp_path: Path) -> Benchbook:
    """Runs `benchbook ARGS…` to its end."""

    def run(*args: object, env: dict[str, str] | None = None) -> Result:
        whole = {**environment, **(env or {})}
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            code = starter.run([str(each) for each in args], whole, tmp_path, out, err)
            for stream in (out, err):
                stream.seek(0)
            return Result(code, out.read(), err.read())

    return run


@pytest.fixture
def sums(tmp_path: Path) -> Path:
    """A config: ten sums, answered from a recording in which every third answer is wrong."""
    rows = [{"key": f"sum-{n}", "input": f"{n} + {n} =", "target": str(2 * n)} for n in range(10)]
    said = [{"key": f"sum-{n}", "completion": str(2 * n + (n % 3 == 2))} for n in range(10)]
    (tmp_path / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    config = tmp_path / "sums.yaml"
    config.write_text(
        """\
name: sums
models:
  - name: recorded
    model: replay/recorded
    args: {file: said.jsonl}
tasks:
  - name: sums
    dataset: {jsonl: {file: sums.jsonl}}
    scorers: [exact-match]
prices:
  recorded: {input: 1, output: 2}
"""
    )
    return config


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    with postgresql_database(postgresql) as url:
        yield url


@pytest.fixture
def counting_server() -> Iterator[CountingServer]:
    """A server on loopback that counts what it is asked."""
    server = CountingServer()
    thread = threading.Thread(target=server.http.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        thread.join()
        server.http.server_close()
