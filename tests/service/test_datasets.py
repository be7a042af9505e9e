"""Data sets are frozen: known by their content, whole where they are small, a head where few rows of many are asked."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchbook import Row, SpecError, TaskSpec, register
from benchbook.service.datasets import HEAD, KEPT, frozen, number_chosen

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LARGE = HEAD + 3_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set that is larger than a head; its last rows are of a slice of their own, and the very last is broken."""
    file = tmp_path_factory.mktemp("data") / "large.jsonl"
    rows = [{"input": f"{n}?", "target": str(n), "part": "last" if n > LARGE - 10 else "first"} for n in range(LARGE)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def task(file: Path, **given: Any) -> TaskSpec:
    whole = {"name": "t", "dataset": {"jsonl": {"file": str(file), "slice": "part"}}, "scorers": "exact-match"}
    return TaskSpec.parse({**whole, **given})


def test_the_version_is_that_of_the_rows_whatever_the_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text('{"input": "1 + 1?", "target": "2", "part": "sums"}\n')
    first, second = (frozen(task(tmp_path / name), NOW).dataset for name in ("a", "b"))
    assert first.version == second.version
    assert first.slices == ("sums",)


def test_a_few_rows_of_many_are_asked_of_a_head(large: Path) -> None:
    head = frozen(task(large, limit=10), NOW)
    whole = frozen(task(large), NOW)
    assert (head.dataset.size, head.dataset.name) == (HEAD, f"large (first {HEAD:,} rows)")
    assert (whole.dataset.size, whole.dataset.name) == (LARGE, "large")
    assert head.dataset.version != whole.dataset.version
    assert len(list(head.samples())) == HEAD
    assert number_chosen(task(large, limit=10), head) == 10
    # However few: they are on the same data.
    assert frozen(task(large, limit=200), NOW).dataset.version == head.dataset.version


def test_a_head_is_as_long_as_the_limit_and_the_slices_need(large: Path) -> None:
    limited = task(large, limit=HEAD + 1)
    assert frozen(limited, NOW).dataset.size == HEAD + 1000
    assert number_chosen(limited, frozen(limited, NOW)) == HEAD + 1
    last = task(large, limit=5, slices=["last"])
    assert frozen(last, NOW).dataset.size == LARGE
    assert number_chosen(last, frozen(last, NOW)) == 5
    with pytest.raises(SpecError, match="has no slice 'middle'; it has: first, last"):
        number_chosen(task(large, limit=5, slices=["middle"]), frozen(task(large, limit=5, slices=["middle"]), NOW))


def test_a_small_data_set_is_whole_however_few_are_asked(tmp_path: Path) -> None:
    (tmp_path / "small").write_text('{"input": "?", "target": "", "part": "a"}\n' * 30)
    limited, whole = (frozen(task(tmp_path / "small", **given), NOW) for given in ({"limit": 3}, {}))
    assert limited.dataset == whole.dataset


def test_of_two_rows_with_one_key_both_are_named() -> None:
    @register("reader", "twice")
    def twice() -> Any:
        return lambda: (Row(key=key, input="?") for key in ("a", "b", "c", "b"))

    with pytest.raises(SpecError, match="two samples have the key 'b', those of rows 2 and 4"):
        frozen(TaskSpec.parse({"name": "t", "dataset": "twice", "scorers": "exact-match"}), NOW)


def test_what_a_reader_pinned_is_kept_with_the_data_set() -> None:
    class Pinned:
        pinned = {"revision": "abc"}

        def __call__(self) -> Any:
            return iter([Row(key="a", input="?")])

    @register("reader", "pinned")
    def pinned(revision: str | None = None) -> Any:
        return Pinned()

    spec = TaskSpec.parse({"name": "t", "dataset": "pinned", "scorers": "exact-match"})
    assert frozen(spec, NOW).dataset.reader.args == {"revision": "abc"}


def test_data_that_change_between_two_readings_are_told(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text(json.dumps({"input": "?" * KEPT, "target": "1", "part": "a"}))
    found = frozen(task(file), NOW)
    file.write_text(json.dumps({"input": "?" * KEPT, "target": "2", "part": "a"}))
    with pytest.raises(SpecError, match="have changed while they were read"):
        list(found.samples())


def test_a_small_data_set_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text('{"input": "?", "target": "1", "part": "a"}\n')
    found = frozen(task(file), NOW)
    file.unlink()
    assert [[sample.target for sample in found.samples()] for _ in range(2)] == [["1"], ["1"]]
