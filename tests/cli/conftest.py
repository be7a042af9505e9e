"""The command line, as a user has it: another process, a folder of its own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command import Benchbook, CountingServer, Result
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


@pytest.fixture
def benchbook(environment: dict[str, str], tmp_path: Path) -> Benchbook:
    """Runs `benchbook ARGS…` to its end."""

    def run(*args: object, env: dict[str, str] | None = None) -> Result:
        command = [sys.executable, "-m", "benchbook", *map(str, args)]
        whole = {**environment, **(env or {})}
        done = subprocess.run(
            command, capture_output=True, text=True, env=whole, cwd=tmp_path, timeout=120, check=False
        )
        return Result(done.returncode, done.stdout, done.stderr)

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
