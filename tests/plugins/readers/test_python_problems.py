"""The built-in problems are sound, and a file of one's own is read as strictly."""

from collections import Counter
from pathlib import Path

import pytest

from benchbook.plugins.solvers.extraction import stub_of
from benchbook.plugins.solvers.python_code import EXAMPLES
from plugins.readers.reading import mistake, read

PROBLEM = '''
[[problem]]
key = "own/plus"
skill = "arithmetic"
entry_point = "plus"
prompt = """
def plus(a: int, b: int) -> int:
    \\"\\"\\"Return the sum of a and b.\\"\\"\\"
"""
solution = """
def plus(a, b):
    return a + b
"""
tests = ["plus(1, 2) == 3"]
hidden = ["plus(-1, 1) == 0"]
'''


def own(folder: Path, *texts: str) -> str:
    (folder / "own.toml").write_text("".join(texts))
    return str(folder / "own.toml")


def test_there_are_enough_problems_in_every_slice() -> None:
    rows = read("python-problems")
    counts = Counter(row.slices for row in rows)
    assert list(counts) == [("easy",), ("medium",), ("hard",)]
    assert counts[("easy",)] >= 40
    assert len(rows) >= 80


def test_every_problem_has_six_tests_some_of_them_hidden_and_a_skill() -> None:
    for row in read("python-problems"):
        assert isinstance(row.target, dict)
        tests, hidden = row.target["tests"], row.target["hidden"]
        assert isinstance(tests, list)
        assert isinstance(hidden, list)
        assert tests, row.key
        assert hidden, row.key
        assert len(tests) + len(hidden) >= 6, row.key
        assert len({*map(str, tests), *map(str, hidden)}) == len(tests) + len(hidden), row.key
        assert [tag.startswith("skill:") for tag in row.tags] == [True], row.key


def test_no_prompt_gives_its_solution_or_a_hidden_test_away() -> None:
    for row in read("python-problems"):
        assert isinstance(row.target, dict)
        assert isinstance(row.input, str)
        assert stub_of(row.input, str(row.target["entry_point"])), row.key
        assert isinstance(row.target["hidden"], list)
        for test in row.target["hidden"]:
            call = str(test).rsplit(" == ", 1)[0]
            assert f">>> {call}\n" not in row.input, row.key


def test_no_example_of_the_prompts_is_a_problem() -> None:
    entry_points = {str(row.target["entry_point"]) for row in read("python-problems") if isinstance(row.target, dict)}
    assert entry_points.isdisjoint(example.signature[4 : example.signature.index("(")] for example in EXAMPLES)


def test_slices_are_chosen_by_name() -> None:
    assert {row.slices for row in read("python-problems", slices=["hard", "easy"])} == {("easy",), ("hard",)}
    error = mistake("python-problems", slices=["easy", "simple"])
    assert error.field == ("slices",)
    assert "there is no slice 'simple'; there are: easy, medium, hard" in error.message


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    [row] = read("python-problems", file=own(tmp_path, PROBLEM))
    assert (row.key, row.slices, row.tags) == ("own/plus", ("own",), ("skill:arithmetic",))
    assert row.target == {"entry_point": "plus", "tests": ["plus(1, 2) == 3"], "hidden": ["plus(-1, 1) == 0"]}
    assert row.metadata == {"solution": "def plus(a, b):\n    return a + b\n"}


def test_a_key_without_a_slice_lies_in_none(tmp_path: Path) -> None:
    [row] = read("python-problems", file=own(tmp_path, PROBLEM.replace("own/plus", "plus")))
    assert row.slices == ()


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("skill =", "skil =", "unknown field 'skil'"),
        ('tests = ["plus(1, 2) == 3"]', "", "the field 'tests' is missing"),
        ('tests = ["plus(1, 2) == 3"]', "tests = []", "`tests` is empty"),
        ('tests = ["plus(1, 2) == 3"]', "tests = [1]", "the field 'tests' should be a list of texts"),
        ("plus(-1, 1) == 0", "plus(-1, 1) > 0", "the test 'plus(-1, 1) > 0' is not of the form"),
        ("def plus(a: int", "def minus(a: int", "`prompt` should end with the signature"),
        ('"arithmetic"', "7", "the field 'skill' should be a text, not a number"),
        ('"own/plus"', '""', "key"),
    ],
)
def test_a_broken_problem_is_named(old: str, new: str, what: str, tmp_path: Path) -> None:
    good = PROBLEM.replace("own/plus", "own/first")
    error = mistake("python-problems", file=own(tmp_path, good, PROBLEM.replace(old, new)))
    assert error.field == ("file",)
    assert error.message.startswith(f"{tmp_path}/own.toml:{good.count(chr(10)) + 2}: ")
    assert what in error.message


def test_a_key_given_twice_is_named(tmp_path: Path) -> None:
    error = mistake("python-problems", file=own(tmp_path, PROBLEM, PROBLEM))
    assert "the key 'own/plus' is taken by" in error.message


def test_what_is_no_file_of_problems_is_said_so(tmp_path: Path) -> None:
    assert "not valid TOML" in mistake("python-problems", file=own(tmp_path, "[[problem")).message
    assert "expected [[problem]] tables" in mistake("python-problems", file=own(tmp_path, "title = 'x'")).message
    assert "does not exist" in mistake("python-problems", file=str(tmp_path / "nothing.toml")).message
