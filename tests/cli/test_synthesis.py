"""`benchbook datasets`: what is written can be evaluated, and what stands in two places is named."""

import gzip
import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from cli.command import Benchbook


def test_a_data_set_is_written_with_its_digests(benchbook: Benchbook, tmp_path: Path) -> None:
    done = benchbook("datasets", "generate", "qa", "-o", tmp_path / "qa", "--size", "60", "--seed", "3", "--json")
    assert done.code == 0
    manifest = json.loads((tmp_path / "qa" / "manifest.json").read_text())
    assert done.json == {"folder": str(tmp_path / "qa"), **manifest}
    assert manifest["splits"] == {"train": 56, "validation": 1, "test": 3}
    for name, told in manifest["files"].items():
        data = (tmp_path / "qa" / name).read_bytes()
        assert told["sha256"] == hashlib.sha256(data).hexdigest()
        assert told["samples"] == sum(told["slices"].values()) == len(data.splitlines())
    again = benchbook("datasets", "generate", "qa", "-o", tmp_path / "again", "--size", "60", "--seed", "3", "--json")
    assert again.json["files"] == manifest["files"]


def test_sizes_are_said_split_by_split(benchbook: Benchbook, tmp_path: Path) -> None:
    args = ("datasets", "generate", "json-extraction", "-o", tmp_path / "je")
    done = benchbook(*args, "--split", "test=9")
    assert done.code == 0
    assert sorted(path.name for path in (tmp_path / "je").iterdir()) == ["manifest.json", "test.jsonl"]
    assert benchbook(*args, "--split", "dev=9").code == 2
    assert benchbook(*args, "--split", "test=many").code == 2
    assert benchbook(*args, "--split", "test=9", "--size", "9").code == 2
    assert benchbook(*args, "--split", "test=0").code == 2


def test_both_tasks_are_evaluated_from_files_and_without(benchbook: Benchbook, tmp_path: Path) -> None:
    benchbook("datasets", "generate", "qa", "-o", tmp_path / "qa", "--split", "test=4")
    done = benchbook("eval", "--task", "qa", "--data", tmp_path / "qa" / "test.jsonl", "--model", "mock/x", "--json")
    assert done.code == 0, done.err
    done = benchbook("eval", "--task", "json-extraction", "--limit", "3", "--model", "mock/x")
    assert done.code == 0, done.err
    assert "schema_valid" in done.out


def test_rows_that_stand_elsewhere_are_named(benchbook: Benchbook, tmp_path: Path) -> None:
    text = "The quick brown fox jumps over the lazy dog while the band plays on and the rain falls in the town"
    mine = [
        text,
        text.replace("lazy", "sleepy"),
        f"{text[:70]} and nothing else of it is there",
        "All of it is new to everybody here",
    ]
    (tmp_path / "mine.jsonl").write_text(
        "".join(json.dumps({"key": f"k{at}", "text": one}) + "\n" for at, one in enumerate(mine))
    )
    (tmp_path / "others.json").write_text(json.dumps([{"id": "o", "messages": "-", "text": f"{text.upper()}!"}]))
    done = benchbook(
        "datasets", "contamination", tmp_path / "mine.jsonl", tmp_path / "others.json", "--similarity", "0.5", "--json"
    )
    assert done.code == 1
    found = {each["key"]: (each["kind"], each["other"]) for each in done.json["findings"]}
    assert found == {"k0": ("exact", "o"), "k1": ("near", "o"), "k2": ("overlap", "o")}
    clean = benchbook(
        "datasets",
        "contamination",
        tmp_path / "others.json",
        tmp_path / "mine.jsonl",
        "--ngram",
        "100",
        "--similarity",
        "1",
    )
    assert clean.code == 1
    (tmp_path / "far.jsonl").write_text('{"text": "Quite another story"}\n')
    clean = benchbook("datasets", "contamination", tmp_path / "mine.jsonl", tmp_path / "far.jsonl")
    assert (clean.code, clean.out) == (0, "None of 4 rows stands in the 1 others.\n")


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "jsonl.gz"])
def test_contamination_is_looked_for_in_whatever_tasks_read(benchbook: Benchbook, tmp_path: Path, ending: str) -> None:
    story = "Once upon a time there was a king who had three sons"
    rows = [{"question": story, "n": 1}, {"question": "Who is it?", "n": 2}]
    match ending:
        case "parquet":
            parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "others.parquet")
        case "jsonl.gz":
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            (tmp_path / "others.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
        case _:
            between = "," if ending == "csv" else "\t"
            table = [between.join(map(str, row)) for row in ([*rows[0]], *(row.values() for row in rows))]
            (tmp_path / f"others.{ending}").write_text("\n".join(table))
    (tmp_path / "mine.jsonl").write_text(json.dumps({"text": story}) + "\n")
    done = benchbook("datasets", "contamination", tmp_path / "mine.jsonl", tmp_path / f"others.{ending}", "--json")
    [found] = done.json["findings"]
    assert (done.code, found["kind"], found["other"]) == (1, "exact", "1")
    folder = benchbook("datasets", "contamination", tmp_path / "mine.jsonl", f"hf:{tmp_path}:others", "--json")
    assert [one["kind"] for one in folder.json["findings"]] == ["exact"]


def test_a_broken_row_is_named_by_its_number(benchbook: Benchbook, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('{"text": "a"}\n')
    (tmp_path / "bad.csv").write_text("id,text\n1,one\n2,two,three\n")
    done = benchbook("datasets", "contamination", tmp_path / "mine.jsonl", tmp_path / "bad.csv")
    assert (done.code, "bad.csv, row 2 (line 3): 3 fields, where the header has 2" in done.err) == (2, True)


def test_tasks_and_folders_are_data_sets_too(benchbook: Benchbook, tmp_path: Path) -> None:
    benchbook("datasets", "generate", "qa", "-o", tmp_path / "qa", "--split", "test=4")
    same = benchbook("datasets", "contamination", f"qa:{tmp_path}/qa/test.jsonl", tmp_path / "qa", "--json")
    assert (same.code, same.json["rows"], len(same.json["findings"])) == (1, 4, 4)
    wrong = benchbook("datasets", "contamination", "nowhere", tmp_path / "qa")
    assert (wrong.code, "no file, no folder and no task" in wrong.err) == (2, True)
    (tmp_path / "bad.jsonl").write_text('{"text": "a"}\n{"foo": 1}\n')
    bad = benchbook("datasets", "contamination", tmp_path / "qa", tmp_path / "bad.jsonl")
    assert (bad.code, "bad.jsonl, row 2: there is no field" in bad.err) == (2, True)
    stray = benchbook("datasets", "contamination", "json-extraction", "json-extraction", "--field", "a")
    assert (stray.code, "--field names a field of a file" in stray.err) == (2, True)
