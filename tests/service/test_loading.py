"""Runs as tables."""

from pathlib import Path

import pandas
import pytest

from benchbook import load_run, settings
from benchbook.errors import NotFound, SpecError
from benchbook.service import ingestion_inspect, ingestion_logs
from benchbook.store.store import Store
from store.planned import NOW

LOG = Path(__file__).parents[1] / "data" / "logs" / "sums.eval"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a run in the data folder."""
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path))
    place = settings.load()
    with Store.open(place.database_url, place.blobs) as store:
        return ingestion_logs.ingest(store, ingestion_inspect.read(LOG), "sums", NOW).runs[0].id


def test_two_lines_are_a_frame(run: str) -> None:
    frame = load_run(run).samples().to_pandas()
    assert list(frame["reply"]) == ["2", "it is 2", "42", "it is 41", "A", "B"]
    assert list(frame["target"].unique()) == ["2", "42", "A"]
    assert (frame["output_tokens"].sum(), str(frame["output_tokens"].dtype)) == (18, "Int64")
    assert pandas.isna(frame["cost"]).all()


def test_scores_and_figures_are_tables_too(run: str) -> None:
    loaded = load_run("sums")
    assert [each.id for each in loaded.runs] == [run]
    scores = loaded.scores()
    assert len(scores) == 12
    assert scores.to_dicts()[7] == {
        "run": run,
        "model": "mockllm/model",
        "task": "sums",
        "sample": "b",
        "epoch": 2,
        "score": "match",
        "value": 0.0,
        "label": "I",
        "error": None,
        "author": "code",
        "author_id": "match",
        "explanation": "it is 41",
        "confidence": None,
    }
    figures = loaded.metrics().to_pandas()
    rate = figures[(figures["name"] == "pass_rate") & (figures["score"] == "match")].iloc[0]
    assert rate["low"] < rate["value"] < rate["high"]


def test_what_is_named_twice_is_there_once(run: str) -> None:
    assert len(load_run(run, "sums").samples()) == 6


def test_what_is_not_there_is_said(run: str) -> None:
    with pytest.raises(NotFound, match="there is no run"):
        load_run("nothing")
    with pytest.raises(SpecError, match="name a run"):
        load_run()


def test_what_a_notebook_prints_is_short_and_tells_no_address(run: str, tmp_path: Path) -> None:
    loaded = load_run(run)
    assert repr(loaded) == f"{run}: mockllm/model on sums, completed"
    assert repr(loaded.metrics()).endswith("rows: run, model, task, name, score, slice, value, low, high, n, excluded")
    assert str(tmp_path) not in repr(loaded)


def test_where_nothing_is_stored_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(NotFound, match=r"no run 'sums'.*nothing is stored at .*elsewhere.*BENCHBOOK_HOME"):
        load_run("sums")
    assert list(tmp_path.iterdir()) == []


def test_who_loads_what_there_is_not_is_told_what_there_is(run: str) -> None:
    with pytest.raises(NotFound, match="lately of sums"):
        load_run("nothing alike")
