"""Baselines, set and listed by the API."""

from pathlib import Path

import pytest

from benchbook.records.runs import Run
from benchbook.store.store import Store
from server.site import Asker, Site
from service.judged import answered
from store.planned import queued, rows


@pytest.fixture
def runs(store: Store, tmp_path: Path) -> list[Run]:
    return answered(store, tmp_path, {"a": ["0", "1"], "b": ["0", "x"]}, ["0", "1"])


def test_an_editor_sets_a_baseline_and_everybody_sees_it(served: Site, viewer: Asker, runs: list[Run]) -> None:
    editor = served.a("editor")
    made = editor.post("/api/baselines", {"name": "main", "runs": [runs[0].id]})
    assert (made.status, [one["run_id"] for one in made.json]) == (201, [runs[0].id])
    assert viewer.get("/api/baselines").json == made.json
    # An experiment stands for all of its runs, each in place of the one before of its task and model.
    editor.post("/api/baselines", {"name": "main", "runs": [runs[0].experiment_id]})
    assert {one["run_id"] for one in viewer.get("/api/baselines").json} == {run.id for run in runs}
    assert viewer.post("/api/baselines", {"name": "main", "runs": [runs[0].id]}).status == 403


def test_what_cannot_be_a_baseline_is_refused_with_the_reason(served: Site, store: Store, runs: list[Run]) -> None:
    editor = served.a("editor")
    queued(store, rows(1), "exp-0")
    for name, run, status, message in (
        ("main", "run-00", 400, "only a completed run"),
        ("main", "nothing", 404, "nothing"),
        ("a.jsonl", runs[0].id, 400, "is no name for a baseline"),
    ):
        refused = editor.post("/api/baselines", {"name": name, "runs": [run]})
        assert refused.status == status
        assert message in refused.json["error"]["message"]
    assert editor.get("/api/baselines").json == []


def test_an_editor_takes_a_name_back_and_no_other(served: Site, viewer: Asker, runs: list[Run]) -> None:
    editor = served.a("editor")
    for name in ("main", "release"):
        editor.post("/api/baselines", {"name": name, "runs": [runs[0].experiment_id]})
    assert viewer.post("/api/baselines/remove", {"name": "main"}).status == 403
    gone = editor.post("/api/baselines/remove", {"name": "main"})
    assert [(one["name"], one["removed"]) for one in gone.json] == [("main", True), ("main", True)]
    assert {one["name"] for one in viewer.get("/api/baselines").json} == {"release"}
    assert editor.post("/api/baselines/remove", {"name": "main"}).status == 404
