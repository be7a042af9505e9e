"""Experiments that are started by HTTP: looked at, queued, followed, stopped, resumed."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchbook.executors.dispatcher import Dispatcher
from benchbook.store import queue, views
from benchbook.store.store import Store
from executors.working import wait_until, whole
from server.site import Asker, Site


def config(folder: Path, samples: int = 5, **said: Any) -> dict[str, Any]:
    path = folder / f"data-{samples}.jsonl"
    rows = [{"key": f"k{n}", "input": f"q {n}", "target": "x"} for n in range(samples)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    model = {"model": "mock/a", "args": {"replies": "x", "latency": said.pop("latency", 0.0)}}
    task = {"name": "t", "dataset": {"jsonl": {"file": str(path)}}, "scorers": ["exact-match"]}
    run = {"concurrency": 2, "cache": False}
    return {"name": "sent", "models": [model], "tasks": [task], "run": run, **said}


def test_a_config_is_looked_at_before_it_is_sent(editor: Asker, store: Store, tmp_path: Path) -> None:
    reply = editor.post("/api/experiments/check", {"spec": config(tmp_path)})
    assert reply.status == 200
    assert reply.json["ok"]
    assert reply.json["plan"] == [{"model": "mock/a", "task": "t", "rubric": None, "samples": 5}]
    assert reply.json["forecast"]["total"]["requests"] == 5
    assert views.experiments(store) == []


def test_a_mistake_in_yaml_is_named_with_its_line(editor: Asker, store: Store) -> None:
    text = "name: x\nmodels:\n  - model: mok/a\ntasks: [python-coding]\n"
    checked = editor.post("/api/experiments/check", {"yaml": text}).json
    assert not checked["ok"]
    error = checked["error"]
    assert (error["kind"], error["file"], error["line"], error["field"]) == (
        "SpecError", "config.yaml", 3, ["models", 0, "model"],
    )  # fmt: skip
    assert "did you mean 'mock'" in error["message"]
    refused = editor.post("/api/experiments", {"yaml": text})
    assert (refused.status, refused.json["error"]) == (400, error)
    assert views.experiments(store) == []


@pytest.mark.parametrize(
    "body",
    [{}, {"yaml": "a", "spec": {}}, {"yaml": "- 1"}, {"yaml": "a: &a [*a]"}, {"spec": {"name": 1}}, {"jaml": ""}],
)
def test_what_is_no_config_is_refused(editor: Asker, body: dict[str, Any]) -> None:
    reply = editor.post("/api/experiments", body)
    assert (reply.status, reply.error) == (400, "SpecError")


def test_an_experiment_is_carried_out_and_its_log_can_be_read(
    editor: Asker, working: Dispatcher, store: Store, tmp_path: Path
) -> None:
    reply = editor.post("/api/experiments", {"spec": config(tmp_path), "turn": {"priority": 2}})
    assert reply.status == 202
    [run], [job] = reply.json["runs"], reply.json["jobs"]
    assert (job["subject"], job["priority"]) == (run["id"], 2)
    wait_until(lambda: editor.get(f"/api/jobs/{job['id']}").json["status"] == "done")
    whole(store, views.run(store, run["id"]))
    log = editor.get(f"/api/runs/{run['id']}/log").json
    assert (log["attempt"], log["next"]) == (1, log["size"])
    assert "5/5" in log["text"]
    assert editor.get(f"/api/runs/{run['id']}/log?offset={log['next']}").json["text"] == ""
    assert editor.get(f"/api/runs/{run['id']}/log?attempt=2").status == 404
    [listed] = editor.get("/api/jobs?kind=run&status=done").json["items"]
    assert listed["id"] == job["id"]


def test_a_run_is_stopped_and_resumed(editor: Asker, working: Dispatcher, store: Store, tmp_path: Path) -> None:
    sent = editor.post("/api/experiments", {"spec": config(tmp_path, 100, latency=0.03)}).json
    [run] = sent["runs"]
    wait_until(lambda: views.progress(store, run["id"]).done > 3)
    [stopped] = editor.post(f"/api/runs/{run['id']}/stop").json
    assert stopped["job"]["stop_requested"]
    wait_until(lambda: views.run(store, run["id"]).status == "interrupted")
    wait_until(lambda: not queue.waiting_or_working(store, [run["id"]]))
    refused = editor.post(f"/api/experiments/{sent['experiment']['id']}/stop")
    assert (refused.status, refused.error) == (409, "Conflict")
    resumed = editor.post(f"/api/runs/{run['id']}/resume", {"priority": 1})
    assert resumed.status == 202
    assert resumed.json[0]["priority"] == 1
    assert editor.post(f"/api/runs/{run['id']}/resume", {}).status == 409
    wait_until(lambda: views.run(store, run["id"]).status == "completed")
    whole(store, views.run(store, run["id"]))
    assert editor.post(f"/api/experiments/{sent['experiment']['id']}/resume").status == 409


def test_who_may_only_read_starts_and_stops_nothing(served: Site, tmp_path: Path) -> None:
    viewer = served.a("viewer")
    for path in (
        "/api/experiments",
        "/api/experiments/check",
        "/api/runs/x/stop",
        "/api/evaluate",
        "/api/jobs/x/cancel",
    ):
        assert viewer.post(path, {"spec": config(tmp_path)}).status == 403
    assert viewer.get("/api/jobs").json == {"items": [], "next": None}
