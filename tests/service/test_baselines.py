"""Baselines: names that come to mean another run, files that are read where there is no store."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchbook.engine.gates import Snapshot
from benchbook.errors import NotFound, SpecError
from benchbook.records.runs import Run
from benchbook.service import baselines, gates
from benchbook.service.baseline_files import lines, parsed, read
from benchbook.service.runs import utc_now
from benchbook.specs.datasets import Row
from benchbook.specs.gates import Thresholds
from benchbook.store import baselines as stored
from benchbook.store.store import Store
from service.compared import runs_with

QUESTIONS = [Row(key=f"q{at}", input="?", slices=("odd" if at % 2 else "even",)) for at in range(20)]
GOOD, WORSE = ["good"] * 18 + ["bad"] * 2, ["good"] * 6 + ["bad"] * 14


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copyfile(sqlite_template, tmp_path / "benchbook.db")
    with Store.open(f"sqlite:///{tmp_path}/benchbook.db", tmp_path / "blobs") as store:
        yield store


@pytest.fixture
def runs(store: Store) -> list[Run]:
    """One that is good, and one that is worse."""
    running = runs_with(store, QUESTIONS, [GOOD, WORSE])
    return [store.step(run, run.model_copy(update={"status": "completed"})) for run in running]


def names(store: Store, name: str | None = None) -> list[tuple[str, str, str | None]]:
    return [(entry.name, entry.branch, entry.run_id) for entry in baselines.current(store, name)]


def test_the_last_word_holds_and_the_history_stays(store: Store, runs: list[Run]) -> None:
    first, second = runs
    baselines.keep(store, "main", [first], "", utc_now())
    baselines.keep(store, "main", [second], "", utc_now())
    baselines.keep(store, "other", [first], "release", utc_now())
    assert names(store) == [("main", "", second.id), ("other", "release", first.id)]
    baselines.take_away(store, "main", "", utc_now())
    assert names(store) == [("other", "release", first.id)]
    assert [(entry.run_id, entry.removed) for entry in stored.history(store, "main")] == [
        (first.id, False),
        (second.id, False),
        (None, True),
    ]


def test_what_is_no_baseline_is_told_with_the_nearest(store: Store, runs: list[Run]) -> None:
    baselines.keep(store, "main", runs[:1], "", utc_now())
    with pytest.raises(NotFound, match="did you mean 'main'"):
        baselines.take_away(store, "mian", "", utc_now())
    with pytest.raises(NotFound, match="did you mean 'main'"):
        baselines.candidates(store, "mian", "", None)
    with pytest.raises(SpecError, match="no name for a baseline"):
        baselines.keep(store, "x.jsonl", runs[:1], "", utc_now())
    with pytest.raises(SpecError, match="two of the runs"):
        baselines.keep(store, "main", [runs[0], runs[0]], "", utc_now())


def test_a_branch_has_its_own_and_else_the_common_one(store: Store, runs: list[Run]) -> None:
    common, own = runs
    baselines.keep(store, "main", [common], "", utc_now())
    baselines.keep(store, "main", [own], "release", utc_now())
    for branch, meant in (("", common), ("release", own), ("other", common)):
        found = baselines.candidates(store, "main", branch, None)
        chosen = baselines.chosen(found, common.model, common.task)
        assert not isinstance(chosen, str)
        assert chosen.id == meant.id


def test_a_file_says_what_the_run_says(store: Store, runs: list[Run], tmp_path: Path) -> None:
    baselines.keep(store, "main", runs[:1], "", utc_now())
    path = tmp_path / "baselines" / "main.jsonl"
    assert baselines.export(store, "main", "", path) == 1
    [again] = read(path)
    once = baselines.snapshot(store, runs[0])
    assert (again.values, again.slices, again.dataset) == (once.values, once.slices, once.dataset)
    assert [(m.name, m.value, m.low) for m in again.metrics] == [(m.name, m.value, m.low) for m in once.metrics]
    assert "".join(lines(again)) == path.read_text()
    # No answer and no question leaves the store.
    assert "good" not in path.read_text()


def test_a_file_tells_what_hangs_together() -> None:
    found = Snapshot(
        "r", "m", "t", "d", [], {"s": {"a": 1.0, "b": 0.0}}, {"a": (), "b": ()}, clusters={"a": "1", "b": "1"}
    )
    assert parsed("".join(lines(found)).encode(), "file") == [found]


def test_a_branch_s_own_is_written_in_place_of_the_common_one(store: Store, runs: list[Run], tmp_path: Path) -> None:
    baselines.keep(store, "main", runs[:1], "", utc_now())
    baselines.keep(store, "main", runs[1:], "release", utc_now())
    found = gates.no_regressions(store, [baselines.snapshot(store, runs[0])], "main", "release")
    assert [one.base for one in gates.of_runs(store, runs[:1], found)] == [0.3]
    assert baselines.export(store, "main", "release", tmp_path / "main.jsonl") == 1
    assert [one.run for one in read(tmp_path / "main.jsonl")] == [runs[1].id]


def test_each_task_is_held_to_its_own_scores(store: Store, runs: list[Run], tmp_path: Path) -> None:
    of_one, other = (baselines.snapshot(store, run) for run in runs)
    [values] = of_one.values.values()
    of_two = replace(of_one, task="two", values={"other": values}, metrics=[])
    path = tmp_path / "both.jsonl"
    path.write_text("".join(line for run in (of_one, of_two) for line in lines(run)))
    now = [of_one, of_two]
    held = gates.of_snapshots(None, now, gates.no_regressions(None, now, str(path)), Path())
    assert [(one.task, one.outcome) for one in held] == [(of_one.task, "passed"), ("two", "passed")]
    # A score that has lost all of its values is held, too.
    lost = replace(other, values={})
    [one] = gates.of_snapshots(None, [lost], gates.no_regressions(None, [lost], str(path)), Path())
    assert one.outcome == "error"
    # And so is a task that the baseline does not have.
    unknown = [of_one, replace(of_two, task="three")]
    held = gates.of_snapshots(None, unknown, gates.no_regressions(None, unknown, str(path)), Path())
    assert sorted(one.outcome for one in held) == ["error", "passed"]


def test_an_imported_baseline_needs_no_file(store: Store, runs: list[Run], tmp_path: Path) -> None:
    path = tmp_path / "main.jsonl"
    baselines.export(store, runs[0].id, "", path)
    baselines.take_in(store, "theirs", "", path, utc_now())
    path.unlink()
    thresholds = Thresholds.parse({"baseline": "theirs", "gates": [{"no_regression": True}]})
    [held] = gates.of_runs(store, [runs[1]], thresholds)
    assert (held.outcome, held.n, held.base, held.value) == ("failed", 20, 0.9, 0.3)


def test_without_a_store_files_are_compared(store: Store, runs: list[Run], tmp_path: Path) -> None:
    for name, run in zip(("before", "now"), runs, strict=True):
        baselines.export(store, run.id, "", tmp_path / f"{name}.jsonl")
    thresholds = Thresholds.parse({"baseline": "before.jsonl", "gates": [{"no_regression": True, "slice": "odd"}]})
    found = gates.snapshots(None, [str(tmp_path / "now.jsonl")])
    [held] = gates.of_snapshots(None, found, thresholds, tmp_path)
    assert (held.outcome, held.n) == ("failed", 10)
    # A server has no folder where it would look for a file that somebody names.
    [unseen] = gates.of_snapshots(store, found, thresholds)
    assert (unseen.outcome, "for the command line" in unseen.said) == ("error", True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the file is empty"),
        ('{"key": "a"}', "a baseline begins with the line of its run"),
        ('{"format": "benchbook-baseline/9"}', "not benchbook-baseline/1"),
        ("{", "b.jsonl:1: not valid JSON"),
        ('{"format": "benchbook-baseline/1", "run": "r", "model": "m", "task": "t"}', "dataset"),
    ],
)
def test_a_broken_file_is_named_with_its_line(text: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        parsed(text.encode(), "b.jsonl")
    assert why in str(caught.value)


def test_a_line_with_a_stray_key_is_named(store: Store, runs: list[Run]) -> None:
    text = "".join(lines(baselines.snapshot(store, runs[0]))).replace('"scores"', '"scors"', 1)
    with pytest.raises(SpecError, match=r"b.jsonl:2: .*did you mean 'scores'"):
        parsed(text.encode(), "b.jsonl")


def test_what_is_no_number_is_no_value_of_a_file(store: Store, runs: list[Run]) -> None:
    text = "".join(lines(baselines.snapshot(store, runs[0])))
    with pytest.raises(SpecError, match=r"b.jsonl:2: .*finite"):
        parsed(re.sub(r'("scores":\{"[^"]+":)1(\.0)?', r"\1NaN", text, count=1).encode(), "b.jsonl")


def test_a_run_on_another_task_has_no_baseline(store: Store, runs: list[Run]) -> None:
    found = baselines.candidates(store, runs[0].id, "", None)
    assert "the baseline has no run on other" in str(baselines.chosen(found, "m", "other"))
    assert isinstance(found[0].load(), Snapshot)
