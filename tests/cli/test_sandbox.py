"""`benchbook sandbox run`: programs of one's own, in the real sandbox."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchbook.plugins.sandboxes.self_test import descendants
from cli.command import Benchbook

F = "def f(x): return x + 1"


def program(number: int, expected: int | None = None, **fields: Any) -> dict[str, Any]:
    test = {"args": [number], "expected": number + 1 if expected is None else expected}
    return {"id": f"p{number}", "program": F, "entry_point": "f", "tests": [test], **fields}


def written(path: Path, *programs: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in programs))
    return path


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    endless = {"program": "while True: pass", "limits": {"cpu": 0.3}}
    hostile = {"id": "\x1b[31mred", "program": "print('\\x1b[31mred')", "stdout": "x"}
    return written(tmp_path / "mixed.jsonl", program(1), program(2, 5), endless, {"program": "x = 1"}, hostile)


def test_every_program_has_a_line_in_the_order_of_the_file(benchbook: Benchbook, mixed: Path) -> None:
    done = benchbook("sandbox", "run", mixed, "--json", "-o", "out.jsonl")
    assert (done.code, done.err) == (0, "")
    results = [json.loads(line) for line in done.out.splitlines()]
    assert [result["id"] for result in results] == ["p1", "p2", 3, 4, "\x1b[31mred"]
    assert [result["status"] for result in results] == ["passed", "failed", "timeout", "skipped", "failed"]
    assert results[1]["tests"][0] | {"status": "failed", "got": "3", "expected": "5"} == results[1]["tests"][0]
    assert {"reason", "cpu", "wall", "peak_memory", "sandbox", "cheatable", "limits"} <= set(results[0])
    assert mixed.with_name("out.jsonl").read_text() == done.out


def test_without_json_there_are_words_and_a_summary(benchbook: Benchbook, mixed: Path) -> None:
    done = benchbook("sandbox", "run", mixed, "--workers", 1)
    assert done.code == 0
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["passed", "failed", "timeout", "skipped", "failed"]
    assert "f(2): got 3, not 5" in lines[1]
    assert lines[-1].startswith("5 programs: 2 failed, 1 passed")
    assert "\x1b" not in done.out


def test_one_program_is_one(benchbook: Benchbook, tmp_path: Path) -> None:
    file = written(tmp_path / "p.jsonl", program(1))
    assert benchbook("sandbox", "run", file).out.splitlines()[-1] == "1 program: 1 passed"


def test_a_tier_can_be_asked_for_and_every_result_says_which_it_was(benchbook: Benchbook, tmp_path: Path) -> None:
    file = written(tmp_path / "p.jsonl", program(1))
    assert json.loads(benchbook("sandbox", "run", file, "--json").out)["sandbox"] in ("ns", "landlock")
    assert json.loads(benchbook("sandbox", "run", file, "--json", "--sandbox", "landlock").out)["sandbox"] == "landlock"
    done = benchbook("sandbox", "run", file, "--json", "--sandbox", "none", "--no-isolation")
    assert (json.loads(done.out)["sandbox"], json.loads(done.out)["status"]) == ("none", "passed")
    assert "WARNING: programs run without isolation" in done.err


def test_standard_input_will_do(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "benchbook", "sandbox", "run", "-", "--json"]
    line = json.dumps(program(1))
    done = subprocess.run(command, input=line, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "passed")


def test_nothing_runs_before_every_line_is_checked(benchbook: Benchbook, tmp_path: Path) -> None:
    file = written(tmp_path / "p.jsonl", program(1), program(2, entry_point=None))
    done = benchbook("sandbox", "run", file, "-o", "out.jsonl")
    assert (done.code, done.out) == (2, "")
    assert f"{file}:2: entry_point: tests with `args` need it: the name of the function to call" in done.err
    assert not (tmp_path / "out.jsonl").exists()
    assert benchbook("sandbox", "run", file, "--json").json["error"]["exit_code"] == 2


def test_nothing_runs_if_two_programs_have_the_same_id(benchbook: Benchbook, tmp_path: Path) -> None:
    file = written(tmp_path / "p.jsonl", program(1), program(2), program(1))
    done = benchbook("sandbox", "run", file)
    assert (done.code, done.out) == (2, "")
    assert f"{file}:3: id: 'p1' is the id of line 1, too; give each an id of its own" in done.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nothing.jsonl"], "cannot read nothing.jsonl: No such file or directory"),
        (["."], "cannot read .: Is a directory"),
        (["p.jsonl", "--sandbox", "nss"], "unknown sandbox 'nss'; did you mean 'ns'?"),
        (["p.jsonl", "--sandbox", "none"], "what a model wrote would run with your rights"),
        (["p.jsonl", "--no-isolation"], "--no-isolation is what `--sandbox none` needs"),
        (["p.jsonl", "--workers", "-1"], "-1 is not in the range x>=0"),
        (["p.jsonl", "-o", "p.jsonl"], "--output p.jsonl is the file that the programs are read from"),
        (["p.jsonl", "-o", "no/out.jsonl"], "cannot write no/out.jsonl: No such file or directory"),
    ],
)
def test_what_is_wrong_is_said(benchbook: Benchbook, tmp_path: Path, args: list[str], message: str) -> None:
    written(tmp_path / "p.jsonl", program(1))
    done = benchbook("sandbox", "run", *args)
    assert (done.code, message in done.err) == (2, True), done.err


def test_an_empty_file_is_no_failure(benchbook: Benchbook, tmp_path: Path) -> None:
    done = benchbook("sandbox", "run", written(tmp_path / "p.jsonl"))
    assert (done.code, done.out) == (0, "")
    assert "There is no program in" in done.err


def test_a_reader_that_leaves_early_ends_it_quietly(environment: dict[str, str], tmp_path: Path) -> None:
    file = written(tmp_path / "p.jsonl", *map(program, range(500)))
    command = f"{sys.executable} -m benchbook sandbox run {file} --json | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (141, "")
    assert json.loads(done.stdout)["id"] == "p0"


def test_an_interruption_leaves_no_process(environment: dict[str, str], tmp_path: Path) -> None:
    endless = {"program": "while True: pass", "limits": {"cpu": 60}}
    file = written(tmp_path / "p.jsonl", program(1), endless, endless, endless)
    command = [sys.executable, "-m", "benchbook", "sandbox", "run", str(file), "--json"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["status"] == "passed"
        started = descendants([process.pid]) - {process.pid}
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert "interrupted" in process.stderr.read()
        assert process.stdout.read() == ""
    assert started
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []


def test_a_sandbox_that_breaks_is_not_the_programs_fault(
    benchbook: Benchbook, environment: dict[str, str], tmp_path: Path
) -> None:
    """A sandbox of the test's own, in a package that is only there for it."""
    package = tmp_path / "site"
    (package / "broken-1.dist-info").mkdir(parents=True)
    (package / "broken-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (package / "broken-1.dist-info" / "entry_points.txt").write_text("[benchbook.sandbox]\nbroken = broken:broken\n")
    (package / "broken.py").write_text(
        "from benchbook import ExecResult, register\n"
        "@register('sandbox')\n"
        "def broken():\n"
        "    async def run(command):\n"
        "        return ExecResult('infra_error', 'it broke')\n"
        "    return run\n"
    )
    file = written(tmp_path / "p.jsonl", program(1), program(2))
    done = benchbook("sandbox", "run", file, "--json", "--sandbox", "broken", env={"PYTHONPATH": str(package)})
    assert done.code == 6
    assert [json.loads(line)["status"] for line in done.out.splitlines()] == ["infra_error", "infra_error"]
    assert "the sandbox broke under 2 of 2 programs" in done.err
