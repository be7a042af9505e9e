"""Real processes: what a dispatcher starts, stops, takes up again, and leaves behind."""

import asyncio
import os
import re
import signal
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from benchbook.errors import Conflict, NotFound
from benchbook.executors.dispatcher import MOST_CRASHES, Pace
from benchbook.records.jobs import Job
from benchbook.service import queue as queueing
from benchbook.service.environment import lives
from benchbook.service.experiments import carry_out
from benchbook.service.queue import LogPage
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.jobs import Turn
from benchbook.store import queue, views
from benchbook.store.queue import Claim, Node
from benchbook.store.store import Store
from executors.working import dispatcher, over, pid_of, processes_of, submitted, turning, wait_until, whole


def test_what_is_queued_is_carried_out_in_processes_of_its_own(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, latencies=[0.01, 0.01, 0.01])
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(over(store, given.jobs))
    for run, job in zip(given.runs, given.jobs, strict=True):
        whole(store, run)
        done = queue.job(store, job.id)
        assert (done.status, done.attempt, done.crashes, done.error) == ("done", 1, 0, None)
        assert pid_of(store, job) != os.getpid()
        assert f"{run.total}/{run.total}" in (tmp_path / "logs" / run.id / "1.log").read_text()
    wait_until(lambda: not processes_of(tmp_path))


def test_a_run_that_is_killed_is_taken_up_again_and_loses_nothing(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    given = submitted(store, tmp_path, samples=100, latencies=[0.02])
    [run], [job] = given.runs, given.jobs
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(lambda: views.progress(store, run.id).done > 5)
        os.kill(pid_of(store, job), signal.SIGKILL)
        wait_until(over(store, given.jobs))
    whole(store, run)
    done = queue.job(store, job.id)
    assert (done.status, done.attempt, done.crashes) == ("done", 2, 1)
    wait_until(lambda: not processes_of(tmp_path))


def test_a_run_that_crashes_again_and_again_is_given_up_with_the_reason(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    given = submitted(store, tmp_path, samples=400, latencies=[0.05])
    [run], [job] = given.runs, given.jobs
    with turning(dispatcher(store, database_url, tmp_path)):
        for attempt in range(1, MOST_CRASHES + 1):
            wait_until(partial(_works, store, job, attempt))
            os.kill(pid_of(store, job), signal.SIGKILL)
        wait_until(over(store, given.jobs))
    given_up, stands = queue.job(store, job.id), views.run(store, run.id)
    assert (given_up.status, given_up.attempt) == ("failed", MOST_CRASHES)
    assert stands.status == "failed"
    assert stands.error is not None
    assert stands.error == given_up.error
    assert re.match(rf"crashed {MOST_CRASHES} times; the last time its process was ended by SIGKILL", stands.error)
    # What there is has figures, and can be gone on with.
    assert {m.n for m in views.metrics_of(store, run.id) if m.name == "generations"} <= {
        views.progress(store, run.id).done
    }
    queueing.resume(store, run.id, Turn(), utc_now())


def _works(store: Store, job: Job, attempt: int) -> bool:
    stands = queue.job(store, job.id)
    return (stands.status, stands.attempt) == ("running", attempt) and stands.process is not None


def test_an_error_of_the_run_is_not_tried_again(store: Store, database_url: str, tmp_path: Path) -> None:
    (tmp_path / "said.jsonl").write_text('{"key": "k0", "completion": "x"}\n')
    model = {"model": "replay/said", "args": {"file": str(tmp_path / "said.jsonl")}}
    given = submitted(store, tmp_path, models=[model])
    (tmp_path / "said.jsonl").unlink()
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(over(store, given.jobs))
    [run], [job] = given.runs, given.jobs
    stands, ended = views.run(store, run.id), queue.job(store, job.id)
    assert (ended.status, ended.attempt, ended.crashes) == ("failed", 1, 0)
    assert stands.status == "failed"
    assert "there is no file" in (stands.error or "")
    assert "there is no file" in (ended.error or "")


def test_a_run_stops_in_good_order_and_can_be_resumed(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, samples=100, latencies=[0.03])
    [run], [job] = given.runs, given.jobs
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(lambda: views.progress(store, run.id).done > 5)
        [stopped] = queueing.stop(store, run.id, utc_now())
        assert stopped.job.stop_requested
        wait_until(over(store, given.jobs))
        stands, ended = views.run(store, run.id), queue.job(store, job.id)
        assert (stands.status, stands.error) == ("interrupted", None)
        assert (ended.status, ended.crashes) == ("cancelled", 0)
        assert 5 < views.progress(store, run.id).done < run.total
        with pytest.raises(Conflict, match=f"{run.id} is interrupted"):
            queueing.stop(store, run.id, utc_now())
        [again] = queueing.resume(store, run.id, Turn(), utc_now())
        wait_until(over(store, [again]))
    whole(store, run)
    assert (queue.job(store, again.id).attempt, views.run(store, run.id).attempt) == (2, 2)
    events = views.events_of(store, run.id, "run_started")
    assert [event.attempt for event in events] == [1, 2]


def test_a_dispatcher_that_ends_leaves_no_process_and_the_next_goes_on(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    given = submitted(store, tmp_path, samples=100, latencies=[0.03])
    [run], [job] = given.runs, given.jobs
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(lambda: views.progress(store, run.id).done > 5)
    wait_until(lambda: not processes_of(tmp_path))
    waiting = queue.job(store, job.id)
    assert (waiting.status, waiting.crashes, waiting.process, waiting.slots) == ("queued", 0, None, ())
    assert views.run(store, run.id).status == "interrupted"
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(over(store, given.jobs))
    whole(store, run)


def test_a_process_that_hangs_is_ended_once_its_lease_is_over(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, samples=60, latencies=[0.03])
    [run], [job] = given.runs, given.jobs
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(lambda: views.progress(store, run.id).done > 5)
        hanging = queue.job(store, job.id).process or ""
        os.kill(pid_of(store, job), signal.SIGSTOP)
        wait_until(over(store, given.jobs))
    whole(store, run)
    ended = queue.job(store, job.id)
    assert (ended.status, ended.crashes, ended.error) == ("done", 1, None)
    assert not lives(hanging)


def test_a_run_that_is_killed_while_it_was_to_stop_is_stopped(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, samples=60, latencies=[0.5])
    [run], [job] = given.runs, given.jobs
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(lambda: views.progress(store, run.id).done > 1)
        os.kill(pid_of(store, job), signal.SIGSTOP)
        queueing.stop(store, run.id, utc_now())
        os.kill(pid_of(store, job), signal.SIGKILL)
        wait_until(over(store, given.jobs))
    stands = views.run(store, run.id)
    assert (stands.status, queue.job(store, job.id).status) == ("interrupted", "cancelled")
    assert stands.error == "while it was to stop, its process was ended by SIGKILL (out of memory, perhaps)"
    queueing.resume(store, run.id, Turn(), utc_now())


def test_gpus_are_never_given_twice(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, samples=10, latencies=[0.02] * 5, turn=Turn(gpus=1))
    seen = list[tuple[str, ...]]()
    with turning(dispatcher(store, database_url, tmp_path, runs=5, gpus=("3", "5"))):
        ended = over(store, given.jobs)
        while not ended():
            seen.append(tuple(slot for job in queue.working(store) for slot in job.slots))
    assert {slot for slots in seen for slot in slots} == {"3", "5"}
    assert all(len(set(slots)) == len(slots) for slots in seen)
    assert {queue.job(store, job.id).attempt for job in given.jobs} == {1}


def test_a_judge_begins_when_the_answers_are_there(store: Store, database_url: str, tmp_path: Path) -> None:
    judge = {"rubric": "quality-3", "model": "rules"}
    given = submitted(store, tmp_path, judges=[judge], latencies=[0.02])
    answers, judging = given.runs
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(over(store, given.jobs))
    ended, begun = views.run(store, answers.id), views.run(store, judging.id)
    assert (ended.status, begun.status) == ("completed", "completed")
    assert ended.finished_at is not None
    assert begun.started_at is not None
    assert ended.finished_at <= begun.started_at
    assert views.progress(store, judging.id).done == 20


def test_a_budget_is_kept_over_all_runs_of_an_experiment(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, samples=20, latencies=[0.01, 0.01], run={"budget": {"max_tokens": 50}})
    first, second = given.jobs
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(over(store, given.jobs))
    spent = sum(views.progress(store, run.id).done for run in given.runs) * 3
    # Of each run, one sample may begin in any case.
    assert 48 <= spent <= 51
    for job in (first, second):
        ended = queue.job(store, job.id)
        assert ended.status == "cancelled"
        assert "stopped by the budget: one more sample might exceed max_tokens (50)" in (ended.error or "")


def test_a_run_that_somebody_carries_out_in_a_terminal_is_not_begun_here(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    given = submitted(store, tmp_path, samples=5)
    [broken] = asyncio.run(carry_out(store, given.experiment, Watch()))
    assert isinstance(broken.error, Conflict)
    assert re.search(rf"run {given.runs[0].id} waits for a worker \({given.jobs[0].id}\)", str(broken.error))
    queueing.stop(store, given.experiment.id, utc_now())
    assert asyncio.run(carry_out(store, given.experiment, Watch())) == []
    with pytest.raises(Conflict, match=f"nothing is left to do of queued: {given.runs[0].id} is completed"):
        queueing.resume(store, "queued", Turn(), utc_now())
    with turning(dispatcher(store, database_url, tmp_path)):
        time.sleep(0.5)
    assert not (tmp_path / "logs").exists()


def test_the_log_of_a_run_is_read_from_where_one_has_got_to(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, samples=5)
    [run] = given.runs
    assert queueing.log(store, tmp_path / "logs", run.id) == LogPage(0, 0, 0, 0, "")
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(over(store, given.jobs))
    page = queueing.log(store, tmp_path / "logs", run.id)
    assert (page.attempt, page.offset, page.next) == (1, 0, page.size)
    assert "5/5" in page.text
    rest = queueing.log(store, tmp_path / "logs", run.id, page.next)
    assert (rest.text, rest.next) == ("", page.next)
    assert queueing.log(store, tmp_path / "logs", run.id, 10**9).next == page.size
    with pytest.raises(NotFound, match="has no log of attempt 7"):
        queueing.log(store, tmp_path / "logs", run.id, attempt=7)


def elsewhere(store: Store, job: Job, seconds: float) -> Job:
    """The job, handed out to another machine, whose process has reported."""
    now = utc_now()
    asked = Claim(Node("elsewhere", 9, 9), "1 (born 1)", now, now + timedelta(seconds=seconds))
    [handed] = queue.claim(store, asked)
    assert handed.id == job.id
    return queue.begin(store, handed, "1 (born 1)", now + timedelta(seconds=seconds))


def test_what_a_lost_machine_had_is_taken_up_here(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, samples=5)
    [run], [job] = given.runs, given.jobs
    lost = elsewhere(store, job, seconds=1.0)
    with turning(dispatcher(store, database_url, tmp_path, Pace(turn=0.05, lease=5.0))):
        wait_until(lambda: queue.job(store, job.id).attempt == 2)
        assert queue.job(store, job.id).error == "nothing was heard of it on elsewhere for 5 s"
        wait_until(over(store, given.jobs))
    whole(store, run)
    with pytest.raises(Conflict, match="attempt 1 has no say in it any more"):
        queue.renew(store, lost, utc_now())


def test_a_machine_whose_clock_is_behind_is_not_taken_for_lost(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, samples=5)
    working = elsewhere(store, given.jobs[0], seconds=-3600.0)
    with turning(dispatcher(store, database_url, tmp_path, Pace(turn=0.05, lease=1.0))):
        for beat in range(30):
            queue.renew(store, working, utc_now() - timedelta(seconds=3600 - beat))
            time.sleep(0.1)
    assert queue.job(store, working.id).attempt == 1
    assert not (tmp_path / "logs").exists()


def test_a_run_that_needs_more_gpus_than_there_are_waits_for_another_machine(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    large = submitted(store, tmp_path, samples=3, turn=Turn(gpus=3))
    small = submitted(store, tmp_path, samples=3, turn=Turn(gpus=1))
    with turning(dispatcher(store, database_url, tmp_path, gpus=("0", "1"))):
        wait_until(over(store, small.jobs))
    assert queue.job(store, large.jobs[0].id).status == "queued"


def test_a_job_that_cannot_be_started_is_told_and_keeps_no_other_waiting(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    first = submitted(store, tmp_path, samples=3)
    (tmp_path / "logs").mkdir()
    # Where its folder would be there is a file.
    (tmp_path / "logs" / first.runs[0].id).write_text("")
    second = submitted(store, tmp_path, samples=3)
    with turning(dispatcher(store, database_url, tmp_path, Pace(turn=0.05, pause=0.05))):
        wait_until(over(store, [*first.jobs, *second.jobs]))
    assert queue.job(store, second.jobs[0].id).status == "done"
    failed = queue.job(store, first.jobs[0].id)
    assert failed.status == "failed"
    assert "its process could not be started: File exists" in (failed.error or "")
    assert views.run(store, first.runs[0].id).status == "failed"


def test_old_logs_of_what_is_over_are_deleted_and_no_others(store: Store, database_url: str, tmp_path: Path) -> None:
    over_, waiting = submitted(store, tmp_path, samples=1), submitted(store, tmp_path, samples=1, name="waiting")
    queueing.stop(store, over_.experiment.id, utc_now())
    for run in (*over_.runs, *waiting.runs):
        path = tmp_path / "logs" / run.id / "1.log"
        path.parent.mkdir(parents=True)
        path.touch()
        os.utime(path, (1.0, 1.0))
    turns = dispatcher(store, database_url, tmp_path, runs=0)
    with turning(turns):
        time.sleep(0.3)
    assert len(list((tmp_path / "logs").glob("*/*.log"))) == 2, "unless it is told to, it deletes nothing"
    turns = dispatcher(store, database_url, tmp_path, runs=0)
    turns.keep_logs = 3600.0
    with turning(turns):
        wait_until(lambda: not (tmp_path / "logs" / over_.runs[0].id).exists())
    assert (tmp_path / "logs" / waiting.runs[0].id / "1.log").exists()
