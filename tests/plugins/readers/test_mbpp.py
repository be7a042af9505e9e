"""MBPP is read as published, in both formats."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from plugins.readers.reading import mistake, read, written

FULL = {
    "text": "Write a function to add.",
    "code": "def plus(a, b):\r\n  return a + b",
    "task_id": 11,
    "test_setup_code": "one = 1",
    "test_list": ["assert plus(one, 2) == 3", "assert plus(0, 0) == 0"],
    "challenge_test_list": ["assert plus(-1, 1) == 0"],
}


def test_a_task_shows_its_tests(tmp_path: Path) -> None:
    [row] = read("mbpp", data=written(tmp_path / "mbpp.jsonl", FULL))
    assert (row.key, row.slices) == ("11", ("test",))
    assert row.input == (
        "Write a function to add.\n\nYour code should pass these tests:\n\n"
        "assert plus(one, 2) == 3\nassert plus(0, 0) == 0\n"
    )
    assert row.target == {
        "entry_point": "plus",
        "test_code": "one = 1\nassert plus(one, 2) == 3\nassert plus(0, 0) == 0\n",
    }
    assert row.metadata == {
        "solution": "def plus(a, b):\n  return a + b",
        "challenge_tests": ["assert plus(-1, 1) == 0"],
    }


def test_the_sanitized_format_has_other_fields(tmp_path: Path) -> None:
    row = {name: FULL[name] for name in ("code", "task_id", "test_list")}
    line = {**row, "prompt": "Add.", "source_file": "x.ipynb", "test_imports": ["import math", "import re"]}
    [read_row] = read("mbpp", data=written(tmp_path / "mbpp.json", [line]))
    assert isinstance(read_row.input, str)
    assert read_row.input.startswith("Add.\n\n")
    assert isinstance(read_row.target, dict)
    assert str(read_row.target["test_code"]).startswith("import math\nimport re\nassert plus(")


def test_all_tasks_are_read_in_their_published_splits(shared_data: Path) -> None:
    full = read("mbpp", data=str(shared_data / "mbpp" / "mbpp.jsonl"))
    assert Counter(row.slices for row in full) == {
        ("prompt",): 10,
        ("test",): 500,
        ("validation",): 90,
        ("train",): 374,
    }
    sanitized = read("mbpp", data=str(shared_data / "mbpp" / "sanitized-mbpp.json"))
    assert len(sanitized) == 427


def test_the_entry_point_is_the_function_that_tests_call_and_code_defines(tmp_path: Path) -> None:
    calls = {
        "assert set(plus((3,), 4)) == set((4,))": "def helper(): ...\ndef plus(a, b): ...",
        "assert math.isclose(plus(1, 2), 3)": "def plus(a, b): ...",
        "assert sum(1, 2) == 3": "def sum(a, b): ...",
        "assert plus(Pair(1, 2)) == 3": "class Pair: ...\ndef plus(pair): ...",
        "assert not plus(1, -1)": "plus = lambda a, b: a + b",
    }
    for test, code in calls.items():
        line = {**FULL, "test_list": [test], "code": code}
        [row] = read("mbpp", data=written(tmp_path / "mbpp.jsonl", line))
        assert isinstance(row.target, dict)
        assert row.target["entry_point"] == ("sum" if "sum" in test else "plus")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"task_id": None}, "the field 'task_id' identifies the record"),
        ({"text": 5}, "the field 'text' should be a text, not a number"),
        ({"test_list": "assert"}, "the field 'test_list' should be a list of texts"),
        ({"test_list": ["assert minus(1)"]}, "call no function that `code` defines"),
        ({"code": "def"}, "`code` and `test_list` should hold Python"),
        ({"test_list": ["assert ("]}, "`code` and `test_list` should hold Python"),
    ],
)
def test_a_broken_task_is_named(change: dict[str, Any], what: str, tmp_path: Path) -> None:
    error = mistake("mbpp", data=written(tmp_path / "mbpp.jsonl", {**FULL, **change}))
    assert error.field == ("data",)
    assert error.message.startswith(f"{tmp_path}/mbpp.jsonl:1: ")
    assert what in error.message


def test_an_array_is_expected_in_a_json_file(tmp_path: Path) -> None:
    error = mistake("mbpp", data=written(tmp_path / "mbpp.json", '"text"'))
    assert "a .json file should hold an array of objects, not a text" in error.message
    error = mistake("mbpp", data=written(tmp_path / "mbpp.json", [FULL, 1]))
    assert "mbpp.json, item 2: expected an object of fields, not a number" in error.message


def test_a_missing_copy_is_found_out() -> None:
    assert "nowhere.jsonl does not exist" in mistake("mbpp", data="nowhere.jsonl").message


PAIR = "assert max_chain_length([Pair(5, 24), Pair(15, 25),Pair(27, 40), Pair(50, 60)], 4) == 3"


@pytest.mark.parametrize(
    ("task_id", "test", "in_process"),
    [(601, PAIR, True), (602, PAIR, None), (601, "assert max_chain_length([], 0) == 0", None)],
)
def test_a_published_task_whose_tests_need_the_programs_class_is_tested_in_its_process(
    tmp_path: Path, task_id: int, test: str, in_process: bool | None
) -> None:
    code = "class Pair: ...\ndef max_chain_length(arr, n): return 3"
    line = {**FULL, "task_id": task_id, "code": code, "test_list": [test]}
    [row] = read("mbpp", data=written(tmp_path / "mbpp.jsonl", line))
    assert isinstance(row.target, dict)
    assert row.target.get("in_process") == in_process
