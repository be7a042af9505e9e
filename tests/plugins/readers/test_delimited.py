"""Tables of text are read as they are written, and what is wrong with a row is said with its number and its line."""

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest

from benchbook import Row, Use, build
from plugins.readers.reading import mistake, read

PLAIN = "question,answer\n1 + 1?,2\n1 + 2?,3\n"


def table(path: Path, text: str, encoding: str = "utf-8") -> str:
    path.write_bytes(text.encode(encoding))
    return str(path)


def plain(tmp_path: Path, text: str, **args: Any) -> list[Row]:
    return read("csv", file=table(tmp_path / "data.csv", text), **{"input": "question", "target": "answer", **args})


def wrong(tmp_path: Path, text: str, **args: Any) -> str:
    found = {"input": "question", "target": "answer", **args}
    return mistake("csv", file=table(tmp_path / "data.csv", text), **found).message


def test_columns_become_rows_and_the_others_metadata(tmp_path: Path) -> None:
    text = "id,question,answer,subject,source\n7,1 + 1?,2,sums,ours\n"
    [row] = plain(tmp_path, text, key="id", slice="subject", tags="source")
    assert row == Row(key="7", input="1 + 1?", target="2", slices=("sums",), tags=("source:ours",))
    assert plain(tmp_path, text)[0] == Row(
        key="1", input="1 + 1?", target="2", metadata={"id": "7", "subject": "sums", "source": "ours"}
    )
    assert plain(tmp_path, text, metadata=["source"])[0].metadata == {"source": "ours"}


def test_a_template_has_every_field_in_its_place(tmp_path: Path) -> None:
    template = "Question: {question}\nLike {{this}}: {answer}\nAnswer:"
    rows = plain(tmp_path, "question,answer\nWhat is {answer}?,2\n", input=template, target="It is {answer}")
    assert rows[0].input == "Question: What is {answer}?\nLike {this}: 2\nAnswer:"
    assert rows[0].target == "It is 2"
    assert rows[0].metadata == {}


def test_a_template_can_reach_nothing_but_fields(tmp_path: Path) -> None:
    for place in ("question.__class__", "0", "question[0]", "question!r", "question:>9"):
        assert f"the field {place!r} is missing; there are: answer, question" in wrong(
            tmp_path, PLAIN, input=f"{{{place}}}"
        )
    assert "a brace is open" in wrong(tmp_path, PLAIN, input="{question")


def test_choices_are_columns_of_their_own(tmp_path: Path) -> None:
    text = "question,A,B,C,answer\nSmallest?,1,2,3,A\nYes?,yes,no,,B\n"
    rows = plain(tmp_path, text, choices=["A", "B", "C"], missing="empty")
    assert [row.choices for row in rows] == [("1", "2", "3"), ("yes", "no")]


def test_quotes_newlines_and_delimiters_within_fields_survive_a_round_trip(tmp_path: Path) -> None:
    wild = ['say "yes"', "two\nlines", "two\r\nlines", "a,b;c\td", " spaced ", "=1+1", "été ☃", "back\\slash", "'"]
    for delimiter in (",", ";", "\t", "|"):
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerows([["question", "answer"], *([text, str(at)] for at, text in enumerate(wild))])
        rows = plain(tmp_path, out.getvalue(), delimiter=delimiter)
        assert [row.input for row in rows] == wild


def test_the_delimiter_is_guessed_only_if_that_is_asked(tmp_path: Path) -> None:
    text = "question;answer\n1 + 1?;2\n1 + 2?;3\n"
    assert "the field 'question' is missing; there are: question;answer" in wrong(tmp_path, text)
    assert [row.target for row in plain(tmp_path, text, delimiter="auto")] == ["2", "3"]
    assert "say what the `delimiter` is" in wrong(tmp_path, "question\nwhy?\nhow?\n", delimiter="auto")
    assert "expected one character, not ', '" in wrong(tmp_path, text, delimiter=", ")


def test_tabs_delimit_in_tsv_and_either_may_be_gzipped(tmp_path: Path) -> None:
    tabbed = PLAIN.replace(",", "\t")
    args = {"input": "question", "target": "answer"}
    packed = tmp_path / "data.tsv.gz"
    packed.write_bytes(gzip.compress(tabbed.encode()))
    whole = read("csv", file=table(tmp_path / "data.csv", PLAIN), **args)
    assert read("csv", file=table(tmp_path / "data.tsv", tabbed), **args) == whole
    assert read("csv", file=str(packed), **args) == whole
    assert "packed in a way that is not read" in mistake("csv", file=table(tmp_path / "a.csv.zst", ""), **args).message


def test_encodings_and_byte_order_marks_are_read(tmp_path: Path) -> None:
    text = "question,answer\nÉté?,été\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"):
        file = table(tmp_path / "data.csv", text, encoding)
        [row] = read("csv", file=file, input="question", target="answer", encoding=encoding)
        assert (row.input, row.target) == ("Été?", "été")
    marked = table(tmp_path / "data.csv", text, "utf-8-sig")
    assert read("csv", file=marked, input="question", target="answer")[0].target == "été"
    file = table(tmp_path / "data.csv", "question,answer\n1?,1\nÉté?,été\n", "cp1252")
    said = mistake("csv", file=file, input="question", target="answer").message
    assert "row 2 (line 3): the field 'question' holds bytes that are no text; say what the `encoding` is" in said
    assert "there is no encoding 'utf-9'" in wrong(tmp_path, text, encoding="utf-9")


def test_a_file_without_names_is_given_them(tmp_path: Path) -> None:
    rows = plain(tmp_path, "1 + 1?,2\n1 + 2?,3\n", header=["question", "answer"])
    assert [row.key for row in rows] == ["1", "2"]
    assert [row.target for row in rows] == ["2", "3"]


def test_the_unnamed_index_of_a_data_frame_is_no_trouble(tmp_path: Path) -> None:
    [row] = plain(tmp_path, ",question,answer\n0,1 + 1?,2\n")
    assert row.metadata == {"column 1": "0"}


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert [row.key for row in plain(tmp_path, "\nquestion,answer\n\n1 + 1?,2\n\n1 + 2?,3\n\n")] == ["1", "2"]


def test_missing_values_are_a_mistake_left_out_or_taken(tmp_path: Path) -> None:
    text = "question,answer,subject\n1 + 1?,2,\n1 + 2?,,sums\n"
    said = wrong(tmp_path, text, slice="subject")
    assert "row 2 (line 3): the field 'answer' has no value; `missing: skip` leaves such rows out" in said
    assert [row.slices for row in plain(tmp_path, text, slice="subject", missing="skip")] == [()]
    assert [row.target for row in plain(tmp_path, text, missing="empty")] == ["2", None]
    assert plain(tmp_path, text, missing="empty", target="{answer}!")[1].target == "!"


def test_only_the_records_that_are_wanted_become_rows(tmp_path: Path) -> None:
    text = "question,answer,level,lang\na?,a,1,en\nb?,b,2,en\nc?,c,2,de\nd?,d,3,fr\n"
    rows = plain(tmp_path, text, where={"level": [2, 3], "lang": ["en", "de"]})
    assert [(row.key, row.target) for row in rows] == [("2", "b"), ("3", "c")]
    assert "of 4 records in" in wrong(tmp_path, text, where={"lang": "it"})
    assert "the field 'size' is missing" in wrong(tmp_path, text, where={"size": 1})


BROKEN = [
    ("a?,2,3\n", "3 fields, where the header has 2; is a delimiter or a quote in one of them?"),
    ("a?\n", "1 field, where the header has 2"),
    ('"a"b?,2\n', "not valid CSV"),
    ('"a?,2\n' + "b?,3\n" * 20, "the file ends within quotes: a quote is never closed"),
]


@pytest.mark.parametrize(("line", "what"), BROKEN, ids=range(len(BROKEN)))
def test_row_4711_is_named(line: str, what: str, tmp_path: Path) -> None:
    text = "question,answer\n" + '"two\nlines",x\n' + "a?,1\n" * 4709 + line + "c?,3\n"
    said = wrong(tmp_path, text)
    assert said.startswith(f"{tmp_path}/data.csv, row 4,711 (line 4,713): ")
    assert what in said


def test_every_broken_row_is_found_not_only_the_first(tmp_path: Path) -> None:
    text = "id,question,answer\n1,a?,1\n2,b?\n3,c?,\n4,d?,4,4\n1,e?,5\n5,f?,6\n"
    file = table(tmp_path / "data.csv", text)
    reader = build("reader", Use(name="csv", args={"file": file, "input": "question", "target": "answer", "key": "id"}))
    said = [error.message.removeprefix(f"{file}, ") for error in reader.mistakes()]
    assert [one.partition(":")[0] for one in said] == [
        "row 2 (line 3)",
        "row 3 (line 4)",
        "row 4 (line 5)",
        "row 5 (line 6)",
    ]
    assert "the key '1' is taken by" in said[-1]
    assert "row 1 (line 2)" in said[-1]


def test_files_without_rows_and_with_bad_headers_say_so(tmp_path: Path) -> None:
    assert "data.csv is empty" in wrong(tmp_path, "")
    assert "data.csv is empty" in wrong(tmp_path, "question,answer\n")
    assert "two columns are called 'answer'" in wrong(tmp_path, "question,answer,answer\n1,2,3\n")
    assert "the field 'query' is missing; there are: answer, question" in wrong(tmp_path, PLAIN, input="query")


def test_huge_fields_are_read(tmp_path: Path) -> None:
    [row] = plain(tmp_path, f'question,answer\n"{"long " * 400_000}",2\n')
    assert len(row.input) == 2_000_000


def test_the_same_rows_come_again(tmp_path: Path) -> None:
    file = table(tmp_path / "data.csv", PLAIN)
    reader = build("reader", Use(name="csv", args={"file": file, "input": "question", "target": "answer"}))
    assert list(reader()) == list(reader())
    assert list(reader.mistakes()) == []
