"""Programs that read and write, from the file to the verdict in a sandbox."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchbook import Message, SpecError
from plugins.readers.reading import mistake, read, written
from plugins.tasks.test_benchmarks import carried_out, samples, task

SUM = {
    "key": "sum",
    "prompt": "Read two integers, one a line, and print their sum.",
    "tests": [{"stdin": "1\n2\n", "stdout": "3\n"}],
    "hidden": [{"stdin": "-5\n5\n", "stdout": "0\n"}],
    "slices": ["easy"],
    "solution": "print(int(input()) + int(input()))",
}
PAIRS = [{"input": "1\n2\n", "output": "3\n", "testtype": "stdin"}]
APPS = {"inputs": ["1\n2\n", ["1", "2"]], "outputs": ["3\n", ["3"]]}


def test_right_and_wrong_programs_are_told_apart(tmp_path: Path) -> None:
    spec = task("stdin-programs", data=written(tmp_path / "problems.jsonl", SUM))
    [sample] = samples(spec)
    replies = (
        "Sure:\n\n```python\na = int(input())\nb = int(input())\nprint(a + b)\n```",
        "```python\nprint(3)\n```",
        "```python\nprint(int(input()))\n```",
        "```python\nwhile True: print(input())\n```",
        "I cannot.",
    )
    verdicts = carried_out(spec, [(sample, reply) for reply in replies])
    assert [verdict.label for verdict in verdicts] == ["passed", "failed", "failed", "error", "error"]
    assert verdicts[1].explanation.startswith("hidden test stdin")
    assert verdicts[-1].explanation == "no code in the reply"


def test_the_prompt_shows_tests_but_none_that_are_hidden(tmp_path: Path) -> None:
    [row] = read("stdin-programs", file=written(tmp_path / "problems.jsonl", SUM))
    assert row.input == f"{SUM['prompt']}\n\nInput:\n1\n2\n\nOutput:\n3\n"
    assert (row.key, row.slices, row.metadata) == ("sum", ("easy",), {"solution": SUM["solution"]})
    turns = [{"role": "user", "content": "Add."}]
    [row] = read("stdin-programs", file=written(tmp_path / "problems.jsonl", {**SUM, "prompt": turns}))
    assert row.input == (Message(role="user", content="Add."),)


@pytest.mark.parametrize(("tests", "number"), [(PAIRS, 1), (APPS, 2), (json.dumps(PAIRS), 1), (json.dumps(APPS), 2)])
def test_tests_are_read_in_the_forms_that_are_about(tests: Any, number: int, tmp_path: Path) -> None:
    [row] = read("stdin-programs", file=written(tmp_path / "problems.jsonl", {"prompt": "Add.", "tests": tests}))
    assert row.key == "1"
    first = {"stdin": "1\n2\n", "stdout": "3\n"}
    assert row.target == {"tests": [first] * number, "hidden": []}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"tests": []}, "`tests` is empty"),
        ({"tests": [{"stdin": 1, "stdout": ""}]}, "is not of the form an object with the texts `stdin` and `stdout`"),
        ({"tests": "nothing"}, "the field 'tests' is a text, but not JSON"),
        ({"tests": {"inputs": ["1"], "outputs": []}}, "as many of each"),
        ({"hidden": ["x"]}, "is not of the form"),
        ({"prompt": None}, "input"),
    ],
)
def test_a_broken_problem_is_named(change: dict[str, Any], what: str, tmp_path: Path) -> None:
    error = mistake("stdin-programs", file=written(tmp_path / "problems.jsonl", SUM, {**SUM, "key": "b", **change}))
    assert error.message.startswith(f"{tmp_path}/problems.jsonl:2: ")
    assert what in error.message


def test_without_a_file_the_task_says_what_it_needs() -> None:
    with pytest.raises(SpecError, match="say where the problems are"):
        task("stdin-programs")
