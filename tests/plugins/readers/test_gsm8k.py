"""GSM8K as it is published."""

from pathlib import Path

from plugins.readers.reading import mistake, read, written


def test_the_number_behind_the_hashes_is_the_target(tmp_path: Path) -> None:
    line = {"question": "How much?", "answer": "1,000 + 200 = <<1000+200=1200>>1,200\n#### 1,200"}
    [row] = read("gsm8k", data=written(tmp_path / "test.jsonl", line))
    assert (row.key, row.input, row.target) == ("1", "How much?", "1200")
    assert row.metadata["solution"] == line["answer"]


def test_all_1319_problems_have_a_number(shared_data: Path) -> None:
    rows = read("gsm8k", data=str(shared_data / "gsm8k" / "test.jsonl"))
    assert len(rows) == 1319
    assert all(isinstance(row.target, str) and float(row.target) is not None for row in rows)


def test_a_line_without_the_number_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl", {"question": "?", "answer": "#### 1"}, {"question": "?", "answer": "one"})
    assert "t.jsonl:2: `answer` should end with `#### ` and the number" in str(mistake("gsm8k", data=path))
