"""Data sets and tasks from the command line: what is stored, what is wrong with a file, how a task asks."""

import json
from pathlib import Path

from cli.command import Benchbook


def test_stored_data_sets_are_listed_and_shown(benchbook: Benchbook, sums: Path) -> None:
    assert benchbook("datasets", "--json").json == {"datasets": []}
    assert benchbook("datasets", "show", "x").code == 3
    benchbook("eval", sums)
    [found] = benchbook("datasets", "--json").json["datasets"]
    assert (found["name"], found["size"]) == ("sums", 10)
    assert found["id"] in benchbook("datasets").out
    shown = benchbook("datasets", "show", found["version"][:10], "--rows", 2).out
    assert "sum-0" in shown
    assert "sum-1" in shown
    assert "sum-2" not in shown
    assert [row["key"] for row in benchbook("datasets", "show", found["id"][-8:], "--json").json["rows"]] == [
        "sum-0",
        "sum-1",
        "sum-2",
    ]


def test_every_bad_row_of_a_file_is_named(benchbook: Benchbook, tmp_path: Path) -> None:
    file = tmp_path / "qa.csv"
    file.write_text("question,answer\na?,1\nb?\nc?,3,3\nd?,4\n")
    names = ("-A", "input=question", "-A", "target=answer")
    found = benchbook("datasets", "check", file, *names)
    assert found.code == 2
    assert "row 2 (line 3): 1 field" in found.out
    assert "row 3 (line 4): 3 fields" in found.out
    assert "2 mistakes in 1 file" in found.err
    few = benchbook("datasets", "check", file, *names, "--most", 1, "--json")
    [said] = few.json["files"]
    assert (len(said["mistakes"]), said["complete"]) == (1, False)
    file.write_text("question,answer,part\na?,1,x\nb?,2,y\n")
    assert benchbook("datasets", "check", file, *names, "-A", "slice=part").out.endswith(
        "qa.csv: 2 rows, all good; x 1, y 1\n"
    )


def test_a_file_is_held_against_any_reader(benchbook: Benchbook, tmp_path: Path) -> None:
    file = tmp_path / "problems.jsonl"
    file.write_text(json.dumps({"task_id": "HumanEval/0"}) + "\n")
    found = benchbook("datasets", "check", file, "--reader", "humaneval")
    assert found.code == 2
    assert "the field 'prompt' is missing" in found.out
    assert "say which with `--reader`" in benchbook("datasets", "check", tmp_path / "data.txt").err
    file.write_text("")
    empty = benchbook("datasets", "check", file, "--reader", "humaneval")
    assert (empty.code, empty.out) == (2, f"{file} is empty\n")


def test_a_broken_row_stops_an_evaluation_before_anything_is_asked(benchbook: Benchbook, tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text("question,answer\n" + "a?,1\n" * 4710 + "b?\n")
    config = tmp_path / "qa.yaml"
    config.write_text(
        """\
name: qa
models: [mock/x]
tasks:
  - name: qa
    dataset: {csv: {file: qa.csv, input: "{question}", target: answer}}
    scorers: exact-match
"""
    )
    found = benchbook("eval", config)
    assert found.code == 2
    assert "qa.csv, row 4,711 (line 4,712): 1 field, where the header has 2" in found.err
    assert benchbook("datasets", "--json").json == {"datasets": []}


def test_tasks_say_what_they_measure_where_data_come_from_and_how_they_ask(benchbook: Benchbook) -> None:
    found = {one["name"]: one for one in benchbook("tasks", "--json").json["tasks"]}
    assert "come with Benchbook" in found["python-coding"]["data"]
    assert all(one["about"] and one["data"] and not one["error"] for one in found.values())
    shown = benchbook("tasks", "show", "python-coding").out
    for part in (
        "Functions to write",
        "scorers  python-tests",
        "slices: array",
        "The sample easy/add",
        "def add(a: int",
    ):
        assert part in shown
    lacking = benchbook("tasks", "show", "humaneval", "--json").json
    assert lacking["example"] is None
    assert "HumanEval does not come with Benchbook" in lacking["lacking"]
    assert benchbook("tasks", "show", "humanevil").code == 2


def test_every_task_shows_how_a_base_model_is_asked(benchbook: Benchbook, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps({"question": "Smallest?", "choices": ["1", "2"], "answer": 0}) + "\n")
    shown = benchbook("tasks", "show", "multiple-choice", "--data", file, "--style", "completion").out
    assert "A. 1\nB. 2\nAnswer:" in shown
    assert "and weighed: ' A', ' B'" in shown


def test_a_file_of_ones_own_is_evaluated_without_a_config(benchbook: Benchbook, tmp_path: Path) -> None:
    (tmp_path / "my qa.csv").write_text("question,answer,part\n1 + 1?,2,a\n1 + 2?,3,b\n")
    (tmp_path / "said.jsonl").write_text('{"key": "1", "completion": "2"}\n{"key": "2", "completion": "4"}\n')
    given = ("--data", "my qa.csv", "--input", "Say {question}", "--target", "answer", "-T", "slice=part")
    found = benchbook("eval", *given, "--model", "replay/x", "-M", "file=said.jsonl", "--json").json
    [run] = found["runs"]
    assert found["experiment"]["name"] == "my-qa"
    assert {m["slice"]: m["value"] for m in run["metrics"] if m["name"] == "pass_rate"} == {"": 0.5, "a": 1.0, "b": 0.0}
    stray = benchbook("eval", "--task", "mbpp", "--target", "answer", "--model", "mock/x")
    assert (stray.code, "leave --task out for data of your own" in stray.err) == (2, True)
    assert "missing: --task, --model" in benchbook("eval", "--target", "answer").err
