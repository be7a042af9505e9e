"""Anybody's questions are read, and what is wrong with them is said with its line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchbook import Message, Row, SpecError, Use, build
from plugins.readers.reading import mistake, read, written

FIRST = {"key": "a", "input": "1 + 1?", "target": "2"}


def test_rows_without_keys_are_known_by_their_numbers(tmp_path: Path) -> None:
    bare = {"input": "1 + 1?", "target": "2"}
    file = written(tmp_path / "data.jsonl", bare, "", {"input": "1 + 2?", "target": "3"})
    assert [row.key for row in read("jsonl", file=file)] == ["1", "3"]
    with pytest.raises(SpecError, match="the field 'id' is missing"):
        read("jsonl", file=file, key="id")


def test_fields_are_found_under_their_own_names(tmp_path: Path) -> None:
    file = written(tmp_path / "data.jsonl", FIRST, "", {"key": 7, "input": "1 + 2?", "target": ["3", "three"]})
    assert read("jsonl", file=file) == [
        Row(key="a", input="1 + 1?", target="2"),
        Row(key="7", input="1 + 2?", target=["3", "three"]),
    ]


def test_fields_are_found_under_other_names(tmp_path: Path) -> None:
    line = {"id": "a", "question": "1 + 1?", "answer": 2, "subject": "sums", "source": "ours"}
    names = {"key": "id", "input": "question", "target": "answer", "slice": "subject"}
    [row] = read("jsonl", file=written(tmp_path / "data.jsonl", line), **names)
    assert row == Row(key="a", input="1 + 1?", target=2, slices=("sums",), metadata={"source": "ours"})


def test_turns_of_a_chat_are_an_input_too(tmp_path: Path) -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1 + 1?"}]
    [row] = read("jsonl", file=written(tmp_path / "data.jsonl", {**FIRST, "input": turns}))
    assert row.input == (Message(role="system", content="Be brief."), Message(role="user", content="1 + 1?"))


def test_questions_without_a_right_answer_say_so(tmp_path: Path) -> None:
    file = written(tmp_path / "data.jsonl", {"key": "a", "input": "A poem, please."})
    assert read("jsonl", file=file, target=None) == [Row(key="a", input="A poem, please.")]
    assert "the field 'target' is missing" in str(mistake("jsonl", file=file))


def test_a_row_may_lie_in_several_slices(tmp_path: Path) -> None:
    file = written(tmp_path / "data.jsonl", {**FIRST, "parts": ["sums", "easy"]})
    assert read("jsonl", file=file, slice="parts")[0].slices == ("sums", "easy")


def test_gzip_arrays_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    packed, array, marked = tmp_path / "data.jsonl.gz", tmp_path / "data.json", tmp_path / "marked.jsonl"
    packed.write_bytes(gzip.compress(json.dumps(FIRST).encode()))
    array.write_text(json.dumps([FIRST]))
    marked.write_text("\ufeff" + json.dumps(FIRST))
    assert read("jsonl", file=str(packed)) == read("jsonl", file=str(array)) == read("jsonl", file=str(marked))


def test_a_json_file_may_hold_an_object_a_line(tmp_path: Path) -> None:
    file = written(tmp_path / "data.json", FIRST, {**FIRST, "key": "b"})
    assert [row.key for row in read("jsonl", file=file)] == ["a", "b"]


def test_an_endless_line_is_no_row(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    with file.open("wb") as out:
        out.write(b'{"input": "')
        out.truncate(100 << 20)
    assert mistake("jsonl", file=str(file)).message == f"{file}:1: longer than 64 MiB; a line holds one object"


def test_every_broken_line_is_found_not_only_the_first(tmp_path: Path) -> None:
    file = written(tmp_path / "data.jsonl", FIRST, "{", {"key": "b"}, "[1]", FIRST)
    said = [error.message for error in build("reader", Use(name="jsonl", args={"file": file})).mistakes()]
    assert [one.split(": ")[0].rpartition(":")[2] for one in said] == ["2", "3", "4", "5"]


def test_the_reader_gives_the_same_rows_again(tmp_path: Path) -> None:
    file = written(tmp_path / "data.jsonl", FIRST)
    assert read("jsonl", file=file) == read("jsonl", file=file)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "not valid JSON"),
        ("[1]", "expected an object of fields, not a list"),
        ('{"key": NaN}', "NaN is not a JSON value"),
        ("[" * 100_000, "not valid JSON"),
        ({"key": "b", "target": 1}, "the field 'input' is missing; there are: key, target"),
        ({**FIRST, "key": None}, "the field 'key' identifies the record"),
        ({**FIRST, "key": True}, "the field 'key' identifies the record"),
        ({**FIRST, "key": "b", "input": 5}, "input"),
        ({**FIRST, "key": "b", "input": [{"role": "boss", "content": ""}]}, "input"),
        (FIRST, r"the key 'a' is taken by .*data.jsonl:1; every row needs a key of its own"),
    ],
)
def test_a_broken_line_is_named(line: Any, what: str, tmp_path: Path) -> None:
    error = mistake("jsonl", file=written(tmp_path / "data.jsonl", FIRST, "", line))
    assert error.field == ("file",)
    assert error.message.startswith(f"{tmp_path}/data.jsonl:3: ")
    with pytest.raises(type(error), match=what):
        raise error


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_bytes(b'{"key": "\xff"}')
    assert "data.jsonl:1: not valid JSON" in str(mistake("jsonl", file=str(tmp_path / "data.jsonl")))


def test_a_file_that_only_claims_to_be_packed_cannot_be_read(tmp_path: Path) -> None:
    for body in (b"{}", gzip.compress(b"{}" * 1000)[:20]):
        (tmp_path / "data.jsonl.gz").write_bytes(body)
        assert "cannot read" in str(mistake("jsonl", file=str(tmp_path / "data.jsonl.gz")))


def test_a_missing_file_is_found_out_before_anything_is_read(tmp_path: Path) -> None:
    error = mistake("jsonl", file=str(tmp_path / "nothing.jsonl"))
    assert error.field == ("file",)
    assert "nothing.jsonl does not exist; give the path of a data file" in error.message
    assert "is a folder" in mistake("jsonl", file=str(tmp_path)).message


def test_of_many_rows_the_one_whose_key_comes_twice_is_named_with_the_first(tmp_path: Path) -> None:
    lines = [{"key": f"k{n}", "input": "?", "target": "!"} for n in range(5_000)]
    file = written(tmp_path / "many.jsonl", *lines)
    assert len(list(build("reader", Use(name="jsonl", args={"file": file}))())) == 5_000
    twice = written(tmp_path / "twice.jsonl", *lines, {**lines[1233]})
    with pytest.raises(SpecError, match=r"twice\.jsonl:5001: the key 'k1233' is taken by .*twice\.jsonl:1234;"):
        list(build("reader", Use(name="jsonl", args={"file": twice}))())


def test_an_empty_file_is_empty_however_it_is_called(tmp_path: Path) -> None:
    for name in ("data.json", "data.jsonl"):
        (tmp_path / name).write_text(" \n")
        with pytest.raises(SpecError, match=f"{name} is empty"):
            list(build("reader", Use(name="jsonl", args={"file": str(tmp_path / name)}))())
