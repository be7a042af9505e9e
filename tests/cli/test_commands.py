"""Looking at what there is, and taking it elsewhere."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command import Benchbook

HOSTILE = "=cmd|' /C calc'!A0 [/b][bold] \ud800 \x1b[31mred\x00 \u202eright-to-left <script>alert(1)</script>"


@pytest.fixture
def ran(benchbook: Benchbook, sums: Path) -> Benchbook:
    """The command line, after one evaluation."""
    said = sums.with_name("said.jsonl")
    lines = said.read_text().splitlines()
    lines[2] = json.dumps({"key": "sum-2", "completion": HOSTILE})
    said.write_text("\n".join(lines))
    assert benchbook("eval", sums).code == 0
    return benchbook


def test_runs_lists_what_there_is(ran: Benchbook) -> None:
    shown = ran("runs")
    assert "recorded" in shown.out
    assert "10/10" in shown.out
    [run] = ran("runs", "--json").json["runs"]
    assert (run["status"], run["total"]) == ("completed", 10)


def test_show_lists_answers_and_one_in_full(ran: Benchbook) -> None:
    [run] = ran("runs", "--json").json["runs"]
    assert "sum-9" in ran("show", run["id"]).out
    assert len(ran("show", run["id"], "--label", "no match", "--json").json["answers"]) == 3
    one = ran("show", run["id"], "--sample", "sum-2").out
    assert "2 + 2 =" in one


def test_show_tells_what_the_requests_went_through(ran: Benchbook) -> None:
    shown = ran("show", "sums")
    assert "10 answered, 0 refused, 0 failed; 0 tried again" in shown.out
    [told] = ran("show", "sums", "--json").json["traffic"]
    assert (told["attempt"], told["answers"], told["refusals"]) == (1, 10, 0)


def test_hostile_text_reaches_no_terminal(ran: Benchbook) -> None:
    [run] = ran("runs", "--json").json["runs"]
    for shown in (ran("show", run["id"], "--sample", "sum-2").out, ran("show", run["id"]).out):
        assert not {"\x1b", "\x00", "\u202e"} & set(shown)
    assert "\\x1b[31mred" in ran("show", run["id"], "--sample", "sum-2").out


def test_jsonl_is_exact(ran: Benchbook) -> None:
    rows = [json.loads(line) for line in ran("export", "sums").out.splitlines()]
    assert [row["reply"] for row in rows if row["sample"] == "sum-2"] == [HOSTILE]
    assert [row["scores"][0]["value"] for row in rows][:3] == [1.0, 1.0, 0.0]


def test_csv_has_a_row_an_answer_and_no_formula(ran: Benchbook, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    done = ran("export", "sums", "--format", "csv", "-o", out, "--json")
    assert done.json["answers"] == 10
    rows = list(csv.DictReader(io.StringIO(out.read_bytes().decode())))
    assert rows[2]["reply"] == "'" + HOSTILE.replace("\ud800", "\\ud800")
    assert [row["exact-match.value"] for row in rows[:3]] == ["1.0", "1.0", "0.0"]


def test_hostile_text_reaches_stdout_escaped_in_every_form(ran: Benchbook) -> None:
    [run] = ran("runs", "--json").json["runs"]
    [answer] = ran("show", run["id"], "--sample", "sum-2", "--json").json["answers"]
    assert answer["generation"]["output"]["text"] == HOSTILE
    assert "[/b][bold]" in ran("show", run["id"], "--sample", "sum-2").out
    assert ran("export", "sums", "--format", "csv").code == 0
    assert ran("export", "sums", "--json").json["answers"][2]["reply"] == HOSTILE


def test_a_models_name_is_never_markup(benchbook: Benchbook, sums: Path) -> None:
    sums.write_text(sums.read_text().replace("name: recorded", 'name: "x[/y]"').replace("  recorded:", '  "x[/y]":'))
    assert "x[/y]" in benchbook("eval", sums).out
    assert "x[/y]" in benchbook("runs").out


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["show", "run-0"], 3, "there is no run 'run-0'"),
        (["report", "nothing", "-o", "x.html"], 3, "there is no run 'nothing'"),
        (["report", "sums", "-o", "x.pdf"], 2, "a report ends in .md or .html"),
        (["eval"], 2, "nothing to evaluate"),
        (["eval", "sums.yaml", "--limit", "0"], 2, "0 is not in the range"),
        (["eval", "sums.yaml", "-o", "/proc/nope"], 2, "cannot write into the folder /proc/nope"),
        (["eval", "--resume", "sums", "--epochs", "2"], 2, "leave the other options out"),
        (["report", "sums", "--all"], 2, "say which runs"),
        (["eval", "-t", "python-coding", "-m", "mock/x", "-M", "latency=NaN"], 2, "expected a valid number, got 'NaN'"),
        (["evall"], 2, "No such command 'evall'"),
        (["eval", "a.yaml", "--model", "mock/x"], 2, "not both"),
        (["eval", "python-coding"], 2, "for the task say --task python-coding --model MODEL"),
        (["eval", "--task", "a.yaml", "--model", "mock/x"], 2, "a config stands alone: `benchbook eval a.yaml`"),
        (["models", "pull", "smolm2"], 2, "smollm2-135m"),
        (["models", "pull", "gemma3-270m"], 5, "--accept-terms"),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_code(ran: Benchbook, args: list[str], code: int, message: str) -> None:
    done = ran(*args)
    assert (done.code, message in done.err) == (code, True), done.err
    failed = ran(*args, "--json")
    assert failed.json["error"]["exit_code"] == code


def test_plugins_and_tasks_can_be_listed(benchbook: Benchbook) -> None:
    assert {"python-coding", "humaneval", "mbpp"} <= {t["name"] for t in benchbook("tasks", "--json").json["tasks"]}
    assert "runtime llamacpp" in benchbook("plugins").out
    told = benchbook("plugins", "solver").out
    assert "majority-vote  (n=5, extract: answer | number | letter | text = answer, pattern=null," in told
    assert "llamacpp" not in told


def test_doctor_finds_this_machine_fit(benchbook: Benchbook) -> None:
    done = benchbook("doctor", "--json")
    assert done.code == 0, done.out
    assert {"python", "store", "models", "sandbox"} <= set(done.json["parts"])
    [level] = [finding for finding in done.json["parts"]["sandbox"] if finding["name"] == "level"]
    assert level["ok"] is True


def test_a_reader_that_leaves_early_is_no_failure_of_ours(ran: Benchbook, environment: dict[str, str]) -> None:
    for asked in ("export sums", "runs"):
        command = f"{sys.executable} -m benchbook {asked} | true; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=False, timeout=60)
        assert (done.returncode in (0, 141), done.stderr) == (True, b"")


def test_show_says_what_the_run_is_and_takes_an_experiment_of_one(ran: Benchbook) -> None:
    assert "recorded on sums, completed, 10 of 10 answered" in ran("show", "sums").out


@pytest.mark.parametrize("command", ["runs", "baselines", "datasets", "reviews", "users"])
def test_where_there_is_nothing_a_list_says_how_to_have_something(benchbook: Benchbook, command: str) -> None:
    done = benchbook(command)
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("no")


def test_without_a_command_there_is_help(benchbook: Benchbook) -> None:
    done = benchbook()
    assert (done.code, "Commands:" in done.out) == (0, True)


def test_every_command_has_help(benchbook: Benchbook) -> None:
    for name in ("eval", "runs", "show", "report", "export", "models", "tasks", "plugins", "sandbox", "doctor"):
        assert benchbook(name, "--help").code == 0


@pytest.mark.parametrize("asked", ["baselines --json list", "rubrics --json show quality-3", "users --json link admin"])
def test_json_in_front_of_a_subcommand_is_refused(benchbook: Benchbook, asked: str) -> None:
    done = benchbook(*asked.split())
    assert (done.code, "goes behind the command" in done.err) == (2, True)
