"""IFEval is read as published; what could not be scored later is refused at once."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchbook import Row
from benchbook.plugins.scorers.instructions import KINDS
from plugins.readers.reading import mistake, read, written

LINE: dict[str, Any] = {
    "key": 1000,
    "prompt": "Write two words about cats, without commas.",
    "instruction_id_list": ["punctuation:no_comma", "keywords:existence"],
    "kwargs": [{}, {"keywords": ["cat"], "num_words": None}],
}


def instructions(rows: list[Row]) -> list[dict[str, Any]]:
    targets: list[Any] = [row.target for row in rows]
    return [each for target in targets for each in target]


def test_all_541_prompts_are_read_and_show_all_25_kinds(shared_data: Path) -> None:
    rows = read("ifeval", data=str(shared_data / "ifeval" / "input_data.jsonl"))
    kinds = Counter(str(each["kind"]) for each in instructions(rows))
    assert (len(rows), len({row.key for row in rows})) == (541, 541)
    assert (set(kinds), kinds.total()) == (set(KINDS), 834)
    assert kinds["length_constraints:nth_paragraph_first_word"] == 12


def test_no_word_of_the_published_prompts_is_more_than_a_word(shared_data: Path) -> None:
    """The original takes them for regular expressions, and we for texts: it makes no difference."""
    rows = read("ifeval", data=str(shared_data / "ifeval" / "input_data.jsonl"))
    names = ("keyword", "keywords", "forbidden_words", "section_spliter")
    given = [each["arguments"].get(name, ()) for each in instructions(rows) for name in names]
    words = [word for value in given for word in ([value] if isinstance(value, str) else value)]
    assert len(words) > 200
    assert [word for word in words if re.escape(word) != word] == []


def test_a_line_is_a_row(tmp_path: Path) -> None:
    [row] = read("ifeval", data=written(tmp_path / "data.jsonl", LINE))
    assert (row.key, row.input) == ("1000", "Write two words about cats, without commas.")
    assert row.target == [
        {"kind": "punctuation:no_comma", "arguments": {}},
        {"kind": "keywords:existence", "arguments": {"keywords": ["cat"]}},
    ]
    assert row.slices == ("punctuation", "keywords")
    assert row.tags == ("punctuation:no_comma", "keywords:existence")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kwargs": [{}]}, "data.jsonl:2: there are 2 instructions, and arguments for 1"),
        ({"kwargs": [{}, 3]}, "should be a list of objects, one for each instruction"),
        ({"instruction_id_list": [], "kwargs": []}, "there are 0 instructions"),
        ({"instruction_id_list": ["punctuation:no_comma", "keywords:exists"]}, "unknown kind of instruction"),
        ({"kwargs": [{}, {}]}, "data.jsonl:2: keywords:existence.keywords: this field is required"),
    ],
)
def test_a_row_that_could_not_be_scored_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    first = {**LINE, "key": 1}
    found = mistake("ifeval", data=written(tmp_path / "data.jsonl", first, {**LINE, **change}))
    assert message in str(found)
