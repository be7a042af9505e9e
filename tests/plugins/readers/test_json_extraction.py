"""The synthetic data sets as a task reads them: drawn, or from the file that was written."""

import json
from pathlib import Path

import pytest

from benchbook import synthetic
from plugins.readers.reading import mistake, read, written


def test_without_a_file_the_test_split_is_drawn() -> None:
    rows = read("json-extraction", size=430)
    assert len(rows) == 24
    row = rows[0]
    assert isinstance(row.input, str)
    shown = row.input.removeprefix("JSON schema:\n").partition("\n\nText:\n")[0]
    assert json.loads(shown) == row.metadata["schema"]
    assert row.key == "test-0001"
    assert row.tags[0].startswith("genre:")


@pytest.mark.parametrize("name", ["json-extraction", "qa"])
def test_a_file_gives_what_drawing_gives(name: str, tmp_path: Path) -> None:
    file = written(tmp_path / "some.jsonl", *synthetic(name, "validation", 4, 430))
    assert read(name, data=file) == read(name, split="validation", seed=4, size=430)


@pytest.mark.parametrize("name", ["json-extraction", "qa"])
def test_a_file_is_what_it_is(name: str, tmp_path: Path) -> None:
    file = written(tmp_path / "some.jsonl", *synthetic(name, size=100))
    assert mistake(name, data=file, seed=0).message == "`data` is a file, which has no seed; leave one of them out"


def test_a_row_without_answers_is_named(tmp_path: Path) -> None:
    row = {"key": "a", "context": "c", "question": "q", "answers": []}
    assert mistake("qa", data=written(tmp_path / "qa.jsonl", row)).message.endswith(
        "qa.jsonl:1: the field 'answers' is empty; write at least one"
    )
    bare = {"key": "a", "text": "c", "schema": "s", "target": 1}
    assert "should be a JSON schema" in mistake("json-extraction", data=written(tmp_path / "x.jsonl", bare)).message


def test_answers_that_are_right_are_known_to_judges_and_not_to_models() -> None:
    for row in read("qa", size=100):
        assert isinstance(row.target, list)
        assert row.metadata == {"final_answer": " or ".join(map(str, row.target))}
