"""Lists of experiments and runs, and each as a whole."""

import json
import platform
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchbook.records.events import RunEvent
from benchbook.records.runs import Run
from benchbook.service import environment
from benchbook.service import queue as queueing
from benchbook.specs.jobs import Turn
from benchbook.store import queue, views
from benchbook.store.store import Store
from server.site import Asker
from service.judged import answered, judged
from store.planned import NOW, begun, queued, rows


@pytest.fixture
def runs(store: Store, tmp_path: Path) -> list[Run]:
    """Two models that were asked four questions."""
    return answered(store, tmp_path, {"a": ["0", "1", "2", "x"], "b": ["0", "x", "x", "3"]}, ["0", "1", "2", "3"])


def test_runs_are_listed_page_by_page_and_by_what_they_are(viewer: Asker, store: Store, runs: list[Run]) -> None:
    queued(store, rows(3), "exp-0", runs=2)
    listed = viewer.get("/api/runs?limit=3").json
    rest = viewer.get(f"/api/runs?limit=3&after={listed['next']}").json
    ids = [row["id"] for row in (*listed["items"], *rest["items"])]
    assert sorted(ids) == sorted([*(run.id for run in runs), "run-00", "run-01"])
    assert rest["next"] is None
    for query, number in (("status=queued", 2), ("model=a", 1), ("task=t", 2), ("experiment=exp-0", 2), ("model=z", 0)):
        assert len(viewer.get(f"/api/runs?{query}").json["items"]) == number, query


def test_a_row_says_how_far_a_run_is(viewer: Asker, runs: list[Run]) -> None:
    row = viewer.get("/api/runs?model=a").json["items"][0]
    assert (row["status"], row["total"], row["done"], row["failed"]) == ("completed", 4, 4, 0)
    assert (row["experiment"], row["task"], row["rubric"]) == ("answers", "t", None)


def test_a_run_whose_process_is_gone_is_broken_off_until_it_is_resumed(
    viewer: Asker, store: Store, tmp_path: Path
) -> None:
    process = subprocess.Popen(["sleep", "60"])
    known = environment.process_of(process.pid)
    here, there = queued(store, rows(2), "exp-0", runs=2)
    for run, host in ((here, platform.node()), (there, "another")):
        facts = {"host": host, "process": known}
        began = store.step(run, run.model_copy(update={"status": "running", "started_at": NOW, "environment": facts}))
        done = [RunEvent.of(began, "sample_done", {}, NOW + timedelta(seconds=second)) for second in range(3)]
        store.record(began, done)
    assert _broken_off(viewer, here) == {False}
    assert viewer.get(f"/api/runs/{here.id}").json["rate"] == 1.0
    process.kill()
    process.wait()
    assert _broken_off(viewer, here) == {True}
    whole = viewer.get(f"/api/runs/{here.id}").json
    assert (whole["rate"], whole["seconds_left"]) == (None, None)
    assert _broken_off(viewer, there) == {False}, "of another machine this one cannot tell"


def test_a_run_that_workers_take_up_again_can_be_stopped_and_is_not_broken_off(
    viewer: Asker, editor: Asker, store: Store
) -> None:
    process = subprocess.Popen(["true"])
    known = environment.process_of(process.pid)
    process.wait()
    [run] = queued(store, rows(2), "exp-0")
    [job] = queueing.resume(store, run.id, Turn(), NOW)
    facts = {"host": platform.node(), "process": known}
    store.step(run, run.model_copy(update={"status": "running", "started_at": NOW, "environment": facts}))
    assert _broken_off(viewer, run) == {False}
    assert editor.post(f"/api/runs/{run.id}/resume", {}).error == "Conflict"
    assert editor.post(f"/api/runs/{run.id}/stop").status == 202
    assert queue.job(store, job.id).status == "cancelled"
    assert _broken_off(viewer, run) == {True}
    assert editor.post(f"/api/runs/{run.id}/resume", {}).status == 202


def _broken_off(viewer: Asker, run: Run) -> set[bool]:
    """What lists and pages say of it."""
    lists = [
        viewer.get("/api/runs").json["items"],
        viewer.get(f"/api/experiments/{run.experiment_id}").json["runs"],
        [one["run"] for one in viewer.get("/api/overview").json["active"]],
        [viewer.get(f"/api/runs/{run.id}").json["row"]],
    ]
    return {row["broken_off"] for listed in lists for row in listed if row["id"] == run.id}


def test_an_experiment_is_summed_up_and_shown_whole(viewer: Asker, runs: list[Run]) -> None:
    [row] = viewer.get("/api/experiments").json["items"]
    assert (row["runs"], row["statuses"], row["done"], row["total"]) == (2, {"completed": 2}, 8, 8)
    whole = viewer.get(f"/api/experiments/{row['id']}").json
    assert [run["model"] for run in whole["runs"]] == ["a", "b"]
    rates = [one["value"] for one in whole["metrics"] if (one["name"], one["slice"]) == ("pass_rate", "")]
    assert rates == [0.75, 0.5]
    [config] = whole["artifacts"]
    assert config["name"] == "config.yaml"


def test_what_became_of_gates_is_told_as_the_runs_stand(viewer: Asker, store: Store, runs: list[Run]) -> None:
    assert viewer.get(f"/api/experiments/{runs[0].experiment_id}/gates").json == []
    spec = views.experiment(store, runs[0].experiment_id).spec.model_dump(mode="json", exclude_defaults=True)
    [run, _] = judged(store, {**spec, "name": "gated", "gates": ["pass_rate >= 0.6", "bleu >= 1"]})
    told = viewer.get(f"/api/experiments/{run.experiment_id}/gates").json
    assert [(one["model"], one["outcome"]) for one in told] == [
        *(("a", "passed"), ("b", "failed"), ("a", "error"), ("b", "error"))
    ]
    assert told[0]["run_id"] == run.id
    assert "0.5" in told[1]["said"]


def test_a_config_and_a_file_are_downloads_and_never_pages(viewer: Asker, runs: list[Run]) -> None:
    experiment = runs[0].experiment_id
    [artifact] = viewer.get(f"/api/experiments/{experiment}").json["artifacts"]
    for path in (f"/api/experiments/{experiment}/config", f"/api/artifacts/{artifact['id']}"):
        reply = viewer.get(path)
        assert reply.status == 200
        assert reply.headers["content-type"].startswith("application/yaml")
        assert reply.headers["content-disposition"].startswith("attachment; filename=")
        assert json.loads(reply.body)["name"] == "answers"
    assert viewer.get("/api/artifacts/..%2f..%2fetc").status == 404


def test_a_run_is_shown_whole(viewer: Asker, runs: list[Run]) -> None:
    whole = viewer.get(f"/api/runs/{runs[0].id}").json
    [score] = whole["scores"]
    assert (score["name"], score["n"], score["low"], score["high"]) == ("exact-match", 4, 0.0, 1.0)
    assert sum(score["labels"].values()) == 4
    [attempt] = whole["attempts"]
    assert (attempt["attempt"], attempt["status"]) == (1, "completed")
    assert attempt["environment"]["python"]
    assert whole["reproduce"] == f"benchbook reproduce {runs[0].id}"
    assert whole["dataset"]["size"] == 4


def test_a_run_under_way_has_figures_by_now(viewer: Asker, store: Store, runs: list[Run]) -> None:
    running = begun(store, runs[0])
    [metric] = viewer.get(f"/api/runs/{running.id}").json["metrics"]
    assert (metric["name"], metric["score"], metric["value"], metric["n"]) == ("pass_rate", "exact-match", 0.75, 4)
    [active] = viewer.get("/api/overview").json["active"]
    assert active["run"]["id"] == running.id


def test_the_mean_of_a_score_is_followed_over_the_answers(viewer: Asker, runs: list[Run]) -> None:
    curve = viewer.get(f"/api/runs/{runs[1].id}/curve?score=exact-match").json
    assert (curve["answers"], curve["means"]) == ([1, 2, 3, 4], [1.0, 0.5, 1 / 3, 0.5])
    assert viewer.get(f"/api/runs/{runs[1].id}/curve?score=nothing").json["answers"] == []


def test_of_many_answers_a_curve_has_few_points_and_ends_with_the_last(
    viewer: Asker, store: Store, tmp_path: Path
) -> None:
    [run] = answered(store, tmp_path, {"c": ["x" if at % 3 else "1" for at in range(501)]}, ["1"] * 501)
    curve = viewer.get(f"/api/runs/{run.id}/curve?score=exact-match").json
    assert len(curve["answers"]) == len(curve["means"]) == 167
    assert (curve["answers"][-1], curve["means"][-1]) == (501, pytest.approx(1 / 3))


def test_a_judge_and_what_it_reads_lead_to_each_other(viewer: Asker, store: Store, runs: list[Run]) -> None:
    judges = [{"rubric": "quality-3", "models": ["rules"], "runs": [runs[0].id]}]
    [judge] = judged(store, {"name": "judging", "judges": judges})
    assert [row["id"] for row in viewer.get(f"/api/runs/{runs[0].id}").json["judges"]] == [judge.id]
    assert [row["id"] for row in viewer.get(f"/api/runs/{judge.id}").json["reads"]] == [runs[0].id]
    rows = viewer.get(f"/api/runs/{judge.id}/samples").json["items"]
    assert {name for row in rows for name in row["scores"]} >= {"quality-3", "quality-3/review"}
    flagged = viewer.get(f"/api/runs/{judge.id}/samples?score=quality-3/review&label=flagged").json["items"]
    assert [row["position"] for row in flagged] == sorted(row["position"] for row in flagged)
    whole = viewer.get(f"/api/judging/{judge.id}").json
    assert whole["rubric"]["name"] == "quality-3"
    assert "{inputs}" in whole["prompt"]["user"]
    assert whole["flagged"] == len(flagged)
    assert {one["name"] for one in whole["criteria"]} >= {"quality-3", "quality-3/correctness"}
    curve = viewer.get(f"/api/runs/{judge.id}/curve?score=quality-3/review").json
    assert curve["answers"] == [1, 2, 3, 4]


def test_what_is_said_later_is_in_what_is_told_of_judges(viewer: Asker, store: Store, runs: list[Run]) -> None:
    judges = [{"rubric": "quality-3", "models": ["rules"], "runs": [runs[0].id]}]
    [judge] = judged(store, {"name": "judging", "judges": judges})
    before = viewer.get(f"/api/judging/{judge.id}").json
    assert viewer.get(f"/api/judging/{judge.id}").json == before
    (_, _, scores), *_ = views.generations(store, judge.id)
    opinion = next(score for score in scores if score.name == "quality-3/correctness")
    person = {"id": "score-of-ann", "author": "human", "author_id": "ann", "author_version": "", "run_id": runs[0].id}
    store.add_scores([opinion.model_copy(update=person)])
    after = viewer.get(f"/api/judging/{judge.id}").json
    references = {one["reference"] for one in after["agreement"]} - {one["reference"] for one in before["agreement"]}
    assert references == {"human"}


def test_the_metrics_are_those_of_prometheus(viewer: Asker, runs: list[Run]) -> None:
    reply = viewer.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    lines = reply.body.decode().splitlines()
    assert 'benchbook_runs{status="completed"} 2' in lines
    assert "benchbook_queue_depth 0" in lines
    assert "benchbook_samples_done 8" in lines
    assert any(line.startswith('benchbook_http_requests_total{method="POST",status="200"}') for line in lines)
    families = {family.name: family for family in text_string_to_metric_families(reply.body.decode())}
    told = families["benchbook_run_metric"].samples
    assert {sample.labels["run"] for sample in told} == {run.id for run in runs}
    assert {sample.labels["slice"] for sample in told} == {""}
