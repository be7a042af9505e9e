"""Parquet files, and folders as the Hugging Face hub lays them out."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from benchbook import PluginError, Row, SpecError
from plugins.readers.reading import mistake, read

arrow = pytest.importorskip("pyarrow")
files = pytest.importorskip("pyarrow.parquet")

MMLU = [
    {"question": "1 + 1?", "subject": "sums", "choices": ["1", "2", "3", "4"], "answer": 1},
    {"question": "2 + 1?", "subject": "sums", "choices": ["1", "2", "3", "4"], "answer": 2},
]
NAMES = {"input": "question", "target": "answer", "choices": "choices", "slice": "subject"}


def parquet(path: Path, rows: list[dict[str, Any]]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_table(arrow.Table.from_pylist(rows), path)
    return str(path)


def test_a_parquet_file_is_read_with_its_lists_and_numbers(tmp_path: Path) -> None:
    rows = read("parquet", file=parquet(tmp_path / "data.parquet", MMLU), **NAMES)
    assert rows[1] == Row(key="2", input="2 + 1?", target=2, choices=("1", "2", "3", "4"), slices=("sums",))


def test_a_row_of_parquet_is_named_with_its_number(tmp_path: Path) -> None:
    rows = [{"input": f"{n}?", "target": None if n == 4711 else n} for n in range(1, 5001)]
    file = parquet(tmp_path / "data.parquet", rows)
    assert mistake("parquet", file=file).message.startswith(f"{file}, row 4,711: the field 'target' has no value")
    assert len(read("parquet", file=file, missing="skip")) == 4999


def test_values_that_json_does_not_know_are_spelt(tmp_path: Path) -> None:
    row = {"input": "?", "target": 1.5, "day": datetime.date(2026, 1, 2), "image": b"abc", "gap": float("nan")}
    [found] = read("parquet", file=parquet(tmp_path / "data.parquet", [row]))
    assert found.metadata == {"day": "2026-01-02", "image": "3 bytes", "gap": None}


def test_what_is_no_parquet_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "data.parquet").write_text("no")
    assert "cannot read" in mistake("parquet", file=str(tmp_path / "data.parquet")).message
    (tmp_path / "data.parquet").write_text("")
    assert "cannot read" in mistake("parquet", file=str(tmp_path / "data.parquet")).message


def test_a_split_is_known_by_the_names_of_its_files(tmp_path: Path) -> None:
    for part, rows in (("test-00000-of-00002", MMLU[:1]), ("test-00001-of-00002", MMLU[1:]), ("train-00000", MMLU)):
        parquet(tmp_path / "data" / f"{part}.parquet", rows)
    (tmp_path / "README.md").write_text("---\nconfigs: []\n---\n")
    found = read("hf", path=str(tmp_path), **NAMES)
    assert [(row.key, row.input) for row in found] == [("1", "1 + 1?"), ("2", "2 + 1?")]
    assert len(read("hf", path=str(tmp_path), split="train", **NAMES)) == 2
    error = mistake("hf", path=str(tmp_path), split="validation", **NAMES)
    assert error.field == ("split",)
    assert "is of the split 'validation'; there are: data/test-00000-of-00002.parquet" in error.message


def test_of_several_configs_one_is_chosen(tmp_path: Path) -> None:
    for config in ("anatomy", "law"):
        parquet(tmp_path / config / "test-00000-of-00001.parquet", [{**MMLU[0], "subject": config}])
    error = mistake("hf", path=str(tmp_path), **NAMES)
    assert error.field == ("config",)
    assert "has several configs: anatomy, law; choose one" in error.message
    assert read("hf", path=str(tmp_path), config="law", **NAMES)[0].slices == ("law",)
    assert len(read("hf", path=str(tmp_path), files="*/test-*.parquet", **NAMES)) == 2


def test_json_and_csv_of_the_hub_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text(json.dumps(MMLU[0]) + "\n")
    (tmp_path / "val.csv").write_text("question,answer\n1?,1\nbroken\n")
    assert read("hf", path=str(tmp_path), **NAMES)[0].target == 1
    error = mistake("hf", path=str(tmp_path), split="val", input="question", target="answer")
    assert error.message.startswith(f"{tmp_path}/val.csv, row 2 (line 3): 1 field")


def test_a_name_that_is_no_data_set_is_refused(tmp_path: Path) -> None:
    assert "is neither a folder nor the name of a data set, org/name" in mistake("hf", path="nothing/at/all").message
    assert mistake("hf", path=str(tmp_path), revision="main").field == ("revision",)


def test_a_hub_that_cannot_be_reached_leaves_the_way_by_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises((PluginError, SpecError), match="copy it here, and give the path of its folder"):
        read("hf", path="nobody/nothing")
