"""`benchbook eval`: from a config to figures, and every way in which it can end."""

import json
import os
import signal
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from cli.command import Benchbook, CountingServer


def figures(document: dict[str, Any], run: int = 0) -> dict[str, Any]:
    return {m["name"]: m["value"] for m in document["runs"][run]["metrics"] if not m["slice"]}


def test_a_config_becomes_figures_and_reports(benchbook: Benchbook, sums: Path) -> None:
    done = benchbook("eval", sums, "--json")
    assert done.code == 0, done.err
    assert figures(done.json)["pass_rate"] == pytest.approx(0.7)
    assert [Path(path).suffix for path in done.json["reports"]] == [".md", ".html"]
    assert all(Path(path).stat().st_size > 500 for path in done.json["reports"])


def test_the_table_shows_rates_with_intervals_and_the_paths_of_the_reports(benchbook: Benchbook, sums: Path) -> None:
    done = benchbook("eval", sums)
    assert done.code == 0
    assert "70.0 %" in done.out
    assert "39.7 – 89.2" in done.out
    assert ".html" in done.out
    assert "recorded on sums  10/10" in done.err
    assert "· 3 with a score of 0\n" in done.err


def test_flags_do_what_a_config_does(benchbook: Benchbook, sums: Path) -> None:
    args = ["--set", "tasks.0.limit=4", "--set", "run.concurrency=2", "--json"]
    assert figures(benchbook("eval", sums, *args).json)["generations"] == 4
    assert figures(benchbook("eval", sums, "--limit", 5, "--json").json)["generations"] == 5


def test_a_task_and_a_model_need_no_config(benchbook: Benchbook, tmp_path: Path) -> None:
    replies = {"file": str(tmp_path / "replies.jsonl")}
    Path(replies["file"]).write_text(
        json.dumps({"key": "easy/add", "completion": "def add(a, b):\n    return a + b\n"})
    )
    model = ["--model", "replay/mine", "-M", f"file={replies['file']}"]
    done = benchbook("eval", "--task", "python-coding", *model, "--limit", 1, "--json")
    assert done.code == 0, done.err
    assert figures(done.json)["pass_rate"] == 1.0


def test_figures_are_the_same_to_the_last_digit_on_both_databases(
    benchbook: Benchbook, sums: Path, postgresql_url: str
) -> None:
    here = benchbook("eval", sums, "--json").json
    there = benchbook("eval", sums, "--json", env={"BENCHBOOK_DATABASE_URL": postgresql_url}).json

    def exact(document: dict[str, Any]) -> list[Any]:
        timed = ("latency", "tokens_per_second", "exec", "busy", "throughput")
        return [m for m in document["runs"][0]["metrics"] if not m["name"].startswith(timed)]

    assert exact(here) == exact(there)
    assert len(exact(here)) > 5


def test_too_many_failed_samples_leave_with_7_after_the_report(benchbook: Benchbook, sums: Path) -> None:
    said = sums.with_name("said.jsonl")
    said.write_text("".join(said.read_text().splitlines(keepends=True)[:8]))
    done = benchbook("eval", sums)
    assert done.code == 7
    assert "2 of 10 generations have no verdict" in done.err
    assert "lists the reasons, such as: no recorded answer for sample" in done.err
    assert "Report:" in done.out
    assert benchbook("eval", sums, "--set", "run.allowed_error_rate=0.2").code == 0


def test_resume_tries_what_failed_and_nothing_else(benchbook: Benchbook, sums: Path) -> None:
    said = sums.with_name("said.jsonl")
    whole = said.read_text()
    said.write_text("".join(whole.splitlines(keepends=True)[:8]))
    assert benchbook("eval", sums).code == 7
    said.write_text(whole)
    done = benchbook("eval", "--resume", "sums", "--json")
    assert done.code == 0, done.err
    assert figures(done.json)["generations"] == 10
    assert done.json["runs"][0]["attempt"] == 2


def test_resume_of_what_does_not_exist_is_3(benchbook: Benchbook, sums: Path) -> None:
    done = benchbook("eval", "--resume", "nothing")
    assert (done.code, "there is no experiment 'nothing'" in done.err) == (3, True)


SLOW = """\
name: slow
models: [{model: mock/slow, args: {latency: 0.02}}]
tasks: [{name: sums, dataset: {jsonl: {file: many.jsonl}}, scorers: [exact-match]}]
run: {concurrency: 4}
"""


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A config whose run takes about three seconds."""
    rows = [{"key": f"k{n}", "input": "?", "target": "x"} for n in range(500)]
    (tmp_path / "many.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "slow.yaml").write_text(SLOW)
    return tmp_path / "slow.yaml"


def started(config: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """The command, once it has stored something."""
    command = [sys.executable, "-m", "benchbook", "eval", str(config)]
    process = subprocess.Popen(command, env=environment, cwd=config.parent, stderr=subprocess.PIPE, text=True)
    database = Path(environment["BENCHBOOK_HOME"]) / "benchbook.db"
    deadline = time.monotonic() + 30
    while stored(database) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    return process


def stored(database: Path) -> int:
    """How many generations are there."""
    import sqlite3  # noqa: PLC0415 - looks at the file past the store, on purpose

    if not database.exists():
        return 0
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return int(connection.execute("select count(*) from generations").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def test_ctrl_c_saves_and_says_how_to_go_on(benchbook: Benchbook, slow: Path, environment: dict[str, str]) -> None:
    process = started(slow, environment)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "benchbook eval --resume exp-" in err
    shown = benchbook("runs", "--json").json["runs"][0]
    assert shown["status"] == "interrupted"
    done = benchbook("eval", "--resume", "slow", "--json")
    assert (done.code, figures(done.json)["generations"]) == (0, 500)


def test_kill_9_loses_at_most_what_is_in_flight(
    benchbook: Benchbook, slow: Path, environment: dict[str, str], counting_server: CountingServer
) -> None:
    served = f"openai-compatible/x, args: {{base_url: '{counting_server.url}'}}"
    slow.write_text(SLOW.replace("mock/slow, args: {latency: 0.02}", served))
    slow.write_text(slow.read_text().replace("concurrency: 4", "concurrency: 4, cache: false"))
    process = started(slow, environment)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    before = stored(Path(environment["BENCHBOOK_HOME"]) / "benchbook.db")
    assert 20 <= before < 500
    listed = benchbook("runs")
    assert "broken off" in listed.out
    assert "benchbook eval --resume exp-" in listed.err
    [run] = benchbook("runs", "--json").json["runs"]
    assert (run["status"], run["broken_off"]) == ("running", True)
    assert benchbook("show", run["id"], "--json").json["broken_off"]
    done = benchbook("eval", "--resume", "slow", "--json")
    assert done.code == 0, done.err
    exported = [json.loads(line) for line in benchbook("export", "slow").out.splitlines()]
    assert sorted(row["sample"] for row in exported) == sorted(f"k{n}" for n in range(500))
    assert [run["broken_off"] for run in done.json["runs"]] == [False]
    redone = counting_server.asked - 500
    assert 0 <= redone <= 8, f"{redone} samples were asked twice, with 4 at the model and 4 being stored at most"


def test_a_run_that_is_being_carried_out_is_not_taken_away(
    benchbook: Benchbook, slow: Path, environment: dict[str, str]
) -> None:
    process = started(slow, environment)
    second = benchbook("eval", "--resume", "slow")
    assert (second.code, "is being carried out by process" in second.err) == (4, True), second.err
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


def test_a_broken_run_costs_nobody_else_the_table(benchbook: Benchbook, sums: Path) -> None:
    assert benchbook("eval", sums).code == 0
    said = sums.with_name("said.jsonl")
    lines = said.read_text().splitlines(keepends=True)
    both = "  - {model: replay/other, args: {file: other.jsonl}}\ntasks:"
    sums.write_text(sums.read_text().replace("tasks:", both).replace("name: sums\nmodels", "name: two\nmodels"))
    other = sums.with_name("other.jsonl")
    other.write_text("".join(lines[:5]))
    assert benchbook("eval", sums).code == 7
    other.unlink()
    done = benchbook("eval", "--resume", "two")
    assert done.code == 2
    assert "70.0 %" in done.out
    assert "replay/other on sums (run run-" in done.err
    assert "other.jsonl" in done.err


@pytest.fixture
def coding(tmp_path: Path) -> Path:
    """A config: two functions, both answered rightly; the tests of one use the program's class."""
    tests = [
        {"entry_point": "f", "tests": ["f(1) == 2"]},
        {"entry_point": "f", "test_code": "assert f(Box()) == 2", "in_process": True},
    ]
    rows = [{"key": f"p{n}", "input": "f?", "target": target} for n, target in enumerate(tests)]
    programs = ["def f(x): return x + 1", "class Box: value = 2\ndef f(box): return box.value"]
    said = [{"key": f"p{n}", "completion": program} for n, program in enumerate(programs)]
    (tmp_path / "coding.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    config = tmp_path / "coding.yaml"
    config.write_text(
        """\
name: coding
models: [{name: recorded, model: replay/recorded, args: {file: said.jsonl}}]
tasks:
  - name: coding
    dataset: {jsonl: {file: coding.jsonl}}
    solver: python-code
    scorers: [python-tests]
"""
    )
    return config


def reports(done: Any) -> list[str]:
    return [unescape(Path(path).read_text()) for path in done.json["reports"]]


def test_a_run_says_what_isolation_it_had_and_what_could_cheat(benchbook: Benchbook, coding: Path) -> None:
    done = benchbook("eval", coding, "--sandbox", "landlock", "--json")
    assert done.code == 0, done.err
    [run] = done.json["runs"]
    assert run["spec"]["task"]["scorers"][0]["args"] == {"sandbox": {"name": "landlock"}}
    assert run["environment"]["sandbox"] == "landlock"
    assert figures(done.json) | {"pass_rate": 1.0, "cheatable": 1} == figures(done.json)
    could_cheat = "1 of 2 samples were tested in the program's own process, where it could cheat."
    assert [(could_cheat in text, "without isolation" in text) for text in reports(done)] == [(True, False)] * 2
    assert could_cheat in benchbook("show", run["id"]).out


def test_without_isolation_every_report_warns(benchbook: Benchbook, coding: Path) -> None:
    done = benchbook("eval", coding, "--sandbox", "none", "--no-isolation", "--json")
    assert done.code == 0, done.err
    [run] = done.json["runs"]
    assert run["environment"]["sandbox"] == "none"
    warning = "recorded on coding: programs ran without isolation (sandbox: none)"
    assert [warning in text[: text.index("samples")] for text in reports(done)[:1]] == [True]
    assert warning in reports(done)[1]
    shown = benchbook("show", run["id"]).out
    assert shown.splitlines()[1].startswith(f"WARNING: {warning}")


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["--sandbox", "none"], 2, "add --no-isolation"),
        (["--no-isolation"], 2, "--no-isolation is what `--sandbox none` needs"),
        (["--sandbox", "ns", "--no-isolation"], 2, "--no-isolation is what `--sandbox none` needs"),
        (["--sandbox", "nss"], 2, "run.sandbox: unknown sandbox 'nss'; did you mean 'ns'?"),
        (["--set", "run.sandbox=none"], 2, "without isolation, what a model wrote can read"),
        (["--resume", "x", "--sandbox", "ns"], 2, "leave the other options out"),
    ],
)
def test_a_sandbox_that_is_not_asked_for_rightly_is_refused(
    benchbook: Benchbook, coding: Path, home: Path, args: list[str], code: int, message: str
) -> None:
    done = benchbook("eval", *([] if "--resume" in args else [coding]), *args)
    assert (done.code, message in done.err) == (code, True), done.err
    assert not home.exists()


def test_a_tier_that_cannot_be_had_is_refused_with_the_remedy(
    environment: dict[str, str], coding: Path, home: Path
) -> None:
    switch_off = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    unshared = ["unshare", "--user", "--map-root-user", "sh", "-c", switch_off, "sh"]
    command = [*unshared, sys.executable, "-m", "benchbook", "eval", str(coding), "--sandbox", "ns"]
    done = subprocess.run(
        command, env=environment, cwd=coding.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 6
    assert "run `sudo sysctl user.max_user_namespaces=15000`" in done.stderr
    assert not home.exists()
