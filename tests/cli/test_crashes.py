"""`kill -9` at random moments, and a full disk: what is lost, and what is done twice."""

import asyncio
import json
import random
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from cli.command import Benchbook
from plugins.runtimes.servers import served

SAMPLES, KILLS, CONCURRENCY = 400, 10, 4


class Asked:
    """A server that knows how often it was asked what; every third answer is wrong."""

    def __init__(self) -> None:
        self.times = Counter[str]()
        self.app = web.Application()
        self.app.router.add_post("/v1/chat/completions", self._answer)
        self.app.router.add_get("/v1/models", self._models)

    async def _answer(self, request: web.Request) -> web.Response:
        question = (await request.json())["messages"][0]["content"]
        self.times[question] += 1
        await asyncio.sleep(0.01)
        said = question if int(question.split()[1]) % 3 else "no idea"
        usage = {"prompt_tokens": 2, "completion_tokens": len(said)}
        return web.json_response({"choices": [{"message": {"content": said}, "finish_reason": "stop"}], "usage": usage})

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "x"}]})


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def config(asked: Asked, tmp_path: Path) -> Iterator[Path]:
    """A config that asks the server a few hundred questions."""
    rows = [{"key": f"k{n}", "input": f"question {n}", "target": f"question {n}"} for n in range(SAMPLES)]
    (tmp_path / "many.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with served(asked.app) as url:
        (tmp_path / "many.yaml").write_text(
            f"name: many\nmodels: [{{model: openai-compatible/x, args: {{base_url: '{url}/v1'}}}}]\n"
            f"tasks: [{{name: t, dataset: {{jsonl: {{file: many.jsonl}}}}, scorers: [exact-match]}}]\n"
            f"run: {{concurrency: {CONCURRENCY}}}\nprices: {{openai-compatible/x: {{input: 1, output: 2}}}}\n"
        )
        yield tmp_path / "many.yaml"


def test_ten_kills_leave_the_store_of_an_undisturbed_run(
    benchbook: Benchbook, asked: Asked, config: Path, environment: dict[str, str]
) -> None:
    """Row for row: all tables and columns but times, latencies and what is derived from them, ids (they hold the time
    and the run's id), attempts, and the events of attempts."""
    quiet = config.with_name("quiet")
    assert benchbook("eval", config, env={"BENCHBOOK_HOME": str(quiet)}).code == 0
    assert set(asked.times.values()) == {1}
    asked.times.clear()

    moments = random.Random(20261121)
    for kill in range(KILLS):
        _killed(["--resume", "many"] if kill else [str(config)], asked, moments, environment, config.parent)
    last = benchbook("eval", "--resume", "many", "--json")
    assert last.code == 0, last.err
    assert last.json["runs"][0]["attempt"] >= KILLS / 2

    assert _told(Path(environment["BENCHBOOK_HOME"])) == _told(quiet)
    assert len(asked.times) == SAMPLES
    assert asked.times.total() - SAMPLES <= 2 * CONCURRENCY * KILLS


def _killed(
    arguments: list[str], asked: Asked, moments: random.Random, environment: dict[str, str], folder: Path
) -> None:
    """Begin, or go on, and be killed: now and then while starting, mostly while at work."""
    command = [sys.executable, "-m", "benchbook", "eval", *arguments]
    before, more = asked.times.total(), moments.randint(1, 50)
    starting = arguments[0] == "--resume" and moments.random() < 0.3
    process = subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.DEVNULL)
    if starting:
        time.sleep(moments.uniform(0.0, 0.8))
    else:
        deadline = time.monotonic() + 60
        while asked.times.total() < before + more and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(moments.uniform(0.0, 0.02))
    process.send_signal(signal.SIGKILL)
    process.wait()


_TABLES = {
    "data sets": "SELECT id, name, version, size, reader, slices FROM datasets",
    "samples": "SELECT id, dataset_id, position, key, slices, row FROM samples",
    "experiments": "SELECT name, fingerprint, spec FROM experiments",
    "artifacts": "SELECT name, media_type, sha256, size FROM artifacts",
    "runs": "SELECT position, dataset_id, fingerprint, status, total, error, reproduces, environment, spec FROM runs",
    "generations": "SELECT sample_id, epoch, cost, error, prompt, output FROM generations",
    "scores": "SELECT sample_id, epoch, author, author_id, author_version, name, value, label, s.error, verdict"
    " FROM scores s JOIN generations g ON generation_id = g.id",
    "events of samples": "SELECT subject, body FROM run_events WHERE kind = 'sample_done'",
    "metrics": "SELECT name, score, slice, value, low, high, n, excluded FROM metrics"
    " WHERE name NOT LIKE 'latency%' AND name NOT LIKE 'tokens_per_second%'"
    " AND name NOT LIKE 'throughput%' AND name <> 'busy'",
}


def _told(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table's rows in their order, without what no two runs share."""
    connection = sqlite3.connect(home / "benchbook.db")
    try:
        found = {name: list(map(_without_times, connection.execute(query))) for name, query in _TABLES.items()}
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def _without_times(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_timeless(value) for value in row)


def _timeless(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("{"):
        return value
    return {name: part for name, part in json.loads(value).items() if name not in ("latency", "process")}


def test_a_full_disk_is_told_and_the_run_goes_on_once_there_is_room(
    environment: dict[str, str], tmp_path: Path
) -> None:
    rows = [{"key": f"k{n}", "input": "?", "target": "x"} for n in range(100)]
    (tmp_path / "many.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "long.yaml").write_text(
        f"name: long\nmodels: [{{model: mock/x, args: {{latency: 0.002, replies: {'y' * 40_000}}}}}]\n"
        "tasks: [{name: t, dataset: {jsonl: {file: many.jsonl}}, scorers: [exact-match]}]\n"
    )
    (tmp_path / "disk").mkdir()
    # A file system of its own, which nobody else sees and which is gone with its last process.
    script = """
        mount -t tmpfs -o size=2500k none disk
        $BENCHBOOK eval long.yaml --json > full.json 2> full.err && echo 0 > full.code || echo $? > full.code
        $BENCHBOOK runs --json > between.json
        mount -o remount,size=100m none disk
        $BENCHBOOK eval --resume long --json > roomy.json
        $BENCHBOOK export long > exported.jsonl
    """
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-euc", script],
        env={
            **environment,
            "BENCHBOOK_HOME": str(tmp_path / "disk" / "home"),
            "BENCHBOOK": shlex.join([sys.executable, "-m", "benchbook"]),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "full.err").read_text()
    assert (tmp_path / "full.code").read_text().strip() == "6", told
    assert "make room on the disk and try again; what was stored is kept" in told
    assert "`benchbook eval --resume exp-" in told
    assert "Traceback" not in told
    [between] = json.loads((tmp_path / "between.json").read_text())["runs"]
    assert between["status"] in ("running", "failed")
    [after] = json.loads((tmp_path / "roomy.json").read_text())["runs"]
    assert (after["status"], after["attempt"]) == ("completed", 2)
    exported = [json.loads(line) for line in (tmp_path / "exported.jsonl").read_text().splitlines()]
    assert Counter(row["sample"] for row in exported) == Counter(f"k{n}" for n in range(100))
    assert {len(row["reply"]) for row in exported} == {40_000}
