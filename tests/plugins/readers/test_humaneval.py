"""HumanEval is read as published."""

import json
from pathlib import Path

import pytest

from benchbook.plugins.solvers.extraction import stub_of
from plugins.readers.reading import mistake, read, written

LINE = {
    "task_id": "test/0",
    "prompt": "def return1():\n",
    "canonical_solution": "    return 1",
    "test": "def check(candidate):\n    assert candidate() == 1",
    "entry_point": "return1",
}


def test_all_problems_are_read(shared_data: Path) -> None:
    rows = read("humaneval", data=str(shared_data / "humaneval" / "HumanEval.jsonl.gz"))
    assert [row.key for row in rows] == [f"HumanEval/{number}" for number in range(164)]
    for row in rows:
        assert isinstance(row.input, str)
        assert isinstance(row.target, dict)
        assert stub_of(row.input, str(row.target["entry_point"]))
        compile(str(row.target["test_code"]), row.key, "exec")


def test_a_line_is_a_row(tmp_path: Path) -> None:
    [row] = read("humaneval", data=written(tmp_path / "data.jsonl", LINE))
    assert row.input == "def return1():\n"
    assert row.metadata == {"solution": "def return1():\n    return 1"}
    assert row.target == {
        "entry_point": "return1",
        "test_code": "\n\ndef check(candidate):\n    assert candidate() == 1",
    }


def test_tests_get_what_the_prompt_defines_before_the_function(shared_data: Path) -> None:
    rows = read("humaneval", data=str(shared_data / "humaneval" / "HumanEval.jsonl.gz"))
    assert isinstance(rows[32].target, dict)
    code = str(rows[32].target["test_code"])
    assert code.index("def poly(") < code.index("def check(")
    assert "def find_zero" not in code


@pytest.mark.parametrize("field", sorted(LINE))
def test_every_field_is_needed(field: str, tmp_path: Path) -> None:
    line = {name: value for name, value in LINE.items() if name != field}
    error = mistake("humaneval", data=written(tmp_path / "data.jsonl", line))
    assert error.field == ("data",)
    assert f"data.jsonl:1: the field {field!r} is missing" in error.message


def test_a_prompt_that_does_not_begin_the_function_is_named(tmp_path: Path) -> None:
    for prompt in ("Write return1.", "def return2():\n", "def return1():\n    return 2\n"):
        error = mistake("humaneval", data=written(tmp_path / "data.jsonl", {**LINE, "prompt": prompt}))
        assert "`prompt` should end with the beginning of the function 'return1'" in error.message


def test_the_published_example_is_read(shared_data: Path) -> None:
    file = shared_data / "humaneval" / "example_problem.jsonl"
    assert [row.key for row in read("humaneval", data=str(file))] == [json.loads(file.read_text())["task_id"]]


def test_a_missing_copy_is_found_out() -> None:
    error = mistake("humaneval", data="nowhere/HumanEval.jsonl.gz")
    assert error.field == ("data",)
    assert "nowhere/HumanEval.jsonl.gz does not exist" in error.message
