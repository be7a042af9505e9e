"""BIG-Bench Hard as it is published: questions, and the prompts with worked examples."""

import json
from pathlib import Path

import pytest

from plugins.readers.reading import mistake, read

PROMPT = """\
SOME WARNING NOT TO TRAIN ON THIS
-----
Sort a list of words.

Q: Sort: oven costume
A: Let's think step by step.
The first letters: "oven": "o".

"costume": "c". So the answer is costume oven.

Q: Sort: b a
A: Let's think step by step.
We have "a" < "b". So the answer is a b.
"""


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    (tmp_path / "word_sorting.txt").write_text(PROMPT)
    return tmp_path


def test_a_folder_has_its_tasks_as_slices(shared_data: Path) -> None:
    rows = read("bbh", data=str(shared_data / "bbh"))
    assert len(rows) == 1000
    assert {row.slices for row in rows} == {
        ("boolean_expressions",),
        ("date_understanding",),
        ("multistep_arithmetic_two",),
        ("word_sorting",),
    }
    assert (rows[0].key, rows[0].target) == ("boolean_expressions/1", "False")


def test_worked_examples_are_read_with_their_reasoning_or_their_answers(prompts: Path) -> None:
    reasoned = read("bbh-prompts", data=str(prompts))
    assert [row.input for row in reasoned] == ["Sort: oven costume", "Sort: b a"]
    assert reasoned[1].target == 'We have "a" < "b". So the answer is a b.'
    assert {(row.slices, str(row.metadata["description"])) for row in reasoned} == {
        (("word_sorting",), "Sort a list of words.")
    }
    direct = read("bbh-prompts", data=str(prompts / "word_sorting.txt"), answers="direct")
    assert [row.target for row in direct] == ["costume oven", "a b"]


@pytest.mark.parametrize(
    ("reader", "name", "text", "message"),
    [
        ("bbh", "a.json", json.dumps([1]), 'expected {"examples": [{"input": …, "target": …}]}'),
        ("bbh", "a.json", json.dumps({"examples": [{"input": "?"}]}), "item 1: the field 'target' is missing"),
        ("bbh-prompts", "a.txt", "Q: no line above\nA: 1", "expected a line `-----`"),
        ("bbh-prompts", "a.txt", "-----\nDo.\n\nQ: 1?\nA: 1", "example 1 does not end with `the answer is …`"),
        ("bbh", "a.txt", "", "holds no .json file"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, reader: str, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    assert message in str(mistake(reader, data=str(tmp_path)))
