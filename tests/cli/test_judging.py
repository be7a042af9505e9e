"""`benchbook judge` and `benchbook rubrics`, as people call them; and what `kill -9` leaves of a judge run."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from cli.command import Benchbook
from plugins.runtimes.servers import served

FORM = json.dumps({"items": {"preferred": {"justification": "it is the better one of the two", "answer": "first"}}})


@pytest.fixture
def answered(benchbook: Benchbook, tmp_path: Path) -> list[str]:
    """Two runs, the first of which is right once."""
    rows = [{"key": f"k{at}", "input": f"question {at}", "target": f"{at}"} for at in range(3)]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    models = [{"model": f"mock/{name}", "args": {"replies": reply}} for name, reply in (("a", "1"), ("b", "nothing"))]
    task = {"name": "t", "dataset": {"jsonl": {"file": str(tmp_path / "d.jsonl")}}, "scorers": ["exact-match"]}
    (tmp_path / "c.yaml").write_text(json.dumps({"name": "answers", "models": models, "tasks": [task]}))
    done = benchbook("eval", str(tmp_path / "c.yaml"), "--json")
    return [run["id"] for run in done.json["runs"]]


def test_two_runs_are_compared_and_the_audit_is_told(benchbook: Benchbook, answered: list[str]) -> None:
    done = benchbook("judge", *answered, "--rubric", "preference", "--model", "rules")
    assert done.code == 0, done.err
    assert "rules on t, mock/a against mock/b, by preference" in done.out
    assert "first: 1, tie: 2" in done.out
    assert "of 1 pairs with a preference of which exactly one passed" in done.out
    assert "in 0 (0.0 %)" in done.out


def test_the_audit_is_told_even_where_there_is_nothing_to_audit(benchbook: Benchbook, answered: list[str]) -> None:
    both = [answered[1], answered[1]]
    assert benchbook("judge", *both, "-r", "preference", "-m", "rules").code == 2
    found = benchbook(
        *("judge", *answered, "-r", "code-review", "-m", "mock/j", "-M", "replies=nonsense", "--allow-unscored", "1")
    )
    assert found.code == 0
    assert "Audit: of no pair with a preference did exactly one answer pass its checks" in found.out
    assert "unreadable" in found.out


def test_verdicts_that_cannot_be_read_are_told_by_the_exit_code(benchbook: Benchbook, answered: list[str]) -> None:
    found = benchbook("judge", answered[0], "-r", "quality-3", "-m", "mock/j", "-M", "replies=nonsense", "--json")
    assert found.code == 7
    assert found.json["runs"][0]["metrics"]
    assert "could not be read: take another, or raise `run.allowed_error_rate`" in found.err


def test_show_tells_what_judges_say_of_an_answer(benchbook: Benchbook, answered: list[str]) -> None:
    [judge] = benchbook("judge", answered[0], "-r", "quality-3", "-m", "rules", "--json").json["runs"]
    shown = benchbook("show", answered[0], "--sample", "k1").out
    assert f"quality-3/correctness: 5 (code rules, run {judge['id']})" in shown
    assert "quality-3" not in benchbook("show", answered[0]).out
    own = benchbook("show", judge["id"]).out
    assert "judges" in own
    assert "rubric" in own


def test_rubrics_are_listed_and_shown(benchbook: Benchbook) -> None:
    listed = benchbook("rubrics").out
    assert all(name in listed for name in ("stem-l1", "quality-3", "code-review", "preference"))
    shown = benchbook("rubrics", "show", "stem-l1").out
    assert "results_formulae/units — Units" in shown
    document = benchbook("rubrics", "show", "stem-l1", "--json").json
    assert len(document["form"]["fields"]) == 17
    assert benchbook("rubrics", "show", "stem").code == 2


def test_kill_9_loses_and_redoes_only_what_was_in_flight(
    benchbook: Benchbook, environment: dict[str, str], home: Path, tmp_path: Path
) -> None:
    """A judge of pairs in both orders, killed three times: each verdict is there once, and what was stored is not asked
    again."""
    rows = [{"key": f"k{at}", "input": f"question {at}", "target": "x"} for at in range(60)]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked: Counter[str] = Counter()

    async def complete(request: web.Request) -> web.Response:
        text = (await request.json())["messages"][-1]["content"]
        asked[text.partition("<<<")[0]] += 1
        return web.json_response({"choices": [{"message": {"content": FORM}, "finish_reason": "stop"}], "usage": {}})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    app.router.add_get("/v1/models", _models)
    with served(app) as url:
        models = [{"model": f"mock/{name}", "args": {"replies": name}} for name in "ab"]
        task = {"name": "t", "dataset": {"jsonl": {"file": str(tmp_path / "d.jsonl")}}, "scorers": ["exact-match"]}
        judge = {"model": "openai-compatible/x", "args": {"base_url": f"{url}/v1"}, "limits": {"concurrency": 2}}
        config = {
            "name": "killed",
            "models": models,
            "tasks": [task],
            "judges": [{"rubric": "preference", "model": judge}],
            "run": {"concurrency": 2, "cache": False},
        }
        path = tmp_path / "c.yaml"
        path.write_text(json.dumps(config))
        for at, arguments in enumerate([[str(path)], *[["--resume", "killed"]] * 3]):
            process = subprocess.Popen(
                [sys.executable, "-m", "benchbook", "eval", *arguments],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=tmp_path,
            )
            if at == 3:
                assert process.wait(120) == 0
                break
            _until(partial(_has_asked, asked, 25 * (at + 1)), process)
            process.send_signal(signal.SIGKILL)
            process.wait()
    [judged] = [run for run in benchbook("runs", "--json").json["runs"] if run["spec"].get("judging")]
    assert judged["status"] == "completed"
    with closing(sqlite3.connect(home / "benchbook.db")) as connection:
        told = connection.execute(
            "SELECT count(*), count(DISTINCT generation_id) FROM scores WHERE run_id = ? AND name = 'preference'",
            [judged["id"]],
        ).fetchone()
    assert told == (60, 60)
    assert len(asked) == 120
    assert sum(asked.values()) <= 120 + 3 * 4 * 2


async def _models(_: web.Request) -> web.Response:
    return web.json_response({"data": [{"id": "x"}]})


def _has_asked(asked: Counter[str], most: int) -> bool:
    return sum(asked.values()) > most


def _until(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + 60
    while not condition() and process.poll() is None and time.monotonic() < ends:
        time.sleep(0.005)
