"""Runs that workers carry out, as services see them: queued, stopped, queued again."""

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchbook.errors import Conflict, NotFound, SpecError
from benchbook.service import queue as queueing
from benchbook.service.experiments import carry_out, prepare
from benchbook.service.experiments import submit as submit_here
from benchbook.service.queue import Submitted, log_path
from benchbook.service.runs import Watch, abandoned, utc_now
from benchbook.service.work import Lease, begun, work
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.files import Source, read_text
from benchbook.specs.jobs import Turn
from benchbook.specs.plan import plan
from benchbook.store import queue, views
from benchbook.store.store import Store
from service.handed import carried_out, handed_out, worked_off


def source(folder: Path, samples: int = 5, **said: Any) -> Source:
    path = folder / f"data-{samples}.jsonl"
    rows = [{"key": f"k{n}", "input": f"q {n}", "target": "x"} for n in range(samples)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = {
        "name": "queued",
        "models": [{"model": "mock/a", "args": {"replies": "x"}}, {"model": "mock/b", "args": {"replies": "y"}}],
        "tasks": [{"name": "t", "dataset": {"jsonl": {"file": str(path)}}, "scorers": ["exact-match"]}],
        "run": {"concurrency": 2, "cache": False},
        **said,
    }
    return read_text("queued.yaml", json.dumps({name: value for name, value in config.items() if value is not None}))


def submitted(store: Store, folder: Path, turn: Turn = Turn(), **said: Any) -> Submitted:
    return queueing.submit(store, source(folder, **said), turn, utc_now())


def test_an_experiment_is_written_and_its_runs_wait(store: Store, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, Turn(priority=3))
    assert [run.status for run in views.runs_of(store, given.experiment.id)] == ["queued", "queued"]
    jobs = sorted(queue.jobs(store), key=lambda job: job.created_at)
    assert [(job.subject, job.priority, job.status) for job in jobs] == [(run.id, 3, "queued") for run in given.runs]
    [artifact] = views.artifacts_of(store, given.experiment.id)
    assert artifact.name == "config.yaml"
    assert {job.status for job in worked_off(store)} == {"done"}
    assert {run.status for run in views.runs_of(store, given.experiment.id)} == {"completed"}


def test_a_mistake_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"queued.yaml:\d+: models\[0\].*unknown runtime 'mok'; did you mean 'mock'"):
        submitted(store, tmp_path, models=["mok/a"])
    with pytest.raises(SpecError, match="the price of mock/a is not known"):
        submitted(store, tmp_path, Turn.parse({"budget": {"max_cost": 1}}))
    assert views.experiments(store) == []
    assert queue.jobs(store) == []


def test_what_is_only_looked_at_is_not_written(store: Store, tmp_path: Path) -> None:
    found = asyncio.run(queueing.forecast(store, source(tmp_path), utc_now()))
    assert [(one.run.spec.model.name, one.samples, one.requests) for one in found] == [
        ("mock/a", 5, 5),
        ("mock/b", 5, 5),
    ]
    assert views.experiments(store) == []


def test_an_experiment_that_somebody_carries_out_himself_is_with_no_worker(store: Store, tmp_path: Path) -> None:
    experiment = submit_here(store, prepare(source(tmp_path), utc_now()))
    assert handed_out(store) == []
    with pytest.raises(Conflict, match="queued is not with a worker: run-"):
        queueing.stop(store, "queued", utc_now())
    assert asyncio.run(carry_out(store, experiment, Watch())) == []


def test_what_was_begun_in_a_terminal_can_be_left_to_workers(store: Store, tmp_path: Path) -> None:
    experiment = submit_here(store, prepare(source(tmp_path), utc_now()))
    jobs = queueing.resume(store, experiment.id, Turn(), utc_now())
    assert {job.status for job in worked_off(store)} == {"done"}
    assert len(jobs) == 2


def test_an_experiment_is_stopped_and_resumed_as_a_whole(store: Store, tmp_path: Path) -> None:
    given = submitted(store, tmp_path)
    done, waiting = given.jobs
    [working, _] = handed_out(store)
    assert working.id == done.id
    carried_out(store, working, Watch())
    # The second is handed out, but nobody has begun it.
    stopped = queueing.stop(store, "queued", utc_now())
    assert [(one.job.id, one.job.status, one.job.stop_requested) for one in stopped] == [(waiting.id, "running", True)]
    watch = Watch()
    watch.stop.set()
    assert carried_out(store, queue.job(store, waiting.id), watch).status == "cancelled"
    assert [run.status for run in views.runs_of(store, given.experiment.id)] == ["completed", "queued"]
    [again] = queueing.resume(store, "queued", Turn(), utc_now())
    assert again.subject == given.runs[1].id
    worked_off(store)
    assert [run.status for run in views.runs_of(store, given.experiment.id)] == ["completed", "completed"]
    with pytest.raises(Conflict, match=r"nothing is left to do of queued: run-.* is completed, run-.* is completed"):
        queueing.resume(store, "queued", Turn(), utc_now())


def test_a_run_that_waits_is_not_queued_twice(store: Store, tmp_path: Path) -> None:
    given = submitted(store, tmp_path)
    with pytest.raises(Conflict, match=f"{given.runs[0].id} is with a worker"):
        queueing.resume(store, given.runs[0].id, Turn(), utc_now())
    with pytest.raises(NotFound, match="there is no run 'nothing'"):
        queueing.resume(store, "nothing", Turn(), utc_now())


def test_a_larger_budget_lets_a_run_go_on(store: Store, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, run={"concurrency": 1, "cache": False, "budget": {"max_tokens": 8}}, samples=9)
    first = worked_off(store)
    assert [job.id for job in first] == [given.jobs[0].id]
    assert first[0].status == "cancelled"
    assert (first[0].error or "").startswith("stopped by the budget")
    queueing.stop(store, given.runs[1].id, utc_now())
    queueing.resume(store, given.runs[0].id, Turn.parse({"budget": {"max_tokens": 1000}}), utc_now())
    assert [job.status for job in worked_off(store)] == ["done"]


@pytest.mark.parametrize(
    ("model", "gpus"),
    [
        ({"model": "mock/a"}, 0),
        ({"model": "hf/smollm2-135m"}, None),
        ({"model": "hf/smollm2-135m", "args": {"device": "cpu"}}, 0),
        ({"model": "hf/smollm2-135m", "args": {"device": "cuda:0"}}, 1),
        ({"model": "server/vllm", "args": {"weights": "w"}}, None),
        ({"model": "server/vllm", "args": {"weights": "w", "options": ["--tensor-parallel-size=4"]}}, 4),
        ({"model": "server/vllm", "args": {"weights": "w", "options": ["-tp", "2"]}}, 2),
        ({"model": "server/vllm", "args": {"weights": "w", "gpus": [1]}}, 0),
    ],
)
def test_what_a_runtime_seems_to_need_is_asked_for(tmp_path: Path, model: dict[str, Any], gpus: int | None) -> None:
    spec = ExperimentSpec.parse({**source(tmp_path).data, "models": [model]})
    assert queueing._gpus(plan(spec)[0]) == gpus


def test_a_judge_that_is_queued_with_its_runs_waits_for_them(store: Store, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, judges=[{"rubric": "quality-3", "models": ["rules"]}])
    answers, judges = given.jobs[:2], given.jobs[2:]
    assert [job.after for job in judges] == [(run.id,) for run in given.runs[:2]]
    assert {job.id for job in worked_off(store)} == {job.id for job in answers}
    assert [job.status for job in worked_off(store)] == ["done", "done"]


def test_a_process_that_comes_too_late_has_nothing_to_do(store: Store, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, models=["mock/a"])
    [job], [run] = given.jobs, given.runs
    with pytest.raises(Conflict, match="is queued in attempt 0"):
        begun(store, run.id, 1, os.getpid())
    [handed] = handed_out(store)
    held = begun(store, run.id, 1, os.getpid())
    assert held.id == handed.id == job.id
    queue.put_back(store, held)
    with pytest.raises(Conflict, match="attempt 1 has no say in it any more"):
        asyncio.run(work(store, held, Watch(), Lease()))
    assert views.run(store, run.id).attempt == 0
    experiment = submit_here(store, prepare(source(tmp_path), utc_now()))
    with pytest.raises(Conflict, match="was never queued"):
        begun(store, views.runs_of(store, experiment.id)[0].id, 1, os.getpid())


def test_a_lease_is_renewed_while_the_work_goes_on_and_a_stop_is_heard(store: Store, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, models=[{"model": "mock/a", "args": {"latency": 0.3}}], samples=60)
    [handed] = handed_out(store)
    watch = Watch()
    leases = set[object]()

    def seen(*_: object) -> None:
        leases.add(queue.job(store, handed.id).lease_until)
        if len(leases) == 3:
            queueing.stop(store, given.runs[0].id, utc_now())

    async def working() -> None:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            loop.call_soon_threadsafe(watch.stop.set)

        held = begun(store, handed.place, 1, os.getpid())
        await work(store, held, Watch(sinks=(seen,), stop=watch.stop), Lease(1.2, stop))

    asyncio.run(working())
    assert queue.job(store, handed.id).status == "cancelled"
    assert views.run(store, given.runs[0].id).status == "interrupted"
    assert len(leases) >= 3


def test_a_run_whose_process_is_gone_is_brought_to_an_end(store: Store, tmp_path: Path) -> None:
    given = submitted(store, tmp_path)
    waiting, other = (views.run(store, run.id) for run in given.runs)
    assert abandoned(store, waiting, "interrupted", "stopped", utc_now()) == waiting
    ended = abandoned(store, waiting, "failed", "it crashed", utc_now())
    assert (ended.status, ended.error) == ("failed", "it crashed")
    begun_run = store.step(other, other.model_copy(update={"status": "running"}))
    assert abandoned(store, begun_run, "interrupted", "killed", utc_now()).status == "interrupted"
    assert {m.n for m in views.metrics_of(store, other.id) if m.name == "generations"} == {0}


def test_a_log_is_read_in_pages_and_no_character_is_cut_in_two(store: Store, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, models=["mock/a"])
    worked_off(store)
    path = log_path(tmp_path / "logs", given.runs[0].id, 1)
    path.parent.mkdir(parents=True)
    text = "añ😀" * 40_000
    path.write_text(text)
    read, offset = "", 0
    while page := queueing.log(store, tmp_path / "logs", given.runs[0].id, offset).text:
        read += page
        offset += len(page.encode())
    assert read == text
    path.write_bytes(b"abc\xff\xf0\x9f")
    assert queueing.log(store, tmp_path / "logs", given.runs[0].id).text == "abc\ufffd"


def test_a_turn_says_what_is_wrong_with_it() -> None:
    later = (utc_now() + timedelta(hours=1)).isoformat()
    assert Turn.parse({"not_before": later}).not_before
    with pytest.raises(SpecError, match="not_before"):
        Turn.parse({"not_before": "2026-11-21T10:00:00"})
    for never in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        with pytest.raises(SpecError, match="not_before"):
            Turn.parse({"not_before": never})
    with pytest.raises(SpecError, match="priority"):
        Turn.parse({"priority": 5000})
